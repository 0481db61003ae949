"""The service that carries rounds from gate closure to settlement.

It keeps nothing: each step looks at the chain and does what is missing, so it can be stopped anywhere and started
anew, also on another machine. The solver is deterministic, so a proposal that was begun is recognised and continued.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from powerpact.agent.errors import GateStillOpen, RoundExpired, SolutionRefuted
from powerpact.agent.gate import wait_for_gate, wait_until
from powerpact.agent.pieces import fits, largest_fitting, send_in_pieces
from powerpact.chain import meters, orders, rounds, settlement
from powerpact.chain.client import Chain
from powerpact.chain.errors import ContractError
from powerpact.chain.orders import Placed
from powerpact.chain.packing import MAX_BATCH
from powerpact.chain.rounds import Pair, PostedRound, ProposalStatus
from powerpact.chain.settlement import FinalTrade
from powerpact.chain.transactions import Mined, Sender
from powerpact.mechanism import SATISFACTION, Mechanism
from powerpact.types import Solution

Report = Callable[[str], None]
"""Told what happens, in a few words."""


@dataclass(frozen=True, slots=True)
class Cleared:
    """A final round.

    Attributes
    ----------
    proposal : int
        The final proposal.
    posted : PostedRound
        The orders.
    solution : Solution or None
        What this agent solved; None if the round was final already.
    transactions : tuple of Mined
        What this agent sent.
    solve_s, verify_s, submit_s : float
        Time for solving, for verifying, and for proposing and proving, s.
    """

    proposal: int
    posted: PostedRound
    solution: Solution | None = None
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
        """Both runs together, waiting what waits after the later one."""
        return Settled(
            paid=self.paid + later.paid,
            refunded=self.refunded + later.refunded,
            released=self.released + later.released,
            waiting=later.waiting,
            transactions=(*self.transactions, *later.transactions),
        )


class Agent:
    """Runs rounds on one chain for one account.

    Parameters
    ----------
    chain : Chain
        The deployment.
    sender : Sender
        The agent's account.
    report : callable
        Told what happens.
    mechanism : Mechanism
        Solver and independent verifier.
    """

    def __init__(
        self, chain: Chain, sender: Sender, report: Report = lambda _: None, mechanism: Mechanism = SATISFACTION
    ) -> None:
        self.chain = chain
        self.sender = sender
        self.report = report
        self.mechanism = mechanism

    def run(self, market_id: bytes, *, poll_s: float = 2.0) -> Settled:
        """Be the agent of a round from wherever it stands to its end.

        Waits for the gate, clears, waits for the end of the slot, and settles until no trade waits for its reading
        any more; what is not read by the market's refund time is refunded.
        """
        wait_for_gate(self.chain, market_id, self.report, poll_s=poll_s)
        rules = self.clear(market_id).posted.market.rules
        slot_end = rules.slot_start + self.chain.deployment.parameters.slot_length_s
        wait_until(self.chain, slot_end, "the slot ends", self.report, poll_s=poll_s)
        total = self.settle(market_id)
        while total.waiting:
            self.report(f"{total.waiting} trades wait for their readings")
            time.sleep(poll_s)
            total = total.then(self.settle(market_id))
        return total

    def solve(self, posted: PostedRound) -> tuple[Solution, float, float]:
        """Solve a round and have the solution verified; also the seconds that each took.

        Raises
        ------
        SolutionRefuted
            If the independent verifier refutes it.
        """
        round_ = posted.round()
        begin = time.perf_counter()
        solution = self.mechanism.solve(round_, self.report)
        solved = time.perf_counter()
        fault = self.mechanism.verify(round_, solution, self.report)
        if fault is not None:
            raise SolutionRefuted(fault.kind.value, fault.detail)
        return solution, solved - begin, time.perf_counter() - solved

    def clear(self, market_id: bytes) -> Cleared:
        """Bring a round whose gate is closed to its final state: solve, verify, propose, prove.

        Raises
        ------
        GateStillOpen, RoundExpired
            If it is too early or too late.
        SolutionRefuted
            If the solver failed; nothing is sent then.
        ContractError
            If the chain refuses.
        """
        posted = rounds.read_round(self.chain, market_id)
        final = rounds.final_of(self.chain, market_id)
        if final:
            return Cleared(final, posted)
        rules, now = posted.market.rules, self.chain.now()
        if now < rules.closes_at:
            raise GateStillOpen(market_id, rules.closes_at, now)
        if now > rules.final_by:
            raise RoundExpired(market_id, rules.final_by, now)
        solution, solve_s, verify_s = self.solve(posted)
        begin = time.perf_counter()
        try:
            proposal_id, sent = self._submit(posted, posted.pairs(solution))
        except ContractError as error:
            if error.name != "Clearing_AlreadyFinal":
                raise
            return Cleared(rounds.final_of(self.chain, market_id), posted)  # another agent was faster
        submit_s = time.perf_counter() - begin
        return Cleared(proposal_id, posted, solution, tuple(sent), solve_s, verify_s, submit_s)

    def settle(self, market_id: bytes) -> Settled:
        """End everything of a round that can end now: pay what has its reading, refund what is due, release.

        Raises
        ------
        NotOnChain
            If there is no such market.
        """
        posted = rounds.read_round(self.chain, market_id)
        slot_start = posted.market.rules.slot_start
        unsettled = self._unsettled(market_id)
        readings = meters.readings_of(self.chain, slot_start) if unsettled else {}
        deliveries = [
            (trade.proof, *readings[key])
            for trade in unsettled
            if (key := (trade.trade.device, slot_start)) in readings
        ]
        sent = send_in_pieces(
            self.sender, deliveries, MAX_BATCH, lambda piece: settlement.settle(self.chain, market_id, piece)
        )
        return Settled(paid=len(deliveries), transactions=tuple(sent)).then(self.refund(market_id))

    def refund(self, market_id: bytes) -> Settled:
        """Refund the trades whose refund time has come, and release the orders that did not trade.

        Raises
        ------
        NotOnChain
            If there is no such market.
        """
        posted = rounds.read_round(self.chain, market_id)
        rules, now = posted.market.rules, self.chain.now()
        unsettled = self._unsettled(market_id)
        due = unsettled if now >= rules.refund_from else []
        sent = send_in_pieces(
            self.sender, due, MAX_BATCH, lambda piece: settlement.refund(self.chain, market_id, piece)
        )
        idle = self._idle(posted, now)
        sent += send_in_pieces(self.sender, idle, MAX_BATCH, lambda piece: orders.release(self.chain, market_id, piece))
        return Settled(
            refunded=len(due), released=len(idle), waiting=len(unsettled) - len(due), transactions=tuple(sent)
        )

    def _unsettled(self, market_id: bytes) -> list[FinalTrade]:
        """Trades of the final round that have not ended."""
        final = settlement.final_trades(self.chain, market_id)
        return [trade for trade in final if not settlement.is_settled(self.chain, market_id, trade)]

    def _idle(self, posted: PostedRound, now: int) -> list[Placed]:
        """Open orders that can be released: the round is final without them, or its time is over."""
        final = settlement.final_trades(self.chain, posted.market.id)
        is_final = rounds.final_of(self.chain, posted.market.id) != 0
        if not is_final and now <= posted.market.rules.final_by:
            return []
        traded = {id_ for trade in final for id_ in (trade.trade.buy_id, trade.trade.sell_id)}
        return [posted.placed(id_) for id_, _ in posted.open_orders() if id_ not in traded]

    def _submit(self, posted: PostedRound, pairs: Sequence[Pair]) -> tuple[int, list[Mined]]:
        """Make a solution final: in one transaction if it fits and no proposal was begun, else piece by piece."""
        chain, market_id = self.chain, posted.market.id
        begun = self._begun(market_id, pairs)
        if begun is None and len(pairs) <= MAX_BATCH:
            whole = rounds.clear(chain, market_id, posted.batches, pairs)
            if fits(self.sender, whole):
                self.report(f"proposing and proving {len(pairs)} trades at once")
                mined = self.sender.send(whole)
                return self._proposed_in(mined), [mined]
        proposal_id, proposed = self._propose(posted, pairs, begun)
        return proposal_id, proposed + self._prove(posted, proposal_id)

    def _propose(
        self, posted: PostedRound, pairs: Sequence[Pair], begun: tuple[int, int] | None
    ) -> tuple[int, list[Mined]]:
        """Begin a proposal, or continue the one that was begun, until it holds all pairs."""
        chain, market_id, claims = self.chain, posted.market.id, posted.claims(pairs)
        if begun is None:
            most = min(MAX_BATCH, len(claims))
            size, call = largest_fitting(self.sender, most, lambda n: rounds.propose(chain, market_id, claims[:n]))
            self.report(f"proposing {len(claims)} trades")
            mined = self.sender.send(call)
            proposal_id, done, sent = self._proposed_in(mined), size, [mined]
        else:
            proposal_id, done = begun
            sent = []
            self.report(f"continuing proposal {proposal_id} after {done} trades")
        sent += send_in_pieces(
            self.sender, claims[done:], MAX_BATCH, lambda piece: rounds.extend(chain, proposal_id, piece)
        )
        return proposal_id, sent

    def _proposed_in(self, mined: Mined) -> int:
        """The id of the proposal that a mined transaction began."""
        return int(self.chain.event(mined, "Proposed").arguments["proposal"])

    def _begun(self, market_id: bytes, expected: Sequence[Pair]) -> tuple[int, int] | None:
        """The agent's own proposal that holds the first of the expected trades and no others, and how many."""
        for proposal_id, agent in reversed(rounds.proposals_of(self.chain, market_id)):
            if agent != self.sender.address:
                continue
            trades = [trade for chunk in rounds.chunks_of(self.chain, proposal_id) for trade in chunk]
            held = [(trade.buy_id, trade.sell_id, trade.buyer_dual_ppm) for trade in trades]
            is_begun = rounds.proposal(self.chain, proposal_id).proven_rows > 0
            if held == (list(expected) if is_begun else list(expected[: len(held)])):
                return proposal_id, len(held)
        return None

    def _prove(self, posted: PostedRound, proposal_id: int) -> list[Mined]:
        """Prove the rows that are missing, in as many pieces as gas needs."""
        chunks = rounds.chunks_of(self.chain, proposal_id)
        state = rounds.proposal(self.chain, proposal_id)
        size, sent = posted.order_count, []
        while state.status is not ProposalStatus.FINAL:
            left = posted.order_count - state.proven_rows
            size, call = largest_fitting(
                self.sender,
                max(1, min(size, left)),
                lambda rows: rounds.prove(self.chain, proposal_id, posted.batches, chunks, rows),
            )
            self.report(f"proving rows {state.proven_rows} to {state.proven_rows + size} of {posted.order_count}")
            sent.append(self.sender.send(call))
            state = rounds.proposal(self.chain, proposal_id)
        return sent
