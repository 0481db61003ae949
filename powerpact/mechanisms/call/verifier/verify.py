"""Verification of a result: first what it says, then every order by itself."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from powerpact.market.orders import Side
from powerpact.mechanisms.call.round import Certificate, OrderName, Orders, Round, Solution
from powerpact.mechanisms.call.verifier.faults import FaultKind
from powerpact.mechanisms.faults import Fault
from powerpact.progress import Progress, silent


class Filled(NamedTuple):
    """The orders of one side, by place, and what the trades give each.

    Attributes
    ----------
    orders : Orders
        The orders.
    place : dict of str to int
        Place by id.
    fill_wh : list of int
        Fill by place.
    """

    orders: Orders
    place: dict[str, int]
    fill_wh: list[int]

    @classmethod
    def of(cls, orders: Orders) -> Filled:
        """Orders without a trade."""
        return cls(orders, {id_: at for at, id_ in enumerate(orders.ids)}, [0] * len(orders))


Sides = tuple[Filled, Filled]
"""Buyers and sellers, by `Side`."""


class Priced(NamedTuple):
    """A certificate that says everything, the places of its orders looked up."""

    price: int
    low: int
    high: int
    side: Side | None
    level_wh: int
    last: int


def verify(round_: Round, solution: Solution, progress: Progress = silent) -> Fault | None:
    """Check a result against the round's own orders and find its first fault.

    Parameters
    ----------
    round_ : Round
        The round.
    solution : Solution
        What is claimed to be its result.
    progress : callable, optional
        Called with the name of each step.

    Returns
    -------
    Fault or None
        The first fault in the order of `FaultKind`, the last four for each order in turn, buyers before sellers; None
        if the rule gives this price and these fills. Who delivers to whom and another way to describe the same fills
        are no faults.

    Notes
    -----
    Why checking each order alone is enough. Let D(p) and S(p) be the energy of bids of at least and of minimums of at
    most p. Where each fill is what the certificate gives, one side is full at the price p, say the sellers: the volume
    is S(p) ≤ D(p). At a lower price supply is no more than S(p), at a higher one demand is no more than what the bids
    better than p get, which is no more than the volume. So the volume is the greatest. Fills are then unique, since
    those at the price rise with level and last while their sum is fixed; low and high are the ends of the interval,
    since no order narrows it and some order attains each; and the price follows.
    """
    progress("checking trades")
    sides = Filled.of(round_.buyers), Filled.of(round_.sellers)
    fault = _trade_fault(solution, sides)
    if fault is not None:
        return fault
    progress("checking all orders")
    if not solution.trades:
        return _idle_fault(solution.certificate, sides)
    checked = _checked(round_, solution.certificate, sides)
    if isinstance(checked, Fault):
        return checked
    return next((fault for side in Side for fault in _order_faults(side, sides[side], checked)), None)


def refuting_order(round_: Round, solution: Solution) -> OrderName | None:
    """First order that refutes a result by itself, None if none does.

    The result is one that a contract has taken: its trades are feasible and its price follows from low and high. Who
    attains low and high is not looked at.

    Parameters
    ----------
    round_ : Round
        The round.
    solution : Solution
        The result.
    """
    sides = Filled.of(round_.buyers), Filled.of(round_.sellers)
    for trade in solution.trades:
        sides[Side.BUY].fill_wh[sides[Side.BUY].place[trade.buyer]] += trade.energy_wh
        sides[Side.SELL].fill_wh[sides[Side.SELL].place[trade.seller]] += trade.energy_wh
    for side in Side:
        fault = next(_refuted_by(side, sides[side], solution.certificate), None)
        if fault is not None:
            return OrderName(side, fault.orders[0])
    return None


def _refuted_by(side: Side, filled: Filled, certificate: Certificate) -> Iterator[Fault]:
    """Faults that orders of one side show of a certificate, by themselves."""
    price, low, high = (
        certificate.price_upoints_per_kwh,
        certificate.low_upoints_per_kwh,
        certificate.high_upoints_per_kwh,
    )
    if price is None or low is None or high is None:
        return _beyond(side, filled, low if side is Side.BUY else high)
    is_marginal = side is certificate.side and certificate.last is not None
    last = filled.place[certificate.last] if is_marginal and certificate.last is not None else -1
    return _order_faults(side, filled, Priced(price, low, high, certificate.side, certificate.level_wh or 0, last))


def _trade_fault(solution: Solution, sides: Sides) -> Fault | None:
    """First fault of the trades and their sum; enters the fills."""
    objective = 0
    for trade in solution.trades:
        pair = (trade.buyer, trade.seller)
        for filled, id_ in zip(sides, pair, strict=True):
            if id_ not in filled.place:
                return _unknown(id_)
        if trade.energy_wh < 1:
            detail = f"{trade.buyer} and {trade.seller} must trade at least 1 Wh, not {trade.energy_wh}"
            return Fault(FaultKind.WRONG_ENERGY, pair, detail)
        for sign, filled, id_ in zip((1, -1), sides, pair, strict=True):
            at = filled.place[id_]
            filled.fill_wh[at] += trade.energy_wh
            if filled.fill_wh[at] > filled.orders.energies_wh[at]:
                values = {"traded_wh": filled.fill_wh[at], "energy_wh": filled.orders.energies_wh[at]}
                detail = f"{id_} trades {values['traded_wh']} Wh of {values['energy_wh']} Wh"
                return Fault(FaultKind.TOO_MUCH_ENERGY, (id_,), detail, values)
            objective += sign * filled.orders.prices_upoints_per_kwh[at] * trade.energy_wh
    if objective == solution.objective:
        return None
    return Fault(
        FaultKind.WRONG_OBJECTIVE,
        (),
        f"the trades are worth {objective}, not {solution.objective}",
        {"objective": objective, "stated": solution.objective},
    )


def _unknown(id_: str) -> Fault:
    return Fault(FaultKind.UNKNOWN_ORDER, (id_,), f"{id_} is not in the round")


def _incomplete(detail: str) -> Fault:
    return Fault(FaultKind.INCOMPLETE_CERTIFICATE, (), detail)


def _checked(round_: Round, certificate: Certificate, sides: Sides) -> Priced | Fault:
    """The certificate of a round with trades, or its first fault."""
    price, low, high = (
        certificate.price_upoints_per_kwh,
        certificate.low_upoints_per_kwh,
        certificate.high_upoints_per_kwh,
    )
    named = certificate.low_order, certificate.high_order
    unknown = _unknown_name(certificate, sides)
    if unknown is not None:
        return unknown
    if price is None or low is None or high is None or named[0] is None or named[1] is None:
        return _incomplete("price, low, high and the orders that attain them must be stated where there are trades")
    if (certificate.side is None) != (certificate.level_wh is None):
        return _incomplete("a level belongs to a side, and a side needs one")
    expected = low + round_.k_ppm * (high - low) // 1_000_000
    if low > high or price != expected:
        detail = f"the price between {low} and {high} is {expected}, not {price}"
        return Fault(FaultKind.WRONG_PRICE, (), detail, {"price": expected, "stated": price, "low": low, "high": high})
    for what, bound, order in (("low", low, named[0]), ("high", high, named[1])):
        if not _attains(what, bound, order, sides[order.side]):
            detail = f"{order.id} does not set {what} to {bound}"
            return Fault(FaultKind.NOT_ATTAINED, (order.id,), detail, {what: bound})
    last = -1
    if certificate.side is not None and certificate.last is not None:
        last = sides[certificate.side].place[certificate.last]
    return Priced(price, low, high, certificate.side, certificate.level_wh or 0, last)


def _unknown_name(certificate: Certificate, sides: Sides) -> Fault | None:
    """Fault of a certificate that names an order which is not in the round."""
    names = [certificate.low_order, certificate.high_order]
    if certificate.last is not None:
        if certificate.side is None:
            return _incomplete("a last order belongs to a side")
        names.append(OrderName(certificate.side, certificate.last))
    unknown = (name.id for name in names if name is not None and name.id not in sides[name.side].place)
    return next(map(_unknown, unknown), None)


def _attains(what: str, bound: int, name: OrderName, filled: Filled) -> bool:
    """Whether an order sets the bound: it is of that price and has a fill, or is not full, as its side asks."""
    at = filled.place[name.id]
    if filled.orders.prices_upoints_per_kwh[at] != bound:
        return False
    if (what == "high") == (name.side is Side.BUY):
        return filled.fill_wh[at] > 0
    return filled.fill_wh[at] < filled.orders.energies_wh[at]


def _order_faults(side: Side, filled: Filled, terms: Priced) -> Iterator[Fault]:
    """Faults of the orders of one side, each of which refutes the result by itself."""
    # Prices as a buyer sees them: for sellers the axis is reversed.
    sign = 1 if side is Side.BUY else -1
    price, low, high = sign * terms.price, sign * terms.low, sign * terms.high
    if side is Side.SELL:
        low, high = high, low
    orders = zip(filled.orders.prices_upoints_per_kwh, filled.orders.energies_wh, filled.fill_wh, strict=True)
    for at, (limit, energy_wh, fill_wh) in enumerate(orders):
        mine = sign * limit
        if mine == price:
            level_wh = energy_wh if side is not terms.side else terms.level_wh + (at <= terms.last)
            kind, due_wh = FaultKind.WRONG_MARGINAL_FILL, min(energy_wh, level_wh)
        elif mine < price:
            kind, due_wh = FaultKind.WORSE_BUT_FILLED, 0
        else:
            kind, due_wh = FaultKind.BETTER_BUT_NOT_FULL, energy_wh
        if fill_wh != due_wh:
            id_ = filled.orders.ids[at]
            detail = f"{id_} at {limit} trades {fill_wh} Wh of {energy_wh} Wh, at the price {terms.price} {due_wh} Wh"
            values = {"limit": limit, "price": terms.price, "fill_wh": fill_wh, "due_wh": due_wh}
            yield Fault(kind, (id_,), detail, values)
        if (fill_wh > 0 and mine < high) or (fill_wh < energy_wh and mine > low):
            id_ = filled.orders.ids[at]
            detail = f"{id_} at {limit} trades {fill_wh} Wh of {energy_wh} Wh, inside {terms.low} to {terms.high}"
            values = {"limit": limit, "low": terms.low, "high": terms.high, "fill_wh": fill_wh}
            yield Fault(FaultKind.NARROWER_INTERVAL, (id_,), detail, values)


def _idle_fault(certificate: Certificate, sides: Sides) -> Fault | None:
    """First fault of a result without trades."""
    low, high = certificate.low_upoints_per_kwh, certificate.high_upoints_per_kwh
    unknown = _unknown_name(certificate, sides)
    if unknown is not None:
        return unknown
    if certificate.price_upoints_per_kwh is not None:
        return Fault(FaultKind.WRONG_PRICE, (), "nothing is traded, so there is no price")
    if certificate.side is not None or certificate.level_wh is not None:
        return _incomplete("nothing is traded, so no side has a level")
    bounds = (("low", low, certificate.low_order, Side.BUY), ("high", high, certificate.high_order, Side.SELL))
    fault = next((fault for bound in bounds if (fault := _idle_bound_fault(*bound, sides)) is not None), None)
    if fault is None and low is not None and high is not None and low >= high:
        detail = f"a bid of {low} and a minimum of {high} would trade"
        return Fault(FaultKind.ORDERS_CROSS, (), detail, {"low": low, "high": high})
    return fault or next((fault for _, bound, _, side in bounds for fault in _beyond(side, sides[side], bound)), None)


def _idle_bound_fault(what: str, bound: int | None, name: OrderName | None, side: Side, sides: Sides) -> Fault | None:
    """Fault of a bound without trades: the order of its side that attains it is missing, or does not."""
    if bound is None and name is None:
        return None
    if bound is None or name is None:
        return _incomplete(f"{what} and an order of that price belong together")
    if name.side is side and _attains(what, bound, name, sides[side]):
        return None
    return Fault(FaultKind.NOT_ATTAINED, (name.id,), f"{name.id} does not set {what} to {bound}", {what: bound})


def _beyond(side: Side, filled: Filled, bound: int | None) -> Iterator[Fault]:
    """Faults of the orders that have energy and are better than the best of their side is said to be."""
    orders = filled.orders
    for id_, limit, energy_wh in zip(orders.ids, orders.prices_upoints_per_kwh, orders.energies_wh, strict=True):
        if energy_wh and (bound is None or (limit > bound if side is Side.BUY else limit < bound)):
            stated = "no energy on its side" if bound is None else f"{bound} as the best of its side"
            detail = f"{id_} at {limit} is better than stated: {stated}"
            yield Fault(FaultKind.NARROWER_INTERVAL, (id_,), detail, {"limit": limit})
