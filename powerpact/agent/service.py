"""The service that takes rounds from gate closure to settlement.

A round that fits into one transaction is proposed and proven at once. A larger one is proposed in pieces and sealed
with the market's bond, if the market has a challenge window; else it is proven in pieces.

It keeps no state: each step looks at the chain and does what is missing, so it can be stopped anywhere and started
again, also on another machine. The solver is deterministic, so a proposal that was begun is recognised and continued.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Final, TypeVar

from powerpact.agent.aftermath import certify_unsold, decide_orders
from powerpact.agent.errors import EndorsementsMissing, GateStillOpen, RoundExpired, SolutionRefuted
from powerpact.agent.gate import wait_for_gate, wait_until
from powerpact.agent.proposing import Proposer
from powerpact.agent.results import Cleared, Settled
from powerpact.agent.settling import refund, settle
from powerpact.chain.client import Chain
from powerpact.chain.contracts import complete, rounds
from powerpact.chain.contracts.posted import PostedRound
from powerpact.chain.contracts.rounds import ProposalStatus
from powerpact.chain.errors import ContractError
from powerpact.chain.node_errors import TROUBLE, RevertedEmpty
from powerpact.chain.transactions import Mined, Sender
from powerpact.mechanisms.registry import Mechanism, Result
from powerpact.progress import Progress, silent

LONGEST_PAUSE_S: Final = 60.0
"""Between two attempts while the node or the chain is in trouble."""

T = TypeVar("T")


class Agent:
    """Runs rounds on one chain for one account.

    Parameters
    ----------
    chain : Chain
        The deployment.
    sender : Sender
        The agent's account.
    report : callable
        Called with each message.
    mechanism : Mechanism, optional
        Solver and independent verifier, by default those that a market's rules name.
    """

    def __init__(
        self, chain: Chain, sender: Sender, report: Progress = silent, mechanism: Mechanism | None = None
    ) -> None:
        self.chain = chain
        self.sender = sender
        self.report = report
        self.mechanism = mechanism

    def run(self, market_id: bytes, *, poll_s: float = 2.0) -> Settled:
        """Act as the agent of a round from its present state to its end.

        Waits for the gate, clears, waits for the challenge window and makes the round final, waits for the end of the
        slot, and settles until no trade waits for its reading any more; what is not read by the market's refund time is
        refunded. A round that is refuted is cleared again. Dropped connections, incomplete logs, congestion and a lack
        of ether are reported, and tried again.

        Raises
        ------
        EndorsementsMissing
            If the market asks for endorsements: they are collected and the proposal is sealed by hand.
        RoundExpired
            If no round was final in time.
        """
        persist = partial(self._persist, poll_s)
        persist(lambda: wait_for_gate(self.chain, market_id, self.report, poll_s=poll_s))
        cleared = persist(lambda: self.clear(market_id))
        while cleared.status is ProposalStatus.ACTIVE:
            self._wait_until(cleared.final_from, "the challenge window is over", poll_s)
            persist(lambda: self.finalize(market_id))
            cleared = persist(lambda: self.clear(market_id))
        if cleared.status is not ProposalStatus.FINAL:
            raise EndorsementsMissing(cleared.proposal, cleared.posted.market.rules.endorsements)
        self._wait_until(cleared.posted.market.rules.slot.end, "the slot ends", poll_s)
        total = persist(lambda: self.settle(market_id))
        while total.waiting:
            self.report(f"{total.waiting} trades wait for their readings")
            time.sleep(poll_s)
            total = total.then(persist(lambda: self.settle(market_id)))
        return total

    def _wait_until(self, time_s: int, what: str, poll_s: float) -> None:
        self._persist(poll_s, lambda: wait_until(self.chain, time_s, what, self.report, poll_s=poll_s))

    def _persist(self, poll_s: float, action: Callable[[], T]) -> T:
        """Do something, as often as it takes while the node or the chain is in trouble."""
        pause_s = poll_s
        while True:
            try:
                return action()
            except RevertedEmpty:
                raise
            except TROUBLE as error:
                self.report(f"{error}; trying again in {pause_s:g} s")
            time.sleep(pause_s)
            pause_s = min(2 * pause_s, LONGEST_PAUSE_S)

    def solve(self, posted: PostedRound) -> tuple[Result, float, float]:
        """Solve a round and have the solution verified; also the seconds that each took.

        Raises
        ------
        SolutionRefuted
            If the independent verifier refutes it.
        """
        round_, mechanism = posted.round(), self.mechanism or posted.mechanism
        begin = time.perf_counter()
        solution: Result = mechanism.solve(round_, self.report)
        solved = time.perf_counter()
        fault = mechanism.verify(round_, solution, self.report)
        if fault is not None:
            raise SolutionRefuted(fault.kind.value, fault.detail)
        return solution, solved - begin, time.perf_counter() - solved

    def clear(self, market_id: bytes) -> Cleared:
        """Bring a round whose gate is closed to its final state: solve, verify, propose, and prove or seal.

        A sealed proposal is final after its challenge window, with `finalize`. If a proposal as good is active already,
        nothing is sent.

        Raises
        ------
        GateStillOpen, RoundExpired
            If it is too early or too late.
        SolutionRefuted
            If the solver failed; nothing is sent then.
        LogsIncomplete
            If the node's logs lack orders or trades.
        ContractError
            If the chain refuses.
        """
        posted, now, final, active, final_by = complete.whole(self.chain, lambda: self._before(market_id))
        if final:
            return Cleared(final, posted)
        rules = posted.market.rules
        if now < rules.closes_at:
            raise GateStillOpen(market_id, rules.closes_at, now)
        if now > final_by and not active:
            raise RoundExpired(market_id, final_by, now)
        solution, solve_s, verify_s = self.solve(posted)
        begin = time.perf_counter()
        sent: list[Mined] = []
        if active and (now > final_by or self._is_as_good(active, solution)):
            self.report(f"proposal {active} is active")
            proposal_id = active
        else:
            try:
                proposer = Proposer(self.chain, self.sender, self.report, posted)
                proposal_id, sent = proposer.submit(*posted.claimed(solution))
            except ContractError as error:
                if error.name not in ("Clearing_AlreadyFinal", "Clearing_NotBetter"):
                    raise
                return self.clear(market_id)  # another agent was faster
        submit_s = time.perf_counter() - begin
        status, final_from = self._status(proposal_id, sent)
        return Cleared(proposal_id, posted, status, final_from, solution, tuple(sent), solve_s, verify_s, submit_s)

    def _before(self, market_id: bytes) -> tuple[PostedRound, int, int, int, int]:
        """A round, whole unless it is final; the time; the final and the active proposal; the last moment for one."""
        chain, posted = self.chain, rounds.read_round(self.chain, market_id)
        final = rounds.final_of(chain, market_id)
        if final:
            return posted, chain.now(), final, 0, posted.market.rules.final_by
        found = [*complete.orders_of(posted), complete.result_of(market_id, 0, posted.market.block)]
        asked: list[Any] = [("Clearing", "activeOf", [market_id]), ("Clearing", "finalByOf", [market_id])]
        active, final_by = complete.require(chain, found, asked)
        return posted, chain.now(), 0, int(active), int(final_by)

    def _status(self, proposal_id: int, sent: Sequence[Mined]) -> tuple[ProposalStatus, int]:
        """Status of a proposal and when it can be made final; nothing is asked if what was sent made it final."""
        if any(event.name == "RoundFinalized" for mined in sent for event in self.chain.decode(mined)):
            return ProposalStatus.FINAL, 0
        state = rounds.proposal(self.chain, proposal_id)
        return state.status, state.final_from

    def finalize(self, market_id: bytes) -> Mined | None:
        """Make the market's active proposal final, if there is one and its challenge window is over.

        Raises
        ------
        NotOnChain
            If there is no such market.
        """
        active = rounds.active_of(self.chain, market_id)
        if not active or self.chain.now() < rounds.proposal(self.chain, active).final_from:
            return None
        self.report(f"making proposal {active} final")
        return self.sender.send(rounds.finalize(self.chain, active))

    def settle(self, market_id: bytes) -> Settled:
        """End everything of a round that can end now: pay what has its reading, refund what is due, release.

        Raises
        ------
        NotOnChain
            If there is no such market.
        LogsIncomplete
            If the node's logs lack orders, trades or readings.
        """
        return settle(self.chain, self.sender, market_id, self.report)

    def refund(self, market_id: bytes) -> Settled:
        """Refund the trades whose refund time has come, and release the orders that did not trade.

        Raises
        ------
        NotOnChain
            If there is no such market.
        LogsIncomplete
            If the node's logs lack orders or trades.
        """
        return refund(self.chain, self.sender, market_id, self.report)

    def decide(self, market_id: bytes, device: int | None = None) -> list[Mined]:
        """Decide the orders of a final round, of one device or meter or of all: see `decide_orders`."""
        return decide_orders(self.chain, self.sender, market_id, device)

    def certify(self, market_id: bytes) -> list[Mined]:
        """Certify to the sellers what trades of a final round no longer sell: see `certify_unsold`."""
        return certify_unsold(self.chain, self.sender, market_id)

    def _is_as_good(self, active: int, solution: Result) -> bool:
        """Whether this solution could not outrank the active proposal."""
        state = rounds.proposal(self.chain, active)
        return state.objective >= solution.objective and state.is_exact
