"""`reveal`: who knew first, and who cannot pretend to have known."""

import pytest
from eth_abi.abi import encode
from eth_utils import keccak

from powerpact.chain.deployment import create_address
from testkit.claims import NOTHING, claim
from testkit.contest import (
    ACTIVE,
    BOND_UPOINTS,
    BURNT_UPOINTS,
    EIGHTH_UPOINTS,
    REFUTED,
    REWARD_UPOINTS,
    at,
    best,
    false,
    poor,
    stand,
)
from testkit.market import key
from testkit.market_fixtures import ENDOWMENT_UPOINTS
from testkit.refusals import refused

DAY_S = 86_400


@pytest.fixture
def told(contest, know, commit, watcher):
    """The watcher has written down that a pair refutes the proposal that stands."""
    stand(contest, false(contest))
    knowledge = know(watcher)
    commit(knowledge)
    return knowledge


@pytest.fixture
def fallen(contest, told, copier):
    """Then somebody who copied the watcher's challenge was faster."""
    contest.challenge(1, 2, challenger=copier)
    return told


def test_refuses_while_the_proposal_stands(told, reveal):
    with refused("Refutations_NothingOpen", told.proposal):
        reveal(told)


def test_refuses_where_nothing_waits(contest, know, reveal, watcher):
    stand(contest, false(contest))
    contest.challenge(1, 2, challenger=watcher)
    with refused("Refutations_NothingOpen", contest.proposal):
        reveal(know(watcher))


def test_refuses_when_it_is_too_late(contest, refutation, fallen, reveal):
    until = refutation(fallen.proposal)[2]
    at(contest, until + 1)
    with refused("Refutations_RevealOver", fallen.proposal, until):
        reveal(fallen)


def test_takes_it_in_the_last_second(contest, refutation, fallen, reveal, watcher):
    at(contest, refutation(fallen.proposal)[2])
    reveal(fallen)
    assert refutation(fallen.proposal)[3] == watcher.address


@pytest.mark.parametrize(
    ("pair", "error"),
    [
        ((0, 2), ("Satisfaction_PairCovered", 0, 2, 1_000_000, 1_000_000)),
        ((2, 1), ("Clearing_WrongSide", 2)),
        ((1,), ("Mechanism_WrongExhibits", 1, 2)),
        ((), ("Mechanism_WrongExhibits", 0, 2)),
    ],
    ids=["covered", "sides swapped", "half of it", "nothing"],
)
def test_refuses_what_does_not_refute(contest, know, commit, reveal, watcher, copier, pair, error):
    """A commitment to nonsense wins nothing."""
    stand(contest, false(contest))
    nonsense = know(watcher, pair=pair)
    commit(nonsense)
    contest.challenge(1, 2, challenger=copier)
    with refused(*error):
        reveal(nonsense)


def test_refuses_other_prices_than_the_proposals(community, contest, fallen, watcher):
    shown = [contest.exhibit(id_) for id_ in fallen.pair]
    with refused("Clearing_WrongPrices", fallen.proposal):
        arguments = fallen.proposal, shown, bytes(32), fallen.challenger, fallen.salt
        community.send(watcher, "Refutations", "reveal", *arguments)


def test_refuses_what_nobody_wrote_down(contest, know, fallen, reveal, watcher, copier):
    """Another challenger or salt is another commitment."""
    for unknown in (know(copier), know(watcher, salt=bytes(32))):
        with refused("Refutations_NotCommitted", fallen.proposal, unknown.challenger):
            reveal(unknown)


def test_shows_who_knew_first(community, refutation, fallen, reveal, watcher, copier, alice):
    receipt = reveal(fallen, sender=alice.account)
    assert community.events(receipt, "CommitmentRevealed") == [
        {"proposal": fallen.proposal, "challenger": watcher.address}
    ]
    challenger, _, _, winner, number = refutation(fallen.proposal)
    assert (challenger, winner, number) == (copier.address, watcher.address, 1)
    with refused("Refutations_CommittedLater", fallen.proposal, watcher.address):
        reveal(fallen)


def test_shows_another_pair_than_the_one_that_refuted(contest, refutation, know, commit, reveal, watcher, copier):
    """Whoever knew that the proposal is false knew it, by whatever pair."""
    stand(contest, NOTHING)
    knowledge = know(watcher, pair=(1, 256))
    commit(knowledge)
    contest.challenge(0, 2, challenger=copier)
    reveal(knowledge)
    assert refutation(contest.proposal)[3] == watcher.address


def test_what_refutes_it_may_be_shown_although_a_better_one_stands(
    contest, refutation, know, commit, reveal, alice, watcher
):
    first = stand(contest, poor(contest))
    chunks = contest.chunks
    knowledge = know(watcher, pair=(0, 256))
    commit(knowledge)
    stand(contest, best(contest), alice)
    contest.chunks = chunks
    reveal(knowledge)
    assert refutation(first)[3] == watcher.address


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 0, 2), (1, 2, 0)])
def test_the_earliest_of_those_that_are_shown_wins(contest, refutation, know, commit, reveal, copier, order):
    """In whatever order they are shown; a later one is refused once an earlier one is."""
    stand(contest, false(contest))
    known = [know(key(f"watcher {i}")) for i in range(3)]
    for knowledge in known:
        commit(knowledge)
    contest.challenge(1, 2, challenger=copier)
    shown = []
    for place in order:
        if any(earlier < place for earlier in shown):
            with refused("Refutations_CommittedLater", contest.proposal, known[min(shown)].challenger):
                reveal(known[place])
        else:
            reveal(known[place])
            shown.append(place)
        assert refutation(contest.proposal)[3] == known[min(shown)].challenger
    assert refutation(contest.proposal)[3] == known[0].challenger


# What a liar or a copier tries


@pytest.fixture
def open_to_all(contest, know, commit):
    """Somebody commits to something, so that an eighth waits."""
    return lambda: commit(know(key("a passer-by"), proposal=10**6))


@pytest.mark.parametrize("when", ["before the proposal", "before the seal"])
def test_a_liars_commitment_from_before_the_seal_does_not_count(
    contest, know, commit, reveal, award, money, refutation, open_to_all, agent, when
):
    """It knew its own false pair all along. What waits is the challenger's, here its own: three quarters are gone."""
    knowledge = know(agent, proposal=1)
    if when == "before the proposal":
        commit(knowledge)
    contest.propose(false(contest))
    if when == "before the seal":
        commit(knowledge)
    contest.seal()
    open_to_all()
    contest.challenge(1, 2, challenger=agent.account)
    with refused("Refutations_NotCommitted", 1, agent.address):
        reveal(knowledge)
    contest.community.chain.warp(refutation(1)[2] + 1)
    award(1)
    assert money(agent) == [(ENDOWMENT_UPOINTS - BURNT_UPOINTS, 0)]
    assert 4 * BURNT_UPOINTS >= 3 * BOND_UPOINTS


def test_a_liars_commitment_in_the_block_of_the_seal_does_not_count(
    community, contest, clearing, know, commit, reveal, in_one_block, open_to_all, agent, watcher
):
    contest.propose(false(contest))
    knowledge = know(agent)
    in_one_block(
        (agent, "Clearing", "seal", contest.proposal, ([], []), [], b""),
        (agent, "Refutations", "commit", knowledge.commitment(community)),
    )
    assert clearing.proposal(contest.proposal)["status"] == ACTIVE
    with refused("Refutations_CommittedBefore", knowledge.commitment(community)):
        commit(knowledge)
    open_to_all()
    contest.challenge(1, 2, challenger=watcher)
    with refused("Refutations_NotCommitted", contest.proposal, agent.address):
        reveal(knowledge)


def test_a_commitment_in_the_block_of_the_refutation_does_not_count(
    community, contest, clearing, refutation, know, commit, reveal, in_one_block, told, watcher, copier
):
    """Whoever sees a challenge in the open cannot commit to it any more, not even right before it."""
    copied = know(copier)
    shown = [contest.exhibit(id_) for id_ in (1, 2)]
    in_one_block(
        (copier, "Refutations", "commit", copied.commitment(community)),
        (copier, "Clearing", "challenge", contest.proposal, shown, b""),
    )
    assert clearing.proposal(contest.proposal)["status"] == REFUTED
    with refused("Refutations_CommittedBefore", copied.commitment(community)):
        commit(copied)
    with refused("Refutations_NotCommitted", contest.proposal, copier.address):
        reveal(copied)
    reveal(told)
    assert refutation(contest.proposal)[3] == watcher.address


def test_an_honest_watcher_shares_with_who_copied_its_challenge(
    contest, fallen, reveal, award, money, refutation, watcher, copier
):
    """The copier has an eighth for its transaction, the watcher one for its knowledge."""
    assert money(copier, watcher) == [(EIGHTH_UPOINTS, EIGHTH_UPOINTS), (0, 0)]
    reveal(fallen)
    contest.community.chain.warp(refutation(fallen.proposal)[2] + 1)
    award(fallen.proposal)
    assert money(copier, watcher) == [(EIGHTH_UPOINTS, 0), (EIGHTH_UPOINTS, 0)]


@pytest.mark.parametrize("copied", ["the commitment", "the showing", "both"])
def test_what_is_copied_counts_for_the_challenger_in_it(
    community, contest, refutation, know, commit, reveal, watcher, copier, copied
):
    """The hash names who wrote it, so that whoever sends it works for the watcher."""
    stand(contest, false(contest))
    knowledge = know(watcher)
    commit(knowledge, sender=copier if copied != "the showing" else watcher)
    contest.challenge(1, 2, challenger=copier)
    reveal(knowledge, sender=copier if copied != "the commitment" else watcher)
    assert refutation(contest.proposal)[3] == watcher.address


@pytest.mark.parametrize("keeps", [1, 2], ids=["an accomplice challenges", "alone"])
def test_a_liar_who_commits_in_time_loses_three_quarters_all_the_same(
    contest, know, commit, reveal, award, money, refutation, agent, watcher, keeps
):
    """It gets back at most the two eighths."""
    stand(contest, false(contest))
    knowledge = know(agent)
    commit(knowledge)
    contest.challenge(1, 2, challenger=agent.account if keeps == 2 else watcher)
    reveal(knowledge)
    contest.community.chain.warp(refutation(contest.proposal)[2] + 1)
    award(contest.proposal)
    lost = ENDOWMENT_UPOINTS - money(agent)[0][0]
    assert lost == BOND_UPOINTS - keeps * EIGHTH_UPOINTS
    assert 4 * lost >= 3 * BOND_UPOINTS


@pytest.mark.parametrize("commits", [True, False])
def test_one_contract_that_seals_commits_and_refutes_loses_three_quarters(
    community, contest, clearing, custody, points, refutation, know, watcher, commits
):
    """All in one transaction: it is its own challenger, and keeps two eighths."""
    liar = create_address(watcher.address, community.chain.nonce(watcher.address))
    community.send(community.utility, "PowerPoints", "mint", liar, BOND_UPOINTS, keccak(text="a liar's bond"))
    proposal, supply = clearing.proposalCount() + 1, points.totalSupply()
    pair = [contest.exhibit(id_, []) for id_ in (0, 2)]
    told = [community.chain.chain_id, community.addresses["Refutations"], proposal, liar, [0, 2], bytes(32)]
    hash_ = keccak(encode(["uint256", "address", "uint64", "address", "uint40[]", "bytes32"], told))
    calls = [
        ("PowerPoints", "approve", community.addresses["Accounts"], BOND_UPOINTS),
        ("Accounts", "deposit", BOND_UPOINTS),
        ("Clearing", "propose", contest.id, [], [], b""),
        ("Clearing", "seal", proposal, ([], []), [], b""),
        ("Refutations", "commit", hash_),
        ("Clearing", "challenge", proposal, pair, b""),
    ]
    if not commits:
        del calls[4]
    assert community.chain.create(watcher.address, _doing(community, calls)) == liar
    assert (clearing.proposal(proposal)["status"], clearing.proposal(proposal)["agent"]) == (REFUTED, liar)
    assert tuple(custody.walletOf(liar))[:2] == (REWARD_UPOINTS, 0)
    assert supply - points.totalSupply() == BURNT_UPOINTS
    assert refutation(proposal)[0] == "0x" + "00" * 20
    assert 4 * (BOND_UPOINTS - REWARD_UPOINTS) >= 3 * BOND_UPOINTS


def test_what_was_written_down_of_an_earlier_seal_does_not_count(
    contest, refutation, know, commit, reveal, alice, watcher, copier
):
    """A proposal that was outranked and is sealed again asks for a new commitment, with another salt."""
    wrong = claim(contest, [(0, 2), (1, 256)], {0: 2_000_000, 2: 499_999, 256: 750_000})
    first = stand(contest, wrong)
    chunks = contest.chunks
    outdated, again = know(watcher), know(watcher, salt=b"\x09" * 32)
    commit(outdated)
    stand(contest, false(contest), alice)
    contest.challenge(1, 2, challenger=copier)
    contest.proposal, contest.chunks = first, chunks
    contest.seal()
    commit(again)
    contest.challenge(1, 2, challenger=copier)
    with refused("Refutations_NotCommitted", first, watcher.address):
        reveal(outdated)
    reveal(again)
    assert refutation(first)[3] == watcher.address


def _doing(community, calls):
    """Code of a contract that makes these calls, each contract, function and arguments, when it is created."""
    encoded = [community.interfaces[contract].encode_call(function, args) for contract, function, *args in calls]
    fail = 43 * len(calls) + 1
    start, code = fail + 8, b""
    for (contract, *_), data in zip(calls, encoded, strict=True):
        size, to = len(data).to_bytes(2, "big"), bytes.fromhex(community.addresses[contract][2:])
        # The data into memory, from 0 on; call; if that fails, go to the end.
        code += b"\x61" + size + b"\x61" + start.to_bytes(2, "big") + b"\x5f\x39"
        code += b"\x5f\x5f\x61" + size + b"\x5f\x5f\x73" + to + b"\x5a\xf1"
        code += b"\x15\x61" + fail.to_bytes(2, "big") + b"\x57"
        start += len(data)
    # Stop; the end reverts with what the failed call returned.
    return code + b"\x00" + b"\x5b\x3d\x5f\x5f\x3e\x3d\x5f\xfd" + b"".join(encoded)
