import pytest

from testkit.reverts import reverts_with

NOBODY = "0x" + "00" * 20


@pytest.mark.parametrize(("size", "threshold"), [(0, 1), (3, 0), (3, 4), (33, 2)])
def test_reverts_for_a_committee_that_cannot_decide(ParticipantRegistry, deployer, accounts_stub, size, threshold):
    committee = [f"0x{index + 1:040x}" for index in range(size)]
    with reverts_with("Registry_BadCommittee", size, threshold):
        deployer.deploy(ParticipantRegistry, committee, threshold, accounts_stub)


def test_reverts_for_an_auditor_named_twice(ParticipantRegistry, deployer, auditors, accounts_stub):
    with reverts_with("Registry_DuplicateAuditor", auditors[0]):
        deployer.deploy(ParticipantRegistry, [auditors[0], auditors[1], auditors[0]], 2, accounts_stub)


def test_reverts_for_the_zero_address(ParticipantRegistry, deployer, auditors, accounts_stub):
    with reverts_with("Registry_NotAuditor", NOBODY):
        deployer.deploy(ParticipantRegistry, [auditors[0], NOBODY], 1, accounts_stub)


def test_fixes_the_committee(participants, auditors, stranger):
    assert participants.auditors() == auditors
    assert participants.threshold() == 2
    assert all(participants.isAuditor(auditor) for auditor in auditors)
    assert not participants.isAuditor(stranger)


def test_takes_32_auditors(ParticipantRegistry, deployer, accounts_stub):
    committee = [f"0x{index + 1:040x}" for index in range(32)]
    assert deployer.deploy(ParticipantRegistry, committee, 32, accounts_stub).threshold() == 32
