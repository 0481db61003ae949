"""Bills and balances: by hand for one hour, and conserved over a simulated day."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import pytest

from powerpact.pages import TradeReport
from powerpact.simulation.accounting import Certificates, grid_bill_upoints, home_slot, make_day_report
from powerpact.simulation.community import plan_day
from powerpact.simulation.data.citylearn import load_citylearn
from powerpact.units import UPOINTS_PER_POINT
from testkit.simulated_day import citylearn_day

PRICES = 22 * UPOINTS_PER_POINT, 5 * UPOINTS_PER_POINT


@pytest.fixture(scope="module")
def report():
    return citylearn_day()


def trade(**changes):
    values = {
        "slot": 0,
        "seller": "s",
        "buyer": "b",
        "promised_wh": 1000,
        "delivered_wh": 800,
        "price_upoints_per_kwh": 10 * UPOINTS_PER_POINT,
        "paid_upoints": 8 * UPOINTS_PER_POINT,
        "penalty_upoints": 1 * UPOINTS_PER_POINT,
        "buyer_satisfaction_ppm": 700_000,
        "seller_satisfaction_ppm": 1_000_000,
        "certificates_wh": 800,
    }
    return TradeReport(**(values | changes))


@pytest.mark.parametrize(
    ("residual_wh", "upoints"), [(0, 0), (1, 22_000), (-1, -5_000), (2500, 55_000_000), (-2500, -12_500_000)]
)
def test_grid_bill(residual_wh, upoints):
    assert grid_bill_upoints(residual_wh, *PRICES) == upoints


def test_grid_bill_rounds_down_what_is_charged_and_what_is_paid():
    assert grid_bill_upoints(1, 1_999, 1_999) == 1
    assert grid_bill_upoints(-1, 1_999, 1_999) == -1


def test_buyer_who_needs_all_that_was_delivered():
    account = home_slot("b", 1500, 0, [trade()], PRICES)
    assert (account.neighbour_used_wh, account.grid_import_wh, account.grid_export_wh) == (800, 700, 0)
    assert account.bill_upoints == (7 * 22 // 10 * 1_000_000 + 400_000) + 8_000_000 - 1_000_000
    assert account.bill_without_upoints == 33_000_000


def test_buyer_who_needs_less_exports_the_rest():
    account = home_slot("b", 500, 0, [trade()], PRICES)
    assert (account.neighbour_used_wh, account.grid_import_wh, account.grid_export_wh) == (500, 0, 300)
    assert account.bill_upoints == -1_500_000 + 8_000_000 - 1_000_000


def test_seller_exports_what_is_not_sold():
    account = home_slot("s", 200, 1500, [trade()], PRICES)
    assert (account.own_solar_used_wh, account.sold_wh, account.grid_export_wh) == (200, 800, 500)
    assert account.bill_upoints == -2_500_000 - 8_000_000 + 1_000_000
    assert account.bill_without_upoints == -6_500_000


def test_home_without_trades_pays_the_same_with_and_without():
    account = home_slot("other", 900, 100, [trade()], PRICES)
    assert account.trades == 0
    assert account.bill_upoints == account.bill_without_upoints == 17_600_000


def test_load_is_covered_to_the_last_wh(report):
    for slot in report.slots:
        assert slot.own_solar_used_wh + slot.neighbour_used_wh + slot.grid_import_wh == slot.load_wh


def test_energy_balances_in_each_hour(report):
    for slot in report.slots:
        assert slot.solar_wh + slot.grid_import_wh == slot.load_wh + slot.grid_export_wh


def test_hours_and_homes_have_the_same_sums(report):
    for name in ("load_wh", "solar_wh", "own_solar_used_wh", "neighbour_used_wh", "grid_import_wh", "grid_export_wh"):
        assert sum(getattr(slot, name) for slot in report.slots) == sum(getattr(home, name) for home in report.homes)


def test_what_one_pays_another_gets(report):
    paid = sum(trade.paid_upoints for trade in report.trades)
    penalties = sum(trade.penalty_upoints for trade in report.trades)
    assert sum(home.paid_upoints for home in report.homes) == sum(home.earned_upoints for home in report.homes) == paid
    assert sum(home.penalty_paid_upoints for home in report.homes) == penalties
    assert sum(home.penalty_received_upoints for home in report.homes) == penalties


def test_bills_sum_to_what_the_utility_gets(report):
    by_slot = {slot.start_s: slot for slot in report.slots}
    plan = plan_day(load_citylearn(), 308, 2022)
    utility = 0
    for number, slot in enumerate(by_slot.values()):
        here = [trade for trade in report.trades if trade.slot == number]
        for index, home in enumerate(plan.profiles.homes):
            bought = sum(trade.delivered_wh for trade in here if trade.buyer == home)
            sold = sum(trade.delivered_wh for trade in here if trade.seller == home)
            residual_wh = int(plan.profiles.load_wh[number, index] - plan.profiles.solar_wh[number, index])
            residual_wh += sold - bought
            rate = slot.retail_upoints_per_kwh if residual_wh > 0 else slot.feed_in_upoints_per_kwh
            utility += (abs(residual_wh) * rate // 1000) * (1 if residual_wh > 0 else -1)
    assert report.bill_upoints == utility


def test_trade_counts_and_ranges_of_each_hour(report):
    assert sum(slot.trades for slot in report.slots) == len(report.trades)
    assert sum(home.trades for home in report.homes) == 2 * len(report.trades)
    for number, slot in enumerate(report.slots):
        prices = [trade.price_upoints_per_kwh for trade in report.trades if trade.slot == number]
        if not prices:
            assert slot.prices is slot.buyer_satisfaction_ppm is slot.seller_satisfaction_ppm is None
            continue
        assert (slot.prices.low, slot.prices.high) == (min(prices), max(prices))
        assert slot.prices.low <= slot.prices.mean <= slot.prices.high
        satisfactions = [trade.buyer_satisfaction_ppm for trade in report.trades if trade.slot == number]
        assert slot.buyer_satisfaction_ppm == sum(satisfactions) // len(satisfactions)


def test_trading_raises_self_sufficiency(report):
    assert report.self_sufficiency_alone_ppm < report.self_sufficiency_ppm < 1_000_000
    for home in report.homes:
        assert 0 <= home.self_sufficiency_alone_ppm <= home.self_sufficiency_ppm <= 1_000_000


def test_the_day_is_worth_reporting(report):
    assert len(report.trades) > 20
    assert any(trade.delivered_wh < trade.promised_wh for trade in report.trades)
    assert any(trade.penalty_upoints for trade in report.trades)
    assert report.saving_upoints > 0


def test_trades_are_in_the_order_of_the_hours(report):
    plan = plan_day(load_citylearn(), 308, 2022)
    eligible = set(product(plan.profiles.homes, repeat=2))
    again = make_day_report(
        plan,
        list(reversed(report.trades)),
        objectives=[slot.objective for slot in report.slots],
        mode="one-to-one",
        eligible=[eligible] * len(report.slots),
        certificates={home.home: Certificates(home.certificates_held_wh) for home in report.homes},
        chain="",
    )
    assert again.trades == report.trades
    assert [replace(slot, sharing=None) for slot in again.slots] == [
        replace(slot, sharing=None) for slot in report.slots
    ]
