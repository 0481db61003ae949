"""The import itself: read, place in time, make whole, round; each step notes what it changed."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, tzinfo
from itertools import chain
from pathlib import PurePath
from typing import Final

import numpy as np
from numpy.typing import NDArray

from powerpact.series.importing import clocks, numbers
from powerpact.series.importing.clocks import Stamp
from powerpact.series.importing.columns import Group, Kind, groups_of
from powerpact.series.importing.numbers import UWH_PER_WH, Energy
from powerpact.series.importing.options import Gaps, Layout, Negatives, Rules, Stamps
from powerpact.series.importing.table import Table, read_table
from powerpact.series.limits import MAX_SLOT_WH
from powerpact.series.profiles import Profiles
from powerpact.series.quality import find_flags
from powerpact.series.zones import fixed_zone, zone_label

SHOWN_LINES: Final = 5
"""Lines that a change names."""

PLURALS: Final = re.compile(r"\b(value|row|time|reset|home|slot|change)s\b")

Key = tuple[str, Kind]
"""A series: home and kind."""


@dataclass(frozen=True, slots=True)
class Change:
    """Something that the import changed or decided.

    Attributes
    ----------
    code : str
        What kind, such as ``gap``.
    count : int
        How many values, rows or times.
    sentence : str
        What was done, in words.
    lines : tuple of int
        The first lines concerned.
    """

    code: str
    count: int
    sentence: str
    lines: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Imported:
    """Series, and what was changed for them.

    Attributes
    ----------
    profiles : Profiles
        The series, with flags.
    changes : tuple of Change
        In the order of the steps.
    """

    profiles: Profiles
    changes: tuple[Change, ...]


def import_table(name: str, data: bytes, layout: Layout, rules: Rules) -> Imported:
    """Turn a table into series.

    Parameters
    ----------
    name : str
        The file's name, for messages.
    data : bytes
        Its content.
    layout : Layout
        Where it has what.
    rules : Rules
        How its numbers and times are meant, and what happens where they are not as they should be.

    Raises
    ------
    BadProfiles
        If something is not as it should be and no rule says what to do; carries the line and the reason.
    """
    return _Import(name, data, layout, rules).run()


class _Import:
    """The state of an import."""

    def __init__(self, name: str, data: bytes, layout: Layout, rules: Rules) -> None:
        self.layout = layout
        self.rules = rules
        self.changes: list[Change] = []
        self.table: Table = read_table(name, data, layout)
        self.step_s = 0
        self.numbers = numbers.Numbers(rules.decimal, rules.thousands)
        self.line_at: dict[Key, dict[int, int]] = {}
        self.zone: tzinfo = rules.zone or UTC

    def run(self) -> Imported:
        """All steps, in their order."""
        table = self.table
        self._note("read", len(table.rows), f"rows, in {table.encoding}, fields separated by {table.separator!r}")
        energies, slot_s = self._placed(groups_of(table, self.layout))
        start, slots = self._range(energies, slot_s)
        series = {key: [found.get(start + slot_s * slot) for slot in range(slots)] for key, found in energies.items()}
        self._fill(series, start, slot_s)
        homes = self._homes(series)
        whole = self._whole(homes, {key: [value or 0 for value in values] for key, values in series.items()})
        profiles = Profiles(
            community=PurePath(table.name).stem,
            homes=homes,
            start_s=start + slot_s * np.arange(slots, dtype=np.int64),
            load_wh=_array(homes, whole, Kind.LOAD),
            solar_wh=_array(homes, whole, Kind.SOLAR),
            zone=self.zone,
            time_note=f"Clock of {zone_label(self.zone)}.",
            source=table.name,
            slot_s=slot_s,
        )
        return Imported(replace(profiles, flags=find_flags(profiles)), tuple(self.changes))

    def _note(self, code: str, count: int, sentence: str, lines: Sequence[int] = ()) -> None:
        """Remember a change, if there is one."""
        if count:
            told = PLURALS.sub(r"\1", sentence, count=1) if count == 1 else sentence
            self.changes.append(Change(code, count, f"{count} {told}", tuple(lines[:SHOWN_LINES])))

    def _placed(self, groups: list[Group]) -> tuple[dict[Key, dict[int, Energy]], int]:
        """Energies of each series by the start of their slot, and the slots' length."""
        table, rules = self.table, self.rules
        stamps = [[clocks.read_stamp(table, line, text, rules) for line, text in group.times] for group in groups]
        self.step_s = clocks.step_of(table, list(chain(*stamps)), rules)
        self._find_zone(list(chain(*stamps)))
        resolved = [clocks.resolve(table, column, self.step_s, rules) for column in stamps]
        twice = sorted({line for found in resolved for line in found.ambiguous})
        self._note("ambiguous", len(twice), "times that the clock shows twice, told apart by their order", twice)
        if rules.stamps is Stamps.END:
            self._note("end", sum(map(len, stamps)), "times taken as ends of their intervals")
        grids = {
            clocks.grid_of(table, column, found.starts, self.step_s, rules)
            for column, found in zip(stamps, resolved, strict=True)
        }
        slot_s = min(grids)
        energies: dict[Key, dict[int, Energy]] = {}
        for group, found in zip(groups, resolved, strict=True):
            for key, cells in group.cells.items():
                energies[key] = self._series(key, group, cells, found.starts, slot_s)
        self._swap(energies)
        return energies, slot_s

    def _find_zone(self, stamps: Sequence[Stamp]) -> None:
        """Without a named zone the clock is that of the first time."""
        if self.rules.zone is not None:
            return
        offsets = {stamp.clock.utcoffset(): stamp.line for stamp in reversed(stamps)}
        self.zone = fixed_zone(stamps[0].clock.utcoffset() or timedelta())
        others = sorted(line for offset, line in offsets.items() if offset != stamps[0].clock.utcoffset())
        self._note("offset", len(others), "changes of the offset from UTC: name the zone with --zone", others)

    def _homes(self, series: Mapping[Key, object]) -> tuple[str, ...]:
        """The homes, each of which needs a load."""
        homes = tuple(dict.fromkeys(home for home, _ in series))
        for home in homes:
            if (home, Kind.LOAD) not in series:
                remedy = "Name its column so that it begins like that of the solar energy."
                raise self.table.bad(1, f"{home} has no series of its load", remedy)
        return homes

    def _series(
        self, key: Key, group: Group, cells: Sequence[str], starts: Sequence[int], slot_s: int
    ) -> dict[int, Energy]:
        """Energies of one series by the start of their slot, micro-Wh."""
        order = sorted(range(len(starts)), key=starts.__getitem__)
        lines = [group.times[place][0] for place in order]
        values = [self._energy(line, key, cells[place]) for line, place in zip(lines, order, strict=True)]
        begins = [starts[place] for place in order]
        if self.rules.is_counter:
            values, begins, lines = self._from_counter(key, values, begins, lines)
        parts = self.step_s // slot_s
        if parts > 1:
            values = numbers.split(values, parts)
            begins = [begin + slot_s * part for begin in begins for part in range(parts)]
            lines = [line for line in lines for _ in range(parts)]
            done = f"slots of {slot_s} s of {' '.join(key)}: each interval divided into {parts} equal ones"
            self._note("split", len(values), done)
        self.line_at[key] = dict(zip(begins, lines, strict=True))
        return dict(zip(begins, values, strict=True))

    def _energy(self, line: int, key: Key, text: str) -> Energy:
        """The energy of a cell, micro-Wh; a counter's value likewise."""
        try:
            number = self.numbers.read(text)
        except ValueError:
            sign = "," if self.rules.decimal == "." else "."
            remedy = f"Write numbers with {self.rules.decimal!r}, or state --decimal {sign!r} or --thousands."
            raise self.table.bad(line, f"{key[1]} {text[:40]!r} is not a number", remedy) from None
        if number is None:
            return None
        energy = round(number * self.rules.unit.wh(self.step_s) * UWH_PER_WH)
        if not self.rules.is_counter:
            self._check_size(line, key, energy)
        return energy

    def _check_size(self, line: int, key: Key, energy: int) -> None:
        """Refuse what nobody uses in a slot."""
        if abs(energy) > MAX_SLOT_WH * UWH_PER_WH:
            problem = f"{' of '.join(reversed(key))} is above {MAX_SLOT_WH} Wh in one interval"
            raise self.table.bad(line, problem, "State the unit with --unit, or --counter for a meter's counter.")

    def _from_counter(
        self, key: Key, values: Sequence[Energy], begins: Sequence[int], lines: Sequence[int]
    ) -> tuple[list[Energy], list[int], list[int]]:
        """Energies between the values of a counter; where it falls, energy is missing."""
        by_start = dict(zip(begins, values, strict=True))
        line_of = dict(zip(begins, lines, strict=True))
        grid = list(range(begins[0], begins[-1] + 1, self.step_s))
        energies, falls = numbers.differences([by_start.get(start) for start in grid])
        fallen = [line_of[grid[place + 1]] for place in falls]
        if fallen and self.rules.gaps is Gaps.REFUSE:
            problem = f"the counter of {' '.join(key)} falls: it was reset or exchanged"
            raise self.table.bad(fallen[0], problem, "State a rule for gaps: --gaps zero or interpolate.")
        self._note("reset", len(fallen), f"resets of the counter of {' '.join(key)}: that energy is missing", fallen)
        known = [line_of.get(start, line_of[begins[0]]) for start in grid[:-1]]
        for line, energy in zip(known, energies, strict=True):
            self._check_size(line, key, energy or 0)
        return energies, grid[:-1], known

    def _swap(self, energies: dict[Key, dict[int, Energy]]) -> None:
        """Do with values below zero what the rule says."""
        negatives = self.rules.negatives
        for key, series in list(energies.items()):
            below = [start for start, value in series.items() if value is not None and value < 0]
            lines = sorted(self.line_at[key][start] for start in below)
            if not below:
                continue
            if negatives is Negatives.REFUSE:
                more = f", here and in {len(below) - 1} more rows" if len(below) > 1 else ""
                problem = f"{key[1]} of {key[0]} is negative{more}"
                remedy = "State --negative zero, or swap for a meter that counts both ways; look for a reset counter."
                raise self.table.bad(lines[0], problem, remedy)
            other: Key = key[0], Kind.SOLAR if key[1] is Kind.LOAD else Kind.LOAD
            moved = energies.setdefault(other, dict.fromkeys(series, 0)) if negatives is Negatives.SWAP else {}
            self.line_at.setdefault(other, dict(self.line_at[key]))
            for start in below:
                value, series[start] = series[start], 0
                if negatives is Negatives.SWAP:
                    moved[start] = (moved.get(start) or 0) - (value or 0)
            done = f"taken for {other[1]}" if negatives is Negatives.SWAP else "set to zero"
            self._note("negative", len(below), f"values below zero in {key[1]} of {key[0]}, {done}", lines)

    def _range(self, energies: Mapping[Key, Mapping[int, Energy]], slot_s: int) -> tuple[int, int]:
        """Start of the first slot and number of slots; with trimming those that all series have."""
        known = {key: [start for start, value in found.items() if value is not None] for key, found in energies.items()}
        known = {key: starts for key, starts in known.items() if starts}
        if not known:
            raise self.table.bad(0, "no value is a number", "Name the right columns.")
        firsts, lasts = [min(starts) for starts in known.values()], [max(starts) for starts in known.values()]
        if not self.rules.is_trimmed:
            return min(firsts), (max(lasts) - min(firsts)) // slot_s + 1
        first, last = max(firsts), min(lasts)
        if first > last:
            raise self.table.bad(0, "the homes have no time in common", "Import them without --trim.")
        cut = sum(not first <= start <= last for starts in known.values() for start in starts)
        self._note("trim", cut, "values cut off where not all homes have some")
        return first, (last - first) // slot_s + 1

    def _fill(self, series: dict[Key, list[Energy]], start: int, slot_s: int) -> None:
        """Do with missing values what the rule says; a home without any solar value has no panels."""
        for key, values in series.items():
            if all(value is None for value in values):
                if key[1] is Kind.LOAD:
                    raise self.table.bad(0, f"load of {key[0]} has no value at all", "Leave that home out.")
                self._note("no-solar", 1, f"home without any solar value: {key[0]}, taken to have no panels")
                values[:] = [0] * len(values)
            begins = sorted(self.line_at[key])
            filled, lines = 0, []
            for gap in list(numbers.gaps_in(values)):
                after = min(bisect_left(begins, start + slot_s * gap.stop), len(begins) - 1)
                lines.append(self.line_at[key][begins[after]])
                moment = datetime.fromtimestamp(start + slot_s * gap.start, self.zone)
                where = f"{len(gap)} missing in {key[1]} of {key[0]} from {moment:%Y-%m-%d %H:%M} on"
                for place, value in zip(gap, self._filling(values, gap, lines[-1], where), strict=True):
                    values[place] = value
                filled += len(gap)
            how = "interpolated" if self.rules.gaps is Gaps.INTERPOLATE else "set to zero"
            self._note("gap", filled, f"missing values in {key[1]} of {key[0]}, {how}", lines)

    def _filling(self, values: Sequence[Energy], gap: range, line: int, where: str) -> Sequence[int]:
        """What a gap before a line is filled with."""
        if self.rules.gaps is Gaps.ZERO:
            return [0] * len(gap)
        if self.rules.gaps is Gaps.REFUSE:
            remedy = "State a rule with --gaps zero or interpolate, or cut the ends with --trim."
            raise self.table.bad(line, where, remedy)
        found = numbers.interpolated(values, gap)
        if found is None:
            raise self.table.bad(line, f"{where}, at an end of the series", "Cut the ends with --trim.")
        if len(gap) > self.rules.longest_gap:
            problem = f"{where}, longer than the {self.rules.longest_gap} that are interpolated"
            raise self.table.bad(line, problem, "Raise --longest-gap, or state --gaps zero.")
        return found

    def _whole(self, homes: Sequence[str], series: Mapping[Key, list[int]]) -> dict[Key, list[int]]:
        """Whole Wh."""
        whole = {key: numbers.whole_wh(values) for key, values in series.items()}
        changed = Counter(
            key
            for key, values in series.items()
            for value, energy_wh in zip(values, whole[key], strict=True)
            if value != energy_wh * UWH_PER_WH
        )
        sentence = "values rounded to whole Wh, so that no running sum is off by more than half a Wh"
        self._note("rounded", changed.total(), sentence)
        slots = len(next(iter(whole.values())))
        without = [home for home in homes if (home, Kind.SOLAR) not in whole]
        self._note("no-solar", len(without), f"homes without a series of solar energy: {', '.join(without)}")
        return whole | {(home, Kind.SOLAR): [0] * slots for home in without}


def _array(homes: Sequence[str], whole: Mapping[Key, list[int]], kind: Kind) -> NDArray[np.int64]:
    """The series of one kind, shape (slots, homes), Wh."""
    return np.array([whole[home, kind] for home in homes], dtype=np.int64).T
