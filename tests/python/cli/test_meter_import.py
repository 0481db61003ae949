"""`powerpact meter import` on the command line: what it writes, says and refuses."""

import json

import pytest
from typer.testing import CliRunner

from powerpact.cli import app
from powerpact.series.csvfile import read_csv
from powerpact.series.meters.formats import recognised
from powerpact.series.zones import zone_named
from testkit.meter_messages import (
    KEBA,
    KEBA_KEY,
    P1_METER,
    SERVER_ID,
    consumption_record,
    frame,
    green_button,
    telegram,
)

NOON_S = 1_719_828_000  # 2024-07-01T12:00+02:00
QUARTERS = range(NOON_S, NOON_S + 3_600, 900)
P1 = b"".join(telegram(NOON_S + 900 * place, 1_000 + 250 * place, 40 * place) for place in range(5))
EDL = b"".join(frame((1, 10 + 900 * place), {"1.8.0": 2_500 * place, "2.8.0": 400 * place}) for place in range(5))
GREEN = green_button([("1", [(at, 900, 250) for at in QUARTERS]), ("19", [(at, 900, 40) for at in QUARTERS])])
EDA = consumption_record("1-1:1.9.0 P.01", [(at, "0.250", "L1") for at in QUARTERS])
LATE = [(0, ""), (15, ""), (30, ""), (45, "100")]
"""Minute and load: a counter of export that does not rise says 0 even where import is not known."""
FILES = {"dsmr": P1, "ocmf": KEBA, "sml": EDL, "green-button": GREEN, "eda": EDA}


@pytest.fixture
def folder(tmp_path):
    for name, data in FILES.items():
        (tmp_path / name).write_bytes(data)
    (tmp_path / "keba.key").write_bytes(KEBA_KEY)
    return tmp_path


def run(*words):
    return CliRunner().invoke(app, ["meter", "import", *map(str, words)])


@pytest.mark.parametrize("name", FILES)
def test_formats_are_recognised_by_their_content(name):
    assert recognised(FILES[name]) == name


@pytest.mark.parametrize(
    ("name", "options", "home", "solar_wh"),
    [
        ("dsmr", [], P1_METER, 160),
        ("sml", ["--read-at", NOON_S + 3_600], SERVER_ID, 160),
        ("green-button", [], "5446AF3F", 160),
        ("eda", [], "AT0030000000000000000000000123456", 0),
    ],
)
def test_writes_series_that_the_demo_reads(folder, name, options, home, solar_wh):
    out = folder / "homes.csv"
    result = run(folder / name, "-o", out, *options)
    assert result.exit_code == 0, result.stderr
    profiles = read_csv(out)
    assert (profiles.homes, profiles.slot_s) == ((home,), 900)
    assert (profiles.start_s.tolist(), profiles.load_wh.sum(), profiles.solar_wh.sum()) == (
        list(QUARTERS),
        1_000,
        solar_wh,
    )
    assert f"{folder / name}: {name}" in result.stderr
    assert f"meter {home}: " in result.stderr
    assert "powerpact demo --profiles" in result.stderr


def test_a_charging_session_is_divided_by_choice(folder):
    out = folder / "homes.csv"
    result = run(folder / "ocmf", "-o", out, "--key", folder / "keba.key")
    assert result.exit_code != 0
    assert "no slot of this length is known as a whole" in result.stderr
    assert "--key FILE" in run(folder / "ocmf", "-o", out).stderr
    assert not out.exists()


def test_says_what_is_missing_and_how_to_fill_it(folder):
    late = folder / "late"
    late.write_bytes(P1[: len(P1) // 5] + telegram(NOON_S + 2_700, 2_000) + telegram(NOON_S + 3_600, 2_100))
    out = folder / "homes.csv"
    result = run(late, "-o", out, "--zone", "Europe/Berlin", "--home", "Rose Lane 1", "--slot", 900)
    assert result.exit_code == 0, result.stderr
    rows = [f"2024-07-01T12:{minute:02}+02:00,Rose Lane 1,{load},0" for minute, load in LATE]
    assert out.read_text().splitlines() == ["time,home,load_wh,solar_wh", *rows]
    assert "1 intervals longer than a slot, 1000 Wh in all, left out" in result.stderr
    spread = run(late, "-o", out, "--zone", "Europe/Berlin", "--spread")
    assert "4 slots of 15 minutes, 1.100 kWh of load" in spread.stderr
    gap = folder / "gap"
    gap.write_bytes(consumption_record("1-1:1.9.0", [(NOON_S, "0.1", "L3"), (NOON_S + 1_800, "0.3", "L1")]))
    told = run(gap, "-o", out, "--home", "a")
    assert (
        "gap: 1 slots without load of a (2024-07-01 12:15 +0200 to 2024-07-01 12:30 +0200), left empty" in told.stderr
    )
    assert "1 slots with estimated values in load of a" in told.stderr
    assert f"powerpact data import {out} -o filled.csv --gaps interpolate" in told.stderr
    filled = CliRunner().invoke(app, ["data", "import", str(out), "-o", str(folder / "f"), "--gaps", "interpolate"])
    assert filled.exit_code == 0, filled.stderr
    assert read_csv(folder / "f").load_wh[:, 0].tolist() == [100, 200, 300]


def test_meters_for_import_and_export_make_one_home(folder):
    fed_in = folder / "export"
    fed_in.write_bytes(consumption_record("1-1:2.9.0 P.01", [(at, "0.040", "L1") for at in QUARTERS], point="AT003Y"))
    out = folder / "homes.csv"
    assert run(fed_in, folder / "eda", "-o", out, "--home", "a", "--slot", 3600).exit_code == 0
    assert out.read_text() == "time,home,load_wh,solar_wh\n2024-07-01T12:00+02:00,a,1000,160\n"


def test_json_and_standard_output(folder):
    out = folder / "homes.csv"
    told = json.loads(run(folder / "dsmr", "-o", out, "--json").stdout)
    assert told["formats"] == {str(folder / "dsmr"): "dsmr"}
    assert (told["slots"], told["slot_s"], told["load_wh"], told["solar_wh"]) == (4, 900, 1_000, 160)
    assert told["meters"] == [
        {
            "meter": P1_METER,
            "intervals": 4,
            "first_s": NOON_S,
            "last_s": NOON_S + 3_600,
            "imported_wh": 1_000,
            "exported_wh": 160,
            "measured": 4,
            "substituted": 0,
            "estimated": 0,
            "missing": 0,
        }
    ]
    assert (told["gaps"], told["refused"], told["zone"]) == ([], [], "Europe/Amsterdam")
    assert run(folder / "dsmr").stdout == out.read_text(encoding="utf-8")
    assert len(read_csv(out, zone_named("Europe/Berlin")).start_s) == 4


def test_a_damaged_part_is_told(folder):
    path = folder / "dsmr"
    path.write_bytes(P1.replace(b"2024", b"2025") + telegram(NOON_S + 4_500, 2_250)[:200])
    result = run(path, "-o", folder / "out.csv")
    assert result.exit_code == 0
    assert f"refused: {path}: line 61: the telegram is cut" in result.stderr


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["dsmr", "--slot", "600"], "is no length of a slot"),
        (["dsmr", "--zone", "Europe/Berlyn"], "is no time zone"),
        (["dsmr", "dsmr"], "is named twice"),
        (["dsmr", "eda", "--read-at", "2024-07-01T12:00Z"], "is the time of one file"),
        (["dsmr", "--format", "eda"], "this is not XML"),
        (["dsmr", "--home", "x" * 41], "is not a name"),
        (["keba.key"], "shows none of the formats dsmr, ocmf, sml, green-button, eda"),
        (["none"], "No such file"),
        (["sml"], "--read-at"),
    ],
)
def test_says_what_is_wrong(folder, words, told):
    out = folder / "out.csv"
    names = {*FILES, "keba.key", "none"}
    result = run(
        *(
            folder / word if word in names and words[max(0, place - 1)] != "--format" else word
            for place, word in enumerate(words)
        ),
        "-o",
        out,
    )
    assert result.exit_code != 0
    assert told in result.stderr
    assert not out.exists()


def test_never_overwrites_a_meter_file_and_keeps_json_apart(folder):
    path = folder / "dsmr"
    assert "is a meter's file" in run(path, "-o", path).stderr
    assert path.read_bytes() == P1
    assert "is taken by --json" in run(path, "--json").stderr
