"""Frames of the Smart Message Language: transport with escape sequences and CRC, and the values in a frame.

A frame is ``1b1b1b1b 01010101``, messages, filling zeros, ``1b1b1b1b 1a``, their number, and the CRC-16/X.25 over all
before it, the low byte first. Four bytes ``1b`` among the messages are doubled.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple, TypeAlias

from powerpact.series.errors import BadMeterFile
from powerpact.series.meters.checksums import crc16_x25
from powerpact.series.meters.intervals import Place, Source

ESCAPE: Final = b"\x1b" * 4
START: Final = ESCAPE + b"\x01" * 4
END: Final = 0x1A
MAX_FILLING: Final = 3
MAX_DEPTH: Final = 16
"""Deepest nesting of lists."""
AGAIN: Final = "Read the meter again."

Value: TypeAlias = "bytes | int | bool | list[Value] | None"
"""A value of SML; None where an optional one is left out."""


class Frame(NamedTuple):
    """A frame.

    Attributes
    ----------
    place : Place
        Its number and its first byte.
    messages : bytes
        What it holds; empty if it is bad.
    error : BadMeterFile, optional
        Why it is bad.
    """

    place: Place
    messages: bytes
    error: BadMeterFile | None = None


def is_sml(data: bytes) -> bool:
    """Whether a file has the start of a frame."""
    return START in data


def frames_of(source: Source) -> Iterator[Frame]:
    """Yield the frames of a file, also those that are cut or damaged; bytes between frames are passed over."""
    number, at = 1, source.data.find(START)
    while at >= 0:
        place = source.place(f"frame {number} at byte {at}")
        messages, following, problem = _frame(source.data, at)
        yield Frame(place, messages, place.bad(problem, AGAIN) if problem else None)
        number, at = number + 1, source.data.find(START, following)


def _frame(data: bytes, begin: int) -> tuple[bytes, int, str]:
    """The messages of the frame at a place, where to go on after it, and what is wrong with it."""
    messages = bytearray()
    at = begin + len(START)
    while True:
        escape = data.find(ESCAPE, at)
        if escape < 0 or escape + 8 > len(data):
            return b"", len(data), "the frame is cut: it has no end"
        while data[escape + 4] == ESCAPE[0] and not data.startswith(ESCAPE, escape + 4) and escape + 9 <= len(data):
            escape += 1  # the last byte of the messages is an escape itself
        messages += data[at:escape]
        what = data[escape + 4 : escape + 8]
        at = escape + 8
        if what == ESCAPE:
            messages += ESCAPE
        elif what[:1] == bytes([END]) and len(what) == 4:
            break
        elif what == START[4:]:
            return b"", escape, "the frame is cut: another one begins in it"
        else:
            return b"", escape + 4, f"escape sequence {what.hex()} is not known"
    stated, found = int.from_bytes(what[2:], "little"), crc16_x25(data[begin : at - 2])
    if stated != found:
        return b"", at, f"the frame is damaged: its CRC is {found:04x}, it says {stated:04x}"
    filling = what[1]
    if filling > MAX_FILLING or filling > len(messages):
        return b"", at, f"{filling} filling bytes are more than {MAX_FILLING}"
    return bytes(messages[: len(messages) - filling]), at, ""


def values_of(place: Place, messages: bytes) -> list[Value]:
    """The messages of a frame, each a list of values.

    Raises
    ------
    BadMeterFile
        If they are not coded as SML codes them.
    """
    found: list[Value] = []
    at = 0
    while at < len(messages):
        if messages[at] == 0:  # the end of a message that its list does not count
            at += 1
            continue
        value, at = _value(place, messages, at, 0)
        found.append(value)
    return found


def _value(place: Place, data: bytes, at: int, depth: int) -> tuple[Value, int]:
    """The value at a place, and where the next one is."""
    begin = at
    if at >= len(data) or depth > MAX_DEPTH:
        raise place.bad("a value reaches beyond the frame" if at >= len(data) else "lists are too deep", AGAIN)
    kind, length = data[at] >> 4 & 7, data[at] & 15
    while data[at] & 0x80:
        at += 1
        if at >= len(data) or at - begin > 3:
            raise place.bad(f"a length at byte {begin} of the messages is too long", AGAIN)
        length = length << 4 | data[at] & 15
    at += 1
    if kind == 7:
        items: list[Value] = []
        for _ in range(length):
            item, at = _value(place, data, at, depth + 1)
            items.append(item)
        return items, at
    end = begin + length
    if length == 0 and at == begin + 1 and data[begin] == 0:
        return None, at  # the end of a message
    if end < at or end > len(data):
        raise place.bad(f"a value at byte {begin} of the messages reaches beyond the frame", AGAIN)
    return _plain(place, kind, data[at:end]), end


def _plain(place: Place, kind: int, content: bytes) -> Value:
    """A value that is no list."""
    if kind == 0:
        return content or None
    if kind == 4:
        return any(content)
    if kind in (5, 6):
        return int.from_bytes(content, "big", signed=kind == 5)
    raise place.bad(f"values of type {kind} are not known", AGAIN)
