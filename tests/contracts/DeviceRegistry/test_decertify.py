import pytest

from testkit.attested import seller_terms
from testkit.reverts import reverts_with

REASON = "the seal is broken"


@pytest.fixture
def device(admit, bind_device, certify, alice):
    admit(alice)
    device = bind_device(alice, "roof")
    certify(device)
    return device


@pytest.fixture
def vote(devices):
    """Vote against a device as it is."""

    def _vote(device, auditor, reason=REASON):
        return devices.decertify(device, devices.contentOf(device), reason, {"from": auditor})

    return _vote


def test_reverts_for_anyone_but_an_auditor(vote, device, alice):
    with reverts_with("Device_NotAuditor", alice):
        vote(device, alice)


def test_reverts_without_a_reason(vote, device, auditors):
    with reverts_with("Device_EmptyReason", device):
        vote(device, auditors[0], "")


def test_reverts_for_an_unknown_device(vote, device, auditors):
    with reverts_with("Device_Unknown", device + 1):
        vote(device + 1, auditors[0])


def test_reverts_for_a_device_that_is_not_certified(vote, device, bind_device, alice, auditors):
    shed = bind_device(alice, "shed")
    with reverts_with("Device_NotCertified", shed):
        vote(shed, auditors[0])


def test_reverts_for_the_content_of_another_device(devices, device, bind_device, alice, auditors):
    have, other = bytes(devices.contentOf(device)), bytes(devices.contentOf(bind_device(alice, "shed")))
    with reverts_with("Device_OtherContent", device, have, other):
        devices.decertify(device, other, REASON, {"from": auditors[0]})


def test_reverts_for_a_second_vote(vote, device, auditors):
    vote(device, auditors[0])
    with reverts_with("Device_AlreadyVoted", device, auditors[0]):
        vote(device, auditors[0])


def test_reverts_for_a_retired_device(devices, vote, device, auditors, alice):
    devices.retire(device, {"from": alice})
    with reverts_with("Device_Retired", device):
        vote(device, auditors[0])


def test_votes_for_different_reasons_do_not_add_up(devices, vote, device, auditors):
    vote(device, auditors[0])
    vote(device, auditors[1], "the key was stolen")
    assert devices.device(device)["certified"]
    vote(device, auditors[1])
    assert devices.device(device)["decertified"]


def test_the_deciding_vote_stops_the_device_for_good(devices, vote, order_book, device, auditors, alice, certify):
    since = devices.certificationOf(device)[1]
    first = vote(device, auditors[0])
    voted = first.events["DecertificationVoted"]
    assert (voted["device"], voted["auditor"], voted["votes"]) == (device, auditors[0], 1)
    assert "DeviceDecertified" not in first.events
    assert devices.device(device)["certified"]

    second = vote(device, auditors[2])
    assert second.events["DecertificationVoted"]["motion"] == voted["motion"]
    assert dict(second.events["DeviceDecertified"]) == {"device": device, "reason": REASON}
    now = devices.device(device)
    assert (now["certified"], now["retired"], now["decertified"]) == (False, False, True)
    assert now["stoppedAt"] == second.timestamp
    assert tuple(devices.certificationOf(device)) == (alice, since, second.timestamp)
    assert seller_terms(devices, [device], order_book)[0].retired
    for call in (lambda: certify(device), lambda: devices.retire(device, {"from": alice})):
        with reverts_with("Device_Retired", device):
            call()
