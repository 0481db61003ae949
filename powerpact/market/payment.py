"""What a delivery is worth: each trade's share of what was measured, and what it pays (Deliveries.sol, Payout.sol)."""

from __future__ import annotations

from powerpact.market.rules import Rules
from powerpact.market.schema import Sharing
from powerpact.market.trades import Trade
from powerpact.units import PPM, value_down_upoints


def share_wh(energy_wh: int, filled_before_wh: int, total_wh: int, left_wh: int, sharing: Sharing) -> int:
    """A trade's share of what is left for its order.

    Parameters
    ----------
    energy_wh : int
        Of the trade, Wh.
    filled_before_wh : int
        What its order traded before it, in the order of the round, Wh.
    total_wh : int
        What its order traded in all, Wh.
    left_wh : int
        What was measured beyond what the device traded in orders before, Wh; less than 0 if those took more.
    sharing : Sharing
        The market's rule: in proportion by cumulative rounding, or first in, first out.

    Returns
    -------
    int
        Wh; the shares of all trades of an order sum to min(max(left, 0), total).

    Examples
    --------
    Trades of 5 000 and 4 000 Wh of which 8 000 were delivered:

    >>> [share_wh(5_000, 0, 9_000, 8_000, rule) for rule in Sharing]
    [4444, 5000]
    >>> [share_wh(4_000, 5_000, 9_000, 8_000, rule) for rule in Sharing]
    [3556, 3000]
    """
    due_wh = min(max(left_wh, 0), total_wh)
    if due_wh == total_wh:
        return energy_wh
    if sharing is Sharing.FIRST_IN_FIRST_OUT:
        return min(max(due_wh - filled_before_wh, 0), energy_wh)
    return due_wh * (filled_before_wh + energy_wh) // total_wh - due_wh * filled_before_wh // total_wh


def payment_upoints(trade: Trade, delivered_wh: int, used_wh: int, rules: Rules) -> tuple[int, int]:
    """What a delivery pays, and the penalty that was taken off.

    Parameters
    ----------
    trade : Trade
        The trade.
    delivered_wh : int
        Its share of the export, Wh.
    used_wh : int
        What of that its buyer is charged for in full, Wh.
    rules : Rules
        The market's: under-use, tolerance and penalty.

    Returns
    -------
    tuple of int
        Micro-points.
    """
    price = trade.price_upoints_per_kwh
    of_used = value_down_upoints(used_wh, price)
    worth = of_used + (value_down_upoints(delivered_wh, price) - of_used) * rules.underuse_ppm // PPM
    tolerated_wh = trade.energy_wh * rules.tolerance_ppm // PPM
    penalised_wh = max(trade.energy_wh - delivered_wh - tolerated_wh, 0)
    penalty = min(value_down_upoints(penalised_wh, price) * rules.penalty_ppm // PPM, worth)
    return worth - penalty, penalty
