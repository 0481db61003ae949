"""Admission to the market: applications, the auditors' votes, suspension and exit."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum

from eth_abi.abi import encode
from eth_typing import ChecksumAddress
from eth_utils import keccak

from powerpact.chain.client import Chain
from powerpact.chain.transactions import Call

_APPROVE = 0
"""The kind of the motion to admit, as `Kind` in ParticipantRegistry."""


class Status(IntEnum):
    """Admission of an account, as in IParticipantRegistry."""

    NONE = 0
    APPLIED = 1
    ACTIVE = 2
    REJECTED = 3
    LEAVING = 4
    LEFT = 5


@dataclass(frozen=True, slots=True)
class Participant:
    """What the registry says about an account.

    Attributes
    ----------
    status : Status
        Admission.
    credibility_ppm : int
        Attested credit report.
    suspended_until : int
        Unix seconds; 0 if never suspended.
    since : int
        Time of the last change of status, Unix seconds.
    application : int
        Number of applications so far.
    """

    status: Status
    credibility_ppm: int
    suspended_until: int
    since: int
    application: int


def attributes_hash(attributes: Mapping[str, str], salt: bytes) -> bytes:
    """The commitment to an attribute set that an applicant shows to the auditors.

    ``keccak256(salt ‖ canonical JSON)``: keys sorted, no blanks, UTF-8. The salt keeps it from being guessed.

    Parameters
    ----------
    attributes : mapping of str to str
        The attribute set.
    salt : bytes
        32 random bytes.
    """
    text = json.dumps(dict(attributes), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return keccak(salt + text.encode())


def apply(chain: Chain, attributes: bytes) -> Call:
    """Apply, with the hash of an attribute set."""
    return chain.call("apply", "ParticipantRegistry", "applyFor", attributes)


def approve(chain: Chain, applicant: ChecksumAddress, application: int, credibility_ppm: int) -> Call:
    """An auditor's vote to admit."""
    return chain.call("admit", "ParticipantRegistry", "approve", applicant, application, credibility_ppm)


def reject(chain: Chain, applicant: ChecksumAddress, application: int, reason: str) -> Call:
    """An auditor's vote to reject."""
    return chain.call("reject", "ParticipantRegistry", "reject", applicant, application, reason)


def suspend(chain: Chain, participant: ChecksumAddress, until: int, reason: str) -> Call:
    """An auditor's vote to suspend until a time in Unix seconds."""
    return chain.call("suspend", "ParticipantRegistry", "suspend", participant, until, reason)


def request_exit(chain: Chain) -> Call:
    """Announce the sender's exit."""
    return chain.call("exit", "ParticipantRegistry", "requestExit")


def complete_exit(chain: Chain) -> Call:
    """Complete the sender's exit after the notice."""
    return chain.call("exit", "ParticipantRegistry", "exit")


def participant(chain: Chain, account: ChecksumAddress) -> Participant:
    """Admission of an account."""
    status, *rest = chain.read("ParticipantRegistry", "participant", account)
    return Participant(Status(status), *rest)


def auditors(chain: Chain) -> list[ChecksumAddress]:
    """The auditors, in the order of their seats."""
    return list(chain.read("ParticipantRegistry", "auditors"))


def threshold(chain: Chain) -> int:
    """Number of votes that decide."""
    return int(chain.read("ParticipantRegistry", "threshold"))


def votes_to_admit(chain: Chain, applicant: ChecksumAddress, application: int) -> dict[int, int]:
    """Votes to admit an applicant, by the credibility in ppm that they attest: only equal ones count together.

    A vote's event has but the hash of what was voted for; its transaction says it. Votes that a contract passed on,
    and are therefore not what the transaction calls, are left out.
    """
    types = ["uint8", "address", "uint32", "uint32"]
    counted: dict[int, int] = {}
    for event in chain.events("ParticipantRegistry", "VoteCast", subject=applicant):
        said = chain.called("ParticipantRegistry", "approve", event.transaction_hash)
        if said is None:
            continue
        voted, number, credibility_ppm = said
        motion = keccak(encode(types, [_APPROVE, voted, number, credibility_ppm]))
        if (voted, number, motion) == (applicant, application, event.arguments["motion"]):
            counted[credibility_ppm] = max(counted.get(credibility_ppm, 0), event.arguments["votes"])
    return counted


def is_active(chain: Chain, account: ChecksumAddress) -> bool:
    """Whether the account may trade now."""
    return bool(chain.read("ParticipantRegistry", "isActive", account))


def admission_text(chain: Chain, account: ChecksumAddress) -> str:
    """The account's status in a word; an active participant who may not trade now is suspended."""
    found = participant(chain, account)
    if found.status is Status.ACTIVE and found.suspended_until and not is_active(chain, account):
        return "suspended"
    return found.status.name.lower()
