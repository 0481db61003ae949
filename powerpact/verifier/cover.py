"""Streaming over all eligible pairs in search of one whose score is above its dual prices.

Buyers with equal requirements are taken together with the sellers that meet them, cheapest minimum first, so that
each buyer faces a prefix of them. A tile of sellers is screened in double precision by what each pair *loses* of full
satisfaction, ``Σ weight·(E − h)/(E − L)``, which errs by less than 10⁻⁶ ppm; only pairs that pass are scored exactly.
"""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from powerpact.types import Buyer, Kind, Round, Seller

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


def uncovered_pair(
    round_: Round, buyer_duals_ppm: Mapping[str, int], seller_duals_ppm: Mapping[str, int]
) -> tuple[Buyer, Seller] | None:
    """First eligible pair whose score is above the sum of its dual prices, None if every pair is covered.

    Parameters
    ----------
    round_ : Round
        The round.
    buyer_duals_ppm, seller_duals_ppm : mapping of str to int
        Dual prices by id, 0 for orders that are not listed.

    Returns
    -------
    tuple of (Buyer, Seller) or None
        The same pair on any number of threads.
    """
    sign = np.array([1.0 if attribute.kind is Kind.INCOME else -1.0 for attribute in round_.attributes])
    sellers = sorted(round_.sellers, key=lambda order: order.min_upoints_per_kwh)
    demands = _demands(round_.buyers, sign, buyer_duals_ppm)
    offers = _offers(sellers, sign, seller_duals_ppm)
    with ThreadPoolExecutor(_threads()) as pool:
        for rows, columns in _eligible_groups(round_.buyers, sellers):
            group = offers.of(columns)
            pieces = [rows[at : at + BLOCK] for at in range(0, len(rows), BLOCK)]
            for row, column in pool.map(lambda piece, group=group: first_uncovered(demands, group, piece), pieces):
                if row >= 0:
                    return round_.buyers[row], sellers[columns[column]]
    return None


@njit(nogil=True, cache=True, error_model="numpy")
def first_uncovered(demands: Demands, offers: Offers, rows: Array) -> tuple[int, int]:
    """First buyer of `rows` and position in `offers` of an uncovered pair, (-1, -1) if there is none."""
    loss = np.empty(TILE)
    count = offers.minimum.size
    attributes = demands.expect.shape[1]
    for i in rows:
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
                if loss[k] < full and _score(demands, offers, i, begin + k) > demands.dual[i] + dual[k]:
                    return i, begin + k
    return -1, -1


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


def _demands(orders: tuple[Buyer, ...], sign: Array, duals_ppm: Mapping[str, int]) -> Demands:
    shape = len(orders), len(sign)
    terms = [term for order in orders for term in order.soft]
    return Demands(
        expect=_column([term.expect for term in terms]).reshape(shape) * sign,
        limit=_column([term.limit for term in terms]).reshape(shape) * sign,
        weight=_column([term.weight_ppm for term in terms]).reshape(shape),
        bid=_column([order.bid_upoints_per_kwh for order in orders]),
        dual=_column([duals_ppm.get(order.id, 0) for order in orders]),
    )


def _offers(orders: list[Seller], sign: Array, duals_ppm: Mapping[str, int]) -> Offers:
    values = _column([value for order in orders for value in order.attributes]).reshape(len(orders), len(sign))
    return Offers(
        value=np.ascontiguousarray((values * sign).T),
        minimum=_column([order.min_upoints_per_kwh for order in orders]),
        ask=_column([order.ask_upoints_per_kwh for order in orders]),
        dual=_column([duals_ppm.get(order.id, 0) for order in orders]),
    )


def _column(numbers: list[int]) -> Array:
    """Integers below 2⁵³ in double precision."""
    return np.fromiter(numbers, np.float64, len(numbers))


def _eligible_groups(buyers: tuple[Buyer, ...], sellers: list[Seller]) -> Iterator[tuple[Array, Array]]:
    """Positions of the buyers with equal requirements, and of the sellers that meet them."""
    groups: dict[tuple[str | None, ...], list[int]] = defaultdict(list)
    for position, buyer in enumerate(buyers):
        groups[buyer.require].append(position)
    by_classes: dict[tuple[int, ...], dict[tuple[str | None, ...], list[int]]] = {}
    for require, rows in groups.items():
        asked = tuple(category for category, class_ in enumerate(require) if class_ is not None)
        if asked not in by_classes:
            by_classes[asked] = defaultdict(list)
            for position, seller in enumerate(sellers):
                by_classes[asked][tuple(seller.classes[category] for category in asked)].append(position)
        columns = by_classes[asked].get(tuple(require[category] for category in asked), [])
        yield np.array(rows, np.int64), np.array(columns, np.int64)


def _threads() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
