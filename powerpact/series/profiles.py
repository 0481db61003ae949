"""Load and solar series of a community, slot by slot, in whole Wh; days are cut by the clock of a zone."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta, tzinfo

import numpy as np
from numpy.typing import NDArray

from powerpact.errors import BadChoice
from powerpact.series.limits import HOUR_S, SLOT_LENGTHS_S


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
    """What the homes of a community used and produced in consecutive slots.

    Attributes
    ----------
    community : str
        Name of the community.
    homes : tuple of str
        Names of the homes, the columns of the arrays.
    start_s : ndarray of int64, shape (slots,)
        Start of each slot, Unix seconds; consecutive, multiples of the slot's length.
    load_wh, solar_wh : ndarray of int64, shape (slots, homes)
        Energy used and energy produced in each slot, Wh.
    zone : tzinfo
        The local clock, by which days are cut. A day consists of the slots that start on its date: with hours 24 of
        them, 23 or 25 where the zone changes its clock.
    time_note : str
        How the local clock relates to the real one.
    source : str
        Where the series come from.
    pv_nominal_w : tuple of int, optional
        Nominal power of each home's panels, W.
    flags : tuple of Flag
        What is odd about the series, and what was done about it.
    slot_s : int
        Length of a slot, one of `SLOT_LENGTHS_S`.
    """

    community: str
    homes: tuple[str, ...]
    start_s: NDArray[np.int64]
    load_wh: NDArray[np.int64]
    solar_wh: NDArray[np.int64]
    zone: tzinfo
    time_note: str
    source: str
    pv_nominal_w: tuple[int, ...] | None = None
    flags: tuple[Flag, ...] = ()
    slot_s: int = HOUR_S

    @property
    def first_day(self) -> date:
        """Local date of the first whole day, day number 0."""
        first = self.local(int(self.start_s[0])).date()
        return first if self._rows_of(first).start == 0 else first + timedelta(days=1)

    @property
    def days(self) -> int:
        """Number of whole local days."""
        last = self.local(int(self.start_s[-1])).date()
        if self._rows_of(last).stop > len(self.start_s):
            last -= timedelta(days=1)
        return max(0, (last - self.first_day).days + 1)

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
                problem, remedy = "the series have no whole day", "Give all slots from one midnight to the next."
            else:
                last = self.first_day + timedelta(days=self.days - 1)
                problem = f"the series have no day {day}"
                remedy = f"Choose {self.first_day} to {last}, or a number from 0 to {self.days - 1}."
            raise BadChoice("day", day, problem, remedy=remedy)
        return number

    def date_of(self, number: int) -> date:
        """Return the local date of day `number`."""
        return self.first_day + timedelta(days=number)

    def rows_of_day(self, day: date | int) -> slice:
        """The rows of one local day.

        Raises
        ------
        BadChoice
            The series has no such whole day.
        """
        return self._rows_of(self.date_of(self.day_number(day)))

    def day(self, day: date | int) -> Profiles:
        """Select the slots of one local day.

        Parameters
        ----------
        day : date or int
            A local date, or the number of the day counted from 0.

        Raises
        ------
        BadChoice
            The series has no such whole day.
        """
        return self._rows(self.rows_of_day(day))

    def rows_at_clocks(self, day: date | int, clocks: Iterable[datetime]) -> list[int]:
        """The rows of a day whose slots hold clock times; where the clock skips one, the row after the change.

        Parameters
        ----------
        day : date or int
            A local date, or the number of the day counted from 0.
        clocks : iterable of datetime
            Local times, of any day; of an hour that comes twice their `fold` says which.

        Raises
        ------
        BadChoice
            The series has no such whole day.
        """
        date_ = self.date_of(self.day_number(day))
        rows, first_s = self._rows_of(date_), int(self.start_s[0])
        moments = (datetime.combine(date_, clock.time(), self.zone).replace(fold=clock.fold) for clock in clocks)
        found = ((int(moment.timestamp()) - first_s) // self.slot_s for moment in moments)
        return [min(max(row, rows.start), rows.stop - 1) for row in found]

    def summed(self, slot_s: int) -> Profiles:
        """The same series in longer slots; what fills no whole slot at either end is left out.

        Raises
        ------
        BadChoice
            The length is none of `SLOT_LENGTHS_S`, or is shorter than that of the series.
        """
        if slot_s not in SLOT_LENGTHS_S or slot_s < self.slot_s:
            lengths = ", ".join(str(length) for length in SLOT_LENGTHS_S if length >= self.slot_s)
            problem = f"the series have slots of {self.slot_s} s"
            raise BadChoice("slot-length", slot_s, problem, remedy=f"Choose among {lengths}.")
        parts = slot_s // self.slot_s
        first = -(int(self.start_s[0]) // self.slot_s) % parts
        count = (len(self.start_s) - first) // parts
        if not count:
            raise BadChoice("slot-length", slot_s, "the series fill no such slot", remedy="Give longer series.")
        rows = slice(first, first + count * parts)

        def sums(series_wh: NDArray[np.int64]) -> NDArray[np.int64]:
            whole: NDArray[np.int64] = series_wh[rows].reshape(count, parts, -1).sum(axis=1)
            return whole

        return replace(
            self,
            start_s=self.start_s[rows][::parts],
            load_wh=sums(self.load_wh),
            solar_wh=sums(self.solar_wh),
            slot_s=slot_s,
        )

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

    def _rows(self, rows: slice) -> Profiles:
        return replace(self, start_s=self.start_s[rows], load_wh=self.load_wh[rows], solar_wh=self.solar_wh[rows])

    def _rows_of(self, day: date) -> slice:
        """Rows of the slots that start on a local date, also of those that the series lack."""
        first_s = int(self.start_s[0])
        bounds = (datetime.combine(when, time(), self.zone) for when in (day, day + timedelta(days=1)))
        start, stop = (-((first_s - int(moment.timestamp())) // self.slot_s) for moment in bounds)
        return slice(start, stop)
