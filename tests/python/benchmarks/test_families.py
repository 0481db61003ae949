"""The benchmark's rounds are what they are said to be, and its matrix is the rules'."""

import pytest

from benchmarks.families import FAMILIES, make
from benchmarks.matrix import scores
from powerpact.mechanisms.satisfaction.solver import solve
from powerpact.mechanisms.satisfaction.spec import match, pair_score_ppm

ELIGIBLE = {"mid": (0.14, 0.19), "dense": (1, 1), "sat": (1, 1), "corner": (1, 1), "homes": (0.45, 0.65)}
TIED_AT_THE_TOP = {"mid": (0, 0.01), "dense": (0, 0.01), "sat": (0.07, 0.13), "corner": (0.1, 0.2), "homes": (0, 0.01)}


@pytest.mark.parametrize("family", FAMILIES)
def test_matrix_is_that_of_the_rules(family):
    round_ = make(family, 25)
    expected = [[pair_score_ppm(round_, buyer, seller) or 0 for seller in round_.sellers] for buyer in round_.buyers]
    assert scores(round_).tolist() == expected


@pytest.mark.parametrize("family", FAMILIES)
def test_families_are_what_they_say(family):
    matrix = scores(make(family, 400))
    low, high = ELIGIBLE[family]
    assert low <= (matrix > 0).mean() <= high
    low, high = TIED_AT_THE_TOP[family]
    assert low <= (matrix == matrix.max()).mean() <= high


@pytest.mark.parametrize("family", FAMILIES)
def test_the_same_seed_gives_the_same_round(family):
    assert make(family, 10) == make(family, 10)
    assert make(family, 10) != make(family, 10, seed=2)


@pytest.mark.parametrize("family", FAMILIES)
def test_rounds_are_solved(family):
    round_ = make(family, 25)
    assert solve(round_).objective == match(round_).objective
