import pytest

from testkit.admitting import MEMBERSHIP
from testkit.attested import admissions
from testkit.constants import CREDIBILITY_PPM
from testkit.reverts import reverts_with
from testkit.status import ACTIVE, LEAVING, NONE

REASON = "the meter was opened"
DAY_S = 86_400


@pytest.fixture
def participant(admit, alice):
    admit(alice)
    return alice


@pytest.fixture
def suspend(participants, participant):
    """Vote to suspend until a time, one auditor after the other."""

    def _suspend(until, *voters):
        for voter in voters:
            transaction = participants.suspend(participant, until, REASON, {"from": voter})
        return transaction

    return _suspend


def test_reverts_for_anyone_but_an_auditor(participants, participant, stranger, now):
    with reverts_with("Auditors_NotAuditor", stranger):
        participants.suspend(participant, now() + DAY_S, REASON, {"from": stranger})


def test_reverts_without_reason(participants, participant, auditors, now):
    with reverts_with("Registry_EmptyReason", participant):
        participants.suspend(participant, now() + DAY_S, "", {"from": auditors[0]})


@pytest.mark.parametrize("days", [0, 31])
def test_reverts_outside_of_the_next_30_days(participants, participant, auditors, days, now, warp):
    start = now() + 100
    warp(start)
    until = start + days * DAY_S
    with reverts_with("Registry_BadSuspension", participant, until, start + 30 * DAY_S):
        participants.suspend.call(participant, until, REASON, {"from": auditors[0]})


def test_takes_exactly_30_days(participants, participant, auditors, now, warp):
    start = now() + 100
    warp(start)
    participants.suspend.call(participant, start + 1, REASON, {"from": auditors[0]})
    participants.suspend.call(participant, start + 30 * DAY_S, REASON, {"from": auditors[0]})


def test_reverts_for_anyone_but_a_participant(participants, auditors, stranger, now):
    with reverts_with("Registry_WrongStatus", stranger, NONE, ACTIVE):
        participants.suspend(stranger, now() + DAY_S, REASON, {"from": auditors[0]})


def test_reverts_for_a_leaving_participant(participants, participant, auditors, now):
    participants.requestExit({"from": participant})
    with reverts_with("Registry_WrongStatus", participant, LEAVING, ACTIVE):
        participants.suspend(participant, now() + DAY_S, REASON, {"from": auditors[0]})


def test_a_second_vote_does_not_count(participants, participant, suspend, auditors, now):
    until = now() + DAY_S
    motion = bytes(suspend(until, auditors[0]).events["VoteCast"]["motion"])
    with reverts_with("Auditors_AlreadyVoted", auditors[0], motion):
        suspend(until, auditors[0])


def test_the_deciding_vote_suspends_until_the_end(participants, participant, suspend, auditors, now, warp):
    until = now() + DAY_S
    assert "Suspended" not in suspend(until, auditors[0]).events
    assert participants.isActive(participant)
    transaction = suspend(until, auditors[1])
    assert dict(transaction.events["Suspended"]) == {
        "participant": participant,
        "person": 1,
        "until": until,
        "reason": REASON,
    }
    assert participants.participant(participant)["suspendedUntil"] == until
    assert admissions(participants, [participant]) == [(False, CREDIBILITY_PPM)]
    warp(until - 1)
    assert not participants.isActive(participant)
    warp(until)
    assert participants.isActive(participant)


def test_a_later_suspension_replaces_an_earlier_one(participants, participant, suspend, auditors, now):
    start = now()
    suspend(start + 9 * DAY_S, *auditors[:2])
    suspend(start + DAY_S, *auditors[:2])
    assert participants.participant(participant)["suspendedUntil"] == start + DAY_S


def test_votes_from_before_a_suspension_do_not_count(participants, participant, suspend, auditors, now):
    start = now()
    suspend(start + 9 * DAY_S, auditors[0])
    suspend(start + DAY_S, *auditors[:2])
    suspend(start + 9 * DAY_S, auditors[2])
    assert participants.participant(participant)["suspendedUntil"] == start + DAY_S


def test_a_motion_that_passed_cannot_pass_again(participants, participant, suspend, auditors, now):
    start = now()
    first, second = start + 9 * DAY_S, start + 5 * DAY_S
    suspend(second, *auditors[:2])
    suspend(first, *auditors[:2])
    suspend(second, auditors[2])
    assert participants.participant(participant)["suspendedUntil"] == first


def test_what_held_at_a_time_never_changes(participants, participant, suspend, auditors, now, warp):
    """Each decision holds from its own time on: a later one neither undoes nor prolongs what was before."""
    first = suspend(now() + 9 * DAY_S, *auditors[:2]).timestamp
    warp(first + 5 * DAY_S)
    second = suspend(now() + DAY_S, *auditors[:2]).timestamp
    end = participants.participant(participant)["suspendedUntil"]
    warp(end + 5 * DAY_S)
    third = suspend(now() + DAY_S, *auditors[:2]).timestamp
    asked = {
        first - 1: False,
        first: True,
        second - 1: True,
        second: True,
        end - 1: True,
        end: False,
        first + 9 * DAY_S: False,
        third - 1: False,
        third: True,
    }
    assert {time: participants.isSuspendedAt(participant, time) for time in asked} == asked


def test_nobody_is_suspended_without_a_decision(participants, participant, now, stranger):
    for account in (participant, stranger):
        for time in (0, now(), (1 << 40) - 1):
            assert not participants.isSuspendedAt(account, time)


def test_exit_and_return_do_not_end_it(participants, participant, suspend, admit, auditors, now, warp):
    until = now() + 30 * DAY_S - 60
    suspend(until, *auditors[:2])
    participants.requestExit({"from": participant})
    warp(now() + MEMBERSHIP.exit_notice_s)
    participants.exit({"from": participant})
    admit(participant)
    assert not participants.isActive(participant)
    warp(until)
    assert participants.isActive(participant)
