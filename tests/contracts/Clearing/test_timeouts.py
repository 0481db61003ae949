"""When the time for proposals is over: everyone is free, unless a proposal stands."""

import pytest

from powerpact.market.orders import Side
from testkit.claims import NOTHING
from testkit.contest import ACTIVE, BOND_UPOINTS, at, best, false, loose, stand
from testkit.market_fixtures import ENDOWMENT_UPOINTS
from testkit.refusals import refused

ORDERS = (0, 1, 2, 256, 257)


@pytest.fixture
def refused_to_all():
    """Every order of the market is bound."""

    def _refused_to_all(market):
        for id_ in ORDERS:
            with refused("Order_StillBound", market.id, id_):
                market.release([id_])

    return _refused_to_all


@pytest.fixture
def all_are_free(custody, alice, bob, carol, dan):
    """Nobody's points are held."""

    def _all_are_free():
        wallets = [tuple(custody.walletOf(trader.address))[:2] for trader in (alice, bob, carol, dan)]
        assert wallets == [(ENDOWMENT_UPOINTS, 0)] * 4

    return _all_are_free


def test_orders_are_bound_until_the_last_second(contest):
    at(contest, contest.rules.final_by)
    with refused("Order_StillBound", contest.id, 0):
        contest.release([0])


def test_nobody_proposed(devices, contest, all_are_free, carol, dan):
    at(contest, contest.rules.final_by + 1)
    contest.release(ORDERS)
    all_are_free()
    for trader in (carol, dan):
        assert not devices.promisedOf(trader.device, Side.SELL, contest.slot.pack())[0]


@pytest.mark.parametrize("kind", ["posted", "contest"])
def test_a_draft_binds_nobody(request, all_are_free, kind):
    market = request.getfixturevalue(kind)
    market.close()
    market.propose(best(market))
    market.prove(rows=4)
    market.community.chain.warp(market.rules.final_by)
    market.release(ORDERS)
    all_are_free()


def test_a_standing_proposal_binds_past_the_time(contest, refused_to_all):
    """Also those who do not trade in it: it may be refuted yet."""
    stand(contest, best(contest))
    contest.community.chain.warp(contest.rules.final_by)
    refused_to_all(contest)
    contest.finalize()
    contest.release([257])


def test_a_proposal_sealed_in_the_last_second_binds_until_its_window_is_over(clearing, contest, refused_to_all):
    contest.propose(loose(contest))
    at(contest, contest.rules.final_by)
    contest.seal()
    final_from = clearing.proposal(contest.proposal)["finalFrom"]
    contest.community.chain.warp(final_from - 10)
    refused_to_all(contest)
    contest.community.chain.warp(final_from)
    refused_to_all(contest)
    assert clearing.proposal(contest.proposal)["status"] == ACTIVE
    contest.finalize()


def test_refuted_after_the_time_everyone_is_free_when_nothing_better_came(
    clearing, custody, contest, refused_to_all, all_are_free, agent
):
    stand(contest, false(contest))
    contest.community.chain.warp(contest.rules.final_by)
    contest.challenge(1, 2)
    refused_to_all(contest)
    at(contest, clearing.finalByOf(contest.id) + 1)
    contest.release(ORDERS)
    all_are_free()
    assert (clearing.activeOf(contest.id), clearing.finalOf(contest.id)) == (0, 0)
    assert tuple(custody.walletOf(agent.address))[:2] == (ENDOWMENT_UPOINTS - BOND_UPOINTS, 0)


def test_no_proposal_comes_after_everyone_is_free(clearing, contest, rival):
    """Else trades would be made of money that is gone."""
    outranked = stand(contest, loose(contest))
    stand(contest, false(contest), rival)
    contest.community.chain.warp(contest.rules.final_by)
    contest.challenge(1, 2)
    until = clearing.finalByOf(contest.id)
    at(contest, until + 1)
    contest.release(ORDERS)
    too_late = ("Clearing_TooLate", contest.id, until)
    with refused(*too_late):
        contest.seal(proposal=outranked)
    with refused(*too_late):
        contest.propose(NOTHING)
    with refused(*too_late):
        contest.clear_at_once(NOTHING)


def test_what_is_released_is_released_once(contest):
    contest.community.chain.warp(contest.rules.final_by)
    contest.release([0])
    with refused("Order_AlreadyClosed", contest.id, 0):
        contest.release([0])


def test_what_was_outranked_has_no_hold(custody, contest, all_are_free, agent, rival):
    """Once its bond is back, neither the agent's money nor anybody's order is bound by it."""
    stand(contest, loose(contest))
    stand(contest, false(contest), rival)
    contest.challenge(1, 2)
    contest.community.chain.warp(contest.rules.final_by)
    contest.release(ORDERS)
    all_are_free()
    assert tuple(custody.walletOf(agent.address))[:2] == (ENDOWMENT_UPOINTS, 0)
