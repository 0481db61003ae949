"""The laws that always hold, in words, and what a check of one found."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

LAWS: Final = MappingProxyType(
    {
        "MON-1": "The points in custody are the sum of what is free and what is held, and each wallet is what its "
        "deposits, withdrawals, reservations and trades make it.",
        "MON-2": "Every held point belongs to an open order, an unsettled trade or an active proposal, and has a way "
        "out at a time stated when it was locked.",
        "ORD-1": "An order never trades more than its energy, in a one-to-one market at most once, and never after it "
        "was cancelled.",
        "ORD-2": "No buyer pays above the bid, and no price is below the seller's minimum.",
        "CLR-1": "The trades of a final round are eligible, objective and dual bound are as recorded, and equal unless "
        "the round's time ended without a certificate.",
        "CLR-2": "No eligible pair of a round with a certificate has a score above the sum of its dual prices.",
        "GRN-1": "Certificates minted for a device and slot never exceed its measured export.",
        "GRN-2": "What is retired never moves: what was minted is held or retired, to the last Wh.",
        "GRN-3": "Nothing is certified of a storage, of a slot that began once its device was stopped, or to an owner "
        "who was suspended when it began.",
        "REG-1": "Nobody orders who is not admitted, or what the auditors did not permit, and no auditor's vote "
        "touches money, orders, trades or certificates, but that a veto gives a trade's money back to its buyer before "
        "the slot.",
        "MET-1": "A device reports a slot once, and its counters never fall.",
    }
)
"""The laws by their ids."""


Result = tuple[str, list[str]]
"""What a check compared, in words, and the faults that it found."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check of one law found.

    Attributes
    ----------
    law : str
        Id of the law, a key of `LAWS`.
    faults : tuple of str
        Every violation in words, with ids and values; empty if the law holds.
    detail : str
        What was compared, with numbers.
    """

    law: str
    faults: tuple[str, ...]
    detail: str

    @property
    def holds(self) -> bool:
        """Whether the law holds."""
        return not self.faults

    @property
    def sentence(self) -> str:
        """The law in words."""
        return LAWS[self.law]
