"""From a round to its price, fills and trades."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from powerpact.market.orders import Side
from powerpact.mechanisms.call.round import Certificate, OrderName, Orders, Round, Solution, Trade
from powerpact.mechanisms.call.spec.certificate import attains, fill_wh
from powerpact.units import PPM

Fills = tuple[list[int], list[int]]
"""Fill of each buy order and of each sell order, Wh."""


def auction(round_: Round) -> Solution:
    """Clear a round at one price.

    Parameters
    ----------
    round_ : Round
        A round; sensible up to some hundred orders a side.

    Returns
    -------
    Solution
        The only price and fills of the rule, trades north-west, and the certificate.
    """
    volume = volume_wh(round_)
    merit = merit_fills_wh(round_.buyers, Side.BUY, volume), merit_fills_wh(round_.sellers, Side.SELL, volume)
    low, high = price_interval(round_, merit)
    if not volume:
        return Solution(certificate=_named(round_, merit, Certificate(None, low, high)))
    if low is None or high is None:
        raise ValueError("a round with trades has no interval of prices")
    price = price_upoints_per_kwh(low, high, round_.k_ppm)
    certificate = _margin(round_, volume, Certificate(price, low, high))
    fills = (
        _fills_wh(Side.BUY, round_.buyers, certificate),
        _fills_wh(Side.SELL, round_.sellers, certificate),
    )
    trades = tuple(
        Trade(round_.buyers.ids[i], round_.sellers.ids[j], energy_wh) for i, j, energy_wh in north_west(round_, fills)
    )
    return Solution(welfare(round_, fills), trades, _named(round_, fills, certificate))


def demand_wh(round_: Round, price: int) -> int:
    """Energy of the bids of at least `price`, micro-points per kWh. Source: k-DA."""
    return sum(order.energy_wh for order in round_.buyers if order.price_upoints_per_kwh >= price)


def supply_wh(round_: Round, price: int) -> int:
    """Energy of the minimums of at most `price`, micro-points per kWh. Source: k-DA."""
    return sum(order.energy_wh for order in round_.sellers if order.price_upoints_per_kwh <= price)


def volume_wh(round_: Round) -> int:
    """Energy that trades: the most that demand and supply allow at one price, so trades of no gain are made.

    It is the greatest of the volumes that have the most welfare. Source: k-DA.
    """
    prices = {order.price_upoints_per_kwh for order in (*round_.buyers, *round_.sellers)}
    return max((min(demand_wh(round_, price), supply_wh(round_, price)) for price in prices), default=0)


def ranked(orders: Orders, side: Side) -> list[int]:
    """Places of the orders in the total order: the better price first, among equals the first listed."""
    sign = -1 if side is Side.BUY else 1
    return sorted(range(len(orders)), key=lambda place: (sign * orders[place].price_upoints_per_kwh, place))


def merit_fills_wh(orders: Orders, side: Side, volume: int) -> list[int]:
    """Fills if the volume is given out in the total order.

    They differ from the auction's at the margin only, and there as in these some order has a fill and some is not full,
    so both have the same interval of prices.
    """
    fills = [0] * len(orders)
    for place in ranked(orders, side):
        fills[place] = min(orders[place].energy_wh, volume)
        volume -= fills[place]
    return fills


def price_interval(round_: Round, fills: Fills) -> tuple[int | None, int | None]:
    """Lowest and highest price for which nobody who has a fill loses and nobody who is not full would gain.

    ``high = min(lowest bid with a fill, lowest minimum not full)`` and ``low = max(highest minimum with a fill, highest
    bid not full)``; None where there is no such order. Source: k-DA.
    """
    uppers: list[int] = []
    lowers: list[int] = []
    for side, orders, filled in ((Side.BUY, round_.buyers, fills[0]), (Side.SELL, round_.sellers, fills[1])):
        for order, fill in zip(orders, filled, strict=True):
            with_fill, with_rest = (uppers, lowers) if side is Side.BUY else (lowers, uppers)
            if fill > 0:
                with_fill.append(order.price_upoints_per_kwh)
            if fill < order.energy_wh:
                with_rest.append(order.price_upoints_per_kwh)
    return max(lowers, default=None), min(uppers, default=None)


def price_upoints_per_kwh(low: int, high: int, k_ppm: int) -> int:
    """The price ``low + ⌊k·(high - low)⌋``. Source: k-DA.

    >>> price_upoints_per_kwh(90, 95, 500_000)
    92
    """
    return low + k_ppm * (high - low) // PPM


def equal_increments(energies_wh: Sequence[int], total_wh: int) -> tuple[int, int]:
    """Level and number of orders that get 1 Wh more, if `total_wh` is shared in equal increments. Source: max-min.

    The level is the largest ℓ with ``Σ min(energy, ℓ) ≤ total``; what is left goes to the first that want more.

    >>> equal_increments([5, 5, 1], 4)
    (1, 1)
    """
    if total_wh >= sum(energies_wh):
        raise ValueError(f"{total_wh} Wh are not less than {sum(energies_wh)} Wh")
    low, high = 0, max(energies_wh)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if sum(min(energy, middle) for energy in energies_wh) <= total_wh else (low, middle)
    return low, total_wh - sum(min(energy, low) for energy in energies_wh)


def north_west(round_: Round, fills: Fills) -> Iterator[tuple[int, int, int]]:
    """Pairs of the fills in the total order of both sides: places of buyer and seller, energy in Wh.

    At most one pair less than there are orders with a fill, each at most once.
    """
    left = list(fills[0]), list(fills[1])
    sellers = iter([j for j in ranked(round_.sellers, Side.SELL) if left[1][j]])
    j = -1
    for i in ranked(round_.buyers, Side.BUY):
        while left[0][i]:
            if j < 0 or not left[1][j]:
                j = next(sellers)
            energy_wh = min(left[0][i], left[1][j])
            left[0][i] -= energy_wh
            left[1][j] -= energy_wh
            yield i, j, energy_wh


def welfare(round_: Round, fills: Fills) -> int:
    """Σ bid·fill - Σ min·fill, micro-points per kWh times Wh."""
    bids = sum(order.price_upoints_per_kwh * fill for order, fill in zip(round_.buyers, fills[0], strict=True))
    asks = sum(order.price_upoints_per_kwh * fill for order, fill in zip(round_.sellers, fills[1], strict=True))
    return bids - asks


def _fills_wh(side: Side, orders: Orders, certificate: Certificate) -> list[int]:
    """Fill of each order by the certificate."""
    id_ = certificate.last if side is certificate.side else None
    last = None if id_ is None else orders.ids.index(id_)
    return [fill_wh(side, order, place, certificate, last) for place, order in enumerate(orders)]


def _margin(round_: Round, volume: int, certificate: Certificate) -> Certificate:
    """The certificate with the side that is not full at the price, its level, and the last that gets 1 Wh more."""
    price = certificate.price_upoints_per_kwh
    for side, orders in ((Side.BUY, round_.buyers), (Side.SELL, round_.sellers)):
        better = sum(_fills_wh(side, orders, replace(certificate, side=side, level_wh=0)))
        at = [p for p, order in enumerate(orders) if order.price_upoints_per_kwh == price and order.energy_wh]
        energies = [orders[place].energy_wh for place in at]
        if volume - better < sum(energies):
            level, count = equal_increments(energies, volume - better)
            wanting = [place for place in at if orders[place].energy_wh > level]
            last = orders.ids[wanting[count - 1]] if count else None
            return replace(certificate, side=side, level_wh=level, last=last)
    return certificate


def _named(round_: Round, fills: Fills, certificate: Certificate) -> Certificate:
    """The certificate with an order that attains each end: one that is not full if there is one, the first listed."""
    return replace(
        certificate,
        low_order=_first(round_, fills, certificate.low_upoints_per_kwh, (Side.BUY, Side.SELL), high=False),
        high_order=_first(round_, fills, certificate.high_upoints_per_kwh, (Side.SELL, Side.BUY), high=True),
    )


def _first(round_: Round, fills: Fills, bound: int | None, sides: tuple[Side, Side], *, high: bool) -> OrderName | None:
    """The first order that attains a bound, looked for on one side after the other."""
    if bound is None:
        return None
    for side in sides:
        for order, fill in zip(round_.orders(side), fills[side], strict=True):
            if attains(side, order, fill, bound, high=high):
                return OrderName(side, order.id)
    raise ValueError(f"no order attains {bound}")
