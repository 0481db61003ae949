"""Who knew of a false proposal, and what of its bond waits for them, as the ghost remembers it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

TIME_TO_REVEAL_S = 86_400


class Knowledge(NamedTuple):
    """That a pair refutes a proposal, written down by an account."""

    proposal: int
    pair: tuple[int, int]
    by: str


@dataclass(slots=True)
class Pot:
    """An eighth of a lost bond that waits for who knew first."""

    upoints: int
    challenger: str
    refuted_at: int
    until: int
    winner: str = ""
    number: int = 0


@dataclass(slots=True)
class Rewards:
    """Commitments and what waits, in the order of the blocks: each of these transactions has its own.

    Parameters
    ----------
    now : callable
        The time of the latest block, Unix seconds.
    """

    now: Callable[[], int]
    commitments: dict[Knowledge, int] = field(default_factory=dict)
    pots: dict[int, Pot] = field(default_factory=dict)
    _moment: int = 0
    _sealed_at: dict[int, int] = field(default_factory=dict)

    def sealed(self, proposal: int) -> None:
        """A proposal stands: only what is written down from now on counts."""
        self._sealed_at[proposal] = self._next()

    def committed(self, knowledge: Knowledge) -> None:
        """Somebody has written down what they know."""
        self.commitments[knowledge] = self._next()

    def waiting_upoints(self, proposal: int, eighth_upoints: int) -> int:
        """What of a bond waits if its proposal is refuted now: an eighth if anybody has written down anything."""
        last = max(self.commitments.values(), default=0)
        return eighth_upoints if last > self._sealed_at[proposal] else 0

    def refuted(self, proposal: int, by: str, eighth_upoints: int) -> int:
        """A proposal has fallen; return what waits."""
        waiting_upoints = self.waiting_upoints(proposal, eighth_upoints)
        moment = self._next()
        if waiting_upoints:
            self.pots[proposal] = Pot(waiting_upoints, by, moment, self.now() + TIME_TO_REVEAL_S)
        return waiting_upoints

    def reveal_error(self, knowledge: Knowledge) -> str | None:
        """Why a commitment does not count in the time to reveal, None if it does."""
        pot, number = self.pots[knowledge.proposal], self.commitments[knowledge]
        if not self._sealed_at[knowledge.proposal] < number < pot.refuted_at:
            return "Refutations_NotCommitted"
        return "Refutations_CommittedLater" if pot.winner and number >= pot.number else None

    def revealed(self, knowledge: Knowledge) -> None:
        """A commitment was shown."""
        pot = self.pots[knowledge.proposal]
        pot.winner, pot.number = knowledge.by, self.commitments[knowledge]

    def _next(self) -> int:
        self._moment += 1
        return self._moment
