"""What an import of meters' files found, in words and as data."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, tzinfo
from typing import Any, Final

from powerpact.series.errors import BadMeterFile
from powerpact.series.importing.columns import Kind
from powerpact.series.meters.intervals import Flow, Interval, MeterData, Note, Quality
from powerpact.series.meters.options import Format
from powerpact.series.meters.slots import Gap, Slots
from powerpact.series.zones import zone_label

SHOWN: Final = 5
"""Gaps and refused parts that are told in words; data has all of them."""


@dataclass(frozen=True, slots=True)
class Report:
    """What was found.

    Attributes
    ----------
    formats : dict of str to Format
        By file.
    intervals : sequence of Interval
        Of all files.
    refused : sequence of BadMeterFile
        What could not be read.
    notes : sequence of Note
        What was changed or decided.
    slots : Slots
        The series.
    zone : tzinfo
        Their clock.
    """

    formats: Mapping[str, Format]
    intervals: Sequence[Interval]
    refused: Sequence[BadMeterFile]
    notes: Sequence[Note]
    slots: Slots
    zone: tzinfo

    @classmethod
    def of(
        cls,
        found: Mapping[str, tuple[Format, MeterData]],
        intervals: Sequence[Interval],
        notes: Sequence[Note],
        slots: Slots,
        zone: tzinfo | None,
    ) -> Report:
        """The report on some files; without a zone the clock is the first one that a file names, else UTC."""
        data = [one for _, one in found.values()]
        return cls(
            formats={file: format_ for file, (format_, _) in found.items()},
            intervals=intervals,
            refused=[error for one in data for error in one.refused],
            notes=[*notes, *slots.notes],
            slots=slots,
            zone=zone or next((one.zone for one in data if one.zone is not None), UTC),
        )

    def lines(self) -> Iterator[str]:
        """The report in words."""
        for file, format_ in self.formats.items():
            yield f"{file}: {format_}"
        for meter in self._meters():
            yield (
                f"meter {meter['meter']}: {meter['intervals']} intervals from {self._clock(meter['first_s'])} to "
                f"{self._clock(meter['last_s'])}, {_kwh(meter['imported_wh'])} in, {_kwh(meter['exported_wh'])} out"
            )
        for error in self.refused[:SHOWN]:
            yield f"refused: {error}"
        if len(self.refused) > SHOWN:
            yield f"refused: {len(self.refused) - SHOWN} more"
        for note in self.notes:
            more = ", …" if len(note.places) < note.count else ""
            yield f"{note.sentence} ({'; '.join(note.places)}{more})" if note.places else note.sentence
        yield from self._gap_lines()
        slots = self.slots
        yield (
            f"{len(slots.homes)} homes, {len(slots.start_s)} slots of {slots.slot_s // 60} minutes, "
            f"{slots.total_wh(Kind.LOAD) / 1000:.3f} kWh of load, {slots.total_wh(Kind.SOLAR) / 1000:.3f} kWh of solar"
        )

    def data(self) -> dict[str, Any]:
        """The report in exact units."""
        slots = self.slots
        return {
            "formats": {file: str(format_) for file, format_ in self.formats.items()},
            "zone": zone_label(self.zone),
            "meters": self._meters(),
            "homes": list(slots.homes),
            "slots": len(slots.start_s),
            "slot_s": slots.slot_s,
            "first_s": slots.start_s[0],
            "load_wh": slots.total_wh(Kind.LOAD),
            "solar_wh": slots.total_wh(Kind.SOLAR),
            "gaps": [gap._asdict() for gap in slots.gaps],
            "changes": [asdict(note) for note in self.notes],
            "refused": [
                {"place": error.place, "file": str(error.path), "problem": error.problem} for error in self.refused
            ],
        }

    def _meters(self) -> list[dict[str, Any]]:
        """What each meter gave."""
        meters: dict[str, list[Interval]] = {}
        for interval in self.intervals:
            meters.setdefault(interval.meter, []).append(interval)
        return [
            {
                "meter": meter,
                "intervals": len(found),
                "first_s": min(interval.start_s for interval in found),
                "last_s": max(interval.end_s for interval in found),
                "imported_wh": _sum(found, Flow.IMPORT),
                "exported_wh": _sum(found, Flow.EXPORT),
                **{str(quality): sum(one.quality is quality for one in found) for quality in Quality},
            }
            for meter, found in meters.items()
        ]

    def _gap_lines(self) -> Iterator[str]:
        """The gaps in words."""
        gaps: dict[tuple[str, Kind], list[Gap]] = {}
        for gap in self.slots.gaps:
            gaps.setdefault((gap.home, gap.kind), []).append(gap)
        for (home, kind), found in gaps.items():
            count = sum(gap.end_s - gap.start_s for gap in found) // self.slots.slot_s
            spans = "; ".join(f"{self._clock(gap.start_s)} to {self._clock(gap.end_s)}" for gap in found[:SHOWN])
            more = "; …" if len(found) > SHOWN else ""
            yield f"gap: {count} slots without {kind} of {home} ({spans}{more}), left empty"

    def _clock(self, time_s: int) -> str:
        """A moment on the clock of the series."""
        return f"{datetime.fromtimestamp(time_s, UTC).astimezone(self.zone):%Y-%m-%d %H:%M %z}"


def _sum(intervals: Sequence[Interval], flow: Flow) -> int | None:
    """All energy of a direction, Wh; None if there is none that is known."""
    known = [energy for energy in (interval.energy_wh(flow) for interval in intervals) if energy is not None]
    return sum(known) if known else None


def _kwh(energy_wh: int | None) -> str:
    """An energy in words."""
    return "nothing known" if energy_wh is None else f"{energy_wh / 1000:.3f} kWh"
