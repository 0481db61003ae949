"""Who is admitted: applications, rejection, suspension, exit and the accounts of a person."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from eth_account.signers.local import LocalAccount
from eth_typing import ChecksumAddress
from eth_utils import keccak

from powerpact.chain.client import Chain
from powerpact.chain.transactions import Call
from powerpact.codec.eip712 import sign
from powerpact.market.candidates import RejectionReason


class Status(IntEnum):
    """Admission of an account, as in IParticipantRegistry."""

    NONE = 0
    APPLIED = 1
    ACTIVE = 2
    REJECTED = 3
    LEAVING = 4
    LEFT = 5
    LINKED = 6


@dataclass(frozen=True, slots=True)
class Participant:
    """What the registry says about an account.

    Attributes
    ----------
    status : Status
        Admission.
    has_applied : bool
        Whether an application is open, perhaps for a renewal.
    credibility_ppm : int
        Attested credit report.
    person : int
        Number of the person; 0 before the first admission.
    suspended_until : int
        Unix seconds; 0 if never suspended.
    since : int
        Time of the last change of status, Unix seconds.
    application : int
        Number of applications and links so far.
    most_bought, most_sold : int
        Code of the most energy of one order of a side: it is less than ``2**code`` Wh, and 0 permits none.
    user_type, grade : int
        See `powerpact.market.candidates`.
    carriers : int
        Bit c: may trade the carrier with this code.
    expiry : int
        End of the admission, Unix seconds.
    """

    status: Status
    has_applied: bool
    credibility_ppm: int
    person: int
    suspended_until: int
    since: int
    application: int
    most_bought: int
    most_sold: int
    user_type: int
    grade: int
    carriers: int
    expiry: int

    @classmethod
    def of(cls, answer: Sequence[Any]) -> Participant:
        """What the struct of the registry says."""
        status, *rest = answer
        return cls(Status(status), *rest)


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


def reject(chain: Chain, applicant: ChecksumAddress, application: int, reason: RejectionReason) -> Call:
    """An auditor's vote to reject."""
    return chain.call("reject", "ParticipantRegistry", "reject", applicant, application, reason)


def suspend(chain: Chain, participant: ChecksumAddress, until: int, reason: str) -> Call:
    """An auditor's vote to suspend until a time in Unix seconds."""
    return chain.call("suspend", "ParticipantRegistry", "suspend", participant, until, reason)


def request_exit(chain: Chain) -> Call:
    """Announce the sender's exit."""
    return chain.call("exit", "ParticipantRegistry", "requestExit")


def stay(chain: Chain) -> Call:
    """Withdraw the announcement of the sender's exit."""
    return chain.call("exit", "ParticipantRegistry", "stay")


def complete_exit(chain: Chain) -> Call:
    """Complete the sender's exit after the notice."""
    return chain.call("exit", "ParticipantRegistry", "exit")


def sign_link(chain: Chain, account: LocalAccount, member: ChecksumAddress, application: int) -> bytes:
    """An account agrees to be one of a member's; `application` is the number after the account's last."""
    message = {"member": member, "account": account.address, "application": application}
    return sign(account, chain.domain("ParticipantRegistry"), "Link", message)


def link(chain: Chain, account: ChecksumAddress, signature: bytes) -> Call:
    """Make an account that agreed one of the sender's."""
    return chain.call("link", "ParticipantRegistry", "link", account, signature)


def unlink(chain: Chain, account: ChecksumAddress) -> Call:
    """Let an account be the member's no more."""
    return chain.call("unlink", "ParticipantRegistry", "unlink", account)


def participant(chain: Chain, account: ChecksumAddress) -> Participant:
    """Admission of an account."""
    return participants_at(chain, [account])[0]


def participants_at(chain: Chain, accounts: Sequence[ChecksumAddress]) -> list[Participant]:
    """Admission of accounts, each in its place."""
    answers = chain.read_all([("ParticipantRegistry", "participant", [account]) for account in accounts])
    return [Participant.of(answer) for answer in answers]


def auditors(chain: Chain) -> list[ChecksumAddress]:
    """The auditors, in the order of their seats."""
    return list(chain.read("Motions", "auditors"))


def threshold(chain: Chain) -> int:
    """Number of votes that decide."""
    return int(chain.read("Motions", "threshold"))


def is_active(chain: Chain, account: ChecksumAddress) -> bool:
    """Whether the account may trade now."""
    return bool(chain.read("ParticipantRegistry", "isActive", account))


def admission_text(chain: Chain, account: ChecksumAddress) -> str:
    """The account's status in a word; an active participant who may not trade now is suspended or expired."""
    found = participant(chain, account)
    if found.status is not Status.ACTIVE or is_active(chain, account):
        return found.status.name.lower()
    return "expired" if found.expiry <= chain.now() else "suspended"
