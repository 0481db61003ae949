"""The call auction in readable, slow, exact integers: what the solver and the contracts are measured against.

One function for each formula, each with its source. Nothing rounds but the price.

Sources: *k-DA* is "The k-double auction" (Rustichini, Satterthwaite, Williams 1994): one price for all, between the
lowest and the highest that clear the market. *Max-min* is the max-min fair share in whole units (equal increments).
"""

from powerpact.mechanisms.call.spec.auction import (
    auction,
    demand_wh,
    equal_increments,
    merit_fills_wh,
    north_west,
    price_interval,
    price_upoints_per_kwh,
    ranked,
    supply_wh,
    volume_wh,
)
from powerpact.mechanisms.call.spec.certificate import attains, fill_wh, narrows, order_refutes, separates

__all__ = [
    "attains",
    "auction",
    "demand_wh",
    "equal_increments",
    "fill_wh",
    "merit_fills_wh",
    "narrows",
    "north_west",
    "order_refutes",
    "price_interval",
    "price_upoints_per_kwh",
    "ranked",
    "separates",
    "supply_wh",
    "volume_wh",
]
