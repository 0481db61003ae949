"""`seal`: a proposal stands for the result of the round, with a bond, unless a better one takes its place."""

import pytest

from testkit.claims import NOTHING
from testkit.contest import (
    ACTIVE,
    BOND_UPOINTS,
    BURNT_UPOINTS,
    DRAFT,
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
from testkit.refusals import refused

BEST, POOR = 1_750_000, 500_000
"""Objectives of the proposals, ppm."""


def wallet(custody, trader):
    """Free points less the endowment, and held points."""
    free, held, *_ = custody.walletOf(trader.address)
    return free - ENDOWMENT_UPOINTS, held


def test_refuses_an_unknown_proposal(contest):
    with refused("Clearing_UnknownProposal", 3):
        contest.seal(proposal=3)


def test_refuses_another_agent(contest, agent, rival):
    contest.propose(best(contest))
    with refused("Clearing_NotAgent", contest.proposal, agent.address, rival.address):
        contest.seal(agent=rival.account)


def test_refuses_when_it_is_too_late(contest):
    contest.propose(best(contest))
    at(contest, contest.rules.final_by + 1)
    with refused("Clearing_TooLate", contest.id, contest.rules.final_by):
        contest.seal()


def test_refuses_when_the_round_is_final(contest, agent, rival):
    contest.propose(best(contest))
    late = contest.proposal
    contest.propose(best(contest), agent=rival.account)
    contest.prove(agent=rival.account)
    with refused("Clearing_AlreadyFinal", contest.id, contest.proposal):
        contest.seal(proposal=late)


def test_refuses_in_a_market_without_a_window(posted, agent):
    posted.close()
    posted.propose(best(posted))
    with refused("Clearing_ProofOnly", posted.id):
        posted.seal()


def test_refuses_what_stands_or_was_refuted(contest):
    id_ = stand(contest, false(contest))
    with refused("Clearing_WrongStatus", id_, ACTIVE):
        contest.seal()
    contest.challenge(1, 2)
    with refused("Clearing_WrongStatus", id_, REFUTED):
        contest.seal()


def test_refuses_an_agent_without_the_bond(community, clearing, contest):
    pauper = key("pauper")
    contest.propose(best(contest), agent=pauper)
    with refused("Accounts_InsufficientBalance", pauper.address, 0, BOND_UPOINTS):
        contest.seal(agent=pauper)
    assert (clearing.activeOf(contest.id), clearing.proposal(contest.proposal)["status"]) == (0, DRAFT)


@pytest.mark.parametrize(
    ("active", "other", "have", "needed"),
    [
        (best, best, BEST, BEST),
        (best, loose, BEST, BEST),
        (loose, loose, BEST, BEST),
        (best, poor, POOR, BEST),
        (loose, poor, POOR, BEST),
        (poor, lambda _: NOTHING, 0, POOR),
    ],
    ids=["same", "same, no certificate", "both no certificate", "lower", "lower than no certificate", "nothing"],
)
def test_refuses_what_is_not_better(clearing, custody, contest, agent, rival, active, other, have, needed):
    first = stand(contest, active(contest))
    contest.propose(other(contest), agent=rival.account)
    with refused("Clearing_NotBetter", contest.proposal, first, have, needed):
        contest.seal(agent=rival.account)
    assert clearing.activeOf(contest.id) == first
    assert (wallet(custody, agent), wallet(custody, rival)) == ((-BOND_UPOINTS, BOND_UPOINTS), (0, 0))


def test_holds_the_bond_and_starts_the_window(clearing, community, custody, contest, agent):
    contest.propose(best(contest))
    sealed_at = contest.rules.closes_at + 60
    at(contest, sealed_at)
    receipt = contest.seal()
    assert wallet(custody, agent) == (-BOND_UPOINTS, BOND_UPOINTS)
    state = clearing.proposal(contest.proposal)
    assert (state["status"], state["finalFrom"]) == (ACTIVE, sealed_at + WINDOW_S)
    assert state["sealedIn"] == int(community.chain.request("eth_blockNumber"), 16)
    assert (clearing.activeOf(contest.id), clearing.finalOf(contest.id)) == (contest.proposal, 0)
    assert community.events(receipt, "BondHeld") == [{"agent": agent.address, "points": BOND_UPOINTS}]
    assert community.events(receipt, "ProposalSealed") == [
        {
            "market": contest.id,
            "proposal": contest.proposal,
            "agent": agent.address,
            "objective": BEST,
            "bound": BEST,
            "finalFrom": sealed_at + WINDOW_S,
        }
    ]


def test_a_bond_is_not_for_orders_and_withdrawals(contest, agent):
    stand(contest, best(contest))
    free = ENDOWMENT_UPOINTS - BOND_UPOINTS
    with refused("Accounts_InsufficientBalance", agent.address, free, free + 1):
        contest.community.send(agent.account, "Accounts", "withdraw", free + 1, agent.address)


def test_takes_a_proposal_in_the_last_second(clearing, contest):
    """The window follows all the same."""
    contest.propose(best(contest))
    at(contest, contest.rules.final_by)
    contest.seal()
    assert clearing.proposal(contest.proposal)["finalFrom"] == contest.rules.final_by + WINDOW_S


def test_waits_for_better_ones_without_a_certificate(clearing, contest):
    """Until the time for proposals is over; its own window if that is longer."""
    contest.propose(loose(contest))
    at(contest, contest.rules.final_by - WINDOW_S)
    contest.seal()
    assert clearing.proposal(contest.proposal)["finalFrom"] == contest.rules.final_by + 1


def test_waits_for_its_own_window_too(clearing, contest):
    contest.propose(loose(contest))
    at(contest, contest.rules.final_by - WINDOW_S + 2)
    contest.seal()
    assert clearing.proposal(contest.proposal)["finalFrom"] == contest.rules.final_by + 2


def test_an_exact_one_beats_an_equal_one_without_a_certificate(clearing, community, custody, contest, agent, rival):
    first = stand(contest, loose(contest))
    contest.propose(best(contest), agent=rival.account)
    receipt = contest.seal(agent=rival.account)
    assert clearing.proposal(first)["status"] == OUTRANKED
    assert clearing.activeOf(contest.id) == contest.proposal
    assert community.events(receipt, "ProposalOutranked") == [
        {"market": contest.id, "proposal": first, "by": contest.proposal}
    ]
    assert community.events(receipt, "BondReleased") == [{"agent": agent.address, "points": BOND_UPOINTS}]
    assert (wallet(custody, agent), wallet(custody, rival)) == ((0, 0), (-BOND_UPOINTS, BOND_UPOINTS))


def test_a_higher_objective_outranks_one_without_a_certificate(clearing, custody, contest, agent, rival):
    claims = poor(contest)
    claims.orders[0] = (*claims.orders[0][:1], 500_001, False)
    first = stand(contest, claims)
    stand(contest, loose(contest), rival)
    assert clearing.proposal(first)["status"] == OUTRANKED
    assert (wallet(custody, agent), wallet(custody, rival)) == ((0, 0), (-BOND_UPOINTS, BOND_UPOINTS))


@pytest.mark.parametrize("better", [best, loose], ids=["exact", "without a certificate"])
def test_a_higher_objective_refutes_an_exact_one(clearing, community, custody, points, contest, agent, rival, better):
    """A feasible matching above its bound shows it false: two eighths of the bond to the new agent, the rest burnt."""
    supply = points.totalSupply()
    first = stand(contest, poor(contest))
    contest.propose(better(contest), agent=rival.account)
    receipt = contest.seal(agent=rival.account)
    assert clearing.proposal(first)["status"] == REFUTED
    assert clearing.activeOf(contest.id) == contest.proposal
    assert community.events(receipt, "ProposalRefuted") == [
        {"market": contest.id, "proposal": first, "challenger": rival.address, "bond": BOND_UPOINTS}
    ]
    assert wallet(custody, agent) == (-BOND_UPOINTS, 0)
    assert wallet(custody, rival) == (REWARD_UPOINTS - BOND_UPOINTS, BOND_UPOINTS)
    assert supply - points.totalSupply() == BURNT_UPOINTS
    assert custody.totalCredits() == points.balanceOf(custody)


def test_what_was_outranked_can_be_sealed_again(clearing, custody, contest, agent, rival):
    """A false certificate takes the place of an honest proposal, and is refuted: the honest one comes back."""
    first = stand(contest, loose(contest))
    stand(contest, false(contest), rival)
    with refused("Clearing_NotBetter", first, contest.proposal, BEST, BEST):
        contest.seal(proposal=first)
    contest.challenge(1, 2)
    before = clearing.proposal(first)["sealedIn"]
    contest.seal(proposal=first)
    assert (clearing.activeOf(contest.id), clearing.proposal(first)["status"]) == (first, ACTIVE)
    assert clearing.proposal(first)["sealedIn"] > before
    assert wallet(custody, agent) == (-BOND_UPOINTS, BOND_UPOINTS)


def test_an_agent_can_take_its_own_place(clearing, custody, contest, agent):
    """One bond is held, not two; and not the same one twice."""
    first = stand(contest, loose(contest))
    second = stand(contest, best(contest))
    assert [clearing.proposal(id_)["status"] for id_ in (first, second)] == [OUTRANKED, ACTIVE]
    assert wallet(custody, agent) == (-BOND_UPOINTS, BOND_UPOINTS)


def test_bonds_of_several_markets_add_up(community, custody, contest, agent):
    stand(contest, best(contest))
    other = community.open_market(
        slot_start=community.next_slot(7_200), challenge_window_s=WINDOW_S, bond_upoints=BOND_UPOINTS
    )
    other.close()
    stand(other, NOTHING)
    assert wallet(custody, agent) == (-2 * BOND_UPOINTS, 2 * BOND_UPOINTS)
