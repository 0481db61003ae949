"""What every reader gives: intervals of energy, who measured them, and how good they are."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import tzinfo
from enum import StrEnum
from typing import Final, NamedTuple

from powerpact.series.errors import BadMeterFile

SHOWN_PLACES: Final = 5
"""Places that a note names."""


class Quality(StrEnum):
    """How an energy came about, the best first."""

    MEASURED = "measured"
    SUBSTITUTED = "substituted"
    ESTIMATED = "estimated"
    MISSING = "missing"

    @property
    def rank(self) -> int:
        """0 for the best."""
        return list(Quality).index(self)


def worst(qualities: Iterable[Quality]) -> Quality:
    """The worst of some qualities, measured if there is none.

    Examples
    --------
    >>> worst([Quality.MEASURED, Quality.ESTIMATED]).value
    'estimated'
    """
    return max(qualities, key=lambda quality: quality.rank, default=Quality.MEASURED)


class Flow(StrEnum):
    """Which way energy passes a meter, seen from the home."""

    IMPORT = "import"
    EXPORT = "export"


class Place(NamedTuple):
    """Where something is in a file.

    Attributes
    ----------
    path : str
        The file.
    where : str
        Such as ``line 12``; empty for the file itself.
    """

    path: str
    where: str = ""

    def __str__(self) -> str:
        return f"{self.path}: {self.where}" if self.where else self.path

    def bad(self, problem: str, remedy: str) -> BadMeterFile:
        """The error for this place."""
        return BadMeterFile(self.path, self.where, problem, remedy=remedy)


@dataclass(frozen=True, slots=True)
class Interval:
    """Energy that passed a meter between two moments.

    Attributes
    ----------
    meter : str
        Id of the meter, or of the metering point.
    start_s, end_s : int
        Its first moment and the one after its last, Unix seconds.
    imported_wh, exported_wh : int, optional
        Energy drawn from and fed into the network, Wh; None where it is not known, which never means 0.
    quality : Quality
        How the energies came about; `Quality.MISSING` where the meter says that it has none.
    place : Place
        Where the file has it, for messages.
    imported_total_wh, exported_total_wh : int, optional
        What the lifetime counters showed at the end, Wh, where the format has them.
    """

    meter: str
    start_s: int
    end_s: int
    imported_wh: int | None
    exported_wh: int | None
    quality: Quality
    place: Place
    imported_total_wh: int | None = None
    exported_total_wh: int | None = None

    def energy_wh(self, flow: Flow) -> int | None:
        """Energy of one direction, Wh."""
        return self.imported_wh if flow is Flow.IMPORT else self.exported_wh

    def joined(self, other: Interval) -> Interval:
        """The interval with what another one of the same time knows of the other direction."""
        return replace(
            self,
            imported_wh=other.imported_wh if self.imported_wh is None else self.imported_wh,
            exported_wh=other.exported_wh if self.exported_wh is None else self.exported_wh,
            imported_total_wh=other.imported_total_wh if self.imported_total_wh is None else self.imported_total_wh,
            exported_total_wh=other.exported_total_wh if self.exported_total_wh is None else self.exported_total_wh,
            quality=self._quality_with(other),
        )

    def _quality_with(self, other: Interval) -> Quality:
        """The worst quality of two intervals' energies; missing if both lack theirs."""
        known = [one.quality for one in (self, other) if one.quality is not Quality.MISSING]
        return worst(known) if known else Quality.MISSING


@dataclass(frozen=True, slots=True)
class Count:
    """What a lifetime counter showed.

    Attributes
    ----------
    meter : str
        Id of the meter.
    flow : Flow
        Which counter.
    time_s : int
        When, Unix seconds.
    total_wh : int
        What it showed, Wh.
    place : Place
        Where the file has it.
    quality : Quality
        How good it is.
    """

    meter: str
    flow: Flow
    time_s: int
    total_wh: int
    place: Place
    quality: Quality = Quality.MEASURED


@dataclass(frozen=True, slots=True)
class Note:
    """Something that a reader found or changed.

    Attributes
    ----------
    code : str
        What kind, such as ``gap``.
    count : int
        How many.
    sentence : str
        What it is, in words, with the count.
    places : tuple of str
        The first places concerned.
    """

    code: str
    count: int
    sentence: str
    places: tuple[str, ...] = ()


def noted(code: str, places: Sequence[Place], sentence: str) -> list[Note]:
    """A note about some places, none if there are none; the sentence goes on after their number."""
    if not places:
        return []
    return [Note(code, len(places), f"{len(places)} {sentence}", tuple(map(str, places[:SHOWN_PLACES])))]


@dataclass(frozen=True, slots=True)
class MeterData:
    """What a file holds.

    Attributes
    ----------
    intervals : tuple of Interval
        Energies of a format that has intervals, in the order of the file.
    counts : tuple of Count
        Values of a format that has counters. They become intervals together with those of other files, so that no
        energy between two files is lost.
    refused : tuple of BadMeterFile
        Parts that could not be read while others could.
    notes : tuple of Note
        What its reader found.
    zone : tzinfo, optional
        The clock that the format or the file names.
    """

    intervals: tuple[Interval, ...] = ()
    counts: tuple[Count, ...] = ()
    refused: tuple[BadMeterFile, ...] = ()
    notes: tuple[Note, ...] = ()
    zone: tzinfo | None = None


@dataclass(frozen=True, slots=True)
class Source:
    """A file, and what its user says about it.

    Attributes
    ----------
    name : str
        The file's name, for messages.
    data : bytes
        Its content.
    zone : tzinfo, optional
        Clock of times without an offset, in place of the format's.
    key : bytes, optional
        Public key of the meter: hexadecimal text, PEM or DER.
    read_at_s : int, optional
        When its last frame was read, Unix seconds, for meters that count seconds instead of giving a time.
    """

    name: str
    data: bytes
    zone: tzinfo | None = None
    key: bytes | None = None
    read_at_s: int | None = None

    def place(self, where: str = "") -> Place:
        """A place in it."""
        return Place(self.name, where)

    def line(self, number: int) -> Place:
        """A line of it, counted from 1."""
        return Place(self.name, f"line {number}")
