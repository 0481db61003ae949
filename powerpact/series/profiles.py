"""Load and solar series of a community, hour by hour, in whole Wh."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Final

import numpy as np
from numpy.typing import NDArray

from powerpact.errors import BadChoice

SLOT_S: Final = 3600
"""Length of a delivery slot, seconds."""
SLOTS_PER_DAY: Final = 24
"""Delivery slots of a day."""
DAY_S: Final = SLOT_S * SLOTS_PER_DAY


@dataclass(frozen=True, slots=True)
class Flag:
    """Something about a series that its user must know.

    Attributes
    ----------
    home : str
        The home concerned.
    code : str
        What kind of finding, such as ``solar-yield``; see `powerpact.series.quality`.
    sentence : str
        The finding in words, with its numbers.
    treatment : str
        What is done about it.
    """

    home: str
    code: str
    sentence: str
    treatment: str


@dataclass(frozen=True, slots=True, eq=False)
class Profiles:
    """What the homes of a community used and produced in consecutive hours.

    Attributes
    ----------
    community : str
        Name of the community.
    homes : tuple of str
        Names of the homes, the columns of the arrays.
    start_s : ndarray of int64, shape (hours,)
        Start of each hour, Unix seconds; consecutive.
    load_wh, solar_wh : ndarray of int64, shape (hours, homes)
        Energy used and energy produced in each hour, Wh.
    utc_offset_s : int
        What to add to Unix seconds to get the local clock: whole hours, fixed, so that each local day has 24
        hours.
    time_note : str
        How the local clock relates to the real one.
    source : str
        Where the series come from.
    pv_nominal_w : tuple of int, optional
        Nominal power of each home's panels, W.
    flags : tuple of Flag
        What is odd about the series, and what was done about it.
    """

    community: str
    homes: tuple[str, ...]
    start_s: NDArray[np.int64]
    load_wh: NDArray[np.int64]
    solar_wh: NDArray[np.int64]
    utc_offset_s: int
    time_note: str
    source: str
    pv_nominal_w: tuple[int, ...] | None = None
    flags: tuple[Flag, ...] = ()

    @property
    def zone(self) -> timezone:
        """The local clock as a fixed offset."""
        return timezone(timedelta(seconds=self.utc_offset_s))

    @property
    def first_day(self) -> date:
        """Local date of the first whole day, day number 0."""
        midnight_s = int(self.start_s[0]) + self._hours_before_midnight() * SLOT_S
        return self.local(midnight_s).date()

    @property
    def days(self) -> int:
        """Number of whole local days."""
        return max(0, (len(self.start_s) - self._hours_before_midnight()) // SLOTS_PER_DAY)

    def local(self, time_s: int) -> datetime:
        """Return the local clock time of a moment."""
        return datetime.fromtimestamp(time_s, UTC).astimezone(self.zone)

    def day_number(self, day: date | int) -> int:
        """Return the number of a local day, counted from 0.

        Parameters
        ----------
        day : date or int
            A local date, or the number itself.

        Raises
        ------
        BadChoice
            The series has no such whole day.
        """
        number = day if isinstance(day, int) else (day - self.first_day).days
        if not 0 <= number < self.days:
            if self.days == 0:
                problem, remedy = "the series have no whole day", "Give 24 hours that start at midnight."
            else:
                last = self.first_day + timedelta(days=self.days - 1)
                problem = f"the series have no day {day}"
                remedy = f"Choose {self.first_day} to {last}, or a number from 0 to {self.days - 1}."
            raise BadChoice("day", day, problem, remedy=remedy)
        return number

    def date_of(self, number: int) -> date:
        """Return the local date of day `number`."""
        return self.first_day + timedelta(days=number)

    def day(self, day: date | int) -> Profiles:
        """Select the 24 hours of one local day.

        Parameters
        ----------
        day : date or int
            A local date, or the number of the day counted from 0.

        Raises
        ------
        BadChoice
            The series has no such whole day.
        """
        first = self._hours_before_midnight() + self.day_number(day) * SLOTS_PER_DAY
        rows = slice(first, first + SLOTS_PER_DAY)
        return replace(self, start_s=self.start_s[rows], load_wh=self.load_wh[rows], solar_wh=self.solar_wh[rows])

    def choose(self, homes: Sequence[str]) -> Profiles:
        """Select some of the homes, in the order of the original.

        Raises
        ------
        BadChoice
            A name is unknown.
        """
        unknown = sorted(set(homes) - set(self.homes))
        if unknown:
            raise BadChoice("homes", unknown[0], "no such home", remedy=f"Choose among {', '.join(self.homes)}.")
        columns = [index for index, home in enumerate(self.homes) if home in set(homes)]
        return replace(
            self,
            homes=tuple(self.homes[index] for index in columns),
            load_wh=self.load_wh[:, columns],
            solar_wh=self.solar_wh[:, columns],
            pv_nominal_w=self.pv_nominal_w and tuple(self.pv_nominal_w[index] for index in columns),
            flags=tuple(flag for flag in self.flags if flag.home in set(homes)),
        )

    def choose_homes(self, count: int, seed: int) -> Profiles:
        """Select some homes, drawn by `seed`, among them at least one with solar panels if there is any.

        The homes are ordered by the SHA-256 of seed and name, the producer that comes first is put in front,
        and the first `count` are taken. So the choice depends on nothing but the names, and a larger choice
        contains a smaller one.

        Raises
        ------
        BadChoice
            Fewer than two homes, or more than there are.
        """
        if not 2 <= count <= len(self.homes):
            raise BadChoice(
                "homes", count, f"there are {len(self.homes)} homes", remedy=f"Choose 2 to {len(self.homes)}."
            )
        drawn = sorted(self.homes, key=lambda home: hashlib.sha256(f"{seed}|{home}".encode()).digest())
        produces = {home: bool(self.solar_wh[:, index].any()) for index, home in enumerate(self.homes)}
        producer = next((home for home in drawn if produces[home]), drawn[0])
        return self.choose([producer, *(home for home in drawn if home != producer)][:count])

    def _hours_before_midnight(self) -> int:
        """Hours at the start of the series that belong to no whole local day."""
        return -((int(self.start_s[0]) + self.utc_offset_s) // SLOT_S) % SLOTS_PER_DAY
