"""`finalize`: what stood its window is the result of the round, and its agent's bond is free."""

import pytest

from testkit.claims import NOTHING
from testkit.contest import (
    BOND_UPOINTS,
    DRAFT,
    FINAL,
    OUTRANKED,
    REFUTED,
    WINDOW_S,
    at,
    best,
    false,
    loose,
    poor,
    stand,
)
from testkit.market_fixtures import ENDOWMENT_UPOINTS, by
from testkit.orders import buy, sell
from testkit.refusals import refused
from testkit.reverts import reverts_with


@pytest.fixture
def sealed(contest):
    """The best matching stands; it can be final from the returned time on."""
    contest.propose(best(contest))
    at(contest, contest.rules.closes_at + 60)
    contest.seal()
    return contest.rules.closes_at + 60 + WINDOW_S


def test_refuses_an_unknown_proposal(clearing, stranger):
    with reverts_with("Clearing_WrongStatus", 1, 0):
        clearing.finalize(1, {"from": stranger})


def test_refuses_a_draft(contest):
    contest.propose(best(contest))
    with refused("Clearing_WrongStatus", contest.proposal, DRAFT):
        contest.finalize()


def test_refuses_what_was_outranked_or_refuted(contest, rival):
    outranked = stand(contest, loose(contest))
    refuted = stand(contest, false(contest), rival)
    contest.challenge(1, 2)
    contest.community.chain.warp(contest.rules.final_by + WINDOW_S)
    for id_, status in ((outranked, OUTRANKED), (refuted, REFUTED)):
        with refused("Clearing_WrongStatus", id_, status):
            contest.finalize(id_)


def test_refuses_while_the_window_is_open(contest, sealed):
    at(contest, sealed - 1)
    with refused("Clearing_WindowOpen", contest.proposal, sealed):
        contest.finalize()


def test_refuses_twice(contest, sealed):
    contest.community.chain.warp(sealed)
    contest.finalize()
    with refused("Clearing_WrongStatus", contest.proposal, FINAL):
        contest.finalize()


def test_anyone_may_in_the_first_second(clearing, contest, sealed, agent, stranger):
    at(contest, sealed)
    tx = clearing.finalize(contest.proposal, {"from": stranger})
    final = tx.events["RoundFinalized"]
    assert bytes(final["market"]) == contest.id
    assert (final["proposal"], final["agent"]) == (contest.proposal, agent.address)
    assert (final["objective"], final["bound"], final["tradeCount"]) == (1_750_000, 1_750_000, 2)
    assert clearing.proposal(contest.proposal)["status"] == FINAL
    assert (clearing.finalOf(contest.id), clearing.activeOf(contest.id)) == (contest.proposal, 0)
    assert tuple(clearing.finalRound(contest.id)) == (contest.proposal, agent.address)
    assert contest.locked_upoints() == 190_000


def test_gives_the_bond_back_once(community, custody, contest, sealed, agent):
    community.chain.warp(sealed)
    receipt = contest.finalize()
    assert community.events(receipt, "BondReleased") == [{"agent": agent.address, "points": BOND_UPOINTS}]
    assert tuple(custody.walletOf(agent.address))[:2] == (ENDOWMENT_UPOINTS, 0)


def test_can_be_long_after(clearing, contest, sealed):
    contest.community.chain.warp(contest.rules.refund_from + 1)
    contest.finalize()
    assert clearing.finalOf(contest.id) == contest.proposal


def test_what_has_no_certificate_waits_until_nothing_better_can_come(clearing, contest):
    stand(contest, loose(contest))
    at(contest, contest.rules.final_by)
    with refused("Clearing_WindowOpen", contest.proposal, contest.rules.final_by + 1):
        contest.finalize()
    at(contest, contest.rules.final_by + 1)
    contest.finalize()
    state = clearing.proposal(contest.proposal)
    assert (state["objective"], state["bound"], state["status"]) == (1_750_000, 1_750_001, FINAL)


def test_sealing_again_starts_a_new_window(contest, rival):
    """The window of an outranked proposal does not run while it does not stand."""
    first = stand(contest, loose(contest))
    stand(contest, false(contest), rival)
    contest.challenge(1, 2)
    sealed_at = contest.rules.final_by - WINDOW_S // 2
    at(contest, sealed_at)
    contest.seal(proposal=first)
    at(contest, sealed_at + WINDOW_S - 1)
    with refused("Clearing_WindowOpen", first, sealed_at + WINDOW_S):
        contest.finalize(first)


def test_a_false_proposal_that_nobody_challenges_becomes_final(clearing, contest):
    """Safety of sealed rounds needs one honest watcher; this is what the watcher is for."""
    stand(contest, poor(contest))
    contest.community.chain.warp(contest.rules.final_by)
    contest.finalize()
    assert clearing.finalOf(contest.id) == contest.proposal


def test_a_round_without_trades_can_be_sealed(clearing, custody, community, agent, alice):
    market = community.open_market(challenge_window_s=WINDOW_S, bond_upoints=BOND_UPOINTS)
    market.post([buy(alice)], [alice])
    market.close()
    stand(market, NOTHING)
    community.chain.warp(market.rules.final_by)
    market.finalize()
    market.release([0])
    assert clearing.finalOf(market.id) == market.proposal
    assert tuple(custody.walletOf(alice.address))[:2] == (ENDOWMENT_UPOINTS, 0)


def test_the_rest_of_the_day_follows(book, custody, contest, sealed, alice, bob, carol, dan):
    """What did not trade is free, what did is paid by the meter."""
    contest.community.chain.warp(sealed)
    contest.finalize()
    contest.release([257])
    for id_ in (0, 1, 2, 256):
        with refused("Order_StillBound", contest.id, id_):
            contest.release([id_])
    contest.report({carol.device: 1_000, dan.device: 1_000})
    contest.settle()
    paid = [tuple(custody.walletOf(trader.address))[:2] for trader in (alice, bob, carol, dan)]
    earned = (-100_000, -90_000, 100_000, 90_000)
    assert paid == [(ENDOWMENT_UPOINTS + upoints, 0) for upoints in earned]
    assert contest.locked_upoints() == 0


def test_other_markets_are_not_touched(clearing, community, contest, sealed, agent, alice, carol):
    """Not even those of the same traders."""
    other = community.open_market(slot_start=community.next_slot(7_200))
    other.post([buy(alice, nonce=5), sell(carol, nonce=5)], [alice, carol])
    community.chain.warp(sealed)
    clearing.finalize(contest.proposal, by(agent))
    assert (clearing.finalOf(other.id), clearing.activeOf(other.id)) == (0, 0)
