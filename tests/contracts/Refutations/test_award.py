"""`award`: after a day the second eighth of a lost bond is the winner's."""

import pytest

from testkit.contest import BOND_UPOINTS, BURNT_UPOINTS, EIGHTH_UPOINTS, at, false, stand
from testkit.market_fixtures import ENDOWMENT_UPOINTS
from testkit.refusals import refused

NOBODY = "0x" + "00" * 20
NOTHING_WAITS = (NOBODY, 0, 0, NOBODY, 0)


@pytest.fixture
def fallen(contest, know, commit, watcher, copier):
    """The watcher knew that the proposal is false; who copied its challenge was faster."""
    stand(contest, false(contest))
    knowledge = know(watcher)
    commit(knowledge)
    contest.challenge(1, 2, challenger=copier)
    return knowledge


def test_refuses_where_nothing_waits(contest, award, watcher):
    for id_ in (0, 1, 2**64 - 1):
        with refused("Refutations_NothingOpen", id_):
            award(id_)
    stand(contest, false(contest))
    contest.challenge(1, 2, challenger=watcher)
    with refused("Refutations_NothingOpen", contest.proposal):
        award(contest.proposal)


def test_refuses_while_commitments_can_be_shown(contest, fallen, refutation, reveal, award):
    until = refutation(fallen.proposal)[2]
    with refused("Refutations_RevealRuns", fallen.proposal, until):
        award(fallen.proposal)
    reveal(fallen)
    at(contest, until)
    with refused("Refutations_RevealRuns", fallen.proposal, until):
        award(fallen.proposal)


def test_gives_the_eighth_to_who_knew_first(
    community, custody, points, contest, fallen, refutation, reveal, award, money, agent, watcher, copier
):
    """From the first second after the day on; nothing of the bond is left held."""
    reveal(fallen)
    claims, supply = custody.totalCredits(), points.totalSupply()
    at(contest, refutation(fallen.proposal)[2] + 1)
    receipt = award(fallen.proposal)
    assert community.events(receipt, "RewardAwarded") == [
        {"challenger": copier.address, "winner": watcher.address, "points": EIGHTH_UPOINTS}
    ]
    assert money(agent, copier, watcher) == [
        (ENDOWMENT_UPOINTS - BOND_UPOINTS, 0),
        (EIGHTH_UPOINTS, 0),
        (EIGHTH_UPOINTS, 0),
    ]
    assert BOND_UPOINTS == BURNT_UPOINTS + 2 * EIGHTH_UPOINTS
    assert (custody.totalCredits(), points.totalSupply()) == (claims, supply)
    assert custody.totalCredits() == points.balanceOf(custody)


def test_gives_it_to_the_sender_where_nobody_showed_anything(
    community, contest, fallen, refutation, award, money, watcher, copier
):
    contest.community.chain.warp(refutation(fallen.proposal)[2])
    receipt = award(fallen.proposal)
    assert community.events(receipt, "RewardAwarded") == [
        {"challenger": copier.address, "winner": copier.address, "points": EIGHTH_UPOINTS}
    ]
    assert money(copier, watcher) == [(2 * EIGHTH_UPOINTS, 0), (0, 0)]


def test_gives_it_to_a_challenger_who_knew_first_itself(
    contest, know, commit, refutation, reveal, award, money, watcher
):
    stand(contest, false(contest))
    knowledge = know(watcher)
    commit(knowledge)
    contest.challenge(1, 2, challenger=watcher)
    reveal(knowledge)
    contest.community.chain.warp(refutation(contest.proposal)[2])
    award(contest.proposal)
    assert money(watcher) == [(2 * EIGHTH_UPOINTS, 0)]


def test_awards_once(contest, fallen, refutation, reveal, award, money, watcher, copier):
    contest.community.chain.warp(refutation(fallen.proposal)[2])
    award(fallen.proposal)
    assert refutation(fallen.proposal) == NOTHING_WAITS
    before = money(watcher, copier)
    with refused("Refutations_NothingOpen", fallen.proposal):
        award(fallen.proposal)
    with refused("Refutations_NothingOpen", fallen.proposal):
        reveal(fallen)
    assert money(watcher, copier) == before


def test_what_waits_cannot_be_withdrawn(community, contest, fallen, refutation, award, copier):
    """Before the award the challenger has one eighth to take, then both."""
    with refused("Accounts_InsufficientBalance", copier.address, EIGHTH_UPOINTS, EIGHTH_UPOINTS + 1):
        community.send(copier, "Accounts", "withdraw", EIGHTH_UPOINTS + 1, copier.address)
    community.send(copier, "Accounts", "withdraw", EIGHTH_UPOINTS, copier.address)
    contest.community.chain.warp(refutation(fallen.proposal)[2])
    award(fallen.proposal)
    community.send(copier, "Accounts", "withdraw", EIGHTH_UPOINTS, copier.address)


def test_each_refutation_has_an_eighth_of_its_own(
    community, contest, know, commit, refutation, reveal, award, money, agent, watcher, copier
):
    """Two lies of a round: the watcher knew of the first, nobody showed anything of the second."""
    first = stand(contest, false(contest))
    knowledge = know(watcher)
    commit(knowledge)
    contest.challenge(1, 2, challenger=copier)
    reveal(knowledge)
    second = stand(contest, false(contest))
    commit(know(watcher))
    contest.challenge(1, 2, challenger=copier)
    assert money(copier) == [(2 * EIGHTH_UPOINTS, 2 * EIGHTH_UPOINTS)]
    contest.community.chain.warp(refutation(second)[2])
    award(second)
    assert money(copier, watcher) == [(3 * EIGHTH_UPOINTS, EIGHTH_UPOINTS), (0, 0)]
    award(first)
    assert money(copier, watcher) == [(3 * EIGHTH_UPOINTS, 0), (EIGHTH_UPOINTS, 0)]
    assert money(agent) == [(ENDOWMENT_UPOINTS - 2 * BOND_UPOINTS, 0)]


def test_a_round_ends_all_the_same_while_an_eighth_waits(contest, clearing, custody, fallen, award, refutation, alice):
    """Orders are released, and who knew first is awarded, whatever comes first."""
    contest.community.chain.warp(clearing.finalByOf(contest.id))
    contest.release([0, 1, 2, 256, 257])
    assert custody.heldOf(alice.address) == 0
    contest.community.chain.warp(refutation(fallen.proposal)[2])
    award(fallen.proposal)
