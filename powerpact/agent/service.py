"""The service that carries rounds from gate closure to settlement.

It keeps nothing: each step looks at the chain and does what is missing, so it can be stopped anywhere and started
anew, also on another machine. The solver is deterministic, so a proposal that was begun is recognised and continued.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from powerpact.agent.errors import GateStillOpen, RoundExpired, SolutionRefuted
from powerpact.agent.pieces import largest_fitting, send_in_pieces
from powerpact.chain import meters, orders, rounds, settlement
from powerpact.chain.client import Chain
from powerpact.chain.errors import ContractError
from powerpact.chain.packing import MAX_BATCH
from powerpact.chain.rounds import Claim, PostedRound, ProposalStatus
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

    paid: int
    refunded: int
    released: int
    waiting: int
    transactions: tuple[Mined, ...]


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

    def wait_for_gate(self, market_id: bytes, *, poll_s: float = 2.0) -> None:
        """Wait until the market's gate has closed on the chain."""
        closes_at = rounds.market(self.chain, market_id).rules.closes_at
        while (now := self.chain.now()) < closes_at:
            self.report(f"the gate closes in {closes_at - now} s")
            time.sleep(min(poll_s, closes_at - now))

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
            proposal_id, proposed = self._propose(posted, posted.claims(solution))
            proven = self._prove(posted, proposal_id)
        except ContractError as error:
            if error.name != "Clearing_AlreadyFinal":
                raise
            return Cleared(rounds.final_of(self.chain, market_id), posted)  # another agent was faster
        submit_s = time.perf_counter() - begin
        return Cleared(proposal_id, posted, solution, (*proposed, *proven), solve_s, verify_s, submit_s)

    def settle(self, market_id: bytes) -> Settled:
        """End everything of a round that can end now: pay, refund, release.

        Raises
        ------
        NotOnChain
            If there is no such market.
        """
        posted = rounds.read_round(self.chain, market_id)
        rules, now = posted.market.rules, self.chain.now()
        final = settlement.final_trades(self.chain, market_id)
        unsettled = [trade for trade in final if not settlement.is_settled(self.chain, market_id, trade)]
        readings = meters.readings_of(self.chain, rules.slot_start) if unsettled else {}
        deliveries, missing = [], []
        for trade in unsettled:
            reading = readings.get((trade.trade.device, rules.slot_start))
            if reading is None:
                missing.append(trade)
            else:
                deliveries.append((trade.proof, *reading))
        sent = send_in_pieces(
            self.sender, deliveries, MAX_BATCH, lambda piece: settlement.settle(self.chain, market_id, piece)
        )
        due = missing if now >= rules.refund_from else []
        sent += send_in_pieces(
            self.sender, due, MAX_BATCH, lambda piece: settlement.refund(self.chain, market_id, piece)
        )
        released, released_by = self._release(posted, {id_ for trade in final for id_ in trade.trade[:2]}, now)
        return Settled(
            paid=len(deliveries),
            refunded=len(due),
            released=released,
            waiting=len(missing) - len(due),
            transactions=(*sent, *released_by),
        )

    def _propose(self, posted: PostedRound, claims: Sequence[Claim]) -> tuple[int, list[Mined]]:
        """Begin a proposal, or continue the one that this agent began, until it holds all claims."""
        chain, market_id = self.chain, posted.market.id
        expected = [(buy[0], sell[0], dual) for buy, sell, dual in claims]
        begun = self._begun(market_id, expected)
        if begun is None:
            most = min(MAX_BATCH, len(claims))
            size, call = largest_fitting(self.sender, most, lambda n: rounds.propose(chain, market_id, claims[:n]))
            self.report(f"proposing {len(claims)} trades")
            mined = self.sender.send(call)
            proposal_id, done, sent = int(chain.event(mined, "Proposed").arguments["proposal"]), size, [mined]
        else:
            proposal_id, done = begun
            sent = []
            self.report(f"continuing proposal {proposal_id} after {done} trades")
        sent += send_in_pieces(
            self.sender, claims[done:], MAX_BATCH, lambda piece: rounds.extend(chain, proposal_id, piece)
        )
        return proposal_id, sent

    def _begun(self, market_id: bytes, expected: Sequence[tuple[int, int, int]]) -> tuple[int, int] | None:
        """This agent's proposal that holds the first of the expected trades and no others, and how many."""
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

    def _release(self, posted: PostedRound, traded: set[int], now: int) -> tuple[int, list[Mined]]:
        """Release what did not trade, if the round is final or its time is over."""
        market_id = posted.market.id
        if rounds.final_of(self.chain, market_id) == 0 and now <= posted.market.rules.final_by:
            return 0, []
        idle = [posted.placed(id_) for id_, _ in posted.open_orders() if id_ not in traded]
        sent = send_in_pieces(self.sender, idle, MAX_BATCH, lambda piece: orders.release(self.chain, market_id, piece))
        return len(idle), sent
