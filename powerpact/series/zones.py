"""Time zones by their names in the IANA database, and what a local clock time can mean in one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo, available_timezones

from powerpact.errors import BadChoice


def zone_named(name: str) -> tzinfo:
    """The zone of a name such as ``Europe/Berlin``.

    Raises
    ------
    BadChoice
        If there is none.

    Examples
    --------
    >>> str(zone_named("Asia/Kathmandu"))
    'Asia/Kathmandu'
    """
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        remedy = "Write its name in the IANA database, such as Europe/Berlin."
        if not available_timezones():
            remedy = "This machine has no database of zones: run `pip install tzdata`."
        raise BadChoice("zone", name, "is no time zone", remedy=remedy) from None


def zone_label(zone: tzinfo) -> str:
    """A zone in words: its name, or its distance from UTC.

    Examples
    --------
    >>> zone_label(zone_named("Europe/Berlin")), zone_label(timezone(timedelta(hours=5, minutes=30)))
    ('Europe/Berlin', 'UTC+05:30')
    """
    if isinstance(zone, ZoneInfo):
        return str(zone)
    offset = zone.utcoffset(None) or timedelta()
    sign, minutes = "-" if offset < timedelta() else "+", int(abs(offset).total_seconds()) // 60
    return f"UTC{sign}{minutes // 60:02d}:{minutes % 60:02d}"


@lru_cache(maxsize=1 << 16)
def moments_of(clock: datetime, zone: tzinfo) -> tuple[int, ...]:
    """All moments at which the clock of a zone shows a time, Unix seconds: one, two where it goes back, else none.

    Examples
    --------
    >>> berlin = zone_named("Europe/Berlin")
    >>> [len(moments_of(datetime(2021, month, 28, 2, 30), berlin)) for month in (2, 3)]
    [1, 0]
    >>> moments_of(datetime(2021, 10, 31, 2, 30), berlin)
    (1635640200, 1635643800)
    """
    found = []
    for fold in (0, 1):
        local = clock.replace(tzinfo=zone, fold=fold)
        moment = local.astimezone(UTC)
        if moment.astimezone(zone).replace(tzinfo=None, fold=0) == clock.replace(tzinfo=None, fold=0):
            found.append(int(moment.timestamp()))
    return tuple(dict.fromkeys(found))


def fixed_zone(offset: timedelta) -> tzinfo:
    """A clock at a fixed distance from UTC."""
    return timezone(offset)
