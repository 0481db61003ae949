"""From what a home wants to an order, and the rules of each slot's market."""

from __future__ import annotations

from typing import Final

from eth_typing import ChecksumAddress

from powerpact.market.orders import Order
from powerpact.market.rules import MarketMechanism, Mode, PriceRule, Rules
from powerpact.market.slots import Slot
from powerpact.market.templates import ATTRIBUTES, AUCTION, CATEGORIES, SOURCE_CATEGORY, times_of
from powerpact.market.terms import Common, Want, buy_order, sell_order
from powerpact.simulation.community import OrderIntent, Side

OPEN_LEAD_S: Final = 900
"""Time from the opening of a market to its delivery slot, s."""

GATE_LEAD_S: Final = 300
"""Time from its gate to the slot, s."""

TOLERANCE_PPM: Final = 50_000
"""Shortfall that is not penalised."""

PENALTY_PPM: Final = 200_000
"""Penalty on the value of a shortfall beyond the tolerance."""


def market_rules(
    arbiter: ChecksumAddress,
    slot: Slot,
    zone: str,
    mechanism: MarketMechanism = MarketMechanism.SATISFACTION,
    mode: Mode = Mode.DIVISIBLE,
    *,
    readings_wait_s: int,
) -> Rules:
    """The rules of the market for one slot; a call auction is divisible whatever the mode."""
    times = times_of(
        slot.start,
        slot.length_s,
        gate_before_s=GATE_LEAD_S,
        final_after_s=GATE_LEAD_S,
        readings_wait_s=readings_wait_s,
    )
    matching = {
        "attributes": ATTRIBUTES,
        "categories": tuple(CATEGORIES),
        "source_category": SOURCE_CATEGORY,
        "price_rule": PriceRule.MIDPOINT,
        "mode": mode,
    }
    return Rules(
        arbiter=arbiter,
        slot_start=slot.start,
        slot_length_s=slot.length_s,
        **times._asdict(),
        **(AUCTION if mechanism is MarketMechanism.CALL else matching),
        tolerance_ppm=TOLERANCE_PPM,
        penalty_ppm=PENALTY_PPM,
        zone=zone,
    )


def order_of(intent: OrderIntent, rules: Rules, trader: ChecksumAddress, device: int, nonce: int) -> Order:
    """The order that a home signs; what is attested about it stays zero.

    In an auction it states nothing but its energy and its limit: the most that it pays, or the least that it accepts.
    """
    common = Common(trader=trader, energy_wh=intent.energy_wh, nonce=nonce)
    if rules.mechanism is MarketMechanism.CALL:
        if intent.side is Side.BUY:
            return buy_order(rules, common, intent.price_upoints_per_kwh)
        minimum = intent.min_price_upoints_per_kwh
        return sell_order(rules, common, minimum, minimum, device)
    names = [entry.name for entry in rules.attributes]
    classes = {name: label for name, label in zip(CATEGORIES, intent.classes, strict=True) if label is not None}
    if intent.side is Side.BUY:
        wants = {
            name: Want(term.expect, term.limit, term.weight_ppm) for name, term in zip(names, intent.soft, strict=True)
        }
        return buy_order(rules, common, intent.price_upoints_per_kwh, wants=wants, require=classes)
    classes.pop(SOURCE_CATEGORY, None)
    return sell_order(
        rules,
        common,
        intent.price_upoints_per_kwh,
        intent.min_price_upoints_per_kwh,
        device,
        declared=dict(zip(names, intent.declared, strict=True)),
        classes=classes,
    )
