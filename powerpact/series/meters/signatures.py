"""Signatures of meters: ECDSA over SHA-2, on the curves that OCMF names."""

from __future__ import annotations

import base64
import binascii
import re
from typing import TYPE_CHECKING, Final

from powerpact.series.meters.intervals import Place

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurve, EllipticCurvePublicKey

ALGORITHM: Final = re.compile(r"ECDSA-(\w+)-SHA(256|384|512)")
DEFAULT_ALGORITHM: Final = "ECDSA-secp256r1-SHA256"
CURVES: Final = {
    "secp192r1": "SECP192R1",
    "secp256r1": "SECP256R1",
    "secp256k1": "SECP256K1",
    "secp384r1": "SECP384R1",
    "brainpool256r1": "BrainpoolP256R1",
    "brainpool384r1": "BrainpoolP384R1",
    "brainpool512r1": "BrainpoolP512R1",
}
"""Curves by their names in OCMF: classes of the library."""
UNCOMPRESSED: Final = 4
"""First byte of a point with both coordinates."""


def check_signature(place: Place, payload: bytes, signature: bytes, algorithm: str, key: bytes) -> None:
    """Verify the signature over a payload.

    Parameters
    ----------
    place : Place
        What is signed, for messages.
    payload : bytes
        The signed bytes, as they are in the file.
    signature : bytes
        ECDSA, in ASN.1 DER.
    algorithm : str
        Such as ``ECDSA-secp256r1-SHA256``.
    key : bytes
        The public key: PEM, DER, or as hexadecimal or base64 text DER or the curve's point.

    Raises
    ------
    BadMeterFile
        If the algorithm is unknown, the key is none or of another curve, or the signature is not that key's.
    """
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec

    named = ALGORITHM.fullmatch(algorithm)
    if named is None or named[1] not in CURVES:
        remedy = f"Records of the curves {', '.join(CURVES)} can be verified."
        raise place.bad(f"signature algorithm {algorithm[:40]!r} is not known", remedy)
    curve: EllipticCurve = getattr(ec, CURVES[named[1]])()
    public_key = _public_key(place, key, curve)
    if public_key.curve.name != curve.name:
        problem = f"it is signed on the curve {named[1]}, the key is on {public_key.curve.name}"
        raise place.bad(problem, "Give this meter's key with --key.")
    digests: dict[str, hashes.HashAlgorithm] = {
        "256": hashes.SHA256(),
        "384": hashes.SHA384(),
        "512": hashes.SHA512(),
    }
    try:
        public_key.verify(signature, payload, ec.ECDSA(digests[named[2]]))
    except InvalidSignature:
        remedy = "Give this meter's key with --key, and the record exactly as the meter signed it."
        raise place.bad(
            "the signature is not valid: the record was changed, or the key is another one's", remedy
        ) from None


def _public_key(place: Place, key: bytes, curve: EllipticCurve) -> EllipticCurvePublicKey:
    """A public key in any of its forms; a point is on the curve that the record names."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.serialization import load_der_public_key, load_pem_public_key

    remedy = "Give a file with the public key as hexadecimal text, PEM or DER."
    try:
        if b"-----BEGIN" in key:
            loaded = load_pem_public_key(key.strip())
        else:
            plain = _plain(key)
            if plain[:1] == bytes([UNCOMPRESSED]):
                return ec.EllipticCurvePublicKey.from_encoded_point(curve, plain)
            loaded = load_der_public_key(plain)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise place.bad(f"the public key cannot be read: {str(error)[:80]}", remedy) from error
    if not isinstance(loaded, ec.EllipticCurvePublicKey):
        raise place.bad("the public key is none of an elliptic curve", remedy)
    return loaded


def _plain(key: bytes) -> bytes:
    """The bytes of a key that is hexadecimal or base64 text; else the key itself."""
    try:
        text = "".join(key.decode("ascii").split())
        return bytes.fromhex(text.removeprefix("0x"))
    except ValueError:
        pass
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, UnboundLocalError):
        return key
