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

from collections.abc import Iterable, Sequence
from itertools import chain, pairwise
from operator import attrgetter
from typing import Final, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from powerpact.types import Buyer, Kind, Mode, Round, Seller
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

_TERM: Final = attrgetter("expect", "limit", "weight_ppm")


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
        """Some of the columns, in the given order, cut into chunks anew."""
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
    attributes, categories = len(round_.attributes), len(round_.categories)
    n, m = len(round_.buyers), len(round_.sellers)
    soft = map(_TERM, chain.from_iterable(order.soft for order in round_.buyers))
    terms = _numbers(chain.from_iterable(soft), n * attributes * 3).reshape(n, attributes, 3)
    offered = chain.from_iterable(order.attributes for order in round_.sellers)
    values = _numbers(offered, m * attributes).reshape(m, attributes)
    cost = np.array([attribute.kind is Kind.COST for attribute in round_.attributes], bool)
    terms[:, cost, :2] = ATTRIBUTE.maximum - terms[:, cost, :2]
    values[:, cost] = ATTRIBUTE.maximum - values[:, cost]

    require = np.empty((n, categories), np.int32)
    classes = np.empty((m, categories), np.int32)
    for category in range(categories):
        codes: dict[str | None, int] = {None: ANY}
        wanted = [codes.setdefault(order.require[category], len(codes)) for order in round_.buyers]
        codes[None] = UNSTATED
        require[:, category] = wanted
        classes[:, category] = [codes.get(order.classes[category], UNSTATED) for order in round_.sellers]
    return arrange(
        expect=terms[..., 0],
        limit=terms[..., 1],
        weight=terms[..., 2],
        bid=_numbers((order.bid_upoints_per_kwh for order in round_.buyers), n),
        require=require,
        buyer_capacity=_capacities(round_.mode, round_.buyers),
        value=values.T,
        minimum=_numbers((order.min_upoints_per_kwh for order in round_.sellers), m),
        ask=_numbers((order.ask_upoints_per_kwh for order in round_.sellers), m),
        classes=classes,
        seller_capacity=_capacities(round_.mode, round_.sellers),
    )


def arrange(
    *,
    expect: Floats,
    limit: Floats,
    weight: Floats,
    bid: Floats,
    require: Codes,
    buyer_capacity: Energies,
    value: Floats,
    minimum: Floats,
    ask: Floats,
    classes: Codes,
    seller_capacity: Energies,
) -> tuple[Buyers, Sellers]:
    """Sort orders that are arrays already; the parameters are those of `Buyers` and `Sellers`."""
    slope_limit, slope = _ramp(limit, expect, weight)
    buyers = Buyers(
        expect, limit, weight, np.stack((slope_limit, slope), -1), bid, require, buyer_capacity, np.arange(len(bid))
    )
    sellers = Sellers(
        value,
        np.stack(_ramp(minimum, ask, np.full(len(ask), float(PPM)))),
        minimum,
        ask,
        classes,
        seller_capacity,
        np.arange(len(ask)),
        np.zeros(1, np.int64),
        np.empty(0),
    )
    rows = np.lexsort((bid, *require.T[::-1]))
    columns = np.lexsort((ask, minimum, *classes.T[::-1]))
    return buyers.take(rows), sellers.take(columns)


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


def _numbers(numbers: Iterable[int], count: int) -> Floats:
    """So many integers below 2⁵³ as an array."""
    return np.fromiter(numbers, np.float64, count)


def _capacities(mode: Mode, orders: Sequence[Buyer] | Sequence[Seller]) -> Energies:
    """Units that orders can trade."""
    if mode is Mode.ONE_TO_ONE:
        return np.ones(len(orders), np.uint64)
    return np.fromiter((order.energy_wh or 0 for order in orders), np.uint64, len(orders))
