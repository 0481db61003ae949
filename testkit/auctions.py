"""Generated call auctions, and an oracle that scans all prices and deals energy out one Wh at a time."""

from __future__ import annotations

from typing import NamedTuple

from hypothesis import strategies as st

from powerpact.market.orders import Side
from powerpact.mechanisms.call.round import Order, Round, Solution
from testkit.strategies import UINT32_MAX, UINT64_MAX

HIGHEST_PRICES = (0, 1, 3, 12, 1_000, UINT32_MAX)
"""The highest price in a round: low ones make orders tie and meet at the margin."""

ENERGIES = (
    st.integers(0, 1),
    st.integers(0, 5),
    st.integers(1, 5_000),
    st.integers(UINT64_MAX - 3, UINT64_MAX),
    st.integers(0, UINT64_MAX),
)
"""Energies of a round's orders."""

FEW = st.integers(0, 6)
"""Energies that the oracle can deal out."""


def orders(prefix, *prices_and_energies):
    """Orders with ids ``b0``, ``b1`` and so on."""
    return [Order(f"{prefix}{at}", price, energy_wh) for at, (price, energy_wh) in enumerate(prices_and_energies)]


@st.composite
def auctions(draw, energies=None, most=7):
    """Rounds of at most `most` orders a side."""
    price = st.integers(0, draw(st.sampled_from(HIGHEST_PRICES)))
    energy = draw(st.sampled_from(ENERGIES)) if energies is None else energies
    k_ppm = draw(st.sampled_from((0, 1, 333_333, 500_000, 999_999, 1_000_000)))
    buyers, sellers = (draw(st.lists(st.tuples(price, energy), max_size=most)) for _ in Side)
    return Round(k_ppm, orders("b", *buyers), orders("s", *sellers))


class Cleared(NamedTuple):
    """What the rule gives: price and interval, None without trades, and the fill of each order, Wh."""

    price: int | None
    low: int | None
    high: int | None
    fills: tuple[list[int], list[int]]


def cleared_by_scan(round_):
    """Clear a small round by trying every price of an order and those beside it, and allotting the energy Wh by Wh."""
    stated = {order.price_upoints_per_kwh for order in (*round_.buyers, *round_.sellers)}
    beside = {price + step for price in stated for step in (-1, 0, 1)}
    prices = sorted(price for price in beside if 0 <= price <= UINT32_MAX)
    volume = max((min(_wanted(round_, p), _offered(round_, p)) for p in prices), default=0)
    if not volume:
        return Cleared(None, None, None, ([0] * len(round_.buyers), [0] * len(round_.sellers)))
    clearing = [
        p
        for p in prices
        if _wanted(round_, p + 1) <= volume <= _wanted(round_, p)
        and _offered(round_, p - 1) <= volume <= _offered(round_, p)
    ]
    low, high = min(clearing), max(clearing)
    price = low + (high - low) * round_.k_ppm // 1_000_000
    sides = (round_.buyers, -1), (round_.sellers, 1)
    return Cleared(price, low, high, tuple(_dealt(orders, sign, price, volume) for orders, sign in sides))


def _wanted(round_, price):
    return sum(order.energy_wh for order in round_.buyers if order.price_upoints_per_kwh >= price)


def _offered(round_, price):
    return sum(order.energy_wh for order in round_.sellers if order.price_upoints_per_kwh <= price)


def _dealt(orders, sign, price, volume):
    """Fills of one side: all for the better ones, then a Wh at a time to those at the price, in turn."""
    better = [sign * order.price_upoints_per_kwh < sign * price for order in orders]
    fills = [order.energy_wh if is_better else 0 for order, is_better in zip(orders, better, strict=True)]
    left = volume - sum(fills)
    while left:
        for at, order in enumerate(orders):
            if left and order.price_upoints_per_kwh == price and fills[at] < order.energy_wh:
                fills[at] += 1
                left -= 1
    return fills


def fills_of(round_: Round, solution: Solution) -> tuple[list[int], list[int]]:
    """Fill of each order by the trades, Wh."""
    bought, sold = dict.fromkeys(round_.buyers.ids, 0), dict.fromkeys(round_.sellers.ids, 0)
    for trade in solution.trades:
        bought[trade.buyer] += trade.energy_wh
        sold[trade.seller] += trade.energy_wh
    return list(bought.values()), list(sold.values())
