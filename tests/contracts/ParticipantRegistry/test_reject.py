import pytest

from testkit.constants import ATTRIBUTES_HASH
from testkit.reverts import reverts_with
from testkit.status import ACTIVE, APPLIED, REJECTED

REASON = 4


@pytest.fixture
def applicant(participants, alice):
    participants.applyFor(ATTRIBUTES_HASH, {"from": alice})
    return alice


def test_reverts_for_anyone_but_an_auditor(participants, applicant, stranger):
    with reverts_with("Auditors_NotAuditor", stranger):
        participants.reject(applicant, 1, REASON, {"from": stranger})


def test_reverts_without_reason(participants, applicant, auditors):
    with reverts_with("Registry_EmptyReason", applicant):
        participants.reject(applicant, 1, 0, {"from": auditors[0]})


def test_reverts_without_application(participants, auditors, bob):
    with reverts_with("Registry_WrongApplication", bob, 0, 0):
        participants.reject(bob, 0, REASON, {"from": auditors[0]})


def test_reverts_for_another_application(participants, applicant, auditors):
    with reverts_with("Registry_WrongApplication", applicant, 1, 7):
        participants.reject(applicant, 7, REASON, {"from": auditors[0]})


def test_a_second_vote_does_not_count(participants, applicant, auditors):
    first = participants.reject(applicant, 1, REASON, {"from": auditors[0]})
    motion = bytes(first.events["VoteCast"]["motion"])
    with reverts_with("Auditors_AlreadyVoted", auditors[0], motion):
        participants.reject(applicant, 1, REASON + 1, {"from": auditors[0]})


def test_the_deciding_vote_rejects_whatever_the_reasons(participants, applicant, auditors):
    first = participants.reject(applicant, 1, REASON, {"from": auditors[0]})
    assert dict(first.events["RejectionVoted"]) == {
        "applicant": applicant,
        "application": 1,
        "auditor": auditors[0],
        "reason": REASON,
    }
    assert "Rejected" not in first.events
    assert participants.participant(applicant)["status"] == APPLIED
    second = participants.reject(applicant, 1, REASON + 1, {"from": auditors[1]})
    assert dict(second.events["Rejected"]) == {"applicant": applicant, "application": 1}
    state = participants.participant(applicant)
    assert (state["status"], state["hasApplied"], state["since"]) == (REJECTED, False, second.timestamp)


def test_votes_on_an_earlier_application_do_not_count(participants, applicant, auditors):
    for auditor in auditors[:2]:
        participants.reject(applicant, 1, REASON, {"from": auditor})
    participants.applyFor(ATTRIBUTES_HASH, {"from": applicant})
    participants.reject(applicant, 2, REASON, {"from": auditors[2]})
    assert participants.participant(applicant)["status"] == APPLIED


def test_a_rejected_renewal_leaves_the_member_admitted(participants, admit, auditors, alice):
    admit(alice)
    participants.applyFor(ATTRIBUTES_HASH, {"from": alice})
    for auditor in auditors[:2]:
        participants.reject(alice, 2, REASON, {"from": auditor})
    assert participants.participant(alice)["status"] == ACTIVE
    assert participants.isActive(alice)
