"""One energy for each time: values that came late or twice, and longer intervals over shorter ones."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple, TypeAlias

from powerpact.series.meters.amounts import from_counts
from powerpact.series.meters.intervals import Flow, Interval, MeterData, Note, Place, Quality, noted

Key: TypeAlias = tuple[str, Flow]
"""A series: meter and direction."""


class Energy(NamedTuple):
    """Energy of one direction between two moments.

    Attributes
    ----------
    start_s, end_s : int
        Its first moment and the one after its last, Unix seconds.
    energy_wh : int
        The energy, Wh.
    quality : Quality
        How it came about.
    place : Place
        Where a file has it.
    """

    start_s: int
    end_s: int
    energy_wh: int
    quality: Quality
    place: Place


def measured(files: Iterable[MeterData]) -> tuple[list[Interval], list[Note]]:
    """The intervals of some files, in their order, those between counters over all files, and what readers noted.

    Raises
    ------
    BadMeterFile
        If a counter has two values for one moment, or rises by more than the limit of an interval.
    """
    files = list(files)
    counted, falls = from_counts(count for file in files for count in file.counts)
    intervals = [interval for file in files for interval in file.intervals]
    return intervals + counted, [note for file in files for note in file.notes] + falls


def settled(intervals: Sequence[Interval]) -> tuple[dict[Key, list[Energy]], list[Note]]:
    """Energies of each series in the order of time, none over another.

    Of several values for the same time the better one counts, of equally good ones the last. A missing value takes the
    place of none. An interval over shorter ones is left out: the shorter ones say more.

    Raises
    ------
    BadMeterFile
        If intervals of one length overlap.
    """
    found: dict[Key, dict[tuple[int, int], Energy]] = {}
    late: dict[str, list[Place]] = {"repeated": [], "replaced": []}
    for interval in intervals:
        for flow in Flow:
            energy_wh = interval.energy_wh(flow)
            if energy_wh is None:
                continue
            span = interval.start_s, interval.end_s
            energy = Energy(*span, energy_wh, interval.quality, interval.place)
            series = found.setdefault((interval.meter, flow), {})
            other = series.setdefault(span, energy)
            if other is energy:
                continue
            is_better = energy.quality.rank < other.quality.rank
            is_changed = energy.quality is other.quality and energy_wh != other.energy_wh
            if is_better or is_changed:
                series[span] = energy
            late["replaced" if is_better or is_changed else "repeated"].append(interval.place)
    notes = [
        *noted("repeated", late["repeated"], "values that another one of the same time says as well or better"),
        *noted("replaced", late["replaced"], "values that came later and replace one that is worse, or as good"),
    ]
    left_out: list[Place] = []
    kept = {key: _apart(key, list(series.values()), left_out) for key, series in found.items()}
    notes += noted("overlap", left_out, "values of long intervals left out, since shorter ones lie in them")
    return kept, notes


def _apart(key: Key, energies: list[Energy], left_out: list[Place]) -> list[Energy]:
    """Energies in the order of time, without those that lie over shorter ones."""
    energies.sort(key=lambda energy: (energy.start_s, energy.end_s))
    while True:
        covering: set[Energy] = set()
        longest = energies[0]
        for energy in energies[1:]:
            if energy.start_s < longest.end_s:
                covering.add(_longer(key, longest, energy))
            if energy.end_s > longest.end_s or longest in covering:
                longest = energy
        if not covering:
            return energies
        left_out.extend(energy.place for energy in energies if energy in covering)
        energies = [energy for energy in energies if energy not in covering]


def _longer(key: Key, first: Energy, second: Energy) -> Energy:
    """The longer one of two that overlap."""
    lengths = [energy.end_s - energy.start_s for energy in (first, second)]
    if lengths[0] == lengths[1]:
        problem = f"the {key[1]} of {key[0]} from {second.start_s} on overlaps that of {first.place}"
        raise second.place.bad(problem, "Remove one of them, or give the files of each meter apart.")
    return first if lengths[0] > lengths[1] else second
