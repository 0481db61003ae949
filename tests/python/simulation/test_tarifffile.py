"""Tariffs from files: prices at every time, and the first bad field named with value and remedy."""

from __future__ import annotations

import copy
import json
import re
from datetime import datetime
from pathlib import Path

import pytest

from powerpact.errors import BadChoice, MalformedInput
from powerpact.simulation.community import plan_day
from powerpact.simulation.data.citylearn import load_citylearn
from powerpact.simulation.tarifffile import parse_tariff

GOOD = {
    "schema": "powerpact/tariff/1",
    "name": "Stadtwerke, Tag und Nacht",
    "currency": "EUR",
    "points_per_unit": 100,
    "retail": {
        "price": 0.3149,
        "windows": [
            {"price": 0.4021, "from": "17:00", "to": "21:00", "days": "weekdays", "months": [11, 12, 1, 2]},
            {"price": "0.2507", "from": "22:00", "to": "06:00"},
            {"price": 0.28, "from": "00:00", "to": "24:00", "days": "weekend"},
        ],
    },
    "feed_in": 0.0786,
}


@pytest.mark.parametrize(
    ("moment", "retail"),
    [
        ("2024-01-15T16:59", 31_490_000),  # a Monday in winter
        ("2024-01-15T17:00", 40_210_000),
        ("2024-01-15T20:45", 40_210_000),
        ("2024-01-15T21:00", 31_490_000),
        ("2024-01-15T22:00", 25_070_000),  # over midnight
        ("2024-01-16T05:59", 25_070_000),
        ("2024-01-16T06:00", 31_490_000),
        ("2024-07-15T18:00", 31_490_000),  # summer
        ("2024-01-20T18:00", 28_000_000),  # a Saturday
        ("2024-01-20T23:00", 25_070_000),  # the first window that holds
    ],
)
def test_price_of_each_time(moment, retail):
    prices = parse_tariff(json.dumps(GOOD)).at(datetime.fromisoformat(moment))
    assert prices == (retail, 7_860_000)


def test_decimals_are_exact():
    text = json.dumps(GOOD).replace("0.3149", "0.1000000000000000055511151231257827")
    with pytest.raises(MalformedInput, match="finer than a micro-point"):
        parse_tariff(text)
    assert parse_tariff(json.dumps(GOOD | {"retail": 0.1})).retail.base_upoints_per_kwh == 10_000_000


BAD = {
    "not JSON": ("{", "$", "is not JSON"),
    "a list": ([], "$", "is not an object"),
    "another schema": ({"schema": "powerpact/rules/1"}, "$.schema", "is not 'powerpact/tariff/1'"),
    "no currency": ({"currency": None}, "$.currency", "is missing"),
    "a sign": ({"currency": "€"}, "$.currency", "'€' is not the code"),
    "half a point": ({"points_per_unit": 0.5}, "$.points_per_unit", "0.5 is not a whole number"),
    "no points": ({"points_per_unit": 0}, "$.points_per_unit", "0 is not a whole number"),
    "no name": ({"name": ""}, "$.name", "is not a name"),
    "unknown": ({"netting": True}, "$.netting", "True is unknown"),
    "text": ({"feed_in": "8 ct"}, "$.feed_in", "'8 ct' is not a price in EUR per kWh"),
    "comma": ({"feed_in": "0,08"}, "$.feed_in", "'0,08' is not a price"),
    "true": ({"feed_in": True}, "$.feed_in", "True is not a price"),
    "nothing": ({"feed_in": []}, "$.feed_in", "[] is not a price"),
    "negative": ({"feed_in": -0.01}, "$.feed_in", "-0.01 is not from 0 to 42.94967295 EUR"),
    "cents for euros": ({"retail": 4295}, "$.retail", "4295 is not from 0 to"),
    "not a number": ({"retail": float("nan")}, "$.retail", "is not from 0 to"),
    "no price": ({"retail": {"windows": []}}, "$.retail.price", "is missing"),
    "windows": ({"retail": {"price": 1, "windows": {}}}, "$.retail.windows", "{} is not a list"),
    "a window's clock": ({"to": "25:00"}, "$.retail.windows[0].to", "'25:00' is not a clock time"),
    "a window's number": ({"from": 17}, "$.retail.windows[0].from", "17 is not a clock time"),
    "a window's day": ({"days": "sunday"}, "$.retail.windows[0].days", "'sunday' is unknown"),
    "a window's month": ({"months": [0]}, "$.retail.windows[0].months", "[0] is not a list of months"),
    "no month": ({"months": []}, "$.retail.windows[0].months", "[] is not a list of months"),
    "an unknown member": ({"until": "9:00"}, "$.retail.windows[0].until", "'9:00' is unknown"),
}


@pytest.mark.parametrize(("change", "path", "problem"), BAD.values(), ids=BAD)
def test_first_bad_field_is_named_with_value_and_remedy(change, path, problem):
    data = copy.deepcopy(GOOD)
    if isinstance(change, dict):
        into = data["retail"]["windows"][0] if "windows[0]" in path else data
        into.update(change)
        if change == {"currency": None}:
            del data["currency"]
    text = json.dumps(data if isinstance(change, dict) else change) if not isinstance(change, str) else change
    with pytest.raises(MalformedInput) as caught:
        parse_tariff(text)
    assert (caught.value.path, problem in str(caught.value)) == (path, True)
    assert caught.value.remedy


def test_feed_in_above_retail_leaves_nothing_to_trade():
    tariff = parse_tariff(json.dumps(GOOD | {"feed_in": 0.26}))
    with pytest.raises(BadChoice, match="at 2017-06-28 00:00 the feed-in price is above the retail price") as caught:
        plan_day(load_citylearn(), 331, 1, tariff)
    assert caught.value.remedy


def test_example_of_the_docs():
    docs = Path(__file__).parents[3] / "docs" / "data.md"
    (example,) = re.findall(r"```json\n(\{\"schema\": \"powerpact/tariff.*?)```", docs.read_text(), re.DOTALL)
    tariff = parse_tariff(example)
    assert tariff.at(datetime(2024, 1, 15, 18)).retail_upoints_per_kwh == 38_000_000
    assert tariff.at(datetime(2024, 7, 15, 18)).retail_upoints_per_kwh == 31_000_000
