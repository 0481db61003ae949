"""The vectors, which the contracts are checked against too: rules, solver and verifier give their numbers."""

import json

import pytest

from powerpact.mechanisms.satisfaction import spec
from powerpact.mechanisms.satisfaction.solver import solve
from powerpact.mechanisms.satisfaction.verifier import verify
from powerpact.mechanisms.satisfaction.verifier.cover import pair_scores
from testkit.roundfiles import parse_round
from testkit.vectors import ELIGIBILITY, ROUNDS, SCORING, round_of


@pytest.mark.parametrize("case", SCORING, ids=lambda case: case["name"])
def test_scoring_vector(case):
    round_ = round_of(case)
    (buyer,), (seller,) = round_.buyers, round_.sellers
    expected = case["expected"]
    score = None if expected is None else expected["score"]
    assert spec.pair_score_ppm(round_, buyer, seller) == score
    assert pair_scores(round_, [0], [0]) == [score]
    assert solve(round_).objective == (score or 0)
    if expected is not None:
        assert expected["t"] + expected["g"] == score
        assert (
            spec.seller_satisfaction_ppm(
                buyer.bid_upoints_per_kwh, seller.min_upoints_per_kwh, seller.ask_upoints_per_kwh
            )
            == expected["g"]
        )


@pytest.mark.parametrize("path", ROUNDS + ELIGIBILITY, ids=lambda path: path.stem)
def test_round_vector(path):
    vector = json.loads(path.read_text())
    round_ = parse_round(json.dumps(vector["round"]))
    pairs = [spec.pair_score_ppm(round_, buyer, seller) for buyer in round_.buyers for seller in round_.sellers]
    assert sum(score is not None for score in pairs) == vector["eligible"]
    for solution in (spec.match(round_), solve(round_)):
        assert solution.objective == vector["objective"]
        assert verify(round_, solution) is None


def test_vectors_are_there():
    assert len(SCORING) >= 30
    assert len(ROUNDS) >= 25
    assert len(ELIGIBILITY) >= 4
