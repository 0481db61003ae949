"""What the ghost pays for a delivery, and what of it is a trade's."""

from __future__ import annotations

from typing import Any

from powerpact.market.trades import Trade
from powerpact.units import PPM, value_down_upoints


def payment_upoints(trade: Trade, delivered_wh: int, charged_wh: int, rules: Any) -> tuple[int, int]:
    """What a delivery pays, and the penalty on the shortfall beyond the tolerance that is taken off, micro-points.

    What was delivered and is not charged in full is paid at the share that the rules say.
    """
    worth, of_charged = (value_down_upoints(wh, trade.price_upoints_per_kwh) for wh in (delivered_wh, charged_wh))
    worth = of_charged + (worth - of_charged) * rules.underuse_ppm // PPM
    penalised_wh = max(trade.energy_wh - delivered_wh - trade.energy_wh * rules.tolerance_ppm // PPM, 0)
    penalty = value_down_upoints(penalised_wh, trade.price_upoints_per_kwh) * rules.penalty_ppm // PPM
    return worth - min(penalty, worth), min(penalty, worth)


def share_wh(energy_wh: int, before_wh: int, sold_wh: int, left_wh: int, *, is_first_in_first_out: bool) -> int:
    """A trade's share of what is left for its order, min(max(left, 0), sold), Wh: in proportion, or one by one."""
    due_wh = min(max(left_wh, 0), sold_wh)
    if is_first_in_first_out:
        return min(max(due_wh - before_wh, 0), energy_wh)
    return due_wh * (before_wh + energy_wh) // sold_wh - due_wh * before_wh // sold_wh
