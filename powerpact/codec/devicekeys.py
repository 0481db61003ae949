"""Keys of devices: secp256k1, as accounts have, or P-256 (secp256r1), as secure elements and TPMs have.

A P-256 signature is ``r ‖ s ‖ x ‖ y``, 128 bytes: the signature and the public key. It is made over the EIP-712 digest
as it is, a prehashed message: no further SHA-256 is taken of it. ``s`` is in the lower half of the order. The key is
known by an address, the last 20 bytes of ``keccak256(x ‖ y)``, as an account is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import (
    Prehashed,
    decode_dss_signature,
    encode_dss_signature,
)
from cryptography.hazmat.primitives.hashes import SHA256
from eth_account.signers.local import LocalAccount
from eth_typing import ChecksumAddress
from eth_utils import keccak, to_checksum_address

from powerpact.codec.eip712 import Domain, sign, signing_hash
from powerpact.codec.eip712.errors import MessageMismatch

P256_BYTES: Final = 128
"""Length of a P-256 signature with its public key; every other signature is of secp256k1."""

_ORDER: Final = 0xFFFFFFFF_00000000_FFFFFFFF_FFFFFFFF_BCE6FAAD_A7179E84_F3B9CAC2_FC632551
"""Order of the curve P-256."""

_PREHASHED: Final = Prehashed(SHA256())
"""Says no more than that a digest has 32 bytes."""


@dataclass(frozen=True, slots=True)
class P256Key:
    """A P-256 key of a device.

    Attributes
    ----------
    key : bytes
        The private key, 32 bytes.
    """

    key: bytes = field(repr=False)

    @classmethod
    def create(cls) -> P256Key:
        """A new key."""
        return cls(ec.generate_private_key(ec.SECP256R1()).private_numbers().private_value.to_bytes(32, "big"))

    @property
    def address(self) -> ChecksumAddress:
        """What the key is known by on the chain."""
        return to_checksum_address(keccak(self._point())[12:])

    def sign_digest(self, digest: bytes) -> bytes:
        """Sign 32 bytes as they are, deterministically (RFC 6979), with ``s`` in the lower half: 128 bytes."""
        made = self._private().sign(digest, ec.ECDSA(_PREHASHED, deterministic_signing=True))
        r, s = decode_dss_signature(made)
        return normal_p256(r.to_bytes(32, "big") + s.to_bytes(32, "big") + self._point())

    def _private(self) -> ec.EllipticCurvePrivateKey:
        return ec.derive_private_key(int.from_bytes(self.key, "big"), ec.SECP256R1())

    def _point(self) -> bytes:
        numbers = self._private().public_key().public_numbers()
        return numbers.x.to_bytes(32, "big") + numbers.y.to_bytes(32, "big")


DeviceKey = LocalAccount | P256Key
"""What a device signs with. People sign with accounts alone."""


def sign_by_device(key: DeviceKey, domain: Domain, primary_type: str, message: Mapping[str, Any]) -> bytes:
    """A device's signature: 65 bytes of secp256k1, or 128 bytes of P-256.

    Raises
    ------
    UnknownSignedType
        If there is no such type.
    MessageMismatch
        If the message does not fit it.
    """
    if isinstance(key, P256Key):
        return key.sign_digest(signing_hash(domain, primary_type, message))
    return sign(key, domain, primary_type, message)


def normal_p256(signature: bytes) -> bytes:
    """A P-256 signature as the contracts take it, with ``s`` in the lower half of the order.

    Secure elements give either half; the other half is the same signature.

    Parameters
    ----------
    signature : bytes
        128 bytes.

    Raises
    ------
    MessageMismatch
        If r or s is not between 1 and the order.
    """
    r, s = (int.from_bytes(signature[start : start + 32], "big") for start in (0, 32))
    for name, number in (("r", r), ("s", s)):
        if not 0 < number < _ORDER:
            raise MessageMismatch("signature", f"{name} is not between 1 and the order of the curve P-256")
    return signature[:32] + min(s, _ORDER - s).to_bytes(32, "big") + signature[64:]


def p256_signer_of(digest: bytes, signature: bytes) -> bytes | None:
    """The address of the P-256 key that signed a digest, 20 bytes; None if the signature is not that of its key.

    Parameters
    ----------
    digest : bytes
        32 bytes.
    signature : bytes
        128 bytes, of `normal_p256`.
    """
    r, s, x, y = (int.from_bytes(signature[start : start + 32], "big") for start in (0, 32, 64, 96))
    try:
        public = ec.EllipticCurvePublicNumbers(x, y, ec.SECP256R1()).public_key()
        public.verify(encode_dss_signature(r, s), digest, ec.ECDSA(_PREHASHED))
    except (InvalidSignature, ValueError):  # the latter: no point of the curve
        return None
    return keccak(signature[64:])[12:]
