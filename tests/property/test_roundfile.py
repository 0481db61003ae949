"""Reading and writing of rounds and solutions: what is right survives, what is wrong is named."""

import json
import tracemalloc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from powerpact.errors import MalformedInput, PowerPactError
from powerpact.market.rules import Mode
from powerpact.mechanisms.satisfaction.roundfile import format_round, format_solution
from powerpact.mechanisms.satisfaction.spec import match, pair_score_ppm
from testkit.roundfiles import ROUND, changed, parse_round, parse_solution
from testkit.strategies import rounds

SOLUTION = {
    "schema": "powerpact/solution/1",
    "objective": 1_769_999,
    "trades": [{"buyer": "b0", "seller": "s0", "score": 1_769_999, "energy": 1200}],
    "duals": {"buyers": {"b0": 1_769_999}, "sellers": {}},
}

TEXT = json.dumps(ROUND)

GREEN = '$.buyers[0].soft["green value"]'


NO_UINT32 = [-1, 2**32, 1.0, 1.5, True, "1", None, [], {}, float("nan"), 10**400]
NO_UINT64 = [-1, 2**64, 1.0, True, "1", None]

BAD_ROUNDS = [
    *((p, ("buyers", 0, "bid", bad)) for p in ["$.buyers[0].bid"] for bad in NO_UINT32),
    *((p, ("sellers", 1, "ask", bad)) for p in ["$.sellers[1].ask"] for bad in NO_UINT32),
    *((p, ("sellers", 0, "min", bad)) for p in ["$.sellers[0].min"] for bad in NO_UINT32),
    *((f"{GREEN}.expect", ("buyers", 0, "soft", "green value", "expect", bad)) for bad in NO_UINT32),
    *((f"{GREEN}.limit", ("buyers", 0, "soft", "green value", "limit", bad)) for bad in NO_UINT32),
    *((f"{GREEN}.weight", ("buyers", 0, "soft", "green value", "weight", bad)) for bad in [*NO_UINT32, 1_000_001]),
    *(('$.sellers[0].attributes["green value"]', ("sellers", 0, "attributes", "green value", b)) for b in NO_UINT32),
    *(("$.buyers[0].energy", ("buyers", 0, "energy", bad)) for bad in NO_UINT64),
    *(("$.sellers[0].energy", ("sellers", 0, "energy", bad)) for bad in NO_UINT64),
    *(("$.buyers[0].minFill", ("buyers", 0, "minFill", bad)) for bad in [*NO_UINT32, 1_000_001]),
    *(("$.sellers[1].minFill", ("sellers", 1, "minFill", bad)) for bad in [*NO_UINT32, 1_000_001]),
    *(("$.buyers[1].trader", ("buyers", 1, "trader", bad)) for bad in [None, "", 7, ["ann"]]),
    *(("$.sellers[0].trader", ("sellers", 0, "trader", bad)) for bad in [None, "", 7, ["ann"]]),
    ("$.buyers[0].min_fill", ("buyers", 0, "min_fill", 1)),
    *(("$.buyers[1].person", ("buyers", 1, "person", bad)) for bad in [None, "", 7, ["ann"]]),
    *(("$.sellers[0].person", ("sellers", 0, "person", bad)) for bad in [None, "", 7, ["ann"]]),
    ("$.sellers[0].owner", ("sellers", 0, "owner", "ann")),
    ("$.schema", ("schema", "powerpact/round/2")),
    ("$.schema", ("schema", ["powerpact/round/1"])),
    ("$.schema", ("schema", ...)),
    ("$.mode", ("mode", "auction")),
    ("$.mode", ("mode", None)),
    ("$.mode", ("mode", {})),
    ("$.attributes", ("attributes", ...)),
    ("$.attributes", ("attributes", {})),
    ("$.attributes", ("attributes", [{"name": f"a{k}", "kind": "cost"} for k in range(9)])),
    ("$.attributes[0]", ("attributes", 0, "price")),
    ("$.attributes[0].kind", ("attributes", 0, "kind", "Cost")),
    ("$.attributes[0].kind", ("attributes", 0, "kind", ...)),
    ("$.attributes[1].name", ("attributes", 1, "name", "price")),
    ("$.attributes[1].name", ("attributes", 1, "name", 7)),
    ("$.attributes[1].name", ("attributes", 1, "name", "")),
    ("$.attributes[1].unit", ("attributes", 1, "unit", "ppm")),
    ("$.classes", ("classes", ...)),
    ("$.classes", ("classes", [f"c{k}" for k in range(9)])),
    ("$.classes[1]", ("classes", 1, "source")),
    ("$.classes[1]", ("classes", 1, None)),
    ("$.buyers", ("buyers", ...)),
    ("$.buyers", ("buyers", {})),
    ("$.buyers[1]", ("buyers", 1, "b1")),
    ("$.buyers[1].id", ("buyers", 1, "id", "b0")),
    ("$.buyers[1].id", ("buyers", 1, "id", ...)),
    ("$.buyers[1].id", ("buyers", 1, "id", 1)),
    ("$.buyers[0].bid", ("buyers", 0, "bid", ...)),
    ("$.buyers[0].ask", ("buyers", 0, "ask", 1)),
    ("$.buyers[0].require", ("buyers", 0, "require", None)),
    ("$.buyers[0].require.colour", ("buyers", 0, "require", "colour", "green")),
    ("$.buyers[0].require.grade", ("buyers", 0, "require", "grade", None)),
    ("$.buyers[0].require.grade", ("buyers", 0, "require", "grade", 1)),
    ("$.buyers[0].soft", ("buyers", 0, "soft", ...)),
    ("$.buyers[0].soft", ("buyers", 0, "soft", [])),
    ("$.buyers[0].soft.speed", ("buyers", 0, "soft", "speed", {"expect": 1, "limit": 1})),
    (f"{GREEN}.limit", ("buyers", 0, "soft", "green value", "limit", ...)),
    (f"{GREEN}.limit", ("buyers", 0, "soft", "green value", "limit", 900_001)),
    ("$.buyers[0].soft.price.limit", ("buyers", 0, "soft", "price", "limit", 89_999)),
    ("$.buyers[0].soft.price.least", ("buyers", 0, "soft", "price", "least", 1)),
    ("$.buyers[0].soft", ("buyers", 0, "soft", "price", "weight", 600_001)),
    ("$.buyers[0].soft", ("buyers", 0, "soft", "price", "weight", 599_999)),
    (f"{GREEN}.weight", ("buyers", 0, "soft", "green value", "weight", ...)),
    ("$.sellers", ("sellers", None)),
    ("$.sellers[1].id", ("sellers", 1, "id", "s0")),
    ("$.sellers[0].min", ("sellers", 0, "min", ...)),
    ("$.sellers[0].min", ("sellers", 0, "min", 100_001)),
    ("$.sellers[0].class", ("sellers", 0, "class", ...)),
    ("$.sellers[0].class.colour", ("sellers", 0, "class", "colour", "green")),
    ("$.sellers[0].class.grade", ("sellers", 0, "class", "grade", ["A"])),
    ("$.sellers[0].attributes", ("sellers", 0, "attributes", ...)),
    ("$.sellers[0].attributes.price", ("sellers", 0, "attributes", "price", ...)),
    ("$.sellers[0].attributes.price", ("sellers", 0, "attributes", "price", 99_999)),
    ("$.sellers[0].attributes.speed", ("sellers", 0, "attributes", "speed", 1)),
    ("$.sellers[0].bid", ("sellers", 0, "bid", 1)),
    ("$.orders", ("orders", [])),
]

BAD_SOLUTIONS = [
    ("$.schema", ("schema", "powerpact/round/1")),
    ("$.objective", ("objective", ...)),
    ("$.objective", ("objective", -1)),
    ("$.objective", ("objective", 1.0)),
    ("$.trades", ("trades", {})),
    ("$.trades[0].buyer", ("trades", 0, "buyer", "nobody")),
    ("$.trades[0].buyer", ("trades", 0, "buyer", "s0")),
    ("$.trades[0].seller", ("trades", 0, "seller", 0)),
    ("$.trades[0].score", ("trades", 0, "score", ...)),
    ("$.trades[0].score", ("trades", 0, "score", -1)),
    ("$.trades[0].energy", ("trades", 0, "energy", 2**64)),
    ("$.trades[0].price", ("trades", 0, "price", 1)),
    ("$.duals", ("duals", ...)),
    ("$.duals.sellers", ("duals", "sellers", ...)),
    ("$.duals.agents", ("duals", "agents", {})),
    ("$.duals.buyers.nobody", ("duals", "buyers", "nobody", 1)),
    ("$.duals.buyers.b0", ("duals", "buyers", "b0", -1)),
    ("$.duals.buyers.b0", ("duals", "buyers", "b0", 2**32)),
    ("$.duals.sellers.s0", ("duals", "sellers", "s0", True)),
    ("$.fee", ("fee", 1)),
]

BAD_TEXTS = [
    ("$", "", "not JSON"),
    ("$", "{", "not JSON"),
    ("$", "[]", "must be an object"),
    ("$", "[" * 100_000, "nested"),
    ("$", b"\xff", "not UTF-8"),
    ("$.schema", '{"schema": 1, "schema": 2}', "twice"),
    ("$", '{"schema": ' + "9" * 5_000 + "}", "number"),
]


def test_the_unchanged_round_is_fine():
    round_ = parse_round(json.dumps(ROUND))
    assert [order.id for order in round_.buyers] == ["b0", "b1"]
    assert round_.buyers[0].require == ("solar", None)
    assert parse_solution(json.dumps(SOLUTION), round_).buyer_duals_ppm == {"b0": 1_769_999}


@pytest.mark.parametrize(("path", "change"), BAD_ROUNDS)
def test_a_malformed_round_is_named_by_the_path_of_its_bad_field(path, change):
    with pytest.raises(MalformedInput) as caught:
        parse_round(json.dumps(changed(ROUND, change)))
    assert caught.value.path == path
    assert str(caught.value).startswith(f"{path}: ")


@pytest.mark.parametrize(("path", "change"), BAD_SOLUTIONS)
def test_a_malformed_solution_is_named_by_the_path_of_its_bad_field(path, change):
    round_ = parse_round(json.dumps(ROUND))
    with pytest.raises(MalformedInput) as caught:
        parse_solution(json.dumps(changed(SOLUTION, change)), round_)
    assert caught.value.path == path


@pytest.mark.parametrize(("path", "text", "problem"), BAD_TEXTS)
def test_what_is_no_json_object_is_malformed(path, text, problem):
    with pytest.raises(MalformedInput) as caught:
        parse_round(text)
    assert caught.value.path == path
    assert problem in caught.value.problem


def test_a_key_that_stands_twice_is_malformed():
    text = json.dumps(ROUND).replace('"bid": 110000', '"bid": 110000, "bid": 110000', 1)
    with pytest.raises(MalformedInput, match=r"buyers\[0\].bid: appears twice"):
        parse_round(text)


def not_json(read):
    """Whether reading finds no JSON."""
    try:
        read()
    except MalformedInput as error:
        return error.problem.startswith("not JSON")
    except json.JSONDecodeError:
        return True
    return False


@given(st.integers(0, len(TEXT) - 1), st.integers(0, 2), st.sampled_from(["", *'{}[],:"0 \n']))
@settings(max_examples=1_000, deadline=None)
def test_what_is_no_json_is_malformed(at, removed, inserted):
    text = TEXT[:at] + inserted + TEXT[at + removed :]
    assert not_json(lambda: parse_round(text)) == not_json(lambda: json.loads(text))


def test_blanks_and_the_order_of_keys_do_not_matter():
    data = dict(reversed(ROUND.items()))
    assert parse_round("\n " + json.dumps(data, indent="\t \r\n") + " \n") == parse_round(TEXT)
    assert parse_round(json.dumps(changed(ROUND, ("buyers", [])))).buyers == ()
    assert parse_round(json.dumps(changed(ROUND, ("buyers", [])), indent=1)).buyers == ()


def test_reading_does_not_take_a_multiple_of_the_text_in_memory():
    buyers = [{**ROUND["buyers"][0], "id": f"b{i}"} for i in range(2_000)]
    text = json.dumps(changed(ROUND, ("buyers", buyers)))
    tracemalloc.start()
    parse_round(text)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 2 * len(text)


@pytest.mark.parametrize("side", ["buyers", "sellers"])
def test_a_divisible_round_needs_energies(side):
    data = changed(ROUND, ("mode", "divisible"))
    parse_round(json.dumps(data))
    with pytest.raises(MalformedInput, match=rf"{side}\[1\].energy: is missing"):
        parse_round(json.dumps(changed(data, (side, 1, "energy", ...))))


@pytest.mark.parametrize("side", ["buyers", "sellers"])
def test_a_divisible_round_takes_no_least_shares(side):
    data = changed(ROUND, ("mode", "divisible"), (side, 1, "minFill", 0))
    assert [order.min_fill_ppm for order in getattr(parse_round(json.dumps(data)), side)] == [0, 0]
    with pytest.raises(MalformedInput, match=rf"{side}\[1\].minFill: 500000 is not 0"):
        parse_round(json.dumps(changed(data, (side, 1, "minFill", 500_000))))


def test_traders_and_least_shares_are_written_where_they_say_something():
    stated = [
        ("buyers", 0, "trader", "ann"),
        ("buyers", 0, "minFill", 1_000_000),
        ("buyers", 1, "trader", "b1"),
        ("sellers", 0, "minFill", 0),
        ("sellers", 1, "trader", "b1"),
        ("sellers", 1, "minFill", 1),
    ]
    round_ = parse_round(json.dumps(changed(ROUND, *stated)))
    assert [order.person for order in (*round_.buyers, *round_.sellers)] == ["ann", "b1", "s0", "b1"]
    written = json.loads(format_round(round_))
    found = [{key: order.get(key) for key in ("trader", "minFill")} for order in written["buyers"] + written["sellers"]]
    assert found == [
        {"trader": "ann", "minFill": 1_000_000},
        {"trader": None, "minFill": None},
        {"trader": None, "minFill": None},
        {"trader": "b1", "minFill": 1},
    ]
    assert parse_round(json.dumps(written)) == round_
    assert parse_round(TEXT) == parse_round(json.dumps(changed(ROUND, ("buyers", 0, "trader", "b0"))))


def test_persons_are_written_where_they_say_something():
    stated = [
        ("buyers", 0, "trader", "shop"),
        ("buyers", 0, "person", "ann"),
        ("buyers", 1, "person", "b1"),
        ("sellers", 0, "person", "ann"),
        ("sellers", 1, "trader", "ann"),
        ("sellers", 1, "person", "ann"),
    ]
    round_ = parse_round(json.dumps(changed(ROUND, *stated)))
    assert [order.person for order in (*round_.buyers, *round_.sellers)] == ["ann", "b1", "ann", "ann"]
    written = json.loads(format_round(round_))
    assert [order.get("person") for order in written["buyers"] + written["sellers"]] == ["ann", None, "ann", None]
    assert parse_round(json.dumps(written)) == round_


def test_what_may_be_left_out():
    left_out = [
        ("mode", ...),
        ("buyers", 0, "require", ...),
        ("buyers", 0, "energy", ...),
        ("sellers", 0, "energy", ...),
    ]
    weights = [("buyers", 0, "soft", name, "weight", ...) for name in ("price", "green value")]
    round_ = parse_round(json.dumps(changed(ROUND, *left_out, *weights)))
    assert round_.mode is Mode.ONE_TO_ONE
    assert round_.buyers[0].require == (None, None)
    assert round_.buyers[0].energy_wh is None
    assert [term.weight_ppm for term in round_.buyers[0].soft] == [500_000, 500_000]


def test_a_buyer_names_only_what_it_cares_about():
    """What is left out has no limit and no weight: whatever a seller has satisfies it."""
    alone = parse_round(
        json.dumps(
            changed(
                ROUND, ("buyers", 0, "soft", "green value", ...), ("buyers", 0, "soft", "price", "weight", 1_000_000)
            )
        )
    )
    price, green = alone.buyers[0].soft
    assert (price.expect, price.limit, price.weight_ppm) == (90_000, 120_000, 1_000_000)
    assert (green.expect, green.limit, green.weight_ppm) == (0, 0, 0)
    none = parse_round(json.dumps(changed(ROUND, ("buyers", 0, "soft", {}))))
    assert [term.weight_ppm for term in none.buyers[0].soft] == [500_000, 500_000]
    for seller in none.sellers:
        worth = pair_score_ppm(none, none.buyers[0], seller)
        assert worth == 2_000_000
    assert pair_score_ppm(alone, alone.buyers[0], alone.sellers[0]) == 1_666_666


def test_the_weights_of_what_is_named_sum_to_one():
    with pytest.raises(MalformedInput) as error:
        parse_round(json.dumps(changed(ROUND, ("buyers", 0, "soft", "green value", ...))))
    assert (error.value.path, error.value.value) == ("$.buyers[0].soft", 600_000)


def test_errors_are_of_one_tree_and_of_the_fitting_builtin():
    error = MalformedInput("$.a", "is missing")
    assert isinstance(error, PowerPactError)
    assert isinstance(error, ValueError)


@given(rounds())
@settings(max_examples=200, deadline=None)
def test_what_is_written_is_read_back(round_):
    text = format_round(round_)
    assert parse_round(text) == round_
    assert format_round(parse_round(text.encode())) == text
    solution = match(round_)
    assert parse_solution(format_solution(solution), round_) == solution
