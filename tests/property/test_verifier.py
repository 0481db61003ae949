"""The verifier: one mutation of a good solution for each way to be wrong, each with the fault it must give."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from powerpact.market.orders import SoftTerm
from powerpact.market.rules import Attribute, Kind, Mode
from powerpact.mechanisms.satisfaction.round import Buyer, Round, Seller, Solution
from powerpact.mechanisms.satisfaction.spec import dual_sum_ppm, match, pair_score_ppm, uncovered_pairs
from powerpact.mechanisms.satisfaction.verifier import FaultKind, verify
from testkit.strategies import rounds


def buyer(key, bid, limit, energy_wh):
    return Buyer(key, bid, (SoftTerm(0, limit, 1_000_000),), (None,), energy_wh)


def seller(key, ask, energy_wh):
    return Seller(key, ask, 10, (ask,), ("solar",), energy_wh)


ORDERS = {
    "attributes": (Attribute("price", Kind.COST),),
    "categories": ("source",),
    "buyers": (buyer("b0", 90, 200, 3), buyer("b1", 60, 100, 4), buyer("b2", 15, 12, 9)),
    "sellers": (seller("s0", 50, 2), seller("s1", 80, 8)),
}
SINGLE = Round(Mode.ONE_TO_ONE, **ORDERS)
DIVISIBLE = Round(Mode.DIVISIBLE, **ORDERS)


def change(solution, trade=None, **fields):
    """A copy with other fields, and with other fields of the first trade."""
    trades = (replace(solution.trades[0], **(trade or {})), *solution.trades[1:])
    return replace(solution, **{"trades": trades, **fields})


def duals(solution, side, key, by):
    """A copy with a dual price changed by some ppm."""
    name = f"{side}_duals_ppm"
    prices = dict(getattr(solution, name))
    prices[key] = prices.get(key, 0) + by
    return replace(solution, **{name: prices})


def paired(buyer_id, seller_id):
    """A right trade of a pair."""
    buyer = next(order for order in SINGLE.buyers if order.id == buyer_id)
    seller = next(order for order in SINGLE.sellers if order.id == seller_id)
    score, energy_wh = pair_score_ppm(SINGLE, buyer, seller), min(buyer.energy_wh, seller.energy_wh)
    return {"buyer": buyer_id, "seller": seller_id, "score_ppm": score, "energy_wh": energy_wh}


def parts(trade):
    """A trade cut in two, of 1 Wh and of the rest."""
    return replace(trade, energy_wh=1), replace(trade, energy_wh=trade.energy_wh - 1)


def shifted(solution):
    """Dual prices of the first trade shifted to the buyer as far as they go: the same sum."""
    trade = solution.trades[0]
    dual = solution.seller_duals_ppm[trade.seller]
    return duals(duals(solution, "seller", trade.seller, -dual), "buyer", trade.buyer, dual)


BOTH = [
    (FaultKind.UNKNOWN_ORDER, lambda s: change(s, {"buyer": "nobody"})),
    (FaultKind.UNKNOWN_ORDER, lambda s: change(s, {"seller": "b0"})),
    (FaultKind.UNKNOWN_ORDER, lambda s: duals(s, "buyer", "nobody", 0)),
    (FaultKind.UNKNOWN_ORDER, lambda s: duals(s, "seller", "b0", 0)),
    (FaultKind.INELIGIBLE_PAIR, lambda s: change(s, {"buyer": "b2"})),
    (FaultKind.WRONG_SCORE, lambda s: change(s, {"score_ppm": s.trades[0].score_ppm + 1}, objective=s.objective + 1)),
    (FaultKind.WRONG_SCORE, lambda s: change(s, {"score_ppm": 0})),
    (FaultKind.PAIR_TRADES_TWICE, lambda s: replace(s, trades=(*s.trades, s.trades[0]))),
    (FaultKind.PAIR_TRADES_TWICE, lambda s: replace(s, trades=(*s.trades, replace(s.trades[0], energy_wh=None)))),
    (FaultKind.WRONG_ENERGY, lambda s: change(s, {"energy_wh": None})),
    (FaultKind.WRONG_OBJECTIVE, lambda s: replace(s, objective=s.objective + 1)),
    (FaultKind.WRONG_OBJECTIVE, lambda s: replace(s, objective=s.objective - 1)),
    (FaultKind.WRONG_OBJECTIVE, lambda s: replace(s, trades=s.trades[1:])),
    (FaultKind.NEGATIVE_DUAL, lambda s: duals(s, "buyer", "b2", -1)),
    (FaultKind.IDLE_DUAL, lambda s: duals(s, "buyer", "b2", 1)),
    (FaultKind.DUAL_GAP, lambda s: duals(s, "seller", "s0", 1)),
    (FaultKind.DUAL_GAP, lambda s: duals(s, "seller", "s0", -1)),
]
ONLY_SINGLE = [
    (FaultKind.ORDER_USED_TWICE, lambda s: change(s, paired(s.trades[0].buyer, s.trades[1].seller))),
    (FaultKind.WRONG_ENERGY, lambda s: change(s, {"energy_wh": s.trades[0].energy_wh + 1})),
    (FaultKind.WRONG_ENERGY, lambda s: change(s, {"energy_wh": s.trades[0].energy_wh - 1})),
    (FaultKind.UNCOVERED_PAIR, lambda s: Solution(0)),
    (FaultKind.UNCOVERED_PAIR, shifted),
]
ONLY_DIVISIBLE = [
    (FaultKind.WRONG_ENERGY, lambda s: change(s, {"energy_wh": 0})),
    (FaultKind.TOO_MUCH_ENERGY, lambda s: change(s, {"energy_wh": 4})),
    (FaultKind.PAIR_TRADES_TWICE, lambda s: replace(s, trades=(*parts(s.trades[0]), *s.trades[1:]))),
    (FaultKind.WRONG_OBJECTIVE, lambda s: change(s, {"energy_wh": s.trades[0].energy_wh - 1})),
    (FaultKind.UNCOVERED_PAIR, lambda s: Solution(0)),
]


@pytest.mark.parametrize("round_", [SINGLE, DIVISIBLE])
def test_the_unchanged_solution_is_fine(round_):
    solution = match(round_)
    assert len(solution.trades) >= 2
    assert verify(round_, solution) is None


@pytest.mark.parametrize(("kind", "mutate"), BOTH + ONLY_SINGLE)
def test_a_wrong_one_to_one_solution_has_its_fault_named(kind, mutate):
    fault = verify(SINGLE, mutate(match(SINGLE)))
    assert fault is not None
    assert fault.kind is kind
    assert all(key in fault.detail for key in fault.orders)


@pytest.mark.parametrize(("kind", "mutate"), BOTH + ONLY_DIVISIBLE)
def test_a_wrong_divisible_solution_has_its_fault_named(kind, mutate):
    fault = verify(DIVISIBLE, mutate(match(DIVISIBLE)))
    assert fault is not None
    assert fault.kind is kind


def test_every_kind_of_fault_is_in_the_catalogue():
    assert {kind for kind, _ in BOTH + ONLY_SINGLE + ONLY_DIVISIBLE} == set(FaultKind)


def test_an_agent_who_hides_an_order_is_refuted_by_a_pair_with_it():
    hidden = replace(SINGLE, buyers=SINGLE.buyers[1:])
    fault = verify(SINGLE, match(hidden))
    assert fault is not None
    assert fault.kind is FaultKind.UNCOVERED_PAIR
    assert "b0" in fault.orders
    assert fault.values["score_ppm"] > fault.values["buyer_dual_ppm"] + fault.values["seller_dual_ppm"]


@given(rounds(most=5), st.data())
@settings(max_examples=300, deadline=None)
def test_whatever_is_accepted_is_optimal(round_, data):
    """Trades and dual prices drawn at will, not far from right ones: the verifier says what the rules say."""
    best = match(round_)
    trades = [trade for trade in best.trades if data.draw(st.integers(0, 4))]
    nudge = st.sampled_from((0, 0, 0, 0, -1, 1))
    solution = Solution(
        objective=sum(trade.score_ppm * (trade.energy_wh if round_.mode is Mode.DIVISIBLE else 1) for trade in trades),
        trades=tuple(trades),
        buyer_duals_ppm={key: price + data.draw(nudge) for key, price in best.buyer_duals_ppm.items()},
        seller_duals_ppm={key: price + data.draw(nudge) for key, price in best.seller_duals_ppm.items()},
    )
    prices = [*solution.buyer_duals_ppm.values(), *solution.seller_duals_ppm.values()]
    proven = (
        min(prices, default=0) >= 0
        and dual_sum_ppm(round_, solution) == solution.objective
        and not uncovered_pairs(round_, solution)
    )
    assert (verify(round_, solution) is None) == proven
    if proven:
        assert solution.objective == best.objective


@given(rounds(most=6))
@settings(max_examples=200, deadline=None)
def test_an_uncovered_pair_is_found_wherever_it_is(round_):
    """Without dual prices, every eligible pair of a score above 0 is uncovered, and nothing else."""
    fault = verify(round_, Solution(0))
    positive = {
        (buyer.id, seller.id)
        for buyer in round_.buyers
        for seller in round_.sellers
        if (pair_score_ppm(round_, buyer, seller) or 0) > 0
    }
    assert (fault is None) == (not positive)
    assert fault is None or fault.orders in positive


def test_trades_may_come_in_any_order():
    whole = match(DIVISIBLE)
    assert verify(DIVISIBLE, replace(whole, trades=tuple(reversed(whole.trades)))) is None
