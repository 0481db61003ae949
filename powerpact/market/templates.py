"""Rules to start from: the schema of a neighbourhood's market, and the usual times of a market."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final, NamedTuple

from powerpact.errors import BadChoice
from powerpact.market.forms import word_of
from powerpact.market.rules import (
    BOND_OF_COST,
    CONTEST_WINDOWS,
    FINAL_AFTER_S,
    GATE_BEFORE_S,
    REFUND_AFTER_S,
    AttributeSource,
    Kind,
    MarketAttribute,
    MarketMechanism,
    Mode,
    PriceRule,
    Rules,
)
from powerpact.market.schema import EnergySource
from powerpact.units import PPM

ATTRIBUTES: Final = (
    MarketAttribute("price", Kind.COST, AttributeSource.ASK),  # micro-points per kWh
    MarketAttribute("credibility", Kind.INCOME, AttributeSource.CREDIBILITY),  # ppm
    MarketAttribute("reliability", Kind.INCOME, AttributeSource.RELIABILITY),  # ppm
    MarketAttribute("completed-trades", Kind.INCOME, AttributeSource.COMPLETED_TRADES),  # trades
    MarketAttribute("line-length", Kind.COST, AttributeSource.DECLARED),  # m
)
"""Soft attributes of the neighbourhood template, in the order of its schema."""

CATEGORIES: Final[dict[str, tuple[str, ...]]] = {
    "source": tuple(word_of(source) for source in EnergySource),
    "grade": ("A", "B"),
    "feeder": ("north", "south"),
}
"""Categories of the neighbourhood template and their classes; codes are 1 + index, 0 requires nothing.

The classes of `source` are the energy sources of devices, with their codes: a seller's is taken from its device."""

SOURCE_CATEGORY: Final = "source"
"""The template's category that is filled with the device's energy source."""

AUCTION: Final[dict[str, Any]] = {
    "mechanism": MarketMechanism.CALL,
    "mode": Mode.DIVISIBLE,
    "price_rule": PriceRule.PAY_AS_BID,
    "attributes": (),
    "categories": (),
    "source_category": None,
    "k_ppm": PPM // 2,
}
"""Rules of a call auction: it looks at prices and energies only, and its price is the middle of the possible ones."""


class Times(NamedTuple):
    """The times of a market that follow from its slot, Unix seconds."""

    closes_at: int
    final_by: int
    refund_from: int


def times_of(
    slot_start: int,
    slot_length_s: int,
    *,
    gate_before_s: int = GATE_BEFORE_S,
    final_after_s: int = FINAL_AFTER_S,
    refund_after_s: int | None = None,
    challenge_window_s: int = 0,
    readings_wait_s: int = 0,
) -> Times:
    """Gate closure, end of the round and start of refunds of a market.

    Refunds start `refund_after_s` after a trade can be paid at the latest: after the slot and after the last moment for
    a final round, which is a challenge window after the last moment for a proposal, and two more for each of the
    refutations that put it off. Unless that is stated, they start an hour after it, and `readings_wait_s` after the
    slot at the earliest.

    Parameters
    ----------
    slot_start : int
        Start of the delivery slot, Unix seconds.
    slot_length_s : int
        Length of the slot, s.
    gate_before_s, final_after_s, refund_after_s, challenge_window_s : int
        As ``powerpact market open`` asks for them, s.
    readings_wait_s : int
        The deployment's (`Parameters.readings_wait_s`), s.

    Examples
    --------
    >>> times_of(36_000, 3_600)
    Times(closes_at=35700, final_by=36000, refund_from=43200)
    >>> times_of(36_000, 3_600, challenge_window_s=86_400).refund_from
    471600
    """
    closes_at = slot_start - gate_before_s
    final_by = closes_at + final_after_s
    slot_end = slot_start + slot_length_s
    payable = max(slot_end, final_by + CONTEST_WINDOWS * challenge_window_s)
    if refund_after_s is None:
        return Times(closes_at, final_by, max(payable + REFUND_AFTER_S, slot_end + readings_wait_s))
    return Times(closes_at, final_by, payable + refund_after_s)


def class_code(category: str, label: str | None) -> int:
    """Return the code of a class on chain: 1 + its index in the template, 0 for None.

    Examples
    --------
    >>> class_code("grade", "B"), class_code("grade", None)
    (2, 0)
    """
    return 0 if label is None else 1 + CATEGORIES[category].index(label)


def rules_from(
    given: Mapping[str, Any], slot_length_s: int, base: Rules | None = None, readings_wait_s: int = 0
) -> Rules:
    """Rules from what a user states, the rest as in other rules or in the neighbourhood template.

    Parameters
    ----------
    given : mapping of str to value
        Rules by their names; `closes_at`, `final_by` and `refund_from` as `times_of` takes their distances, s.
    slot_length_s : int
        Length of the slot unless it is stated, s.
    base : Rules, optional
        Rules to start from: their distances in time are kept for another slot.
    readings_wait_s : int
        As of `times_of`.

    Raises
    ------
    BadChoice
        If arbiter or slot are left out, without `base`.
    BadRules
        If a value is invalid.
    """
    said = dict(given)
    for name, flag in (("arbiter", "--arbiter"), ("slot_start", "--slot")):
        if name not in said and base is None:
            raise BadChoice(name, "none", "is left out", remedy=f"State it with {flag}, or name rules with --rules.")
    distances = _distances_of(base) if base else {}
    names = {"closes_at": "gate_before_s", "final_by": "final_after_s", "refund_from": "refund_after_s"}
    distances |= {names[name]: said.pop(name) for name in names if name in said}
    slot_start = said["slot_start"] if base is None else said.get("slot_start", base.slot_start)
    window_s = said.get("challenge_window_s", base.challenge_window_s if base else 0)
    if base is None:
        said.setdefault("slot_length_s", slot_length_s)
    if said.get("bond_upoints"):
        said.setdefault("challenge_cost_upoints", said["bond_upoints"] // BOND_OF_COST)
    length_s = said.get("slot_length_s", base.slot_length_s if base else slot_length_s)
    times = times_of(slot_start, length_s, **distances, challenge_window_s=window_s, readings_wait_s=readings_wait_s)
    if base is not None:
        return replace(base, **times._asdict(), **said)
    if said.get("mechanism") is MarketMechanism.CALL:
        return Rules(**times._asdict(), **{**AUCTION, **said})
    said.setdefault("source_category", None if "categories" in said else SOURCE_CATEGORY)
    said = {"attributes": ATTRIBUTES, "categories": tuple(CATEGORIES), **said}
    return Rules(**times._asdict(), **said)


def _distances_of(rules: Rules) -> dict[str, int]:
    """The distances of the times of these rules, as `times_of` takes them, s."""
    payable = max(rules.slot.end, rules.latest_final)
    return {
        "gate_before_s": rules.slot_start - rules.closes_at,
        "final_after_s": rules.final_by - rules.closes_at,
        "refund_after_s": rules.refund_from - payable,
    }
