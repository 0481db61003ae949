import pytest

from powerpact.codec.eip712 import Domain, compact, sign
from testkit.attested import seller_terms
from testkit.meters import device_key, p256_key
from testkit.reverts import reverts_with

OLD, NEW = device_key("roof"), device_key("new roof")
NOBODY = "0x" + "00" * 20


def test_reverts_for_anyone_but_the_owner(devices, roof, rotation, alice, auditors):
    with reverts_with("Device_NotOwner", roof, alice, auditors[0]):
        devices.rotate(roof, NEW.address, rotation(roof), {"from": auditors[0]})


def test_reverts_for_an_unknown_device(devices, roof, rotation, alice):
    with reverts_with("Device_Unknown", roof + 1):
        devices.rotate(roof + 1, NEW.address, rotation(roof), {"from": alice})


def test_reverts_for_a_retired_device(devices, roof, rotation, alice):
    signed = rotation(roof)
    devices.retire(roof, {"from": alice})
    with reverts_with("Device_Retired", roof):
        devices.rotate(roof, NEW.address, signed, {"from": alice})


@pytest.mark.parametrize("name", ["roof", "shed"])
def test_reverts_for_a_key_in_use(devices, roof, rotation, bind_device, alice, name):
    """Its own, or that of another device."""
    shed = bind_device(alice, "shed")
    with reverts_with("Device_KeyTaken", device_key(name).address, {"roof": roof, "shed": shed}[name]):
        devices.rotate(roof, device_key(name).address, rotation(roof, name), {"from": alice})


def test_reverts_for_a_key_that_was_replaced(devices, roof, rotation, rotate, take_effect, alice):
    rotate(roof)
    take_effect(roof)
    with reverts_with("Device_KeyTaken", OLD.address, roof):
        devices.rotate(roof, OLD.address, rotation(roof, "roof"), {"from": alice})


def test_a_replaced_key_binds_no_other_device(devices, roof, rotate, bind_device, alice):
    rotate(roof)
    with reverts_with("Device_KeyTaken", OLD.address, roof):
        bind_device(alice, "roof")


def test_reverts_unless_the_new_key_signs(devices, roof, rotation, alice):
    """The owner's word and the old key's are not enough: it must be there."""
    with reverts_with("Device_BadSignature", NEW.address, OLD.address):
        devices.rotate(roof, NEW.address, rotation(roof, signer=OLD), {"from": alice})


@pytest.mark.parametrize(
    "changes",
    [{"device": 2}, {"owner": NEW.address}, {"replaced": NEW.address}],
    ids=lambda changes: next(iter(changes)),
)
def test_reverts_for_what_was_not_signed(devices, roof, rotation, alice, changes):
    with pytest.raises(Exception, match="Device_BadSignature"):
        devices.rotate(roof, NEW.address, rotation(roof, **changes), {"from": alice})


def test_reverts_for_a_signature_from_another_chain_or_contract(devices, metering, chain, roof, alice):
    message = {"device": roof, "owner": alice.address, "replaced": OLD.address}
    for domain in (Domain(chain.id + 1, devices.address), Domain(chain.id, metering.address)):
        with pytest.raises(Exception, match="Device_BadSignature"):
            devices.rotate(roof, NEW.address, sign(NEW, domain, "Rotation", message), {"from": alice})


def test_reverts_for_the_zero_key(devices, roof, alice):
    with reverts_with("Device_BadSignature", NOBODY, NOBODY):
        devices.rotate(roof, NOBODY, b"\x00" * 65, {"from": alice})


def test_reverts_while_a_change_is_pending(devices, roof, rotation, rotate, alice):
    rotate(roof)
    with reverts_with("Device_ChangePending", roof, devices.device(roof)["changedAt"]):
        devices.rotate(roof, device_key("newer").address, rotation(roof, "newer"), {"from": alice})


def test_the_new_key_signs_from_the_next_slot_on(devices, order_book, roof, rotate, alice, boundary):
    certified = devices.certificationOf(roof)[1]
    tx = rotate(roof)
    start = boundary(tx.timestamp)
    assert dict(tx.events["KeyRotated"]) == {"device": roof, "replaced": OLD.address, "key": NEW.address, "from": start}
    now = devices.device(roof)
    assert (now["key"], now["certified"], now["changedAt"]) == (NEW.address, False, start)
    assert not seller_terms(devices, [roof], order_book)[0].certified
    assert devices.certificationOf(roof)[1] == 0
    assert devices.deviceOf(OLD.address) == devices.deviceOf(NEW.address) == roof
    assert tuple(devices.signerAt(roof, start - 1)) == (OLD.address, certified, 0, start)
    assert tuple(devices.signerAt(roof, start)) == (NEW.address, 0, 0, 0)
    assert tuple(devices.certificationAt(roof, start - 1))[:3] == (alice, certified, certified)
    assert tuple(devices.certificationAt(roof, start))[:3] == (alice, 0, 0)


def test_takes_a_compact_signature(devices, roof, rotation, alice):
    devices.rotate(roof, NEW.address, b"".join(compact(rotation(roof))), {"from": alice})
    assert devices.device(roof)["key"] == NEW.address


def test_takes_a_p256_key_and_gives_it_up(devices, roof, rotation, take_effect, alice):
    element = p256_key("roof")
    devices.rotate(roof, element.address, rotation(roof, signer=element), {"from": alice})
    assert devices.device(roof)["key"] == element.address
    take_effect(roof)
    devices.rotate(roof, NEW.address, rotation(roof), {"from": alice})
    assert devices.device(roof)["key"] == NEW.address


def test_reverts_unless_the_p256_key_signs(devices, roof, rotation, alice):
    other = p256_key("another roof")
    with reverts_with("Device_BadSignature", p256_key("roof").address, other.address):
        devices.rotate.call(roof, p256_key("roof").address, rotation(roof, signer=other), {"from": alice})


def test_the_auditors_certify_the_new_key(devices, order_book, roof, rotate, certify, auditors, take_effect):
    """With votes for it: those for the old one are for another content."""
    old = bytes(devices.contentOf(roof))
    rotate(roof)
    with reverts_with("Device_OtherContent", roof, bytes(devices.contentOf(roof)), old):
        devices.certify(roof, old, {"from": auditors[0]})
    take_effect(roof)
    certify(roof)
    now = devices.device(roof)
    assert now["certified"]
    assert seller_terms(devices, [roof], order_book)[0].certified
    since = devices.certificationOf(roof)[1]
    assert tuple(devices.signerAt(roof, now["changedAt"])) == (NEW.address, since, 0, 0)


def test_one_vote_before_the_change_does_not_count_after_it(
    devices, admit, bind_device, rotate, take_effect, auditors, alice
):
    admit(alice)
    roof = bind_device(alice, "roof")
    devices.certify(roof, devices.contentOf(roof), {"from": auditors[0]})
    rotate(roof)
    take_effect(roof)
    devices.certify(roof, devices.contentOf(roof), {"from": auditors[1]})
    assert not devices.device(roof)["certified"]


def test_an_owner_who_left_can_still_rotate(devices, roof, rotate, participants, alice):
    participants.requestExit({"from": alice})
    rotate(roof)
    assert devices.device(roof)["key"] == NEW.address


def test_what_held_at_each_time_is_found(devices, roof, rotate, certify, take_effect, now):
    """Seven keys, one after the other: each signs between its changes."""
    names = [f"key {i}" for i in range(6)]
    changes = []
    for name in names:
        rotate(roof, name)
        changes.append(devices.device(roof)["changedAt"])
        take_effect(roof)
    keys = [OLD.address, *(device_key(name).address for name in names)]
    for i, change in enumerate(changes):
        assert devices.signerAt(roof, change - 1)[0] == keys[i]
        assert devices.signerAt(roof, change - 1)[3] == change
        assert devices.signerAt(roof, change)[0] == keys[i + 1]
    assert devices.signerAt(roof, 0)[0] == OLD.address
    assert devices.signerAt(roof, now() + 1)[3] == 0
