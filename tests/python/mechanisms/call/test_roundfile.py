"""Files of call auctions: what is wrong is named by its path."""

import json

import pytest

from powerpact.errors import MalformedInput
from powerpact.mechanisms.call.round import Order, Round
from powerpact.mechanisms.call.roundfile import format_round
from powerpact.mechanisms.registry import parse_round
from testkit.roundfiles import changed, parse_call_round, parse_solution

ROUND = {
    "schema": "powerpact/round/1",
    "mechanism": "call",
    "rules": {"k": 500_000},
    "buyers": [{"id": f"b{i}", "energy": 4, "bid": 100} for i in range(2)],
    "sellers": [{"id": f"s{j}", "energy": 3, "min": 80} for j in range(2)],
}
SOLUTION = {
    "schema": "powerpact/solution/1",
    "mechanism": "call",
    "objective": 120,
    "price": 100,
    "low": 100,
    "high": 100,
    "marginal": {"side": "buy", "low": {"buyer": "b0"}, "high": {"buyer": "b0"}},
    "level": 3,
    "last": None,
    "trades": [{"buyer": "b0", "seller": "s0", "energy": 3}, {"buyer": "b1", "seller": "s1", "energy": 3}],
}
PARSED = Round(500_000, [Order("b0", 100, 4), Order("b1", 100, 4)], [Order("s0", 80, 3), Order("s1", 80, 3)])

BAD_ROUNDS = [
    ("$.schema", ("schema", "powerpact/round/2")),
    ("$.mechanism", ("mechanism", "satisfaction")),
    ("$.mechanism", ("mechanism", ...)),
    ("$.rules", ("rules", ...)),
    ("$.rules", ("rules", 500_000)),
    ("$.rules.k", ("rules", {})),
    ("$.rules.k", ("rules", "k", 1_000_001)),
    ("$.rules.k", ("rules", "k", 0.5)),
    ("$.rules.j", ("rules", "j", 0)),
    ("$.mode", ("mode", "one-to-one")),
    ("$.attributes", ("attributes", [{"name": "price", "kind": "cost"}])),
    ("$.classes", ("classes", ["source"])),
    ("$.duals", ("duals", {})),
    ("$.buyers", ("buyers", ...)),
    ("$.buyers", ("buyers", {})),
    ("$.buyers[0].bid", ("buyers", 0, "bid", 2**32)),
    ("$.buyers[0].bid", ("buyers", 0, "bid", ...)),
    ("$.buyers[0].energy", ("buyers", 0, "energy", 2**64)),
    ("$.buyers[0].energy", ("buyers", 0, "energy", ...)),
    ("$.buyers[1].id", ("buyers", 1, "id", "b0")),
    ("$.buyers[1].soft", ("buyers", 1, "soft", {"price": {"expect": 1, "limit": 2}})),
    ("$.buyers[1].require", ("buyers", 1, "require", {"source": "solar"})),
    ("$.buyers[1].minFill", ("buyers", 1, "minFill", 1)),
    ("$.buyers[1].minFill", ("buyers", 1, "minFill", "0")),
    ("$.buyers[1].trader", ("buyers", 1, "trader", "")),
    ("$.sellers[0].person", ("sellers", 0, "person", "")),
    ("$.sellers[0].min", ("sellers", 0, "min", ...)),
    ("$.sellers[0].min", ("sellers", 0, "min", -1)),
    ("$.sellers[0].ask", ("sellers", 0, "ask", 81)),
    ("$.sellers[0].ask", ("sellers", 0, "ask", 79)),
    ("$.sellers[0].class", ("sellers", 0, "class", {"source": "solar"})),
    ("$.sellers[0].attributes", ("sellers", 0, "attributes", {"price": 80})),
    ("$.sellers[1].minFill", ("sellers", 1, "minFill", 1_000_000)),
    ("$.sellers[1].id", ("sellers", 1, "id", "s0")),
]

BAD_SOLUTIONS = [
    ("$.schema", ("schema", "powerpact/round/1")),
    ("$.mechanism", ("mechanism", ...)),
    ("$.mechanism", ("mechanism", "satisfaction")),
    ("$.objective", ("objective", -1)),
    ("$.price", ("price", ...)),
    ("$.price", ("price", 2**32)),
    ("$.low", ("low", "100")),
    ("$.high", ("high", 100.0)),
    ("$.marginal", ("marginal", None)),
    ("$.marginal.side", ("marginal", "side", "both")),
    ("$.marginal.side", ("marginal", "side", ["buy"])),
    ("$.marginal.side", ("marginal", "side", ...)),
    ("$.marginal.low", ("marginal", "low", {})),
    ("$.marginal.low", ("marginal", "low", {"buyer": "b0", "seller": "s0"})),
    ("$.marginal.low.buyer", ("marginal", "low", {"buyer": "s0"})),
    ("$.marginal.high.seller", ("marginal", "high", {"seller": "s2"})),
    ("$.marginal.high.order", ("marginal", "high", {"order": "s2"})),
    ("$.level", ("level", None)),
    ("$.level", ("level", 2**64)),
    ("$.level", ("marginal", "side", None)),
    ("$.last", ("last", "s0")),
    ("$.last", ("last", 1)),
    ("$.trades[0].seller", ("trades", 0, "seller", "b0")),
    ("$.trades[1].energy", ("trades", 1, "energy", ...)),
    ("$.trades[1].score", ("trades", 1, "score", 20)),
    ("$.duals", ("duals", {"buyers": {}, "sellers": {}})),
]


def test_a_round_is_read():
    assert parse_call_round(json.dumps(ROUND)) == PARSED
    assert parse_call_round(format_round(PARSED)) == PARSED


def test_what_an_auction_does_not_look_at_may_be_stated_if_it_says_nothing():
    stated = changed(
        ROUND,
        ("mode", "divisible"),
        ("attributes", []),
        ("classes", []),
        ("buyers", 0, "soft", {}),
        ("buyers", 0, "require", {}),
        ("buyers", 0, "minFill", 0),
        ("buyers", 0, "trader", "home-3"),
        ("buyers", 0, "person", "ann"),
        ("sellers", 0, "ask", 80),
        ("sellers", 0, "class", {}),
        ("sellers", 0, "attributes", {}),
        ("sellers", 0, "trader", "home-3"),
        ("sellers", 0, "person", "ann"),
    )
    assert parse_call_round(json.dumps(stated)) == PARSED


@pytest.mark.parametrize(("path", "change"), BAD_ROUNDS)
def test_a_malformed_round_is_named_by_the_path_of_its_bad_field(path, change):
    with pytest.raises(MalformedInput) as error:
        parse_call_round(json.dumps(changed(ROUND, change)))
    assert error.value.path == path


@pytest.mark.parametrize(("path", "change"), BAD_SOLUTIONS)
def test_a_malformed_solution_is_named_by_the_path_of_its_bad_field(path, change):
    assert parse_solution(json.dumps(SOLUTION), PARSED).objective == 120
    with pytest.raises(MalformedInput) as error:
        parse_solution(json.dumps(changed(SOLUTION, change)), PARSED)
    assert error.value.path == path


@pytest.mark.parametrize("name", ["auction", "", None, 1, ["call"]])
def test_an_unknown_mechanism_is_malformed(name):
    with pytest.raises(MalformedInput) as error:
        parse_round(json.dumps(changed(ROUND, ("mechanism", name))))
    assert error.value.path == "$.mechanism"
    assert "satisfaction, call" in str(error.value)


def test_a_solution_of_another_mechanism_is_malformed():
    mechanism, round_ = parse_round(json.dumps(ROUND))
    matching = {"schema": "powerpact/solution/1", "objective": 0, "trades": [], "duals": {"buyers": {}, "sellers": {}}}
    with pytest.raises(MalformedInput) as error:
        mechanism.parse_solution(json.dumps(matching), round_)
    assert error.value.path == "$.mechanism"


def test_numbers_beyond_their_type_are_refused_in_code_too():
    for order in (Order("b", 2**32, 1), Order("b", 1, 2**64), Order("b", -1, 1)):
        with pytest.raises(MalformedInput):
            Round(0, [order], [])
