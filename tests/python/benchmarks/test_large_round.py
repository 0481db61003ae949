"""A round runs from empty blocks to its final result, at a small size; false proposals are found and refuted."""

import json
from dataclasses import replace

import pytest

from benchmarks import gas, large_round
from benchmarks.large_round import BOND_UPOINTS, Steps, clear, mined, post, propose, recorded, town_of, watch
from powerpact.market.trades import MAX_CHUNK
from powerpact.mechanisms.satisfaction.round import Solution
from powerpact.mechanisms.satisfaction.solver import solve
from powerpact.mechanisms.satisfaction.spec.satisfaction import pair_score_ppm
from testkit.chains import GAS_LIMIT, Receipt
from testkit.market import Trader


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


def test_the_pair_that_refutes_is_uncovered():
    with town_of(8) as town:
        market = post(town, Steps())
    round_ = market.round()
    solution = solve(round_)
    with pytest.raises(ValueError, match="cover every pair"):
        market.refuting_pair(solution)
    buyers, sellers = ({order.id: order for order in side} for side in (round_.buyers, round_.sellers))
    buyer, seller = map(str, market.refuting_pair(Solution(0)))
    assert pair_score_ppm(round_, buyers[buyer], sellers[seller]) > 0
    spared = solution.trades[-1]
    raised = {id_: 2_000_000 for id_ in (*buyers, *sellers) if id_ not in (spared.buyer, spared.seller)}
    one_left = replace(solution, buyer_duals_ppm=raised, seller_duals_ppm=raised)
    assert market.refuting_pair(one_left) == (int(spared.buyer), int(spared.seller))


def test_what_is_proposed_at_once_is_a_chunk():
    assert max(large_round.CHUNK, large_round.WHOLE, *gas.SIZES) <= MAX_CHUNK


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
