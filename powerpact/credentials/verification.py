"""What is checked of a credential or disclosure: everything that is wrong is said, each with an error of its own.

It knows no chain: what auditors revoked is given to it, and signatures of contract accounts (ERC-1271) are not judged.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from eth_typing import ChecksumAddress

from powerpact.codec.eip712 import Domain
from powerpact.credentials.attestation import SCHEMA_ID, PublicCodes, signer_of
from powerpact.credentials.credential import Committee, Credential, Disclosure, public_values
from powerpact.credentials.errors import (
    CredentialAltered,
    CredentialExpired,
    CredentialFault,
    CredentialNotYetValid,
    CredentialRevoked,
    OtherChain,
    OtherRegistry,
    OtherSchema,
    OutsideSigner,
    SignedTwice,
    TooFewSignatures,
)
from powerpact.credentials.person import person_tag
from powerpact.credentials.tree import is_proven, root_of

NONE_REVOKED: Mapping[ChecksumAddress, int] = {}


@dataclass(frozen=True, slots=True)
class Report:
    """What was found.

    Attributes
    ----------
    signers : tuple of ChecksumAddress
        The auditors of the committee who signed, each once.
    revoked_by : tuple of ChecksumAddress
        Those of them who revoked it.
    faults : tuple of CredentialFault
        Everything that is wrong; empty if it is to be taken.
    """

    signers: tuple[ChecksumAddress, ...]
    revoked_by: tuple[ChecksumAddress, ...]
    faults: tuple[CredentialFault, ...]

    def require(self) -> None:
        """Nothing may be wrong.

        Raises
        ------
        CredentialFault
            The first fault.
        """
        if self.faults:
            raise self.faults[0]


def verify(
    shown: Credential | Disclosure,
    committee: Committee,
    now_s: int,
    revoked: Mapping[ChecksumAddress, int] = NONE_REVOKED,
    stated_uid: bytes | None = None,
) -> Report:
    """Check a credential or a disclosure.

    Parameters
    ----------
    shown : Credential or Disclosure
        What was shown.
    committee : Committee
        Whose signatures count.
    now_s : int
        The time at which it must hold, Unix seconds.
    revoked : mapping of ChecksumAddress to int
        By auditor: when it revoked this UID, Unix seconds.
    stated_uid : bytes, optional
        The UID that stands beside it, which must be its own.

    Returns
    -------
    Report
        Who signed, and every fault: other domain or schema, altered content, time, signatures, revocation.
    """
    faults = [*_domain_faults(shown.domain, committee.domain), *_content_faults(shown), *_time_faults(shown, now_s)]
    if stated_uid not in (None, shown.attestation.uid):
        faults.insert(0, CredentialAltered("uid", "is not that of what is shown"))
    signers, wrong = _signers(shown, committee)
    faults += wrong
    if len(signers) < committee.threshold:
        faults.append(TooFewSignatures(len(signers), committee.threshold))
    revoked_by = tuple(signer for signer in signers if signer in revoked)
    left = len(signers) - len(revoked_by)
    if revoked_by and left < committee.threshold:
        faults.append(CredentialRevoked(revoked_by, left, committee.threshold))
    return Report(signers, revoked_by, tuple(faults))


def content_faults(credential: Credential) -> tuple[CredentialFault, ...]:
    """What an auditor must not sign: what is signed does not say what the attributes beside it say."""
    return tuple(_content_faults(credential))


def check_tag(credential: Credential, key: bytes) -> None:
    """The person tag must be that of the person in the attributes, by the committee's key.

    Raises
    ------
    CredentialAltered
        If it is another.
    BadTagKey
        If the key has another length than keys have.
    """
    attributes, codes = credential.attributes, PublicCodes.decode(credential.attestation.data)
    if codes is None or codes.person_tag != person_tag(key, attributes.country, attributes.national_id):
        raise CredentialAltered("personTag", "is not that of this person")


def _domain_faults(have: Domain, expected: Domain) -> Iterator[CredentialFault]:
    if have.chain_id != expected.chain_id:
        yield OtherChain(have.chain_id, expected.chain_id)
    if (have.name, have.contract, have.version) != (expected.name, expected.contract, expected.version):
        yield OtherRegistry(*(f"{domain.contract} ({domain.name} {domain.version})" for domain in (have, expected)))


def _content_faults(shown: Credential | Disclosure) -> Iterator[CredentialFault]:
    attestation = shown.attestation
    if attestation.schema != SCHEMA_ID:
        yield OtherSchema(attestation.schema, SCHEMA_ID)
        return
    codes = PublicCodes.decode(attestation.data)
    if codes is None:
        yield CredentialAltered("data", "does not hold what its schema says")
        return
    if isinstance(shown, Credential):
        values = shown.attributes.values()
        is_complete = root_of(shown.fields) == codes.root
    else:
        values = {field.name: field.value for field in shown.shown.fields}
        is_complete = is_proven(codes.root, shown.shown)
    if not is_complete:
        yield CredentialAltered("fields", "are not those under the root that was signed")
    for name, value in public_values(attestation, codes).items():
        if name in values and values[name] != value:
            yield CredentialAltered(name, f"is {values[name]!r}, and {value!r} was signed")


def _time_faults(shown: Credential | Disclosure, now_s: int) -> Iterator[CredentialFault]:
    attestation = shown.attestation
    if now_s < attestation.time_s:
        yield CredentialNotYetValid(attestation.time_s, now_s)
    if now_s >= attestation.expiration_s:
        yield CredentialExpired(attestation.expiration_s, now_s)


def _signers(
    shown: Credential | Disclosure, committee: Committee
) -> tuple[tuple[ChecksumAddress, ...], list[CredentialFault]]:
    """The auditors who signed, each once, and what is wrong with the signatures."""
    signers: list[ChecksumAddress] = []
    faults: list[CredentialFault] = []
    for claimed, signature in shown.signatures:
        signer = signer_of(shown.domain, shown.attestation, signature)
        if signer != claimed:
            faults.append(CredentialAltered("signature", f"is not by {claimed} over what is shown"))
        elif signer not in committee.auditors:
            faults.append(OutsideSigner(signer))
        elif signer in signers:
            faults.append(SignedTwice(signer))
        else:
            signers.append(signer)
    return tuple(signers), faults
