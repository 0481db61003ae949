"""Signed readings as lines of JSON, as brokers and files carry them, and the fast check of their signatures.

``{"schema": "powerpact/reading/1", "device": 7, "startAt": 7200, …, "version": 1, "signature": "0x…"}``: the members of
the signed type, whole numbers in its units (Unix seconds, s, Wh), and the device's signature: 64 or 65 bytes of
secp256k1, or 128 of P-256 (`powerpact.codec.devicekeys`). A line ends a reading, so that one that was cut off while it
was written is told from a whole one.
"""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Final

from coincurve import PublicKey
from Crypto.Hash import keccak

from powerpact.codec.devicekeys import P256_BYTES, normal_p256, p256_signer_of
from powerpact.codec.eip712 import Domain, domain_separator, expand, type_hash
from powerpact.codec.eip712.errors import MessageMismatch
from powerpact.codec.eip712.signing import CURVE_ORDER
from powerpact.codec.errors import BadSignedFile
from powerpact.codec.files import SignedFile
from powerpact.market.readings import Reading

SCHEMA: Final = "powerpact/reading/1"

MOST_BYTES: Final = 2_048
"""The longest line; one with the largest numbers has under 700 bytes."""

_BITS: Final = {
    "device": 32,
    "startAt": 40,
    "lengthSeconds": 32,
    "previousStartAt": 40,
    "exportedWh": 64,
    "importedWh": 64,
    "exportCounterWh": 64,
    "importCounterWh": 64,
    "quality": 8,
    "version": 16,
}
"""Members of the signed type, in the order of `Reading`'s fields, with their bits."""

_MEMBERS: Final = {*_BITS, "signature"}


def format_reading(reading: Reading, signature: bytes) -> str:
    """The line of a signed reading, without its end.

    Examples
    --------
    >>> reading = Reading.measured(
    ...     7, 7_200, 3_600, exported_wh=500, imported_wh=0, export_counter_wh=900, import_counter_wh=40
    ... )
    >>> parse_reading("example", format_reading(reading, bytes(65))) == (reading, bytes(65))
    True
    """
    data = {"schema": SCHEMA, **reading.message(), "signature": f"0x{signature.hex()}"}
    return json.dumps(data, separators=(",", ":"))


def parse_reading(name: str, text: str | bytes) -> tuple[Reading, bytes]:
    """The reading and the signature in a line.

    Parameters
    ----------
    name : str
        Where the line is from, for messages.
    text : str or bytes
        The line.

    Raises
    ------
    BadSignedFile
        At the first field that is missing, unknown or out of range.
    """
    if len(text) > MOST_BYTES:
        raise BadSignedFile(name, "$", f"has {len(text)} bytes, more than {MOST_BYTES}")
    try:
        file = SignedFile.parse(name, text, SCHEMA, _MEMBERS)
    except RecursionError as error:
        raise BadSignedFile(name, "$", "is nested too deeply") from error
    for member, bits in _BITS.items():
        file.check_integer(f"$.{member}", file.data[member], bits)
    reading = Reading(*(file.data[member] for member in _BITS))
    return reading, file.octets("$.signature", file.data["signature"], 65, 64, P256_BYTES)


def reading_digest(domain: Domain, reading: Reading) -> bytes:
    """What a device signs, 32 bytes: equal to `signing_hash(domain, "Reading", reading.message())`, five times faster.

    Every member is a number, so the data to hash are its words one after another.

    Parameters
    ----------
    domain : Domain
        The metering contract's.
    reading : Reading
        The reading, each field within its bits.
    """
    words = b"".join([value.to_bytes(32, "big") for value in reading.message().values()])
    prefix, type_ = _constants(domain)
    return _keccak(prefix + _keccak(type_ + words))


def normal_signature(signature: bytes) -> bytes:
    """A device's signature as the contracts take it, with ``s`` in the lower half of the curve's order.

    It has 65 bytes, with ``v`` 27 or 28, or 128 bytes if it is of P-256.

    Keys sign with either half, hardware too; the other half is the same signature.

    Raises
    ------
    MessageMismatch
        If it is no signature of a key.
    """
    if len(signature) == P256_BYTES:
        return normal_p256(signature)
    full = expand(signature)
    s = int.from_bytes(full[32:64], "big")
    if s <= CURVE_ORDER // 2:
        return full
    if s >= CURVE_ORDER:
        raise MessageMismatch("Reading", "bad signature: s is above the order of the curve")
    return full[:32] + (CURVE_ORDER - s).to_bytes(32, "big") + bytes([27 + 28 - full[64]])


def signer_of(digest: bytes, signature: bytes) -> bytes | None:
    """The address of the key that signed a digest, 20 bytes; None if no key can have made the signature.

    Parameters
    ----------
    digest : bytes
        32 bytes.
    signature : bytes
        65 or 128 bytes, of `normal_signature`.
    """
    if len(signature) == P256_BYTES:
        return p256_signer_of(digest, signature)
    try:
        key = PublicKey.from_signature_and_message(signature[:64] + bytes([signature[64] - 27]), digest, hasher=None)
    except Exception:  # coincurve raises Exception itself
        return None
    return _keccak(key.format(compressed=False)[1:])[12:]


@lru_cache(maxsize=64)
def _constants(domain: Domain) -> tuple[bytes, bytes]:
    """What the digests of a domain's readings share: their first bytes, and the hash of the signed type."""
    return b"\x19\x01" + domain_separator(domain), type_hash("Reading")


def _keccak(data: bytes) -> bytes:
    return keccak.new(digest_bits=256, data=data).digest()
