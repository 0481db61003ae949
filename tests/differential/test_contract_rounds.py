"""Whole rounds: what the solver finds, Clearing proves; what is not optimal, or not proven to be, Clearing refuses; and
the pair with which the verifier refutes a proposal refutes it on chain."""

import json
from collections import Counter
from dataclasses import replace
from typing import NamedTuple

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from powerpact.chain.errors import ContractError
from powerpact.market.rules import Kind, Mode
from powerpact.market.trades import Trade as ChainTrade
from powerpact.mechanisms.satisfaction.round import Round, Solution, Trade
from powerpact.mechanisms.satisfaction.solver import solve
from powerpact.mechanisms.satisfaction.spec import dual_sum_ppm, match, pair_score_ppm, uncovered_pairs
from powerpact.mechanisms.satisfaction.verifier import FaultKind, verify
from powerpact.mechanisms.satisfaction.verifier.cover import uncovered_pair
from powerpact.units import value_down_upoints
from testkit.chains import EvmChain
from testkit.market import DECLARED, MODES, Community, TestMarket, Trader
from testkit.refusals import refused
from testkit.roundfiles import parse_round
from testkit.rounds import order_of_buyer, order_of_seller, rounds
from testkit.vectors import ROUNDS

TRADERS = 24
MOST = 4
LARGEST_PRICE = 10**6
PURSE_UPOINTS = 10**15
BOND_UPOINTS = 10**6
SETTINGS = {"deadline": None, "suppress_health_check": list(HealthCheck)}
BOTH_MODES = rounds(most=MOST, largest_price=LARGEST_PRICE, modes=MODES)
DIVISIBLE = rounds(most=MOST, largest_price=LARGEST_PRICE, modes=[Mode.DIVISIBLE])


@pytest.fixture(scope="module")
def community():
    """At least as many traders with devices as any round has sellers; all of them may buy, too. And an agent's bond."""
    made = Community(EvmChain(), traders=TRADERS)
    for trader in (*made.traders, Trader(made.agent, made.agent, device=0)):
        made.endow(trader, PURSE_UPOINTS)
    return made


class Final(NamedTuple):
    """What is left of a round that is final."""

    objective: int
    bound: int
    reserved_upoints: int
    trades: tuple[ChainTrade, ...]


def in_pieces(market, solution):
    market.propose(market.claims(solution))
    market.prove()


def at_once(market, solution):
    market.clear_at_once(market.links(solution))


def verdict(market, clear, solution):
    """The error of an attempt to clear the market, None if there is none, and the round that it made final."""
    try:
        clear(market, solution)
    except ContractError as error:
        return error.name, None
    _, _, _, _, _, objective, bound, *_ = market.community.read("Clearing", "proposal", market.proposal)
    trades = tuple(trade for _, _, trade in market.trades())
    return None, Final(objective, bound, sum(trade.reserved_upoints for trade in trades), trades)


def post(community: Community, round_: Round, are_both: bool = False, **rules: int) -> TestMarket:
    """A market with the orders of the round in several batches, its gate closed.

    Nobody buys and sells, or the first traders do both.
    """
    market = community.open_market(
        sources=[DECLARED] * len(round_.attributes),
        income=[attribute.kind is Kind.INCOME for attribute in round_.attributes],
        category_count=len(round_.categories),
        mode=MODES.index(round_.mode),
        **rules,
    )
    traders = community.traders
    sellers = traders if are_both else traders[::-1]
    signed = [
        (order_of_buyer(round_, buyer, trader.address, nonce=0), trader)
        for buyer, trader in zip(round_.buyers, traders[: len(round_.buyers)], strict=True)
    ]
    signed += [
        (order_of_seller(round_, seller, trader.address, trader.device, nonce=1), trader)
        for seller, trader in zip(round_.sellers, sellers[: len(round_.sellers)], strict=True)
    ]
    for batch in (signed[first : first + 3] for first in range(0, len(signed), 3)):
        market.post([order for order, _ in batch], [trader for _, trader in batch])
    market.close()
    return market


@pytest.fixture(scope="module")
def fresh(community):
    """A market with the orders of a round on a chain on which nothing else has happened."""
    start = community.chain.snapshot()

    def _fresh(round_, **rules):
        community.chain.revert(start)
        return post(community, round_, **rules)

    return _fresh


@pytest.fixture
def play(fresh):
    """Post a round, let someone solve it, and say what Clearing makes of the solution: None, or its error."""

    def _play(round_, solve_it):
        market = fresh(round_)
        posted = market.round()
        solution = solve_it(posted)
        found = verdict(market, in_pieces, solution)
        again = fresh(round_)
        assert found == verdict(again, at_once, solution), "both ways must come to the same"
        error, final = found
        if error is None:
            energies = {(str(t.buy_id), str(t.sell_id)): t.energy_wh for t in final.trades}
            assert energies == {(t.buyer, t.seller): t.energy_wh for t in solution.trades}
            assert (final.objective, final.bound) == (solution.objective, dual_sum_ppm(posted, solution))
            assert final.reserved_upoints == reserved_upoints(again, solution)
        return posted, solution, error

    return _play


def reserved_upoints(market, solution):
    """What the buyers' trades must hold: what an order trades in all is worth at its bid."""
    orders, energies = market.orders(), Counter()
    for trade in solution.trades:
        energies[int(trade.buyer)] += trade.energy_wh
    return sum(value_down_upoints(wh, orders[id_].price_upoints_per_kwh) for id_, wh in energies.items())


def vectors():
    """The vectors that are possible on chain: no price or energy or reservation is zero, and buyers have enough."""
    for path in ROUNDS:
        vector = json.loads(path.read_text())
        round_ = parse_round(json.dumps(vector["round"]))
        bids = [(buyer.bid_upoints_per_kwh, buyer.energy_wh) for buyer in round_.buyers]
        asks = [(seller.ask_upoints_per_kwh, seller.energy_wh) for seller in round_.sellers]
        is_affordable = all(0 < value_down_upoints(wh or 1_000, bid) <= PURSE_UPOINTS for bid, wh in bids)
        if all(price and wh != 0 for price, wh in (*bids, *asks)) and is_affordable:
            yield pytest.param(round_, vector["objective"], id=path.stem)


@pytest.mark.parametrize(("round_", "objective"), list(vectors()))
def test_vectors_are_proven(play, round_, objective):
    _, solution, error = play(round_, solve)
    assert (error, solution.objective) == (None, objective)


@given(round_=BOTH_MODES)
@settings(max_examples=150, **SETTINGS)
def test_what_the_solver_finds_is_proven(play, round_):
    posted, solution, error = play(round_, solve)
    assert error is None
    assert solution.objective == match(posted).objective == match(round_).objective


@given(round_=BOTH_MODES)
@settings(max_examples=60, **SETTINGS)
def test_what_the_solver_finds_among_traders_who_buy_and_sell_is_proven(fresh, round_):
    """Nobody trades with oneself, and the rest is the best that is left."""
    market = fresh(round_, are_both=True)
    posted = market.round()
    solution = solve(posted)
    error, final = verdict(market, in_pieces, solution)
    assert (error, solution.objective) == (None, match(posted).objective)
    assert all(trade.buyer != trade.seller for trade in final.trades)


@given(round_=rounds(most=MOST, largest_price=LARGEST_PRICE), data=st.data())
@settings(max_examples=150, **SETTINGS)
def test_a_changed_solution_is_proven_exactly_when_its_duals_cover_every_pair(play, round_, data):
    """Trades dropped and dual prices shifted within their trade: the rules say which changes can be proven."""

    def change(posted):
        best = match(posted)
        trades = [trade for trade in best.trades if data.draw(st.integers(0, 3))]

        def shift(w, u):
            return data.draw(st.sampled_from([u, 0, w, max(u - 1, 0), min(u + 1, w)]))

        return with_duals(trades, shift, best)

    posted, solution, error = play(round_, change)
    assert error == ("Satisfaction_BetterPair" if uncovered_pairs(posted, solution) else None)
    if error is None:
        assert solution.objective == match(posted).objective


@given(round_=rounds(most=MOST, largest_price=LARGEST_PRICE), data=st.data())
@settings(max_examples=150, **SETTINGS)
def test_any_matching_with_any_duals_is_proven_only_if_it_is_the_best(play, round_, data):
    def anything(posted):
        sellers = data.draw(st.permutations(posted.sellers))
        pairs = [(b, s, pair_score_ppm(posted, b, s)) for b, s in zip(posted.buyers, sellers, strict=False)]
        trades = [Trade(b.id, s.id, w, min(b.energy_wh, s.energy_wh)) for b, s, w in pairs if w is not None]
        return with_duals(trades, lambda w, _: data.draw(st.integers(0, w)), Solution(0))

    posted, solution, error = play(round_, anything)
    assert error == ("Satisfaction_BetterPair" if uncovered_pairs(posted, solution) else None)
    if error is None:
        assert solution.objective == match(posted).objective


@given(round_=BOTH_MODES, data=st.data())
@settings(max_examples=100, **SETTINGS)
def test_an_agent_who_hides_an_order_is_refuted_whenever_the_order_mattered(play, round_, data):
    posted, solution, error = play(round_, lambda posted: without_an_order(posted, data))
    if solution.objective < match(posted).objective:
        assert error in ("Satisfaction_BetterPair", "Clearing_NotExact")


ERRORS = {
    FaultKind.WRONG_ENERGY: ("Clearing_WrongEnergy",),
    FaultKind.TOO_MUCH_ENERGY: ("Clearing_Overfilled",),
    FaultKind.DUAL_GAP: ("Clearing_NotExact", "Satisfaction_DualsBelowScore"),
    FaultKind.IDLE_DUAL: ("Clearing_NotExact", "Satisfaction_DualsBelowScore"),
    FaultKind.UNCOVERED_PAIR: ("Satisfaction_BetterPair", "Clearing_DualsBelowScore"),
}
"""How Clearing refuses what the verifier finds wrong with a divisible solution."""


@given(round_=DIVISIBLE, data=st.data())
@settings(max_examples=250, **SETTINGS)
def test_a_tampered_divisible_solution_is_refused_exactly_if_the_verifier_refuses_it(play, round_, data):
    """One energy or dual price changed, or one trade dropped."""

    def tamper(posted):
        best = solve(posted)
        assume(best.trades)
        trades = list(best.trades)
        k = data.draw(st.integers(0, len(trades) - 1))
        trade = trades[k]
        duals = {
            "buyer": {t.buyer: best.buyer_duals_ppm.get(t.buyer, 0) for t in trades},
            "seller": {t.seller: best.seller_duals_ppm.get(t.seller, 0) for t in trades},
        }
        what = data.draw(st.sampled_from(["energy", "dual", "drop"]))
        if what == "energy":
            energy_wh = data.draw(st.sampled_from([0, trade.energy_wh - 1, trade.energy_wh + 1, 2 * trade.energy_wh]))
            trades[k] = replace(trade, energy_wh=energy_wh)
        elif what == "dual":
            side = data.draw(st.sampled_from(["buyer", "seller"]))
            id_ = getattr(trade, side)
            dual = duals[side][id_]
            duals[side][id_] = data.draw(st.sampled_from([0, max(dual - 1, 0), dual + 1, trade.score_ppm]))
        else:
            del trades[k]
            duals = {
                side: {id_: dual for id_, dual in duals[side].items() if id_ in {getattr(t, side) for t in trades}}
                for side in duals
            }
        objective = sum(t.score_ppm * t.energy_wh for t in trades)
        return Solution(objective, tuple(trades), duals["buyer"], duals["seller"])

    posted, solution, error = play(round_, tamper)
    fault = verify(posted, solution)
    assert (error is None) == (fault is None), f"{error}, {fault}"
    assert fault is None or error in ERRORS[fault.kind]


@given(round_=BOTH_MODES, data=st.data())
@settings(max_examples=150, **SETTINGS)
def test_the_pair_that_the_verifier_names_refutes_a_proposal(fresh, round_, data):
    """Any other proposal, whatever is wrong with it, no pair refutes."""
    market = fresh(round_, challenge_window_s=600, bond_upoints=BOND_UPOINTS)
    posted = market.round()
    claimed = without_an_order(posted, data) if data.draw(st.booleans()) else shifted(posted, data)
    market.propose(market.claims(claimed))
    market.seal()
    pair = uncovered_pair(posted, claimed.buyer_duals_ppm, claimed.seller_duals_ppm)
    if pair is None:
        assert_irrefutable(market, posted)
        return
    fault = verify(posted, claimed)
    assert fault.kind in (FaultKind.UNCOVERED_PAIR, FaultKind.IDLE_DUAL, FaultKind.DUAL_GAP)
    market.challenge(int(pair[0].id), int(pair[1].id))
    reward, burnt = BOND_UPOINTS // 4, 3 * BOND_UPOINTS // 4
    assert market.community.read("Accounts", "walletOf", market.community.arbiter.address)[0] == reward
    assert market.community.read("PowerPoints", "totalSupply") == (TRADERS + 1) * PURSE_UPOINTS - burnt
    with refused("Clearing_WrongStatus", market.proposal, 4):
        market.finalize()


@given(round_=BOTH_MODES)
@settings(max_examples=60, **SETTINGS)
def test_no_pair_refutes_the_best_matching(fresh, round_):
    market = fresh(round_, challenge_window_s=600, bond_upoints=BOND_UPOINTS)
    posted = market.round()
    market.propose(market.claims(solve(posted)))
    market.seal()
    assert_irrefutable(market, posted)
    market.community.chain.warp(market.community.chain.now() + 600)
    market.finalize()
    assert market.community.read("Clearing", "finalOf", market.id) == market.proposal


def assert_irrefutable(market, posted):
    """Every pair is refused as a challenge."""
    for buyer in posted.buyers:
        for seller in posted.sellers:
            with pytest.raises(ContractError) as caught:
                market.challenge(int(buyer.id), int(seller.id))
            assert caught.value.name == "Satisfaction_PairCovered"


def without_an_order(posted, data):
    """The best matching of the round without one of its orders."""
    orders = [*posted.buyers, *posted.sellers]
    assume(orders)
    hidden = data.draw(st.sampled_from(orders)).id
    return match(
        replace(
            posted,
            buyers=tuple(buyer for buyer in posted.buyers if buyer.id != hidden),
            sellers=tuple(seller for seller in posted.sellers if seller.id != hidden),
        )
    )


def shifted(posted, data):
    """The best trades with the whole score of each as the price of one side, so that all trades are covered."""
    best = match(posted)
    buyer_duals = {trade.buyer: 0 for trade in best.trades}
    seller_duals = {trade.seller: 0 for trade in best.trades}
    if data.draw(st.booleans()):
        for trade in best.trades:
            buyer_duals[trade.buyer] = max(buyer_duals[trade.buyer], trade.score_ppm)
    else:
        for trade in best.trades:
            seller_duals[trade.seller] = max(seller_duals[trade.seller], trade.score_ppm)
    return Solution(best.objective, best.trades, buyer_duals, seller_duals)


def with_duals(trades, choose, base):
    """A solution of these trades with a chosen dual price of each buyer; the seller's is what the score leaves."""
    buyer_duals, seller_duals = {}, {}
    for trade in trades:
        u = choose(trade.score_ppm, base.buyer_duals_ppm.get(trade.buyer, 0))
        buyer_duals[trade.buyer], seller_duals[trade.seller] = u, trade.score_ppm - u
    return Solution(sum(trade.score_ppm for trade in trades), tuple(trades), buyer_duals, seller_duals)
