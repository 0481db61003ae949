"""The vectors, which the contracts are held against too: rules, solver and verifier give their numbers."""

import json
from pathlib import Path

import pytest

from powerpact import spec
from powerpact.roundfile import parse_round
from powerpact.solver import solve
from powerpact.types import Attribute, Buyer, Kind, Mode, Round, Seller, SoftTerm
from powerpact.verifier import verify
from powerpact.verifier.cover import pair_scores

VECTORS = Path(__file__).parents[1] / "vectors"
SCORING = json.loads((VECTORS / "scoring.json").read_text())["cases"]
ROUNDS = sorted((VECTORS / "rounds").glob("*.json"))


def round_of(case):
    """The round of the one pair of a scoring vector."""
    buyer, seller = case["buyer"], case["seller"]
    soft = tuple(SoftTerm(term["expect"], term["limit"], term["weight"]) for term in buyer["soft"])
    return Round(
        Mode.ONE_TO_ONE,
        tuple(Attribute(f"f{f}", Kind(kind)) for f, kind in enumerate(case["kinds"])),
        (),
        (Buyer("b", buyer["bid"], soft),),
        (Seller("s", seller["ask"], seller["min"], tuple(seller["attributes"])),),
    )


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


@pytest.mark.parametrize("path", ROUNDS, ids=lambda path: path.stem)
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
