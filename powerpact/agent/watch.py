"""The watcher: refutes false proposals within their challenge window, so that nobody has to trust an agent.

It remembers only what it found right since it started: a sealed proposal never changes, nor do the orders of a
closed market. It can be stopped and restarted at any time, and any number of watchers can run at once.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

from powerpact.agent.errors import ProposalFalse
from powerpact.chain.client import Chain
from powerpact.chain.contracts import rounds
from powerpact.chain.contracts.posted import PostedRound
from powerpact.chain.contracts.rounds import ProposalStatus, trade_trees
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
    orders : tuple of int
        The orders that refuted it, by id: a pair whose score is above the sum of its dual prices, or one order that an
        auction fills otherwise than its price says.
    mined : Mined
        The transaction.
    """

    market: bytes
    proposal: int
    orders: tuple[int, ...]
    mined: Mined


class Watcher:
    """Follows sealed proposals of one chain and challenges the false ones.

    The independent verifier looks for the orders. Before anything is sent the contract itself is asked, so a
    challenge that would fail is never sent.

    Parameters
    ----------
    chain : Chain
        The deployment.
    sender : Sender
        Whose wallet gets the rewards.
    report : callable
        Called with each message.
    """

    def __init__(self, chain: Chain, sender: Sender, report: Progress = silent) -> None:
        self.chain = chain
        self.sender = sender
        self.report = report
        self._found_right: set[int] = set()
        self._undone = 0

    def run(self, *, poll_s: float = 2.0) -> None:
        """Watch until interrupted, through dropped connections."""
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
        with self.chain.reading():
            sealed = self.chain.events("Clearing", "ProposalSealed")
            over = self.chain.events("Clearing", "ProposalOutranked", "ProposalRefuted", "RoundFinalized")
        if self.chain.log.undone() != self._undone:  # a number may be another proposal's now
            self._undone = self.chain.log.undone()
            self._found_right.clear()
        done = self._found_right | {event.arguments["proposal"] for event in over}
        for proposal_id, market_id in {e.arguments["proposal"]: e.arguments["market"] for e in sealed}.items():
            if proposal_id in done or rounds.active_of(self.chain, market_id) != proposal_id:
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
        """Challenge an active proposal if orders refute it; None if none does, or another watcher was faster."""
        with self.chain.reading():
            posted = rounds.read_round(self.chain, market_id)
            chunks, prices = rounds.chunks_of(self.chain, proposal_id), rounds.prices_of(self.chain, proposal_id)
        found = refuting_orders(posted, chunks, prices)
        if found is None:
            self._found_right.add(proposal_id)
            self.report(f"proposal {proposal_id} of market 0x{market_id.hex()[:8]}: no order refutes it")
            return None
        trees = trade_trees(chunks)
        shown = [posted.exhibit(id_, chunks, trees) for id_ in found]
        try:
            mined = self.sender.send(rounds.challenge(self.chain, proposal_id, *shown, prices=prices))
        except ContractError as error:
            if error.name != "Clearing_WrongStatus":
                raise
            self.report(f"proposal {proposal_id} is no longer active")
            return None
        self.report(f"refuted proposal {proposal_id} by {_named(found)}")
        return Challenge(market_id, proposal_id, found, mined)


def refuting_orders(posted: PostedRound, chunks: Sequence[Sequence[Trade]], prices: bytes) -> tuple[int, ...] | None:
    """The orders that refute the proposal with these chunks and public prices, None if none do.

    A matching is refuted by a pair with u + v < w, the buy order first, an auction by one order.
    """
    shown = posted.mechanism.refuting(posted.round(), rounds.stated(0, chunks, prices))
    return None if shown is None else tuple(parse_id(id_) for _, id_ in shown)


def _named(ids: Sequence[int]) -> str:
    return f"order{'s' if len(ids) > 1 else ''} {' and '.join(map(id_text, ids))}"


def require_right(chain: Chain, proposal_id: int) -> None:
    """Check a proposal as a watcher does, whether or not it is active.

    Raises
    ------
    NotOnChain
        If there is no such proposal.
    ProposalFalse
        If orders refute it, or it does not claim to be the best result.
    """
    state = rounds.proposal(chain, proposal_id)
    if state.status is ProposalStatus.NONE:
        raise NotOnChain(f"proposal {proposal_id}", remedy="List them with `powerpact round status MARKET`.")
    if not state.is_exact:
        raise ProposalFalse(proposal_id, f"its objective is {state.objective}, its dual bound {state.bound}")
    claims = rounds.chunks_of(chain, proposal_id), rounds.prices_of(chain, proposal_id)
    found = refuting_orders(rounds.read_round(chain, state.market), *claims)
    if found is not None:
        raise ProposalFalse(proposal_id, f"{_named(found)} refute{'' if len(found) > 1 else 's'} it")
