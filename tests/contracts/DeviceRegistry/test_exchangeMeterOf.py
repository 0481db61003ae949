import pytest

from powerpact.codec.devicekeys import sign_by_device
from testkit.constants import SLOT_LENGTH_S
from testkit.meters import device_key, domain_of
from testkit.reverts import reverts_named, reverts_with

OLD, NEW = device_key("roof"), device_key("new roof")
EXPORTED_WH, IMPORTED_WH = 300, 40


@pytest.fixture
def signed(devices, chain):
    """The signature of a new key for an exchange; members can be others than they should be."""

    def _signed(id_, name="new roof", signer=None, **changes):
        now = devices.device(id_)
        message = {
            "device": id_,
            "owner": now["owner"],
            "replaced": now["key"],
            "exportCounterWh": EXPORTED_WH,
            "importCounterWh": IMPORTED_WH,
            **changes,
        }
        return sign_by_device(signer or device_key(name), domain_of(devices, chain.id), "MeterExchange", message)

    return _signed


@pytest.fixture
def exchange(devices, signed, alice):
    """Exchange a meter for one with the key of this name, whose counters begin with these."""

    def _exchange(device, name="new roof", exported_wh=EXPORTED_WH, imported_wh=IMPORTED_WH):
        signature = signed(device, name, exportCounterWh=exported_wh, importCounterWh=imported_wh)
        arguments = device, device_key(name).address, exported_wh, imported_wh, signature
        return devices.exchangeMeterOf(*arguments, {"from": alice})

    return _exchange


def test_reverts_for_anyone_but_the_owner(devices, roof, signed, alice, auditors):
    with reverts_with("Device_NotOwner", roof, alice, auditors[0]):
        devices.exchangeMeterOf(roof, NEW.address, EXPORTED_WH, IMPORTED_WH, signed(roof), {"from": auditors[0]})


def test_reverts_for_a_retired_device(devices, roof, signed, alice):
    signature = signed(roof)
    devices.retire(roof, {"from": alice})
    with reverts_with("Device_Retired", roof):
        devices.exchangeMeterOf(roof, NEW.address, EXPORTED_WH, IMPORTED_WH, signature, {"from": alice})


def test_reverts_for_the_key_that_it_has(devices, roof, signed, alice):
    """A meter whose counters begin again has another key, which auditors look at."""
    with reverts_with("Device_KeyTaken", OLD.address, roof):
        arguments = roof, OLD.address, EXPORTED_WH, IMPORTED_WH, signed(roof, "roof")
        devices.exchangeMeterOf(*arguments, {"from": alice})


@pytest.mark.parametrize("member", ["device", "owner", "replaced", "exportCounterWh", "importCounterWh"])
def test_reverts_unless_the_new_key_signed_this(devices, roof, signed, alice, member):
    changes = {member: NEW.address if member in ("owner", "replaced") else 7}
    signature = signed(roof, **changes)
    with reverts_named("Device_BadSignature"):
        devices.exchangeMeterOf(roof, NEW.address, EXPORTED_WH, IMPORTED_WH, signature, {"from": alice})


def test_a_rotation_is_no_exchange(devices, roof, rotation, alice):
    with reverts_named("Device_BadSignature"):
        devices.exchangeMeterOf(roof, NEW.address, 0, 0, rotation(roof), {"from": alice})


def test_exchanges_the_meter(devices, roof, exchange, boundary):
    transaction = exchange(roof)
    start = boundary(transaction.timestamp)
    assert dict(transaction.events["KeyRotated"]) == {
        "device": roof,
        "replaced": OLD.address,
        "key": NEW.address,
        "from": start,
    }
    assert dict(transaction.events["MeterExchanged"]) == {
        "device": roof,
        "key": NEW.address,
        "exported": EXPORTED_WH,
        "imported": IMPORTED_WH,
        "from": start,
    }
    found = devices.device(roof)
    assert (found["key"], found["certified"], found["changedAt"]) == (NEW.address, False, start)


def test_an_opening_counts_between_what_was_before_and_what_is_after(devices, roof, exchange, boundary):
    start = boundary(exchange(roof).timestamp)
    told, nothing = [True, EXPORTED_WH, IMPORTED_WH], [False, 0, 0]
    assert list(map(int, devices.lastOpening(roof, start - 1, start))) == told
    assert list(map(int, devices.lastOpening(roof, 0, start + 10 * SLOT_LENGTH_S))) == told
    assert list(map(int, devices.lastOpening(roof, start, start + SLOT_LENGTH_S))) == nothing
    assert list(map(int, devices.lastOpening(roof, 0, start - 1))) == nothing
    assert list(map(int, devices.lastOpening(roof + 1, 0, start))) == nothing


def test_the_last_one_counts(devices, roof, exchange, take_effect):
    starts = []
    for name, counter_wh in (("second", 10), ("third", 20)):
        exchange(roof, name, counter_wh, counter_wh + 1)
        starts.append(devices.device(roof)["changedAt"])
        take_effect(roof)
    first, second = starts
    assert list(map(int, devices.lastOpening(roof, 0, second))) == [True, 20, 21]
    assert list(map(int, devices.lastOpening(roof, 0, second - 1))) == [True, 10, 11]
    assert list(map(int, devices.lastOpening(roof, first, second - 1))) == [False, 0, 0]
