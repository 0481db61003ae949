"""Scores of pairs, and streaming over all eligible pairs in search of one whose score is above its dual prices.

Buyers with equal requirements are taken together with the sellers that meet them, cheapest minimum first, so that
each buyer faces a prefix of them. A tile of sellers is screened in double precision by what each pair *loses* of full
satisfaction, ``Σ weight·(E − h)/(E − L)``, which errs by less than 10⁻⁶ ppm; only pairs that pass are scored exactly.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import cache
from itertools import repeat
from typing import Any, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from powerpact.blocks import BlockExecutor, Threads, cut
from powerpact.market.rules import Kind
from powerpact.mechanisms.satisfaction.round import Buyer, BuyOrders, Round, Seller, SellOrders
from powerpact.units import ENERGY, PPM

TILE = 512
"""Sellers screened at a time."""

BLOCK = 256
"""Buyers in a piece of work."""

Array = NDArray[Any]


class Offers(NamedTuple):
    """Sell orders as arrays.

    Attributes
    ----------
    value : (attributes, m) float64
        Values of the attributes, negated for costs.
    minimum, ask, dual : (m,) float64
        Prices, micro-points per kWh, and dual prices, ppm.
    """

    value: Array
    minimum: Array
    ask: Array
    dual: Array

    def of(self, index: Array) -> Offers:
        """Some of the orders."""
        return Offers(
            np.ascontiguousarray(self.value[:, index]), self.minimum[index], self.ask[index], self.dual[index]
        )


class Demands(NamedTuple):
    """Buy orders as arrays.

    Attributes
    ----------
    expect, limit, weight : (n, attributes) float64
        Terms of the attributes, expectation and limit negated for costs.
    bid, dual : (n,) float64
        Bids, micro-points per kWh, and dual prices, ppm.
    """

    expect: Array
    limit: Array
    weight: Array
    bid: Array
    dual: Array

    def of(self, index: Array) -> Demands:
        """Some of the orders."""
        return Demands(*(column[index] for column in self))


class Conditions(NamedTuple):
    """What the orders of one side ask of a trade whatever its score.

    Attributes
    ----------
    most, least : (orders,) uint64
        Energy that a trade can give the order and that it must, Wh.
    person : (orders,) int64
        Number of the person whose order it is.
    """

    most: Array
    least: Array
    person: Array

    def of(self, index: Array) -> Conditions:
        """Those of some of the orders."""
        return Conditions(*(column[index] for column in self))


class Group(NamedTuple):
    """Buyers with equal requirements, and the sellers that meet them, cheapest minimum first."""

    demands: Demands
    offers: Offers
    conditions: tuple[Conditions, Conditions] | None


def uncovered_pair(
    round_: Round,
    buyer_duals_ppm: Mapping[str, int],
    seller_duals_ppm: Mapping[str, int],
    executor: BlockExecutor | None = None,
) -> tuple[Buyer, Seller] | None:
    """First eligible pair whose score is above the sum of its dual prices, None if every pair is covered.

    Parameters
    ----------
    round_ : Round
        The round.
    buyer_duals_ppm, seller_duals_ppm : mapping of str to int
        Dual prices by id, 0 for orders that are not listed.
    executor : BlockExecutor, optional
        Runs the pass over all pairs, by default on the threads of this process.

    Returns
    -------
    tuple of (Buyer, Seller) or None
        The same pair on any executor and any number of workers.
    """
    demands = _demands(round_, buyer_duals_ppm)
    offers = _offers(round_, seller_duals_ppm)
    asked = _conditions(round_)
    workers = executor or Threads()
    for rows, columns in _eligible_groups(round_.buyers, round_.sellers, np.argsort(offers.minimum, kind="stable")):
        conditions = None if asked is None else (asked[0].of(rows), asked[1].of(columns))
        group = workers.share(Group(demands.of(rows), offers.of(columns), conditions))
        for row, column in workers.run(_first_uncovered, group, cut(len(rows), BLOCK)):
            if row >= 0:
                return round_.buyers[rows[row]], round_.sellers[columns[column]]
    return None


def _first_uncovered(group: Group, first: int, last: int) -> tuple[int, int]:
    row, column = first_uncovered(*group, first, last)
    return int(row), int(column)


def pair_scores(round_: Round, rows: list[int], columns: list[int]) -> list[int | None]:
    """Scores of pairs in ppm by the rules of the market, None for those that are not eligible.

    Parameters
    ----------
    round_ : Round
        The round.
    rows, columns : list of int
        Positions of the buyers and the sellers in the round.
    """
    wanted, offered = round_.buyers.labels, round_.sellers.labels

    @cache
    def meets(require: int, classes: int) -> bool:
        return all(want in (None, have) for want, have in zip(wanted[require], offered[classes], strict=True))

    at_rows, at_columns = np.array(rows, np.int64), np.array(columns, np.int64)
    scores = _scores(_demands(round_, {}), _offers(round_, {}), at_rows, at_columns)
    conditions = _conditions(round_)
    if conditions is not None:
        scores[~_agree(conditions[0].of(at_rows), conditions[1].of(at_columns))] = -1
    return [
        score if score >= 0 and meets(require, classes) else None
        for score, require, classes in zip(
            scores.tolist(),
            np.asarray(round_.buyers.label)[at_rows].tolist(),
            np.asarray(round_.sellers.label)[at_columns].tolist(),
            strict=True,
        )
    ]


@njit(nogil=True, cache=True, error_model="numpy")
def first_uncovered(
    demands: Demands, offers: Offers, conditions: tuple[Conditions, Conditions] | None, first: int, last: int
) -> tuple[int, int]:
    """First buyer from `first` to `last` and first offer of an uncovered pair, (-1, -1) if there is none."""
    loss = np.empty(TILE)
    count = offers.minimum.size
    attributes = demands.expect.shape[1]
    for i in range(first, last):
        bid = demands.bid[i]
        reach = np.searchsorted(offers.minimum, bid, side="right") if count else 0
        full = 1_000_000.0 + demands.weight[i].sum() - demands.dual[i] - 0.5
        for begin in range(0, reach, TILE):
            end = min(begin + TILE, reach)
            minimum, ask, dual = offers.minimum[begin:end], offers.ask[begin:end], offers.dual[begin:end]
            for k in range(end - begin):
                short = ask[k] - bid
                loss[k] = dual[k] + (short * 1_000_000.0 / (ask[k] - minimum[k]) if short > 0.0 else 0.0)
            for f in range(attributes):
                expect, limit = demands.expect[i, f], demands.limit[i, f]
                slope = demands.weight[i, f] / (expect - limit) if expect > limit else 0.0
                value = offers.value[f, begin:end]
                for k in range(end - begin):
                    short = expect - value[k]
                    short = short if short > 0.0 else 0.0
                    loss[k] += short * slope if value[k] >= limit else 1e9
            worth_a_look = 0
            for k in range(end - begin):
                worth_a_look += loss[k] < full
            if worth_a_look == 0:
                continue
            for k in range(end - begin):
                if loss[k] >= full or (conditions is not None and not _agree_on(conditions, i, begin + k)):
                    continue
                if _score(demands, offers, i, begin + k) > demands.dual[i] + dual[k]:
                    return i, begin + k
    return -1, -1


@njit(nogil=True, cache=True, error_model="numpy")
def _agree_on(conditions: tuple[Conditions, Conditions], i: int, j: int) -> bool:
    """Whether a pair's orders are two persons' and their trade gives either what it must."""
    buying, selling = conditions
    given = min(buying.most[i], selling.most[j])
    return bool(given >= max(buying.least[i], selling.least[j]) and buying.person[i] != selling.person[j])


def _agree(buying: Conditions, selling: Conditions) -> Array:
    """Whether the orders at each place are two persons' and their trade gives either what it must."""
    given = np.minimum(buying.most, selling.most)
    agreed: Array = (given >= np.maximum(buying.least, selling.least)) & (buying.person != selling.person)
    return agreed


@njit(nogil=True, cache=True, error_model="numpy")
def _scores(demands: Demands, offers: Offers, rows: Array, columns: Array) -> Array:
    """Scores of pairs, -1 where bid or attributes are beyond a limit."""
    scores = np.full(rows.size, -1)
    for k in range(rows.size):
        i, j = rows[k], columns[k]
        within = demands.bid[i] >= offers.minimum[j]
        for f in range(demands.expect.shape[1]):
            within &= offers.value[f, j] >= demands.limit[i, f]
        if within:
            scores[k] = _score(demands, offers, i, j)
    return scores


@njit(nogil=True, cache=True, error_model="numpy")
def _score(demands: Demands, offers: Offers, i: int, j: int) -> int:
    """Score of an eligible pair in 64-bit integers; every product is below 2⁵²."""
    weighted = 0
    for f in range(demands.expect.shape[1]):
        a = _ramp(offers.value[f, j] - demands.limit[i, f], demands.expect[i, f] - demands.limit[i, f])
        weighted += int(demands.weight[i, f]) * a
    return weighted // 1_000_000 + _ramp(demands.bid[i] - offers.minimum[j], offers.ask[j] - offers.minimum[j])


@njit(nogil=True, cache=True, error_model="numpy")
def _ramp(above: float, span: float) -> int:
    """Satisfaction at a whole number `above` the limit, full at `span`, ppm."""
    return 1_000_000 if above >= span else int(above) * 1_000_000 // int(span)


def _demands(round_: Round, duals_ppm: Mapping[str, int]) -> Demands:
    numbers = _numbers(round_.buyers)
    sign = _sign(round_)
    return Demands(
        expect=numbers[:, 1::3] * sign,
        limit=numbers[:, 2::3] * sign,
        weight=numbers[:, 3::3].copy(),
        bid=numbers[:, 0].copy(),
        dual=_duals(round_.buyers, duals_ppm),
    )


def _offers(round_: Round, duals_ppm: Mapping[str, int]) -> Offers:
    numbers = _numbers(round_.sellers).T.copy()
    return Offers(
        value=numbers[2:] * _sign(round_)[:, None],
        minimum=numbers[1],
        ask=numbers[0],
        dual=_duals(round_.sellers, duals_ppm),
    )


def _numbers(orders: BuyOrders | SellOrders) -> Array:
    """Numbers of the orders in double precision, one row each."""
    return np.array(orders.numbers, np.float64).reshape(len(orders), orders.width)


def _sign(round_: Round) -> Array:
    """1 for each income attribute, -1 for each cost attribute."""
    return np.array([1.0 if attribute.kind is Kind.INCOME else -1.0 for attribute in round_.attributes])


def _duals(orders: BuyOrders | SellOrders, duals_ppm: Mapping[str, int]) -> Array:
    """Dual prices of the orders in double precision."""
    return np.fromiter(map(duals_ppm.get, orders.ids, repeat(0)), np.float64, len(orders))


def _conditions(round_: Round) -> tuple[Conditions, Conditions] | None:
    """Conditions of the buyers and of the sellers, None if they bar no pair."""
    sides = round_.buyers, round_.sellers
    if set(sides[0].persons).isdisjoint(sides[1].persons) and not any(map(any, (s.min_fills_ppm for s in sides))):
        return None
    numbers: dict[str, int] = {}
    buying, selling = (
        Conditions(
            most=np.array([ENERGY.maximum if wh is None else wh for wh in orders.energies_wh], np.uint64),
            least=np.array(list(map(_least_wh, orders.energies_wh, orders.min_fills_ppm)), np.uint64),
            person=np.array([numbers.setdefault(person, len(numbers)) for person in orders.persons], np.int64),
        )
        for orders in sides
    )
    return buying, selling


def _least_wh(energy_wh: int | None, share_ppm: int) -> int:
    """Least energy that an order accepts: its share of the energy, rounded up."""
    return 0 if energy_wh is None else -(-energy_wh * share_ppm // PPM)


def _eligible_groups(buyers: BuyOrders, sellers: SellOrders, sorted_: Array) -> Iterator[tuple[Array, Array]]:
    """Positions of the buyers with equal requirements, and of the sellers that meet them, in the order of `sorted_`."""
    rank = np.empty_like(sorted_)
    rank[sorted_] = np.arange(len(sorted_))
    ranks = [rank[columns] for columns in _by_label(sellers)]
    offering: dict[tuple[int, ...], dict[tuple[str | None, ...], list[Array]]] = {}
    for require, rows in zip(buyers.labels, _by_label(buyers), strict=True):
        asked = tuple(category for category, class_ in enumerate(require) if class_ is not None)
        if asked not in offering:
            offering[asked] = defaultdict(list)
            for classes, group in zip(sellers.labels, ranks, strict=True):
                offering[asked][tuple(classes[category] for category in asked)].append(group)
        groups = offering[asked].get(tuple(require[category] for category in asked), [])
        yield rows, sorted_[np.sort(np.concatenate([sorted_[:0], *groups]))]


def _by_label(orders: BuyOrders | SellOrders) -> list[Array]:
    """Positions of the orders of each label."""
    label = np.asarray(orders.label)
    counts = np.bincount(label, minlength=len(orders.labels))
    return np.split(np.argsort(label, kind="stable"), np.cumsum(counts)[:-1]) if orders.labels else []
