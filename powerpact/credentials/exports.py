"""A credential in the formats of others: for the EAS SDK, and as a W3C Verifiable Credential (data model 2.0).

Names are those of the energy credentials of the Digital Energy Grid (beckn/DEG ``specification/energy-credentials``)
where they fit: a ``ProgramEnrollmentCredential`` with ``customerDetails.fullName``, ``programName``, ``programCode``,
``enrollmentDate`` and ``enrollmentValidUntil``. Every other field keeps its own name. People and contracts are named by
``did:pkh`` and CAIP-10.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final

from eth_typing import ChecksumAddress

from powerpact.codec.eip712 import expand
from powerpact.credentials.attestation import PRIMARY_TYPE, typed_data
from powerpact.credentials.attributes import json_value
from powerpact.credentials.credential import Credential, Signed
from powerpact.credentials.errors import NotSigned

VOCABULARY: Final = "urn:powerpact:credential:1"
"""Names the type of these credentials, and the vocabulary of the fields that have no other."""

PROGRAM_NAME: Final = "PowerPact peer-to-peer energy market"

_STATED_OTHERWISE: Final = ("fullName", "wallet", "validFrom", "validUntil")


def account_id(chain_id: int, address: str) -> str:
    """An account or contract of a chain, by CAIP-10.

    Examples
    --------
    >>> account_id(1, "0xab")
    'eip155:1:0xab'
    """
    return f"eip155:{chain_id}:{address}"


def did(chain_id: int, address: str) -> str:
    """The decentralised identifier of an account: ``did:pkh`` with its CAIP-10 id."""
    return f"did:pkh:{account_id(chain_id, address)}"


def signed_by(credential: Credential, signer: ChecksumAddress | None) -> Signed:
    """The signature of one auditor; the first if none is named.

    Raises
    ------
    NotSigned
        If there is no such signature.
    """
    for signed in credential.signatures:
        if signer in (None, signed.signer):
            return signed
    raise NotSigned(signer)


def eas_attestation(credential: Credential, signer: ChecksumAddress | None = None) -> dict[str, Any]:
    """A signed attestation as the EAS SDK and its explorers read it: with one signature.

    Raises
    ------
    NotSigned
        If there is no such signature.
    """
    by, signature = signed_by(credential, signer)
    full = expand(signature)
    data = typed_data(credential.domain, credential.attestation)
    parts = {"v": full[64], "r": f"0x{full[:32].hex()}", "s": f"0x{full[32:64].hex()}"}
    types = {PRIMARY_TYPE: data["types"][PRIMARY_TYPE]}
    uid = f"0x{credential.attestation.uid.hex()}"
    return {"sig": {**data, "version": 2, "uid": uid, "types": types, "signature": parts}, "signer": by}


def verifiable_credential(credential: Credential, signer: ChecksumAddress | None = None) -> dict[str, Any]:
    """A W3C Verifiable Credential with all fields, as one auditor's; without a proof of its own.

    What was signed is its evidence: the UID, and the signatures over it.

    Raises
    ------
    NotSigned
        If there is no such signature.
    """
    domain, attributes = credential.domain, credential.attributes
    issuer, _ = signed_by(credential, signer)
    begin, end = _date(attributes.valid_from_s), _date(attributes.valid_until_s)
    uid = f"0x{credential.attestation.uid.hex()}"
    rest = {name: json_value(value) for name, value in attributes.values().items() if name not in _STATED_OTHERWISE}
    return {
        "@context": ["https://www.w3.org/ns/credentials/v2", {"@vocab": f"{VOCABULARY}#"}],
        "id": f"{VOCABULARY}:{uid}",
        "type": ["VerifiableCredential", "ProgramEnrollmentCredential"],
        "issuer": did(domain.chain_id, issuer),
        "validFrom": begin,
        "validUntil": end,
        "credentialSubject": {
            "id": did(domain.chain_id, attributes.wallet),
            "customerDetails": {"fullName": attributes.full_name},
            "programName": PROGRAM_NAME,
            "programCode": account_id(domain.chain_id, domain.contract),
            "enrollmentDate": begin,
            "enrollmentValidUntil": end,
            **rest,
        },
        "evidence": [
            {
                "type": "EasOffchainAttestation",
                "uid": uid,
                "registry": account_id(domain.chain_id, domain.contract),
                "signatures": [
                    {"signer": did(domain.chain_id, by), "signature": f"0x{signature.hex()}"}
                    for by, signature in credential.signatures
                ],
            }
        ],
    }


def _date(time_s: int) -> str:
    return datetime.fromtimestamp(time_s, UTC).isoformat().replace("+00:00", "Z")
