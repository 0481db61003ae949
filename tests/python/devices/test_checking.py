"""What the bridge takes of P-256 keys, before anything is kept."""

from dataclasses import replace

import pytest

from powerpact.codec.devicekeys import sign_by_device
from powerpact.codec.readingfile import format_reading
from powerpact.devices.bridge.checking import Checker, Registry
from powerpact.devices.broker import topic_of
from powerpact.store.kept import Refused
from testkit.gateways import make_gateway
from testkit.meters import device_key, mirrored, p256_key
from testkit.world import SLOT_S


@pytest.fixture
def elements(world):
    """Two meters with secure elements, and two readings of each."""
    return make_gateway(world, 2, 2, key_of=p256_key)


@pytest.fixture
def check(world, elements):
    """What becomes of a reading, or of its signature by another key."""
    registry = Registry()
    registry.update(world.chain)
    domain = world.chain.domain("Metering")
    checker = Checker(domain, SLOT_S, registry)

    def _check(signed, key=None):
        reading = signed.reading
        signature = sign_by_device(key, domain, "Reading", reading.message()) if key else signed.signature
        return checker.check(topic_of(reading.device), format_reading(reading, signature).encode())

    return _check


def test_takes_either_half_of_s_and_keeps_the_lower(check, elements):
    for signed in elements.readings:
        assert check(signed) == check(mirrored(signed)) == signed


def test_refuses_other_keys(check, elements):
    signed = elements.readings[0]
    for other in (elements.meters[1].key, device_key("gateway 0")):
        refused = check(signed, key=other)
        assert isinstance(refused, Refused)
        assert other.address.lower() in refused.reason


@pytest.mark.parametrize("place", [0, 63, 64, 127], ids=["r", "s", "x", "y"])
def test_refuses_what_was_changed(check, elements, place):
    signed = elements.readings[0]
    spoilt = bytearray(signed.signature)
    spoilt[place] ^= 1
    assert "no key" in check(replace(signed, signature=bytes(spoilt))).reason


def test_refuses_numbers_out_of_range(check, elements):
    signed = elements.readings[0]
    wrong = signed.signature[:32] + bytes(32) + signed.signature[64:]
    assert "s is not between 1" in check(replace(signed, signature=wrong)).reason
