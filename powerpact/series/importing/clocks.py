"""From time stamps to moments: forms of time, ends of intervals, and hours that a clock shows twice or not at all.

A stamp that the clock shows twice is meant by its order: it is the moment that follows the stamp before it, else the
first one after that. A stamp at the end of its interval may be written as the clock shows it then, or as the start plus
the length; either is understood.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import pairwise
from typing import Final, NamedTuple

from powerpact.series.errors import BadProfiles
from powerpact.series.importing.options import Rules, Stamps
from powerpact.series.importing.table import Table
from powerpact.series.limits import MAX_TIME_S, SLOT_LENGTHS_S
from powerpact.series.zones import moments_of, zone_label

UNIX_SECONDS: Final = re.compile(r"[0-9]{9,11}")
GERMAN: Final = re.compile(r"([0-9]{1,2})\.([0-9]{1,2})\.([0-9]{4})[ T]([0-9]{1,2}):([0-9]{2})(?::([0-9]{2}))?")
END_OF_DAY: Final = re.compile(r"(?<=[ T])24:00(:00)?")


class Stamp(NamedTuple):
    """A time stamp as written.

    Attributes
    ----------
    line : int
        Its line.
    text : str
        As written.
    clock : datetime
        The time; with its offset if it has one.
    """

    line: int
    text: str
    clock: datetime


@dataclass(slots=True)
class Resolved:
    """Moments of a column of stamps.

    Attributes
    ----------
    starts : list of int
        Start of each stamp's interval, Unix seconds, in the order of the stamps.
    ambiguous : list of int
        Lines of stamps that the clock shows twice.
    """

    starts: list[int]
    ambiguous: list[int]


def read_stamp(table: Table, line: int, text: str, rules: Rules) -> Stamp:
    """Read a time stamp.

    Raises
    ------
    BadProfiles
        If it is no time, or has neither an offset nor a zone.
    """
    clock = _clock(text, rules.time_format)
    if clock is None:
        wanted = rules.time_format or "2024-12-31T23:45, 31.12.2024 23:45 or Unix seconds"
        raise table.bad(line, f"time {text!r} is not understood", f"Write {wanted}, or state --time-format.")
    if clock.second or clock.microsecond:
        raise table.bad(line, f"time {text!r} is not on a whole minute", "Give times of whole intervals.")
    if clock.tzinfo is None and rules.zone is None:
        raise table.bad(line, f"time {text!r} has an unknown time zone", "Name its zone with --zone.")
    return Stamp(line, text, clock)


def _clock(text: str, time_format: str | None) -> datetime | None:
    """The time of a text, None if it is none."""
    plain = END_OF_DAY.sub("00:00", text)
    later = timedelta(days=1) if plain != text else timedelta()
    try:
        if time_format is not None:
            return datetime.strptime(plain, time_format) + later
        if UNIX_SECONDS.fullmatch(text):
            return datetime.fromtimestamp(int(text), UTC)
        german = GERMAN.fullmatch(plain)
        if german:
            day, month, year, hour, minute, second = (int(part or 0) for part in german.groups())
            return datetime(year, month, day, hour, minute, second) + later
        return datetime.fromisoformat(plain) + later
    except (ValueError, OverflowError):
        return None


def step_of(table: Table, stamps: Sequence[Stamp], rules: Rules) -> int:
    """Length of the intervals: the one that is stated, or the most frequent distance of stamps, s.

    Raises
    ------
    BadProfiles
        If it is no length of a slot.
    """
    if rules.step_s is not None:
        return rules.step_s
    clocks = sorted({stamp.clock.replace(tzinfo=None) for stamp in stamps})
    steps = Counter(int((after - before).total_seconds()) for before, after in pairwise(clocks))
    if not steps:
        raise table.bad(stamps[0].line, "one time alone has no length", "State it with --interval.")
    step_s = max(steps, key=lambda step: (steps[step], -step))
    if step_s not in SLOT_LENGTHS_S:
        lengths = ", ".join(f"{length // 60}" for length in SLOT_LENGTHS_S)
        remedy = f"Give values for intervals of {lengths} minutes, or state the length with --interval."
        raise table.bad(0, f"the times are mostly {step_s} s apart", remedy)
    return step_s


def resolve(table: Table, stamps: Sequence[Stamp], step_s: int, rules: Rules) -> Resolved:
    """Find the moments that stamps mean, one after the other.

    Raises
    ------
    BadProfiles
        If the clock never shows a stamp, or if two stamps are the same moment.
    """
    found = Resolved([], [])
    times = [stamp.clock.replace(tzinfo=None) for stamp in stamps]
    falling = sum(after < before for before, after in pairwise(times))
    order = range(len(stamps))
    if 2 * falling > len(stamps):
        order = order[::-1]
    starts: dict[int, int] = {}
    lines: dict[int, int] = {}
    before: int | None = None
    for place in order:
        stamp = stamps[place]
        candidates = _candidates(partial(table.bad, stamp.line), stamp, step_s, rules)
        if len(candidates) > 1:
            found.ambiguous.append(stamp.line)
        start = _next(candidates, before, step_s)
        if start in lines:
            raise table.bad(stamp.line, f"time {stamp.text!r} is already in line {lines[start]}", "Remove one of them.")
        lines[start] = stamp.line
        starts[place] = before = start
    found.starts = [starts[place] for place in range(len(stamps))]
    return found


def _next(candidates: Sequence[int], before: int | None, step_s: int) -> int:
    """The moment that follows the one before; else the first one after it; else the first one."""
    if before is None:
        return candidates[0]
    if before + step_s in candidates:
        return before + step_s
    return next((start for start in candidates if start > before), candidates[0])


def _candidates(bad: partial[BadProfiles], stamp: Stamp, step_s: int, rules: Rules) -> list[int]:
    """All starts that a stamp can mean, the earliest first."""
    at_end = rules.stamps is Stamps.END
    if stamp.clock.tzinfo is not None:
        starts = {int(stamp.clock.timestamp()) - (step_s if at_end else 0)}
    elif rules.zone is None:
        starts = set()
    elif at_end:
        length = timedelta(seconds=step_s)
        starts = {moment - step_s for moment in moments_of(stamp.clock, rules.zone)}
        starts |= set(moments_of(stamp.clock - length, rules.zone))
    else:
        starts = set(moments_of(stamp.clock, rules.zone))
    if not starts:
        label = zone_label(rules.zone) if rules.zone else "UTC"
        problem = f"the clock of {label} never shows {stamp.text!r}: it goes forward over it"
        raise bad(problem, "Correct the time, or the zone.")
    if not 0 <= min(starts) <= max(starts) <= MAX_TIME_S:
        raise bad(f"time {stamp.text!r} is before 1970", "Correct the time.")
    return sorted(starts)


def grid_of(table: Table, stamps: Sequence[Stamp], starts: Sequence[int], step_s: int, rules: Rules) -> int:
    """Length of slots on the clock of UTC that hold the intervals: shorter ones in zones of half an hour.

    Raises
    ------
    BadProfiles
        If a stamp is at no whole interval of its own clock.
    """
    odd = set()
    for stamp, start in zip(stamps, starts, strict=True):
        local = datetime.fromtimestamp(start, stamp.clock.tzinfo or rules.zone)
        if start % step_s and (local.minute * 60) % step_s:
            remedy = "Give one value for each whole interval."
            raise table.bad(stamp.line, f"irregular step: time {stamp.text!r} is not at a whole {step_s} s", remedy)
        odd.add(start % step_s)
    fitting = [length for length in SLOT_LENGTHS_S if length <= step_s and not any(rest % length for rest in odd)]
    if not fitting:
        raise table.bad(0, "the zone's distance from UTC is no quarter of an hour", "Give times with another zone.")
    return max(fitting)
