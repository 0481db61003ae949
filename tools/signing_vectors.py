"""Writes ``tests/vectors/signing.json``: what is signed and how it is hashed, by an independent implementation.

``python -m tools.signing_vectors > tests/vectors/signing.json``. Hashes and signatures are those of eth-account and of
eth-abi, and those of P-256 keys of PyCryptodome, never of this library; only the members' names and types come from its
table.
"""

from __future__ import annotations

import hashlib
import json
import random
import sys
from typing import Any, Final

from Crypto.Hash import SHA256
from Crypto.PublicKey import ECC
from Crypto.Signature import DSS
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
P256_KEY: Final = "0x" + "09" * 32
DEVICE_TYPES: Final = ("Device", "Rotation", "MeterExchange", "Reading")
"""What devices sign, with keys of either curve."""

P256_ORDER: Final = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
P256_FIELD: Final = 0xFFFFFFFF00000001000000000000000000000000FFFFFFFFFFFFFFFFFFFFFFFF
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
    if primary_type in DEVICE_TYPES:
        case["p256Signature"] = _hex(_p256(int(P256_KEY, 16), signed.message_hash))
    if primary_type in PACKED:
        words = _words(primary_type, message)
        leaf = keccak(encode(["uint256"] * (1 + len(words)), [17, *(int(word, 16) for word in words)]))
        case |= {"words": words, "leafAt17": f"0x{leaf.hex()}"}
    return case


def _hex(data: bytes) -> str:
    return f"0x{data.hex()}"


def _word(number: int) -> bytes:
    return number.to_bytes(32, "big")


def _p256(secret: int, digest: bytes) -> bytes:
    """The words r, s, x and y: signed over the digest as it is, with the lower s."""
    key = ECC.construct(curve="P-256", d=secret)
    hashed = SHA256.new()
    hashed.digest = lambda: bytes(digest)
    made = DSS.new(key, "deterministic-rfc6979").sign(hashed)
    return _joined(key, *(int.from_bytes(made[k : k + 32], "big") for k in (0, 32)))


def _p256_of_nothing(secret: int, digest: bytes) -> bytes:
    """The same by the formula, for digests that are multiples of the order, which PyCryptodome refuses."""
    key, nonce = ECC.construct(curve="P-256", d=secret), 7
    r = int(ECC.construct(curve="P-256", d=nonce).pointQ.x) % P256_ORDER
    number = int.from_bytes(digest, "big") + r * secret
    return _joined(key, r, pow(nonce, -1, P256_ORDER) * number % P256_ORDER)


def _joined(key: Any, r: int, s: int) -> bytes:
    return b"".join(map(_word, (r, min(s, P256_ORDER - s), int(key.pointQ.x), int(key.pointQ.y))))


def _p256_taken() -> list[dict[str, str]]:
    """Signatures at the edges of the arithmetic, which hold."""
    secret, digest = int(P256_KEY, 16), keccak(text="a digest")
    cases = {
        "the key 1": (1, digest),
        "the key 2": (2, digest),
        "the largest key": (P256_ORDER - 1, digest),
        "the largest digest": (secret, b"\xff" * 32),
    }
    made = {what: (signed, _p256(key, signed)) for what, (key, signed) in cases.items()}
    for what, signed in (("the digest 0", bytes(32)), ("the digest that is the order", _word(P256_ORDER))):
        made[what] = (signed, _p256_of_nothing(secret, signed))
    made["small r and s"] = (  # of Wycheproof, ecdsa_secp256r1_sha256_p1363_test.json
        hashlib.sha256(b"123400").digest(),
        _word(5)
        + _word(1)
        + bytes.fromhex("a71af64de5126a4a4e02b7922d66ce9415ce88a4c9d25514d91082c8725ac957")
        + bytes.fromhex("5d47723c8fbe580bb369fec9c2665d8e30a435b9932645482e7c9f11e872296b"),
    )
    return [
        {
            "what": what,
            "digest": _hex(signed),
            "signature": _hex(signature),
            "signer": to_checksum_address(keccak(signature[64:])[12:]),
        }
        for what, (signed, signature) in made.items()
    ]


def _p256_refused() -> list[dict[str, str]]:
    """Signatures that are nobody's."""
    secret, digest = int(P256_KEY, 16), keccak(text="a digest")
    good = _p256(secret, digest)
    r, s, x, y = (good[k : k + 32] for k in range(0, 128, 32))
    zero, order = bytes(32), _word(P256_ORDER)
    high = _word(P256_ORDER - int.from_bytes(s, "big"))
    other = _p256(secret + 1, digest)
    negative = _word(P256_FIELD - int.from_bytes(y, "big"))
    made = {
        "r is 0": zero + s + x + y,
        "s is 0": r + zero + x + y,
        "r and s are 0": zero + zero + x + y,
        "r is the order": order + s + x + y,
        "s is the order": r + order + x + y,
        "r is the largest number": b"\xff" * 32 + s + x + y,
        "s is the largest number": r + b"\xff" * 32 + x + y,
        "s is in the upper half": r + high + x + y,
        "r is another": _word(int.from_bytes(r, "big") ^ 1) + s + x + y,
        "r and s are swapped": s + r + x + y,
        "the key is no point of the curve": r + s + x + _word(int.from_bytes(y, "big") ^ 1),
        "the key is 0, 0": r + s + zero + zero,
        "x is the size of the field": r + s + _word(P256_FIELD) + y,
        "y is the size of the field": r + s + x + _word(P256_FIELD),
        "the key is the largest numbers": r + s + b"\xff" * 64,
        "the key is the negative one": r + s + x + negative,
        "the key is another's": r + s + other[64:],
        "x and y are swapped": r + s + y + x,
        "the digest was hashed once more": _p256(secret, hashlib.sha256(digest).digest()),
        "it is of another digest": _p256(secret, keccak(text="another digest")),
        "without the key": r + s,
        "with a v, as of secp256k1": r + s + b"\x1b",
        "a byte is missing": good[:-1],
        "a byte is too many": good + b"\0",
        "all is 0": bytes(128),
        "nothing": b"",
    }
    return [{"what": what, "digest": _hex(digest), "signature": _hex(signature)} for what, signature in made.items()]


def render() -> str:
    """The file's text."""
    source = random.Random(2026)
    cases = [_case(name, fill, source) for name in TYPES for fill in ("zero", "largest", "any", "any")]
    signer = Account.from_key(KEY).address
    point = _p256(int(P256_KEY, 16), keccak(text="a digest"))[64:]
    p256 = {
        "key": P256_KEY,
        "signer": to_checksum_address(keccak(point)[12:]),
        "taken": _p256_taken(),
        "refused": _p256_refused(),
    }
    data = {"domain": DOMAIN, "key": KEY, "signer": signer, "cases": cases, "p256": p256}
    return json.dumps(data, indent=1) + "\n"


if __name__ == "__main__":
    sys.stdout.write(render())
