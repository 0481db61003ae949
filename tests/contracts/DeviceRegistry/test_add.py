import pytest

from powerpact.chain.contracts.devices import Description, content
from powerpact.codec.devicekeys import sign_by_device
from powerpact.codec.eip712 import Domain, compact
from powerpact.market.schema import Carrier, DeviceKind, EnergySource
from testkit.attested import SellerTerms, seller_terms
from testkit.meters import device_key, domain_of, p256_key
from testkit.reverts import reverts_with

KEY = device_key("roof")
ELEMENT = p256_key("roof")
"""The key of a secure element."""

NOBODY = "0x" + "00" * 20
STORAGE = EnergySource.STORAGE
NEVER = (1 << 40) - 1
"""When a device in service stops, as the registry says it."""
METER, ROUTER = 0, 1
ELECTRICITY, HEAT = 0, 1
TERMS = {"kind": ROUTER, "carrier": HEAT, "source": 3, "subnet": 7, "capacityWh": 5_000}


@pytest.fixture
def owner(admit, alice):
    admit(alice)
    return alice


@pytest.fixture
def domain(devices, chain):
    return domain_of(devices, chain.id)


def signature(domain, owner, key=KEY, **changes):
    return sign_by_device(key, domain, "Device", {"owner": owner.address, **TERMS, **changes})


def add(devices, owner, signed, key=KEY.address, **changes):
    return devices.add(key, *{**TERMS, **changes}.values(), signed, {"from": owner})


def asked(devices, owner, signed, key=ELEMENT.address):
    """The same without a transaction, whose every step Brownie would look at if it reverts."""
    return devices.add.call(key, *TERMS.values(), signed, {"from": owner})


def test_reverts_for_anyone_but_a_participant(devices, domain, stranger):
    with reverts_with("Device_OwnerNotActive", stranger):
        add(devices, stranger, signature(domain, stranger))


@pytest.mark.parametrize("changes", [{"source": 0}, {"capacityWh": 0}, {"capacityWh": 1 << 40}])
def test_reverts_without_source_or_capacity(devices, domain, owner, changes):
    wrong = {**TERMS, **changes}
    with reverts_with("Device_BadParameters", wrong["source"], wrong["capacityWh"]):
        add(devices, owner, signature(domain, owner, **changes), **changes)


def test_reverts_for_a_key_in_use(devices, domain, owner, admit, bob):
    add(devices, owner, signature(domain, owner))
    admit(bob)
    with reverts_with("Device_KeyTaken", KEY.address, 1):
        add(devices, bob, signature(domain, bob))


def test_reverts_for_the_key_of_a_retired_device(devices, domain, owner):
    add(devices, owner, signature(domain, owner))
    devices.retire(1, {"from": owner})
    with reverts_with("Device_KeyTaken", KEY.address, 1):
        add(devices, owner, signature(domain, owner))


def test_reverts_for_another_key(devices, domain, owner):
    thief = device_key("another roof")
    with reverts_with("Device_BadSignature", KEY.address, thief.address):
        add(devices, owner, signature(domain, owner, key=thief))


@pytest.mark.parametrize(
    "changes", [{"kind": METER}, {"carrier": ELECTRICITY}, {"source": 1}, {"subnet": 8}, {"capacityWh": 5_001}]
)
def test_reverts_for_terms_that_were_not_signed(devices, domain, owner, changes):
    message = {"owner": owner.address, **TERMS, **changes}
    with pytest.raises(Exception, match="Device_BadSignature"):
        devices.add(
            KEY.address,
            message["kind"],
            message["carrier"],
            message["source"],
            message["subnet"],
            message["capacityWh"],
            signature(domain, owner),
            {"from": owner},
        )
    assert devices.deviceCount() == 0


def test_reverts_for_a_signature_meant_for_another_owner(devices, domain, owner, bob):
    with pytest.raises(Exception, match="Device_BadSignature"):
        add(devices, owner, signature(domain, bob))


def test_reverts_for_a_signature_from_another_chain(devices, chain, owner):
    elsewhere = Domain(chain.id + 1, devices.address)
    with pytest.raises(Exception, match="Device_BadSignature"):
        add(devices, owner, signature(elsewhere, owner))


def test_reverts_for_another_p256_key(devices, domain, owner):
    thief = p256_key("another roof")
    with reverts_with("Device_BadSignature", ELEMENT.address, thief.address):
        asked(devices, owner, signature(domain, owner, key=thief))


@pytest.mark.parametrize("byte", [0, 63, 64, 127])
def test_reverts_for_a_p256_signature_that_was_changed(devices, domain, owner, byte):
    signed = bytearray(signature(domain, owner, key=ELEMENT))
    signed[byte] ^= 1
    with reverts_with("Device_BadSignature", ELEMENT.address, NOBODY):
        asked(devices, owner, bytes(signed))


def test_a_p256_key_is_bound_once(devices, domain, owner):
    add(devices, owner, signature(domain, owner, key=ELEMENT), key=ELEMENT.address)
    with reverts_with("Device_KeyTaken", ELEMENT.address, 1):
        asked(devices, owner, signature(domain, owner, key=ELEMENT))


@pytest.mark.parametrize("length", [0, 63, 66, 127, 129])
def test_reverts_for_a_signature_of_another_length(devices, domain, owner, length):
    signed = (signature(domain, owner) + bytes(64))[:length]
    with reverts_with("Device_BadSignature", KEY.address, NOBODY):
        add(devices, owner, signed)


def test_reverts_for_the_zero_key(devices, owner):
    with reverts_with("Device_BadSignature", NOBODY, NOBODY):
        add(devices, owner, b"\x00" * 65, key=NOBODY)


def test_binds_the_device(devices, order_book, domain, owner):
    transaction = add(devices, owner, signature(domain, owner))
    assert transaction.return_value == 1
    assert dict(transaction.events["DeviceAdded"]) == {
        "device": 1,
        "owner": owner,
        "key": KEY.address,
        "kind": ROUTER,
        "carrier": HEAT,
        "source": 3,
        "subnet": 7,
        "capacity": 5_000,
    }
    assert tuple(devices.device(1)) == (owner, 7, ROUTER, HEAT, 3, False, False, False, KEY.address, 5_000, 0, 0, 0)
    assert devices.meterTermsOf(1) == 3 << 248 | 5_000 << 160 | int(KEY.address, 16)
    assert seller_terms(devices, [1], order_book) == [
        SellerTerms(owner, 7, ROUTER, HEAT, 3, certified=False, retired=False)
    ]
    assert tuple(devices.certificationOf(1)) == (owner, 0, NEVER)
    assert devices.deviceOf(KEY.address) == 1
    assert devices.deviceCount() == 1


def test_takes_a_compact_signature(devices, domain, owner):
    assert add(devices, owner, b"".join(compact(signature(domain, owner)))).return_value == 1


def test_takes_a_p256_key(devices, domain, owner):
    add(devices, owner, signature(domain, owner, key=ELEMENT), key=ELEMENT.address)
    assert devices.device(1)["key"] == ELEMENT.address


def test_a_storage_never_earns_certificates(devices, domain, owner):
    """Its energy was certified where it was made, or came from the grid."""
    add(devices, owner, signature(domain, owner, source=STORAGE), source=STORAGE)
    assert tuple(devices.certificationOf(1)) == (owner, 0, 0)


def test_the_content_is_all_that_was_registered(devices, domain, owner):
    add(devices, owner, signature(domain, owner))
    described = Description(DeviceKind.ROUTER, Carrier.HEAT, 3, 7, 5_000)
    assert bytes(devices.contentOf(1)) == content(1, owner.address, KEY.address, described)


def test_knows_nothing_of_other_devices(devices, order_book):
    assert tuple(devices.device(1)) == (NOBODY, 0, 0, 0, 0, False, False, False, NOBODY, 0, 0, 0, 0)
    assert devices.meterTermsOf(1) == 0
    assert seller_terms(devices, [1], order_book) == [SellerTerms(NOBODY, 0, 0, 0, 0, certified=False, retired=False)]
    assert tuple(devices.certificationOf(1)) == (NOBODY, 0, NEVER)
    assert devices.deviceOf(KEY.address) == 0
