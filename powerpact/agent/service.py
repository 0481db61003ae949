"""The service that takes rounds from gate closure to settlement.

A round that fits into one transaction is proposed and proven at once. A larger one is proposed in pieces and sealed
with the market's bond, if the market has a challenge window; else it is proven in pieces.

It keeps no state: each step looks at the chain and does what is missing, so it can be stopped anywhere and started
again, also on another machine. The solver is deterministic, so a proposal that was begun is recognised and continued.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from powerpact.agent.aftermath import certify_unsold, decide_orders, due_by_meter, settled_at_once
from powerpact.agent.errors import EndorsementsMissing, GateStillOpen, RoundExpired, SolutionRefuted
from powerpact.agent.gate import wait_for_gate, wait_until
from powerpact.agent.pieces import fitting, largest_fitting, send_in_pieces
from powerpact.agent.sight import Sight, look
from powerpact.chain.client import Chain
from powerpact.chain.contracts import meters, orders, rounds, settlement
from powerpact.chain.contracts.posted import ClaimedTrade, PostedRound
from powerpact.chain.contracts.rounds import ProposalStatus
from powerpact.chain.contracts.settlement import FinalTrade
from powerpact.chain.errors import ContractError
from powerpact.chain.transactions import Call, Mined, Sender
from powerpact.market.orders import MAX_BATCH
from powerpact.market.trades import MAX_CHUNK
from powerpact.mechanisms.registry import Mechanism, Result
from powerpact.progress import Progress, silent


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
        refunded. A round that is refuted is cleared again.

        Raises
        ------
        EndorsementsMissing
            If the market asks for endorsements: they are collected and the proposal is sealed by hand.
        """
        wait_for_gate(self.chain, market_id, self.report, poll_s=poll_s)
        cleared = self.clear(market_id)
        while cleared.status is ProposalStatus.ACTIVE:
            wait_until(self.chain, cleared.final_from, "the challenge window is over", self.report, poll_s=poll_s)
            self.finalize(market_id)
            cleared = self.clear(market_id)
        if cleared.status is not ProposalStatus.FINAL:
            raise EndorsementsMissing(cleared.proposal, cleared.posted.market.rules.endorsements)
        rules = cleared.posted.market.rules
        wait_until(self.chain, rules.slot.end, "the slot ends", self.report, poll_s=poll_s)
        total = self.settle(market_id)
        while total.waiting:
            self.report(f"{total.waiting} trades wait for their readings")
            time.sleep(poll_s)
            total = total.then(self.settle(market_id))
        return total

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
        ContractError
            If the chain refuses.
        """
        with self.chain.reading():
            posted, now = rounds.read_round(self.chain, market_id), self.chain.now()
            final = rounds.final_of(self.chain, market_id)
            active = rounds.active_of(self.chain, market_id)
        if final:
            return Cleared(final, posted)
        rules = posted.market.rules
        if now < rules.closes_at:
            raise GateStillOpen(market_id, rules.closes_at, now)
        if now > rules.final_by and not active:
            raise RoundExpired(market_id, rules.final_by, now)
        solution, solve_s, verify_s = self.solve(posted)
        begin = time.perf_counter()
        sent: list[Mined] = []
        if active and (now > rules.final_by or self._is_as_good(active, solution)):
            self.report(f"proposal {active} is active")
            proposal_id = active
        else:
            try:
                proposal_id, sent = self._submit(posted, *posted.claimed(solution))
            except ContractError as error:
                if error.name not in ("Clearing_AlreadyFinal", "Clearing_NotBetter"):
                    raise
                return self.clear(market_id)  # another agent was faster
        submit_s = time.perf_counter() - begin
        status, final_from = self._status(proposal_id, sent)
        return Cleared(proposal_id, posted, status, final_from, solution, tuple(sent), solve_s, verify_s, submit_s)

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
        """
        with self.chain.reading():
            seen = look(self.chain, market_id)
            rules = seen.posted.market.rules
            measured = meters.measured_in(self.chain, rules.slot) if seen.unsettled else {}
        due = due_by_meter(seen.unsettled, rules, measured, seen.now)
        at_once = settled_at_once(self.chain, due, rules)
        chunks = {chunk for chunk, _ in at_once}
        sent = [
            self.sender.send(settlement.settle(self.chain, market_id, chunk, seen.chunks[chunk]))
            for chunk in sorted(chunks)
        ]
        deliveries = [
            (final.proof, measured[final.trade.device], measured.get(final.trade.meter, []))
            for final in due
            if final.position not in at_once
        ]
        sent += send_in_pieces(
            self.sender, deliveries, MAX_BATCH, lambda piece: settlement.settle_late(self.chain, market_id, piece)
        )
        paid = {final.position for final in due}
        left = [final for final in seen.unsettled if final.position not in paid]
        return Settled(paid=len(due), transactions=tuple(sent)).then(self._give_back(seen, left))

    def refund(self, market_id: bytes) -> Settled:
        """Refund the trades whose refund time has come, and release the orders that did not trade.

        Raises
        ------
        NotOnChain
            If there is no such market.
        """
        seen = look(self.chain, market_id)
        return self._give_back(seen, seen.unsettled)

    def _give_back(self, seen: Sight, unsettled: Sequence[FinalTrade]) -> Settled:
        """Refund what is due of these trades, and release what did not trade."""
        market = seen.posted.market
        due = unsettled if seen.now >= market.rules.refund_from else []
        sent = send_in_pieces(
            self.sender, due, MAX_BATCH, lambda piece: settlement.refund(self.chain, market.id, piece)
        )
        idle = seen.idle()
        sent += send_in_pieces(self.sender, idle, MAX_BATCH, lambda piece: orders.release(self.chain, market.id, piece))
        return Settled(
            refunded=len(due), released=len(idle), waiting=len(unsettled) - len(due), transactions=tuple(sent)
        )

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

    def _submit(self, posted: PostedRound, matches: Sequence[ClaimedTrade], prices: bytes) -> tuple[int, list[Mined]]:
        """Make a solution final in one transaction if it fits and no proposal was begun, else piece by piece."""
        chain, rules = self.chain, posted.market.rules
        begun = self._begun(posted.market.id, matches, prices)
        if begun is None and len(matches) <= MAX_CHUNK and not rules.endorsements:
            whole = fitting(self.sender, rounds.clear(chain, posted, matches, prices))
            if whole is not None:
                self.report(f"proposing and proving {len(matches)} trades at once")
                mined = self.sender.send(whole)
                return self._proposed_in(mined), [mined]
        proposal_id, proposed = self._propose(posted, matches, prices, begun)
        state = rounds.proposal(chain, proposal_id)
        if rules.endorsements or state.status is ProposalStatus.ACTIVE:
            return proposal_id, proposed
        if rules.challenge_window_s and not state.proven_rows:
            self.report(f"sealing proposal {proposal_id} with a bond of {rules.bond_upoints} micro-points")
            return proposal_id, [*proposed, self.sender.send(rounds.seal(chain, proposal_id))]
        return proposal_id, proposed + self._prove(posted, proposal_id, prices)

    def _propose(
        self, posted: PostedRound, matches: Sequence[ClaimedTrade], prices: bytes, begun: tuple[int, int] | None
    ) -> tuple[int, list[Mined]]:
        """Begin a proposal, or continue the one that was begun, until it holds all trades."""
        chain = self.chain
        if begun is None:
            most = min(MAX_CHUNK, len(matches))
            size, call = largest_fitting(
                self.sender, most, lambda n: rounds.propose(chain, posted, matches[:n], matches[n:], prices=prices)
            )
            if size == len(matches) > 0:
                by_batches = fitting(self.sender, rounds.propose_batches(chain, posted, matches, prices))
                if by_batches is not None and by_batches.estimated_gas < call.estimated_gas:
                    call = by_batches
            self.report(f"proposing {len(matches)} trades")
            mined = self.sender.send(call)
            proposal_id, done, sent = self._proposed_in(mined), size, [mined]
        else:
            proposal_id, done = begun
            sent = []
            self.report(f"continuing proposal {proposal_id} after {done} trades")
        left = list(enumerate(matches))[done:]

        def extend(piece: Sequence[tuple[int, ClaimedTrade]]) -> Call:
            first, after = piece[0][0], piece[-1][0] + 1
            parts = matches[first:after], matches[after:], matches[:first]
            return rounds.extend(chain, posted, proposal_id, *parts, prices=prices)

        return proposal_id, sent + send_in_pieces(self.sender, left, MAX_CHUNK, extend)

    def _proposed_in(self, mined: Mined) -> int:
        """The id of the proposal that a mined transaction began."""
        return int(self.chain.event(mined, "Proposed").arguments["proposal"])

    def _begun(self, market_id: bytes, expected: Sequence[ClaimedTrade], prices: bytes) -> tuple[int, int] | None:
        """The agent's own proposal at these prices that holds the first of the expected trades only, and how many."""
        for proposal_id, agent in reversed(rounds.proposals_of(self.chain, market_id)):
            if agent != self.sender.address:
                continue
            state = rounds.proposal(self.chain, proposal_id)
            if state.status is ProposalStatus.REFUTED:
                continue
            if state.has_prices and rounds.prices_of(self.chain, proposal_id) != prices:
                continue
            held = [ClaimedTrade.of(trade) for chunk in rounds.chunks_of(self.chain, proposal_id) for trade in chunk]
            is_closed = state.proven_rows > 0 or state.status is not ProposalStatus.DRAFT
            if held == (list(expected) if is_closed else list(expected[: len(held)])):
                return proposal_id, len(held)
        return None

    def _prove(self, posted: PostedRound, proposal_id: int, prices: bytes) -> list[Mined]:
        """Prove the rows that are missing, in as many pieces as gas needs."""
        chain = self.chain
        chunks = rounds.chunks_of(chain, proposal_id)
        state = rounds.proposal(chain, proposal_id)

        def prove(first: int, rows: int) -> Call:
            return rounds.prove(chain, proposal_id, posted.batches, chunks, first, rows, prices)

        size, sent = posted.order_count, []
        while state.status is not ProposalStatus.FINAL:
            proven = state.proven_rows
            left = posted.order_count - proven
            size, call = largest_fitting(
                self.sender,
                max(1, min(size, left)),
                partial(prove, proven),
            )
            self.report(f"proving rows {proven} to {proven + size} of {posted.order_count}")
            sent.append(self.sender.send(call))
            state = rounds.proposal(chain, proposal_id)
        return sent
