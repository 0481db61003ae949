"""The best trades of divisible orders on a sparse graph, from the dual prices at hand."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, TypeAlias

import numpy as np

from powerpact.solver import flowauction, flowlevels, flowpaths
from powerpact.solver.arrays import Codes, Energies, Ints
from powerpact.solver.graph import Side, side
from powerpact.solver.matching import Flags, Flows, Step
from powerpact.solver.pairs import Edges

BUDGET: Final = 20_000_000
"""Edges that an auction looks at before the caller hears of it again: about a tenth of a second."""

SOURCES: Final = 1_024
"""Sources of augmenting paths before the caller hears of it again."""


LEAST_EPSILON_PPM: Final = 8
"""Below it, paths are quicker than an auction, but for massive ties."""

TURNS: Final = 20
"""Most budgets that one auction may use."""

Direction: TypeAlias = tuple[Side, Side, Ints, Ints, Energies, Energies, Energies]
"""Edges, prices and units left of one side and the other, and flows."""


class Transport:
    """Flows of whole units and dual prices, improved in place.

    Parameters
    ----------
    u, v : (n,) and (m,) int64
        Dual prices of buyers and sellers, not negative; any u. The nearer to the optimum, the quicker the work.
    buyer_capacity, seller_capacity : (n,) and (m,) uint64
        Units that each can trade.
    step : callable
        Is told of the progress.
    """

    def __init__(self, u: Ints, v: Ints, buyer_capacity: Energies, seller_capacity: Energies, step: Step) -> None:
        self.u = u
        self.v = v
        self.buyer_left = buyer_capacity.copy()
        self.seller_left = seller_capacity.copy()
        self.edges = np.empty((3, 0), np.int32)
        self.flow = np.empty(0, np.uint64)
        self.step = step

    @property
    def open(self) -> tuple[Flags, Flags]:
        """Buyers and sellers with units left."""
        return self.buyer_left > 0, self.seller_left > 0

    @property
    def flows(self) -> Flows:
        """Buyer, seller and units of each pair that trades."""
        used = np.flatnonzero(self.flow)
        rows, columns = self.edges[:2, used].tolist()
        return list(zip(rows, columns, self.flow[used].tolist(), strict=True))

    def settle(self, edges: Edges, ladder: Sequence[int]) -> None:
        """Find the best flows, see `Matching.settle`; `ladder` is for the auction."""
        added = np.zeros(edges.shape[1] - len(self.flow), np.uint64)
        self.edges, self.flow = edges, np.concatenate((self.flow, added))
        by_buyer, by_seller = side(edges, 0, len(self.u)), side(edges, 1, len(self.v))
        forward = (by_buyer, by_seller, self.u, self.v, self.buyer_left, self.seller_left, self.flow)
        backward = (by_seller, by_buyer, self.v, self.u, self.seller_left, self.buyer_left, self.flow)
        for epsilon in (value for value in ladder if value >= LEAST_EPSILON_PPM):
            self._auction(forward, flowpaths.tighten(by_buyer, *forward[2:], epsilon), epsilon)
            self._auction(backward, _ids((self.seller_left > 0) & (self.v > 0)), epsilon)
        self._augment(forward, flowpaths.tighten(by_buyer, *forward[2:], 0))
        self._augment(backward, _ids((self.seller_left > 0) & (self.v > 0)))

    def _auction(self, direction: Direction, queue: Codes, epsilon: int) -> None:
        for _ in range(TURNS):
            if queue.size == 0:
                break
            self.step(f"auction, {queue.size} waiting")
            queue = flowauction.bid(*direction, queue, epsilon, BUDGET)

    def _augment(self, direction: Direction, sources: Codes) -> None:
        self.step(f"levels, {sources.size} to place")
        flowlevels.flood(*direction, sources)
        for at in range(0, sources.size, SOURCES):
            self.step(f"paths, {sources.size - at} to find")
            flowpaths.augment(*direction, sources[at : at + SOURCES])


def _ids(flags: Flags) -> Codes:
    """Positions of what is true."""
    return np.flatnonzero(flags).astype(np.int32)
