import pytest

from testkit.attested import seller_terms
from testkit.meters import device_key
from testkit.reverts import reverts_with

NOBODY = "0x" + "00" * 20


@pytest.fixture
def offered(devices, roof, admit, alice, bob):
    """Alice's device, which she offers to bob."""
    admit(bob)
    devices.offer(roof, bob, {"from": alice})
    return roof


def test_an_offer_reverts_for_anyone_but_the_owner(devices, roof, alice, bob):
    with reverts_with("Device_NotOwner", roof, alice, bob):
        devices.offer(roof, bob, {"from": bob})


def test_an_offer_reverts_for_unknown_and_retired_devices(devices, roof, alice, bob):
    with reverts_with("Device_Unknown", roof + 1):
        devices.offer(roof + 1, bob, {"from": alice})
    devices.retire(roof, {"from": alice})
    with reverts_with("Device_Retired", roof):
        devices.offer(roof, bob, {"from": alice})


def test_reverts_for_anyone_else(devices, offered, stranger, alice, bob):
    for account in (stranger, alice):
        with reverts_with("Device_NotOffered", offered, bob, account):
            devices.accept(offered, devices.contentOf(offered), {"from": account})


def test_reverts_once_the_offer_is_withdrawn(devices, offered, alice, bob):
    tx = devices.offer(offered, NOBODY, {"from": alice})
    assert dict(tx.events["DeviceOffered"]) == {"device": offered, "owner": alice, "to": NOBODY}
    with reverts_with("Device_NotOffered", offered, NOBODY, bob):
        devices.accept(offered, devices.contentOf(offered), {"from": bob})


def test_reverts_for_who_is_no_active_participant(devices, roof, alice, stranger):
    devices.offer(roof, stranger, {"from": alice})
    with reverts_with("Device_OwnerNotActive", stranger):
        devices.accept(roof, devices.contentOf(roof), {"from": stranger})


def test_reverts_for_another_content(devices, offered, rotate, alice, bob):
    """What is accepted is what was seen: not a device with another key."""
    seen = bytes(devices.contentOf(offered))
    rotate(offered)
    with reverts_with("Device_OtherContent", offered, bytes(devices.contentOf(offered)), seen):
        devices.accept(offered, seen, {"from": bob})


def test_reverts_while_a_change_is_pending(devices, offered, rotate, bob):
    rotate(offered)
    with reverts_with("Device_ChangePending", offered, devices.device(offered)["changedAt"]):
        devices.accept(offered, devices.contentOf(offered), {"from": bob})


def test_reverts_for_unknown_and_retired_devices(devices, offered, alice, bob):
    with reverts_with("Device_Unknown", offered + 1):
        devices.accept(offered + 1, bytes(32), {"from": bob})
    devices.retire(offered, {"from": alice})
    with reverts_with("Device_Retired", offered):
        devices.accept(offered, devices.contentOf(offered), {"from": bob})


def test_the_new_owner_has_it_from_the_next_slot_on(devices, order_book, offered, alice, bob, boundary):
    certified, key = devices.certificationOf(offered)[1], device_key("roof").address
    tx = devices.accept(offered, devices.contentOf(offered), {"from": bob})
    start = boundary(tx.timestamp)
    assert dict(tx.events["DeviceHandedOver"]) == {"device": offered, "before": alice, "owner": bob, "from": start}
    now = devices.device(offered)
    assert (now["owner"], now["key"], now["certified"], now["changedAt"]) == (bob, key, False, start)
    terms = seller_terms(devices, [offered], order_book)[0]
    assert (terms.owner, terms.certified) == (bob, False)
    assert tuple(devices.certificationAt(offered, start - 1))[:3] == (alice, certified, certified)
    assert tuple(devices.certificationAt(offered, start))[:3] == (bob, 0, certified)
    assert tuple(devices.signerAt(offered, start)) == (key, certified, 0, 0)
    assert devices.offeredTo(offered) == NOBODY
    with reverts_with("Device_NotOffered", offered, NOBODY, bob):
        devices.accept(offered, devices.contentOf(offered), {"from": bob})


def test_it_sells_for_the_new_owner_once_certified(devices, order_book, offered, take_effect, certify, bob, alice):
    devices.accept(offered, devices.contentOf(offered), {"from": bob})
    take_effect(offered)
    certify(offered)
    terms = seller_terms(devices, [offered], order_book)[0]
    assert (terms.owner, terms.certified) == (bob, True)
    with reverts_with("Device_NotOwner", offered, bob, alice):
        devices.retire(offered, {"from": alice})


def test_a_device_whose_key_is_distrusted_stays_so(devices, offered, certify, alice, bob, now):
    since = now()
    devices.distrust(device_key("roof").address, since, {"from": alice})
    devices.accept(offered, devices.contentOf(offered), {"from": bob})
    with reverts_with("Device_KeyDistrusted", offered, device_key("roof").address, since):
        certify(offered)
