"""The bridge: readings reach the chain once and in order, whatever is killed, lost, forged or late."""

import threading
import time
from dataclasses import replace

import pytest

from powerpact.chain.connection import connect
from powerpact.chain.contracts import meters
from powerpact.chain.contracts.meters import SignedReading
from powerpact.chain.local.clock import request
from powerpact.codec.readingfile import format_reading
from powerpact.devices.bridge import Bridge, Options
from powerpact.devices.broker import Publisher, topic_of
from powerpact.devices.errors import BridgeRuns
from powerpact.index import attach
from powerpact.store.readings import Readings
from testkit.gateways import make_gateway
from testkit.meters import mirrored, p256_key

QUICK = Options(confirmations=0, patience_s=600, poll_s=0.05, until_idle_s=0.5)


def reported(world):
    """By device, the starts that are on the chain, in their order."""
    starts: dict[int, list[int]] = {}
    for event in world.chain.events("Metering", "ReadingsReported"):
        for reading in map(meters.Reading.unpack, event.arguments["readings"]):
            starts.setdefault(reading.device, []).append(reading.start_at)
    return starts


def bridge(world, folder, where, account="agent", on_report=lambda _: None, **changes):
    """A bridge with a connection, an index and a journal of its own, as a program has them."""
    said = []
    chain = attach(connect(world.chain.web3.provider.endpoint_uri), world.chain.deployment, folder, patience_s=0.05)

    def report(line):
        said.append(line)
        on_report(line)

    options = replace(QUICK, **changes)
    made = Bridge(chain, chain.sender(world.keys[account]), chain.outbox, where, options, report)
    made.said = said
    return made


def subscribed(world, folder, where):
    """Run once with nothing there, so that the broker knows the bridge and keeps what comes while it is off."""
    bridge(world, folder, where, until_idle_s=0.0).run()


def publish(where, readings):
    publisher = Publisher(where)
    publisher.publish(readings)
    publisher.close()


def test_readings_reach_the_chain_in_order(world, folder, where, gateway):
    subscribed(world, folder, where)
    publish(where, gateway.readings)
    made = bridge(world, folder, where, patience_s=0)
    made.run()
    assert reported(world) == gateway.starts_of
    assert made.readings.counts() == {"final": 12}
    assert (made.counts.received, made.counts.new) == (12, 12)


def test_readings_of_secure_elements_reach_the_chain(world, folder, where):
    """A batch of P-256 signatures, every other one with the upper half of s."""
    elements = make_gateway(world, 2, 4, key_of=p256_key)
    subscribed(world, folder, where)
    publish(where, [signed if k % 2 else mirrored(signed) for k, signed in enumerate(elements.readings)])
    made = bridge(world, folder, where, patience_s=0)
    made.run()
    assert reported(world) == elements.starts_of
    assert made.readings.counts() == {"final": 8}


def test_what_comes_twice_is_reported_once(world, folder, where, gateway):
    subscribed(world, folder, where)
    publish(where, gateway.readings * 2)
    made = bridge(world, folder, where, patience_s=0)
    made.run()
    publish(where, gateway.readings)
    again = bridge(world, folder, where, patience_s=0)
    again.run()
    assert reported(world) == gateway.starts_of
    assert (made.counts.known, again.counts.known) == (12, 12)
    assert again.readings.counts() == {"final": 12}


def test_readings_out_of_order_wait_for_their_predecessors(world, folder, where, gateway):
    first = gateway.readings[:3]
    subscribed(world, folder, where)
    publish(where, first)
    bridge(world, folder, where, patience_s=0).run()
    publish(where, gateway.readings[:5:-1])
    made = bridge(world, folder, where, until_idle_s=None)
    with Running(made):
        wait(lambda: made.readings.counts().get("stored") == 6)
        publish(where, gateway.readings[3:6])
        wait(lambda: made.readings.counts() == {"final": 12})
    assert reported(world) == gateway.starts_of


def test_a_gap_is_passed_over_once_its_reading_was_waited_for(world, folder, where, gateway):
    subscribed(world, folder, where)
    lost, *rest = [signed for signed in gateway.readings if signed.reading.device == gateway.meters[0].device]
    publish(where, rest)
    bridge(world, folder, where, patience_s=0).run()
    assert list(reported(world).values()) == [[signed.reading.start_at for signed in rest]]
    publish(where, [lost])
    made = bridge(world, folder, where, patience_s=0)
    made.run()
    (refused, _) = made.readings.refused()[0]
    assert "after the chain had taken a later interval" in refused.reason
    assert made.readings.counts() == {"final": 3, "refused": 1}


def test_one_bad_reading_does_not_sink_its_batch(world, folder, where, gateway):
    """Each way to be bad is refused with its reason; the readings of the others are reported."""
    bad = gateway.meters[0]
    good = [signed for signed in gateway.readings if signed.reading.device != bad.device]
    genuine = next(signed for signed in gateway.readings if signed.reading.device == bad.device)
    other = gateway.readings[1].signature
    reset = world_meter(world, gateway, 0)
    reset.last_start = genuine.reading.start_at
    fallen = reset.measure(genuine.reading.start_at + 3_600, 0, 0)
    late = [
        replace(genuine, signature=other),
        replace(genuine, reading=genuine.reading._replace(exported_wh=4_999)),
        replace(genuine, reading=genuine.reading._replace(exported_wh=5_001)),
        replace(genuine, reading=genuine.reading._replace(start_at=genuine.reading.start_at + 1)),
        replace(genuine, reading=genuine.reading._replace(device=999)),
        replace(genuine, reading=genuine.reading._replace(quality=4)),
    ]
    subscribed(world, folder, where)
    publish(where, [*late, genuine, fallen, *good])
    made = bridge(world, folder, where, patience_s=0)
    made.run()
    reasons = sorted(refused.reason for refused, _ in made.readings.refused())
    assert len(reasons) == 7
    for words in ("is signed by", "capacity", "no multiple", "not registered", "quality", "counter fell"):
        assert any(words in reason for reason in reasons), words
    assert sum(map(len, reported(world).values())) == 9


def world_meter(world, gateway, index):
    """A meter with the same key whose counters began again."""
    meter = gateway.meters[index]
    return type(meter)(world.chain, meter.key, meter.device)


def test_what_is_no_reading_is_kept_with_its_reason(world, folder, where, gateway):
    subscribed(world, folder, where)
    client = where.client("")
    where.connect(client)
    device, line = gateway.meters[0].device, format_reading(*astuple(gateway.readings[0]))
    payloads = [b"", b"{", b"\xff" * 5_000, line[:-1].encode(), line.replace('"device":', '"device":1').encode()]
    sent = [client.publish(topic_of(device), payload, qos=1) for payload in payloads]
    sent.append(client.publish("powerpact/1/reading", line, qos=1))
    where.wait(client, lambda: all(one.is_published() for one in sent))
    client.disconnect()
    made = bridge(world, folder, where)
    made.run()
    refused = [one for one, _ in made.readings.refused()]
    assert len(refused) == len(payloads) + 1
    assert all(len(one.payload) <= 2_048 for one in refused)
    assert reported(world) == {}


def astuple(signed: SignedReading):
    return signed.reading, signed.signature


def test_the_first_valid_reading_of_an_interval_stays(world, folder, where, gateway):
    subscribed(world, folder, where)
    first = gateway.readings[0]
    second = world_meter(world, gateway, 0).measure(first.reading.start_at, 1, 1)
    publish(where, [first, second])
    made = bridge(world, folder, where, patience_s=0)
    made.run()
    ((refused, _),) = made.readings.refused()
    assert "came first" in refused.reason
    assert meters.last_of(world.chain, first.reading.device)[1] == first.reading.export_counter_wh


def test_a_device_that_is_registered_later_is_served(world, folder, where):
    from testkit import gateways

    made = bridge(world, folder, where, patience_s=0, until_idle_s=None)
    with Running(made):
        wait(lambda: any("takes readings" in line for line in made.said))
        point = request(world.chain.web3, "evm_snapshot")
        future = gateways.make_gateway(world, 1, 2)
        request(world.chain.web3, "evm_revert", point)
        publish(where, future.readings)
        wait(lambda: made.readings.counts() == {"refused": 2})
        gateways.add_meters(world, 1)
        wait(lambda: made.readings.counts() == {"final": 2})


def test_a_reading_whose_transaction_vanished_is_reported_again(world, folder, where, gateway):
    subscribed(world, folder, where)
    publish(where, gateway.readings)
    made = bridge(world, folder, where, patience_s=0, confirmations=6, until_idle_s=None)
    web3 = world.chain.web3
    with Running(made):
        wait(lambda: made.readings.counts() == {"reported": 12})
        request(web3, "anvil_rollback", 4)  # a block for each interval, since all of them are late
        request(web3, "anvil_dropAllTransactions")
        assert reported(world) == {}
        wait(lambda: reported(world) == gateway.starts_of)
        for _ in range(6):
            request(web3, "evm_mine")
        wait(lambda: made.readings.counts() == {"final": 12})


@pytest.mark.parametrize("blocks", [1, 2])
def test_what_vanishes_while_the_next_is_made_ready_is_not_passed_over(world, folder, where, gateway, blocks):
    """Its transaction is gone with its block, and its nonce is free for the next one."""
    web3, count = world.chain.web3, iter(range(1_000))

    def reorganise(line):
        if line.startswith("reported") and next(count) == 1:
            with made._chain.reading():
                pass
            request(web3, "anvil_rollback", blocks)
            request(web3, "anvil_dropAllTransactions")
            with made._chain.reading():
                pass  # it is noticed, and the account's next nonce is asked for again

    subscribed(world, folder, where)
    publish(where, gateway.readings)
    made = bridge(world, folder, where, on_report=reorganise, patience_s=0, confirmations=6, until_idle_s=None)
    with Running(made):
        wait(lambda: made.readings.counts() == {"reported": 12})
        assert reported(world) == gateway.starts_of


def test_what_was_final_and_is_lost_is_reported_again_and_not_passed_over(world, folder, where, gateway):
    """The chain goes back further than a reading's confirmations; the next one would be taken as one after a gap."""
    before, after = gateway.readings[:9], gateway.readings[9:]
    subscribed(world, folder, where)
    publish(where, before)
    made = bridge(world, folder, where, patience_s=0)
    made.run()
    assert made.readings.counts() == {"final": 9}
    web3 = world.chain.web3
    request(web3, "anvil_rollback", 2)
    request(web3, "anvil_dropAllTransactions")
    assert {device: len(starts) for device, starts in reported(world).items()} == dict.fromkeys(gateway.starts_of, 1)
    publish(where, after)
    again = bridge(world, folder, where, patience_s=0)
    again.run()
    assert reported(world) == gateway.starts_of
    assert again.readings.counts() == {"final": 12}
    assert any("lost readings of 3 devices" in line for line in again.said)


def test_what_a_killed_bridge_had_reported_is_found_on_the_chain(world, folder, where, gateway):
    """It was killed after the transaction was mined, before it noted so."""
    subscribed(world, folder, where)
    publish(where, gateway.readings)
    world.sender("agent").send(meters.report(world.chain, gateway.readings[:6]))
    made = bridge(world, folder, where, patience_s=0)
    made.run()
    assert reported(world) == gateway.starts_of
    assert made.readings.counts() == {"final": 12}


def test_a_second_bridge_is_refused(world, folder, where):
    made = bridge(world, folder, where, until_idle_s=None)
    with Running(made):
        wait(lambda: any("takes readings" in line for line in made.said))
        with pytest.raises(BridgeRuns, match=r"bridge\.lock"):
            bridge(world, folder, where).run()


def test_nothing_is_acknowledged_that_is_not_on_the_disk(world, folder, where, gateway, monkeypatch):
    """The disk is full: the bridge ends, the broker keeps the readings, and the next bridge has them."""
    from powerpact.store import BadDatabase

    def full(*_):
        raise BadDatabase("journal.sqlite", "database or disk is full")

    subscribed(world, folder, where)
    publish(where, gateway.readings)
    with monkeypatch.context() as patch:
        patch.setattr(Readings, "keep", full)
        with pytest.raises(BadDatabase, match="full"):
            bridge(world, folder, where, until_idle_s=None).run()
    bridge(world, folder, where, patience_s=0).run()
    assert reported(world) == gateway.starts_of


class Running:
    """A bridge in a thread, stopped at the end as Ctrl-C stops it."""

    def __init__(self, made):
        self.made = made

    def __enter__(self):
        self.thread = threading.Thread(target=self.made.run, daemon=True)
        self.thread.start()

    def __exit__(self, *_):
        self.made.stop()
        self.thread.join(30)
        print("\n".join(self.made.said))
        assert not self.thread.is_alive()


def wait(is_done, seconds=20.0):
    deadline = time.monotonic() + seconds
    while not is_done():
        assert time.monotonic() < deadline, "it took too long"
        time.sleep(0.05)
