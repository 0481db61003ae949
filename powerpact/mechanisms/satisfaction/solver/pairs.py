"""All pairs of some buyers and sellers, and the passes over them, run in blocks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from powerpact.blocks import BlockExecutor, cut
from powerpact.mechanisms.satisfaction.solver import passes
from powerpact.mechanisms.satisfaction.solver.arrays import Buyers, Floats, Ints, Sellers, least_of_chunks
from powerpact.mechanisms.satisfaction.solver.passes import Rooms

Edges: TypeAlias = NDArray[np.int32]
"""(3, edges): row, column and score of some pairs."""

ROWS: Final = 256
"""Buyers in a block."""

CHUNKS: Final = 4
"""Chunks of sellers in a block."""

NOTHING: Final = -4.0e6
"""Below every reduced score that a pair can have."""


class Ceiling(NamedTuple):
    """What scores of pairs do not exceed: ``w ≤ v + row`` and ``w ≤ u + column``.

    Attributes
    ----------
    u, row : (n,) float64
        Prices and bounds of buyers.
    v, column : (m,) float64
        Prices and bounds of sellers.
    """

    u: Floats
    v: Floats
    row: Floats
    column: Floats


class Pairs:
    """All pairs of some buyers and sellers, of which no matrix is ever made.

    Parameters
    ----------
    buyers, sellers : Buyers and Sellers
        The orders.
    divisible : bool
        Whether orders can be divided over several trades.
    executor : BlockExecutor
        Runs the passes.
    """

    def __init__(self, buyers: Buyers, sellers: Sellers, divisible: bool, executor: BlockExecutor) -> None:
        self.buyers = buyers
        self.sellers = sellers
        self.divisible = divisible
        self.executor = executor

    def of(self, buyers: Buyers, sellers: Sellers) -> Pairs:
        """All pairs of other orders of the same round."""
        return Pairs(buyers, sellers, self.divisible, self.executor)

    @property
    def shape(self) -> tuple[int, int]:
        """Numbers of buyers and sellers."""
        return self.buyers.size, self.sellers.size

    def every(self) -> Edges:
        """All eligible pairs with their scores."""
        n, m = self.shape
        return self.above(np.zeros(n, np.int64), np.zeros(m, np.int64), np.full(n, NOTHING), np.full(m, NOTHING), m)

    def above(self, u: Ints, v: Ints, least_row: Floats, least_column: Floats, most: int) -> Edges:
        """Pairs above a threshold of the buyer or of the seller, see `passes.above_thresholds`."""
        prices = u.astype(np.float64), v.astype(np.float64)

        def work(first: int, last: int) -> Edges:
            return passes.above_thresholds(
                first, last, self.buyers, self.sellers, *prices, least_row, least_column, most
            )

        return self._over_rows(work)

    def uncovered(self, u: Ints, v: Ints, ceiling: Ceiling, most: int) -> Edges:
        """Pairs with ``w > u + v`` of those under a ceiling, at most `most` of each buyer, see `passes.uncovered`.

        Sellers of one class are sorted by how far they are below the ceiling's prices, so that few chunks have to be
        looked at.
        """
        room = v - ceiling.v
        order = np.lexsort((room, *self.sellers.classes.T[::-1]))
        sellers = self.sellers.take(order)
        prices = u.astype(np.float64), v[order].astype(np.float64)
        rooms = Rooms(
            row=u - ceiling.row,
            row_other=u - ceiling.u,
            chunk=least_of_chunks(room[order], sellers.begin),
            chunk_other=least_of_chunks((v - ceiling.column)[order], sellers.begin),
        )

        def work(first: int, last: int) -> Edges:
            return passes.uncovered(first, last, self.buyers, sellers, *prices, rooms, most)

        edges = self._over_rows(work)
        edges[1] = order[edges[1]]
        return edges

    def top_columns(self, u: Ints, tops: int) -> Floats:
        """Best ``w − u`` of each seller, and the best with jitter, (tops, sellers)."""
        top = np.full((tops, self.sellers.size), NOTHING)
        prices = u.astype(np.float64)

        def work(first: int, last: int) -> None:
            passes.top_columns(first, last, self.buyers, self.sellers, prices, top)

        self.executor.run(work, cut(self.sellers.chunks, CHUNKS))
        return top

    def top_rows(self, v: Ints, tops: int) -> Floats:
        """Best ``w − v`` of each buyer, and the best with jitter, (buyers, tops)."""
        top = np.full((self.buyers.size, tops), NOTHING)
        prices = v.astype(np.float64)

        def work(first: int, last: int) -> None:
            passes.top_rows(first, last, self.buyers, self.sellers, prices, top)

        self.executor.run(work, cut(self.buyers.size, ROWS))
        return top

    def _over_rows(self, work: Callable[[int, int], Edges]) -> Edges:
        parts = self.executor.run(work, cut(self.buyers.size, ROWS))
        return np.concatenate([np.empty((3, 0), np.int32), *parts], axis=1)
