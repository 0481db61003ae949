"""`commit` and `open`: who writes down that a proposal is false, and what waits when it falls."""

import pytest

from testkit.claims import NOTHING
from testkit.contest import (
    BOND_UPOINTS,
    BURNT_UPOINTS,
    EIGHTH_UPOINTS,
    REWARD_UPOINTS,
    at,
    best,
    false,
    loose,
    poor,
    stand,
)
from testkit.market_fixtures import ENDOWMENT_UPOINTS, by
from testkit.reverts import reverts_with

NOBODY = "0x" + "00" * 20
NOTHING_WAITS = (NOBODY, 0, 0, NOBODY, 0)


@pytest.fixture
def forfeited(community):
    """The event of a lost bond in a receipt."""
    return lambda receipt: community.events(receipt, "BondForfeited")[0]


def block(community):
    """Number of the latest block."""
    return int(community.chain.request("eth_blockNumber"), 16)


def test_refuses_a_hash_that_is_there(refutations, community, contest, know, commit, watcher, copier):
    stand(contest, false(contest))
    knowledge = know(watcher)
    commit(knowledge)
    for sender in (watcher, copier):
        with reverts_with("Refutations_CommittedBefore", knowledge.commitment(community)):
            refutations.commit(knowledge.commitment(community), by(sender))


def test_writes_a_hash_down(refutations, community, contest, know, watcher):
    stand(contest, false(contest))
    hash_ = know(watcher).commitment(community)
    tx = refutations.commit(hash_, by(watcher))
    committed = tx.events["RefutationCommitted"]
    assert (bytes(committed["commitment"]), committed["by"]) == (hash_, watcher.address)


def test_the_hash_is_that_of_chain_contract_proposal_challenger_orders_and_salt(
    refutations, community, contest, know, watcher, copier
):
    stand(contest, false(contest))
    told = [
        know(watcher),
        know(copier),
        know(watcher, pair=(2, 1)),
        know(watcher, pair=(1,)),
        know(watcher, pair=()),
        know(watcher, salt=bytes(32)),
        know(watcher, proposal=contest.proposal + 1),
    ]
    hashes = [knowledge.commitment(community) for knowledge in told]
    assert len(set(hashes)) == len(told)
    for knowledge, hash_ in zip(told, hashes, strict=True):
        asked = knowledge.proposal, knowledge.challenger, list(knowledge.pair), knowledge.salt
        assert bytes(refutations.commitmentOf(*asked)) == hash_


def test_only_clearing_opens(refutations, community, contest, watcher, stranger):
    stand(contest, false(contest))
    people = [stranger, watcher, community.auditors[0]]
    for caller in (*people, community.addresses["Accounts"], community.addresses["Settlement"]):
        with reverts_with("Refutations_NotClearing", caller):
            refutations.open(contest.proposal, 0, watcher.address, by(caller))


def test_nothing_waits_where_nobody_committed(contest, forfeited, refutation, money, agent, watcher):
    """Both eighths are the sender's at once."""
    stand(contest, false(contest))
    lost = forfeited(contest.challenge(1, 2, challenger=watcher))
    assert (lost["reward"], lost["open"], lost["burnt"]) == (REWARD_UPOINTS, 0, BURNT_UPOINTS)
    assert money(agent, watcher) == [(ENDOWMENT_UPOINTS - BOND_UPOINTS, 0), (REWARD_UPOINTS, 0)]
    assert refutation(contest.proposal) == NOTHING_WAITS


def test_an_eighth_waits_where_somebody_may_have_known(
    community, contest, forfeited, refutation, money, know, commit, agent, watcher, copier
):
    """The challenger holds it, for a day."""
    stand(contest, false(contest))
    commit(know(watcher))
    at(contest, contest.rules.closes_at + 100)
    lost = forfeited(contest.challenge(1, 2, challenger=copier))
    assert (lost["agent"], lost["challenger"]) == (agent.address, copier.address)
    assert (lost["reward"], lost["open"], lost["burnt"]) == (EIGHTH_UPOINTS, EIGHTH_UPOINTS, BURNT_UPOINTS)
    assert money(copier, watcher) == [(EIGHTH_UPOINTS, EIGHTH_UPOINTS), (0, 0)]
    until = contest.rules.closes_at + 100 + 86_400
    assert refutation(contest.proposal) == (copier.address, block(community), until, NOBODY, 0)


@pytest.mark.parametrize("better", [best, loose], ids=["exact", "without a certificate"])
def test_an_eighth_waits_too_when_a_better_proposal_refutes(
    community, contest, forfeited, refutation, money, know, commit, alice, watcher, better
):
    stand(contest, poor(contest))
    first = contest.proposal
    commit(know(watcher, pair=(0, 256)))
    contest.propose(better(contest), agent=alice.account)
    lost = forfeited(contest.seal(agent=alice.account))
    assert (lost["challenger"], lost["reward"], lost["open"]) == (alice.address, EIGHTH_UPOINTS, EIGHTH_UPOINTS)
    assert refutation(first)[0] == alice.address
    spent = BOND_UPOINTS - EIGHTH_UPOINTS
    assert money(alice)[0][1] == 160_000 + BOND_UPOINTS + EIGHTH_UPOINTS
    assert money(alice)[0][0] == ENDOWMENT_UPOINTS - 160_000 - spent


def test_an_eighth_waits_too_when_a_proof_refutes(
    community, contest, forfeited, refutation, know, commit, bob, watcher
):
    first = stand(contest, poor(contest))
    commit(know(watcher, pair=(0, 256)))
    contest.propose(best(contest), agent=bob.account)
    lost = forfeited(contest.prove(agent=bob.account))
    assert (lost["reward"], lost["open"]) == (EIGHTH_UPOINTS, EIGHTH_UPOINTS)
    assert refutation(first)[0] == bob.address


@pytest.mark.parametrize("when", ["before the proposal", "before the seal"])
def test_what_was_written_down_before_the_seal_keeps_nothing_open(
    contest, forfeited, refutation, money, know, commit, agent, when
):
    """A liar who knows its own false pairs has no second eighth to wait for, nor anybody else."""
    liar = agent.account
    if when == "before the proposal":
        commit(know(liar, proposal=1))
        contest.propose(false(contest))
    else:
        contest.propose(false(contest))
        commit(know(liar))
    contest.seal()
    lost = forfeited(contest.challenge(1, 2, challenger=liar))
    assert (lost["reward"], lost["open"]) == (REWARD_UPOINTS, 0)
    assert refutation(contest.proposal) == NOTHING_WAITS
    assert money(agent) == [(ENDOWMENT_UPOINTS - BURNT_UPOINTS, 0)]
    assert 4 * BURNT_UPOINTS >= 3 * BOND_UPOINTS


def test_a_commitment_to_anything_keeps_every_refutation_open(contest, forfeited, know, commit, watcher, copier):
    """A hash does not say what it is of."""
    stand(contest, NOTHING)
    commit(know(watcher, proposal=10**6))
    lost = forfeited(contest.challenge(0, 2, challenger=copier))
    assert lost["open"] == EIGHTH_UPOINTS
