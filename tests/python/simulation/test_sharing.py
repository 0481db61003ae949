"""What neighbours could have shared: by hand for single slots, and consistent over whole days in every mode."""

from __future__ import annotations

import pytest

from powerpact.market.rules import Mode
from powerpact.pages import Sharing
from powerpact.simulation.community import OrderIntent, Side, SlotPlan
from powerpact.simulation.sharing import largest_flow_wh, share_of_slot
from testkit.simulated_day import citylearn_day


def order(home, side, energy_wh, price, minimum=0):
    return OrderIntent(home, side, 0, energy_wh, price, minimum, ())


def slot(*orders):
    return SlotPlan(0, 300, 50, orders)


ALL = [("b", "s"), ("c", "s"), ("b", "t"), ("c", "t")]
FULL = slot(order("b", Side.BUY, 900, 200), order("s", Side.SELL, 900, 150, 100))

CASES = {
    "all of it": (FULL, {"b": -900, "s": 900}, ALL, 900, Sharing(900, 900, 0, 0, 0, 0, 0)),
    "nobody has to spare": (FULL, {"b": -900, "s": -1}, ALL, 0, Sharing(0, 0, 0, 0, 0, 0, 0)),
    "no order": (slot(), {"b": -900, "s": 700}, ALL, 0, Sharing(700, 0, 700, 0, 0, 0, 0)),
    "one of two sellers stays out": (
        FULL,
        {"b": -900, "s": 500, "t": 300},
        ALL,
        500,
        Sharing(800, 500, 300, 0, 0, 0, 0),
    ),
    "an order on the other side": (
        slot(order("b", Side.BUY, 900, 200), order("s", Side.BUY, 900, 200)),
        {"b": -900, "s": 900},
        ALL,
        0,
        Sharing(900, 0, 900, 0, 0, 0, 0),
    ),
    "cautious": (
        slot(order("b", Side.BUY, 900, 200), order("s", Side.SELL, 400, 150, 100)),
        {"b": -900, "s": 900},
        ALL,
        400,
        Sharing(900, 400, 0, 500, 0, 0, 0),
    ),
    "price": (
        slot(order("b", Side.BUY, 900, 99), order("s", Side.SELL, 900, 150, 100)),
        {"b": -900, "s": 900},
        ALL,
        0,
        Sharing(900, 0, 0, 0, 900, 0, 0),
    ),
    "terms": (FULL, {"b": -900, "s": 900}, [], 0, Sharing(900, 0, 0, 0, 0, 900, 0)),
    "matched otherwise": (FULL, {"b": -900, "s": 900}, ALL, 350, Sharing(900, 350, 0, 0, 0, 0, 550)),
    "each by its share": (
        slot(
            order("b", Side.BUY, 600, 200),
            order("c", Side.BUY, 300, 90),
            order("s", Side.SELL, 500, 150, 100),
            order("t", Side.SELL, 200, 80, 80),
        ),
        {"b": -600, "c": -400, "s": 700, "t": 200, "u": 50},
        [("b", "s"), ("c", "s")],
        450,
        # 950 Wh could be shared; u's 50 stay out; orders reach 700; c does not pay s's minimum, yet b and c take all
        # of it; t may trade with nobody, so 500 are left, of which 450 were shared.
        Sharing(950, 450, 50, 200, 0, 200, 50),
    ),
}


@pytest.mark.parametrize(("plan", "surplus_wh", "eligible", "shared_wh", "expected"), CASES.values(), ids=CASES)
def test_by_hand(plan, surplus_wh, eligible, shared_wh, expected):
    assert share_of_slot(plan, surplus_wh, eligible, shared_wh) == expected


@pytest.mark.parametrize("mode", Mode)
@pytest.mark.parametrize("day", [200, 308])
def test_reasons_sum_to_what_was_not_shared(mode, day):
    report = citylearn_day(day, mode=mode)
    assert report.sharing.could_wh > report.sharing.shared_wh > 0
    for hour in report.slots:
        sharing = hour.sharing
        lost = (sharing.stayed_out_wh, sharing.caution_wh, sharing.price_wh, sharing.terms_wh, sharing.matching_wh)
        assert min(lost) >= 0
        assert sharing.shared_wh + sum(lost) == sharing.could_wh
        assert sharing.shared_wh == hour.neighbour_used_wh
        alone = hour.load_wh - hour.own_solar_used_wh
        assert sharing.could_wh == min(alone, hour.solar_wh - hour.own_solar_used_wh)
    assert Sharing.total(hour.sharing for hour in report.slots) == report.sharing


def test_orders_in_parts_share_more_than_pairs():
    shared_wh = {mode: citylearn_day(mode=mode).sharing.shared_wh for mode in Mode}
    assert shared_wh[Mode.DIVISIBLE] > 1.1 * shared_wh[Mode.ONE_TO_ONE]


def test_flow_of_more_than_its_integers_hold():
    giga = 10**9
    wanted, offered = {f"b{n}": giga for n in range(5)}, {f"s{n}": giga for n in range(5)}
    flow_wh = largest_flow_wh(wanted, offered, [(f"b{n}", f"s{n}") for n in range(5)])
    assert 5 * giga - 50 <= flow_wh <= 5 * giga
