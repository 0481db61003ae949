"""The tables in the terminal fit 100 columns and show the report's numbers."""

from __future__ import annotations

import io
from dataclasses import replace

import pytest
from rich.console import Console

from powerpact.pages import render_terminal
from powerpact.pages.terminal import WIDTH
from powerpact.pages.wording import kwh, loss_sentence, money, price
from testkit.simulated_day import HOSTILE_NAME, citylearn_day, hostile


@pytest.fixture(scope="module")
def report():
    return citylearn_day()


def printed(report, width=WIDTH, **options):
    stream = io.StringIO()
    render_terminal(report, Console(file=stream, width=width, color_system=None), **options)
    return stream.getvalue()


@pytest.mark.parametrize("all_trades", [False, True])
@pytest.mark.parametrize("width", [WIDTH, 200])
def test_fits(report, width, all_trades):
    lines = printed(report, width, all_trades=all_trades).splitlines()
    assert max(len(line.rstrip()) for line in lines) <= WIDTH


def test_nothing_is_cut_off(report):
    assert "…" not in printed(report, all_trades=True)


def test_every_hour_home_step_and_finding_is_there(report):
    text = printed(report)
    for slot in report.slots:
        assert slot.clock in text
    for home in report.homes:
        line = next(line for line in text.splitlines() if line.strip().startswith(f"{home.home}  "))
        assert money(report, home.saving_upoints) in line
    for step in report.gas:
        assert step.step in text
    assert "home-14" in text
    assert "493 kWh" in text


def test_every_trade_is_there_if_asked(report):
    lines = [line.split() for line in printed(report, all_trades=True).splitlines()]
    for trade in report.trades:
        cells = [
            report.slots[trade.slot].clock,
            trade.seller,
            trade.buyer,
            kwh(trade.promised_wh),
            kwh(trade.delivered_wh),
            price(report, trade.price_upoints_per_kwh),
        ]
        assert any(line[: len(cells)] == cells for line in lines)


def test_trades_are_left_out_otherwise(report):
    assert "promised  delivered" not in printed(report)


def test_names_are_not_markup(report):
    day = hostile(report)
    text = printed(day, all_trades=True)
    lines = text.splitlines()
    of_home = [trade for trade in day.trades if HOSTILE_NAME in (trade.seller, trade.buyer)]
    assert "[red]<script>" in text
    bill = money(day, next(home for home in day.homes if home.home == HOSTILE_NAME).bill_upoints)
    assert sum(line.strip().startswith(HOSTILE_NAME) and bill in line for line in lines) == 1
    assert sum(":00  " in line and HOSTILE_NAME in line for line in lines) == len(of_home)


def test_a_broken_invariant_is_loud(report):
    broken = replace(report.invariants[0], holds=False)
    assert "BROKEN" in printed(replace(report, invariants=(broken,)))
    assert "BROKEN" not in printed(report)


def test_a_day_without_anything(report):
    text = printed(replace(report, trades=(), gas=(), times=(), invariants=(), notes=()))
    assert "No invariant was checked." in text
    assert "Nobody traded" in text


def test_tariff_sharing_and_losers_are_told(report):
    text = " ".join(printed(report, 200).split())
    assert f"Prices of the utility: {report.tariff}; 100 points are one USD." in text
    assert f"Neighbours could have shared {kwh(report.sharing.could_wh, 1)} kWh" in text
    losers = [home for home in report.homes if home.saving_upoints < 0]
    assert losers
    for home in losers:
        assert loss_sentence(report, home) in text
