"""From intervals of meters to slots of homes: what is drawn is load, what is fed in is solar energy."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from itertools import groupby
from statistics import median_low
from typing import Final, NamedTuple

from powerpact.errors import BadChoice
from powerpact.series.csvfile import COLUMNS
from powerpact.series.importing.columns import Kind
from powerpact.series.limits import MAX_NAME, MAX_SLOT_WH, MAX_SLOTS, SLOT_LENGTHS_S, is_name
from powerpact.series.meters.intervals import Flow, Interval, Note, Quality, noted, worst
from powerpact.series.meters.settling import Energy, Key, settled

FLOWS: Final = {Kind.LOAD: Flow.IMPORT, Kind.SOLAR: Flow.EXPORT}
"""What a column of the series holds."""


class Filled(NamedTuple):
    """What of a slot is known.

    Attributes
    ----------
    energy_wh : int
        Its energy, Wh.
    covered_s : int
        How much of it is covered, s.
    quality : Quality
        The worst of its parts.
    """

    energy_wh: int
    covered_s: int
    quality: Quality


class Gap(NamedTuple):
    """Slots in a row without a value.

    Attributes
    ----------
    home : str
        Whose.
    kind : Kind
        Of which column.
    start_s, end_s : int
        Its first moment and the one after its last, Unix seconds.
    """

    home: str
    kind: Kind
    start_s: int
    end_s: int


@dataclass(frozen=True, slots=True)
class Slots:
    """Series of homes as they were measured, with gaps.

    Attributes
    ----------
    homes : tuple of str
        Their names.
    start_s : range
        Start of each slot, Unix seconds.
    slot_s : int
        Length of a slot, s.
    values_wh : dict of (str, Kind) to list of int
        Energy of each slot by home and column, Wh; None where it is not known.
    gaps : tuple of Gap
        Where that is.
    notes : tuple of Note
        What was decided on the way.
    """

    homes: tuple[str, ...]
    start_s: range
    slot_s: int
    values_wh: dict[tuple[str, Kind], list[int | None]]
    gaps: tuple[Gap, ...]
    notes: tuple[Note, ...]

    def total_wh(self, kind: Kind) -> int:
        """Energy of a column over all homes and slots, Wh."""
        return sum(value or 0 for (_, other), values in self.values_wh.items() if other is kind for value in values)


def slots_of(
    intervals: Sequence[Interval], *, slot_s: int | None = None, home: str | None = None, is_spread: bool = False
) -> Slots:
    """Lay intervals into slots of homes, one home for each meter.

    Parameters
    ----------
    intervals : sequence of Interval
        Of all meters.
    slot_s : int, optional
        Length of a slot, s; by default the shortest one that is as long as most intervals.
    home : str, optional
        Name of the only home, to which all meters belong.
    is_spread : bool
        Whether the energy of an interval that is longer than a slot is divided equally over its time, as an estimate.
        Otherwise such slots stay without a value, but where the energy is 0.

    Raises
    ------
    BadMeterFile
        If intervals of one length overlap, or times are too far apart.
    BadChoice
        If no slot is whole, or a meter's id cannot name a home.
    """
    series, notes = settled(intervals)
    if not series:
        raise BadChoice(
            "meters",
            len({one.meter for one in intervals}),
            "have no energy of any interval",
            remedy="Give at least two readings of each meter.",
        )
    slot_s = slot_s or _usual_slot(series)
    _check_range(series, slot_s)
    laid, laid_notes = _laid(series, slot_s, is_spread=is_spread)
    whole = {key: {at: one for at, one in filled.items() if one.covered_s == slot_s} for key, filled in laid.items()}
    starts = [at for filled in whole.values() for at in filled]
    if not starts:
        remedy = "State a longer --slot, or --spread to divide long intervals equally over their time."
        raise BadChoice("slot", slot_s, "no slot of this length is known as a whole", remedy=remedy)
    moments = range(min(starts), max(starts) + 1, slot_s)
    homes = _homes(whole, home)
    values, home_notes = _columns(homes, whole, moments)
    gaps = tuple(_gaps(values, moments))
    return Slots(tuple(homes), moments, slot_s, values, gaps, (*notes, *laid_notes, *home_notes))


def format_slots(slots: Slots, zone: tzinfo) -> str:
    """The series as a CSV file, times on a local clock with their offsets; a field is empty where nothing is known."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for row, start_s in enumerate(slots.start_s):
        moment = datetime.fromtimestamp(start_s, UTC).astimezone(zone).isoformat(timespec="minutes")
        for home in slots.homes:
            values = (slots.values_wh[home, kind][row] for kind in Kind)
            writer.writerow((moment, home, *("" if value is None else value for value in values)))
    return text.getvalue()


def _usual_slot(series: Mapping[Key, Sequence[Energy]]) -> int:
    """The shortest slot that is about as long as most intervals, else the longest one, s."""
    usual_s = median_low(energy.end_s - energy.start_s for found in series.values() for energy in found)
    return next((length for length in SLOT_LENGTHS_S if not _is_long(usual_s, length)), SLOT_LENGTHS_S[-1])


def _is_long(length_s: int, slot_s: int) -> bool:
    """Whether an interval is more than a quarter longer than a slot: a clock that is a little late makes no gap."""
    return 4 * length_s > 5 * slot_s


def _check_range(series: Mapping[Key, Sequence[Energy]], slot_s: int) -> None:
    """Refuse times that are too far apart for one series."""
    first = min((found[0] for found in series.values()), key=lambda energy: energy.start_s)
    last = max((found[-1] for found in series.values()), key=lambda energy: energy.end_s)
    slots = (last.end_s - first.start_s) // slot_s
    if slots > MAX_SLOTS:
        problem = f"from {first.start_s} ({first.place}) to {last.end_s} Unix seconds are {slots} slots"
        raise last.place.bad(problem, f"Correct the time: at most {MAX_SLOTS} slots fit into a series.")


def _laid(
    series: Mapping[Key, Sequence[Energy]], slot_s: int, *, is_spread: bool
) -> tuple[dict[Key, dict[int, Filled]], list[Note]]:
    """What is known of each slot of each series, by its start, and what was divided or left out for it."""
    laid: dict[Key, dict[int, Filled]] = {}
    long: list[Energy] = []
    crossing = 0
    for key, energies in series.items():
        filled = laid.setdefault(key, {})
        for energy in energies:
            quality = energy.quality
            if _is_long(energy.end_s - energy.start_s, slot_s) and energy.energy_wh:
                long.append(energy)
                if not is_spread:
                    continue
                quality = worst((quality, Quality.ESTIMATED))
            elif energy.energy_wh and energy.start_s // slot_s != (energy.end_s - 1) // slot_s:
                crossing += 1
            for at, part_wh, part_s in _parts(energy, slot_s):
                before = filled.get(at, Filled(0, 0, Quality.MEASURED))
                filled[at] = Filled(
                    before.energy_wh + part_wh, before.covered_s + part_s, worst((before.quality, quality))
                )
                if filled[at].energy_wh > MAX_SLOT_WH:
                    problem = f"the {key[1]} of {key[0]} is above {MAX_SLOT_WH} Wh in the slot from {at}"
                    raise energy.place.bad(problem, "Correct the unit.")
    notes: list[Note] = []
    if long:
        done = "divided equally over their time, as estimates" if is_spread else "left out: when it flowed is not known"
        sum_wh = sum(energy.energy_wh for energy in long)
        sentence = f"intervals longer than a slot, {sum_wh} Wh in all, {done}"
        notes += noted("long", [energy.place for energy in long], sentence)
    if crossing:
        sentence = f"{crossing} intervals lie in two slots, to which their energy is divided by time"
        notes.append(Note("divided", crossing, sentence))
    return laid, notes


def _parts(energy: Energy, slot_s: int) -> Iterator[tuple[int, int, int]]:
    """Start, energy in Wh and length in s of an interval's parts in the slots; their energies sum to the whole."""
    start_s, end_s = energy.start_s, energy.end_s
    for at in range(start_s - start_s % slot_s, end_s, slot_s):
        low, high = max(at, start_s), min(at + slot_s, end_s)
        until = [energy.energy_wh * (moment - start_s) // (end_s - start_s) for moment in (low, high)]
        yield at, until[1] - until[0], high - low


def _homes(whole: Mapping[Key, object], home: str | None) -> dict[str, list[str]]:
    """The meters of each home."""
    meters = list(dict.fromkeys(meter for meter, _ in whole))
    homes = {meter: [meter] for meter in meters} if home is None else {home: meters}
    for name in homes:
        if not is_name(name):
            remedy = f"State a name of 1 to {MAX_NAME} printable characters with --home."
            raise BadChoice("home", repr(name), "is not a name", remedy=remedy)
    return homes


def _columns(
    homes: Mapping[str, Sequence[str]], whole: Mapping[Key, Mapping[int, Filled]], moments: range
) -> tuple[dict[tuple[str, Kind], list[int | None]], list[Note]]:
    """Values of each home's columns, and how good they are."""
    values: dict[tuple[str, Kind], list[int | None]] = {}
    notes = []
    for home, meters in homes.items():
        for kind, flow in FLOWS.items():
            parts = [whole[meter, flow] for meter in meters if (meter, flow) in whole]
            if not parts:
                values[home, kind] = [0 if kind is Kind.SOLAR else None] * len(moments)
                known = "taken to feed nothing in" if kind is Kind.SOLAR else "its load is not known; see --home"
                notes.append(Note(f"no-{kind}", 1, f"1 home without any {flow}: {home}, {known}"))
                continue
            values[home, kind] = [_sum(parts, at) for at in moments]
            notes += _quality_notes(f"{kind} of {home}", parts, moments)
    return values, notes


def _sum(parts: Sequence[Mapping[int, Filled]], at: int) -> int | None:
    """The energy of a slot over all meters of a home, None unless each has one, Wh."""
    found = [part[at].energy_wh for part in parts if at in part]
    return sum(found) if len(found) == len(parts) else None


def _quality_notes(name: str, parts: Sequence[Mapping[int, Filled]], moments: range) -> Iterator[Note]:
    """How many slots of a column are no measured values."""
    qualities = [worst(part[at].quality for part in parts if at in part) for at in moments]
    for quality in (Quality.SUBSTITUTED, Quality.ESTIMATED):
        count = qualities.count(quality)
        if count:
            yield Note(quality.value, count, f"{count} slots with {quality} values in {name}")


def _gaps(values: Mapping[tuple[str, Kind], Sequence[int | None]], moments: range) -> Iterator[Gap]:
    """Runs of slots without a value."""
    for (home, kind), column in values.items():
        for is_missing, run in groupby(zip(moments, column, strict=True), key=lambda pair: pair[1] is None):
            if is_missing:
                starts = [at for at, _ in run]
                yield Gap(home, kind, starts[0], starts[-1] + moments.step)
