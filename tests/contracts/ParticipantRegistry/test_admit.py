"""`admit` and `refuse`: what becomes of candidates once members had their say."""

import pytest
from eth_utils import keccak

from testkit.admitting import MEMBERSHIP, WINDOW_S, candidate, outcomes
from testkit.attested import admissions
from testkit.constants import ATTRIBUTES_HASH
from testkit.mining import later
from testkit.reverts import reverts_with
from testkit.status import ACTIVE, LEFT, REJECTED

TAG = keccak(text="somebody")


@pytest.fixture
def candidates(participants, alice, bob):
    """Two who applied."""
    for applicant in (alice, bob):
        participants.applyFor(ATTRIBUTES_HASH, {"from": applicant})
    return [candidate(alice.address, credibility_ppm=700_000, grade=2), candidate(bob.address)]


@pytest.fixture
def motion(announce, candidates):
    return announce(candidates)


def test_reverts_while_the_window_is_open(participants, motions, candidates, motion, stranger, warp):
    ends_at = motions.motionOf(motion)["endsAt"]
    warp(ends_at - 1)
    with reverts_with("Motion_WindowOpen", motion, ends_at):
        participants.admit.call(motion, outcomes(candidates), {"from": stranger})


def test_reverts_for_a_motion_that_is_not_there(participants, candidates, motion, stranger):
    with reverts_with("Motion_Unknown", motion + 1):
        participants.admit(motion + 1, outcomes(candidates), {"from": stranger})


@pytest.mark.parametrize("changes", [{"credibility_ppm": 800_000}, {"tag": TAG}, {"grade": 1}, {"expiry": 2**31}])
def test_reverts_for_what_was_not_audited(participants, candidates, motion, stranger, chain, changes):
    later(chain, WINDOW_S)
    forged = candidate(candidates[0].account, **{"credibility_ppm": 700_000, "grade": 2} | changes)
    (_, _, siblings), _ = outcomes(candidates)
    with reverts_with("Motion_UnknownCandidate", motion, 0):
        participants.admit(motion, [(0, forged.pack(), siblings)], {"from": stranger})


def test_admits_whom_nobody_objected_to(participants, motions, candidates, motion, alice, bob, stranger, chain):
    later(chain, WINDOW_S)
    transaction = participants.admit(motion, outcomes(candidates), {"from": stranger})
    first, second = transaction.events["Admitted"]
    assert (first["participant"], first["person"], first["motion"]) == (alice, 1, motion)
    assert (second["participant"], second["person"]) == (bob, 2)
    state = participants.participant(alice)
    assert (state["status"], state["hasApplied"], state["person"], state["since"]) == (
        ACTIVE,
        False,
        1,
        transaction.timestamp,
    )
    assert (state["mostBought"], state["mostSold"], state["userType"], state["grade"]) == (64, 64, 3, 2)
    assert state["carriers"] == 0b1111
    assert admissions(participants, [alice, bob]) == [(True, 700_000), (True, 900_000)]
    assert (participants.personCount(), motions.memberCount()) == (2, 2)
    assert participants.personOf(candidates[1].tag) == 2


def test_passes_over_who_is_admitted_already(participants, candidates, motion, bob, stranger, chain):
    later(chain, WINDOW_S)
    participants.admit(motion, outcomes(candidates, [0]), {"from": stranger})
    transaction = participants.admit(motion, outcomes(candidates), {"from": stranger})
    assert [event["participant"] for event in transaction.events["Admitted"]] == [bob]
    with reverts_with("Registry_NothingToDo", motion):
        participants.admit(motion, outcomes(candidates), {"from": stranger})


def test_a_newer_application_was_not_audited(participants, candidates, motion, auditors, alice, stranger, chain):
    for auditor in auditors[:2]:
        participants.reject(alice, 1, 1, {"from": auditor})
    participants.applyFor(ATTRIBUTES_HASH, {"from": alice})
    later(chain, WINDOW_S)
    with reverts_with("Registry_NothingToDo", motion):
        participants.admit(motion, outcomes(candidates, [0]), {"from": stranger})


def test_reverts_once_it_expired(participants, announce, alice, stranger, now, warp):
    participants.applyFor(ATTRIBUTES_HASH, {"from": alice})
    expiry = now() + WINDOW_S + 100
    late = [candidate(alice.address, expiry=expiry)]
    motion = announce(late)
    warp(expiry)
    with reverts_with("Registry_CandidateExpired", alice, expiry):
        participants.admit.call(motion, outcomes(late), {"from": stranger})


def test_an_admission_ends_by_itself(participants, admit, alice, now, warp):
    expiry = now() + 10 * WINDOW_S
    admit(alice, expiry=expiry)
    warp(expiry - 1)
    assert participants.isActive(alice)
    warp(expiry)
    assert not participants.isActive(alice)


def test_a_renewal_keeps_person_and_voice(
    participants, motions, admit, announce, alice, bob, stranger, now, warp, chain
):
    admit(alice, expiry=now() + 10 * WINDOW_S)
    participants.applyFor(ATTRIBUTES_HASH, {"from": bob})
    motion = announce([candidate(bob.address)])
    admit(alice, 600_000, expiry=now() + 10**6)
    assert (participants.personCount(), motions.memberCount()) == (1, 1)
    assert admissions(participants, [alice]) == [(True, 600_000)]
    with reverts_with("Motion_WindowOver", motion, motions.motionOf(motion)["endsAt"]):
        motions.object(motion, 0, {"from": alice})


def test_members_refuse_a_candidate(participants, motions, admit, announce, alice, bob, stranger, chain, now, warp):
    admit(alice)
    warp(now() + 1)
    participants.applyFor(ATTRIBUTES_HASH, {"from": bob})
    candidates = [candidate(bob.address)]
    motion = announce(candidates)
    shown = outcomes(candidates)
    with reverts_with("Motion_NotRefused", motion, 0, 1):
        participants.refuse(motion, shown[0], {"from": stranger})
    motions.object(motion, 0, {"from": alice})
    refused = participants.refuse(motion, shown[0], {"from": stranger})
    assert dict(refused.events["Rejected"]) == {"applicant": bob, "application": 1}
    assert participants.participant(bob)["status"] == REJECTED
    with reverts_with("Registry_WrongApplication", bob, 1, 1):
        participants.refuse(motion, shown[0], {"from": stranger})
    later(chain, WINDOW_S)
    with reverts_with("Motion_Refused", motion, 1, 1):
        participants.admit(motion, shown, {"from": stranger})


def test_a_person_who_comes_back_has_its_number_and_its_suspension(
    participants, motions, admit, auditors, alice, now, warp
):
    admit(alice, tag=TAG)
    until = now() + 29 * 86_400
    for auditor in auditors[:2]:
        participants.suspend(alice, until, "tampered meter", {"from": auditor})
    participants.requestExit({"from": alice})
    warp(now() + MEMBERSHIP.exit_notice_s)
    participants.exit({"from": alice})
    assert motions.memberCount() == 0
    admit(alice, tag=TAG)
    assert participants.participant(alice)["person"] == 1
    assert not participants.isActive(alice)


def test_another_account_washes_nothing_off(participants, motions, admit, auditors, alice, bob, now):
    """Who lost a key, or says so, is admitted with another account in the same membership."""
    admit(alice, tag=TAG)
    since = now()
    for auditor in auditors[:2]:
        participants.suspend(alice, since + 86_400, "tampered meter", {"from": auditor})
    suspended_at = now()
    transaction = admit(bob, tag=TAG)
    assert dict(transaction.events["Left"]) == {"participant": alice, "person": 1}
    assert (participants.participant(alice)["status"], participants.participant(bob)["person"]) == (LEFT, 1)
    assert (participants.personCount(), motions.memberCount()) == (1, 1)
    assert participants.participant(bob)["suspendedUntil"] == since + 86_400
    assert not participants.isActive(bob)
    assert participants.isSuspendedAt(alice, suspended_at)
    assert participants.isSuspendedAt(bob, suspended_at)


def test_an_account_is_one_persons_for_ever(participants, admit, announce, alice, stranger, now, warp, chain):
    admit(alice, tag=TAG)
    participants.requestExit({"from": alice})
    warp(now() + MEMBERSHIP.exit_notice_s)
    participants.exit({"from": alice})
    participants.applyFor(ATTRIBUTES_HASH, {"from": alice})
    other = [candidate(alice.address, 2, tag=keccak(text="somebody else"))]
    motion = announce(other)
    later(chain, WINDOW_S)
    with reverts_with("Registry_OtherPerson", alice, 1, 2):
        participants.admit(motion, outcomes(other), {"from": stranger})
