"""Austrian energy data (EDA): consumption records that network operators send, in XML.

A position has its begin and its end with their offsets from UTC, an amount (BQ) in kWh and a method (MM): L1 is
measured, L2 a substitute, L3 an estimate. Of the codes of a metering point its own total counts, 1-1:1.9.0 drawn and
1-1:2.9.0 fed in (P.01, G.01), not its shares in a community (G.02, G.03).
"""

from __future__ import annotations

import re
from datetime import tzinfo
from decimal import Decimal
from typing import Final

from powerpact.series.limits import DAY_S, HOUR_S
from powerpact.series.meters.amounts import Amount, energy_uwh, from_amounts
from powerpact.series.meters.intervals import Flow, MeterData, Place, Quality, Source, noted
from powerpact.series.meters.times import iso_moment
from powerpact.series.meters.xmltree import REMEDY, Element, read_xml
from powerpact.series.zones import zone_named

ZONE: Final = "Europe/Vienna"
CODE: Final = re.compile(r"1-\d:([12])\.[89]\.0(?: (?:P|G)\.01)?")
FLOWS: Final = {"1": Flow.IMPORT, "2": Flow.EXPORT}
UNITS: Final = {"WH": Decimal(1), "KWH": Decimal(1000), "MWH": Decimal(1_000_000)}
QUALITIES: Final = {"L1": Quality.MEASURED, "L2": Quality.SUBSTITUTED, "L3": Quality.ESTIMATED, "01": Quality.MEASURED}
LENGTHS_S: Final = {"QH": HOUR_S // 4, "H": HOUR_S}
"""Lengths of a position without an end, by the interval that is stated."""
MAX_LENGTH_S: Final = 400 * DAY_S
"""Longest position, s."""
POSITION: Final = ("EP", "EnergyPosition", "ConsumptionPosition")
FROM: Final = ("DTF", "From", "DateTimeFrom")
TO: Final = ("DTT", "To", "DateTimeTo")
AMOUNT: Final = ("BQ", "BillingQuantity")
METHOD: Final = ("MM", "MeteringMethod", "Quality")


def read_eda(source: Source) -> MeterData:
    """Read the consumption records of a document.

    Raises
    ------
    BadMeterFile
        If there is none, or a position is bad.
    """
    zone = source.zone or zone_named(ZONE)
    amounts: list[Amount] = []
    shares: list[Place] = []
    unknown: list[Place] = []
    missing: list[Place] = []
    root = read_xml(source)
    market = root.all("MarketParticipantDirectory")
    simulated = [one.place for one in market if one.attributes.get("DocumentMode") == "SIMU"]
    for process in root.all("ProcessDirectory"):
        meter = process.needed("MeteringPoint")
        for energy in process.all("Energy", "Consumption"):
            length_s = LENGTHS_S.get(energy.value("MeteringIntervall", "MeteringInterval") or "")
            for data in energy.all("EnergyData"):
                code = CODE.fullmatch(data.attributes.get("MeterCode", "").strip())
                if code is None:
                    shares.append(data.place)
                    continue
                found = _Positions(data, meter, FLOWS[code[1]], length_s)
                amounts += found.read(zone)
                unknown += found.unknown
                missing += found.missing
    if not amounts:
        place = shares[0] if shares else source.place()
        raise place.bad("there is no energy of 1-1:1.9.0 or 1-1:2.9.0", "Ask for the metering point's own energy.")
    notes = [
        *noted("simulated", simulated, "documents of a test (SIMU), not of real energy"),
        *noted("code", shares, "series of other codes, such as shares in a community, passed over"),
        *noted("method", unknown, "values without a known method (L1, L2, L3), taken for estimates"),
        *noted("missing", missing, "positions without a value"),
    ]
    return MeterData(tuple(from_amounts(amounts)), notes=tuple(notes), zone=zone)


class _Positions:
    """The positions of one code."""

    def __init__(self, data: Element, meter: str, flow: Flow, length_s: int | None) -> None:
        self.data = data
        self.meter = meter
        self.flow = flow
        self.length_s = length_s
        self.unknown: list[Place] = []
        self.missing: list[Place] = []
        unit = data.attributes.get("UOM", "")
        if unit.upper() not in UNITS:
            raise data.place.bad(f"unit UOM {unit[:20]!r} is not known", f"Energies in {', '.join(UNITS)} can be read.")
        self.wh = UNITS[unit.upper()]

    def read(self, zone: tzinfo) -> list[Amount]:
        """All of them, in their order, by which a time is told apart that the clock shows twice."""
        amounts = []
        after_s: int | None = None
        for position in self.data.all(*POSITION):
            start_s = iso_moment(position.place, position.needed(*FROM), zone, after_s)
            amounts.append(self._amount(position, start_s, self._end(position, start_s, zone)))
            after_s = start_s
        return amounts

    def _end(self, position: Element, start_s: int, zone: tzinfo) -> int:
        """The moment after a position, Unix seconds."""
        text = position.value(*TO)
        if text is None:
            if self.length_s is None:
                raise position.place.bad("the position has no end DTT, and its length is not stated", REMEDY)
            return start_s + self.length_s
        end_s = iso_moment(position.place, text, zone, start_s)
        if not start_s < end_s <= start_s + MAX_LENGTH_S:
            raise position.place.bad(f"the position ends at {text[:40]!r}, not after its begin", REMEDY)
        return end_s

    def _amount(self, position: Element, start_s: int, end_s: int) -> Amount:
        """The energy of a position; without an amount it is missing."""
        text, method = position.value(*AMOUNT), position.value(*METHOD)
        span = self.meter, self.flow, start_s, end_s
        if text is None:
            self.missing.append(position.place)
            return Amount(*span, None, Quality.MISSING, position.place)
        if method not in QUALITIES:
            self.unknown.append(position.place)
        quality = QUALITIES.get(method or "", Quality.ESTIMATED)
        return Amount(*span, energy_uwh(position.place, AMOUNT[0], text, self.wh), quality, position.place)
