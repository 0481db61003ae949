"""An agent who hides orders always loses its bond to an honest watcher: any round, any order or class of orders."""

from dataclasses import replace
from itertools import product

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from powerpact.chain.errors import ContractError
from powerpact.market.rules import Kind
from powerpact.mechanisms.satisfaction.spec import match
from powerpact.mechanisms.satisfaction.verifier import FaultKind, verify
from testkit.chains import EvmChain
from testkit.contest import BOND_UPOINTS, REFUTED, WINDOW_S
from testkit.market import DECLARED, MODES, Community
from testkit.rounds import order_of_buyer, order_of_seller, rounds

TRADERS = 10
MOST = 4
ENDOWMENT_UPOINTS = 10**15
SETTINGS = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))


@pytest.fixture(autouse=True)
def isolate():
    """The chain of these tests is their own."""


@pytest.fixture(autouse=True, scope="module")
def isolate_module():
    """Each example goes back to where the chain stood."""


@pytest.fixture(scope="module")
def community():
    """More traders with devices than any round has sellers; all may buy, too. The agent has money for a bond."""
    made = Community(EvmChain(), traders=TRADERS)
    for trader in [*made.traders, made.join("agent")]:
        made.endow(trader, ENDOWMENT_UPOINTS)
    return made


@pytest.fixture(scope="module")
def play(community):
    """Post a round; the agent seals the best matching without some orders; a watcher who knows all of them looks at it.
    What the watcher finds right, no pair at all refutes.

    Returns whether the watcher found a pair, and by how much the agent's matching was worse than the best.
    """
    start = community.chain.snapshot()

    def _play(round_, hide):
        community.chain.revert(start)
        market = _post(community, round_)
        posted = market.round()
        solution = match(_without(posted, hide(posted)))
        market.propose(market.claims(solution))
        market.seal()
        fault = verify(posted, solution)
        if fault is None:
            for buyer, seller in product(posted.buyers, posted.sellers):
                with pytest.raises(ContractError, match="Satisfaction_PairCovered"):
                    market.challenge(int(buyer.id), int(seller.id))
        else:
            assert fault.kind is FaultKind.UNCOVERED_PAIR
            market.challenge(*map(int, fault.orders))
            assert community.read("Clearing", "proposal", market.proposal)[-2] == REFUTED
            free, held, _ = community.read("Accounts", "walletOf", community.agent.address)
            assert (ENDOWMENT_UPOINTS - free, held) == (BOND_UPOINTS, 0)
        return fault is not None, match(posted).objective - solution.objective

    return _play


@given(round_=rounds(most=MOST, largest_price=10**6, modes=MODES), data=st.data())
@SETTINGS
def test_whoever_hides_an_order_is_refuted_if_it_mattered(play, round_, data):
    def hide(posted):
        orders = _ids(posted)
        assume(orders)
        return [data.draw(st.sampled_from(orders))]

    refuted, loss = play(round_, hide)
    assert refuted or loss == 0


@given(round_=rounds(most=MOST, largest_price=10**6, modes=MODES))
@SETTINGS
def test_whoever_hides_the_best_order_is_refuted(play, round_):
    """The best order is the one without which the round is worth least."""

    def hide(posted):
        worth = {id_: match(_without(posted, {id_})).objective for id_ in _ids(posted)}
        assume(worth and min(worth.values()) < match(posted).objective)
        return [min(worth, key=worth.__getitem__)]

    refuted, loss = play(round_, hide)
    assert loss > 0
    assert refuted


@given(round_=rounds(most=MOST, largest_price=10**6, modes=MODES), data=st.data())
@SETTINGS
def test_whoever_hides_a_class_of_orders_is_refuted(play, round_, data):
    """All orders of one class, or all of one side, without which the round is worth less."""

    def hide(posted):
        groups = [{order.id for order in side} for side in (posted.buyers, posted.sellers)]
        for c in range(len(posted.categories)):
            classes = dict.fromkeys(seller.classes[c] for seller in posted.sellers)
            groups += [{seller.id for seller in posted.sellers if seller.classes[c] == class_} for class_ in classes]
        best = match(posted).objective
        groups = [group for group in groups if group and match(_without(posted, group)).objective < best]
        assume(groups)
        return data.draw(st.sampled_from(groups))

    refuted, loss = play(round_, hide)
    assert loss > 0
    assert refuted


def _post(community, round_):
    """A market with the orders of the round in batches of three, its gate closed."""
    market = community.open_market(
        sources=[DECLARED] * len(round_.attributes),
        income=[attribute.kind is Kind.INCOME for attribute in round_.attributes],
        category_count=len(round_.categories),
        mode=MODES.index(round_.mode),
        challenge_window_s=WINDOW_S,
        bond_upoints=BOND_UPOINTS,
    )
    buyers = zip(round_.buyers, community.traders, strict=False)
    sellers = zip(round_.sellers, community.traders, strict=False)
    signed = [(order_of_buyer(round_, buyer, trader.address), trader) for buyer, trader in buyers]
    signed += [(order_of_seller(round_, seller, trader.address, trader.device), trader) for seller, trader in sellers]
    for batch in (signed[first : first + 3] for first in range(0, len(signed), 3)):
        market.post([order for order, _ in batch], [trader for _, trader in batch])
    market.close()
    return market


def _ids(round_):
    return [order.id for order in (*round_.buyers, *round_.sellers)]


def _without(round_, ids):
    return replace(
        round_,
        buyers=tuple(buyer for buyer in round_.buyers if buyer.id not in ids),
        sellers=tuple(seller for seller in round_.sellers if seller.id not in ids),
    )
