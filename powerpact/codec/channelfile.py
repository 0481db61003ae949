"""What parties of payment channels sign, as lines of JSON that they hand to one another.

A voucher is ``{"schema": "powerpact/voucher/1", "channel": "0x…", "number": 0, "total": 135000, "reading": "0x…",
"signature": "0x…"}``, a line of its own; a state and a change of a mutual channel have a signature or two:
``{"schema": "powerpact/channel-state/1", "channel": "0x…", "version": 2, …, "ofOne": "0x…", "ofOther": ""}``. The
members are those of the signed types, money in micro-points.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import Any, Final, Generic, TypeVar

from powerpact.codec.eip712 import TYPES
from powerpact.codec.files import SignedFile
from powerpact.market.channels import ChannelChange, ChannelState, Voucher

VOUCHER: Final = "powerpact/voucher/1"
STATE: Final = "powerpact/channel-state/1"
CHANGE: Final = "powerpact/channel-change/1"


Said = TypeVar("Said", ChannelState, ChannelChange)


@dataclass(frozen=True, slots=True)
class SignedVoucher:
    """A voucher of a channel with its payer's signature."""

    channel: bytes
    voucher: Voucher
    signature: bytes


@dataclass(frozen=True, slots=True)
class Signed(Generic[Said]):
    """A state or a change of a mutual channel, with the signatures that it has; an empty one is missing."""

    channel: bytes
    said: Said
    of_one: bytes = b""
    of_other: bytes = b""

    @property
    def is_whole(self) -> bool:
        """Whether both signed."""
        return bool(self.of_one and self.of_other)

    def with_signature(self, signature: bytes, *, of_other: bool) -> Signed[Said]:
        """The same with a party's signature."""
        return replace(self, of_other=signature) if of_other else replace(self, of_one=signature)


def format_voucher(signed: SignedVoucher) -> str:
    """The line of a voucher, without its end.

    Examples
    --------
    >>> signed = SignedVoucher(bytes(32), Voucher(0, 135_000, bytes(32)), bytes(65))
    >>> parse_voucher("example", format_voucher(signed)) == signed
    True
    """
    return _line(VOUCHER, signed.voucher.message(signed.channel), {"signature": signed.signature})


def parse_voucher(name: str, text: str | bytes) -> SignedVoucher:
    """The voucher in a line.

    Raises
    ------
    BadSignedFile
        At the first field that is missing, unknown or out of range.
    """
    members = [member.name for member in TYPES["Voucher"]]
    file = SignedFile.parse(name, text, VOUCHER, {*members, "signature"})
    channel, number, total, reading = _values(file, "Voucher")
    return SignedVoucher(
        channel, Voucher(number, total, reading), file.signature("$.signature", file.data["signature"])
    )


def format_signed(signed: Signed[ChannelState] | Signed[ChannelChange]) -> str:
    """The line of a state or a change, without its end.

    Examples
    --------
    >>> signed = Signed(bytes(32), ChannelState(2, 4, 6, 10, 0), of_one=bytes(65))
    >>> parse_signed("example", format_signed(signed)) == signed
    True
    """
    schema = STATE if isinstance(signed.said, ChannelState) else CHANGE
    signatures = {"ofOne": signed.of_one, "ofOther": signed.of_other}
    return _line(schema, signed.said.message(signed.channel), signatures)


def parse_signed(name: str, text: str | bytes) -> Signed[ChannelState] | Signed[ChannelChange]:
    """The state or the change in a line.

    Raises
    ------
    BadSignedFile
        At the first field that is missing, unknown or out of range.
    """
    file = SignedFile.read(name, text)
    type_ = "ChannelChange" if file.data.get("schema") == CHANGE else "ChannelState"
    schema = CHANGE if type_ == "ChannelChange" else STATE
    file.check_schema(schema, {*(member.name for member in TYPES[type_]), "ofOne", "ofOther"})
    channel, *values = _values(file, type_)
    of_one, of_other = (file.signature(f"$.{name}", file.data[name]) for name in ("ofOne", "ofOther"))
    if type_ == "ChannelChange":
        return Signed(channel, ChannelChange(*values), of_one, of_other)
    return Signed(channel, ChannelState(*values), of_one, of_other)


def _line(schema: str, message: dict[str, Any], signatures: dict[str, bytes]) -> str:
    values = {"schema": schema, **message, **signatures}
    plain = {name: f"0x{value.hex()}" if isinstance(value, bytes) else value for name, value in values.items()}
    return json.dumps(plain, separators=(",", ":"))


def _values(file: SignedFile, type_: str) -> list[Any]:
    """The members of a signed type, in their order."""
    return [_value(file, member.name, member.type) for member in TYPES[type_]]


def _value(file: SignedFile, name: str, type_: str) -> Any:
    path, value = f"$.{name}", file.data[name]
    if type_ == "address":
        return file.address(path, value)
    if type_.startswith("bytes"):
        return file.octets(path, value, int(type_.removeprefix("bytes")))
    file.check_integer(path, value, int(type_.removeprefix("uint")))
    return value
