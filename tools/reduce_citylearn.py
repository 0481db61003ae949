"""Reduce the CityLearn Challenge 2022 data to the compact file that the package carries.

    pip download --no-deps CityLearn==2.1.2
    python tools/reduce_citylearn.py CityLearn-2.1.2-py3-none-any.whl powerpact/simulation/data/citylearn2022.npz

The wheel's SHA-256 is checked first. The same wheel gives the same bytes: members are stored in a fixed order
with a fixed date. `powerpact/simulation/data/README.md` says what is kept and how it is converted; nothing is repaired,
filled or smoothed.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import io
import json
import sys
import zipfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

WHEEL_SHA256 = "95730b1deed73b1f5a4d17eb8334be3c99efa4aef8677822378d62d8359511dd"
FOLDER = "citylearn/data/citylearn_challenge_2022_phase_all"
HOMES = 17
HOURS = 8760
FIRST_HOUR = datetime(2016, 8, 1, tzinfo=UTC)  # local wall clock, carried as if it were UTC; see `check_calendar`
MAX_UINT16 = 2**16 - 1

LOAD = "Equipment Electric Power [kWh]"
SOLAR = "Solar Generation [W/kW]"
PRICE = "Electricity Pricing [$/kWh]"
OTHER_LOADS = ("DHW Heating [kWh]", "Cooling Load [kWh]", "Heating Load [kWh]")


def read_table(wheel: zipfile.ZipFile, name: str) -> dict[str, list[str]]:
    """Read the columns of a CSV file of the wheel, as text."""
    with wheel.open(f"{FOLDER}/{name}") as stream:
        rows = list(csv.reader(io.TextIOWrapper(stream, encoding="utf-8")))
    header, body = rows[0], rows[1:]
    if len(body) != HOURS:
        sys.exit(f"{name}: {len(body)} rows, expected {HOURS}")
    return {column: [row[index] for row in body] for index, column in enumerate(header)}


def check_calendar(table: dict[str, list[str]], name: str) -> None:
    """Check that row k is hour k after 2016-08-01 00:00; midnight is hour 24 of the day before."""
    for k, labels in enumerate(zip(table["Month"], table["Hour"], table["Day Type"], strict=True)):
        start = FIRST_HOUR + timedelta(hours=k)
        day = start - timedelta(hours=1) if start.hour == 0 else start
        expected = (day.month, start.hour or 24, day.isoweekday())
        if tuple(int(float(label)) for label in labels) != expected:
            sys.exit(f"{name}, row {k + 2}: month, hour, day type are {labels}, expected {expected}")


def to_uint16(values: NDArray[np.float64], what: str) -> NDArray[np.uint16]:
    """Round to whole numbers, halves to even, and narrow; refuse what does not fit."""
    whole: NDArray[np.float64] = np.rint(values)
    if not np.isfinite(whole).all() or whole.min() < 0 or whole.max() > MAX_UINT16:
        sys.exit(f"{what}: values from {whole.min()} to {whole.max()} do not fit 0 to {MAX_UINT16}")
    return whole.astype("<u2")


def reduce(wheel: zipfile.ZipFile) -> dict[str, NDArray[np.uint16]]:
    """Make the arrays of the compact file."""
    schema: dict[str, Any] = json.loads(wheel.read(f"{FOLDER}/schema.json"))
    if schema["seconds_per_time_step"] != 3600:
        sys.exit(f"schema.json: a time step of {schema['seconds_per_time_step']} s, expected 3600")
    load_wh, solar_wh, nominal_w = [], [], []
    for number in range(1, HOMES + 1):
        name = f"Building_{number}"
        building = schema["buildings"][name]
        table = read_table(wheel, building["energy_simulation"])
        check_calendar(table, name)
        for column in OTHER_LOADS:
            if any(float(value) for value in table[column]):
                sys.exit(f"{name}: {column} is not zero, so {LOAD} is not the whole load")
        nominal_kw = float(building["pv"]["attributes"]["nominal_power"])
        load_wh.append(to_uint16(np.array(table[LOAD], float) * 1000, f"{name} load"))
        solar_wh.append(to_uint16(np.array(table[SOLAR], float) * nominal_kw, f"{name} solar"))
        nominal_w.append(round(nominal_kw * 1000))
    cents = np.array(read_table(wheel, "pricing.csv")[PRICE], float) * 100
    if np.abs(cents - np.rint(cents)).max() > 1e-9:
        sys.exit("pricing.csv: a price is not a whole number of cents")
    return {
        "load_wh": np.stack(load_wh),
        "solar_wh": np.stack(solar_wh),
        "pv_nominal_w": np.array(nominal_w, "<u2"),
        "retail_cents_per_kwh": to_uint16(cents, "price"),
    }


def write(arrays: dict[str, NDArray[np.uint16]], target: Path) -> None:
    """Write an ``.npz`` whose bytes depend on nothing but the arrays."""
    with zipfile.ZipFile(target, "w") as archive:
        for name, array in arrays.items():
            member = io.BytesIO()
            np.lib.format.write_array(member, array, version=(1, 0), allow_pickle=False)
            info = zipfile.ZipInfo(f"{name}.npy", date_time=(1980, 1, 1, 0, 0, 0))
            info.compress_type, info.create_system = zipfile.ZIP_DEFLATED, 3
            archive.writestr(info, member.getvalue(), compresslevel=9)


def main() -> None:
    """Check the wheel, reduce it, and say what was written."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("wheel", type=Path, help="CityLearn-2.1.2-py3-none-any.whl")
    parser.add_argument("target", type=Path, help="the .npz file to write")
    options = parser.parse_args()
    digest = hashlib.sha256(options.wheel.read_bytes()).hexdigest()
    if digest != WHEEL_SHA256:
        sys.exit(f"{options.wheel}: SHA-256 is {digest}, expected {WHEEL_SHA256}")
    with zipfile.ZipFile(options.wheel) as wheel:
        write(reduce(wheel), options.target)
    data = options.target.read_bytes()
    print(f"{options.target}: {len(data)} bytes, SHA-256 {hashlib.sha256(data).hexdigest()}")


if __name__ == "__main__":
    main()
