"""A credential as an SD-JWT (RFC 9901), of the form of SD-JWT VC: one auditor signs it again, with the same key.

The algorithm is ES256K (RFC 8812): ECDSA on secp256k1, the curve of wallets, over SHA-256. Each field is a disclosure
``base64url([salt, name, value])``; the signed part holds only their SHA-256 digests, sorted. The header has the public
key, of which the auditor's address is the hash, so that a list of auditors is all that a reader needs. The holder is
bound by its wallet's identifier (``cnf.kid``).
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Sequence
from typing import Any, Final

from coincurve import PrivateKey
from eth_account.signers.local import LocalAccount
from eth_typing import Hash32

from powerpact.credentials.attributes import FIELD_NAMES, json_value
from powerpact.credentials.credential import Credential
from powerpact.credentials.errors import UnknownField
from powerpact.credentials.exports import VOCABULARY, account_id, did, signed_by

TYPE: Final = "dc+sd-jwt"
ALGORITHM: Final = "ES256K"

SD_FIELDS: Final = tuple(name for name in FIELD_NAMES if name not in ("wallet", "validFrom", "validUntil"))
"""The fields that can be disclosed; wallet and times are the registered claims ``sub``, ``nbf`` and ``exp``."""


def sd_jwt(credential: Credential, account: LocalAccount, names: Sequence[str] = SD_FIELDS) -> str:
    """The SD-JWT of a credential, with the disclosures of some of its fields.

    Parameters
    ----------
    credential : Credential
        Signed by this account.
    account : LocalAccount
        The auditor who signs.
    names : sequence of str
        The fields whose disclosures are appended; all by default, from which its holder chooses.

    Raises
    ------
    NotSigned
        If the account has not signed the credential.
    UnknownField
        If there is no such field to disclose.
    """
    signed_by(credential, account.address)
    for name in names:
        if name not in SD_FIELDS:
            raise UnknownField(name, SD_FIELDS)
    values = credential.attributes.values()
    disclosures = {name: _disclosure(credential.salts[name], name, values[name]) for name in SD_FIELDS}
    signing_input = (
        f"{_json_part(_header(credential, account))}.{_json_part(_claims(credential, account, disclosures))}"
    )
    digest = hashlib.sha256(signing_input.encode()).digest()
    signature = bytes(account.unsafe_sign_hash(Hash32(digest)).signature)[:64]
    return "~".join(
        [f"{signing_input}.{_part(signature)}", *(disclosures[name] for name in SD_FIELDS if name in names), ""]
    )


def public_jwk(account: LocalAccount) -> dict[str, str]:
    """The public key of an account as a JSON Web Key (RFC 8812, section 3.1)."""
    point = PrivateKey(bytes(account.key)).public_key.format(compressed=False)
    return {"kty": "EC", "crv": "secp256k1", "x": _part(point[1:33]), "y": _part(point[33:])}


def _header(credential: Credential, account: LocalAccount) -> dict[str, Any]:
    issuer = did(credential.domain.chain_id, account.address)
    return {"alg": ALGORITHM, "typ": TYPE, "kid": f"{issuer}#blockchainAccountId", "jwk": public_jwk(account)}


def _claims(credential: Credential, account: LocalAccount, disclosures: dict[str, str]) -> dict[str, Any]:
    domain, attributes = credential.domain, credential.attributes
    holder = did(domain.chain_id, attributes.wallet)
    return {
        "iss": did(domain.chain_id, account.address),
        "vct": VOCABULARY,
        "sub": holder,
        "cnf": {"kid": holder},
        "nbf": attributes.valid_from_s,
        "exp": attributes.valid_until_s,
        "uid": f"0x{credential.attestation.uid.hex()}",
        "registry": account_id(domain.chain_id, domain.contract),
        "_sd": sorted(_part(hashlib.sha256(text.encode()).digest()) for text in disclosures.values()),
        "_sd_alg": "sha-256",
    }


def _disclosure(salt: bytes, name: str, value: Any) -> str:
    return _json_part([_part(salt), name, json_value(value)])


def _json_part(value: Any) -> str:
    return _part(json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode())


def _part(octets: bytes) -> str:
    """Base64url without padding (RFC 7515)."""
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode()
