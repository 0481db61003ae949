"""The watcher: refutes false proposals within their challenge window, so that nobody has to trust an agent.

It keeps nothing but what it found right since it started: a sealed proposal never changes, nor do the orders of a
closed market. It can be stopped and restarted at any time, and any number of watchers can run at once.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

from powerpact.agent.errors import ProposalFalse
from powerpact.chain.client import Chain
from powerpact.chain.contracts import rounds
from powerpact.chain.contracts.rounds import PostedRound, ProposalStatus, trade_trees
from powerpact.chain.errors import ChainUnreachable, ContractError, NodeRefused, NotOnChain
from powerpact.chain.transactions import Mined, Sender
from powerpact.market.errors import BadRules
from powerpact.market.orders import id_text, parse_id
from powerpact.market.trades import Trade
from powerpact.progress import Progress, silent


@dataclass(frozen=True, slots=True)
class Challenge:
    """A proposal that was refuted.

    Attributes
    ----------
    market : bytes
        Its market.
    proposal : int
        The proposal.
    buy_id, sell_id : int
        The pair whose score is above the sum of its dual prices.
    mined : Mined
        The transaction.
    """

    market: bytes
    proposal: int
    buy_id: int
    sell_id: int
    mined: Mined


class Watcher:
    """Follows sealed proposals of one chain and challenges the false ones.

    A pair is looked for by the independent verifier. Before anything is sent the contract itself is asked, so a
    challenge that would fail is never sent.

    Parameters
    ----------
    chain : Chain
        The deployment.
    sender : Sender
        Whose wallet gets the rewards.
    report : callable
        Told what happens.
    """

    def __init__(self, chain: Chain, sender: Sender, report: Progress = silent) -> None:
        self.chain = chain
        self.sender = sender
        self.report = report
        self._found_right: set[int] = set()

    def run(self, *, poll_s: float = 2.0) -> None:
        """Look for ever, through dropped connections."""
        while True:
            try:
                self.look()
            except (ChainUnreachable, NodeRefused) as error:
                self.report(f"{error}; trying again")
            time.sleep(poll_s)

    def look(self) -> list[Challenge]:
        """Examine every active proposal, and challenge the false ones.

        Raises
        ------
        ChainUnreachable
            If the connection dropped.
        """
        challenges = []
        sealed = self.chain.events("Clearing", "ProposalSealed")
        for proposal_id, market_id in {e.arguments["proposal"]: e.arguments["market"] for e in sealed}.items():
            if proposal_id in self._found_right or rounds.active_of(self.chain, market_id) != proposal_id:
                continue
            try:
                challenge = self.examine(market_id, proposal_id)
            except BadRules as error:
                # Nobody can trade in it by this library, and it must not hide the other markets.
                self.report(f"market 0x{market_id.hex()[:8]} is left out: {error}")
                self._found_right.add(proposal_id)
                continue
            if challenge is not None:
                challenges.append(challenge)
        return challenges

    def examine(self, market_id: bytes, proposal_id: int) -> Challenge | None:
        """Challenge an active proposal if a pair refutes it; None if none does, or another watcher was faster."""
        posted = rounds.read_round(self.chain, market_id)
        chunks = rounds.chunks_of(self.chain, proposal_id)
        pair = refuting_pair(posted, chunks)
        if pair is None:
            self._found_right.add(proposal_id)
            self.report(f"proposal {proposal_id} of market 0x{market_id.hex()[:8]}: no pair refutes it")
            return None
        trees = trade_trees(chunks)
        buy, sell = (posted.exhibit(id_, chunks, trees) for id_ in pair)
        try:
            mined = self.sender.send(rounds.challenge(self.chain, proposal_id, buy, sell))
        except ContractError as error:
            if error.name != "Clearing_WrongStatus":
                raise
            self.report(f"proposal {proposal_id} does not stand any more")
            return None
        self.report(f"refuted proposal {proposal_id} by orders {id_text(pair[0])} and {id_text(pair[1])}")
        return Challenge(market_id, proposal_id, *pair, mined)


def refuting_pair(posted: PostedRound, chunks: Sequence[Sequence[Trade]]) -> tuple[int, int] | None:
    """A pair of orders that refutes the proposal with these chunks, u + v < w, or None."""
    from powerpact.mechanisms.satisfaction.verifier.cover import uncovered_pair

    trades = [trade for chunk in chunks for trade in chunk]
    pair = uncovered_pair(
        posted.round(),
        {id_text(trade.buy_id): trade.buyer_dual_ppm for trade in trades},
        {id_text(trade.sell_id): trade.seller_dual_ppm for trade in trades},
    )
    return None if pair is None else (parse_id(pair[0].id), parse_id(pair[1].id))


def require_right(chain: Chain, proposal_id: int) -> None:
    """Check a proposal as a watcher does, whether or not it is active.

    Raises
    ------
    NotOnChain
        If there is no such proposal.
    ProposalFalse
        If a pair refutes it, or it does not claim to be the best matching.
    """
    state = rounds.proposal(chain, proposal_id)
    if state.status is ProposalStatus.NONE:
        raise NotOnChain(f"proposal {proposal_id}", remedy="List them with `powerpact round status MARKET`.")
    if not state.is_exact:
        raise ProposalFalse(proposal_id, f"its objective is {state.objective}, its dual bound {state.bound}")
    pair = refuting_pair(rounds.read_round(chain, state.market), rounds.chunks_of(chain, proposal_id))
    if pair is not None:
        buy, sell = map(id_text, pair)
        raise ProposalFalse(proposal_id, f"orders {buy} and {sell} score more than their dual prices")
