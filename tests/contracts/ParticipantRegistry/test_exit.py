import pytest

from testkit.admitting import MEMBERSHIP
from testkit.reverts import reverts_with
from testkit.status import ACTIVE, LEAVING, LEFT

NOTICE_S = MEMBERSHIP.exit_notice_s


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
    leaves_at = participants.participant(leaver)["since"] + NOTICE_S
    warp(leaves_at - 1)
    with reverts_with("Motion_NoticeRunning", leaver, leaves_at):
        participants.exit.call({"from": leaver})


def test_reverts_while_money_is_held(participants, leaver, accounts_stub, deployer, now, warp):
    accounts_stub.setHeld(leaver, 1, {"from": deployer})
    warp(now() + NOTICE_S)
    with reverts_with("Registry_OpenObligations", leaver, 1):
        participants.exit({"from": leaver})


def test_reverts_for_a_second_exit(participants, leaver, now, warp):
    warp(now() + NOTICE_S)
    participants.exit({"from": leaver})
    with reverts_with("Registry_WrongStatus", leaver, LEFT, LEAVING):
        participants.exit({"from": leaver})


def test_removes_the_participant(participants, leaver, accounts_stub, deployer, warp):
    accounts_stub.setHeld(leaver, 0, {"from": deployer})
    leaves_at = participants.participant(leaver)["since"] + NOTICE_S
    warp(leaves_at)
    transaction = participants.exit({"from": leaver})
    assert transaction.events["Left"]["participant"] == leaver
    participant = participants.participant(leaver)
    assert (participant["status"], participant["since"]) == (LEFT, transaction.timestamp)
    assert not participants.isActive(leaver)


def test_members_who_object_refuse_it(participants, motions, admit, leaver, bob, now, warp):
    """Whoever is admitted after the announcement has no say; the leaver can withdraw and announce it again."""
    warp(now() + 1)
    admit(bob)
    with reverts_with("Motion_NotMember", bob, participants.participant(leaver)["since"]):
        motions.objectToExit(leaver, {"from": bob})
    participants.stay({"from": leaver})
    warp(now() + 1)
    participants.requestExit({"from": leaver})
    assert motions.objectToExit(leaver, {"from": bob}).events["ExitObjected"]["objections"] == 1
    with reverts_with("Motion_AlreadyObjected", bob, participants.participant(leaver)["since"] // 86_400):
        motions.objectToExit(leaver, {"from": bob})
    warp(now() + NOTICE_S)
    with reverts_with("Motion_ExitRefused", leaver, 1, 1):
        participants.exit({"from": leaver})
    participants.stay({"from": leaver})
    participants.requestExit({"from": leaver})
    leaves_at = participants.participant(leaver)["since"] + NOTICE_S
    warp(leaves_at)
    with reverts_with("Motion_NoticeOver", leaver, leaves_at):
        motions.objectToExit(leaver, {"from": bob})
    participants.exit({"from": leaver})
    assert participants.participant(leaver)["status"] == LEFT


def test_nobody_objects_to_an_exit_that_is_not_announced(motions, admit, alice, bob):
    admit(alice)
    admit(bob)
    with reverts_with("Motion_NoExit", alice):
        motions.objectToExit(alice, {"from": bob})
