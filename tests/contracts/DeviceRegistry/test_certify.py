import pytest

from testkit.attested import seller_terms
from testkit.reverts import reverts_with


@pytest.fixture
def device(admit, bind_device, alice):
    admit(alice)
    return bind_device(alice, "roof")


def test_reverts_for_anyone_but_an_auditor(devices, device, alice):
    with reverts_with("Device_NotAuditor", alice):
        devices.certify(device, {"from": alice})


def test_reverts_for_an_unknown_device(devices, device, auditors):
    with reverts_with("Device_Unknown", device + 1):
        devices.certify(device + 1, {"from": auditors[0]})


def test_reverts_for_a_retired_device(devices, device, auditors, alice):
    devices.retire(device, {"from": alice})
    with reverts_with("Device_Retired", device):
        devices.certify(device, {"from": auditors[0]})


def test_reverts_for_a_second_vote(devices, device, auditors):
    devices.certify(device, {"from": auditors[0]})
    with reverts_with("Device_AlreadyVoted", device, auditors[0]):
        devices.certify(device, {"from": auditors[0]})


def test_reverts_once_certified(devices, device, certify, auditors):
    certify(device)
    with reverts_with("Device_AlreadyCertified", device):
        devices.certify(device, {"from": auditors[2]})


def test_the_deciding_vote_certifies(devices, order_book, device, auditors, alice):
    first = devices.certify(device, {"from": auditors[0]})
    assert dict(first.events["CertificationVoted"]) == {"device": device, "auditor": auditors[0], "votes": 1}
    assert "DeviceCertified" not in first.events
    assert not devices.device(device)["certified"]

    second = devices.certify(device, {"from": auditors[2]})
    assert second.events["CertificationVoted"]["votes"] == 2
    assert second.events["DeviceCertified"]["device"] == device
    assert devices.device(device)["certified"]
    assert tuple(devices.certificationOf(device)) == (alice, second.timestamp)
    assert seller_terms(devices, [device], order_book)[0].certified
