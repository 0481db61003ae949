"""From what a home wants to an order, and the rules of each hour's market."""

from __future__ import annotations

from typing import Final

from eth_typing import ChecksumAddress

from powerpact.market.orders import Order, Side
from powerpact.market.rules import PriceRule, Rules
from powerpact.simulation.community import ATTRIBUTES, CATEGORIES, OrderIntent, class_code
from powerpact.simulation.community import Side as IntentSide
from powerpact.units import MAX_ATTRIBUTES, MAX_CATEGORIES

OPEN_LEAD_S: Final = 900
"""A market opens so long before its delivery slot, s."""

GATE_LEAD_S: Final = 300
"""Its gate closes so long before the slot, s."""

REFUND_DELAY_S: Final = 3_600
"""Buyers can take their money back so long after the slot, s."""

SLOT_S: Final = 3_600

TOLERANCE_PPM: Final = 50_000
"""Shortfall that is not penalised."""

PENALTY_PPM: Final = 200_000
"""Penalty on the value of a shortfall beyond the tolerance."""


def market_rules(arbiter: ChecksumAddress, slot_start: int, zone: str) -> Rules:
    """The rules of the market for one hour."""
    return Rules(
        arbiter=arbiter,
        slot_start=slot_start,
        closes_at=slot_start - GATE_LEAD_S,
        final_by=slot_start,
        refund_from=slot_start + SLOT_S + REFUND_DELAY_S,
        attributes=ATTRIBUTES,
        categories=tuple(CATEGORIES),
        source_category="source",
        price_rule=PriceRule.MIDPOINT,
        tolerance_ppm=TOLERANCE_PPM,
        penalty_ppm=PENALTY_PPM,
        zone=zone,
    )


def order_of(intent: OrderIntent, rules: Rules, trader: ChecksumAddress, device: int, nonce: int) -> Order:
    """The order that a home signs; what is attested about it stays zero."""
    is_buyer = intent.side is IntentSide.BUY
    codes = bytes(
        0 if not is_buyer and name == rules.source_category else class_code(name, label)
        for name, label in zip(CATEGORIES, intent.classes, strict=True)
    )
    levels = [term.expect for term in intent.soft] if is_buyer else intent.declared
    return Order(
        side=Side.BUY if is_buyer else Side.SELL,
        trader=trader,
        energy_wh=intent.energy_wh,
        price_upoints_per_kwh=intent.price_upoints_per_kwh,
        levels=_padded(levels),
        limits=_padded([term.limit for term in intent.soft]),
        weights_ppm=_padded([term.weight_ppm for term in intent.soft]),
        min_upoints_per_kwh=intent.min_price_upoints_per_kwh,
        classes=codes.ljust(MAX_CATEGORIES, b"\0"),
        device=0 if is_buyer else device,
        nonce=nonce,
        expiry=rules.closes_at,
    )


def _padded(values: tuple[int, ...] | list[int]) -> tuple[int, ...]:
    return (*values, *[0] * (MAX_ATTRIBUTES - len(values)))
