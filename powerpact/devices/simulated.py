"""Meters that measure what a profile says: for trying out, and for tests of what comes after a meter."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterator, Mapping, Sequence
from typing import Final, Protocol

from powerpact.chain.contracts.meters import SignedReading
from powerpact.devices.meter import Meter
from powerpact.errors import BadChoice
from powerpact.series.profiles import Profiles

HOUR_S: Final = 3_600
DAY_H: Final = 24

LOAD_WH: Final = (
    *(180, 160, 150, 150, 160, 220, 380, 460, 400, 340, 320, 340),
    *(380, 340, 320, 330, 400, 560, 680, 720, 640, 500, 360, 240),
)
"""What a home uses in each hour of a day in UTC, Wh: drawn by hand, not measured."""

SOLAR_WH: Final = (
    *([0] * 5),
    40,
    220,
    560,
    980,
    1_380,
    1_680,
    1_840,
    1_860,
    1_720,
    1_440,
    1_060,
    640,
    280,
    60,
    *([0] * 5),
)
"""What its panels give, Wh: drawn by hand, not measured."""

SPREAD_PPM: Final = 200_000
"""How far an interval may be from the drawn day, either way, ppm."""


class Energies(Protocol):
    """What flows through a device in an interval."""

    def __call__(self, device: int, start_at: int, length_s: int) -> tuple[int, int]:
        """Export and import, Wh."""


class DrawnDay:
    """A home's day, the same each day but for what the seed changes in each interval.

    Parameters
    ----------
    seed : int
        The same seed, device and interval give the same energies.
    """

    def __init__(self, seed: int) -> None:
        self._seed = seed

    def __call__(self, device: int, start_at: int, length_s: int) -> tuple[int, int]:
        """Export and import, Wh: the surplus or the lack of the interval, by its share of the hour it starts in."""
        dice = random.Random(f"{self._seed}|{device}|{start_at}")
        hour = start_at // HOUR_S % DAY_H
        load, solar = (
            wh * dice.randint(1_000_000 - SPREAD_PPM, 1_000_000 + SPREAD_PPM) * length_s // (HOUR_S * 1_000_000)
            for wh in (LOAD_WH[hour], SOLAR_WH[hour])
        )
        return max(solar - load, 0), max(load - solar, 0)


class FromProfiles:
    """The series of homes, one for each device, from their first slot on again and again.

    Parameters
    ----------
    profiles : Profiles
        The series; slots shorter than the base interval are summed, longer ones divided equally.
    devices : sequence of int
        Who measures them.
    first_s : int
        The interval that the series begin with, Unix seconds.
    length_s : int
        The base interval, s.
    seed : int
        Which home is whose; 0 keeps the order.

    Raises
    ------
    BadChoice
        If slots and base interval do not divide one another.
    """

    def __init__(self, profiles: Profiles, devices: Sequence[int], first_s: int, length_s: int, seed: int = 0) -> None:
        if profiles.slot_s < length_s:
            profiles = profiles.summed(length_s)
        if profiles.slot_s % length_s:
            problem = f"are no multiple of the base interval of {length_s} s"
            raise BadChoice("slots", profiles.slot_s, problem, remedy="Give series of another slot length.")
        homes = sorted(profiles.homes, key=lambda home: hashlib.sha256(f"{seed}|{home}".encode()).digest())
        columns = [profiles.homes.index(home) for home in (homes if seed else profiles.homes)]
        self._columns = {device: columns[k % len(columns)] for k, device in enumerate(devices)}
        self._profiles = profiles
        self._first_s = first_s

    def __call__(self, device: int, start_at: int, length_s: int) -> tuple[int, int]:
        """Export and import, Wh: the surplus or the lack."""
        profiles, parts = self._profiles, self._profiles.slot_s // length_s
        row, part = divmod((start_at - self._first_s) // length_s, parts)
        place = row % len(profiles.start_s), self._columns[device]
        load, solar = (
            int(series[place]) * (part + 1) // parts - int(series[place]) * part // parts
            for series in (profiles.load_wh, profiles.solar_wh)
        )
        return max(solar - load, 0), max(load - solar, 0)


def simulated(
    meters: Sequence[Meter],
    starts: Sequence[int],
    length_s: int,
    energies: Energies,
    capacities_wh: Mapping[int, int],
) -> Iterator[SignedReading]:
    """Readings of all meters, interval after interval.

    Parameters
    ----------
    meters : sequence of Meter
        Who signs; their counters rise.
    starts : sequence of int
        Starts of the intervals, ascending, Unix seconds.
    length_s : int
        The base interval, s.
    energies : Energies
        What flows.
    capacities_wh : mapping of int to int
        By device, the most that it measures in an interval, Wh; what is above is cut off.
    """
    for start in starts:
        for meter in meters:
            out_wh, in_wh = energies(meter.device, start, length_s)
            most_wh = capacities_wh[meter.device]
            yield meter.measure(start, min(out_wh, most_wh), min(in_wh, most_wh))
