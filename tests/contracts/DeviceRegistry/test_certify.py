from dataclasses import replace

import pytest

from powerpact.chain.contracts.devices import Description, content
from powerpact.market.schema import Carrier
from testkit.attested import seller_terms
from testkit.constants import CAPACITY_WH, SUBNET
from testkit.meters import device_key
from testkit.reverts import reverts_with

NEVER = (1 << 40) - 1
"""When a device in service stops, as the registry says it."""


@pytest.fixture
def device(admit, bind_device, alice):
    admit(alice)
    return bind_device(alice, "roof")


@pytest.fixture
def vote(devices):
    """Vote for a device as it is."""

    def _vote(device, auditor):
        return devices.certify(device, devices.contentOf(device), {"from": auditor})

    return _vote


def test_reverts_for_anyone_but_an_auditor(vote, device, alice):
    with reverts_with("Device_NotAuditor", alice):
        vote(device, alice)


def test_reverts_for_an_unknown_device(vote, device, auditors):
    with reverts_with("Device_Unknown", device + 1):
        vote(device + 1, auditors[0])


def test_reverts_for_a_retired_device(devices, vote, device, auditors, alice):
    devices.retire(device, {"from": alice})
    with reverts_with("Device_Retired", device):
        vote(device, auditors[0])


def test_reverts_for_a_second_vote(vote, device, auditors):
    vote(device, auditors[0])
    with reverts_with("Device_AlreadyVoted", device, auditors[0]):
        vote(device, auditors[0])


def test_reverts_while_a_change_is_pending(devices, roof, rotate, vote, boundary, take_effect, auditors):
    """What is certified would hold only from then on, and sell before."""
    begins = boundary(rotate(roof).timestamp)
    with reverts_with("Device_ChangePending", roof, begins):
        vote(roof, auditors[0])
    take_effect(roof)
    for auditor in auditors[:2]:
        vote(roof, auditor)
    assert devices.certificationOf(roof)[1] >= begins


def test_reverts_once_certified(vote, device, certify, auditors):
    certify(device)
    with reverts_with("Device_AlreadyCertified", device):
        vote(device, auditors[2])


@pytest.mark.parametrize(
    "change", [{"subnet": 8}, {"capacity_wh": CAPACITY_WH - 1}, {"source": 2}, {"carrier": Carrier.HEAT}]
)
def test_a_vote_is_for_what_the_auditor_saw(devices, device, auditors, alice, change):
    """A reorganisation of the chain gives the number to another device: the votes for the first count nothing."""
    here = Description(subnet=SUBNET, capacity_wh=CAPACITY_WH)
    key = device_key("roof").address
    have = content(device, alice.address, key, here)
    assert have == bytes(devices.contentOf(device))
    seen = content(device, alice.address, key, replace(here, **change))
    for auditor in auditors[:2]:
        with reverts_with("Device_OtherContent", device, have, seen):
            devices.certify(device, seen, {"from": auditor})
    assert not devices.device(device)["certified"]


def test_number_owner_and_key_are_part_of_the_content(devices, device, auditors, alice, bob):
    described = Description(subnet=SUBNET, capacity_wh=CAPACITY_WH)
    key, other = device_key("roof").address, device_key("barn").address
    have = content(device, alice.address, key, described)
    seen = [(device + 1, alice, key), (device, bob, key), (device, alice, other)]
    for number, owner, its_key in seen:
        named = content(number, owner.address, its_key, described)
        with reverts_with("Device_OtherContent", device, have, named):
            devices.certify(device, named, {"from": auditors[0]})


def test_the_deciding_vote_certifies(devices, vote, order_book, device, auditors, alice):
    first = vote(device, auditors[0])
    assert dict(first.events["CertificationVoted"]) == {"device": device, "auditor": auditors[0], "votes": 1}
    assert "DeviceCertified" not in first.events
    assert not devices.device(device)["certified"]

    second = vote(device, auditors[2])
    assert second.events["CertificationVoted"]["votes"] == 2
    assert second.events["DeviceCertified"]["device"] == device
    assert devices.device(device)["certified"]
    assert tuple(devices.certificationOf(device)) == (alice, second.timestamp, NEVER)
    assert seller_terms(devices, [device], order_book)[0].certified
