"""`object` and `objectSigned`: members stop candidates."""

import pytest
from eth_account import Account
from eth_utils import keccak

from powerpact.codec.eip712 import compact, sign
from testkit.admitting import MEMBERSHIP, candidate
from testkit.constants import ATTRIBUTES_HASH
from testkit.meters import domain_of
from testkit.reverts import reverts_with

KEYS = [Account.from_key(keccak(text=f"member {i}")) for i in range(3)]


@pytest.fixture
def members(participants, admit, accounts):
    """Three members whose keys the test has."""
    found = []
    for key in KEYS:
        account = accounts.add(key.key)
        accounts[0].transfer(account, "1 ether")
        admit(account)
        found.append(account)
    return found


@pytest.fixture
def motion(participants, members, announce, alice, bob, now, warp):
    """Two candidates; no member is as new as the announcement."""
    for applicant in (alice, bob):
        participants.applyFor(ATTRIBUTES_HASH, {"from": applicant})
    warp(now() + 1)
    return announce([candidate(alice.address), candidate(bob.address)])


@pytest.fixture
def signed(motions, chain):
    """A member's objection."""

    def _signed(key, motion, index):
        message = {"motion": motion, "candidate": index}
        return compact(sign(key, domain_of(motions, chain.id), "Objection", message))

    return _signed


def test_an_objection_counts_for_its_candidate(motions, motion, members):
    transaction = motions.object(motion, 1, {"from": members[0]})
    assert dict(transaction.events["CandidateObjected"]) == {
        "motion": motion,
        "candidate": 1,
        "members": (members[0],),
        "objections": 1,
    }
    assert [motions.objectionsTo(motion, i) for i in range(2)] == [0, 1]


def test_once_a_motion(motions, motion, members):
    motions.object(motion, 1, {"from": members[0]})
    for index in range(2):
        with reverts_with("Motion_AlreadyObjected", members[0], motion):
            motions.object(motion, index, {"from": members[0]})


def test_to_several_motions_in_any_order(motions, participants, announce, motion, members, alice):
    later = announce([candidate(alice.address, 7)])
    for number in (later, motion):
        motions.object(number, 0, {"from": members[0]})
        with reverts_with("Motion_AlreadyObjected", members[0], number):
            motions.object(number, 0, {"from": members[0]})


def test_by_members_only(motions, motion, stranger, auditors):
    announced_at = motions.motionOf(motion)["announcedAt"]
    for account in (stranger, auditors[0]):
        with reverts_with("Motion_NotMember", account, announced_at):
            motions.object(motion, 0, {"from": account})


def test_not_by_a_newcomer(motions, participants, motion, admit, announce, stranger, bob, now, warp):
    """Who is admitted after the announcement was no member then."""
    admit(stranger)
    warp(now() + 1)
    later = announce([candidate(bob.address, 9)])
    with reverts_with("Motion_WindowOver", motion, motions.motionOf(motion)["endsAt"]):
        motions.object(motion, 0, {"from": stranger})
    since, announced_at = participants.participant(stranger)["since"], motions.motionOf(later)["announcedAt"]
    assert since < announced_at
    motions.object(later, 0, {"from": stranger})


def test_a_suspension_silences_nobody(motions, participants, motion, members, auditors, now):
    for auditor in auditors[:2]:
        participants.suspend(members[0], now() + 1_000, "to silence", {"from": auditor})
    motions.object(motion, 0, {"from": members[0]})
    assert motions.objectionsTo(motion, 0) == 1


def test_an_announced_exit_silences_nobody_and_an_exit_does(
    motions, participants, motion, members, announce, alice, now, warp
):
    participants.requestExit({"from": members[0]})
    motions.object(motion, 0, {"from": members[0]})
    warp(now() + MEMBERSHIP.exit_notice_s)
    participants.exit({"from": members[0]})
    later = announce([candidate(alice.address, 5)])
    with reverts_with("Motion_NotMember", members[0], motions.motionOf(later)["announcedAt"]):
        motions.object(later, 0, {"from": members[0]})


def test_at_the_edges_of_the_window(motions, motion, members, warp):
    ends_at = motions.motionOf(motion)["endsAt"]
    warp(ends_at - 1)
    motions.object.call(motion, 0, {"from": members[0]})
    warp(ends_at)
    with reverts_with("Motion_WindowOver", motion, ends_at):
        motions.object.call(motion, 0, {"from": members[0]})


def test_to_what_is_there(motions, motion, members):
    with reverts_with("Motion_Unknown", motion + 1):
        motions.object(motion + 1, 0, {"from": members[0]})
    with reverts_with("Motion_UnknownCandidate", motion, 2):
        motions.object(motion, 2, {"from": members[0]})


def test_signed_objections_come_together(motions, motion, members, signed, stranger):
    signatures = [signed(key, motion, 0) for key in KEYS]
    transaction = motions.objectSigned(motion, 0, signatures, {"from": stranger})
    assert transaction.events["CandidateObjected"]["members"] == tuple(members)
    assert motions.objectionsTo(motion, 0) == 3
    with reverts_with("Motion_NoNewObjection", motion):
        motions.objectSigned(motion, 0, signatures, {"from": stranger})


def test_one_that_counts_no_more_does_not_sink_the_others(motions, motion, members, signed, stranger):
    motions.object(motion, 1, {"from": members[0]})
    outsider = Account.from_key(keccak(text="an outsider"))
    signatures = [signed(key, motion, 0) for key in (KEYS[0], outsider, KEYS[1], KEYS[1])]
    transaction = motions.objectSigned(motion, 0, signatures, {"from": stranger})
    assert transaction.events["CandidateObjected"]["members"] == (members[1],)
    assert [motions.objectionsTo(motion, i) for i in range(2)] == [1, 1]


def test_a_signature_is_for_one_candidate_of_one_motion(
    motions, motion, announce, members, signed, alice, bob, stranger
):
    signature = signed(KEYS[0], motion, 0)
    later = announce([candidate(alice.address, 3), candidate(bob.address, 3)])
    for number, index in ((motion, 1), (later, 0)):
        with reverts_with("Motion_NoNewObjection", number):
            motions.objectSigned(number, index, [signature], {"from": stranger})
