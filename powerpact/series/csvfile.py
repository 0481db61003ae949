"""Reading a community's series from a CSV file; a bad row is refused with its line number and the reason.

The columns are ``time, home, load_wh, solar_wh``, in any order, with a header. ``time`` is the start of the
slot, as ISO 8601 with its offset from UTC (``2024-06-01T13:00+02:00``, ``2024-06-01T11:00Z``) or as Unix
seconds. Slots are quarters of an hour, halves or whole hours, on the clock of UTC, the same in the whole file. Rows
may come in any order, but each home needs each slot from the first to the last. A named zone is the local clock, or
else the offset of the first row.

Tables of any other form become such a file by `powerpact.series.importing`.
"""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta, tzinfo
from functools import partial
from itertools import pairwise
from os import PathLike
from pathlib import Path
from typing import Final, TypeAlias

import numpy as np

from powerpact.series.errors import BadProfiles
from powerpact.series.limits import HOUR_S, MAX_NAME, MAX_SLOT_WH, MAX_TIME_S, SLOT_LENGTHS_S, is_name
from powerpact.series.profiles import Profiles
from powerpact.series.quality import find_flags
from powerpact.series.zones import fixed_zone, zone_label

COLUMNS: Final = ("time", "home", "load_wh", "solar_wh")
MAX_DIGITS: Final = 20
"""Longer numbers are too large without looking at their value."""
UNIX_SECONDS: Final = re.compile(r"[0-9]{1,13}")
INTEGER: Final = re.compile(r"[+-]?[0-9]+")

Refuse: TypeAlias = Callable[..., BadProfiles]
"""Makes the error for one line from the problem and the remedy."""


def read_csv(path: str | PathLike[str], zone: tzinfo | None = None) -> Profiles:
    """Read the series of a community.

    Parameters
    ----------
    path : path-like
        A CSV file in UTF-8 with the columns ``time, home, load_wh, solar_wh``.
    zone : tzinfo, optional
        The local clock, by which days are cut; by default the offset of the first row.

    Returns
    -------
    Profiles
        Homes in the order in which the file names them first; flags by `powerpact.series.quality.find_flags`.

    Raises
    ------
    BadProfiles
        The file cannot be read or a row is bad; carries the line and the reason.
    """
    path = Path(path)
    lines: dict[tuple[int, str], int] = {}
    energies_wh: dict[tuple[int, str], tuple[int, int]] = {}
    offsets: dict[timedelta, int] = {}
    for line, row in _rows(path):
        refuse = partial(BadProfiles, path, line)
        time_s, offset = _time(refuse, row["time"])
        key = time_s, _home(refuse, row["home"])
        if key in lines:
            raise refuse(f"this slot of {key[1]} is already in line {lines[key]}", remedy="Remove one of them.")
        offsets.setdefault(offset, line)
        lines[key] = line
        energies_wh[key] = _energy_wh(refuse, row, "load_wh"), _energy_wh(refuse, row, "solar_wh")
    if not lines:
        raise BadProfiles(path, 1, "there are no rows", remedy="Give one row for each home and slot.")

    times = sorted({time_s for time_s, _ in lines})
    homes = tuple(dict.fromkeys(home for _, home in lines))
    slot_s = _slot_length(path, times, lines)
    _check_complete(path, times, homes, lines, slot_s)
    series_wh = np.array([[energies_wh[time_s, home] for home in homes] for time_s in times], dtype=np.int64)
    profiles = Profiles(
        community=path.stem,
        homes=homes,
        start_s=np.array(times, dtype=np.int64),
        load_wh=series_wh[:, :, 0],
        solar_wh=series_wh[:, :, 1],
        zone=zone or fixed_zone(next(iter(offsets))),
        time_note=_time_note(zone, offsets),
        source=path.name,
        slot_s=slot_s,
    )
    return replace(profiles, flags=find_flags(profiles))


def format_csv(profiles: Profiles) -> str:
    """The series as a file that `read_csv` reads, times on the local clock with their offsets."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    series = zip(profiles.start_s.tolist(), profiles.load_wh.tolist(), profiles.solar_wh.tolist(), strict=True)
    for start_s, loads_wh, solars_wh in series:
        moment = profiles.local(start_s).isoformat(timespec="minutes")
        writer.writerows((moment, *row) for row in zip(profiles.homes, loads_wh, solars_wh, strict=True))
    return text.getvalue()


def _time_note(zone: tzinfo | None, offsets: dict[timedelta, int]) -> str:
    """How the local clock relates to the file's."""
    if zone is not None:
        return f"Clock of {zone_label(zone)}."
    first, *others = offsets
    note = f"Clock of the file's first row: {zone_label(fixed_zone(first))}."
    if not others:
        return note
    return (
        f"{note} From line {offsets[others[0]]} on the file's clock is at {zone_label(fixed_zone(others[0]))}: days "
        "and prices are an hour off there unless the zone is named (--zone)."
    )


def _rows(path: Path) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield line number and fields of each row; blank lines are skipped."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            reader = csv.reader(stream, strict=True)
            header = [name.strip() for name in next(reader, [])]
            _check_header(path, header)
            for fields in reader:
                if not fields:
                    continue
                if len(fields) != len(header):
                    problem = f"{len(fields)} fields where the header has {len(header)}"
                    raise BadProfiles(path, reader.line_num, problem, remedy=f"Give {', '.join(header)}.")
                yield reader.line_num, {name: text.strip() for name, text in zip(header, fields, strict=True)}
    except OSError as error:
        problem = error.strerror or str(error)
        raise BadProfiles(path, 0, problem, remedy="Give a file that can be read.") from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise BadProfiles(path, 0, f"not a CSV file in UTF-8: {error}", remedy="Save it as CSV, UTF-8.") from error


def _check_header(path: Path, header: list[str]) -> None:
    """Refuse a header without one of the columns, with another column, or with a column twice."""
    remedy = f"The header must be {','.join(COLUMNS)}."
    for name in COLUMNS:
        if name not in header:
            raise BadProfiles(path, 1, f"no column {name}", remedy=remedy)
    for name in header:
        if name not in COLUMNS:
            raise BadProfiles(path, 1, f"unknown column {name!r}", remedy=remedy)
        if header.count(name) > 1:
            raise BadProfiles(path, 1, f"column {name} is there twice", remedy=remedy)


def _time(refuse: Refuse, text: str) -> tuple[int, timedelta]:
    """Return the Unix seconds of a slot's start, and the offset of its clock from UTC."""
    offset: timedelta | None
    if UNIX_SECONDS.fullmatch(text):
        time_s, offset = int(text), timedelta()
    else:
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            raise refuse(
                f"time {text!r} is neither ISO 8601 nor Unix seconds",
                remedy="Write it as 2024-06-01T13:00+02:00 or as 1717239600.",
            ) from None
        offset = moment.utcoffset()
        if offset is None:
            raise refuse(
                f"time {text!r} has an unknown time zone",
                remedy="Add its offset from UTC, such as +02:00 or Z, or import the file with a named zone.",
            )
        if moment.microsecond:
            raise refuse(f"time {text!r} has a fraction of a second", remedy="Give the start of the slot.")
        time_s = round(moment.timestamp())
    if not 0 <= time_s <= MAX_TIME_S:
        raise refuse(f"time {text!r} is not within 0 and {MAX_TIME_S} Unix seconds", remedy="Give seconds.")
    return time_s, offset


def _home(refuse: Refuse, text: str) -> str:
    """Return the name of a home."""
    if not is_name(text):
        raise refuse(f"home {text!r} is not a name", remedy=f"Give 1 to {MAX_NAME} printable characters.")
    return text


def _energy_wh(refuse: Refuse, row: dict[str, str], column: str) -> int:
    """Return the energy in one column, Wh."""
    text = row[column]
    if not INTEGER.fullmatch(text):
        raise refuse(
            f"{column} {text!r} is not an integer",
            remedy="Give whole Wh, or import the file with `powerpact data import`.",
        )
    if text.startswith("-") and text.strip("-0"):
        raise refuse(f"{column} {text} is negative", remedy="Give load and solar apart, neither below 0.")
    if len(text) > MAX_DIGITS or int(text) > MAX_SLOT_WH:
        raise refuse(f"{column} {text[:MAX_DIGITS]} is above {MAX_SLOT_WH} Wh", remedy="Give the energy in Wh.")
    return int(text)


def _slot_length(path: Path, times: list[int], lines: dict[tuple[int, str], int]) -> int:
    """The most frequent step between the times, or an hour; refuse a time that is not on its grid."""
    steps = Counter(after_s - before_s for before_s, after_s in pairwise(times))
    known = [(-count, step_s) for step_s, count in steps.items() if step_s in SLOT_LENGTHS_S]
    slot_s = min(known)[1] if known else HOUR_S
    for (time_s, _), line in lines.items():
        if time_s % slot_s:
            raise BadProfiles(
                path,
                line,
                f"irregular step: time {time_s} is not the start of a slot of {slot_s} s of UTC",
                remedy="Give one row for each slot of the same length: 900, 1800 or 3600 s.",
            )
    return slot_s


def _check_complete(
    path: Path, times: list[int], homes: tuple[str, ...], lines: dict[tuple[int, str], int], slot_s: int
) -> None:
    """Refuse a gap between the slots, and a slot that one of the homes lacks."""
    line_of = {time_s: line for (time_s, _), line in reversed(lines.items())}
    remedy = "Add the rows, or import the file with a rule for gaps: each home needs each slot."
    for before_s, after_s in pairwise(times):
        if after_s != before_s + slot_s:
            problem = f"missing slot before this line's: nothing starts at {before_s + slot_s} Unix seconds"
            raise BadProfiles(path, line_of[after_s], problem, remedy=remedy)
    for time_s in times:
        for home in homes:
            if (time_s, home) not in lines:
                problem = f"missing slot: no row of {home} starts at this line's time, {time_s} Unix seconds"
                raise BadProfiles(path, line_of[time_s], problem, remedy=remedy)
