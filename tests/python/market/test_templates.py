"""Rules from what a user states, and the usual times of a market."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from powerpact.errors import BadChoice
from powerpact.market.errors import BadRules
from powerpact.market.rules import CONTEST_WINDOWS, MarketMechanism, Mode, PriceRule
from powerpact.market.schema import EnergySource
from powerpact.market.templates import (
    ATTRIBUTES,
    CATEGORIES,
    SOURCE_CATEGORY,
    Times,
    class_code,
    rules_from,
    times_of,
)
from powerpact.mechanisms.registry import CALL, SATISFACTION, mechanism_of

ARBITER = "0x90F79bf6EB2c4f870365E785982E1f101E93b906"
SLOT_S = 3_600
SLOT = 100 * SLOT_S
STATED = {"arbiter": ARBITER, "slot_start": SLOT}


def test_times_unless_said_otherwise():
    assert times_of(SLOT, SLOT_S) == Times(SLOT - 300, SLOT, SLOT + SLOT_S + 3_600)


@given(*[st.integers(0, 10**6)] * 4)
def test_refunds_start_after_every_trade_can_be_paid(gate, final, refund, window):
    times = times_of(
        10**7, SLOT_S, gate_before_s=gate, final_after_s=final, refund_after_s=refund, challenge_window_s=window
    )
    assert times.refund_from - refund >= max(10**7 + SLOT_S, times.final_by + CONTEST_WINDOWS * window)
    assert times.refund_from - refund in (10**7 + SLOT_S, times.final_by + CONTEST_WINDOWS * window)


def test_the_template_is_used_unless_said_otherwise():
    rules = rules_from(STATED, SLOT_S)
    assert (rules.attributes, rules.categories) == (ATTRIBUTES, tuple(CATEGORIES))
    assert rules.source_category == SOURCE_CATEGORY
    assert (rules.closes_at, rules.final_by, rules.refund_from) == times_of(SLOT, SLOT_S)


def test_categories_of_ones_own_have_no_source_unless_said():
    assert rules_from({**STATED, "categories": ("grade",)}, SLOT_S).source_category is None
    assert rules_from({**STATED, "categories": ("a",), "source_category": "a"}, SLOT_S).source_category == "a"
    with pytest.raises(BadRules):
        rules_from({**STATED, "categories": ("a",), "source_category": "b"}, SLOT_S)


def test_an_auction_has_its_own_defaults():
    rules = rules_from({**STATED, "mechanism": MarketMechanism.CALL}, SLOT_S)
    assert (rules.attributes, rules.categories, rules.source_category) == ((), (), None)
    assert (rules.mode, rules.price_rule, rules.k_ppm) == (Mode.DIVISIBLE, PriceRule.PAY_AS_BID, 500_000)
    assert rules_from({**STATED, "mechanism": MarketMechanism.CALL, "k_ppm": 0}, SLOT_S).k_ppm == 0
    assert mechanism_of(rules) is CALL
    assert mechanism_of(rules_from(STATED, SLOT_S)) is SATISFACTION


@pytest.mark.parametrize("name", STATED)
def test_arbiter_and_slot_must_be_stated(name):
    with pytest.raises(BadChoice, match=name):
        rules_from({key: value for key, value in STATED.items() if key != name}, SLOT_S)


def test_other_rules_are_kept_but_for_what_is_stated():
    first = rules_from(
        {**STATED, "closes_at": 600, "final_by": 900, "refund_from": 60, "challenge_window_s": 7}, SLOT_S
    )
    assert rules_from({}, SLOT_S, first) == first
    moved = rules_from({"slot_start": SLOT + SLOT_S, "price_rule": PriceRule.PAY_AS_BID}, SLOT_S, first)
    assert moved.price_rule is PriceRule.PAY_AS_BID
    for name in ("slot_start", "closes_at", "final_by", "refund_from"):
        assert getattr(moved, name) == getattr(first, name) + SLOT_S


def test_the_classes_of_the_source_are_those_of_devices():
    """The chain takes a seller's class of this category from its device."""
    codes = {label: class_code(SOURCE_CATEGORY, label) for label in CATEGORIES[SOURCE_CATEGORY]}
    assert codes == {source.name.lower(): source for source in EnergySource}


def test_class_codes_are_unique_and_start_at_one():
    for category, labels in CATEGORIES.items():
        assert [class_code(category, label) for label in labels] == list(range(1, len(labels) + 1))
        assert class_code(category, None) == 0
