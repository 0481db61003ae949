"""Green Button files of North American utilities: an Atom feed of ESPI resources.

A reading has its start and its duration in seconds of UTC, so no clock change can shift it, and an integer with a power
of ten. Its ReadingType says the unit (72 is Wh) and the direction: 1 is energy to the home, 19 energy from it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, timedelta, tzinfo
from decimal import Decimal
from typing import Final

from powerpact.series.limits import DAY_S
from powerpact.series.meters.amounts import Amount, check_time, energy_uwh, from_amounts
from powerpact.series.meters.intervals import Flow, MeterData, Note, Place, Quality, Source, noted, worst
from powerpact.series.meters.xmltree import REMEDY, Element, read_xml
from powerpact.series.zones import fixed_zone

WATT_HOUR: Final = "72"
FORWARD, REVERSE, NET = "1", "19", "4"
"""Directions: to the home, from it, and the difference."""
INTERVALS: Final = frozenset({None, "0", "4"})
"""Accumulations of energies of intervals: not stated, none, delta."""
ELECTRICITY: Final = frozenset({None, "0", "1", "2"})
"""Commodities: not stated, none, secondary and primary metered electricity."""
POWERS: Final = range(-12, 13)
MAX_DURATION_S: Final = 400 * DAY_S
"""Longest interval, s."""
SUBSTITUTED: Final = frozenset({"7", "11"})
"""Qualities: edited by hand, derived."""
MEASURED: Final = frozenset({"0", "14", "17", "18", "19"})
"""Qualities: valid, raw, validated, verified, for revenue. All others are estimates of some kind."""


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry of the feed.

    Attributes
    ----------
    kind : str
        What it holds.
    content : Element
        That.
    links : dict of str to list of str
        Its links by their relation.
    """

    kind: str
    content: Element
    links: dict[str, list[str]]

    @property
    def itself(self) -> str:
        """Its own link."""
        return next(iter(self.links.get("self", ())), "")


@dataclass(slots=True)
class Found:
    """What reading a feed gives beside amounts."""

    amounts: list[Amount]
    skipped: list[Place]
    undirected: list[Place]
    empty: list[Place]


def read_green_button(source: Source) -> MeterData:
    """Read the electricity of a feed; other resources are passed over.

    Raises
    ------
    BadMeterFile
        If it is no such feed, has no energy, or a reading is bad.
    """
    entries = _entries(read_xml(source))
    found = Found([], [], [], [])
    meter_reading: Entry | None = None
    for entry in entries:
        if entry.kind == "MeterReading":
            meter_reading = entry
        elif entry.kind == "IntervalBlock":
            _read_block(entry, _owner(entry, entries, meter_reading), entries, found)
    if not found.amounts:
        places = found.skipped or found.empty or [source.place()]
        raise places[0].bad("there are no intervals of electricity in Wh", "Choose electricity usage at the portal.")
    notes = [
        *noted("skipped", found.skipped, "blocks of other units, commodities or registers passed over"),
        *noted("direction", found.undirected, "blocks without a flowDirection, taken for energy to the home"),
        *noted("missing", found.empty, "readings without a value"),
    ]
    zone, zone_notes = _zone(entries)
    return MeterData(tuple(from_amounts(found.amounts)), notes=(*notes, *zone_notes), zone=zone)


def _entries(root: Element) -> list[Entry]:
    """The entries of the feed, one for each resource."""
    found = []
    for entry in root.all("entry"):
        links: dict[str, list[str]] = {}
        for link in entry.all("link"):
            links.setdefault(link.attributes.get("rel", ""), []).append(link.attributes.get("href", "").rstrip("/"))
        found += [Entry(one.name, one, links) for content in entry.all("content") for one in content.children]
    return found


def _owner(block: Entry, entries: Sequence[Entry], latest: Entry | None) -> Entry | None:
    """The MeterReading of a block: the one to which its links lead up, else the one before it."""
    for up in block.links.get("up", ()):
        for entry in entries:
            if entry.kind == "MeterReading" and entry.itself and up == f"{entry.itself}/IntervalBlock":
                return entry
    return latest


def _reading_type(owner: Entry | None, place: Place, entries: Sequence[Entry]) -> Element:
    """The ReadingType of a MeterReading, or the only one."""
    types = [entry for entry in entries if entry.kind == "ReadingType"]
    related = owner.links.get("related", ()) if owner else ()
    linked = [entry for entry in types if entry.itself and entry.itself in related]
    if len(linked) != 1 and len(types) != 1:
        raise place.bad(f"it is not clear which of {len(types)} ReadingTypes a block has", REMEDY)
    return (linked if len(linked) == 1 else types)[0].content


def _meter(owner: Entry | None, block: Entry, entries: Sequence[Entry]) -> str:
    """The id of the usage point, from the links of what belongs to it."""
    points = [entry for entry in entries if entry.kind == "UsagePoint"]
    for link in (owner.itself if owner else "", block.itself, points[0].itself if points else ""):
        _, found, rest = link.partition("/UsagePoint/")
        if found and rest.split("/")[0]:
            return rest.split("/")[0]
    return "UsagePoint"


def _read_block(block: Entry, owner: Entry | None, entries: Sequence[Entry], found: Found) -> None:
    """Add the readings of a block."""
    kind = _reading_type(owner, block.content.place, entries)
    is_energy = kind.value("uom") == WATT_HOUR and kind.value("commodity") in ELECTRICITY
    direction = kind.value("flowDirection") or "0"
    known = direction in (FORWARD, REVERSE, NET, "0")
    if not is_energy or not known or kind.value("accumulationBehaviour") not in INTERVALS:
        found.skipped.append(block.content.place)
        return
    if direction == "0":
        found.undirected.append(block.content.place)
    meter, wh = _meter(owner, block, entries), _power_of_ten(kind)
    for reading in block.content.all("IntervalReading"):
        start_s, end_s = _span(reading)
        quality = _quality(reading, kind)
        text = reading.value("value")
        if text is None:
            found.empty.append(reading.place)
        for flow, part in _parts(direction, text):
            energy = None if part is None else energy_uwh(reading.place, "value", part, wh)
            amount_quality = Quality.MISSING if part is None else quality
            found.amounts.append(Amount(meter, flow, start_s, end_s, energy, amount_quality, reading.place))


def _parts(direction: str, text: str | None) -> list[tuple[Flow, str | None]]:
    """What a value says of each direction: a difference below zero is energy from the home."""
    if direction == NET:
        if text is None:
            return [(Flow.IMPORT, None), (Flow.EXPORT, None)]
        pair = ("0", text.removeprefix("-")) if text.startswith("-") else (text, "0")
        return list(zip((Flow.IMPORT, Flow.EXPORT), pair, strict=True))
    return [(Flow.EXPORT if direction == REVERSE else Flow.IMPORT, text)]


def _power_of_ten(kind: Element) -> Decimal:
    """The unit of the values, Wh."""
    text = kind.value("powerOfTenMultiplier") or "0"
    try:
        power = int(text) if len(text) < 5 else None
    except ValueError:
        power = None
    if power is None or power not in POWERS:
        raise kind.place.bad(f"powerOfTenMultiplier {text[:20]!r} is not within -12 and 12", REMEDY)
    return Decimal(1).scaleb(power)


def _span(reading: Element) -> tuple[int, int]:
    """Start and end of a reading, Unix seconds."""
    period = reading.first("timePeriod")
    if period is None:
        raise reading.place.bad("IntervalReading has no timePeriod", REMEDY)
    texts = period.needed("start"), period.needed("duration")
    try:
        start_s, duration_s = (int(text) if len(text) < 16 else -1 for text in texts)
    except ValueError:
        start_s, duration_s = -1, 0
    if not 0 < duration_s <= MAX_DURATION_S:
        raise period.place.bad(f"start {texts[0][:20]!r}, duration {texts[1][:20]!r} are no seconds", REMEDY)
    check_time(period.place, start_s, texts[0])
    return start_s, check_time(period.place, start_s + duration_s, texts[0])


def _quality(reading: Element, kind: Element) -> Quality:
    """How good a reading is; what it does not say its ReadingType says."""
    codes = [quality.value("quality") for quality in reading.all("ReadingQuality")]
    found = []
    for code in codes or [kind.value("defaultQuality") or "0"]:
        other = Quality.SUBSTITUTED if code in SUBSTITUTED else Quality.ESTIMATED
        found.append(Quality.MEASURED if code in MEASURED else other)
    return worst(found)


def _zone(entries: Sequence[Entry]) -> tuple[tzinfo, list[Note]]:
    """The clock that the feed names: its standard time, since its rule for summer names no zone."""
    for entry in entries:
        if entry.kind == "LocalTimeParameters":
            text = entry.content.value("tzOffset") or ""
            if text.lstrip("-").isdecimal() and len(text) < 7 and abs(int(text)) < DAY_S:
                sentence = "1 clock of the feed, standard time all year: name the zone with --zone"
                return fixed_zone(timedelta(seconds=int(text))), [Note("zone", 1, sentence)]
    return UTC, []
