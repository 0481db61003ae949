"""Orders that fit each other, with any field replaced."""

from __future__ import annotations

from typing import Any

from powerpact.market.orders import Order, Side
from testkit.market import Trader

FOREVER = (1 << 40) - 1
"""The last time that an order can expire, Unix seconds."""


def buy(trader: Trader, **changes: Any) -> Order:
    """Buy 1 kWh for at most 0.1 points, with nothing required."""
    terms: dict[str, Any] = {
        "energy_wh": 1_000,
        "price_upoints_per_kwh": 100_000,
        "nonce": 1,
        "expiry": FOREVER,
    }
    return Order(side=Side.BUY, trader=trader.address, **terms | changes)


def sell(trader: Trader, **changes: Any) -> Order:
    """Sell 1 kWh from the trader's device, best for 0.1 points, at least for 0.08."""
    terms: dict[str, Any] = {
        "energy_wh": 1_000,
        "price_upoints_per_kwh": 100_000,
        "min_upoints_per_kwh": 80_000,
        "device": trader.device,
        "nonce": 1,
        "expiry": FOREVER,
    }
    return Order(side=Side.SELL, trader=trader.address, **terms | changes)


def lanes(*values: int) -> tuple[int, ...]:
    """Values of the first attributes, zero for the rest of the eight."""
    return values + (0,) * (8 - len(values))


def codes(*values: int) -> bytes:
    """Codes of the first classes, zero for the rest of the eight."""
    return bytes(values).ljust(8, b"\0")
