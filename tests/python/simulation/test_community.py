"""Orders come from the past alone, keep the market's rules, and depend on seed, home and slot only."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from powerpact.errors import BadChoice
from powerpact.market.rules import Kind
from powerpact.market.templates import ATTRIBUTES, CATEGORIES, class_code
from powerpact.simulation.community import (
    HISTORY_DAYS,
    MIN_ORDER_WH,
    Side,
    draw_int,
    plan_day,
)
from powerpact.simulation.data.citylearn import load_citylearn
from powerpact.units import MAX_ATTRIBUTES, MAX_CATEGORIES, PPM, PRICE

DAY, SEED = 331, 2022


@pytest.fixture(scope="module")
def homes():
    return load_citylearn()


@pytest.fixture(scope="module")
def plan(homes):
    return plan_day(homes, DAY, SEED)


@pytest.fixture(scope="module")
def orders(plan):
    return [order for slot in plan.slots for order in slot.orders]


def test_same_arguments_same_plan(homes, plan):
    again = plan_day(homes, plan.day, SEED)
    assert (again.homes, again.slots) == (plan.homes, plan.slots)


def test_draws_are_the_same_on_every_machine():
    assert [draw_int(0, 999, SEED, "home-01", what) for what in ("bid", "ask", "min")] == [948, 498, 861]


def test_draws_reach_both_ends():
    assert {draw_int(-1, 2, number) for number in range(100)} == {-1, 0, 1, 2}


def test_another_seed_gives_other_preferences_and_the_same_energy(homes, plan):
    other = plan_day(homes, DAY, SEED + 1)
    assert all(ours != theirs for ours, theirs in zip(plan.homes, other.homes, strict=True))
    needs = [
        {order.home: order.energy_wh for order in slot.orders if order.side is Side.BUY} for slot in (*plan.slots[:5],)
    ]
    other_needs = [
        {order.home: order.energy_wh for order in slot.orders if order.side is Side.BUY} for slot in (*other.slots[:5],)
    ]
    assert needs == other_needs


def test_orders_of_a_home_do_not_depend_on_the_others(homes, plan):
    few = plan_day(homes.choose(["home-03", "home-08"]), DAY, SEED)
    for slot, alone in zip(plan.slots, few.slots, strict=True):
        assert [order for order in slot.orders if order.home in {"home-03", "home-08"}] == list(alone.orders)


def test_forecast_does_not_see_the_day_itself_or_what_follows(homes, plan):
    future = slice(DAY * 24, None)
    solar_wh, load_wh = homes.solar_wh.copy(), homes.load_wh.copy()
    solar_wh[future] = 7 * solar_wh[future] + 12_345
    load_wh[future] = 0
    changed = plan_day(replace(homes, solar_wh=solar_wh, load_wh=load_wh), DAY, SEED)
    assert changed.slots == plan.slots


def test_forecast_sees_the_last_days_only(homes, plan):
    past = slice(None, (DAY - HISTORY_DAYS) * 24)
    load_wh = homes.load_wh.copy()
    load_wh[past] += 5_000
    assert plan_day(replace(homes, load_wh=load_wh), DAY, SEED).slots == plan.slots


def test_promise_is_a_cautious_surplus_and_need_the_median_deficit(homes, plan, orders):
    caution = {home.home: home.caution for home in plan.homes}
    first_s = int(homes.start_s[0])
    for order in orders:
        column = homes.homes.index(order.home)
        rows = [(order.start_s - first_s) // 3600 - 24 * back for back in range(1, 8)]
        surpluses = sorted(int(homes.solar_wh[row, column] - homes.load_wh[row, column]) for row in rows)
        expected = surpluses[caution[order.home]] if order.side is Side.SELL else -surpluses[3]
        assert order.energy_wh == expected


def test_what_is_delivered_differs_from_what_is_promised(plan, orders):
    differing = 0
    for order in (order for order in orders if order.side is Side.SELL):
        hour = (order.start_s - plan.slots[0].start_s) // 3600
        column = plan.profiles.homes.index(order.home)
        surplus_wh = plan.profiles.solar_wh[hour, column] - plan.profiles.load_wh[hour, column]
        differing += surplus_wh != order.energy_wh
    assert differing > 50


def test_one_order_for_each_home_and_slot(plan):
    for slot in plan.slots:
        names = [order.home for order in slot.orders]
        assert names == sorted(set(names), key=plan.profiles.homes.index)
        assert all(order.start_s == slot.start_s for order in slot.orders)


def test_both_sides_meet_in_daylight(plan):
    both = [{order.side for order in slot.orders} == {Side.BUY, Side.SELL} for slot in plan.slots]
    assert sum(both) >= 10
    assert not any(both[:5])


def test_prices_lie_between_those_of_the_utility(plan):
    for slot in plan.slots:
        for order in slot.orders:
            low, high = slot.feed_in_upoints_per_kwh, slot.retail_upoints_per_kwh
            assert low <= order.price_upoints_per_kwh <= high <= PRICE.maximum
            if order.side is Side.SELL:
                assert low <= order.min_price_upoints_per_kwh <= order.price_upoints_per_kwh
            else:
                assert order.min_price_upoints_per_kwh == 0


def test_orders_keep_the_rules_of_rounds(orders):
    assert len(ATTRIBUTES) <= MAX_ATTRIBUTES
    assert len(CATEGORIES) <= MAX_CATEGORIES
    for order in orders:
        assert order.energy_wh >= MIN_ORDER_WH
        assert len(order.classes) == len(CATEGORIES)
        if order.side is Side.SELL:
            assert (len(order.declared), order.soft) == (len(ATTRIBUTES), ())
            assert None not in order.classes
            continue
        assert (len(order.soft), order.declared) == (len(ATTRIBUTES), ())
        assert sum(term.weight_ppm for term in order.soft) == PPM
        for term, entry in zip(order.soft, ATTRIBUTES, strict=True):
            if entry.kind is Kind.COST:
                assert 0 <= term.expect <= term.limit <= PRICE.maximum
            else:
                assert 0 <= term.limit <= term.expect <= PRICE.maximum


def test_preferences_differ_between_homes(plan):
    assert len({home.weights_ppm for home in plan.homes}) == len(plan.homes)
    assert len({home.require for home in plan.homes}) > 3
    assert len({home.bid_share_ppm for home in plan.homes}) == len(plan.homes)


def test_class_codes_are_unique_and_start_at_one():
    for category, labels in CATEGORIES.items():
        assert [class_code(category, label) for label in labels] == list(range(1, len(labels) + 1))
        assert class_code(category, None) == 0


def test_first_day_has_no_past(homes):
    with pytest.raises(BadChoice, match="no day before it to forecast from"):
        plan_day(homes, 0, SEED)


def test_second_day_has_one_day_of_past(homes):
    plan = plan_day(homes, 1, SEED)
    noon = {order.home: order for order in plan.slots[12].orders}
    surplus_wh = homes.solar_wh[12] - homes.load_wh[12]
    assert noon
    for home, order in noon.items():
        assert order.energy_wh == abs(int(surplus_wh[homes.homes.index(home)]))


def test_homes_without_panels_never_sell(homes):
    dark = replace(homes, solar_wh=np.zeros_like(homes.solar_wh))
    assert {order.side for slot in plan_day(dark, DAY, SEED).slots for order in slot.orders} == {Side.BUY}
