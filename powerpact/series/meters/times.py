"""Times of meters: with an offset, with a mark of daylight saving, or on a local clock."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Final

from powerpact.series.meters.amounts import MAX_TEXT, check_time
from powerpact.series.meters.intervals import Place
from powerpact.series.zones import moments_of, zone_label

FRACTION: Final = re.compile(r"[.,]\d+")


def iso_moment(place: Place, text: str, zone: tzinfo, after_s: int | None = None) -> int:
    """The moment of an ISO 8601 time, Unix seconds; fractions of a second are left out.

    Parameters
    ----------
    place : Place
        Where it is, for messages.
    text : str
        The time, with its offset from UTC or on the clock of `zone`.
    zone : tzinfo
        Clock of a time without an offset.
    after_s : int, optional
        The moment before it: of a time that the clock shows twice it is the first one that is later.

    Raises
    ------
    BadMeterFile
        If it is no time, or one that the clock never shows.
    """
    try:
        clock = datetime.fromisoformat(FRACTION.sub("", text.strip()))
    except ValueError:
        remedy = "Write it as 2024-06-01T13:00:00+02:00."
        raise place.bad(f"time {text[:MAX_TEXT]!r} is not understood", remedy) from None
    if clock.tzinfo is not None:
        return check_time(place, int((clock - datetime.fromtimestamp(0, UTC)).total_seconds()), text)
    found = _moments(place, text, clock, zone)
    return next((moment for moment in found if after_s is not None and moment > after_s), found[0])


def marked_moment(place: Place, text: str, clock: datetime, zone: tzinfo, *, is_summer: bool) -> int:
    """The moment of a local time that says whether daylight saving time is in force, Unix seconds.

    Raises
    ------
    BadMeterFile
        If the clock of the zone does not show it so.
    """
    for moment in _moments(place, text, clock, zone):
        saving = datetime.fromtimestamp(moment, UTC).astimezone(zone).dst() or timedelta()
        if (saving > timedelta()) == is_summer:
            return moment
    season = "daylight saving" if is_summer else "standard"
    raise place.bad(f"time {text[:MAX_TEXT]!r} is not in {season} time of {zone_label(zone)}", "State the --zone.")


def _moments(place: Place, text: str, clock: datetime, zone: tzinfo) -> tuple[int, ...]:
    """The moments that a local time can mean."""
    try:
        found = moments_of(clock, zone)
    except (OverflowError, ValueError):
        found = ()
    if not found:
        problem = f"the clock of {zone_label(zone)} never shows {text[:MAX_TEXT]!r}"
        raise place.bad(problem, "Correct the time, or state the --zone.")
    for moment in found:
        check_time(place, moment, text)
    return found
