"""A meter portal's file of quarter hours in local time, made of the bundled homes' hours."""

from __future__ import annotations

from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from powerpact.simulation.community import draw_int
from powerpact.simulation.data.citylearn import load_citylearn

ZONE = ZoneInfo("Europe/Berlin")
HOMES = {"Lärche 1": 1, "Lärche 3": 5, "Lärche 5": 12, "Lärche 7": 6}
"""Homes of the file, and columns of the bundled series."""
QUARTER_S = 900
HOURS_BEHIND = 8
"""Hours by which the bundled clock is behind that of the zone in winter: the sun rises at the right time of the day."""


def quarters_wh(energy_wh: int, *what: object) -> list[int]:
    """An hour's energy in four unequal quarters."""
    shares = [draw_int(60, 140, *what, quarter) for quarter in range(4)]
    parts = [energy_wh * share // sum(shares) for share in shares]
    return [*parts[:3], energy_wh - sum(parts[:3])]


def quarter_hours(first: date, last: date) -> list[tuple[int, dict[str, tuple[int, int]]]]:
    """Start of each quarter between two local midnights, and each home's load and solar energy, Wh.

    The bundled hours follow each other without a gap, as they do in reality: the clock alone jumps.
    """
    profiles = load_citylearn()
    begin, end = (int(datetime.combine(day, time(), ZONE).timestamp()) for day in (first, last))
    row = (begin - int(profiles.start_s[0])) // 3600 + HOURS_BEHIND
    found = []
    for hour in range((end - begin) // 3600):
        energies = {
            home: [
                quarters_wh(int(series[row + hour, column]), kind, home, hour)
                for kind, series in (("load", profiles.load_wh), ("solar", profiles.solar_wh))
            ]
            for home, column in HOMES.items()
        }
        for quarter in range(4):
            values = {home: (loads[quarter], suns[quarter]) for home, (loads, suns) in energies.items()}
            found.append((begin + 3600 * hour + QUARTER_S * quarter, values))
    return found


def meter_file(first: date, last: date) -> bytes:
    """The file: Latin-1, semicolons, decimal commas, kWh, a column for each series, local times at the ends."""
    head = "Zeitpunkt;" + ";".join(f"{home} Bezug;{home} PV" for home in HOMES)
    lines = [head]
    for start_s, values in quarter_hours(first, last):
        end = datetime.fromtimestamp(start_s + QUARTER_S, ZONE)
        cells = ";".join(f"{wh // 1000},{wh % 1000:03d}" for pair in values.values() for wh in pair)
        lines.append(f"{end:%d.%m.%Y %H:%M};{cells}")
    return ("\r\n".join(lines) + "\r\n").encode("latin-1")
