"""Alice's certified device on the roof, and what changes it."""

import pytest

from powerpact.codec.devicekeys import sign_by_device
from testkit.constants import SLOT_LENGTH_S
from testkit.meters import device_key, domain_of
from testkit.mining import reach


@pytest.fixture
def roof(admit, bind_device, certify, alice):
    """A certified device of alice."""
    admit(alice)
    device = bind_device(alice, "roof")
    certify(device)
    return device


@pytest.fixture
def rotation(devices, chain):
    """The signature of a new key, by this name, for a device; members can be others than they should be."""

    def _rotation(id_, name="new roof", signer=None, **changes):
        now = devices.device(id_)
        message = {"device": id_, "owner": now["owner"], "replaced": now["key"], **changes}
        return sign_by_device(signer or device_key(name), domain_of(devices, chain.id), "Rotation", message)

    return _rotation


@pytest.fixture
def rotate(devices, rotation):
    """Give a device the key of this name."""

    def _rotate(device, name="new roof"):
        owner = devices.device(device)["owner"]
        return devices.rotate(device, device_key(name).address, rotation(device, name), {"from": owner})

    return _rotate


@pytest.fixture
def hand_over(devices):
    """Offer a device, and accept it."""

    def _hand_over(device, to):
        devices.offer(device, to, {"from": devices.device(device)["owner"]})
        return devices.accept(device, devices.contentOf(device), {"from": to})

    return _hand_over


@pytest.fixture
def boundary():
    """When a change that is mined at a time takes effect: with the next longest slot, an hour here."""
    return lambda time: (time // SLOT_LENGTH_S + 1) * SLOT_LENGTH_S


@pytest.fixture
def take_effect(web3, devices):
    """Wait until the last change of a device takes effect."""
    return lambda device: reach(web3, devices.device(device)["changedAt"])
