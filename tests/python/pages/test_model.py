"""The report as JSON."""

from __future__ import annotations

import json

import pytest

from powerpact.pages import DayReport, GasStep, PriceRange
from powerpact.pages.errors import BadReport
from testkit.simulated_day import citylearn_day


@pytest.fixture(scope="module")
def report():
    return citylearn_day()


def test_json_there_and_back(report):
    assert DayReport.from_json(report.to_json()) == report


def test_same_day_same_report(report):
    assert citylearn_day().to_json() == report.to_json()


def test_another_seed_another_market(report):
    assert citylearn_day(seed=1).trades != report.trades


def test_json_holds_numbers_in_whole_units(report):
    data = json.loads(report.to_json())
    assert data["schema"] == "powerpact/day-report/2"
    assert len(data["trades"]) == len(report.trades)
    for trade, written in zip(report.trades, data["trades"], strict=True):
        assert written["price_upoints_per_kwh"] == trade.price_upoints_per_kwh
        assert all(isinstance(value, (int, str)) for value in written.values())


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "not a day report"),
        ("[]", "not a day report"),
        ("{}", "not a day report: KeyError\\('schema'\\)"),
        ('{"schema": "powerpact/round/1"}', "schema is 'powerpact/round/1'"),
        ('{"schema": "powerpact/day-report/1"}', "schema is 'powerpact/day-report/1'"),
        ('{"schema": "powerpact/day-report/2"}', "missing or unknown"),
    ],
)
def test_other_json_is_refused(text, problem):
    with pytest.raises(BadReport, match=problem):
        DayReport.from_json(text)


@pytest.mark.parametrize("part", ["trades", "slots", "homes"])
def test_unknown_field_is_refused(report, part):
    data = report.to_dict()
    data[part] = [item | {"colour": "red"} for item in data[part]]
    with pytest.raises(BadReport, match="colour"):
        DayReport.from_json(json.dumps(data))


def test_gas_for_each_unit_is_rounded_up():
    assert GasStep("post", 1, 1001, 10, "order").gas_per_unit == 101
    assert GasStep("post", 1, 1001, 0, "order").gas_per_unit == 1001


def test_price_range():
    assert PriceRange.of(price for price in (5, 1, 3)) == PriceRange(1, 3, 5)
    assert PriceRange.of([]) is None
