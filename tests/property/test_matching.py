"""Matchings: the rules, the solver and the verifier agree, and an outsider agrees with them."""

import time
from dataclasses import replace
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linear_sum_assignment

from powerpact.blocks import cut
from powerpact.errors import CertificateGap
from powerpact.market.rules import Mode
from powerpact.mechanisms.satisfaction.solver import Threads, multiscale, solve
from powerpact.mechanisms.satisfaction.solver.assignment import Assignment
from powerpact.mechanisms.satisfaction.spec import dual_sum_ppm, match, pair_score_ppm, uncovered_pairs
from powerpact.mechanisms.satisfaction.spec.matching import capacity
from powerpact.mechanisms.satisfaction.verifier import verify
from testkit.rounds import large_round
from testkit.strategies import rounds

SMALL = settings(max_examples=200, deadline=None)
LARGE = settings(max_examples=40, deadline=None)


def best_by_units(round_):
    """The optimum by SciPy, each unit of each order a separate agent."""
    buyers, sellers = ([order for order in side for _ in range(capacity(round_.mode, order))] for side in sides(round_))
    scores = {(b.id, s.id): pair_score_ppm(round_, b, s) or 0 for b in round_.buyers for s in round_.sellers}
    table = np.array([[scores[b.id, s.id] for s in sellers] for b in buyers]).reshape(len(buyers), len(sellers))
    return int(table[linear_sum_assignment(table, maximize=True)].sum())


def sides(round_):
    return round_.buyers, round_.sellers


def assert_proven(round_, solution):
    """The solution is feasible and its certificate holds, by the rules and by the verifier."""
    duals = [*solution.buyer_duals_ppm.values(), *solution.seller_duals_ppm.values()]
    assert min(duals, default=0) >= 0
    assert dual_sum_ppm(round_, solution) == solution.objective
    assert uncovered_pairs(round_, solution) == []
    assert verify(round_, solution) is None


def sampled(function):
    """Run the solver as for large rounds: by samples, candidates and pricing, with few candidates at that."""
    tight = {"DIRECT": 4, "STRIDE": 2, "TOPS": 2, "MOST_CANDIDATES": 2, "MOST_ADDED": 1}
    with patch.multiple(multiscale, **tight):
        return function()


@given(rounds(modes=(Mode.ONE_TO_ONE,), most=7))
@SMALL
def test_one_to_one_optimum(round_):
    reference, solution = match(round_), solve(round_)
    assert solution.objective == reference.objective == best_by_units(round_)
    assert_proven(round_, reference)
    assert_proven(round_, solution)


@given(rounds(modes=(Mode.DIVISIBLE,), most=6))
@SMALL
def test_divisible_optimum(round_):
    reference, solution = match(round_), solve(round_)
    assert solution.objective == reference.objective
    if sum(order.energy_wh for side in sides(round_) for order in side) < 60:
        assert solution.objective == best_by_units(round_)
    assert_proven(round_, reference)
    assert_proven(round_, solution)


@given(rounds(most=12))
@SMALL
def test_sampling_and_pricing_find_the_optimum(round_):
    solution = sampled(lambda: solve(round_))
    assert solution.objective == match(round_).objective
    assert_proven(round_, solution)


@given(rounds(most=12), st.integers(2, 5))
@LARGE
def test_threads_do_not_matter(round_, workers):
    with (
        patch("powerpact.mechanisms.satisfaction.solver.pairs.ROWS", 2),
        patch("powerpact.mechanisms.satisfaction.solver.pairs.CHUNKS", 1),
    ):
        alone, together = (sampled(lambda w=w: solve(round_, executor=Threads(w))) for w in (1, workers))
    assert alone == together == sampled(lambda: solve(round_))


@given(rounds(), st.data())
@SMALL
def test_the_order_of_the_orders_does_not_change_the_optimum(round_, data):
    buyers, sellers = (tuple(data.draw(st.permutations(side))) for side in sides(round_))
    assert solve(replace(round_, buyers=buyers, sellers=sellers)).objective == solve(round_).objective


@given(rounds(most=5).filter(lambda round_: round_.buyers))
@SMALL
def test_a_further_order_never_makes_it_worse(round_):
    assert solve(replace(round_, buyers=round_.buyers[1:])).objective <= solve(round_).objective


@pytest.mark.parametrize("ties", [False, True])
@pytest.mark.parametrize(("n", "m"), [(400, 400), (20, 2_000), (1_500, 15), (1, 700), (333, 500)])
@pytest.mark.parametrize("mode", list(Mode))
def test_rounds_beyond_the_direct_size(mode, n, m, ties):
    round_ = large_round(mode, n, m, seed=n + m, ties=ties)
    solution = solve(round_)
    assert verify(round_, solution) is None
    if mode is Mode.ONE_TO_ONE:
        assert solution.objective == best_by_units(round_)


def test_the_solver_checks_its_own_certificate():
    round_ = large_round(Mode.ONE_TO_ONE, 20, 20, seed=1, ties=False)
    settle = Assignment.settle

    def settle_wrongly(self, edges, ladder):
        settle(self, edges, ladder)
        self.u[np.argmax(self.u)] -= 1

    with patch.object(Assignment, "settle", settle_wrongly), pytest.raises(CertificateGap) as caught:
        solve(round_)
    assert caught.value.objective == caught.value.dual_sum + 1


def test_interrupted_threads_drop_their_blocks_and_work_again():
    threads, blocks, begun = Threads(2), cut(200, 1), []

    def interrupted(_, first, __):
        begun.append(first)
        if first == 0:
            raise KeyboardInterrupt
        time.sleep(0.01)

    with pytest.raises(KeyboardInterrupt):
        list(threads.run(interrupted, threads.share(None), blocks))
    assert len(begun) < len(blocks)
    assert list(threads.run(lambda _, *block: block, threads.share(None), blocks)) == blocks


def test_a_step_that_raises_stops_the_solver():
    def stop(_):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        solve(large_round(Mode.ONE_TO_ONE, 400, 400, seed=1, ties=False), step=stop)
