"""Which proposals are active: asked of the contracts, so that no log that is missing can hide one.

A look asks for the number of proposals, and for each market that has some and is not over for its active proposal. What
is final is never asked about again.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

from powerpact.chain.client import Chain
from powerpact.chain.contracts import rounds
from powerpact.chain.contracts.markets import market
from powerpact.chain.contracts.rounds import ProposalStatus
from powerpact.chain.errors import NotOnChain
from powerpact.market.errors import BadRules


class Active(NamedTuple):
    """A proposal that is active: its market and number, its size, and what its trades are known by."""

    market: bytes
    proposal: int
    trade_count: int
    trades: bytes


class Watchlist:
    """The proposals that can still become final.

    Parameters
    ----------
    chain : Chain
        The deployment.
    chosen : collection of bytes, optional
        The markets that are looked at; by default all.
    """

    def __init__(self, chain: Chain, chosen: Collection[bytes] | None = None) -> None:
        self.chain = chain
        self.chosen = None if chosen is None else frozenset(chosen)
        self.forget()

    def forget(self) -> None:
        """Begin at the first proposal again: numbers that were seen may be others' now."""
        self._count = 0
        self._open: dict[bytes, None] = {}
        self._refuted: list[int] = []

    def active(self) -> list[Active]:
        """The active proposals now, the smallest first. Inside of `Chain.reading` on the state of one block."""
        count, latest = self._ask()
        if count < self._count:
            self.forget()
            count, latest = self._ask()
        if count > self._count:
            new = range(self._count + 1, count + 1)
            for number, state in zip(new, rounds.proposals(self.chain, new), strict=True):
                if self.chosen is None or state.market in self.chosen:
                    self._open[state.market] = None
                    if state.status is ProposalStatus.REFUTED:
                        self._refuted.append(number)
            self._count = count
            _, latest = self._ask()
        self._close(latest)
        numbers = [(id_, active) for id_, (active, _) in latest.items() if active]
        states = rounds.proposals(self.chain, [active for _, active in numbers])
        hashes = self.chain.read_all([("Clearing", "tradesHash", [active]) for _, active in numbers])
        found = [
            Active(id_, number, state.trade_count, trades)
            for (id_, number), state, trades in zip(numbers, states, hashes, strict=True)
        ]
        return sorted(found, key=lambda active: (active.trade_count, active.proposal))

    def take_refuted(self) -> list[int]:
        """The proposals that had fallen already when they were seen first, each once."""
        refuted, self._refuted = self._refuted, []
        return refuted

    def _ask(self) -> tuple[int, dict[bytes, tuple[int, int]]]:
        """The number of proposals, and of each open market the active and the final one."""
        ids = list(self._open)
        names = ("activeOf", "finalOf")
        count, *answers = self.chain.read_all(
            [("Clearing", "proposalCount", []), *(("Clearing", name, [id_]) for name in names for id_ in ids)]
        )
        return count, dict(zip(ids, zip(answers[: len(ids)], answers[len(ids) :], strict=True), strict=True))

    def _close(self, latest: dict[bytes, tuple[int, int]]) -> None:
        """Leave out what is over: the final rounds, and those that never will be."""
        for id_, (active, final) in latest.items():
            if final or (not active and self._is_past(id_)):
                del self._open[id_]

    def _is_past(self, market_id: bytes) -> bool:
        """Whether nothing can become final in a market any more; False if its rules are not known."""
        try:
            rules = market(self.chain, market_id, leniently=True).rules
        except (NotOnChain, BadRules):
            return False
        return self.chain.now() > rules.refund_from
