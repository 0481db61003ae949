"""The best one-to-one matching of a sparse graph, from the current dual prices."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from powerpact.mechanisms.satisfaction.solver import bidding, paths
from powerpact.mechanisms.satisfaction.solver.arrays import Codes, Ints
from powerpact.mechanisms.satisfaction.solver.bidding import FREE
from powerpact.mechanisms.satisfaction.solver.graph import Side, side
from powerpact.mechanisms.satisfaction.solver.matching import Flags, Flows, ids
from powerpact.mechanisms.satisfaction.solver.pairs import Edges
from powerpact.progress import Progress

BUDGET: Final = 20_000_000
"""Edges looked at between two reports of progress: about a tenth of a second."""

SOURCES: Final = 4_096
"""Sources of augmenting paths before the caller hears of it again."""


class Assignment:
    """Mates and dual prices, improved in place.

    Parameters
    ----------
    u : (n,) int64
        Dual prices of the buyers; any, since the first step makes them cover the edges.
    v : (m,) int64
        Dual prices of the sellers, not negative. The nearer to the optimum, the quicker the work.
    step : callable
        Called with the progress.
    """

    fall = 4

    def __init__(self, u: Ints, v: Ints, step: Progress) -> None:
        self.u = u
        self.v = v
        self.seller = np.full(len(u), FREE, np.int32)
        self.buyer = np.full(len(v), FREE, np.int32)
        self.step = step

    @property
    def open(self) -> tuple[Flags, Flags]:
        """Buyers and sellers without a mate."""
        return self.seller == FREE, self.buyer == FREE

    @property
    def flows(self) -> Flows:
        """Buyer, seller and 1 for each pair of mates."""
        rows = ids(self.seller != FREE)
        return rows, self.seller[rows], np.ones(len(rows), np.uint64)

    def settle(self, edges: Edges, ladder: Sequence[int]) -> None:
        """Find the best mates, see `Matching.settle`; `ladder` is for the bidding."""
        by_buyer, by_seller = side(edges, 0, len(self.u)), side(edges, 1, len(self.v))
        forward = (by_buyer, self.u, self.v, self.seller, self.buyer)
        backward = (by_seller, self.v, self.u, self.buyer, self.seller)
        for epsilon in ladder:
            self._bid_all(forward, bidding.tighten(*forward, epsilon), epsilon)
            self._bid_all(backward, self._unwanted(), epsilon)
        self._augment(forward, bidding.tighten(*forward, 0))
        self._augment(backward, self._unwanted())

    def _bid_all(self, direction: tuple[Side, Ints, Ints, Codes, Codes], queue: Codes, epsilon: int) -> None:
        while queue.size:
            self.step(f"bidding, {queue.size} waiting")
            queue = bidding.bid(*direction, queue, epsilon, BUDGET)

    def _augment(self, direction: tuple[Side, Ints, Ints, Codes, Codes], sources: Codes) -> None:
        for at in range(0, sources.size, SOURCES):
            self.step(f"paths, {sources.size - at} to find")
            paths.augment(*direction, sources[at : at + SOURCES])

    def _unwanted(self) -> Codes:
        """Sellers without a buyer whose price is above 0."""
        return ids((self.buyer == FREE) & (self.v > 0))
