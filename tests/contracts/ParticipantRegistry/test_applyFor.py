import pytest

from testkit.admitting import MEMBERSHIP
from testkit.constants import ATTRIBUTES_HASH
from testkit.reverts import reverts_with
from testkit.status import APPLIED, LEAVING, NONE


def test_reverts_without_attributes(participants, alice):
    with reverts_with("Registry_EmptyAttributes", alice):
        participants.applyFor(b"\x00" * 32, {"from": alice})


def test_reverts_while_an_application_is_open(participants, alice):
    participants.applyFor(ATTRIBUTES_HASH, {"from": alice})
    with reverts_with("Registry_WrongStatus", alice, APPLIED, NONE):
        participants.applyFor(ATTRIBUTES_HASH, {"from": alice})


def test_a_member_applies_for_a_renewal_and_stays_admitted(participants, admit, alice):
    admit(alice)
    transaction = participants.applyFor(ATTRIBUTES_HASH, {"from": alice})
    assert transaction.events["Applied"]["application"] == 2
    assert participants.isActive(alice)
    with reverts_with("Registry_HasApplied", alice):
        participants.applyFor(ATTRIBUTES_HASH, {"from": alice})


def test_reverts_for_a_leaving_participant(participants, admit, alice):
    admit(alice)
    participants.requestExit({"from": alice})
    with reverts_with("Registry_WrongStatus", alice, LEAVING, NONE):
        participants.applyFor(ATTRIBUTES_HASH, {"from": alice})


def test_opens_an_application(participants, alice):
    transaction = participants.applyFor(ATTRIBUTES_HASH, {"from": alice})
    assert dict(transaction.events["Applied"]) == {
        "applicant": alice,
        "application": 1,
        "attributesHash": "0x" + ATTRIBUTES_HASH.hex(),
    }
    state = participants.participant(alice)
    assert (state["status"], state["hasApplied"], state["since"]) == (APPLIED, True, transaction.timestamp)
    assert not participants.isActive(alice)


@pytest.mark.parametrize("ending", ["rejected", "left"])
def test_opens_another_application_afterwards(participants, admit, auditors, alice, ending, now, warp):
    if ending == "rejected":
        participants.applyFor(ATTRIBUTES_HASH, {"from": alice})
        for auditor in auditors[:2]:
            participants.reject(alice, 1, 1, {"from": auditor})
    else:
        admit(alice)
        participants.requestExit({"from": alice})
        warp(now() + MEMBERSHIP.exit_notice_s)
        participants.exit({"from": alice})
    transaction = participants.applyFor(ATTRIBUTES_HASH, {"from": alice})
    assert transaction.events["Applied"]["application"] == 2
    assert participants.participant(alice)["status"] == APPLIED
