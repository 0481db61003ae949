"""What a certificate says about one order, and how one order refutes it.

An order is *better* than the price if it gains from it (a bid above, a minimum below), *worse* if it loses, else it is
*at* the price. It is *full* if its fill is its energy.
"""

from __future__ import annotations

from powerpact.market.orders import Side
from powerpact.mechanisms.call.round import Certificate, Order


def gain_upoints_per_kwh(side: Side, order: Order, price_upoints_per_kwh: int) -> int:
    """What an order gains at a price: ``bid - p`` or ``p - min``; above 0 if better, below if worse."""
    distance = order.price_upoints_per_kwh - price_upoints_per_kwh
    return distance if side is Side.BUY else -distance


def fill_wh(side: Side, order: Order, place: int, certificate: Certificate, last: int | None) -> int:
    """Fill that the certificate of a round with trades gives to an order.

    Parameters
    ----------
    side : Side
        The order's side.
    order : Order
        The order.
    place : int
        Its place in its side's list; on chain its id.
    certificate : Certificate
        A certificate with a price.
    last : int, optional
        Place of the certificate's last order, None if it names none.

    Returns
    -------
    int
        All its energy if it is better than the price, nothing if it is worse. At the price on the certificate's side
        ``min(energy, level + (1 if place ≤ last))``, on the other side all. Source: k-DA, max-min.
    """
    if certificate.price_upoints_per_kwh is None:
        return 0
    gain = gain_upoints_per_kwh(side, order, certificate.price_upoints_per_kwh)
    if gain < 0:
        return 0
    if gain > 0 or side is not certificate.side:
        return order.energy_wh
    extra = 1 if last is not None and place <= last else 0
    return min(order.energy_wh, (certificate.level_wh or 0) + extra)


def narrows(side: Side, order: Order, fill: int, low_upoints_per_kwh: int, high_upoints_per_kwh: int) -> bool:
    """Whether an order with this fill, Wh, leaves less than [low, high] for the price. Source: k-DA.

    The price can be no more than a bid with a fill and than a minimum that is not full, and no less than a minimum with
    a fill and than a bid that is not full.
    """
    price, is_filled, is_full = order.price_upoints_per_kwh, fill > 0, fill == order.energy_wh
    is_upper, is_lower = (is_filled, not is_full) if side is Side.BUY else (not is_full, is_filled)
    return (is_upper and price < high_upoints_per_kwh) or (is_lower and price > low_upoints_per_kwh)


def attains(side: Side, order: Order, fill: int, bound_upoints_per_kwh: int, *, high: bool) -> bool:
    """Whether an order with this fill, Wh, is one for which the upper (`high`) or lower bound cannot be wider."""
    is_filled, is_full = fill > 0, fill == order.energy_wh
    binds = is_filled if (side is Side.BUY) is high else not is_full
    return binds and order.price_upoints_per_kwh == bound_upoints_per_kwh


def separates(side: Side, order: Order, low_upoints_per_kwh: int | None, high_upoints_per_kwh: int | None) -> bool:
    """Whether an order of a round without trades agrees with ``bids ≤ low < high ≤ minimums``; None is no bound.

    A round without trades claims that its highest bid is below its lowest minimum. No bound says that the side has no
    energy at all.
    """
    if order.energy_wh == 0:
        return True
    if side is Side.BUY:
        return low_upoints_per_kwh is not None and order.price_upoints_per_kwh <= low_upoints_per_kwh
    return high_upoints_per_kwh is not None and order.price_upoints_per_kwh >= high_upoints_per_kwh


def order_refutes(side: Side, order: Order, place: int, fill: int, certificate: Certificate, last: int | None) -> bool:
    """Whether one order with the fill that a solution gives it, Wh, shows that the certificate is false.

    See `fill_wh` for the parameters. If no order does, if the two named orders attain low and high and the price
    follows from them, the solution is the one of `auction`: fills by the certificate have the greatest volume, since
    the side that is full at the price cannot trade more at any price beyond it, nor the other at any price before it;
    `narrows` and `attains` make low and high exact; and fills at the price follow from their sum, since they rise with
    level and last.
    """
    if certificate.price_upoints_per_kwh is None:
        low, high = certificate.low_upoints_per_kwh, certificate.high_upoints_per_kwh
        return fill != 0 or not separates(side, order, low, high)
    low, high = certificate.low_upoints_per_kwh, certificate.high_upoints_per_kwh
    if low is None or high is None or fill != fill_wh(side, order, place, certificate, last):
        return True
    return narrows(side, order, fill, low, high)
