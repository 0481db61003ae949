"""What the ghost pays for a delivery."""

from __future__ import annotations

from typing import Any

from powerpact.market.trades import Trade
from powerpact.units import PPM, value_down_upoints


def payment_upoints(trade: Trade, delivered_wh: int, rules: Any) -> int:
    """What a delivery pays: its value less the penalty on the shortfall beyond the tolerance."""
    worth = value_down_upoints(delivered_wh, trade.price_upoints_per_kwh)
    penalised_wh = trade.energy_wh - delivered_wh - trade.energy_wh * rules.tolerance_ppm // PPM
    if penalised_wh <= 0:
        return worth
    penalty = value_down_upoints(penalised_wh, trade.price_upoints_per_kwh) * rules.penalty_ppm // PPM
    return max(0, worth - penalty)
