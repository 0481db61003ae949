"""The vectors, which the contracts are checked against too: rule, solver, verifier and oracle give their numbers."""

import json

import pytest

from powerpact.mechanisms.call import spec
from powerpact.mechanisms.call.roundfile import format_solution
from powerpact.mechanisms.call.solver import solve
from powerpact.mechanisms.call.verifier import verify
from powerpact.mechanisms.registry import CALL, MECHANISMS, parse_round
from testkit.auctions import cleared_by_scan, fills_of
from testkit.roundfiles import parse_call_round, parse_solution
from testkit.vectors import VECTORS

AUCTIONS = sorted((VECTORS / "call").glob("*.json"))


@pytest.mark.parametrize("path", AUCTIONS, ids=lambda path: path.stem)
def test_vector(path):
    vector = json.loads(path.read_text())
    round_ = parse_call_round(json.dumps(vector["round"]))
    stated = parse_solution(json.dumps(vector["solution"]), round_)
    fills = vector["fills"]["buyers"], vector["fills"]["sellers"]
    assert spec.auction(round_) == solve(round_) == stated
    assert fills_of(round_, stated) == fills
    assert verify(round_, stated) is None
    assert json.loads(format_solution(stated)) == vector["solution"]
    if max(map(sum, fills)) < 1_000:
        expected = cleared_by_scan(round_)
        assert expected.fills == fills
        assert expected.price == vector["solution"]["price"]


def test_the_registry_reads_the_vectors_as_auctions():
    mechanism, _ = parse_round(json.dumps(json.loads(AUCTIONS[0].read_text())["round"]))
    assert mechanism is CALL
    assert set(MECHANISMS) == {"satisfaction", "call"}


def test_vectors_are_there():
    assert len(AUCTIONS) >= 16
