"""Telegrams of the P1 port of Dutch, Belgian, Luxembourgish and Swedish meters: DSMR 2.2, 4 and 5.

A telegram begins with ``/``, has an object per line and ends with ``!``, from version 4 on followed by its CRC-16.
Its counters show kWh at the time in ``0-0:1.0.0``, local time with S in summer and W in winter. Version 2.2 has
neither a time nor a CRC: a line before the telegram must say when it was read, as loggers write it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from typing import Final

from powerpact.series.errors import BadMeterFile
from powerpact.series.meters.amounts import UNITS, total_wh
from powerpact.series.meters.checksums import crc16_arc
from powerpact.series.meters.intervals import Count, Flow, MeterData, Place, Source
from powerpact.series.meters.times import iso_moment, marked_moment
from powerpact.series.zones import zone_named

ZONE: Final = "Europe/Amsterdam"
HEAD: Final = re.compile(rb"/[A-Za-z]{3}[0-9]")
BEFORE_HEAD: Final = re.compile(rb"(?=/[A-Za-z]{3}[0-9])")
OBJECT: Final = re.compile(r"(\d+-\d+:\d+\.\d+\.\d+)(?:\.255)?\((.*)\)")
CLOCK: Final = re.compile(r"(\d{12})([SW])")
ENERGY: Final = re.compile(r"([0-9.]+)\*(kWh|Wh)")
CRC: Final = re.compile(rb"![0-9A-Fa-f]{4}\s*")
TIME: Final = "0-0:1.0.0"
METER: Final = "0-0:96.1.1"
TOTALS: Final = {Flow.IMPORT: "1-0:1.8", Flow.EXPORT: "1-0:2.8"}
"""Counters: all tariffs as .0, or tariffs 1 and 2 as .1 and .2."""
MAX_LINES: Final = 1_000
"""Most lines of a telegram."""
TIME_IS_MISSING: Final = "Log the time in a line before each telegram, such as 2024-06-01T13:00:00+02:00."


@dataclass(slots=True)
class Telegram:
    """The lines of a telegram.

    Attributes
    ----------
    place : Place
        Its first line.
    number : int
        The number of that line.
    said : str
        The line before it.
    lines : list of bytes
        All of them, with their ends.
    """

    place: Place
    number: int
    said: str
    lines: list[bytes] = field(default_factory=list)

    @property
    def is_whole(self) -> bool:
        """Whether its last line is there."""
        return self.lines[-1].startswith(b"!")


def is_dsmr(data: bytes) -> bool:
    """Whether a file has the first line of a telegram."""
    return re.search(rb"(?:^|[\r\n])" + HEAD.pattern, data) is not None


def read_dsmr(source: Source) -> MeterData:
    """Read a telegram or a log of many; those that are cut or damaged are refused, the others are read.

    Raises
    ------
    BadMeterFile
        If no telegram is good.
    """
    zone = source.zone or zone_named(ZONE)
    counts: list[Count] = []
    refused: list[BadMeterFile] = []
    after_s: int | None = None
    for telegram in _telegrams(source):
        try:
            found = _counts(source, telegram, zone, after_s)
        except BadMeterFile as error:
            refused.append(error)
            continue
        counts += found
        after_s = found[-1].time_s
    if not counts:
        no_telegram = source.place().bad("there is no telegram", "Give what the P1 port sends, from / to !.")
        raise refused[0] if refused else no_telegram
    return MeterData(counts=tuple(counts), refused=tuple(refused), zone=zone)


def _telegrams(source: Source) -> Iterator[Telegram]:
    """Yield the telegrams of a log, also cut ones; lines between them are passed over."""
    current: Telegram | None = None
    before = ""
    for number, line in _lines(source.data):
        if HEAD.match(line):
            if current is not None:
                yield current
            current = Telegram(source.line(number), number, before)
        if current is None:
            before = line.decode("ascii", "replace").strip() or before
            continue
        current.lines.append(line)
        if line.startswith(b"!") or len(current.lines) > MAX_LINES:
            yield current
            current, before = None, ""
    if current is not None:
        yield current


def _lines(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield the number and the bytes of each line; a line with the begin of a telegram in it, in two."""
    for number, line in enumerate(data.splitlines(keepends=True), start=1):
        yield from ((number, part) for part in BEFORE_HEAD.split(line) if part)


def _counts(source: Source, telegram: Telegram, zone: tzinfo, after_s: int | None) -> list[Count]:
    """The counters of a telegram."""
    if not telegram.is_whole:
        raise telegram.place.bad("the telegram is cut: it has no line with !", "Read the meter again.")
    objects = _objects(source, telegram)
    _check_crc(telegram, is_needed=TIME in objects)
    time_s = _time(telegram, objects, zone, after_s)
    meter = _meter(telegram, objects)
    counts = []
    for flow, code in TOTALS.items():
        total = _total(objects, code)
        if total is not None:
            counts.append(Count(meter, flow, time_s, total, telegram.place))
    if not counts:
        problem = "the telegram has no counter of energy, 1-0:1.8.1 or 1-0:1.8.0"
        raise telegram.place.bad(problem, "Unlock the P1 port at the network operator.")
    return counts


def _objects(source: Source, telegram: Telegram) -> dict[str, tuple[Place, str]]:
    """The objects of a telegram by their codes: line, and what the brackets hold."""
    objects: dict[str, tuple[Place, str]] = {}
    for offset, line in enumerate(telegram.lines[1:-1], start=1):
        found = OBJECT.fullmatch(line.decode("ascii", "replace").strip())
        if found:
            objects.setdefault(found[1], (source.line(telegram.number + offset), found[2]))
    return objects


def _check_crc(telegram: Telegram, *, is_needed: bool) -> None:
    """Compare the CRC over all from / to !; a log that has ends of lines of one byte is taken for one of two bytes."""
    end = telegram.lines[-1]
    if not CRC.fullmatch(end):
        if is_needed or end.strip() != b"!":
            raise telegram.place.bad(f"the telegram has no CRC of four digits: {end[:20]!r}", "Read the meter again.")
        return
    body = b"".join(telegram.lines[:-1]) + b"!"
    stated = int(end[1:5], 16)
    if stated not in (crc16_arc(body), crc16_arc(body.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n"))):
        problem = f"the telegram is damaged: its CRC is {crc16_arc(body):04X}, it says {stated:04X}"
        raise telegram.place.bad(problem, "Read the meter again.")


def _time(telegram: Telegram, objects: dict[str, tuple[Place, str]], zone: tzinfo, after_s: int | None) -> int:
    """When the counters were read, Unix seconds."""
    if TIME not in objects:
        if not telegram.said:
            raise telegram.place.bad("the telegram has no time 0-0:1.0.0, nor a line before it", TIME_IS_MISSING)
        return iso_moment(telegram.place, telegram.said, zone, after_s)
    place, text = objects[TIME]
    found = CLOCK.fullmatch(text)
    try:
        clock = datetime.strptime(found[1] if found else "", "%y%m%d%H%M%S")
    except ValueError:
        raise place.bad(f"time {text[:20]!r} is not YYMMDDhhmmss with S or W", "Read the meter again.") from None
    return marked_moment(place, text, clock, zone, is_summer=text.endswith("S"))


def _meter(telegram: Telegram, objects: dict[str, tuple[Place, str]]) -> str:
    """The meter's id: its number, or else what the first line says of it."""
    _, code = objects.get(METER, (telegram.place, ""))
    try:
        text = bytes.fromhex(code).decode("ascii")
    except ValueError:
        text = code
    head = telegram.lines[0].decode("ascii", "replace").strip()
    return text if text.strip() and text.isprintable() else head[5:].strip("\\") or head[1:]


def _total(objects: dict[str, tuple[Place, str]], code: str) -> int | None:
    """What a counter shows over all tariffs, Wh; None if the telegram does not have it."""
    if f"{code}.0" in objects:
        return _energy(objects, f"{code}.0")
    tariffs = [tariff for tariff in (f"{code}.{number}" for number in (1, 2)) if tariff in objects]
    if len(tariffs) == 1:
        place, _ = objects[tariffs[0]]
        raise place.bad(f"{tariffs[0]} is there without the other tariff", "Read the meter again.")
    return sum(_energy(objects, tariff) for tariff in tariffs) if tariffs else None


def _energy(objects: dict[str, tuple[Place, str]], code: str) -> int:
    """The energy of an object, Wh."""
    place, text = objects[code]
    found = ENERGY.fullmatch(text)
    if not found:
        raise place.bad(f"{code} {text[:20]!r} is no energy in kWh", "Read the meter again.")
    return total_wh(place, code, found[1], UNITS[found[2]])
