"""From a round to its price, fills and trades, in sorted arrays."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from powerpact.market.orders import Side
from powerpact.mechanisms.call.round import Certificate, OrderName, Orders, Round, Solution, Trade
from powerpact.progress import Progress, silent
from powerpact.units import PPM

Ints = NDArray[Any]
"""Whole numbers: int64, or Python's integers where sums could exceed it."""

_INT64_MAX = 2**63 - 1


class Curve(NamedTuple):
    """The orders of one side that have energy, best price first, in the order of the list where prices are equal.

    Attributes
    ----------
    place : array of int64
        Places in the round.
    price : array of int64
        Prices, negative for buyers, so that they rise on both sides.
    energy : array of int64 or of int
        Energies, Wh.
    end : array of int64 or of int
        Energy of the order and all before it, Wh.
    """

    place: Ints
    price: Ints
    energy: Ints
    end: Ints

    @classmethod
    def of(cls, orders: Orders, side: Side) -> Curve:
        """The curve of one side."""
        prices = np.array(orders.prices_upoints_per_kwh, np.int64) * (-1 if side is Side.BUY else 1)
        energies: Ints = np.array(orders.energies_wh, np.uint64)
        # Sums in double precision, off by much less than the factor 2: beyond int64 Python's integers take over.
        exact = (
            energies.astype(np.int64) if energies.sum(dtype=np.float64) * 2 < _INT64_MAX else energies.astype(object)
        )
        with_energy = np.flatnonzero(energies)
        place = with_energy[np.argsort(prices[with_energy], kind="stable")]
        return cls(place, prices[place], exact[place], np.cumsum(exact[place]))

    def start(self) -> Ints:
        """Energy of all orders before each, Wh."""
        return self.end - self.energy


class Allotment(NamedTuple):
    """How an amount of energy is shared among the orders of a curve.

    Attributes
    ----------
    fill : array of int64 or of int
        Fill of each order of the curve, Wh.
    level : int, optional
        Level of the equal increments among the orders at the margin; None if all of those are full.
    last : int, optional
        The last of them, by its place in the curve, that gets 1 Wh more.
    """

    fill: Ints
    level: int | None = None
    last: int | None = None


def solve(round_: Round, *, step: Progress = silent) -> Solution:
    """Clear a round at one price.

    Parameters
    ----------
    round_ : Round
        The round.
    step : callable, optional
        Called with the name of each step; an exception that it raises stops the solver.

    Returns
    -------
    Solution
        The price and the fills of the rule, trades north-west in the total order, and the certificate.

    Notes
    -----
    Exact and deterministic. Time O(n log n) for n orders, memory O(n).
    """
    step("sorting orders")
    bids, asks = Curve.of(round_.buyers, Side.BUY), Curve.of(round_.sellers, Side.SELL)
    volume = _volume(bids, asks)
    if not volume:
        return Solution(certificate=_without_trades(round_, bids, asks))
    step("sharing at the margin")
    low, high = _interval(bids, asks, volume)
    price = low + round_.k_ppm * (high - low) // PPM
    shares = _allot(bids, volume, -price), _allot(asks, volume, price)
    certificate = _certificate(round_, (bids, asks), shares, (price, low, high))
    step("pairing fills")
    buyers, sellers, units = _paired(bids, asks, *shares)
    trades = tuple(
        Trade(round_.buyers.ids[i], round_.sellers.ids[j], wh)
        for i, j, wh in zip(buyers.tolist(), sellers.tolist(), units.tolist(), strict=True)
    )
    objective = -_worth(bids, shares[0]) - _worth(asks, shares[1])
    return Solution(objective, trades, certificate)


def _volume(bids: Curve, asks: Curve) -> int:
    """Most energy that demand and supply allow at the price of a minimum; no other price allows more."""
    if not len(bids.end) or not len(asks.end):
        return 0
    wanted = np.searchsorted(bids.price, -asks.price, side="right")
    demand = np.concatenate([np.zeros(1, bids.end.dtype), bids.end])[wanted]
    supply = asks.end[np.searchsorted(asks.price, asks.price, side="right") - 1]
    return int(np.minimum(demand, supply).max())


def _interval(bids: Curve, asks: Curve, volume: int) -> tuple[int, int]:
    """Lowest and highest price for which nobody with a fill loses and nobody who is not full would gain."""
    last_bid, next_bid = _marginal(bids, volume)
    last_ask, next_ask = _marginal(asks, volume)
    low, high = int(asks.price[last_ask]), int(-bids.price[last_bid])
    if next_bid < len(bids.price):
        low = max(low, int(-bids.price[next_bid]))
    if next_ask < len(asks.price):
        high = min(high, int(asks.price[next_ask]))
    return low, high


def _marginal(curve: Curve, volume: int) -> tuple[int, int]:
    """Places in the curve of the order with the last Wh of a volume, and of the one with the next."""
    return int(np.searchsorted(curve.end, volume)), int(np.searchsorted(curve.end, volume, side="right"))


def _allot(curve: Curve, volume: int, price: int) -> Allotment:
    """Share a volume: better than the price all, worse nothing, at the price equal increments."""
    begin, end = np.searchsorted(curve.price, price), np.searchsorted(curve.price, price, side="right")
    better = int(curve.end[begin - 1]) if begin else 0
    fill = curve.energy.copy()
    fill[end:] = 0
    left, at = volume - better, curve.energy[begin:end]
    if begin == end or left == int(curve.end[end - 1]) - better:
        return Allotment(fill)
    level, count = _equal_increments(at, left)
    wanting = np.flatnonzero(at > level)[:count]
    fill[begin:end] = np.minimum(at, level)
    fill[begin + wanting] += 1
    return Allotment(fill, level, int(begin + wanting[-1]) if count else None)


def _equal_increments(energies: Ints, total: int) -> tuple[int, int]:
    """Largest level whose fills do not exceed the total, less than the sum of the energies, and what is left."""
    rising = np.sort(energies)
    below = np.concatenate([np.zeros(1, rising.dtype), np.cumsum(rising)])[:-1]
    count = len(rising)
    # At the level of the k-th smallest energy the smaller ones are full and the others have as much as it.
    reached = below + rising * np.arange(count, 0, -1).astype(rising.dtype)
    full = int(np.searchsorted(reached, total, side="right"))
    return divmod(total - int(below[full]), count - full)


def _certificate(
    round_: Round,
    curves: tuple[Curve, Curve],
    shares: tuple[Allotment, Allotment],
    prices: tuple[int, int, int],
) -> Certificate:
    """The certificate of price, low and high, with these fills."""
    price, low, high = prices
    side = next((side for side in Side if shares[side].level is not None), None)
    level, last = None, None
    if side is not None:
        level, at = shares[side].level, shares[side].last
        last = None if at is None else round_.orders(side).ids[int(curves[side].place[at])]
    rest = tuple(share.fill < curve.energy for curve, share in zip(curves, shares, strict=True))
    filled = tuple(share.fill > 0 for share in shares)
    low_order = _named(round_, curves, Side.BUY, low, rest) or _named(round_, curves, Side.SELL, low, filled)
    high_order = _named(round_, curves, Side.SELL, high, rest) or _named(round_, curves, Side.BUY, high, filled)
    return Certificate(price, low, high, low_order, high_order, side, level, last)


def _named(
    round_: Round, curves: tuple[Curve, Curve], side: Side, price: int, chosen: tuple[Ints, ...]
) -> OrderName | None:
    """The first order of a side with this price, of those chosen."""
    curve = curves[side]
    found = np.flatnonzero((curve.price == (-price if side is Side.BUY else price)) & chosen[side])
    return OrderName(side, round_.orders(side).ids[int(curve.place[found[0]])]) if len(found) else None


def _without_trades(round_: Round, bids: Curve, asks: Curve) -> Certificate:
    """The certificate of a round in which nothing crosses: its best orders."""
    low = high = None
    low_order = high_order = None
    if len(bids.place):
        low, low_order = int(-bids.price[0]), OrderName(Side.BUY, round_.buyers.ids[int(bids.place[0])])
    if len(asks.place):
        high, high_order = int(asks.price[0]), OrderName(Side.SELL, round_.sellers.ids[int(asks.place[0])])
    return Certificate(None, low, high, low_order, high_order)


def _paired(bids: Curve, asks: Curve, bought: Allotment, sold: Allotment) -> tuple[Ints, Ints, Ints]:
    """Places of buyer and seller, and energy, of each trade: both sides laid along the volume, cut at every end."""
    rows, columns = np.flatnonzero(bought.fill), np.flatnonzero(sold.fill)
    ends = np.cumsum(bought.fill[rows]), np.cumsum(sold.fill[columns])
    cuts = np.unique(np.concatenate(ends))
    units = np.diff(np.concatenate([np.zeros(1, cuts.dtype), cuts]))
    buyers = bids.place[rows[np.searchsorted(ends[0], cuts)]]
    sellers = asks.place[columns[np.searchsorted(ends[1], cuts)]]
    return buyers, sellers, units


def _worth(curve: Curve, share: Allotment) -> int:
    """Σ price·fill with the curve's sign, in integers of any length."""
    return sum(price * wh for price, wh in zip(curve.price.tolist(), share.fill.tolist(), strict=True) if wh)
