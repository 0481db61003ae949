"""Writes ``tests/vectors/signing.json``: what is signed and how it is hashed, by an independent implementation.

``python -m tools.signing_vectors > tests/vectors/signing.json``. Hashes and signatures are those of eth-account and of
eth-abi, never of this library; only the members' names and types come from its table.
"""

from __future__ import annotations

import json
import random
import sys
from typing import Any, Final

from eth_abi.abi import encode
from eth_account import Account
from eth_account.messages import encode_typed_data
from eth_utils import keccak, to_checksum_address

from powerpact.codec.eip712 import TYPES

DOMAIN: Final = {
    "name": "PowerPact",
    "version": "1",
    "chainId": 31_337,
    "verifyingContract": "0x1111111111111111111111111111111111111111",
}
KEY: Final = "0x" + "07" * 32
NARROW: Final = {"minFill": 20}
"""Bits of members that are narrower than their type."""

PACKED: Final = {
    # Words from the most significant bit down: bits and member; None: zero.
    "BuyOrder": [
        [(160, "trader"), (64, "energyWh"), (32, "bid")],
        [
            (27, None),
            (1, "accept"),
            (20, "minFill"),
            (8, 0),
            (32, None),
            (64, "requires"),
            (32, "meter"),
            (32, "nonce"),
            (40, "expiry"),
        ],
        "expectations",
        "limits",
        "weights",
    ],
    "SellOrder": [
        [(160, "trader"), (64, "energyWh"), (32, "ask")],
        [
            (27, None),
            (1, "accept"),
            (20, "minFill"),
            (8, 1),
            (32, "minPrice"),
            (64, "classes"),
            (32, "device"),
            (32, "nonce"),
            (40, "expiry"),
        ],
        "attributes",
        None,
        None,
    ],
    "Reading": [
        [
            (88, None),
            (16, "version"),
            (8, "quality"),
            (32, "lengthSeconds"),
            (40, "previousStartAt"),
            (32, "device"),
            (40, "startAt"),
        ],
        [(64, "exportedWh"), (64, "importedWh"), (64, "exportCounterWh"), (64, "importCounterWh")],
    ],
}
"""Where the members lie in the words of the contracts (Orders.sol, Readings.sol)."""


def _value(name: str, type_: str, fill: str, source: random.Random) -> Any:
    """A value of a member: zero, the largest, or any."""
    if type_ in TYPES:
        return {member.name: _value(member.name, member.type, fill, source) for member in TYPES[type_]}
    if type_.endswith("[8]"):
        return [_value(name, type_[:-3], fill, source) for _ in range(8)]
    if type_ == "bool":
        return {"zero": False, "largest": True}.get(fill, source.random() < 0.5)
    bits = 160 if type_ == "address" else 8 * int(type_[5:]) if type_.startswith("bytes") else int(type_[4:])
    bits = NARROW.get(name, bits)
    number = {"zero": 0, "largest": (1 << bits) - 1}.get(fill, source.getrandbits(bits))
    if type_ == "address":
        return to_checksum_address(number.to_bytes(20, "big"))
    return f"0x{number:0{bits // 4}x}" if type_.startswith("bytes") else number


def _number(value: Any) -> int:
    return int(value, 16) if isinstance(value, str) else int(value)


def _words(primary_type: str, message: dict[str, Any]) -> list[str]:
    """The words of the contracts."""
    words = []
    for layout in PACKED[primary_type]:
        word = 0
        if isinstance(layout, str):
            word = sum(value << 32 * lane for lane, value in enumerate(message[layout]))
        for bits, member in layout if isinstance(layout, list) else ():
            value = 0 if member is None else member if isinstance(member, int) else _number(message[member])
            word = word << bits | value
        words.append(f"0x{word:064x}")
    return words


def _declared(type_: str) -> str:
    return f"{type_}({','.join(f'{member.type} {member.name}' for member in TYPES[type_])})"


def _case(primary_type: str, fill: str, source: random.Random) -> dict[str, Any]:
    members = TYPES[primary_type]
    message = {member.name: _value(member.name, member.type, fill, source) for member in members}
    types = [primary_type, *sorted(member.type for member in members if member.type in TYPES)]
    signable = encode_typed_data(
        DOMAIN, {name: [member._asdict() for member in TYPES[name]] for name in types}, message
    )
    signed = Account.from_key(KEY).sign_message(signable)
    case = {
        "type": primary_type,
        "fill": fill,
        "encodeType": "".join(map(_declared, types)),
        "message": message,
        "structHash": f"0x{bytes(signable.body).hex()}",
        "digest": f"0x{bytes(signed.message_hash).hex()}",
        "signature": f"0x{bytes(signed.signature).hex()}",
    }
    if primary_type in PACKED:
        words = _words(primary_type, message)
        leaf = keccak(encode(["uint256"] * (1 + len(words)), [17, *(int(word, 16) for word in words)]))
        case |= {"words": words, "leafAt17": f"0x{leaf.hex()}"}
    return case


def render() -> str:
    """The file's text."""
    source = random.Random(2026)
    cases = [_case(name, fill, source) for name in TYPES for fill in ("zero", "largest", "any", "any")]
    signer = Account.from_key(KEY).address
    return json.dumps({"domain": DOMAIN, "key": KEY, "signer": signer, "cases": cases}, indent=1) + "\n"


if __name__ == "__main__":
    sys.stdout.write(render())
