import pytest
from eth_utils import keccak

from powerpact.chain.contracts.devicechanges import Record
from powerpact.chain.contracts.devices import Description, content
from testkit.constants import CAPACITY_WH, SUBNET
from testkit.meters import device_key
from testkit.reverts import reverts_with

RECORD = Record(
    keccak(text="the roof of the barn"),
    keccak(text="48.2 N 16.4 E, and a salt"),
    grid_id="AT0010000000000000001000000000001",
    zone="orchard lane",
    power_w=9_900,
    operational_from=1_600_000_000,
    certified_until=1_900_000_000,
    technology=10_101,
    support=1,
)


def describe(devices, device, owner, record=RECORD):
    return devices.describe(device, record.values, {"from": owner})


def test_reverts_for_anyone_but_the_owner(devices, roof, alice, auditors):
    with reverts_with("Device_NotOwner", roof, alice, auditors[0]):
        describe(devices, roof, auditors[0])


def test_reverts_for_unknown_and_retired_devices(devices, roof, alice):
    with reverts_with("Device_Unknown", roof + 1):
        describe(devices, roof + 1, alice)
    devices.retire(roof, {"from": alice})
    with reverts_with("Device_Retired", roof):
        describe(devices, roof, alice)


def test_the_auditors_certify_what_is_on_record(devices, roof, certify, take_effect, alice, auditors, boundary):
    before, certified = bytes(devices.contentOf(roof)), devices.certificationOf(roof)[1]
    tx = describe(devices, roof, alice)
    told = tx.events["DeviceDescribed"]
    start = boundary(tx.timestamp)
    assert (told["device"], told["hash"], told["from"]) == (roof, f"0x{RECORD.hash.hex()}", start)
    assert tuple(told["description"])[2:] == ("AT0010000000000000001000000000001", *told["description"][3:])
    assert bytes(devices.descriptionOf(roof)) == RECORD.hash
    described = Description(subnet=SUBNET, capacity_wh=CAPACITY_WH)
    now = content(roof, alice.address, device_key("roof").address, described, RECORD.hash)
    assert bytes(devices.contentOf(roof)) == now != before
    assert not devices.device(roof)["certified"]
    assert tuple(devices.certificationAt(roof, start))[:3] == (alice, 0, certified)
    with reverts_with("Device_OtherContent", roof, now, before):
        devices.certify(roof, before, {"from": auditors[0]})
    take_effect(roof)
    certify(roof)
    assert devices.device(roof)["certified"]


@pytest.mark.parametrize("votes", [0, 1])
def test_before_it_is_certified_nothing_changes_but_the_votes(
    devices, admit, bind_device, certify, alice, auditors, votes
):
    admit(alice)
    roof = bind_device(alice, "roof")
    for auditor in auditors[:votes]:
        devices.certify(roof, devices.contentOf(roof), {"from": auditor})
    assert describe(devices, roof, alice).events["DeviceDescribed"]["from"] == 0
    assert devices.device(roof)["changedAt"] == 0
    devices.certify(roof, devices.contentOf(roof), {"from": auditors[1]})
    assert not devices.device(roof)["certified"]
    devices.certify(roof, devices.contentOf(roof), {"from": auditors[0]})
    assert devices.device(roof)["certified"]
