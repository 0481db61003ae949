"""Whole rounds: what the solver finds, Clearing proves; what is not optimal, or not proven to be, Clearing refuses."""

import json
from dataclasses import replace
from typing import NamedTuple

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from powerpact.chain.errors import ContractError
from powerpact.chain.packing import Trade as ChainTrade
from powerpact.roundfile import parse_round
from powerpact.solver import solve
from powerpact.spec import match, pair_score_ppm, uncovered_pairs
from powerpact.types import Kind, Mode, Solution, Trade
from tests.differential.test_vectors import ROUNDS
from tests.helpers.chains import EvmChain
from tests.helpers.market import DECLARED, Community
from tests.helpers.rounds import order_of_buyer, order_of_seller, rounds

TRADERS = 24
MOST = 4
LARGEST_PRICE = 10**6
SETTINGS = {"deadline": None, "suppress_health_check": list(HealthCheck)}


@pytest.fixture(scope="module")
def community():
    """At least as many traders with devices as any round has sellers; all of them may buy, too."""
    made = Community(EvmChain(), traders=TRADERS)
    for trader in made.traders:
        made.endow(trader, 10**15)
    return made


class Final(NamedTuple):
    """What is left of a round that is final."""

    objective: int
    reserved_upoints: int
    trades: tuple[ChainTrade, ...]


def in_pieces(market, solution):
    market.propose(market.claims(solution))
    market.prove()


def at_once(market, solution):
    market.clear_at_once(market.pairs(solution))


def verdict(market, clear, solution):
    """The error of an attempt to clear the market, None if there is none, and the round that it made final."""
    try:
        clear(market, solution)
    except ContractError as error:
        return error.name, None
    _, _, objective, _, reserved, *_ = market.community.read("Clearing", "proposal", market.proposal)
    return None, Final(objective, reserved, tuple(trade for chunk in market.chunks for trade in chunk))


def post(community, round_):
    """A market with the orders of the round in several batches, its gate closed."""
    market = community.open_market(
        sources=[DECLARED] * len(round_.attributes),
        income=[attribute.kind is Kind.INCOME for attribute in round_.attributes],
        class_count=len(round_.categories),
    )
    traders = community.traders
    signed = [
        (order_of_buyer(round_, buyer, trader.address, nonce=0), trader)
        for buyer, trader in zip(round_.buyers, traders[: len(round_.buyers)], strict=True)
    ]
    signed += [
        (order_of_seller(round_, seller, trader.address, trader.device, nonce=1), trader)
        for seller, trader in zip(round_.sellers, traders[: len(round_.sellers)], strict=True)
    ]
    for batch in (signed[first : first + 3] for first in range(0, len(signed), 3)):
        market.post([order for order, _ in batch], [trader for _, trader in batch])
    market.close()
    return market


@pytest.fixture(scope="module")
def play(community):
    """Post a round, let somebody solve it, and say what Clearing makes of the solution: None, or its error."""
    start = community.chain.snapshot()

    def _play(round_, solve_it):
        community.chain.revert(start)
        market = post(community, round_)
        posted = market.round()
        solution = solve_it(posted)
        found = verdict(market, in_pieces, solution)
        community.chain.revert(start)
        assert found == verdict(post(community, round_), at_once, solution), "both ways must come to the same"
        error, final = found
        if error is None:
            assert (final.objective, len(final.trades)) == (solution.objective, len(solution.trades))
        return posted, solution, error

    return _play


def vectors():
    """The vectors that can stand on chain: one-to-one, with a price in each order."""
    for path in ROUNDS:
        vector = json.loads(path.read_text())
        round_ = parse_round(json.dumps(vector["round"]))
        prices = [b.bid_upoints_per_kwh for b in round_.buyers] + [s.ask_upoints_per_kwh for s in round_.sellers]
        if round_.mode is Mode.ONE_TO_ONE and all(prices):
            yield pytest.param(round_, vector["objective"], id=path.stem)


@pytest.mark.parametrize(("round_", "objective"), vectors())
def test_vectors_are_proven(play, round_, objective):
    _, solution, error = play(round_, solve)
    assert (error, solution.objective) == (None, objective)


@given(round_=rounds(most=MOST, largest_price=LARGEST_PRICE))
@settings(max_examples=100, **SETTINGS)
def test_what_the_solver_finds_is_proven(play, round_):
    posted, solution, error = play(round_, solve)
    assert error is None
    assert solution.objective == match(posted).objective == match(round_).objective


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
    assert error == ("Clearing_BetterPair" if uncovered_pairs(posted, solution) else None)
    if error is None:
        assert solution.objective == match(posted).objective


@given(round_=rounds(most=MOST, largest_price=LARGEST_PRICE), data=st.data())
@settings(max_examples=150, **SETTINGS)
def test_any_matching_with_any_duals_is_proven_only_if_it_is_the_best(play, round_, data):
    def anything(posted):
        sellers = data.draw(st.permutations(posted.sellers))
        pairs = [(b, s, pair_score_ppm(posted, b, s)) for b, s in zip(posted.buyers, sellers, strict=False)]
        trades = [Trade(b.id, s.id, w) for b, s, w in pairs if w is not None]
        return with_duals(trades, lambda w, _: data.draw(st.integers(0, w)), Solution(0))

    posted, solution, error = play(round_, anything)
    assert error == ("Clearing_BetterPair" if uncovered_pairs(posted, solution) else None)
    if error is None:
        assert solution.objective == match(posted).objective


@given(round_=rounds(most=MOST, largest_price=LARGEST_PRICE), data=st.data())
@settings(max_examples=100, **SETTINGS)
def test_an_agent_who_hides_an_order_is_refuted_whenever_the_order_mattered(play, round_, data):
    hidden = {}

    def hide(posted):
        orders = [*posted.buyers, *posted.sellers]
        assume(orders)
        hidden["id"] = data.draw(st.sampled_from(orders)).id
        return match(
            replace(
                posted,
                buyers=tuple(b for b in posted.buyers if b.id != hidden["id"]),
                sellers=tuple(s for s in posted.sellers if s.id != hidden["id"]),
            )
        )

    posted, solution, error = play(round_, hide)
    if solution.objective < match(posted).objective:
        assert error == "Clearing_BetterPair"


def with_duals(trades, choose, base):
    """A solution of these trades with a chosen dual price of each buyer; the seller's is what the score leaves."""
    buyer_duals, seller_duals = {}, {}
    for trade in trades:
        u = choose(trade.score_ppm, base.buyer_duals_ppm.get(trade.buyer, 0))
        buyer_duals[trade.buyer], seller_duals[trade.seller] = u, trade.score_ppm - u
    return Solution(sum(trade.score_ppm for trade in trades), tuple(trades), buyer_duals, seller_duals)
