"""`nominate` and `approve`: auditors announce candidates."""

from dataclasses import astuple, replace

import pytest

from testkit.admitting import MEMBERSHIP, REASON, WINDOW_S, candidate
from testkit.reverts import reverts_with


@pytest.fixture
def candidates(alice, bob):
    return [candidate(alice.address), candidate(bob.address, credibility_ppm=0)]


def packed(candidates):
    return [someone.pack() for someone in candidates]


def test_reverts_for_anyone_but_an_auditor(motions, candidates, stranger):
    with reverts_with("Auditors_NotAuditor", stranger):
        motions.nominate(packed(candidates), REASON, {"from": stranger})


def test_reverts_without_reason(motions, candidates, auditors):
    with reverts_with("Motion_EmptyReason"):
        motions.nominate(packed(candidates), 0, {"from": auditors[0]})


def test_reverts_without_candidates(motions, auditors):
    with reverts_with("Motion_BadCount", 0, 4_096):
        motions.nominate([], REASON, {"from": auditors[0]})


@pytest.mark.parametrize(
    ("mask", "bits"),
    [
        (~(((1 << 160) - 1) << 96), 0),
        (~(0xFFFFF << 44), 1_000_001 << 44),
        (~(3 << 38), 0),
        (~(0xF << 40), 0),
        (~(7 << 35), 0),
        (~(7 << 35), 7 << 35),
        (~0xFFFFFFFF, 1),
        (~(0x3FF << 86), 1_000 << 86),
    ],
    ids=["account", "credibility", "no side", "no carrier", "no type", "type", "expiry", "country"],
)
def test_reverts_for_a_candidate_that_is_not_well_formed(motions, candidates, auditors, mask, bits):
    (head, tag), first = packed(candidates)
    forged = head & mask | bits
    account = f"0x{forged >> 96:040x}"
    with reverts_with("Motion_BadCandidate", 1, account):
        motions.nominate([first, (forged, tag)], REASON, {"from": auditors[0]})


def test_reverts_without_tag(motions, candidates, auditors, alice):
    head, _ = candidates[0].pack()
    with reverts_with("Motion_BadCandidate", 0, alice):
        motions.nominate([(head, bytes(32))], REASON, {"from": auditors[0]})


def test_one_vote_announces_nothing(motions, candidates, auditors):
    transaction = motions.nominate(packed(candidates), REASON, {"from": auditors[0]})
    root = transaction.return_value
    assert transaction.events["Nominated"]["root"] == root
    assert transaction.events["VoteCast"]["votes"] == 1
    assert motions.motionCount() == 0
    with reverts_with("Auditors_AlreadyVoted", auditors[0], bytes(root)):
        motions.approve(root, REASON, {"from": auditors[0]})
    with reverts_with("Auditors_AlreadyVoted", auditors[0], bytes(root)):
        motions.nominate(packed(candidates), REASON, {"from": auditors[0]})


def test_nobody_approves_what_is_not_put_up(motions, auditors):
    with reverts_with("Motion_NotNominated", b"\1" * 32):
        motions.approve(b"\1" * 32, REASON, {"from": auditors[0]})


def test_the_deciding_vote_announces(motions, candidates, auditors):
    root = motions.nominate(packed(candidates), REASON, {"from": auditors[0]}).return_value
    transaction = motions.approve(root, REASON + 1, {"from": auditors[2]})
    ends_at = transaction.timestamp + WINDOW_S
    assert dict(transaction.events["MotionAnnounced"]) == {
        "motion": 1,
        "root": root,
        "endsAt": ends_at,
        "members": 0,
        "quorum": 1,
    }
    assert tuple(motions.motionOf(1)) == (transaction.timestamp, ends_at, 0, 1, 2, root)


def test_the_second_auditor_may_put_them_up_again(motions, candidates, auditors):
    for auditor in auditors[:2]:
        motions.nominate(packed(candidates), REASON, {"from": auditor})
    assert motions.motionCount() == 1


def test_votes_for_something_else_do_not_count_together(motions, candidates, auditors):
    motions.nominate(packed(candidates), REASON, {"from": auditors[0]})
    motions.nominate(packed(candidates[:1]), REASON, {"from": auditors[1]})
    assert motions.motionCount() == 0


def test_at_most_32_run(Motions, deployer, auditors, alice, warp):
    rules = astuple(replace(MEMBERSHIP, admission_window_s=MEMBERSHIP.committee_window_s - 1))
    motions = deployer.deploy(Motions, auditors, 1, rules, deployer)
    for number in range(1, 33):
        motions.nominate(packed([candidate(alice.address, number)]), REASON, {"from": auditors[0]})
    one_more = packed([candidate(alice.address, 33)])
    ends_at = motions.motionOf(1)["endsAt"]
    with reverts_with("Motion_NoRoom", 1, ends_at):
        motions.nominate.call(one_more, REASON, {"from": auditors[0]})
    warp(ends_at)
    motions.nominate(one_more, REASON, {"from": auditors[0]})
    assert motions.motionCount() == 33
