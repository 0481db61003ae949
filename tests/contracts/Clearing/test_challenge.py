"""`challenge`: one pair with u + v < w refutes an active proposal; nothing else does."""

import pytest

from powerpact.codec.packing import trade_tree
from powerpact.market.trades import Trade
from powerpact.mechanisms.satisfaction.spec import match
from testkit.claims import NOTHING, claim
from testkit.contest import (
    ACTIVE,
    BOND_UPOINTS,
    BURNT_UPOINTS,
    DRAFT,
    FINAL,
    OUTRANKED,
    REFUTED,
    REWARD_UPOINTS,
    WINDOW_S,
    at,
    best,
    false,
    loose,
    poor,
    stand,
)
from testkit.market import key
from testkit.market_fixtures import ENDOWMENT_UPOINTS
from testkit.orders import buy, sell
from testkit.refusals import refused

ONE = 1_000_000
UNTRADED = (0, (0, 0, 0, 0), (0, 0), bytes(32), [])
"""What goes with an order that does not trade: no fill, no trade, no place, no root, no proof."""


@pytest.fixture
def state(clearing, custody, points, contest, agent, watcher):
    """All that a challenge could change."""

    def _state():
        return (
            clearing.proposal(contest.proposal),
            clearing.activeOf(contest.id),
            custody.walletOf(agent.address),
            custody.walletOf(watcher.address),
            points.totalSupply(),
            custody.totalCredits(),
        )

    return _state


@pytest.fixture
def active(contest):
    """The best matching with a true certificate: Alice (0) and Carol (2), Bob (1) and Dan (256)."""
    stand(contest, claim(contest, [(0, 2), (1, 256)], {0: 500_000, 2: 500_000, 256: 750_000}))
    return contest


@pytest.fixture
def show(community, watcher):
    """Challenge a proposal with two exhibits made by hand."""

    def _show(market, bought, sold):
        return community.send(watcher, "Clearing", "challenge", market.proposal, [bought, sold], b"")

    return _show


# What changes nothing


def test_refuses_an_unknown_proposal(contest):
    with refused("Clearing_WrongStatus", 5, 0):
        contest.challenge(0, 2, proposal=5)


def test_refuses_a_draft(contest):
    contest.propose(false(contest))
    with refused("Clearing_WrongStatus", contest.proposal, DRAFT):
        contest.challenge(1, 2)


def test_refuses_what_is_refuted_already(contest):
    """A bond is lost once."""
    stand(contest, false(contest))
    contest.challenge(1, 2)
    with refused("Clearing_WrongStatus", contest.proposal, REFUTED):
        contest.challenge(1, 2)


def test_refuses_what_was_outranked(contest, rival):
    """Its bond is back with its agent; there is nothing to lose."""
    stand(contest, loose(contest))
    first = contest.proposal
    stand(contest, false(contest), rival)
    with refused("Clearing_WrongStatus", first, OUTRANKED):
        contest.challenge(1, 2, proposal=first)


def test_refuses_what_is_final(contest):
    """Even a false proposal: the window is what there is."""
    stand(contest, false(contest))
    contest.community.chain.warp(contest.rules.final_by)
    contest.finalize()
    with refused("Clearing_WrongStatus", contest.proposal, FINAL):
        contest.challenge(1, 2)


@pytest.mark.parametrize(
    ("buy_id", "sell_id", "duals", "score"),
    [
        (0, 2, ONE, ONE),
        (0, 256, 1_250_000, ONE),
        (1, 2, 500_000, 500_000),
        (1, 256, 750_000, 750_000),
        (257, 256, 750_000, 0),
    ],
)
def test_a_true_certificate_stands_every_pair(active, state, buy_id, sell_id, duals, score):
    before = state()
    with refused("Satisfaction_PairCovered", buy_id, sell_id, duals, score):
        active.challenge(buy_id, sell_id)
    assert state() == before


def test_a_pair_that_is_not_eligible_refutes_nothing(active, state):
    """Alice bids 60 000 in order 257, Carol takes no less than 80 000."""
    before = state()
    with refused("Satisfaction_PairCovered", 257, 2, 500_000, 0):
        active.challenge(257, 2)
    assert state() == before


def test_an_eligible_pair_that_scores_nothing_refutes_nothing(contest):
    """Alice's bid of order 257 is Dan's minimum: they could trade, but w = 0."""
    contest.propose(claim(contest, [(0, 2)], {0: ONE}))
    contest.seal()
    with refused("Satisfaction_PairCovered", 257, 256, 0, 0):
        contest.challenge(257, 256)


def test_a_traded_order_cannot_be_shown_without_its_trade(active, show, state):
    """Else every dual price would be zero to a liar."""
    before = state()
    for bought, sold, hidden in (
        ((active.placed(0), *UNTRADED), active.exhibit(2), 0),
        (active.exhibit(0), (active.placed(2), *UNTRADED), 2),
    ):
        with refused("Clearing_WrongExhibit", hidden, 0, 1_000):
            show(active, bought, sold)
    assert state() == before


@pytest.mark.parametrize("filled_wh", [999, 1_001, 2**64 - 1])
def test_refuses_another_fill(active, show, state, filled_wh):
    before = state()
    placed, _, *traded = active.exhibit(0)
    with refused("Clearing_WrongExhibit", 0, filled_wh, 1_000):
        show(active, (placed, filled_wh, *traded), active.exhibit(2))
    assert state() == before


def test_refuses_a_fill_of_an_order_that_does_not_trade(active, show):
    with refused("Clearing_WrongExhibit", 257, 1, 0):
        show(active, (active.placed(257), 1, *UNTRADED[1:]), active.exhibit(2))


@pytest.mark.parametrize("count", [0, 1, 3])
def test_asks_for_two_orders(community, active, watcher, count):
    shown = [active.exhibit(id_) for id_ in (0, 2, 1)][:count]
    with refused("Mechanism_WrongExhibits", count, 2):
        community.send(watcher, "Clearing", "challenge", active.proposal, shown, b"")


def test_there_are_no_public_prices(community, active, watcher):
    shown = [active.exhibit(0), active.exhibit(2)]
    with refused("Clearing_WrongPrices", active.proposal):
        community.send(watcher, "Clearing", "challenge", active.proposal, shown, bytes(32))


def test_a_trade_of_another_order_is_foreign(active, show, state):
    """Bob's trade has a lower dual price than Alice's."""
    before = state()
    _, *of_bob = active.exhibit(1)
    with refused("Clearing_ForeignTrade", 0):
        show(active, (active.placed(0), *of_bob), active.exhibit(2))
    _, *of_carol = active.exhibit(2)
    with refused("Clearing_ForeignTrade", 256):
        show(active, active.exhibit(0), (active.placed(256), *of_carol))
    assert state() == before


def test_an_order_is_not_shown_by_the_other_side_of_a_trade(community, agent, alice, carol, show):
    """An id counts on its own side only: the buy id of a trade is nobody's sell order."""
    contest = community.open_market(challenge_window_s=WINDOW_S, bond_upoints=BOND_UPOINTS)
    contest.post([buy(alice), sell(carol)], [alice, carol])
    contest.close()
    stand(contest, claim(contest, [(0, 1)], {1: ONE}))
    swapped = (contest.placed(1), *contest.exhibit(0)[1:])
    with refused("Clearing_WrongSide", 1):
        show(contest, swapped, contest.exhibit(1))


@pytest.mark.parametrize(
    "forge",
    [
        lambda trade, place, root, proof: (trade._replace(purchase=trade.purchase - 500_000), place, root, proof),
        lambda trade, place, root, proof: (trade, (0, 1), root, proof),
        lambda trade, place, root, proof: (trade, (1, 0), root, proof),
        lambda trade, place, root, proof: (trade, (2**32 - 1, 255), root, proof),
        lambda trade, place, root, proof: (trade, place, bytes(32), proof),
        lambda trade, place, root, proof: (trade, place, trade_tree([Trade.unpack(trade)]).root, []),
        lambda trade, place, root, proof: (trade, place, root, []),
        lambda trade, place, root, proof: (trade, place, root, [*proof, bytes(32)]),
    ],
    ids=["dual lowered", "index", "chunk", "last place", "no root", "own root", "no proof", "longer proof"],
)
def test_refuses_a_trade_with_a_wrong_proof(active, show, state, forge):
    before = state()
    placed, filled_wh, *traded = active.exhibit(0)
    trade, (chunk, index), root, proof = forge(*traded)
    with refused("Clearing_UnknownTrade", chunk, index):
        show(active, (placed, filled_wh, trade, (chunk, index), root, proof), active.exhibit(2))
    assert state() == before


def test_refuses_a_trade_of_another_proposal(active, show, rival):
    """A draft with lower dual prices proves nothing about what stands."""
    id_, chunks = active.proposal, active.chunks
    active.propose(claim(active, [(0, 2)], {2: ONE}), agent=rival.account)
    low = active.exhibit(0)
    active.proposal, active.chunks = id_, chunks
    with refused("Clearing_UnknownTrade", 0, 0):
        show(active, low, active.exhibit(256))


@pytest.mark.parametrize(("buy_id", "sell_id", "wrong"), [(2, 256, 2), (0, 1, 1)])
def test_refuses_an_order_on_the_wrong_side(active, buy_id, sell_id, wrong):
    with refused("Clearing_WrongSide", wrong):
        active.challenge(buy_id, sell_id)


def test_refuses_an_order_that_is_not_in_the_book(active, show, state):
    before = state()
    (id_, order, siblings), *untraded = active.exhibit(257)
    generous = order._replace(head=order.head + 10**6)
    with refused("Order_Unknown", active.id, id_):
        show(active, ((id_, generous, siblings), *untraded), active.exhibit(256))
    (id_, order, siblings), *traded = active.exhibit(2)
    with refused("Clearing_WrongExhibit", 257, traded[0], 0):
        show(active, active.exhibit(0), ((257, order, siblings), *traded))
    with refused("Order_Unknown", active.id, 257):
        show(active, active.exhibit(0), ((257, order, siblings), *untraded))
    assert state() == before


def test_refuses_a_cancelled_order(community, agent, alice, bob, carol):
    """Who cancelled before the gate closed is not there to be matched."""
    market = community.open_market(challenge_window_s=WINDOW_S, bond_upoints=BOND_UPOINTS)
    market.post([buy(alice), buy(bob), sell(carol)], [alice, bob, carol])
    market.cancel(alice, 0)
    market.close()
    stand(market, NOTHING)
    with refused("Clearing_OrderClosed", 0):
        market.challenge(0, 2)
    market.challenge(1, 2)


def test_refuses_an_order_of_another_market(community, contest, show, alice, carol):
    other = community.open_market(slot_start=community.next_slot(7_200))
    other.post([buy(alice, nonce=5), sell(carol, nonce=5)], [alice, carol])
    stand(contest, NOTHING)
    with refused("Order_Unknown", contest.id, 0):
        show(contest, (other.placed(0), *UNTRADED), contest.exhibit(2))


# What refutes


@pytest.mark.parametrize(
    ("proposed", "pair"),
    [
        (lambda _: NOTHING, (0, 2)),
        (lambda _: NOTHING, (1, 256)),
        (poor, (0, 256)),
        (poor, (0, 2)),
        (lambda market: market.claims(match(market.round(without=[0]))), (0, 2)),
        (lambda market: market.claims(match(market.round(without=[2, 256]))), (1, 256)),
        (false, (1, 2)),
    ],
    ids=["empty", "empty, another", "untraded", "one traded", "buyer hidden", "sellers hidden", "both traded"],
)
def test_a_pair_refutes(clearing, community, custody, points, contest, agent, watcher, proposed, pair):
    """Two eighths of the bond to the challenger, the rest burnt, and the round takes proposals again."""
    supply = points.totalSupply()
    refuted = stand(contest, proposed(contest))
    receipt = contest.challenge(*pair)
    assert community.events(receipt, "ProposalRefuted") == [
        {"market": contest.id, "proposal": refuted, "challenger": watcher.address, "bond": BOND_UPOINTS}
    ]
    assert community.events(receipt, "BondForfeited") == [
        {
            "agent": agent.address,
            "challenger": watcher.address,
            "reward": REWARD_UPOINTS,
            "open": 0,
            "burnt": BURNT_UPOINTS,
        }
    ]
    assert (clearing.proposal(refuted)["status"], clearing.activeOf(contest.id)) == (REFUTED, 0)
    assert tuple(custody.walletOf(agent.address))[:2] == (ENDOWMENT_UPOINTS - BOND_UPOINTS, 0)
    assert tuple(custody.walletOf(watcher.address))[:2] == (REWARD_UPOINTS, 0)
    assert supply - points.totalSupply() == BURNT_UPOINTS
    assert custody.totalCredits() == points.balanceOf(custody)
    stand(contest, best(contest))
    assert clearing.proposal(contest.proposal)["status"] == ACTIVE


def test_dual_prices_one_below_the_score_are_refuted(contest):
    """u + v = w − 1 of a pair that trades apart."""
    stand(contest, claim(contest, [(0, 2), (1, 256)], {0: 500_001, 2: 499_999, 256: 750_000}))
    contest.challenge(1, 2)


def test_a_proposal_without_a_certificate_is_refuted_all_the_same(clearing, contest):
    """Its bound is above its objective, yet a pair is not covered."""
    stand(contest, claim(contest, [(0, 2), (1, 256)], {0: 2 * ONE, 2: 499_999, 256: 750_000}))
    contest.challenge(1, 2)
    assert clearing.activeOf(contest.id) == 0


@pytest.mark.parametrize("late_s", [0, 1_800])
def test_a_challenge_comes_in_time_until_it_is_final(clearing, contest, late_s):
    """A proposal that nobody finalises does not get right by waiting."""
    stand(contest, false(contest))
    at(contest, contest.rules.final_by + WINDOW_S + late_s)
    contest.challenge(1, 2)
    assert clearing.proposal(contest.proposal)["status"] == REFUTED


def test_anyone_is_a_challenger(custody, contest, alice):
    """Also a trader, without a bond, whose wallet grows."""
    stand(contest, false(contest))
    free = custody.walletOf(alice.address)["free"]
    contest.challenge(1, 2, challenger=alice.account)
    assert custody.walletOf(alice.address)["free"] == free + REWARD_UPOINTS


def test_an_agent_who_refutes_itself_loses_three_quarters(custody, contest, agent):
    stand(contest, false(contest))
    contest.challenge(1, 2, challenger=agent.account)
    assert tuple(custody.walletOf(agent.address))[:2] == (ENDOWMENT_UPOINTS - BURNT_UPOINTS, 0)
    assert 4 * BURNT_UPOINTS >= 3 * BOND_UPOINTS


def test_a_reward_can_be_withdrawn(contest, points):
    challenger = key("challenger")
    stand(contest, false(contest))
    contest.challenge(1, 2, challenger=challenger)
    contest.community.send(challenger, "Accounts", "withdraw", REWARD_UPOINTS, challenger.address)
    assert points.balanceOf(challenger.address) == REWARD_UPOINTS


def test_costs_the_same_with_more_orders(community, contest, agent, alice, bob, carol, dan):
    """One more batch on the same proposal's market changes no more than the length of a proof."""
    stand(contest, NOTHING)
    few = contest.challenge(0, 2).gas_used
    wide = community.open_market(
        slot_start=community.next_slot(7_200), challenge_window_s=WINDOW_S, bond_upoints=BOND_UPOINTS
    )
    many = [buy(alice, nonce=10 + i) for i in range(20)]
    wide.post([*many, sell(carol, nonce=10)], [alice] * 20 + [carol])
    wide.close()
    stand(wide, NOTHING)
    assert wide.challenge(0, 20).gas_used < few + 3 * 2 * 1_500
