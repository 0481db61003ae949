"""The gateways of the machine: each has one mandate, and orders in one market."""

from __future__ import annotations

from powerpact.market.orders import Order
from testkit.mandates import Gateway
from testkit.stateful.ghost import Ghost
from testkit.stateful.ghostmarket import GhostMarket


def is_under(gateway: Gateway, order: Order) -> bool:
    """Whether an order is one of a gateway's."""
    return order.is_mandated and order.nonce == gateway.number


def market_of(ghost: Ghost, gateway: Gateway) -> GhostMarket:
    """Where a gateway orders."""
    return next(market for market in ghost.markets if market.market is gateway.market)


def used_wh(ghost: Ghost, gateway: Gateway) -> int:
    """Energy of the orders of a gateway that are open or have traded."""
    market = market_of(ghost, gateway)
    return sum(
        entry.order.energy_wh if entry.is_open else market.bound_wh(id_)
        for id_, entry in market.orders.items()
        if is_under(gateway, entry.order)
    )
