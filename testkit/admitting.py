"""Candidates of tests, and rules of membership under which a test need not wait for days."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from eth_utils import keccak

from powerpact.chain.deployment import DAY_S, MembershipRules
from powerpact.codec.packing import candidate_tree
from powerpact.market.candidates import ApprovalReason, Candidate

WINDOW_S = 60
"""How long members may object to candidates, s."""

MEMBERSHIP = MembershipRules(admission_window_s=WINDOW_S, committee_window_s=600, exit_notice_s=7 * DAY_S, supporters=2)

REASON = ApprovalReason.DOCUMENTS


def candidate(account: str, application: int = 1, credibility_ppm: int = 900_000, **changes) -> Candidate:
    """A candidate whose person is known by its account, unless a tag is given."""
    tag = changes.pop("tag", None) or keccak(text=f"person of {account}")
    return Candidate(account, application, tag, credibility_ppm, **changes)


Call = tuple[Any, ...]
"""Contract, function and arguments."""


@dataclass(frozen=True)
class Admission:
    """The calls of one motion that admits candidates, in their order; who sends them, and how, is the caller's."""

    candidates: Sequence[Candidate]

    @property
    def nomination(self) -> Call:
        """The first auditor's vote, which puts them up."""
        return "Motions", "nominate", [someone.pack() for someone in self.candidates], REASON

    @property
    def approval(self) -> Call:
        """Each other auditor's vote; the one that decides announces the motion."""
        return "Motions", "approve", candidate_tree(self.candidates).root, REASON

    def admissions(self, motion: int, together: int) -> Iterator[Call]:
        """What admits them once the window of the motion is over, so many in a call."""
        shown = outcomes(self.candidates)
        for start in range(0, len(shown), together):
            yield "ParticipantRegistry", "admit", motion, shown[start : start + together]


def outcomes(candidates: Sequence[Candidate], indices: Sequence[int] | None = None) -> list[tuple]:
    """Candidates of a motion with their proofs, all unless some are named."""
    tree = candidate_tree(candidates)
    chosen = range(len(candidates)) if indices is None else indices
    return [(index, candidates[index].pack(), tree.proof(index)) for index in chosen]
