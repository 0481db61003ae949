"""A refutation late in a round leaves time for one more proposal, at most twice: no last-minute lie voids a round."""

import pytest

from powerpact.mechanisms.satisfaction.spec import match
from testkit.claims import NOTHING
from testkit.contest import ACTIVE, FINAL, WINDOW_S, at, best, false, loose, poor, stand
from testkit.market_fixtures import ENDOWMENT_UPOINTS
from testkit.refusals import refused
from testkit.reverts import reverts_with

MOST_EXTENSIONS = 2


@pytest.fixture
def lied(contest, rival):
    """An honest proposal without a certificate, in whose place a false one came in the last second."""
    honest = stand(contest, loose(contest))
    _lie(contest, rival, contest.rules.final_by)
    return honest


def _lie(contest, liar, time_s):
    """Seal a false claim to be exact at this time, Unix seconds."""
    contest.propose(false(contest), agent=liar.account)
    at(contest, time_s)
    contest.seal(agent=liar.account)


def test_an_unknown_market_has_no_last_moment(clearing):
    with reverts_with("Market_Unknown", b"\1" * 32):
        clearing.finalByOf(b"\1" * 32)


def test_the_last_moment_is_that_of_the_rules_unless_it_is_put_off(clearing, contest):
    assert clearing.finalByOf(contest.id) == contest.rules.final_by
    stand(contest, false(contest))
    contest.challenge(1, 2)
    assert clearing.finalByOf(contest.id) == contest.rules.final_by


@pytest.mark.parametrize(("left_s", "later_s"), [(WINDOW_S + 1, 0), (WINDOW_S, 0), (WINDOW_S - 1, 1), (0, WINDOW_S)])
def test_a_refutation_leaves_a_window(clearing, community, contest, left_s, later_s):
    """No more: where a window is left there is time enough."""
    stand(contest, false(contest))
    at(contest, contest.rules.final_by - left_s)
    receipt = contest.challenge(1, 2)
    final_by = contest.rules.final_by + later_s
    expected = [{"market": contest.id, "finalBy": final_by}] if later_s else []
    assert community.events(receipt, "ProposalsExtended") == expected
    assert clearing.finalByOf(contest.id) == final_by


def test_a_refutation_after_the_time_leaves_a_window(clearing, contest, lied):
    at(contest, contest.rules.final_by + WINDOW_S - 1)
    contest.challenge(1, 2)
    assert clearing.finalByOf(contest.id) == contest.rules.final_by + 2 * WINDOW_S - 1


def test_the_honest_proposal_is_sealed_again_after_a_lie_in_the_last_second(clearing, contest, lied):
    """It is the result of the round, and there is time to be paid before refunds begin."""
    at(contest, contest.rules.final_by + WINDOW_S - 1)
    contest.challenge(1, 2)
    until = clearing.finalByOf(contest.id)
    at(contest, until)
    contest.seal(proposal=lied)
    state = clearing.proposal(lied)
    assert (state["status"], state["finalFrom"]) == (ACTIVE, until + WINDOW_S)
    assert state["finalFrom"] + contest.rules.slot_length_s <= contest.rules.refund_from
    at(contest, state["finalFrom"])
    contest.finalize(lied)
    assert clearing.finalOf(contest.id) == lied
    assert contest.locked_upoints() == 190_000


def test_nothing_comes_after_the_window(clearing, contest, lied):
    contest.community.chain.warp(contest.rules.final_by)
    contest.challenge(1, 2)
    until = clearing.finalByOf(contest.id)
    at(contest, until + 1)
    for attempt in (lambda: contest.seal(proposal=lied), lambda: contest.propose(NOTHING)):
        with refused("Clearing_TooLate", contest.id, until):
            attempt()


def test_the_window_is_for_new_proposals_and_proofs_too(clearing, contest, lied):
    at(contest, contest.rules.final_by + 60)
    contest.challenge(1, 2)
    contest.clear_at_once(contest.links(match(contest.round())))
    assert clearing.finalOf(contest.id) == contest.proposal
    assert clearing.proposal(contest.proposal)["status"] == FINAL


def test_what_has_no_certificate_waits_for_the_new_last_moment(clearing, contest, lied):
    """A better one may come until then; its own window is over before."""
    at(contest, contest.rules.final_by - 1 + WINDOW_S)
    contest.challenge(1, 2)
    until = clearing.finalByOf(contest.id)
    at(contest, until - WINDOW_S + 1)
    contest.seal(proposal=lied)
    assert clearing.proposal(lied)["finalFrom"] == until + 1


def test_an_exact_one_waits_for_its_own_window_alone(clearing, contest, lied):
    at(contest, contest.rules.final_by + 60)
    contest.challenge(1, 2)
    contest.propose(best(contest))
    at(contest, contest.rules.final_by + 70)
    contest.seal()
    assert clearing.proposal(contest.proposal)["finalFrom"] == contest.rules.final_by + 70 + WINDOW_S


def test_a_round_is_extended_twice_at_most(clearing, community, custody, contest, rival, lied, alice):
    """Each lie costs a bond, comes in the last second, and falls in the last second of its window."""
    lies = 1
    for _ in range(MOST_EXTENSIONS):
        until = clearing.finalByOf(contest.id)
        at(contest, until + WINDOW_S - 1)
        receipt = contest.challenge(1, 2)
        assert community.events(receipt, "ProposalsExtended") == [
            {"market": contest.id, "finalBy": until + 2 * WINDOW_S - 1}
        ]
        _lie(contest, rival, clearing.finalByOf(contest.id))
        lies += 1
    until = clearing.finalByOf(contest.id)
    latest = until + WINDOW_S
    assert latest <= contest.rules.final_by + (1 + 2 * MOST_EXTENSIONS) * WINDOW_S
    assert latest + contest.rules.slot_length_s <= contest.rules.refund_from
    at(contest, latest - 1)
    receipt = contest.challenge(1, 2)
    assert community.events(receipt, "ProposalsExtended") == []
    assert clearing.finalByOf(contest.id) == until
    with refused("Clearing_TooLate", contest.id, until):
        contest.seal(proposal=lied)
    contest.release([0, 1, 2, 256, 257])
    assert tuple(custody.walletOf(alice.address))[:2] == (ENDOWMENT_UPOINTS, 0)
    assert custody.walletOf(rival.address)["free"] == ENDOWMENT_UPOINTS - lies * contest.rules.bond_upoints


def test_a_better_proposal_puts_nothing_off(clearing, community, contest, rival):
    """It stands in the place of what it refutes: nobody needs time for another."""
    stand(contest, poor(contest))
    contest.propose(best(contest), agent=rival.account)
    at(contest, contest.rules.final_by)
    receipt = contest.seal(agent=rival.account)
    assert len(community.events(receipt, "ProposalRefuted")) == 1
    assert community.events(receipt, "ProposalsExtended") == []
    assert clearing.finalByOf(contest.id) == contest.rules.final_by


def test_other_markets_keep_their_time(clearing, community, contest, lied):
    other = community.open_market(slot_start=community.next_slot(7_200))
    contest.community.chain.warp(contest.rules.final_by)
    contest.challenge(1, 2)
    assert clearing.finalByOf(other.id) == other.rules.final_by


def test_no_extension_ends_later_than_the_rules_leave_time_for(clearing, contest):
    """Nobody finalises a false proposal, and it is refuted when refunds may begin: the round does not open again."""
    stand(contest, false(contest))
    at(contest, contest.rules.refund_from + 60)
    contest.challenge(1, 2)
    assert clearing.finalByOf(contest.id) <= contest.rules.final_by + 4 * WINDOW_S
