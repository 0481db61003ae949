"""A round as arrays, in the order that makes the passes over all pairs fast.

Cost attributes are turned into income attributes (``h' = 2³²−1 − h``), so that one formula serves all. Sellers are
sorted by their classes, then by their minimum, and cut into *chunks* of one class each: a buyer's requirements and
bid are compared with a chunk once. Buyers are sorted by requirements, then by bid. An evenly spaced sample of either
side is thereby stratified.

The passes compute *bounds*: scores without their roundings. For them each term is also kept as a limit, a gain per
unit above it and a most; where expectation and limit are equal, as half a unit below the limit and a gain that
reaches the most within that half. Minimum and ask of a seller are treated likewise.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Final, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from powerpact.market.rules import Kind, Mode
from powerpact.mechanisms.satisfaction.round import BuyOrders, Round, SellOrders
from powerpact.units import ATTRIBUTE, PPM

Floats: TypeAlias = NDArray[np.float64]
Ints: TypeAlias = NDArray[np.int64]
Codes: TypeAlias = NDArray[np.int32]
Energies: TypeAlias = NDArray[np.uint64]

CHUNK: Final = 512
"""Most sellers in a chunk: its bounds and one column of values fit the first-level cache together."""

ANY: Final = -1
"""Code of a requirement that every class meets."""

UNSTATED: Final = -2
"""Code of a class that meets no requirement."""


class Buyers(NamedTuple):
    """Buy orders, one row each.

    Attributes
    ----------
    expect, limit, weight : (n, attributes) float64
        Terms of the soft attributes, turned to income; weights in ppm. Whole numbers.
    ramp : (n, attributes, 2) float64
        Limit and gain per unit above it, for bounds.
    bid : (n,) float64
        Bids, micro-points per kWh.
    require : (n, categories) int32
        Codes of the classes required, `ANY` for none.
    capacity : (n,) uint64
        1 in one-to-one mode, else the energy, Wh.
    place : (n,) int64
        Position of each row in the round.
    """

    expect: Floats
    limit: Floats
    weight: Floats
    ramp: Floats
    bid: Floats
    require: Codes
    capacity: Energies
    place: Ints

    @property
    def size(self) -> int:
        """Number of buyers."""
        return len(self.bid)

    def take(self, rows: Ints) -> Buyers:
        """Some of the rows, in the given order."""
        return Buyers(
            self.expect[rows],
            self.limit[rows],
            self.weight[rows],
            self.ramp[rows],
            self.bid[rows],
            self.require[rows],
            self.capacity[rows],
            self.place[rows],
        )


class Sellers(NamedTuple):
    """Sell orders, one column each, in chunks of one class.

    Attributes
    ----------
    value : (attributes, m) float64
        Values of the soft attributes, turned to income. Whole numbers.
    ramp : (2, m) float64
        Minimum and gain per unit above it, for bounds.
    minimum, ask : (m,) float64
        Prices, micro-points per kWh.
    classes : (m, categories) int32
        Codes of the classes.
    capacity : (m,) uint64
        1 in one-to-one mode, else the energy, Wh.
    place : (m,) int64
        Position of each column in the round.
    begin : (chunks + 1,) int64
        First column of each chunk, and m.
    least : (chunks,) float64
        Least minimum of each chunk.
    """

    value: Floats
    ramp: Floats
    minimum: Floats
    ask: Floats
    classes: Codes
    capacity: Energies
    place: Ints
    begin: Ints
    least: Floats

    @property
    def size(self) -> int:
        """Number of sellers."""
        return len(self.ask)

    @property
    def chunks(self) -> int:
        """Number of chunks."""
        return len(self.begin) - 1

    def take(self, columns: Ints) -> Sellers:
        """Some of the columns, in the given order, cut into chunks again."""
        minimum, begin = self.minimum[columns], chunk_begins(self.classes[columns])
        return Sellers(
            np.ascontiguousarray(self.value[:, columns]),
            np.ascontiguousarray(self.ramp[:, columns]),
            minimum,
            self.ask[columns],
            self.classes[columns],
            self.capacity[columns],
            self.place[columns],
            begin,
            least_of_chunks(minimum, begin),
        )


def encode(round_: Round) -> tuple[Buyers, Sellers]:
    """Turn a round into arrays.

    Parameters
    ----------
    round_ : Round
        Any round.

    Returns
    -------
    tuple of (Buyers, Sellers)
        The orders, sorted.
    """
    bids, prices = _table(round_.buyers), _table(round_.sellers)
    require, classes = _codes(round_)
    rows = np.lexsort((bids[:, 0], *require.T[::-1]))
    columns = np.lexsort((*prices[:, :2].T, *classes.T[::-1]))
    bid, expect, limit, weight = (
        np.ascontiguousarray(part[rows], np.float64)
        for part in (bids[:, 0], bids[:, 1::3], bids[:, 2::3], bids[:, 3::3])
    )
    ask, minimum, value = (
        np.ascontiguousarray(part[columns].T, np.float64) for part in (prices[:, 0], prices[:, 1], prices[:, 2:])
    )
    for f, attribute in enumerate(round_.attributes):
        if attribute.kind is Kind.COST:
            for numbers in (expect[:, f], limit[:, f], value[f]):
                np.subtract(ATTRIBUTE.maximum, numbers, out=numbers)
    begin = chunk_begins(classes[columns])
    return (
        Buyers(
            expect,
            limit,
            weight,
            np.stack(_ramp(limit, expect, weight), -1),
            bid,
            require[rows],
            _capacities(round_.mode, round_.buyers)[rows],
            rows,
        ),
        Sellers(
            value,
            np.stack(_ramp(minimum, ask, np.full(len(ask), float(PPM)))),
            minimum,
            ask,
            classes[columns],
            _capacities(round_.mode, round_.sellers)[columns],
            columns,
            begin,
            least_of_chunks(minimum, begin),
        ),
    )


def chunk_begins(classes: Codes) -> Ints:
    """First column of each chunk, and the number of columns: cut where a class changes and after `CHUNK` columns."""
    count = len(classes)
    changes = np.flatnonzero((classes[1:] != classes[:-1]).any(axis=1)) + 1
    bounds = [0, *changes.tolist(), count] if count else []
    begins = [at for begin, end in pairwise(bounds) for at in range(begin, end, CHUNK)]
    return np.array([*begins, count], np.int64)


def least_of_chunks(numbers: Floats, begin: Ints) -> Floats:
    """Least of the numbers of each chunk."""
    least: Floats = np.minimum.reduceat(numbers, begin[:-1]) if len(numbers) else np.empty(0)
    return least


def _ramp(low: Floats, high: Floats, most: Floats) -> tuple[Floats, Floats]:
    """Limit and gain per unit above it of a ramp that reaches `most` at `high`."""
    equal = high == low
    return np.where(equal, low - 0.5, low), most / np.where(equal, 0.5, high - low)


def _table(orders: BuyOrders | SellOrders) -> NDArray[np.uint32]:
    """Numbers of the orders, one row each."""
    return np.asarray(orders.numbers).reshape(len(orders), orders.width)


def _codes(round_: Round) -> tuple[Codes, Codes]:
    """Codes of the classes that buyers require and that sellers have, (n, categories) and (m, categories)."""
    buyers, sellers = round_.buyers, round_.sellers
    require = np.empty((len(buyers.labels), len(round_.categories)), np.int32)
    classes = np.empty((len(sellers.labels), len(round_.categories)), np.int32)
    for category in range(len(round_.categories)):
        codes: dict[str | None, int] = {None: ANY}
        require[:, category] = [codes.setdefault(label[category], len(codes)) for label in buyers.labels]
        codes[None] = UNSTATED
        classes[:, category] = [codes.get(label[category], UNSTATED) for label in sellers.labels]
    return require[np.asarray(buyers.label)], classes[np.asarray(sellers.label)]


def _capacities(mode: Mode, orders: BuyOrders | SellOrders) -> Energies:
    """Units that orders can trade."""
    if mode is Mode.ONE_TO_ONE:
        return np.ones(len(orders), np.uint64)
    return np.fromiter((energy_wh or 0 for energy_wh in orders.energies_wh), np.uint64, len(orders))
