"""Work in blocks: any executor gives the same trades after the same passes, and the same first fault."""

import time
from dataclasses import replace
from unittest.mock import patch

import pytest

from powerpact.blocks import Threads, cut
from powerpact.market.rules import Mode
from powerpact.mechanisms.registry import SATISFACTION
from powerpact.mechanisms.satisfaction.verifier import cover
from testkit.executors import Copies
from testkit.rounds import large_round


def passes_of(round_, executor):
    """Solution, and the steps on the way to it."""
    steps = []
    solution = SATISFACTION.solve(round_, steps.append, executor=executor)
    return solution, [step for step in steps if step == "pricing all pairs"], steps


@pytest.mark.parametrize("mode", list(Mode))
@pytest.mark.parametrize("ties", [False, True])
def test_copies_give_the_same_trades_after_the_same_number_of_pricing_passes(mode, ties):
    round_ = large_round(mode, 900, 1_100, seed=5, ties=ties)
    shared_memory, copies = Threads(2), Copies()
    first, pricing, steps = passes_of(round_, shared_memory)
    second, pricing_of_copies, steps_of_copies = passes_of(round_, copies)
    assert second == first
    assert pricing
    assert len(pricing_of_copies) == len(pricing)
    assert steps_of_copies == steps
    assert len(copies.begun) > 10


@pytest.mark.parametrize("place", ["first", "last"])
def test_every_executor_finds_the_same_uncovered_pair_and_stops_there(place):
    round_ = large_round(Mode.ONE_TO_ONE, 1_200, 900, seed=2, ties=False)
    right = SATISFACTION.solve(round_, lambda _: None)
    prices = right.buyer_duals_ppm
    hidden = next(iter(prices) if place == "first" else reversed(prices))
    false = {id_: price for id_, price in prices.items() if id_ != hidden}
    with patch.object(cover, "BLOCK", 64):
        copies = Copies()
        pairs = [
            cover.uncovered_pair(round_, false, right.seller_duals_ppm, executor)
            for executor in (Threads(1), Threads(3), copies)
        ]
    assert pairs[0] is not None
    assert pairs[0] == pairs[1] == pairs[2]
    for executor in (Threads(2), Copies()):
        assert SATISFACTION.verify(round_, right, lambda _: None, executor=executor) is None
        fault = SATISFACTION.verify(round_, replace(right, buyer_duals_ppm=false), lambda _: None, executor=executor)
        assert fault is not None


def test_who_stops_taking_results_drops_the_blocks_that_have_not_begun():
    threads, begun = Threads(2), []

    def slow(value, begin, end):
        begun.append(begin)
        time.sleep(0.01)
        return value + begin

    results = threads.run(slow, threads.share(100), cut(200, 1))
    assert [next(results) for _ in range(3)] == [100, 101, 102]
    results.close()
    assert len(begun) <= 3 + 2 * 2 + 2
    assert list(threads.run(slow, threads.share(0), cut(5, 1))) == [0, 1, 2, 3, 4]


def test_results_come_in_the_order_of_the_blocks():
    def uneven(_, begin, end):
        time.sleep(0.02 if begin == 0 else 0)
        return begin, end

    threads = Threads(4)
    assert list(threads.run(uneven, threads.share(None), cut(9, 2))) == cut(9, 2)


def test_nothing_is_run_for_no_blocks():
    threads = Threads(2)
    assert list(threads.run(lambda *_: pytest.fail("there is no block"), threads.share(None), [])) == []
