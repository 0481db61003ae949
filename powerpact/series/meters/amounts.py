"""From counters and from energies of single directions to intervals with both."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal, DecimalException
from itertools import pairwise
from typing import Final

from powerpact.series.importing.numbers import UWH_PER_WH, whole_wh
from powerpact.series.limits import MAX_SLOT_WH
from powerpact.series.meters.intervals import Count, Flow, Interval, Note, Place, Quality, worst

UNITS: Final = {"kWh": Decimal(1000), "Wh": Decimal(1)}
"""Wh of each unit that formats name."""
MAX_TOTAL_WH: Final = 10**15
"""Largest value of a counter, Wh: more than any meter's register holds."""
LATEST_S: Final = 4_102_444_800
"""The year 2100, Unix seconds: later times are wrong ones."""
MAX_TEXT: Final = 40
"""Longest number, and what is shown of a text that is none, characters."""


@dataclass(frozen=True, slots=True)
class Amount:
    """Energy of one direction between two moments.

    Attributes
    ----------
    meter : str
        Id of the meter.
    flow : Flow
        Its direction.
    start_s, end_s : int
        Its first moment and the one after its last, Unix seconds.
    energy_uwh : int, optional
        The energy, micro-Wh; None where it is missing.
    quality : Quality
        How it came about.
    place : Place
        Where the file has it.
    """

    meter: str
    flow: Flow
    start_s: int
    end_s: int
    energy_uwh: int | None
    quality: Quality
    place: Place


def energy_uwh(place: Place, name: str, text: str, wh: Decimal) -> int:
    """The energy of a number in a unit of `wh` Wh, micro-Wh.

    Raises
    ------
    BadMeterFile
        If it is no number, negative, or above the limit of an interval.
    """
    number = _number(place, name, text)
    energy = number * wh * UWH_PER_WH
    if energy < 0:
        remedy = "Give import and export apart, neither below 0."
        raise place.bad(f"{name} {text[:MAX_TEXT]} is negative", remedy)
    if energy > MAX_SLOT_WH * UWH_PER_WH:
        raise place.bad(f"{name} {text[:MAX_TEXT]} is above {MAX_SLOT_WH} Wh in one interval", "Correct the unit.")
    return round(energy)


def total_wh(place: Place, name: str, text: str, wh: Decimal) -> int:
    """What a counter shows in a unit of `wh` Wh, whole Wh.

    Raises
    ------
    BadMeterFile
        If it is no number, negative, or larger than a register holds.
    """
    total = _number(place, name, text) * wh
    if not 0 <= total <= MAX_TOTAL_WH:
        raise place.bad(f"{name} {text[:MAX_TEXT]} is not within 0 and {MAX_TOTAL_WH} Wh", "Read the meter again.")
    return round(total)


def _number(place: Place, name: str, text: str) -> Decimal:
    try:
        number = Decimal(text) if len(text) <= MAX_TEXT else Decimal("NaN")
    except DecimalException:
        number = Decimal("NaN")
    if not number.is_finite() or abs(number.adjusted()) > MAX_TEXT:
        raise place.bad(f"{name} {text[:MAX_TEXT]!r} is not a number", "Write digits and a decimal point.")
    return number


def check_time(place: Place, time_s: int, text: str) -> int:
    """The moment itself, Unix seconds.

    Raises
    ------
    BadMeterFile
        If it is not within 1970 and 2100.
    """
    if not 0 <= time_s < LATEST_S:
        raise place.bad(f"time {text[:MAX_TEXT]} is not within 1970 and 2100", "Correct the time.")
    return time_s


def from_amounts(amounts: Sequence[Amount]) -> list[Interval]:
    """Intervals in whole Wh, so that no running sum of a meter and direction is off by more than half a Wh."""
    series: dict[tuple[str, Flow], list[Amount]] = {}
    for amount in amounts:
        series.setdefault((amount.meter, amount.flow), []).append(amount)
    intervals = []
    for found in series.values():
        found.sort(key=lambda amount: amount.start_s)
        rounded = whole_wh([amount.energy_uwh or 0 for amount in found])
        for amount, energy in zip(found, rounded, strict=True):
            known = None if amount.energy_uwh is None or amount.quality is Quality.MISSING else energy
            quality = Quality.MISSING if known is None else amount.quality
            intervals.append(
                _interval(amount.meter, amount.flow, (amount.start_s, amount.end_s), known, quality, amount.place)
            )
    return intervals


def from_counts(counts: Iterable[Count]) -> tuple[list[Interval], list[Note]]:
    """Intervals between what counters showed, import and export joined where both changed at the same moments.

    The order of `counts` is of no importance. Where a counter falls, energy is missing: it was reset or exchanged.

    Raises
    ------
    BadMeterFile
        If a counter has two values for one moment, or rises by more than the limit of an interval.
    """
    series: dict[tuple[str, Flow], dict[int, Count]] = {}
    for count in counts:
        known = series.setdefault((count.meter, count.flow), {})
        other = known.setdefault(count.time_s, count)
        if other.total_wh != count.total_wh:
            shown = f"{count.total_wh} Wh here and {other.total_wh} Wh at {other.place} for the same moment"
            remedy = "Remove one of them, or correct the clock."
            raise count.place.bad(f"the {count.flow} counter of {count.meter} shows {shown}", remedy)
    found: dict[tuple[str, int, int], Interval] = {}
    falls: list[Count] = []
    for (meter, flow), known in series.items():
        for before, after in pairwise(known[time_s] for time_s in sorted(known)):
            interval = _between(meter, flow, before, after)
            if interval.quality is Quality.MISSING:
                falls.append(after)
            key = meter, interval.start_s, interval.end_s
            found[key] = found[key].joined(interval) if key in found else interval
    sentence = f"{len(falls)} times a counter falls, as after an exchange of the meter: that energy is missing"
    notes = [Note("reset", len(falls), sentence, tuple(str(count.place) for count in falls))] if falls else []
    return sorted(found.values(), key=lambda interval: (interval.meter, interval.start_s)), notes


def _between(meter: str, flow: Flow, before: Count, after: Count) -> Interval:
    """The energy between two values of a counter."""
    risen: int | None = after.total_wh - before.total_wh
    quality = worst((before.quality, after.quality))
    if after.total_wh < before.total_wh:
        risen, quality = None, Quality.MISSING
    elif after.total_wh - before.total_wh > MAX_SLOT_WH:
        problem = f"the {flow} counter of {meter} rises from {before.total_wh} to {after.total_wh} Wh at once"
        raise after.place.bad(problem, "Remove the wrong value, or give the files of each meter apart.")
    span = before.time_s, after.time_s
    return _interval(meter, flow, span, risen, quality, after.place, after.total_wh)


def _interval(
    meter: str,
    flow: Flow,
    span: tuple[int, int],
    energy: int | None,
    quality: Quality,
    place: Place,
    total: int | None = None,
) -> Interval:
    """An interval that knows one direction."""
    start_s, end_s = span
    if flow is Flow.IMPORT:
        return Interval(meter, start_s, end_s, energy, None, quality, place, imported_total_wh=total)
    return Interval(meter, start_s, end_s, None, energy, quality, place, exported_total_wh=total)
