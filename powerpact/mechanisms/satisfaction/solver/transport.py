"""The best trades of divisible orders on a sparse graph, from the current dual prices."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from powerpact.mechanisms.satisfaction.solver import simplex
from powerpact.mechanisms.satisfaction.solver.arrays import Energies, Ints
from powerpact.mechanisms.satisfaction.solver.matching import Flags, Flows
from powerpact.mechanisms.satisfaction.solver.pairs import Edges
from powerpact.mechanisms.satisfaction.solver.simplex import NONE
from powerpact.progress import Progress

PIVOTS: Final = 1_024
"""Pivots before the caller hears of it again."""


class Transport:
    """Trades in whole units and dual prices, improved in place.

    Parameters
    ----------
    u, v : (n,) and (m,) int64
        Dual prices of buyers and sellers; any. The nearer to the optimum, the quicker the first step.
    buyer_capacity, seller_capacity : (n,) and (m,) uint64
        Units that each can trade.
    step : callable
        Called with the progress.
    """

    fall = 2
    """The fewer orders leave their floors at a time, the smaller are the trees that most pivots change."""

    def __init__(self, u: Ints, v: Ints, buyer_capacity: Energies, seller_capacity: Energies, step: Progress) -> None:
        self.u = u
        self.v = v
        self.edges = np.empty((3, 0), np.int32)
        self.tree = simplex.planted(self.edges, np.empty(0, np.int64), buyer_capacity, seller_capacity)
        self.capacities = buyer_capacity, seller_capacity
        self.step = step

    @property
    def open(self) -> tuple[Flags, Flags]:
        """Buyers and sellers with units left."""
        is_open = (self.tree.edge == NONE) & (self.tree.amount > 0)
        return is_open[: len(self.u)], is_open[len(self.u) : -1]

    @property
    def flows(self) -> Flows:
        """Buyer, seller and units of each pair that trades."""
        trades = (self.tree.edge != NONE) & (self.tree.amount > 0)
        rows, columns, _ = self.edges[:, self.tree.edge[trades]]
        return rows, columns, self.tree.amount[trades]

    def settle(self, edges: Edges, ladder: Sequence[int]) -> None:  # noqa: ARG002 - for other methods
        """Find the best trades, see `Matching.settle`; the simplex method needs no ladder.

        The first time it begins with greedy trades, the edges furthest above the dual prices first; later with the
        trades at hand.
        """
        n = len(self.u)
        if self.edges.shape[1] == 0:
            excess = edges[2] - self.u[edges[0]] - self.v[edges[1]]
            order = np.argsort(-excess, kind="stable")
            self.tree = simplex.planted(edges, order[edges[2, order] > 0], *self.capacities)
        self.edges = edges
        simplex.reprice(self.tree, edges, n)
        arc, block = 0, int(np.sqrt(edges.shape[1])) + 1
        while arc != NONE:
            self.step("network simplex")
            arc = simplex.improve(self.tree, edges, n, arc, block, PIVOTS)
        price = self.tree.price - self.tree.price[-1]
        self.u, self.v = price[:n], -price[n:-1]
