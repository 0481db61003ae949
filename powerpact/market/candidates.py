"""Candidates for admission: what the auditors attest of an applicant, in words and as the contract packs it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from types import MappingProxyType
from typing import Final

from eth_typing import ChecksumAddress
from eth_utils import to_checksum_address

from powerpact.errors import BadChoice
from powerpact.market.permissions import CARRIERS, EVERYTHING, SIDES, Permission
from powerpact.units import PPM

MAX_CANDIDATES: Final = 4_096
"""The most candidates of one motion."""

LATEST_EXPIRY: Final = 2**32 - 1
"""The latest end of an admission, Unix seconds: in the year 2106."""

LAST_APPLICATION: Final = 2**16 - 1
"""The last application of an account that can be admitted."""

USER_TYPES: Final = MappingProxyType(
    {"consumer": 1, "producer": 2, "prosumer": 3, "storage": 4, "aggregator": 5, "utility": 6}
)
"""What a member is (Zhao et al. 2020, section 2.1), with the codes of contracts/types/Candidates.sol."""


class ApprovalReason(IntEnum):
    """What an auditor relied on; the chain has the code, so that it says nothing else about a person."""

    DOCUMENTS = 1
    NETWORK_OPERATOR = 2
    CREDENTIAL = 3
    KNOWN = 4


class RejectionReason(IntEnum):
    """Why an auditor rejects an application."""

    IDENTITY = 1
    ANOTHER_MEMBER = 2
    OUTSIDE = 3
    FALSE_STATEMENT = 4
    INCOMPLETE = 5
    OTHER = 6


APPROVAL_WORDS: Final = {
    ApprovalReason.DOCUMENTS: "documents that the auditor saw",
    ApprovalReason.NETWORK_OPERATOR: "the register of the network operator",
    ApprovalReason.CREDENTIAL: "a credential of another authority",
    ApprovalReason.KNOWN: "an earlier admission",
}

REJECTION_WORDS: Final = {
    RejectionReason.IDENTITY: "the identity is not proven",
    RejectionReason.ANOTHER_MEMBER: "the person is a member already",
    RejectionReason.OUTSIDE: "outside of the community",
    RejectionReason.FALSE_STATEMENT: "a statement is false",
    RejectionReason.INCOMPLETE: "something is missing",
    RejectionReason.OTHER: "another reason",
}


@dataclass(frozen=True, slots=True)
class Candidate:
    """What auditors attest of an applicant.

    Attributes
    ----------
    account : ChecksumAddress
        Who applied.
    application : int
        Number of the application, from 1.
    tag : bytes
        The person tag, 32 bytes: a keyed hash of the legal identity.
    credibility_ppm : int
        What the credit report says, 0 to 1 000 000.
    permissions : Permission
        What the member may do: at least a side and a carrier.
    user_type : int
        What it is, of `USER_TYPES`.
    grade : int
        Credit grade, 0 (none) to 7; 1 is the best.
    expiry : int
        End of the admission, Unix seconds.
    most_energy : int
        Code of the most energy of one order: it is less than ``2**most_energy`` Wh; 0 for as much as fits.
    country : int
        Country of the legal identity, ISO 3166-1 numeric; 0 if none is stated.

    Raises
    ------
    BadChoice
        If one is out of its range.

    Examples
    --------
    >>> someone = Candidate("0x" + "00" * 19 + "0A", 1, bytes([1] * 32), 900_000)
    >>> Candidate.unpack(someone.pack()) == someone
    True
    """

    account: ChecksumAddress
    application: int
    tag: bytes
    credibility_ppm: int
    permissions: Permission = EVERYTHING
    user_type: int = USER_TYPES["prosumer"]
    grade: int = 0
    expiry: int = LATEST_EXPIRY
    most_energy: int = 0
    country: int = 0

    def __post_init__(self) -> None:
        bounds = {
            "application": (1, LAST_APPLICATION),
            "credibility_ppm": (0, PPM),
            "permissions": (1, EVERYTHING),
            "user_type": (1, len(USER_TYPES)),
            "grade": (0, 7),
            "expiry": (1, LATEST_EXPIRY),
            "most_energy": (0, 63),
            "country": (0, 999),
        }
        for name, (least, most) in bounds.items():
            value = int(getattr(self, name))
            if not least <= value <= most:
                raise BadChoice(name, value, f"is not {least} to {most}", remedy=f"Give a {name} in this range.")
        for words, needed in (("side", SIDES), ("carrier", CARRIERS)):
            if not self.permissions & needed:
                remedy = f"Permit one {words} at least."
                raise BadChoice("permissions", self.permissions, f"permits no {words}", remedy=remedy)
        if len(self.tag) != 32 or not any(self.tag):
            remedy = "Take the tag that the authority computed from the legal identity."
            raise BadChoice("tag", f"0x{self.tag.hex()}", "is not 32 bytes with one that is not zero", remedy=remedy)

    def pack(self) -> tuple[int, bytes]:
        """The two words of `PackedCandidate` (contracts/types/Candidates.sol)."""
        high = int(self.account, 16) << 96 | self.country << 86 | self.most_energy << 80 | self.application << 64
        low = self.permissions << 38 | self.user_type << 35 | self.grade << 32 | self.expiry
        return high | self.credibility_ppm << 44 | low, self.tag

    @classmethod
    def unpack(cls, words: tuple[int, bytes]) -> Candidate:
        """The candidate of two words."""
        head, tag = words
        return cls(
            account=to_checksum_address((head >> 96).to_bytes(20, "big")),
            application=head >> 64 & 0xFFFF,
            tag=bytes(tag),
            credibility_ppm=head >> 44 & 0xFFFFF,
            permissions=Permission(head >> 38 & 0x3F),
            user_type=head >> 35 & 7,
            grade=head >> 32 & 7,
            expiry=head & 0xFFFFFFFF,
            most_energy=head >> 80 & 0x3F,
            country=head >> 86 & 0x3FF,
        )
