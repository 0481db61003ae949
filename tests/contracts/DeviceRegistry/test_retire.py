import pytest

from testkit.attested import seller_terms
from testkit.reverts import reverts_with


@pytest.fixture
def device(admit, bind_device, alice):
    admit(alice)
    return bind_device(alice, "roof")


def test_reverts_for_anyone_but_the_owner(devices, device, alice, auditors):
    with reverts_with("Device_NotOwner", device, alice, auditors[0]):
        devices.retire(device, {"from": auditors[0]})


def test_reverts_for_an_unknown_device(devices, alice):
    with reverts_with("Device_Unknown", 1):
        devices.retire(1, {"from": alice})


def test_reverts_for_a_retired_device(devices, device, alice):
    devices.retire(device, {"from": alice})
    with reverts_with("Device_Retired", device):
        devices.retire(device, {"from": alice})


def test_takes_the_device_out_of_service(devices, order_book, device, certify, alice):
    certify(device)
    transaction = devices.retire(device, {"from": alice})
    assert transaction.events["DeviceRetired"]["device"] == device
    now = devices.device(device)
    assert (now["certified"], now["retired"], now["decertified"]) == (True, True, False)
    assert now["stoppedAt"] == devices.certificationOf(device)[2] == transaction.timestamp
    assert seller_terms(devices, [device], order_book)[0].retired


def test_an_owner_who_left_can_still_retire(devices, device, participants, alice):
    participants.requestExit({"from": alice})
    devices.retire(device, {"from": alice})
    assert devices.device(device)["retired"]
