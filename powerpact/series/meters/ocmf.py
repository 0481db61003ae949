"""Records of charging stations in the Open Charge Metering Format: ``OCMF|{payload}|{signature}``.

A record is taken only if its signature is the key's, over the bytes between the bars as they are in the file. Its
readings are values of counters at times with an offset and a flag that says how good the clock was. A field that is
left out has the value of the reading before.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC
from decimal import Decimal
from typing import Any, Final

from powerpact.series.meters.amounts import UNITS, from_counts, total_wh
from powerpact.series.meters.intervals import Count, Flow, MeterData, Note, Place, Quality, Source, noted
from powerpact.series.meters.signatures import DEFAULT_ALGORITHM, check_signature
from powerpact.series.meters.times import iso_moment

HEAD: Final = b"OCMF|"
BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"
FIELDS: Final = ("TM", "TX", "RV", "RI", "RU", "EF", "ST")
"""Fields of a reading that matter here."""
VISIBLE: Final = re.compile(rb"\S")
TIME: Final = re.compile(r"(\S+) ([UISR])")
REGISTER: Final = re.compile(r"\w{1,2}-\w{1,2}:0?(\w{1,2})\.0?8\.\w{1,2}(?:[*.](\w{1,3}))?")
IMPORTS: Final = ("1", "B0", "B1", "98", "B2", "B3")
EXPORTS: Final = ("2", "C0", "C1", "C2", "C3")
"""Registers of energy by their OBIS group C, the preferred one first."""
SINCE_BEGIN: Final = frozenset({"B2", "B3", "C2", "C3", "198"})
"""Registers that begin with 0 in each transaction."""
QUALITIES: Final = {"G": Quality.MEASURED, "S": Quality.SUBSTITUTED}
"""Of states of a meter; any other is a fault."""


@dataclass(frozen=True, slots=True)
class Register:
    """Which register a reading is of; the best one of a meter and direction sorts first."""

    meter: str
    flow: Flow
    rank: int
    code: str
    is_since_begin: bool


def is_ocmf(data: bytes) -> bool:
    """Whether a file begins as a record does."""
    return data.removeprefix(BYTE_ORDER_MARK).lstrip().startswith(HEAD)


def read_ocmf(source: Source) -> MeterData:
    """Read one record or several, one after the other; each must be signed by the key.

    Raises
    ------
    BadMeterFile
        If there is no key, or a record is not valid: then none is taken.
    """
    if source.key is None:
        raise source.place().bad("the records cannot be verified without the meter's public key", "State --key FILE.")
    clocks: list[Place] = []
    faults: list[Place] = []
    found: dict[Register, list[list[Count]]] = {}
    for place, payload, signature in _records(source):
        record = _object(place, payload, "payload")
        _verify(place, payload, _object(place, signature, "signature"), source.key)
        for register, counts in _readings(place, record, clocks, faults).items():
            found.setdefault(register, []).append(counts)
    chosen, left_out = _chosen(found)
    counts, intervals = [], []
    for register in chosen:
        for one in found[register]:
            if register.is_since_begin:
                intervals += from_counts(one)[0]
            else:
                counts += one
    notes = [
        *noted("clock", clocks, "readings with a clock that was not synchronised (U or I)"),
        *noted("faulty", faults, "readings that the meter marks as faulty, passed over"),
        *(
            [Note("register", len(left_out), f"{len(left_out)} registers left out: {', '.join(left_out)}")]
            if left_out
            else []
        ),
    ]
    if not counts and not intervals:
        raise source.place().bad("there is no good reading of energy", "Give records with readings of 1.8.0 or 2.8.0.")
    return MeterData(tuple(intervals), tuple(counts), notes=tuple(notes), zone=UTC)


def _records(source: Source) -> Iterator[tuple[Place, bytes, bytes]]:
    """Yield place, payload and signature of each record."""
    data = source.data
    at = len(BYTE_ORDER_MARK) if data.startswith(BYTE_ORDER_MARK) else 0
    number, line = 1, 1
    while (begin := _past_blanks(data, at)) < len(data):
        line += data.count(b"\n", at, begin)
        place = source.place(f"record {number}, line {line}")
        if not data.startswith(HEAD, begin):
            problem = f"{data[begin : begin + 20]!r} is not the begin of a record"
            raise place.bad(problem, "Give records of the form OCMF|{…}|{…}.")
        bar = data.find(b"|", begin + len(HEAD))
        if bar < 0:
            raise place.bad("the record is cut: it has no signature", "Give it from OCMF to the end of the signature.")
        following = data.find(HEAD, bar)
        at = following if following >= 0 else len(data)
        yield place, data[begin + len(HEAD) : bar], data[bar + 1 : at]
        line += data.count(b"\n", begin, at)
        number += 1


def _past_blanks(data: bytes, at: int) -> int:
    """The place of the first byte from `at` on that is no white space."""
    found = VISIBLE.search(data, at)
    return found.start() if found else len(data)


def _object(place: Place, text: bytes, name: str) -> Mapping[str, Any]:
    """A JSON object, its numbers exact."""

    def refuse(constant: str) -> None:
        raise ValueError(constant)

    try:
        found = json.loads(text.decode("utf-8"), parse_float=Decimal, parse_int=Decimal, parse_constant=refuse)
    except (ValueError, ArithmeticError, RecursionError) as error:
        problem = f"the {name} is not JSON: {str(error)[:80]}"
        raise place.bad(problem, "Give the record exactly as the meter signed it.") from None
    if not isinstance(found, dict):
        raise place.bad(f"the {name} is not a JSON object", "Give the record exactly as the meter signed it.")
    return found


def _verify(place: Place, payload: bytes, said: Mapping[str, Any], key: bytes) -> None:
    """Verify the signature of a record."""
    encoding, data = said.get("SE", "hex"), said.get("SD")
    kind = said.get("SM", "application/x-der")
    if encoding not in ("hex", "base64") or kind != "application/x-der":
        remedy = "Signatures in hex or base64 of DER can be verified."
        raise place.bad(f"encoding {str(encoding)[:20]!r} of {str(kind)[:30]!r} is not known", remedy)
    try:
        text = data if isinstance(data, str) else ""
        signature = bytes.fromhex(text) if encoding == "hex" else base64.b64decode(text, validate=True)
    except (ValueError, binascii.Error):
        signature = b""
    if not signature:
        raise place.bad(f"the signature SD {str(data)[:20]!r} is not in {encoding}", "Give the whole record.")
    check_signature(place, payload, signature, str(said.get("SA", DEFAULT_ALGORITHM)), key)


def _readings(
    place: Place, record: Mapping[str, Any], clocks: list[Place], faults: list[Place]
) -> dict[Register, list[Count]]:
    """The good readings of a record by their registers; places of bad clocks and of faults are added to lists."""
    meter = next((str(record[name]) for name in ("MS", "GS", "CI") if record.get(name)), "")
    if not meter:
        raise place.bad("the record names no meter: MS, GS and CI are missing", "Give records that name their meter.")
    readings = record.get("RD")
    if not isinstance(readings, list):
        raise place.bad("the record has no list of readings RD", "Give records with readings.")
    found: dict[Register, list[Count]] = {}
    said: dict[str, Any] = {}
    is_over = False
    for number, reading in enumerate(readings, start=1):
        here = Place(place.path, f"{place.where}, reading {number}")
        if not isinstance(reading, dict):
            raise here.bad("the reading is not a JSON object", "Give the record exactly as the meter signed it.")
        said = {name: reading.get(name, said.get(name)) for name in FIELDS}
        is_over = is_over or said["TX"] == "X"
        quality = QUALITIES.get(str(said["ST"]))
        if is_over or quality is None or said["EF"] or "RV" not in reading:
            faults.append(here)
            continue
        register = _register(here, meter, said)
        if register is not None:
            time_s = _moment(here, said["TM"], clocks)
            total = total_wh(here, "RV", str(said["RV"]), UNITS[str(said["RU"])])
            found.setdefault(register, []).append(Count(meter, register.flow, time_s, total, here, quality))
    return found


def _register(place: Place, meter: str, said: Mapping[str, Any]) -> Register | None:
    """The register of a reading; None if it is none of energy."""
    code, unit = str(said["RI"]), str(said["RU"])
    named = REGISTER.fullmatch(code)
    if named is None or unit in ("mOhm", "uOhm"):
        return None
    if unit not in UNITS:
        raise place.bad(f"unit RU {unit[:20]!r} of {code[:30]!r} is not known", "Wh and kWh can be read.")
    group = named[1].upper()
    is_since_begin = group in SINCE_BEGIN or named[2] in SINCE_BEGIN
    for flow, groups in ((Flow.IMPORT, IMPORTS), (Flow.EXPORT, EXPORTS)):
        if group in groups:
            return Register(meter, flow, groups.index(group), code, is_since_begin)
    return None


def _moment(place: Place, text: object, clocks: list[Place]) -> int:
    """When a reading was taken, Unix seconds."""
    found = TIME.fullmatch(str(text))
    if found is None or not re.search(r"([+-]\d{2}:?\d{2}|Z)$", found[1]):
        remedy = "It must be as in 2018-07-24T13:22:04,000+0200 S."
        raise place.bad(f"time TM {str(text)[:40]!r} is not understood", remedy)
    if found[2] in "UI":
        clocks.append(place)
    return iso_moment(place, found[1], UTC)


def _chosen(found: Mapping[Register, object]) -> tuple[list[Register], list[str]]:
    """One register for each meter and direction, and the codes of the others."""
    best: dict[tuple[str, Flow], Register] = {}
    for register in found:
        key = register.meter, register.flow
        best[key] = min(best.get(key, register), register, key=lambda one: (one.is_since_begin, one.rank))
    chosen = list(best.values())
    return chosen, sorted({register.code for register in found if register not in chosen})
