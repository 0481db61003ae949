"""A gateway's own file of signed readings: a line for each, on the disk before anything else is done with it.

What a broker or a bridge may lose is published again from here, so nothing signed is ever lost.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path

from powerpact.chain.client import Chain
from powerpact.chain.contracts import meters
from powerpact.chain.contracts.meters import SignedReading
from powerpact.codec.readingfile import format_reading, parse_reading
from powerpact.errors import FileProblem
from powerpact.market.readings import Reading


def read_log(path: Path) -> list[SignedReading]:
    """The readings in a file, oldest first; a last line that was cut off while it was written is left out.

    Raises
    ------
    FileProblem
        If the file cannot be read.
    BadSignedFile
        At the first line that is no signed reading, named by its number.
    """
    try:
        text = path.read_bytes()
    except OSError as error:
        raise FileProblem(str(path), error.strerror or str(error)) from error
    lines = text[: text.rfind(b"\n") + 1].splitlines()
    parsed = (parse_reading(f"{path}:{number}", line) for number, line in enumerate(lines, 1) if line.strip())
    return [SignedReading(reading, signature) for reading, signature in parsed]


def append_log(path: Path, readings: Iterable[SignedReading]) -> None:
    """Add readings to a file; they are on the disk when this returns. A last line that was cut off is removed.

    Raises
    ------
    FileProblem
        If the file cannot be written.
    """
    text = "".join(f"{format_reading(signed.reading, signed.signature)}\n" for signed in readings).encode()
    try:
        with path.open("ab+") as file:
            file.seek(0)
            whole = file.read().rfind(b"\n") + 1
            file.truncate(whole)
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise FileProblem(str(path), error.strerror or str(error)) from error


def lasts_in(readings: Iterable[SignedReading]) -> Mapping[int, Reading]:
    """By device the reading of the latest interval."""
    lasts: dict[int, Reading] = {}
    for signed in readings:
        reading = signed.reading
        if reading.device not in lasts or reading.start_at > lasts[reading.device].start_at:
            lasts[reading.device] = reading
    return lasts


def lacking(chain: Chain, readings: Iterable[SignedReading]) -> list[SignedReading]:
    """Those readings that the chain does not have and can still take, in their order.

    They are of intervals after each device's last one, or correct one that it has, inside the correction window.
    """
    given = list(readings)
    last = meters.last_starts(chain, {signed.reading.device for signed in given})
    final_by = chain.now() - chain.deployment.parameters.correction_window_s

    def is_next(reading: Reading) -> bool:
        return reading.start_at > last[reading.device]

    def corrects(reading: Reading) -> bool:
        return reading.version > 1 and reading.start_at + reading.length_s > final_by

    keys = {(one.reading.device, one.reading.start_at) for one in given if corrects(one.reading)}
    found = meters.versions_in(chain, keys) if keys else {}
    return [
        one
        for one in given
        if is_next(one.reading)
        or (corrects(one.reading) and (one.reading.device, one.reading.start_at, one.reading.version) not in found)
    ]
