"""Rounds of homes are what their docstring says."""

from benchmarks.families import make
from benchmarks.homes import make_homes
from powerpact.market.rules import Mode
from powerpact.market.templates import CATEGORIES
from powerpact.simulation.community import MIN_ORDER_WH


def test_sizes_and_schema():
    round_ = make_homes(40)
    assert len(round_.buyers) == len(round_.sellers) == 40
    assert round_.categories == tuple(CATEGORIES)
    assert all(order.energy_wh >= MIN_ORDER_WH for order in (*round_.buyers, *round_.sellers))
    assert all(seller.attributes[0] == seller.ask_upoints_per_kwh for seller in round_.sellers)


def test_homes_differ():
    round_ = make_homes(200)
    assert len({order.energy_wh for order in round_.buyers}) > 100
    assert len({order.soft for order in round_.buyers}) == 200


def test_a_smaller_round_is_not_the_beginning_of_a_larger_one():
    assert make_homes(40).buyers[:20] != make_homes(20).buyers


def test_modes_share_their_orders():
    one, divisible = make("homes", 20), make("homes", 20, Mode.DIVISIBLE)
    assert (one.buyers, one.sellers) == (divisible.buyers, divisible.sellers)
    assert (one.mode, divisible.mode) == (Mode.ONE_TO_ONE, Mode.DIVISIBLE)
