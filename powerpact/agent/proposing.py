"""Submit a solution: at once if it fits into one transaction, else in pieces that are proven or sealed.

It keeps no state: a proposal that was begun is recognised by its trades, and continued.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from powerpact.agent.pieces import fitting, largest_fitting, send_in_pieces
from powerpact.chain.client import Chain
from powerpact.chain.contracts import complete, rounds
from powerpact.chain.contracts.posted import ClaimedTrade, PostedRound
from powerpact.chain.contracts.rounds import Proposal, ProposalStatus
from powerpact.chain.errors import GasLimitExceeded
from powerpact.chain.node_errors import RevertedEmpty
from powerpact.chain.transactions import Call, Mined, Sender
from powerpact.market.trades import MAX_CHUNK
from powerpact.progress import Progress


class Proposer:
    """Brings solutions of one round onto the chain.

    Parameters
    ----------
    chain : Chain
        The deployment.
    sender : Sender
        The agent's account.
    report : callable
        Called with each message.
    posted : PostedRound
        The orders of the round.
    """

    def __init__(self, chain: Chain, sender: Sender, report: Progress, posted: PostedRound) -> None:
        self.chain = chain
        self.sender = sender
        self.report = report
        self.posted = posted

    def submit(self, matches: Sequence[ClaimedTrade], prices: bytes) -> tuple[int, list[Mined]]:
        """Make a solution final in one transaction if it fits and no proposal was begun, else piece by piece.

        What is too large to be proven is sealed, if the market has a challenge window.

        Returns
        -------
        tuple
            Number of the proposal, and what was sent.
        """
        chain, rules = self.chain, self.posted.market.rules
        begun = self._begun(matches, prices)
        if begun is None and len(matches) <= MAX_CHUNK and not rules.endorsements:
            whole = fitting(self.sender, rounds.clear(chain, self.posted, matches, prices))
            if whole is not None:
                self.report(f"proposing and proving {len(matches)} trades at once")
                mined = self.sender.send(whole)
                return self._proposed_in(mined), [mined]
        proposal_id, proposed = self._propose(matches, prices, begun)
        state = rounds.proposal(chain, proposal_id)
        if rules.endorsements or state.status is ProposalStatus.ACTIVE:
            return proposal_id, proposed
        if rules.challenge_window_s and not state.proven_rows:
            return proposal_id, [*proposed, self._seal(proposal_id)]
        try:
            return proposal_id, proposed + self._prove(proposal_id, prices)
        except (GasLimitExceeded, RevertedEmpty):
            if not rules.challenge_window_s:
                raise
            self.report(f"not even one row of proposal {proposal_id} can be proven in one transaction")
            return proposal_id, [*proposed, self._seal(proposal_id)]

    def _seal(self, proposal_id: int) -> Mined:
        bond_upoints = self.posted.market.rules.bond_upoints
        self.report(f"sealing proposal {proposal_id} with a bond of {bond_upoints} micro-points")
        return self.sender.send(rounds.seal(self.chain, proposal_id))

    def _propose(
        self, matches: Sequence[ClaimedTrade], prices: bytes, begun: tuple[int, int] | None
    ) -> tuple[int, list[Mined]]:
        """Begin a proposal, or continue the one that was begun, until it holds all trades."""
        chain, posted = self.chain, self.posted
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

    def _begun(self, expected: Sequence[ClaimedTrade], prices: bytes) -> tuple[int, int] | None:
        """The agent's own proposal at these prices that holds the first of the expected trades only, and how many.

        Raises
        ------
        LogsIncomplete
            If the node's logs lack some of its trades.
        """
        for proposal_id, agent in reversed(rounds.proposals_of(self.chain, self.posted.market.id)):
            if agent != self.sender.address:
                continue
            state = rounds.proposal(self.chain, proposal_id)
            if state.status is ProposalStatus.REFUTED:
                continue
            proposal = complete.whole(self.chain, partial(self._announced, proposal_id))
            state = proposal.state
            if proposal.prices != (prices if state.has_prices else b""):
                continue
            held = [ClaimedTrade.of(trade) for chunk in proposal.chunks for trade in chunk]
            is_closed = state.proven_rows > 0 or state.status is not ProposalStatus.DRAFT
            if held == (list(expected) if is_closed else list(expected[: len(held)])):
                return proposal_id, len(held)
        return None

    def _announced(self, proposal_id: int) -> complete.Announced:
        """A proposal with all its trades. Inside of `complete.whole`."""
        proposal = complete.announced(self.chain, proposal_id, rounds.proposal(self.chain, proposal_id))
        complete.require(self.chain, complete.trades_of(proposal, self.posted.market.block))
        return proposal

    def _prove(self, proposal_id: int, prices: bytes) -> list[Mined]:
        """Prove the rows that are missing, in as many pieces as gas needs."""
        chain, posted = self.chain, self.posted
        proposal = complete.whole(chain, partial(self._announced, proposal_id))
        state: Proposal = proposal.state

        def prove(first: int, rows: int) -> Call:
            return rounds.prove(chain, proposal_id, posted.batches, proposal.chunks, first, rows, prices)

        size, sent = posted.order_count, []
        while state.status is not ProposalStatus.FINAL:
            proven = state.proven_rows
            left = posted.order_count - proven
            size, call = largest_fitting(self.sender, max(1, min(size, left)), partial(prove, proven))
            self.report(f"proving rows {proven} to {proven + size} of {posted.order_count}")
            sent.append(self.sender.send(call))
            state = rounds.proposal(chain, proposal_id)
        return sent
