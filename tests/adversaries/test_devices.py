"""Adversaries with a device, its key or its router, on a whole deployment (SECURITY.md lists all of them)."""

import pytest

from powerpact.codec.devicekeys import sign_by_device
from powerpact.market.readings import Reading
from powerpact.market.schema import DeviceKind
from testkit.chains import EvmChain
from testkit.market import SLOT_LENGTH_S, Community, key
from testkit.meters import packed
from testkit.refusals import refused
from testkit.routers import BATCHES, RouterBatch

DEVICES, METERING = "DeviceRegistry", "Metering"


class World:
    """Alice with a meter, and hours that pass."""

    def __init__(self):
        self.community = Community(EvmChain(), traders=2, correction_window_s=2 * SLOT_LENGTH_S)
        self.alice, self.bob = self.community.traders
        self.send, self.read, self.chain = self.community.send, self.community.read, self.community.chain
        self.start = (self.chain.now() // SLOT_LENGTH_S + 1) * SLOT_LENGTH_S
        self.chain.warp(self.hour(6))

    def hour(self, number):
        return self.start + number * SLOT_LENGTH_S

    def reading(self, number, exported_wh=700, counter_wh=None, previous=None, device=None):
        """Of an hour, after the one before it unless it is the first."""
        before = previous if previous is not None else self.hour(number - 1) if number else 0
        return Reading.measured(
            device or self.alice.device,
            self.hour(number),
            SLOT_LENGTH_S,
            exported_wh=exported_wh,
            imported_wh=0,
            export_counter_wh=700 * (number + 1) if counter_wh is None else counter_wh,
            import_counter_wh=0,
            previous_start_at=before,
        )

    def report(self, *readings, by=None):
        signer, domain = by or self.alice.meter, self.community.domain(METERING)
        signatures = [sign_by_device(signer, domain, "Reading", reading.message()) for reading in readings]
        return self.send(self.community.agent, METERING, "report", packed(readings), signatures)

    def last(self, device=None):
        """Start of the last interval, and the export counter."""
        start, _, _, counter_wh, *_ = self.read(METERING, "last", device or self.alice.device)
        return start, counter_wh

    def rotate(self, new):
        replaced = self.read(DEVICES, "device", self.alice.device)[8]
        terms = {"device": self.alice.device, "owner": self.alice.address, "replaced": replaced}
        signature = sign_by_device(new, self.community.domain(DEVICES), "Rotation", terms)
        self.send(self.alice.account, DEVICES, "rotate", self.alice.device, new.address, signature)


@pytest.fixture
def world():
    return World()


def test_a_thief_of_a_device_key_invents_no_more_than_the_capacity_and_until_it_is_said(world):
    thief, device = world.alice.meter, world.alice.device
    capacity_wh = world.community.capacity_wh(device)
    with refused("Metering_AboveCapacity", 0, device, capacity_wh + 1, capacity_wh):
        world.report(world.reading(0, capacity_wh + 1, capacity_wh + 1), by=thief)
    world.report(world.reading(0, capacity_wh, capacity_wh), by=thief)
    stolen_at = world.hour(1)
    world.send(world.alice.account, DEVICES, "distrust", thief.address, stolen_at)
    later = world.reading(1, 1, capacity_wh + 1)
    with refused("Metering_KeyDistrusted", 0, device, thief.address, stolen_at):
        world.report(later, by=thief)
    assert world.last() == (world.hour(0), capacity_wh)


def test_two_devices_with_one_key_are_one_device(world):
    """A clone measures elsewhere and signs with the same key: an interval is reported once, and counters only rise."""
    device = world.alice.device
    original, clone = world.reading(0, 700, 700), world.reading(0, 900, 900)
    world.report(original)
    with refused("Metering_AlreadyReported", 0, device, world.hour(0)):
        world.report(clone)
    with refused("Metering_CounterFell", 0, device, 600, 700):  # the clone counts for itself
        world.report(world.reading(1, 600, 1_200, previous=world.hour(0)))
    world.report(world.reading(1, 700, 1_400))
    terms = {"owner": world.bob.address, "kind": 0, "carrier": 0, "source": 1, "subnet": 1, "capacityWh": 1_000}
    signature = sign_by_device(world.alice.meter, world.community.domain(DEVICES), "Device", terms)
    address = world.alice.meter.address
    with refused("Device_KeyTaken", address, device):
        world.send(world.bob.account, DEVICES, "add", address, 0, 0, 1, 1, 1_000, signature)


def test_readings_that_are_held_back_or_swapped_do_not_pass(world):
    """A later reading does not shut out the one that it names; once that cannot come, it is taken after a gap."""
    device = world.alice.device
    world.report(world.reading(3))
    with refused("Metering_PredecessorMissing", 0, device, world.hour(4), world.hour(7)):
        world.report(world.reading(5))
    point = world.chain.snapshot()
    world.report(world.reading(4))
    world.report(world.reading(5))
    assert world.last() == (world.hour(5), 4_200)
    world.chain.undo(point)
    world.chain.warp(world.hour(7))
    world.report(world.reading(5))
    with refused("Metering_SlotNotAfterLast", 0, device, world.hour(4), world.hour(5)):
        world.report(world.reading(4))


@pytest.fixture
def router(world):
    """Alice's router, certified; its id and key."""
    signer = key("a router")
    return world.community.bind(world.alice.account, signer, kind=DeviceKind.ROUTER), signer


def commit(world, batch, signer):
    signature = batch.signature(signer, world.community.domain(BATCHES))
    world.send(world.community.agent, BATCHES, "commit", batch.head, batch.root, signature)


def test_what_a_router_leaves_out_its_device_reports(world, router):
    id_, signer = router
    commit(world, RouterBatch(id_, 0, [world.reading(0, device=world.bob.device)]), signer)
    world.report(world.reading(0))
    assert world.last() == (world.hour(0), 700)


def test_what_a_router_invents_counts_nothing(world, router):
    id_, signer = router
    invented = RouterBatch(id_, 0, [world.reading(0, 9_000, 9_000)])
    commit(world, invented, signer)
    forged = sign_by_device(signer, world.community.domain(METERING), "Reading", invented.readings[0].message())
    with refused("Metering_BadSignature", 0, world.alice.device, signer.address):
        world.send(world.community.agent, BATCHES, "prove", *invented.proved([0], [forged]))
    assert world.last() == (0, 0)
    world.report(world.reading(0))


def test_a_router_that_says_two_things_of_one_turn_is_held_to_the_first(world, router):
    id_, signer = router
    first, second = (RouterBatch(id_, 0, [world.reading(0, wh, wh)]) for wh in (700, 900))
    commit(world, first, signer)
    with refused("Router_WrongTurn", id_, 1, 0):
        commit(world, second, signer)
    signed = sign_by_device(
        world.alice.meter, world.community.domain(METERING), "Reading", second.readings[0].message()
    )
    with refused("Router_NotCommitted", id_, 0, second.root):
        world.send(world.community.agent, BATCHES, "prove", *second.proved([0], [signed]))


def test_an_owner_who_binds_the_meter_again_gets_nothing_for_it(world):
    """Neither with the key that it has, nor with another one of the owner's making, nor on an accomplice's account."""
    device, own = world.alice.device, key("a key that alice made")
    world.report(world.reading(0))
    world.rotate(own)
    changed_at = world.read(DEVICES, "device", device)[11]
    world.chain.warp(changed_at + 2 * SLOT_LENGTH_S)
    number = (changed_at - world.start) // SLOT_LENGTH_S
    invented = world.reading(number, 9_000, 9_700, previous=world.hour(0))
    with refused("Metering_KeyNotCertified", 0, device, own.address):
        world.report(invented, by=own)
    terms = {"owner": world.bob.address, "kind": 0, "carrier": 0, "source": 1, "subnet": 1, "capacityWh": 1_000}
    for bound in (world.alice.meter, own):
        signature = sign_by_device(bound, world.community.domain(DEVICES), "Device", terms)
        with refused("Device_KeyTaken", bound.address, device):
            world.send(world.bob.account, DEVICES, "add", bound.address, 0, 0, 1, 1, 1_000, signature)
    assert world.last() == (world.hour(0), 700)
