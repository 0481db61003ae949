"""Credentials: an attribute set that k auditors sign, and disclosures of some of its fields."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, NamedTuple

from eth_account.signers.local import LocalAccount
from eth_typing import ChecksumAddress

from powerpact.codec.eip712 import Domain
from powerpact.credentials.attestation import (
    SCHEMA_ID,
    Attestation,
    PublicCodes,
    eas_domain,
    sign_attestation,
)
from powerpact.credentials.attributes import FIELD_NAMES, FIELDS, GRADES, PERMISSIONS, AttributeSet
from powerpact.credentials.errors import BadCommittee, UnknownField
from powerpact.credentials.tree import SALT_BYTES, Multiproof, SaltedField, prove, root_of
from powerpact.market.candidates import USER_TYPES

MOST_AUDITORS: Final = 32


class Signed(NamedTuple):
    """A signature: whose it is said to be, and its 65 bytes."""

    signer: ChecksumAddress
    signature: bytes


@dataclass(frozen=True, slots=True)
class Committee:
    """Who issues credentials: k of n auditors, for one registry on one chain.

    Attributes
    ----------
    chain_id : int
        Id of the chain.
    registry : ChecksumAddress
        The contract at which auditors revoke.
    auditors : tuple of ChecksumAddress
        Whose signatures count.
    threshold : int
        How many of them must sign.
    tag_key_id : bytes
        Tells the key of the person tags from others, 8 bytes.
    version : str
        Version of EAS that the domain states.

    Raises
    ------
    BadCommittee
        If there are no auditors or more than 32, one of them twice, or the threshold cannot be reached.
    """

    chain_id: int
    registry: ChecksumAddress
    auditors: tuple[ChecksumAddress, ...]
    threshold: int
    tag_key_id: bytes
    version: str

    def __post_init__(self) -> None:
        count = len(self.auditors)
        if not 1 <= count <= MOST_AUDITORS:
            raise BadCommittee(count, self.threshold, f"there must be 1 to {MOST_AUDITORS} auditors")
        if len(set(self.auditors)) != count:
            raise BadCommittee(count, self.threshold, "an auditor is named twice")
        if not 1 <= self.threshold <= count:
            raise BadCommittee(count, self.threshold, "so many can never sign")

    @property
    def domain(self) -> Domain:
        """The EIP-712 domain of its attestations."""
        return eas_domain(self.chain_id, self.registry, self.version)


@dataclass(frozen=True, slots=True)
class Credential:
    """An attribute set and what auditors signed of it. It is its owner's: it holds everything that can be disclosed.

    Attributes
    ----------
    domain : Domain
        Where the signatures count.
    attestation : Attestation
        What is signed.
    attributes : AttributeSet
        All fields.
    salts : mapping of str to bytes
        By field: 32 random bytes.
    signatures : tuple of Signed
        By auditors.
    """

    domain: Domain
    attestation: Attestation
    attributes: AttributeSet
    salts: Mapping[str, bytes]
    signatures: tuple[Signed, ...] = ()

    @property
    def fields(self) -> tuple[SaltedField, ...]:
        """All fields with their salts."""
        return salted(self.attributes, self.salts)


@dataclass(frozen=True, slots=True)
class Disclosure:
    """Some fields of a credential, with the proof that auditors signed them. The other fields stay hidden.

    Attributes
    ----------
    domain, attestation, signatures
        As in the credential.
    shown : Multiproof
        The fields that are shown.
    """

    domain: Domain
    attestation: Attestation
    shown: Multiproof
    signatures: tuple[Signed, ...]


def fresh_salts() -> dict[str, bytes]:
    """A new random salt for each field."""
    return {name: secrets.token_bytes(SALT_BYTES) for name in FIELD_NAMES}


def salted(attributes: AttributeSet, salts: Mapping[str, bytes]) -> tuple[SaltedField, ...]:
    """All fields of an attribute set with their salts."""
    values = attributes.values()
    return tuple(SaltedField(field.type, field.name, values[field.name], salts[field.name]) for field in FIELDS)


def issue(
    committee: Committee, attributes: AttributeSet, person_tag: bytes, salts: Mapping[str, bytes], salt: bytes
) -> Credential:
    """A credential that nobody has signed yet.

    Parameters
    ----------
    committee : Committee
        Who will sign.
    attributes : AttributeSet
        What they attest.
    person_tag : bytes
        Of the person, 32 bytes.
    salts : mapping of str to bytes
        Of the fields, see `fresh_salts`.
    salt : bytes
        Of the attestation, 32 random bytes.
    """
    codes = PublicCodes.of(attributes, person_tag, root_of(salted(attributes, salts)))
    times = (attributes.valid_from_s, attributes.valid_until_s)
    attestation = Attestation(SCHEMA_ID, attributes.wallet, *times, codes.encode(), salt)
    return Credential(committee.domain, attestation, attributes, salts)


def sign(credential: Credential, account: LocalAccount) -> Credential:
    """The credential with one more signature."""
    signature = sign_attestation(account, credential.domain, credential.attestation)
    return replace(credential, signatures=(*credential.signatures, Signed(account.address, signature)))


def disclose(credential: Credential, names: Sequence[str]) -> Disclosure:
    """A disclosure of the fields with these names.

    Raises
    ------
    UnknownField
        If there is no such field, or none is named.
    """
    for name in names or ("",):
        if name not in FIELD_NAMES:
            raise UnknownField(name, FIELD_NAMES)
    shown = prove(credential.fields, names)
    return Disclosure(credential.domain, credential.attestation, shown, credential.signatures)


def public_values(attestation: Attestation, codes: PublicCodes) -> dict[str, Any]:
    """The fields that the attestation itself states, by name; a code without a word has the value None."""
    user_types, grades = ({code: word for word, code in table.items()} for table in (USER_TYPES, GRADES))
    names = {field.attribute: field.name for field in FIELDS}
    return {
        "userType": user_types.get(codes.user_type),
        **{names[name]: bool(codes.permissions >> bit & 1) for bit, name in enumerate(PERMISSIONS)},
        "mostEnergyWh": codes.most_energy_wh,
        "grade": grades.get(codes.grade),
        "credibilityPpm": codes.credibility_ppm,
        "wallet": attestation.recipient,
        "validFrom": attestation.time_s,
        "validUntil": attestation.expiration_s,
    }
