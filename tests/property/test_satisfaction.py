"""Scores: the same to the last digit in the rules, in the solver's exact and fast forms, and in the verifier."""

from dataclasses import replace

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from powerpact.blocks import Threads
from powerpact.market.orders import equal_weights_ppm
from powerpact.mechanisms.satisfaction.solver.arrays import encode
from powerpact.mechanisms.satisfaction.solver.bars import ELIMINATED, terms_of
from powerpact.mechanisms.satisfaction.solver.pairs import Pairs
from powerpact.mechanisms.satisfaction.solver.scoring import bound_chunk
from powerpact.mechanisms.satisfaction.spec import cost_satisfaction_ppm, income_satisfaction_ppm, pair_score_ppm
from powerpact.mechanisms.satisfaction.verifier.cover import pair_scores
from powerpact.units import MAX_SCORE_PPM, PPM
from testkit.strategies import UINT32_MAX, rounds

UINT32 = st.integers(0, UINT32_MAX)


def scores(round_):
    """Score of each pair by the rules."""
    return {
        (i, j): pair_score_ppm(round_, buyer, seller)
        for i, buyer in enumerate(round_.buyers)
        for j, seller in enumerate(round_.sellers)
    }


@given(rounds(most=8))
@settings(max_examples=300, deadline=None)
def test_solver_and_verifier_score_as_the_rules_do(round_):
    expected = scores(round_)
    buyers, sellers = encode(round_)
    rows, columns, found = Pairs(buyers, sellers, terms_of(round_), False, Threads(1)).every()
    solver = zip(buyers.place[rows].tolist(), sellers.place[columns].tolist(), found.tolist(), strict=True)
    assert {(i, j): w for i, j, w in solver} == {pair: w for pair, w in expected.items() if w is not None}
    verifier = pair_scores(round_, [i for i, _ in expected], [j for _, j in expected])
    assert verifier == list(expected.values())
    assert all(0 <= score <= MAX_SCORE_PPM for score in verifier if score is not None)


@given(rounds(most=8))
@settings(max_examples=300, deadline=None)
def test_bounds_are_as_close_as_the_solver_relies_on(round_):
    buyers, sellers = encode(round_)
    bounds = np.empty(len(round_.sellers))
    for i, place in enumerate(buyers.place):
        buyer = round_.buyers[place]
        bound_chunk(buyers, sellers, i, 0, sellers.size, bounds)
        for j, bound in enumerate(bounds):
            seller = round_.sellers[sellers.place[j]]
            unclassed = pair_score_ppm(
                round_,
                replace(buyer, require=(), trader="buyer", person_id=None, min_fill_ppm=0),
                replace(seller, classes=(), trader="seller", person_id=None, min_fill_ppm=0),
            )
            if unclassed is None:
                assert bound < ELIMINATED / 2
            else:
                assert unclassed - 1e-6 < bound < unclassed + 3


@given(UINT32, UINT32, UINT32)
def test_cost_is_income_mirrored(value, one, other):
    low, high = sorted((one, other))
    mirrored = income_satisfaction_ppm(UINT32_MAX - value, expect=UINT32_MAX - low, limit=UINT32_MAX - high)
    assert cost_satisfaction_ppm(value, expect=low, limit=high) == mirrored


@given(UINT32, UINT32, UINT32, UINT32)
def test_more_income_never_satisfies_less(value, more, one, other):
    value, more = sorted((value, more))
    low, high = sorted((one, other))
    less, greater = (income_satisfaction_ppm(h, expect=high, limit=low) for h in (value, more))
    assert less is None or (greater is not None and less <= greater)


@given(st.integers(1, 8))
def test_equal_weights_sum_to_one_and_favour_the_first(count):
    weights = equal_weights_ppm(count)
    assert sum(weights) == PPM
    assert list(weights) == sorted(weights, reverse=True)
    assert max(weights) - min(weights) <= 1
