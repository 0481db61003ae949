"""Readings of German meters (EDL21, EDL40, basic meters) in the Smart Message Language.

Of each frame the list of values counts: 1-0:1.8.0 and 1-0:2.8.0 with their scaler, in Wh, and the time of its sensor.
Most meters have no clock and count seconds instead. Then the user says when the last frame was read, and the frames
before it are so many seconds earlier.
"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any, Final, NamedTuple

from powerpact.series.errors import BadMeterFile
from powerpact.series.meters.amounts import check_time, total_wh
from powerpact.series.meters.intervals import Count, Flow, MeterData, Place, Source
from powerpact.series.meters.sml_frames import AGAIN, Value, frames_of, values_of

GET_LIST_RESPONSE: Final = 0x0701
CODES: Final = {
    bytes.fromhex("0100010800ff"): Flow.IMPORT,
    bytes.fromhex("0100020800ff"): Flow.EXPORT,
}
"""Counters over all tariffs."""
WATT_HOUR: Final = 30
"""Unit of energy."""
SCALERS: Final = range(-9, 10)
SECONDS_INDEX, TIMESTAMP, LOCAL_TIMESTAMP = 1, 2, 3
"""Kinds of times."""


class Stamp(NamedTuple):
    """A time of a meter.

    Attributes
    ----------
    seconds : int
        Unix seconds, or what the meter's counter of seconds showed.
    is_index : bool
        Which of them.
    """

    seconds: int
    is_index: bool


class Timed(NamedTuple):
    """A frame's time and counters, whose time is not known yet.

    Attributes
    ----------
    place : Place
        The frame.
    stamp : Stamp
        Its time.
    counts : list of Count
        Its counters, at time 0.
    """

    place: Place
    stamp: Stamp
    counts: list[Count]


def read_sml(source: Source) -> MeterData:
    """Read the frames of a file; those that are cut or damaged are refused, the others are read.

    Raises
    ------
    BadMeterFile
        If no frame is good, or nobody says when frames were read that only count seconds.
    """
    timed: list[Timed] = []
    refused: list[BadMeterFile] = []
    for frame in frames_of(source):
        try:
            if frame.error is not None:
                raise frame.error
            timed += [_timed(frame.place, body) for body in _lists(frame.place, frame.messages)]
        except BadMeterFile as error:
            refused.append(error)
    known = [one for one in timed if one.counts]
    if not known:
        nothing = source.place().bad("no frame has a counter of energy", "Unlock the meter, and log again.")
        raise refused[0] if refused else nothing
    counts = []
    for one, time_s in _placed(source, known, refused):
        counts += [replace(count, time_s=check_time(one.place, time_s, str(time_s))) for count in one.counts]
    return MeterData(counts=tuple(counts), refused=tuple(refused))


def _lists(place: Place, messages: bytes) -> list[list[Value]]:
    """The lists of values among the messages of a frame."""
    bodies = []
    for message in values_of(place, messages):
        parts = message if isinstance(message, list) else []
        body = parts[3] if len(parts) > 3 else None
        if isinstance(body, list) and len(body) == 2 and body[0] == GET_LIST_RESPONSE:
            if not isinstance(body[1], list) or len(body[1]) != 7:
                raise place.bad("the list of values has not seven parts", AGAIN)
            bodies.append(body[1])
    return bodies


def _timed(place: Place, body: list[Value]) -> Timed:
    """Time and counters of a list of values."""
    _, server, _, list_time, entries, _, _ = body
    if not isinstance(server, bytes) or not isinstance(entries, list):
        raise place.bad("the list of values has no server id or no values", AGAIN)
    stamp = _stamp(place, list_time)
    counts = []
    for entry in entries:
        if not isinstance(entry, list) or len(entry) != 7:
            raise place.bad("an entry of the list has not seven parts", AGAIN)
        name, _, value_time, unit, scaler, value, _ = entry
        flow = CODES.get(name) if isinstance(name, bytes) else None
        if flow is None or value is None:
            continue
        total = _total(place, f"{flow} counter", unit, scaler, value)
        stamp = stamp or _stamp(place, value_time)
        counts.append(Count(server.hex().upper(), flow, 0, total, place))
    if counts and stamp is None:
        raise place.bad("the frame says neither a time nor a count of seconds", "Log a meter that does.")
    return Timed(place, stamp or Stamp(0, is_index=True), counts)


def _total(place: Place, name: str, unit: Value, scaler: Value, value: Value) -> int:
    """What a counter shows, Wh."""
    power = 0 if scaler is None else scaler
    if unit != WATT_HOUR or not isinstance(power, int) or power not in SCALERS:
        raise place.bad(f"the {name} has unit {unit!r} and scaler {scaler!r}, not 30 (Wh)", AGAIN)
    if isinstance(value, bool) or not isinstance(value, int):
        raise place.bad(f"the {name} is not a number", AGAIN)
    return total_wh(place, name, str(value), Decimal(1).scaleb(power))


def _stamp(place: Place, value: Value) -> Stamp | None:
    """The time that a value says, None if it is left out; a number alone counts seconds."""
    if value is None:
        return None
    parts: Any = [SECONDS_INDEX, value] if isinstance(value, int) else value
    kind, said = parts if isinstance(parts, list) and len(parts) == 2 else (None, None)
    if kind == LOCAL_TIMESTAMP and isinstance(said, list) and len(said) == 3:
        said = said[0]  # the offsets beside it say what the clock showed
        kind = TIMESTAMP
    if kind not in (SECONDS_INDEX, TIMESTAMP) or isinstance(said, bool) or not isinstance(said, int) or said < 0:
        raise place.bad("the frame's time is not understood", AGAIN)
    return Stamp(said, kind == SECONDS_INDEX)


def _placed(source: Source, timed: list[Timed], refused: list[BadMeterFile]) -> list[tuple[Timed, int]]:
    """Frames with their times, Unix seconds; those before a restart of the count of seconds are refused."""
    placed = [(one, one.stamp.seconds) for one in timed if not one.stamp.is_index]
    meters: dict[str, list[Timed]] = {}
    for one in timed:
        if one.stamp.is_index:
            meters.setdefault(one.counts[0].meter, []).append(one)
    for meter, found in meters.items():
        last = found[-1]
        if source.read_at_s is None:
            problem = f"meter {meter} counts seconds ({last.stamp.seconds}) and says no time"
            raise last.place.bad(problem, "Say when the last frame was read: --read-at 2026-11-21T12:00Z.")
        after = last.stamp.seconds
        for one in reversed(found):
            if one.stamp.seconds > after:
                problem = f"the count of seconds falls from {one.stamp.seconds} to {after} after it: its time is lost"
                refused += [other.place.bad(problem, AGAIN) for other in found[: found.index(one) + 1]]
                break
            after = one.stamp.seconds
            placed.append((one, source.read_at_s - last.stamp.seconds + one.stamp.seconds))
    return placed
