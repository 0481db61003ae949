import pytest
from eth_abi import encode
from eth_utils import keccak

from testkit.attested import admissions
from testkit.constants import ATTRIBUTES_HASH, CREDIBILITY_PPM
from testkit.reverts import reverts_with
from testkit.status import ACTIVE, APPLIED, NONE


@pytest.fixture
def applicant(participants, alice):
    participants.applyFor(ATTRIBUTES_HASH, {"from": alice})
    return alice


def motion(applicant, application=1, credibility_ppm=CREDIBILITY_PPM):
    """The hash of the motion to approve."""
    values = [0, applicant.address, application, credibility_ppm]
    return keccak(encode(["uint256", "address", "uint256", "uint256"], values))


def test_reverts_for_anyone_but_an_auditor(participants, applicant, stranger):
    with reverts_with("Registry_NotAuditor", stranger):
        participants.approve(applicant, 1, CREDIBILITY_PPM, {"from": stranger})


def test_reverts_for_the_applicant(participants, applicant):
    with reverts_with("Registry_NotAuditor", applicant):
        participants.approve(applicant, 1, CREDIBILITY_PPM, {"from": applicant})


def test_reverts_above_full_credibility(participants, applicant, auditors):
    with reverts_with("Registry_CredibilityAboveOne", applicant, 1_000_001):
        participants.approve(applicant, 1, 1_000_001, {"from": auditors[0]})


def test_reverts_without_application(participants, auditors, bob):
    with reverts_with("Registry_WrongStatus", bob, NONE, APPLIED):
        participants.approve(bob, 0, CREDIBILITY_PPM, {"from": auditors[0]})


def test_reverts_once_approved(participants, admit, auditors, bob):
    admit(bob)
    with reverts_with("Registry_WrongStatus", bob, ACTIVE, APPLIED):
        participants.approve(bob, 1, CREDIBILITY_PPM, {"from": auditors[2]})


def test_reverts_for_another_application(participants, applicant, auditors):
    with reverts_with("Registry_WrongApplication", applicant, 1, 2):
        participants.approve(applicant, 2, CREDIBILITY_PPM, {"from": auditors[0]})


def test_reverts_for_a_second_vote(participants, applicant, auditors):
    participants.approve(applicant, 1, CREDIBILITY_PPM, {"from": auditors[0]})
    with reverts_with("Registry_AlreadyVoted", auditors[0], motion(applicant)):
        participants.approve(applicant, 1, CREDIBILITY_PPM, {"from": auditors[0]})


def test_one_vote_does_not_admit(participants, applicant, auditors):
    transaction = participants.approve(applicant, 1, CREDIBILITY_PPM, {"from": auditors[0]})
    assert dict(transaction.events["VoteCast"]) == {
        "auditor": auditors[0],
        "subject": applicant,
        "motion": "0x" + motion(applicant).hex(),
        "votes": 1,
    }
    assert "Approved" not in transaction.events
    assert participants.participant(applicant)["status"] == APPLIED


def test_the_deciding_vote_admits(participants, applicant, auditors):
    participants.approve(applicant, 1, CREDIBILITY_PPM, {"from": auditors[0]})
    transaction = participants.approve(applicant, 1, CREDIBILITY_PPM, {"from": auditors[2]})
    assert transaction.events["VoteCast"]["votes"] == 2
    assert dict(transaction.events["Approved"]) == {
        "participant": applicant,
        "credibility": CREDIBILITY_PPM,
    }
    assert tuple(participants.participant(applicant)) == (ACTIVE, CREDIBILITY_PPM, 0, transaction.timestamp, 1)
    assert admissions(participants, [applicant]) == [(True, CREDIBILITY_PPM)]


def test_votes_for_different_credibilities_do_not_add_up(participants, applicant, auditors):
    participants.approve(applicant, 1, 800_000, {"from": auditors[0]})
    participants.approve(applicant, 1, 700_000, {"from": auditors[1]})
    assert not participants.isActive(applicant)
    participants.approve(applicant, 1, 700_000, {"from": auditors[0]})
    assert admissions(participants, [applicant]) == [(True, 700_000)]


def test_votes_for_an_earlier_application_do_not_count(participants, applicant, auditors):
    participants.approve(applicant, 1, CREDIBILITY_PPM, {"from": auditors[0]})
    for auditor in auditors[1:]:
        participants.reject(applicant, 1, "attributes do not match", {"from": auditor})
    participants.applyFor(ATTRIBUTES_HASH, {"from": applicant})
    participants.approve(applicant, 2, CREDIBILITY_PPM, {"from": auditors[1]})
    assert not participants.isActive(applicant)
