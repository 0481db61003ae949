import pytest

from testkit.constants import ATTRIBUTES_HASH
from testkit.reverts import reverts_with
from testkit.status import APPLIED, NONE, REJECTED

REASON = "the attributes do not match the hash"


@pytest.fixture
def applicant(participants, alice):
    participants.applyFor(ATTRIBUTES_HASH, {"from": alice})
    return alice


def test_reverts_for_anyone_but_an_auditor(participants, applicant, stranger):
    with reverts_with("Registry_NotAuditor", stranger):
        participants.reject(applicant, 1, REASON, {"from": stranger})


def test_reverts_without_reason(participants, applicant, auditors):
    with reverts_with("Registry_EmptyReason", applicant):
        participants.reject(applicant, 1, "", {"from": auditors[0]})


def test_reverts_without_application(participants, auditors, bob):
    with reverts_with("Registry_WrongStatus", bob, NONE, APPLIED):
        participants.reject(bob, 0, REASON, {"from": auditors[0]})


def test_reverts_for_another_application(participants, applicant, auditors):
    with reverts_with("Registry_WrongApplication", applicant, 1, 7):
        participants.reject(applicant, 7, REASON, {"from": auditors[0]})


def test_a_second_vote_does_not_count(participants, applicant, auditors):
    first = participants.reject(applicant, 1, REASON, {"from": auditors[0]})
    motion = bytes(first.events["VoteCast"]["motion"])
    with reverts_with("Registry_AlreadyVoted", auditors[0], motion):
        participants.reject(applicant, 1, REASON, {"from": auditors[0]})


def test_the_deciding_vote_rejects(participants, applicant, auditors):
    first = participants.reject(applicant, 1, REASON, {"from": auditors[0]})
    assert "Rejected" not in first.events
    second = participants.reject(applicant, 1, REASON, {"from": auditors[1]})
    assert dict(second.events["Rejected"]) == {"applicant": applicant, "reason": REASON}
    assert tuple(participants.participant(applicant)) == (REJECTED, 0, 0, second.timestamp, 1)


def test_auditors_reject_with_one_reason(participants, applicant, auditors):
    participants.reject(applicant, 1, REASON, {"from": auditors[0]})
    participants.reject(applicant, 1, "another reason", {"from": auditors[1]})
    assert participants.participant(applicant)["status"] == APPLIED
