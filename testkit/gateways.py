"""Many meters behind one bridge: their keys, their registration, and the readings that they sign."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from powerpact.chain.contracts import devices
from powerpact.chain.contracts.devices import Description
from powerpact.chain.contracts.meters import SignedReading
from powerpact.codec.devicekeys import DeviceKey
from powerpact.devices import Meter
from powerpact.devices.broker import Broker, Publisher
from powerpact.devices.errors import BrokerRefused, BrokerUnreachable
from powerpact.devices.simulated import DrawnDay, simulated
from testkit.meters import device_key
from testkit.world import SLOT_S, World

CAPACITY_WH = 5_000
ADD_GAS = 400_000
BATCH = 200


@dataclass
class Gateway:
    """Meters of one owner, and all that they measure."""

    meters: list[Meter]
    readings: list[SignedReading]

    @property
    def starts_of(self) -> dict[int, list[int]]:
        """By device, the starts of its intervals in their order."""
        starts: dict[int, list[int]] = {}
        for signed in self.readings:
            starts.setdefault(signed.reading.device, []).append(signed.reading.start_at)
        return starts


def add_meters(
    world: World, count: int, name: str = "gateway", key_of: Callable[[str], DeviceKey] = device_key
) -> list[Meter]:
    """Bind so many meters to bob."""
    described, chain = Description(capacity_wh=CAPACITY_WH), world.chain
    keys = [key_of(f"{name} {k}") for k in range(count)]
    owner, first = world.address("bob"), devices.device_count(chain) + 1
    sender = world.sender("bob")
    for begin in range(0, count, BATCH):
        calls = [
            devices.add(chain, key.address, described, devices.sign_binding(chain, key, owner, described))
            for key in keys[begin : begin + BATCH]
        ]
        sender.send_all(calls, gas=[ADD_GAS] * len(calls))
    return [Meter(chain, key, first + k) for k, key in enumerate(keys)]


def past_starts(intervals: int, now_s: int, length_s: int = SLOT_S) -> Sequence[int]:
    """Starts of the last whole intervals before a time, Unix seconds.

    A chain's clock need not be moved where it is the chain's time. This machine's clock can be ahead of it: a node that
    went back to a snapshot continues at the time of the block it went to.
    """
    end = now_s // length_s * length_s
    return range(end - intervals * length_s, end, length_s)


def make_gateway(
    world: World, count: int, intervals: int, seed: int = 1, key_of: Callable[[str], DeviceKey] = device_key
) -> Gateway:
    """Meters that have measured so many intervals."""
    meters = add_meters(world, count, key_of=key_of)
    capacities = {meter.device: CAPACITY_WH for meter in meters}
    starts = past_starts(intervals, world.chain.now())
    return Gateway(meters, list(simulated(meters, starts, SLOT_S, DrawnDay(seed), capacities)))


@dataclass
class Publishing:
    """The gateway: publishes everything in its order, and again what the chain lacks.

    Parameters
    ----------
    broker : Broker
        Where to.
    readings : list of SignedReading
        In the order of the intervals.
    at_once : int
        Readings that it publishes in one go.
    pause_s : float
        Between two goes, s.
    """

    broker: Broker
    readings: list[SignedReading]
    at_once: int
    pause_s: float
    published: int = 0
    missing: list[SignedReading] | None = None
    _stop: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        """Publish until it is stopped; what the broker did not acknowledge goes again."""
        place = 0
        while not self._stop.is_set():
            with suppress(BrokerUnreachable, BrokerRefused):
                publisher = Publisher(self.broker)
                while not self._stop.is_set():
                    missing, self.missing = self.missing, None
                    piece = missing or self.readings[place : place + self.at_once]
                    self.published += publisher.publish(piece)
                    place += 0 if missing else len(piece)
                    self._stop.wait(self.pause_s if piece else 0.2)
                    if not piece:
                        break
                publisher.close()
            self._stop.wait(0.2)

    def stop(self) -> None:
        """End it."""
        self._stop.set()
