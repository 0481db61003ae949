import pytest

from testkit.reverts import reverts_with
from testkit.status import ACTIVE, LEAVING, LEFT


@pytest.fixture
def leaver(participants, admit, alice):
    admit(alice)
    participants.requestExit({"from": alice})
    return alice


def test_reverts_without_request(participants, admit, bob):
    admit(bob)
    with reverts_with("Registry_WrongStatus", bob, ACTIVE, LEAVING):
        participants.exit({"from": bob})


def test_reverts_while_the_notice_runs(participants, leaver, warp):
    leaves_at = participants.participant(leaver)["since"] + participants.EXIT_NOTICE()
    warp(leaves_at - 1)
    with reverts_with("Registry_NoticeRunning", leaver, leaves_at):
        participants.exit.call({"from": leaver})


def test_reverts_while_money_is_held(participants, leaver, accounts_stub, deployer, now, warp):
    accounts_stub.setHeld(leaver, 1, {"from": deployer})
    warp(now() + participants.EXIT_NOTICE())
    with reverts_with("Registry_OpenObligations", leaver, 1):
        participants.exit({"from": leaver})


def test_reverts_for_a_second_exit(participants, leaver, now, warp):
    warp(now() + participants.EXIT_NOTICE())
    participants.exit({"from": leaver})
    with reverts_with("Registry_WrongStatus", leaver, LEFT, LEAVING):
        participants.exit({"from": leaver})


def test_removes_the_participant(participants, leaver, accounts_stub, deployer, warp):
    accounts_stub.setHeld(leaver, 0, {"from": deployer})
    leaves_at = participants.participant(leaver)["since"] + participants.EXIT_NOTICE()
    warp(leaves_at)
    transaction = participants.exit({"from": leaver})
    assert transaction.events["Left"]["participant"] == leaver
    participant = participants.participant(leaver)
    assert (participant["status"], participant["since"]) == (LEFT, transaction.timestamp)
    assert not participants.isActive(leaver)
