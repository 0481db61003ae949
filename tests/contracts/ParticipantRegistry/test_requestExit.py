from testkit.constants import CREDIBILITY_PPM
from testkit.reverts import reverts_with
from testkit.status import ACTIVE, LEAVING, NONE


def test_reverts_for_anyone_but_a_participant(participants, stranger):
    with reverts_with("Registry_WrongStatus", stranger, NONE, ACTIVE):
        participants.requestExit({"from": stranger})


def test_reverts_for_a_second_request(participants, admit, alice):
    admit(alice)
    participants.requestExit({"from": alice})
    with reverts_with("Registry_WrongStatus", alice, LEAVING, ACTIVE):
        participants.requestExit({"from": alice})


def test_ends_trading_at_once(participants, admit, alice):
    admit(alice)
    transaction = participants.requestExit({"from": alice})
    leaves_at = transaction.timestamp + participants.EXIT_NOTICE()
    assert dict(transaction.events["ExitRequested"]) == {"participant": alice, "leavesAt": leaves_at}
    assert tuple(participants.participant(alice)) == (LEAVING, CREDIBILITY_PPM, 0, transaction.timestamp, 1)
    assert not participants.isActive(alice)


def test_needs_no_end_of_suspension(participants, admit, auditors, alice, now):
    admit(alice)
    until = now() + 1_000
    for auditor in auditors[:2]:
        participants.suspend(alice, until, "reason", {"from": auditor})
    participants.requestExit({"from": alice})
    assert participants.participant(alice)["status"] == LEAVING
