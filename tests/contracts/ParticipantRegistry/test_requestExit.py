from testkit.constants import ATTRIBUTES_HASH, CREDIBILITY_PPM
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


def test_ends_trading_at_once_and_starts_the_notice(participants, motions, admit, alice):
    admit(alice)
    transaction = participants.requestExit({"from": alice})
    assert dict(transaction.events["ExitRequested"]) == {"participant": alice}
    state = participants.participant(alice)
    assert (state["status"], state["credibility"], state["since"]) == (LEAVING, CREDIBILITY_PPM, transaction.timestamp)
    assert tuple(motions.exitOf(alice)) == (transaction.timestamp, 1, 0)
    assert not participants.isActive(alice)


def test_needs_no_end_of_suspension(participants, admit, auditors, alice, now):
    admit(alice)
    until = now() + 1_000
    for auditor in auditors[:2]:
        participants.suspend(alice, until, "reason", {"from": auditor})
    participants.requestExit({"from": alice})
    assert participants.participant(alice)["status"] == LEAVING


def test_withdraws_an_application_for_renewal(participants, admit, alice):
    admit(alice)
    participants.applyFor(ATTRIBUTES_HASH, {"from": alice})
    participants.requestExit({"from": alice})
    assert not participants.participant(alice)["hasApplied"]


def test_stay_withdraws_it(participants, motions, admit, alice):
    admit(alice)
    with reverts_with("Registry_WrongStatus", alice, ACTIVE, LEAVING):
        participants.stay({"from": alice})
    participants.requestExit({"from": alice})
    assert dict(participants.stay({"from": alice}).events["Stayed"]) == {"participant": alice}
    assert participants.isActive(alice)
    assert tuple(motions.exitOf(alice)) == (0, 0, 0)
