"""Encode calls, decode answers, events and errors by a contract's interface."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from eth_abi.codec import ABICodec
from eth_abi.decoding import StringDecoder
from eth_abi.encoding import TextStringEncoder
from eth_abi.exceptions import DecodingError
from eth_abi.registry import BaseEquals
from eth_abi.registry import registry as standard
from eth_typing import ChecksumAddress
from eth_utils import keccak, to_checksum_address
from eth_utils.abi import collapse_if_tuple

VARYING_BYTES: Final = 2_048
"""Room for an answer whose length is not fixed."""


class _LenientStringDecoder(StringDecoder):
    """Bytes that are not UTF-8 become text with backslashes: anyone can log such a string."""

    def __init__(self) -> None:
        super().__init__("backslashreplace")  # type: ignore[no-untyped-call]


def _codec() -> ABICodec:
    registry = standard.copy()  # type: ignore[no-untyped-call]
    registry.unregister("string")
    strings = BaseEquals("string", with_sub=False)  # type: ignore[no-untyped-call]
    registry.register(strings, TextStringEncoder, _LenientStringDecoder, label="string")
    return ABICodec(registry)


_CODEC = _codec()
decode, encode = _CODEC.decode, _CODEC.encode


@dataclass(frozen=True, slots=True)
class Signature:
    """A function, event or error of an interface.

    Attributes
    ----------
    name : str
        Its name.
    names, types : tuple of str
        Names and canonical types of the inputs.
    indexed : tuple of bool
        Which inputs an event puts into topics.
    outputs : tuple of str
        Canonical types of what a function returns.
    """

    name: str
    names: tuple[str, ...]
    types: tuple[str, ...]
    indexed: tuple[bool, ...]
    outputs: tuple[str, ...]

    @classmethod
    def of(cls, entry: Mapping[str, Any]) -> Signature:
        """Read an entry of an ABI."""
        inputs = entry.get("inputs", ())
        return cls(
            name=entry["name"],
            names=tuple(item["name"] for item in inputs),
            types=tuple(collapse_if_tuple(item) for item in inputs),
            indexed=tuple(bool(item.get("indexed")) for item in inputs),
            outputs=tuple(collapse_if_tuple(item) for item in entry.get("outputs", ())),
        )

    @property
    def topic(self) -> bytes:
        """``keccak256`` of the canonical signature: an event's first topic."""
        return keccak(text=f"{self.name}({','.join(self.types)})")

    @property
    def selector(self) -> bytes:
        """The first four bytes of `topic`: a function's or an error's selector."""
        return self.topic[:4]


@dataclass(frozen=True, slots=True)
class Event:
    """A decoded event.

    Attributes
    ----------
    name : str
        The event.
    arguments : dict of str to value
        Its arguments; structs are tuples, addresses have checksums.
    block : int
        Number of its block.
    position : int
        Its place among the block's logs.
    transaction_hash : str
        The transaction that emitted it.
    """

    name: str
    arguments: dict[str, Any]
    block: int
    position: int
    transaction_hash: str


class Interface:
    """A contract's interface, indexed by name, selector and topic."""

    def __init__(self, abi: Iterable[Mapping[str, Any]]) -> None:
        entries = list(abi)
        self.functions = {e["name"]: Signature.of(e) for e in entries if e["type"] == "function"}
        self.events = {e["name"]: Signature.of(e) for e in entries if e["type"] == "event"}
        self.errors = {e["name"]: Signature.of(e) for e in entries if e["type"] == "error"}
        self.constructor = next((_constructor_types(e) for e in entries if e["type"] == "constructor"), ())
        self._by_topic = {event.topic: event for event in self.events.values()}

    def encode_call(self, function: str, arguments: Sequence[Any]) -> bytes:
        """Calldata of a call."""
        signature = self.functions[function]
        return signature.selector + encode(signature.types, arguments)

    def decode_call(self, function: str, data: bytes) -> tuple[Any, ...] | None:
        """The arguments of a call of this function; None if the calldata is of another or malformed."""
        signature = self.functions[function]
        if data[:4] != signature.selector:
            return None
        try:
            return checksummed(signature.types, decode(signature.types, data[4:]))
        except DecodingError:
            return None

    def decode_output(self, function: str, data: bytes) -> Any:
        """What a call returned: the value if it returns one, else a tuple."""
        outputs = self.functions[function].outputs
        values = checksummed(outputs, decode(outputs, data))
        return values[0] if len(outputs) == 1 else values

    def answer_bytes(self, function: str) -> int:
        """Length of what a function returns, or a generous estimate where it varies."""
        types = ",".join(self.functions[function].outputs)
        is_varying = re.search(r"\[\]|string|bytes(?!\d)", types) is not None
        return VARYING_BYTES if is_varying else 32 * (types.count(",") + 1)

    def decode_event(self, log: Mapping[str, Any]) -> Event | None:
        """The event in a log entry, None if it is not one of this interface."""
        topics = [bytes(topic) for topic in log["topics"]]
        signature = self._by_topic.get(topics[0]) if topics else None
        if signature is None:
            return None
        parameters = list(zip(signature.names, signature.types, signature.indexed, strict=True))
        arguments: dict[str, Any] = {}
        for (name, type_, _), topic in zip((p for p in parameters if p[2]), topics[1:], strict=True):
            arguments[name] = checksummed((type_,), decode((type_,), topic))[0]
        plain = [(name, type_) for name, type_, is_indexed in parameters if not is_indexed]
        types = [type_ for _, type_ in plain]
        values = checksummed(types, decode(types, bytes(log["data"])))
        arguments.update(zip((name for name, _ in plain), values, strict=True))
        return Event(
            name=signature.name,
            arguments=arguments,
            block=log["blockNumber"],
            position=log["logIndex"],
            transaction_hash=f"0x{bytes(log['transactionHash']).hex()}",
        )


def topic_of(value: int | str | bytes) -> bytes:
    """An indexed value as a topic, 32 bytes: a number, an address or 32 bytes."""
    if isinstance(value, bytes):
        return value.rjust(32, bytes(1))
    return (int(value, 16) if isinstance(value, str) else value).to_bytes(32, "big")


def checksummed(types: Sequence[str], values: Sequence[Any]) -> tuple[Any, ...]:
    """Decoded values with every address, however deep, in its checksum form."""
    return tuple(_checksum(type_, value) for type_, value in zip(types, values, strict=True))


def _checksum(type_: str, value: Any) -> Any:
    if "address" not in type_:
        return value
    if type_ == "address":
        return _address(value)
    if type_.endswith("]"):
        element = type_[: type_.rindex("[")]
        return tuple(_checksum(element, item) for item in value)
    return checksummed(_split(type_[1:-1]), value)


def _address(value: str) -> ChecksumAddress:
    return to_checksum_address(value)


def _split(members: str) -> list[str]:
    """The types of a tuple's members, split at the commas of the outermost level."""
    parts, depth, start = [], 0, 0
    for position, character in enumerate(members):
        depth += (character == "(") - (character == ")")
        if character == "," and depth == 0:
            parts.append(members[start:position])
            start = position + 1
    return [*parts, members[start:]]


def _constructor_types(entry: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(collapse_if_tuple(item) for item in entry.get("inputs", ()))
