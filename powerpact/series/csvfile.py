"""Reading a community's series from a CSV file; a bad row is refused with its line number and the reason.

The columns are ``time, home, load_wh, solar_wh``, in any order, with a header. ``time`` is the start of the
hour, as ISO 8601 with its offset from UTC (``2024-06-01T13:00+02:00``, ``2024-06-01T11:00Z``) or as Unix
seconds. Rows may come in any order, but each home needs each hour from the first to the last. The offset of
the first row is the local clock.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime
from functools import partial
from itertools import pairwise
from os import PathLike
from pathlib import Path
from typing import Final, TypeAlias

import numpy as np

from powerpact.series.errors import BadProfiles
from powerpact.series.profiles import SLOT_S, Profiles
from powerpact.series.quality import find_flags

COLUMNS: Final = ("time", "home", "load_wh", "solar_wh")
MAX_SLOT_WH: Final = 10**9
"""Largest energy of one home in one hour, Wh: 1 GWh. More is taken for a wrong unit."""
MAX_TIME_S: Final = 2**40 - 1
"""Largest time, Unix seconds."""
MAX_NAME: Final = 40
"""Longest name of a home, characters."""
MAX_DIGITS: Final = 20
"""Longer numbers are too large without looking at their value."""
UNIX_SECONDS: Final = re.compile(r"[0-9]{1,13}")
INTEGER: Final = re.compile(r"[+-]?[0-9]+")

Refuse: TypeAlias = Callable[..., BadProfiles]
"""Makes the error for one line from the problem and the remedy."""


def read_csv(path: str | PathLike[str]) -> Profiles:
    """Read the series of a community.

    Parameters
    ----------
    path : path-like
        A CSV file in UTF-8 with the columns ``time, home, load_wh, solar_wh``.

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
    utc_offset_s: int | None = None
    for line, row in _rows(path):
        refuse = partial(BadProfiles, path, line)
        time_s, offset_s = _time(refuse, row["time"])
        key = time_s, _home(refuse, row["home"])
        if key in lines:
            raise refuse(f"this hour of {key[1]} is already in line {lines[key]}", remedy="Remove one of them.")
        utc_offset_s = offset_s if utc_offset_s is None else utc_offset_s
        lines[key] = line
        energies_wh[key] = _energy_wh(refuse, row, "load_wh"), _energy_wh(refuse, row, "solar_wh")
    if utc_offset_s is None:
        raise BadProfiles(path, 1, "there are no rows", remedy="Give one row for each home and hour.")

    times = sorted({time_s for time_s, _ in lines})
    homes = tuple(dict.fromkeys(home for _, home in lines))
    _check_complete(path, times, homes, lines)
    series_wh = np.array([[energies_wh[time_s, home] for home in homes] for time_s in times], dtype=np.int64)
    utc_offset_s -= utc_offset_s % SLOT_S
    profiles = Profiles(
        community=path.stem,
        homes=homes,
        start_s=np.array(times, dtype=np.int64),
        load_wh=series_wh[:, :, 0],
        solar_wh=series_wh[:, :, 1],
        utc_offset_s=utc_offset_s,
        time_note=f"Clock of the file's first row in whole hours: UTC{utc_offset_s // SLOT_S:+03d}:00.",
        source=path.name,
    )
    return replace(profiles, flags=find_flags(profiles))


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


def _time(refuse: Refuse, text: str) -> tuple[int, int]:
    """Return the Unix seconds of an hour's start, and the offset of its clock from UTC in seconds."""
    if UNIX_SECONDS.fullmatch(text):
        time_s, offset_s = int(text), 0
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
                remedy="Add its offset from UTC, such as +02:00 or Z.",
            )
        if moment.microsecond:
            raise refuse(f"time {text!r} has a fraction of a second", remedy="Give the start of the hour.")
        time_s, offset_s = round(moment.timestamp()), int(offset.total_seconds())
    if not 0 <= time_s <= MAX_TIME_S:
        raise refuse(f"time {text!r} is not within 0 and {MAX_TIME_S} Unix seconds", remedy="Give seconds.")
    if time_s % SLOT_S:
        raise refuse(
            f"irregular step: time {text!r} is not the start of an hour of UTC",
            remedy="Sum the energy over whole hours of UTC.",
        )
    return time_s, offset_s


def _home(refuse: Refuse, text: str) -> str:
    """Return the name of a home."""
    if not text or len(text) > MAX_NAME or not text.isprintable():
        raise refuse(f"home {text!r} is not a name", remedy=f"Give 1 to {MAX_NAME} printable characters.")
    return text


def _energy_wh(refuse: Refuse, row: dict[str, str], column: str) -> int:
    """Return the energy in one column, Wh."""
    text = row[column]
    if not INTEGER.fullmatch(text):
        raise refuse(f"{column} {text!r} is not an integer", remedy="Give whole Wh.")
    if text.startswith("-") and text.strip("-0"):
        raise refuse(f"{column} {text} is negative", remedy="Give load and solar apart, neither below 0.")
    if len(text) > MAX_DIGITS or int(text) > MAX_SLOT_WH:
        raise refuse(f"{column} {text[:MAX_DIGITS]} is above {MAX_SLOT_WH} Wh", remedy="Give the energy in Wh.")
    return int(text)


def _check_complete(path: Path, times: list[int], homes: tuple[str, ...], lines: dict[tuple[int, str], int]) -> None:
    """Refuse a gap between the hours, and an hour that one of the homes lacks."""
    line_of = {time_s: line for (time_s, _), line in reversed(lines.items())}
    remedy = "Add the rows; each home needs each hour from the first to the last."
    for before_s, after_s in pairwise(times):
        if after_s != before_s + SLOT_S:
            problem = f"missing hour before this line's: nothing starts at {before_s + SLOT_S} Unix seconds"
            raise BadProfiles(path, line_of[after_s], problem, remedy=remedy)
    for time_s in times:
        for home in homes:
            if (time_s, home) not in lines:
                problem = f"missing hour: no row of {home} starts at this line's time, {time_s} Unix seconds"
                raise BadProfiles(path, line_of[time_s], problem, remedy=remedy)
