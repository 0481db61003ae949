"""A meter is exchanged while its readings go through the bridge: the device's go on, whoever signs them."""

import pytest

from powerpact.chain.contracts import devicechanges, devices, meters
from powerpact.chain.contracts.devicechanges import Opening
from powerpact.devices import Meter
from testkit.meters import device_key
from testkit.world import SLOT_S
from tests.python.devices.test_bridge import bridge, publish, reported, subscribed

NEW = device_key("bob's new meter")
OPENING = Opening(0, export_counter_wh=40, import_counter_wh=3)


@pytest.fixture
def exchanged(world):
    """Bob's meter measured two intervals, 4 000 Wh each; then another one takes its place, which counts from 40 Wh.

    Readings of the old one up to the exchange, and of the new one from there on, in their order.
    """
    old, device, chain = world.meters["bob"], world.meters["bob"].device, world.chain
    start = world.next_slot()
    signed = [old.measure(start + k * SLOT_S, 4_000, 10) for k in range(2)]
    world.warp(start + 2 * SLOT_S - 60)
    signature = devicechanges.sign_exchange(chain, NEW, device, world.address("bob"), old.key.address, OPENING)
    world.sender("bob").send(devicechanges.exchange_meter(chain, device, NEW.address, OPENING, signature))
    changed_at = devices.device(chain, device).changed_at
    assert changed_at == start + 2 * SLOT_S
    world.warp(changed_at)
    content = devices.device(chain, device).content(device)
    for auditor in ("auditor", "second auditor"):
        world.sender(auditor).send(devices.certify(chain, device, content))
    new = Meter.resumed(chain, NEW, device)
    assert (new.export_counter_wh, new.import_counter_wh) == (40, 3)
    new.last_start = signed[-1].reading.start_at
    later = [new.measure(changed_at + k * SLOT_S, 500, 5) for k in range(2)]
    world.warp(changed_at + 2 * SLOT_S)
    return signed, later


@pytest.mark.parametrize("is_reversed", [False, True], ids=["in order", "the new meter's first"])
def test_readings_of_both_meters_reach_the_chain(world, folder, where, exchanged, is_reversed):
    """Those of the new one wait for the old one's, which count for the time before the exchange."""
    signed, later = exchanged
    subscribed(world, folder, where)
    for part in (later, signed) if is_reversed else (signed, later):
        publish(where, part)
    made = bridge(world, folder, where, patience_s=20 if is_reversed else 0)
    made.run()
    device = signed[0].reading.device
    assert reported(world) == {device: [each.reading.start_at for each in (*signed, *later)]}
    assert made.readings.counts() == {"final": 4}
    (told,) = world.chain.events("Metering", "CountersRestarted")
    assert (told.arguments["lastExported"], told.arguments["exported"]) == (8_000, 40)
    assert meters.last_of(world.chain, device) == (later[-1].reading.start_at, 1_040, 13)


def test_the_old_meter_takes_no_interval_of_the_new_one(world, folder, where, exchanged):
    """Whoever has it signs one after the exchange, and is faster: the true reading of the interval comes through."""
    signed, later = exchanged
    forged = world.meters["bob"].measure(later[0].reading.start_at, 1, 0)
    subscribed(world, folder, where)
    publish(where, [*signed, forged, *later])
    made = bridge(world, folder, where, patience_s=0)
    made.run()
    ((refused, _),) = made.readings.refused()
    assert refused.start_at == forged.reading.start_at
    assert "the device's key in its interval is" in refused.reason
    assert made.readings.counts() == {"final": 4, "refused": 1}


def test_the_new_meter_takes_no_interval_of_the_old_one(world, folder, where, exchanged):
    signed, later = exchanged
    early = Meter(world.chain, NEW, signed[1].reading.device, last_start=signed[0].reading.start_at)
    forged = early.measure(signed[1].reading.start_at, 1, 0)
    subscribed(world, folder, where)
    publish(where, [signed[0], forged, signed[1], *later])
    made = bridge(world, folder, where, patience_s=0)
    made.run()
    assert [refused.start_at for refused, _ in made.readings.refused()] == [forged.reading.start_at]
    assert made.readings.counts() == {"final": 4, "refused": 1}
