"""A round runs from empty blocks to its final result, at a small size; false proposals are found and refuted."""

import json
from dataclasses import replace

import pytest

from benchmarks import large_round
from benchmarks.families import make
from benchmarks.large_round import BOND_UPOINTS, Steps, clear, mined, post, propose, recorded, town_of, uncovered, watch
from powerpact.solver import solve
from powerpact.types import Solution
from tests.helpers.chains import GAS_LIMIT, Receipt
from tests.helpers.market import Trader


def numbered(round_):
    """The round with numbers as ids, as on chain."""
    buyers = tuple(replace(buyer, id=str(i)) for i, buyer in enumerate(round_.buyers))
    first = len(buyers)
    sellers = tuple(replace(seller, id=str(first + j)) for j, seller in enumerate(round_.sellers))
    return replace(round_, buyers=buyers, sellers=sellers)


@pytest.mark.parametrize(("whole", "pieces"), [(0, 3), (9, 1)])
def test_a_small_round(monkeypatch, whole, pieces):
    monkeypatch.setattr(large_round, "BATCH", 5)
    monkeypatch.setattr(large_round, "CHUNK", 4)
    monkeypatch.setattr(large_round, "WHOLE", whole)
    steps = Steps()
    gas = clear(18, steps)
    done = {step["step"]: step for step in steps.done}
    assert done["post orders"]["transactions"] == 4
    assert done["propose trades with dual prices"]["transactions"] == pieces
    assert len(gas) == 3
    assert all(50_000 < used < 250_000 for used in gas.values())


def test_the_watcher_refutes_what_is_false():
    with town_of(8) as town:
        market = post(town, Steps())
        solution = solve(market.round())
        propose(market, replace(solution, buyer_duals_ppm={}, seller_duals_ppm=scores(solution)))
        market.seal()
        assert [challenge.proposal for challenge in watch(market)] == [market.proposal]
        town.endow(Trader(town.agent, town.agent, 0), BOND_UPOINTS)
        propose(market, solution)
        market.seal()
        assert watch(market) == []


def scores(solution):
    return {trade.seller: trade.score_ppm for trade in solution.trades}


def test_the_pair_that_is_found_is_uncovered():
    round_ = numbered(make("dense", 20))
    solution = solve(round_)
    with pytest.raises(ValueError, match="cover every pair"):
        uncovered(round_, solution)
    buyer, seller = uncovered(round_, Solution(0))
    assert (buyer, seller) == (0, 20)
    raised = replace(solution, seller_duals_ppm=dict.fromkeys(map(str, range(20, 39)), 2000000))
    assert uncovered(round_, raised)[1] == 39


def test_only_what_was_mined_has_gas():
    assert mined([Receipt(5, ()), Receipt(7, ())]).largest_gas == 7
    assert mined(Receipt(5, ())).gas == 5
    assert mined(["signature"]) is None
    assert mined(Solution(0)) is None
    assert mined([]) is None


def test_the_record_keeps_below_the_cap():
    record = json.loads(large_round.RECORD.read_text())
    sent = [step for step in record["steps"] if "largest_gas" in step]
    assert record["orders"] == 10_000
    assert max(step["largest_gas"] for step in sent) <= record["transaction_gas_cap"] == GAS_LIMIT
    assert len(recorded(record)[0].rows) == len(record["steps"])
    assert list(record["challenges"]) == ["10", "1000", "10000"]
