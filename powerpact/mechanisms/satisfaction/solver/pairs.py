"""All pairs of some buyers and sellers, and the passes over them, run in blocks."""

from __future__ import annotations

from typing import Final, NamedTuple, TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray

from powerpact.blocks import Block, BlockExecutor, Work, cut
from powerpact.mechanisms.satisfaction.solver import passes
from powerpact.mechanisms.satisfaction.solver.arrays import Buyers, Floats, Ints, Sellers, least_of_chunks
from powerpact.mechanisms.satisfaction.solver.bars import Bars, Terms, bars_of
from powerpact.mechanisms.satisfaction.solver.passes import NOTHING, Rooms

Value = TypeVar("Value")
Result = TypeVar("Result")

Edges: TypeAlias = NDArray[np.int32]
"""(3, edges): row, column and score of some pairs."""

ROWS: Final = 256
"""Buyers in a block."""

CHUNKS: Final = 4
"""Chunks of sellers in a block."""


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


class Priced(NamedTuple):
    """What a pass reads: all orders, with prices, and what it asks for.

    Attributes
    ----------
    buyers, sellers : Buyers and Sellers
        The orders.
    bars : Bars, optional
        What keeps some of them apart.
    u, v : (n,) and (m,) float64
        Dual prices; one of them is empty where a pass needs the other only.
    most : int
        The most pairs that are asked for of each order.
    """

    buyers: Buyers
    sellers: Sellers
    bars: Bars | None
    u: Floats
    v: Floats
    most: int


class Thresholds(NamedTuple):
    """What `passes.above_thresholds` reads."""

    priced: Priced
    least_row: Floats
    least_column: Floats


class Roomed(NamedTuple):
    """What `passes.uncovered` reads."""

    priced: Priced
    rooms: Rooms


class Pairs:
    """All pairs of some buyers and sellers, of which no matrix is ever made.

    Parameters
    ----------
    buyers, sellers : Buyers and Sellers
        The orders.
    terms : pair of Terms, optional
        What keeps orders of the round apart, of all its buyers and sellers.
    divisible : bool
        Whether orders can be divided over several trades.
    executor : BlockExecutor
        Runs the passes.
    """

    def __init__(
        self,
        buyers: Buyers,
        sellers: Sellers,
        terms: tuple[Terms, Terms] | None,
        divisible: bool,
        executor: BlockExecutor,
    ) -> None:
        self.buyers = buyers
        self.sellers = sellers
        self.terms = terms
        self.divisible = divisible
        self.executor = executor

    def of(self, buyers: Buyers, sellers: Sellers) -> Pairs:
        """All pairs of other orders of the same round."""
        return Pairs(buyers, sellers, self.terms, self.divisible, self.executor)

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
        priced = self._priced(self.sellers, u, v, most)
        return self._over_rows(_above_thresholds, Thresholds(priced, least_row, least_column))

    def uncovered(self, u: Ints, v: Ints, ceiling: Ceiling, most: int) -> Edges:
        """Pairs with ``w > u + v`` of those under a ceiling, at most `most` of each buyer, see `passes.uncovered`.

        Sellers of one class are sorted by how far they are below the ceiling's prices, so that few chunks have to be
        looked at.
        """
        room = v - ceiling.v
        order = np.lexsort((room, *self.sellers.classes.T[::-1]))
        sellers = self.sellers.take(order)
        rooms = Rooms(
            row=u - ceiling.row,
            row_other=u - ceiling.u,
            chunk=least_of_chunks(room[order], sellers.begin),
            chunk_other=least_of_chunks((v - ceiling.column)[order], sellers.begin),
        )
        priced = self._priced(sellers, u, v[order], most)
        edges = self._over_rows(_uncovered, Roomed(priced, rooms))
        edges[1] = order[edges[1]]
        return edges

    def top_columns(self, u: Ints, tops: int) -> Floats:
        """Best ``w − u`` of each seller, and the best with jitter, (tops, sellers)."""
        priced = self._priced(self.sellers, u, np.empty(0), tops)
        parts = self._run(_top_columns, priced, cut(self.sellers.chunks, CHUNKS))
        return np.concatenate([np.empty((tops, 0)), *parts], axis=1)

    def top_rows(self, v: Ints, tops: int) -> Floats:
        """Best ``w − v`` of each buyer, and the best with jitter, (buyers, tops)."""
        priced = self._priced(self.sellers, np.empty(0), v, tops)
        parts = self._run(_top_rows, priced, cut(self.buyers.size, ROWS))
        return np.concatenate([np.empty((0, tops)), *parts])

    def _priced(self, sellers: Sellers, u: Ints | Floats, v: Ints | Floats, most: int) -> Priced:
        """All pairs with the sellers in some order."""
        bars = None
        if self.terms is not None:
            buying, selling = self.terms
            bars = bars_of(buying.take(self.buyers.place), selling.take(sellers.place), sellers.begin)
        return Priced(self.buyers, sellers, bars, u.astype(np.float64), v.astype(np.float64), most)

    def _over_rows(self, work: Work[Value, Edges], value: Value) -> Edges:
        parts = self._run(work, value, cut(self.buyers.size, ROWS))
        return np.concatenate([np.empty((3, 0), np.int32), *parts], axis=1)

    def _run(self, work: Work[Value, Result], value: Value, blocks: list[Block]) -> list[Result]:
        return list(self.executor.run(work, self.executor.share(value), blocks))


def _above_thresholds(asked: Thresholds, first: int, last: int) -> Edges:
    buyers, sellers, bars, u, v, most = asked.priced
    least = asked.least_row, asked.least_column
    return passes.above_thresholds(first, last, buyers, sellers, bars, u, v, *least, most)


def _uncovered(asked: Roomed, first: int, last: int) -> Edges:
    buyers, sellers, bars, u, v, most = asked.priced
    return passes.uncovered(first, last, buyers, sellers, bars, u, v, asked.rooms, most)


def _top_columns(asked: Priced, first: int, last: int) -> Floats:
    return passes.top_columns(first, last, asked.buyers, asked.sellers, asked.bars, asked.u, asked.most)


def _top_rows(asked: Priced, first: int, last: int) -> Floats:
    return passes.top_rows(first, last, asked.buyers, asked.sellers, asked.bars, asked.v, asked.most)
