"""The solver of call auctions at its edges: known mistakes of other markets, the largest numbers, many orders."""

import random
import time

import pytest

from powerpact.mechanisms.call import spec
from powerpact.mechanisms.call.round import Order, Round
from powerpact.mechanisms.call.solver import solve
from powerpact.mechanisms.call.verifier import verify
from powerpact.units import ENERGY, PRICE
from testkit.auctions import fills_of, orders


def test_a_book_that_steps_past_one_another_clears_in_full():
    """Bids 1 at 8 and 2 at 6 against an offer of 2 at 1 trade 2, not 1."""
    round_ = Round(500_000, orders("b", (8, 1), (6, 2)), orders("s", (1, 2)))
    assert fills_of(round_, solve(round_)) == ([1, 1], [2])


def test_nothing_is_sold_twice():
    """Bids 3 and 4 against offers 5 and 2 of 7 Wh in all trade 7 Wh."""
    round_ = Round(500_000, orders("b", (9, 3), (8, 4)), orders("s", (1, 5), (2, 2)))
    assert sum(trade.energy_wh for trade in solve(round_).trades) == 7


def test_the_marginal_bid_sets_the_price_where_it_is_marginal():
    """The dearest accepted offer is 1, but a bid of 7 waits: the price is between 7 and 8."""
    round_ = Round(0, orders("b", (8, 2), (7, 1)), orders("s", (1, 2)))
    assert solve(round_).certificate.price_upoints_per_kwh == 7


@pytest.mark.parametrize("k_ppm", [0, 500_000, 1_000_000])
def test_the_largest_numbers(k_ppm):
    most, dearest = ENERGY.maximum, PRICE.maximum
    round_ = Round(
        k_ppm,
        orders("b", *[(dearest, most)] * 9, (0, most)),
        orders("s", *[(0, most)] * 7, *[(dearest, most - 1)] * 4),
    )
    solution = solve(round_)
    assert solution == spec.auction(round_)
    assert verify(round_, solution) is None


def test_the_order_of_the_list_decides_ties_and_nothing_else():
    buyers, sellers = orders("b", (90, 2), (90, 2), (90, 2)), orders("s", (50, 4))
    assert fills_of(*_solved(buyers, sellers))[0] == [2, 1, 1]
    assert fills_of(*_solved(buyers[::-1], sellers))[0] == [2, 1, 1]
    shuffled = random.Random(7).sample(sellers, len(sellers))
    assert fills_of(*_solved(buyers, shuffled))[0] == [2, 1, 1]


def test_an_order_that_cannot_trade_changes_no_trade():
    round_ = Round(500_000, orders("b", (100, 4)), orders("s", (60, 4)))
    more = Round(500_000, [*orders("b", (100, 4)), Order("low", 10, 5)], [*orders("s", (60, 4)), Order("high", 200, 5)])
    assert solve(more) == solve(round_)


def test_many_orders_are_cleared_quickly():
    """100 000 orders a side take about half a second of a processor; ten times that would be a fault."""
    draw = random.Random(3)
    sides = [
        [Order(f"{side}{n}", draw.randint(50_000, 150_000), draw.randint(1, 5_000)) for n in range(100_000)]
        for side in "bs"
    ]
    round_ = Round(500_000, *sides)
    begin = time.process_time()
    solution = solve(round_)
    assert time.process_time() - begin < 5
    assert verify(round_, solution) is None
    assert 90_000 < len(solution.trades) < 200_000


def test_steps_are_told_and_can_stop_the_solver():
    steps = []
    solve(Round(0, orders("b", (2, 1)), orders("s", (1, 1))), step=steps.append)
    assert steps == ["sorting orders", "sharing at the margin", "pairing fills"]
    with pytest.raises(KeyboardInterrupt):
        solve(Round(0, [], []), step=_stop)


def _stop(_):
    raise KeyboardInterrupt


def _solved(buyers, sellers):
    round_ = Round(500_000, buyers, sellers)
    return round_, solve(round_)
