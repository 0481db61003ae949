"""`sellerTermsOf`: what a batch of sell orders must know of its devices, in one call."""

from tests.unit.conftest import SOLAR, SUBNET

ELECTRICITY = 0
NOBODY = "0x" + "00" * 20


def terms(devices, ids):
    return [tuple(found) for found in devices.sellerTermsOf(ids)]


def test_of_no_devices_there_are_none(devices):
    assert terms(devices, []) == []


def test_tells_each_device_in_its_place(devices, admit, bind_device, certify, alice, bob):
    for owner in (alice, bob):
        admit(owner)
    roof, barn, shed = bind_device(alice, "roof"), bind_device(bob, "barn"), bind_device(bob, "shed")
    for device in (roof, shed):
        certify(device)
    devices.retire(shed, {"from": bob})
    fit = (alice, SUBNET, ELECTRICITY, SOLAR, True)
    unfit = (bob, SUBNET, ELECTRICITY, SOLAR, False)
    unknown = (NOBODY, 0, ELECTRICITY, 0, False)
    assert terms(devices, [shed, roof, shed + 1, barn, roof]) == [unfit, fit, unknown, unfit, fit]
