"""A portal's file of quarter hours in local time, over a clock change, through import and demo to the right bills."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from typer.testing import CliRunner

from powerpact.chain.connection import connect
from powerpact.chain.local.node import Node
from powerpact.cli import app
from powerpact.simulation import run_market_day
from powerpact.simulation.community import Side
from powerpact.simulation.demo import HEAD_START_S, plan_demo
from powerpact.simulation.summary import summarise
from testkit.meter_file import HOMES, meter_file

DAY = date(2017, 3, 26)  # the clock goes from 02:00 to 03:00
EUROS = {"17": "0.3820", "18": "0.3820", "19": "0.3820", "20": "0.3820"}
"""Retail price of the evening's hours, EUR per kWh."""
BASE, FEED_IN = "0.3110", "0.0803"
TARIFF = {
    "schema": "powerpact/tariff/1",
    "name": "Stadtwerke, dearer in the evening",
    "currency": "EUR",
    "points_per_unit": 100,
    "retail": {"price": BASE, "windows": [{"price": "0.3820", "from": "17:00", "to": "21:00"}]},
    "feed_in": FEED_IN,
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The portal's file, the series that were imported from it, and the tariff."""
    folder = tmp_path_factory.mktemp("own")
    (folder / "portal.csv").write_bytes(meter_file(date(2017, 3, 20), date(2017, 3, 28)))
    (folder / "tariff.json").write_text(json.dumps(TARIFF))
    words = ["--wide", "--time-column", "Zeitpunkt", "--load-suffix", " Bezug", "--solar-suffix", " PV"]
    words += ["--decimal", ",", "--unit", "kWh", "--zone", "Europe/Berlin", "--stamps", "end"]
    run("data", "import", folder / "portal.csv", "-o", folder / "series.csv", *words)
    return folder


def run(*words):
    result = CliRunner().invoke(app, list(map(str, words)), catch_exceptions=False)
    assert result.exit_code == 0, result.stderr
    return result


@pytest.fixture(scope="module")
def report(folder):
    words = ["--profiles", folder / "series.csv", "--zone", "Europe/Berlin", "--day", DAY, "--title", "Our street"]
    words += ["--tariff", folder / "tariff.json", "--report", folder / "day.html", "--json"]
    return json.loads(run("demo", *words).stdout)


def hours_of_the_file(path, home):
    """Load and solar energy of a home for each hour of the day's clock, kWh, by its own reading of the file."""
    head, *lines = path.read_text(encoding="latin-1").splitlines()
    load_at, solar_at = (head.split(";").index(f"{home} {what}") for what in ("Bezug", "PV"))
    loads, suns = Counter(), Counter()
    for line in lines:
        cells = line.split(";")
        day, clock = cells[0].split()
        hour, minute = clock.split(":")
        # The stamp is the end: 00:00 belongs to the day before, and 03:00 of that day ends the quarter from 01:45.
        if day == "27.03.2017" and clock == "00:00":
            hour = 23
        elif day != "26.03.2017" or clock == "00:00":
            continue
        elif minute == "00":
            hour = 1 if hour == "03" else int(hour) - 1
        loads[int(hour)] += Decimal(cells[load_at].replace(",", "."))
        suns[int(hour)] += Decimal(cells[solar_at].replace(",", "."))
    return loads, suns


def test_the_day_has_23_hours(report):
    clocks = [slot["clock"] for slot in report["slots"]]
    assert clocks == [f"{hour:02}:00" for hour in range(24) if hour != 2]
    assert (report["title"], report["day"], report["slot_s"]) == ("Our street", "2017-03-26", 3600)
    assert [home["home"] for home in report["homes"]] == list(HOMES)
    retail = {slot["clock"][:2]: slot["retail_upoints_per_kwh"] for slot in report["slots"]}
    assert {hour for hour, upoints in retail.items() if upoints == 38_200_000} == {"17", "18", "19", "20"}


@pytest.mark.parametrize("home", HOMES)
def test_bills_by_hand(report, folder, home):
    """In euros, from the file itself: what the utility charges alone, and what trades make of it."""
    loads, suns = hours_of_the_file(folder / "portal.csv", home)
    assert set(loads) == set(range(24)) - {2}
    alone = bill = Decimal(0)
    for number, slot in enumerate(report["slots"]):
        hour = slot["clock"][:2]
        retail, feed_in = Decimal(EUROS.get(hour, BASE)), Decimal(FEED_IN)
        trades = [trade for trade in report["trades"] if trade["slot"] == number]
        bought = [trade for trade in trades if trade["buyer"] == home]
        sold = [trade for trade in trades if trade["seller"] == home]
        need = loads[int(hour)] - suns[int(hour)]
        alone += need * (retail if need > 0 else feed_in)
        need += Decimal(sum(trade["delivered_wh"] for trade in sold)) / 1000
        need -= Decimal(sum(trade["delivered_wh"] for trade in bought)) / 1000
        bill += need * (retail if need > 0 else feed_in)
        for trade in trades:
            # A point is a cent, a micro-point a millionth of it.
            value = Decimal(trade["delivered_wh"]) / 1000 * Decimal(trade["price_upoints_per_kwh"]) / 100_000_000
            due = value - Decimal(trade["penalty_upoints"]) / 100_000_000
            bill += due * ((trade["buyer"] == home) - (trade["seller"] == home))
    found = next(entry for entry in report["homes"] if entry["home"] == home)
    assert abs(Decimal(found["bill_without_upoints"]) / 100_000_000 - alone) < Decimal("0.000001")
    assert abs(Decimal(found["bill_upoints"]) / 100_000_000 - bill) < Decimal("0.000001")


def test_one_bill_with_a_pencil(report):
    """Lärche 1 drew 9.609 kWh by day and 3.371 kWh in the evening, and fed in 6.331 kWh, each hour netted by itself."""
    euros = (
        Decimal("9.609") * Decimal("0.3110")
        + Decimal("3.371") * Decimal("0.3820")
        - Decimal("6.331") * Decimal("0.0803")
    )
    assert euros == Decimal("3.7677417")
    (home,) = (home for home in report["homes"] if home["home"] == "Lärche 1")
    assert (home["load_wh"], home["solar_wh"]) == (19_712, 13_063)
    assert abs(home["bill_without_upoints"] - 376_774_170) <= len(report["slots"])


def test_the_report_shows_euros_and_the_tariff(report, folder):
    page = (folder / "day.html").read_text(encoding="utf-8")
    assert "<h1>Our street</h1>" in page
    assert "Prices of the utility: Stadtwerke, dearer in the evening; 100 points are one EUR." in page
    assert (report["currency"], report["points_per_unit"]) == ("EUR", 100)
    assert "USD" not in page
    assert report["trades"]


def test_quarter_hours_are_traded_and_settled(folder):
    """A few quarters in which homes trade, on the chain: the whole day takes no other path, only longer."""
    plan = plan_demo(None, DAY, 2022, folder / "series.csv", zone="Europe/Berlin", slot_s=900)
    assert len(plan.slots) == 92
    both = [number for number, slot in enumerate(plan.slots) if {order.side for order in slot.orders} == set(Side)]
    rows = slice(both[len(both) // 2], both[len(both) // 2] + 5)
    series = ("start_s", "load_wh", "solar_wh")
    profiles = replace(plan.profiles, **{name: getattr(plan.profiles, name)[rows] for name in series})
    plan = replace(plan, profiles=profiles, slots=plan.slots[rows])
    with Node(timestamp_s=plan.slots[0].start_s - HEAD_START_S) as node:
        result = run_market_day(connect(node.rpc_url), plan)
        summary = summarise(result, "anvil")
    assert result.chain.deployment.parameters.base_interval_s == 900
    assert all(finding.holds for finding in result.findings)
    assert summary.trades
    assert summary.delivered_wh > 0
    assert {trade.settled_in for trade in summary.trades} <= {sent.hash for sent in summary.transactions}
    assert [slot.clock for slot in summary.slots] == [
        f"{profiles.local(int(start_s)):%H:%M}" for start_s in profiles.start_s
    ]
