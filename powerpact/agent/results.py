"""What an agent did."""

from __future__ import annotations

from dataclasses import dataclass

from powerpact.chain.contracts.posted import PostedRound
from powerpact.chain.contracts.rounds import ProposalStatus
from powerpact.chain.transactions import Mined
from powerpact.mechanisms.registry import Result


@dataclass(frozen=True, slots=True)
class Cleared:
    """A round that is final, or whose proposal is active until its challenge window is over.

    Attributes
    ----------
    proposal : int
        The final or active proposal; a draft that lacks its endorsements.
    status : ProposalStatus
        Which of them.
    final_from : int
        When an active proposal can be made final, Unix seconds; 0 for others.
    posted : PostedRound
        The orders.
    solution : Result or None
        What this agent solved; None if the round was final already.
    transactions : tuple of Mined
        What this agent sent.
    solve_s, verify_s, submit_s : float
        Time for solving, for verifying, and for proposing and proving, s.
    """

    proposal: int
    posted: PostedRound
    status: ProposalStatus = ProposalStatus.FINAL
    final_from: int = 0
    solution: Result | None = None
    transactions: tuple[Mined, ...] = ()
    solve_s: float = 0.0
    verify_s: float = 0.0
    submit_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Settled:
    """What ended with a settlement run.

    Attributes
    ----------
    paid, refunded, released : int
        Trades paid by their readings, trades refunded, orders released.
    waiting : int
        Trades that can be neither paid nor refunded yet.
    transactions : tuple of Mined
        What was sent.
    """

    paid: int = 0
    refunded: int = 0
    released: int = 0
    waiting: int = 0
    transactions: tuple[Mined, ...] = ()

    def then(self, later: Settled) -> Settled:
        """Both runs together, with what waits after the later one."""
        return Settled(
            paid=self.paid + later.paid,
            refunded=self.refunded + later.refunded,
            released=self.released + later.released,
            waiting=later.waiting,
            transactions=(*self.transactions, *later.transactions),
        )
