"""Amounts and codes in words lose nothing: what is shown is read back as the same number."""

from dataclasses import replace
from datetime import UTC

import pytest
from hypothesis import given
from hypothesis import strategies as st

from powerpact.errors import BadChoice
from powerpact.market import wording
from powerpact.market.schema import EnergySource
from powerpact.market.templates import rules_from
from powerpact.units import MONEY, PRICE

RULES = rules_from({"arbiter": "0x90F79bf6EB2c4f870365E785982E1f101E93b906", "slot_start": 360_000}, 3_600)


@given(st.integers(1, MONEY.maximum))
def test_points_are_read_back_as_they_are_shown(upoints):
    assert wording.parse_money(f"{wording.points(upoints)} points") == upoints
    assert wording.parse_money(str(upoints)) == upoints
    shown, _, _ = wording.money(upoints).partition(" ")
    assert int(shown) == upoints


@given(st.integers(1, 10**9), st.integers(0, 999_999))
def test_a_decimal_point_makes_points(whole, fraction):
    assert wording.parse_money(f"{whole}.{fraction:06d}") == whole * 1_000_000 + fraction


@pytest.mark.parametrize(
    "text",
    [
        *("", "five", "5,5", "1e3", "nan", "inf", "-1", "0", "0.0", ".5", "5."),
        *("5.5 micro-points", "0.0000001", "1_000", "5 wei", str(MONEY.maximum + 1)),
    ],
)
def test_what_is_no_amount_is_refused(text):
    with pytest.raises(BadChoice, match="amount"):
        wording.parse_money(text)


@given(st.integers(0, PRICE.maximum))
def test_prices_are_written_as_amounts_are(upoints):
    assert wording.parse_price(str(upoints), least=0) == upoints
    assert wording.parse_price(f"{wording.points(upoints)} points", least=0) == upoints
    assert wording.parse_price(f"{upoints // 10**6}.{upoints % 10**6:06d}", least=0) == upoints


@pytest.mark.parametrize("text", ["", "0,11", "0.0000001", "0", str(PRICE.maximum + 1), "5000.0"])
def test_what_is_no_price_is_refused_by_its_name(text):
    with pytest.raises(BadChoice, match="bid"):
        wording.parse_price(text, "bid")


@given(st.integers(0, 10**9))
def test_a_span_is_exact(seconds):
    sizes = {"day": 86_400, "days": 86_400, "h": 3_600, "min": 60, "s": 1}
    words = wording.span(seconds).split()
    assert sum(int(number) * sizes[unit] for number, unit in zip(words[::2], words[1::2], strict=True)) == seconds


def test_a_moment_beyond_the_calendar_is_a_number():
    assert wording.moment(2**40 - 1, UTC) == str(2**40 - 1)


def test_the_labels_of_the_source_are_those_of_devices():
    assert wording.labels_of(RULES, "source") == {int(source): wording.source(source) for source in EnergySource}
    assert wording.labels_of(RULES, "grade") == {1: "A", 2: "B"}
    assert wording.labels_of(RULES, "unheard of") == {}
    assert wording.classes(RULES, bytes([5, 0, 9, 0, 0, 0, 0, 0])) == "source=storage, feeder=code 9"


def test_the_times_of_the_template_are_right():
    assert wording.wrong_times(RULES, RULES.closes_at - 1, 3_600, UTC) == []


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"closes_at": 358_000}, "is not ahead"),
        ({"closes_at": 360_001, "final_by": 360_002}, "after the slot's start"),
        ({"final_by": 359_700}, "not after the gate"),
        ({"refund_from": 360_000 + 2 * 3_600 - 1}, "before 1970-01-05 06:00 +00:00 (in 2 h 16 min)"),
        ({"challenge_window_s": 7_200}, "before 1970-01-05 15:00"),
        ({"refund_from": 360_000 + 2 * 3_600 + 30 * 86_400 + 1}, "more than 30 days after 1970-01-05 06:00"),
        ({"final_by": 359_700 + 30 * 86_400 + 1, "refund_from": 3_000_000}, "more than 30 days after the gate"),
    ],
)
def test_the_clause_that_is_broken_is_pointed_at(change, problem):
    (wrong,) = wording.wrong_times(replace(RULES, **change), 359_000, 0, UTC)
    assert problem in wrong


def test_refunds_wait_until_all_readings_are_final():
    late = replace(RULES, refund_from=360_000 + 3_600 + 9_000 - 1)
    (wrong,) = wording.wrong_times(late, 359_000, 9_000, UTC)
    assert "before 1970-01-05 07:30" in wrong
    assert "one longest slot after all readings are final" in wrong
    assert wording.wrong_times(replace(late, refund_from=late.refund_from + 1), 359_000, 9_000, UTC) == []
