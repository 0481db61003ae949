"""What meters said of a time: every version of every interval, in the order in which the chain took them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from typing import Final

from powerpact.chain.client import Chain
from powerpact.chain.contracts.meters import taken_in
from powerpact.codec.abi import Event
from powerpact.market.readings import Quality, Reading
from powerpact.market.schema import Side
from powerpact.market.slots import Slot

Place = tuple[int, int]
"""Block and position of an event."""

END: Final[Place] = (1 << 62, 0)
"""After all of them."""

MISSING: Final = "missing"


class Readings:
    """The readings of some meters from a moment on.

    Parameters
    ----------
    chain : Chain
        Where they are read.
    devices : collection of int
        The meters.
    since : int
        Start of the first interval, Unix seconds.
    """

    def __init__(self, chain: Chain, devices: Collection[int], since: int) -> None:
        self.interval_s = chain.deployment.parameters.base_interval_s
        self._said: defaultdict[int, defaultdict[int, list[tuple[Place, Reading]]]]
        self._said = defaultdict(lambda: defaultdict(list))
        for event in chain.events("Metering", "ReadingsReported", "ReadingCorrected", since=since):
            for reading in _readings_in(event):
                if reading.device in devices and reading.start_at >= since:
                    self._said[reading.device][reading.start_at].append(((event.block, event.position), reading))

    def starts(self, device: int) -> list[int]:
        """Of the intervals that a meter reported, Unix seconds, in their order."""
        return sorted(self._said[device])

    def last(self, device: int, slot: Slot) -> tuple[list[Reading], str]:
        """The highest versions of a slot's intervals, and the worst quality of them."""
        found, worst = [], 0
        for start in slot.intervals(self.interval_s):
            versions = self._said[device].get(start)
            if versions is None:
                worst = len(Quality) + 1
            else:
                found.append(versions[-1][1])
                worst = max(worst, versions[-1][1].quality)
        return found, MISSING if worst > len(Quality) else Quality(worst).name.lower()

    def counted_wh(self, device: int, slot: Slot, side: Side, before: Place = END) -> tuple[int, bool]:
        """What money is settled on: the first measured version of each interval, and whether all have one.

        Parameters
        ----------
        device : int
            The meter.
        slot : Slot
            The slot.
        side : Side
            What was exported for sales, imported for purchases.
        before : tuple of int
            Block and position; what the chain took later does not count.
        """
        energy_wh, is_whole = 0, True
        for start in slot.intervals(self.interval_s):
            measured = (
                reading
                for place, reading in self._said[device].get(start, ())
                if reading.quality == Quality.MEASURED and place < before
            )
            reading = next(measured, None)
            is_whole = is_whole and reading is not None
            if reading is not None:
                energy_wh += reading.exported_wh if side is Side.SELL else reading.imported_wh
        return energy_wh, is_whole


def _readings_in(event: Event) -> list[Reading]:
    return taken_in(event) if event.name == "ReadingsReported" else [Reading.unpack(event.arguments["reading"])]
