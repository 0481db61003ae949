"""Higher versions of readings through the bridge: after the first one, in their order, inside the window."""

from dataclasses import replace

import pytest

from powerpact.chain.contracts import meters
from powerpact.chain.contracts.meters import Reading, SignedReading
from powerpact.chain.local.clock import request
from powerpact.codec.devicekeys import sign_by_device
from powerpact.devices.errors import CorrectionTooLate
from powerpact.devices.log import lacking
from testkit.gateways import make_gateway
from testkit.world import SLOT_S
from tests.python.devices.test_bridge import Running, bridge, publish, subscribed, wait


@pytest.fixture
def gateway(world):
    """Three meters with two readings each, of which the second can be corrected for an hour less a minute."""
    world.warp(world.next_slot() + 60)
    return make_gateway(world, 3, 2)


@pytest.fixture
def again(world, gateway):
    """Another version of a device's last reading, with so much more export."""
    domain = world.chain.domain("Metering")

    def _again(signed, version, more_wh=10, **changes):
        energy, counter = signed.reading.exported_wh + more_wh, signed.reading.export_counter_wh + more_wh
        said = {"version": version, "exported_wh": energy, "export_counter_wh": counter}
        reading = signed.reading._replace(**said | changes)
        meter = next(meter for meter in gateway.meters if meter.device == reading.device)
        return SignedReading(reading, sign_by_device(meter.key, domain, "Reading", reading.message()))

    return _again


def corrected(world):
    """By device, what was corrected: version and export, in their order."""
    found: dict[int, list[tuple[int, int]]] = {}
    for event in world.chain.events("Metering", "ReadingCorrected"):
        reading = Reading.unpack(event.arguments["reading"])
        found.setdefault(reading.device, []).append((reading.version, reading.exported_wh))
    return found


def first_versions(world):
    readings = (meters.taken_in(event) for event in world.chain.events("Metering", "ReadingsReported"))
    return [reading.version for batch in readings for reading in batch]


def test_versions_go_in_their_order_though_the_last_comes_first(world, folder, where, gateway, again):
    last = gateway.readings[-1]
    second, third = again(last, 2), again(last, 3, 20)
    subscribed(world, folder, where)
    publish(where, [third, second, *gateway.readings])
    made = bridge(world, folder, where, patience_s=0)
    made.run()
    assert first_versions(world) == [1] * 6
    exported = last.reading.exported_wh
    assert corrected(world) == {last.reading.device: [(2, exported + 10), (3, exported + 20)]}
    assert made.readings.counts() == {"final": 8}


def test_corrections_of_all_devices_go_together(world, folder, where, gateway, again):
    subscribed(world, folder, where)
    publish(where, [*gateway.readings, *(again(signed, 2) for signed in gateway.readings[3:])])
    made = bridge(world, folder, where, patience_s=0)
    made.run()
    assert {device: [version for version, _ in those] for device, those in corrected(world).items()} == {
        meter.device: [2] for meter in gateway.meters
    }
    assert made.readings.counts() == {"final": 9}


def test_a_higher_version_waits_for_the_first_and_goes_alone_if_that_does_not_come(
    world, folder, where, gateway, again
):
    first, second = gateway.readings[0], again(gateway.readings[0], 2)
    subscribed(world, folder, where)
    publish(where, [second])
    patient = bridge(world, folder, where, patience_s=600, until_idle_s=None)
    with Running(patient):
        wait(lambda: patient.readings.counts() == {"stored": 1})
    assert first_versions(world) == []
    made = bridge(world, folder, where, patience_s=0)
    made.run()
    assert first_versions(world) == [2]
    publish(where, [first])
    bridge(world, folder, where, patience_s=0).run()
    ((refused, _),) = made.readings.refused()
    assert refused.reason == "the chain has version 2 of this device and interval"


def test_a_correction_after_its_window_is_refused_and_kept(world, folder, where, gateway, again):
    last = gateway.readings[-1]
    late, reading = again(last, 2), last.reading
    subscribed(world, folder, where)
    publish(where, gateway.readings)
    bridge(world, folder, where, patience_s=0).run()
    final_from = reading.start_at + 2 * SLOT_S
    world.warp(final_from)
    publish(where, [late])
    made = bridge(world, folder, where, patience_s=0)
    made.run()
    ((refused, _),) = made.readings.refused()
    assert refused.reason == str(CorrectionTooLate(reading.device, reading.start_at, 2, final_from))
    assert (refused.device, refused.start_at) == (reading.device, reading.start_at)
    assert corrected(world) == {}
    assert made.readings.counts() == {"final": 6, "refused": 1}


def test_one_that_does_not_fit_yet_waits_and_a_later_version_overtakes_it(world, folder, where, gateway, again):
    """Its counters are below those of the interval before; no correction of that can come any more here."""
    last = gateway.readings[-1]
    energies = last.reading.exported_wh, last.reading.imported_wh
    unfit = again(last, 2, 0, export_counter_wh=energies[0], import_counter_wh=energies[1])
    subscribed(world, folder, where)
    publish(where, [*gateway.readings, unfit])
    made = bridge(world, folder, where, patience_s=0, until_idle_s=None)
    with Running(made):
        wait(lambda: made.readings.counts() == {"final": 6, "stored": 1})
        wait(lambda: any("Metering_CounterFell" in line for line in made.said))
        publish(where, [again(last, 3)])
        wait(lambda: made.readings.counts() == {"final": 7, "refused": 1})
    assert sum("Metering_CounterFell" in line for line in made.said) == 1
    ((refused, _),) = made.readings.refused()
    assert "the chain has version 3" in refused.reason


def test_what_can_never_be_taken_is_refused_at_once(world, folder, where, gateway, again):
    """It names another predecessor than the first version."""
    last = gateway.readings[-1]
    subscribed(world, folder, where)
    publish(where, [*gateway.readings, again(last, 2, previous_start_at=last.reading.previous_start_at - SLOT_S)])
    made = bridge(world, folder, where, patience_s=0)
    made.run()
    ((refused, _),) = made.readings.refused()
    assert "Correction_OtherPredecessor" in refused.reason
    assert made.readings.counts() == {"final": 6, "refused": 1}


def test_what_others_corrected_is_found_on_the_chain(world, folder, where, gateway, again):
    last = gateway.readings[-1]
    second = again(last, 2)
    subscribed(world, folder, where)
    publish(where, gateway.readings)
    bridge(world, folder, where, patience_s=0).run()
    found = meters.readings_since(world.chain)
    proven = found[last.reading.device, last.reading.start_at].proven
    world.sender("agent").send(meters.correct(world.chain, second, proven))
    publish(where, [second, again(last, 2, 11)])
    made = bridge(world, folder, where, patience_s=0)
    made.run()
    assert made.readings.counts() == {"final": 7, "refused": 1}
    ((refused, _),) = made.readings.refused()
    assert refused.reason == "another reading of this device, interval and version came first"
    assert len(corrected(world)[last.reading.device]) == 1


def test_a_correction_that_vanished_is_sent_again(world, folder, where, gateway, again):
    last = gateway.readings[-1]
    subscribed(world, folder, where)
    publish(where, gateway.readings)
    bridge(world, folder, where, patience_s=0).run()
    publish(where, [again(last, 2)])
    made = bridge(world, folder, where, patience_s=0, confirmations=3, until_idle_s=None)
    web3 = world.chain.web3
    with Running(made):
        wait(lambda: made.readings.counts() == {"final": 6, "reported": 1})
        request(web3, "anvil_rollback", 1)
        request(web3, "anvil_dropAllTransactions")
        assert corrected(world) == {}
        wait(lambda: len(corrected(world)) == 1)
        for _ in range(4):
            request(web3, "evm_mine")
        wait(lambda: made.readings.counts() == {"final": 7})


def test_a_correction_by_another_key_is_refused_before_it_is_kept(world, folder, where, gateway, again):
    last = gateway.readings[-1]
    forged = replace(again(last, 2), signature=last.signature)
    subscribed(world, folder, where)
    publish(where, [*gateway.readings, forged])
    made = bridge(world, folder, where, patience_s=0)
    made.run()
    ((refused, _),) = made.readings.refused()
    assert "is signed by" in refused.reason
    assert corrected(world) == {}


def test_what_the_chain_lacks_is_published_again(world, gateway, again):
    """Later intervals and open corrections; neither what it has, nor what comes too late."""
    early, last = gateway.readings[0], gateway.readings[3]
    second, third = again(last, 2), again(last, 3)
    given = [*gateway.readings, again(early, 2), second, third]
    world.sender("agent").send(meters.report(world.chain, gateway.readings[:4]))
    assert lacking(world.chain, given) == [*gateway.readings[4:], second, third]
    proven = meters.readings_since(world.chain)[last.reading.device, last.reading.start_at].proven
    world.sender("agent").send(meters.correct(world.chain, second, proven))
    assert lacking(world.chain, given) == [*gateway.readings[4:], third]
    world.warp(last.reading.start_at + 2 * SLOT_S)
    assert lacking(world.chain, given) == gateway.readings[4:]
