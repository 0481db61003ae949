"""`powerpact data import` on the command line: what it writes, says and refuses."""

from __future__ import annotations

import json
from datetime import date

import pytest
from typer.testing import CliRunner

from powerpact.cli import app
from powerpact.series.csvfile import read_csv
from powerpact.series.zones import zone_named
from testkit.meter_file import meter_file

PORTAL = ["--wide", "--time-column", "Zeitpunkt", "--load-suffix", " Bezug", "--solar-suffix", " PV"]
PORTAL += ["--decimal", ",", "--unit", "kWh", "--zone", "Europe/Berlin", "--stamps", "end"]


@pytest.fixture
def portal(tmp_path):
    path = tmp_path / "portal.csv"
    path.write_bytes(meter_file(date(2016, 10, 29), date(2016, 10, 31)))
    return path


def run(*words):
    return CliRunner().invoke(app, ["data", "import", *map(str, words)])


def test_writes_series_and_says_what_it_changed(portal, tmp_path):
    out = tmp_path / "series.csv"
    result = run(portal, "-o", out, *PORTAL)
    assert result.exit_code == 0, result.stderr
    assert "196 rows, in cp1252, fields separated by ';'" in result.stderr
    assert "9 times that the clock shows twice, told apart by their order (line 105, " in result.stderr
    assert "4 homes, 196 slots of 15 minutes, 2 whole days from 2016-10-29 on" in result.stderr
    assert "--zone Europe/Berlin" in result.stderr
    assert len(read_csv(out, zone_named("Europe/Berlin")).day(date(2016, 10, 30)).start_s) == 100


def test_json_and_standard_output(portal, tmp_path):
    out = tmp_path / "series.csv"
    told = json.loads(run(portal, "-o", out, *PORTAL, "--json").stdout)
    assert (told["slots"], told["slot_s"], told["days"], told["first_day"]) == (196, 900, 2, "2016-10-29")
    assert [change["code"] for change in told["changes"]] == ["read", "ambiguous", "end"]
    assert run(portal, "-o", "-", *PORTAL).stdout == out.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--zone", "Europe/Berlyn"], "is no time zone"),
        (["--decimal", "'"], "is no decimal sign"),
        (["--thousands", ","], "is no decimal sign"),
        (["--interval", "20"], "is no length of a slot"),
        (["--separator", "::"], "is not one sign"),
        (["--time-column", "Datum"], "no column 'Datum'"),
    ],
)
def test_says_what_is_wrong_with_an_option(portal, tmp_path, words, told):
    out = tmp_path / "series.csv"
    result = run(portal, "-o", out, *PORTAL, *words)
    assert result.exit_code != 0
    assert told in result.stderr
    assert not out.exists()


def test_standard_output_takes_series_or_json(portal):
    result = run(portal, "-o", "-", *PORTAL, "--json")
    assert (result.exit_code != 0, result.stdout) == (True, "")
    assert "is taken by --json" in result.stderr


def test_never_overwrites_the_table(portal):
    before = portal.read_bytes()
    result = run(portal, "-o", portal, *PORTAL)
    assert result.exit_code != 0
    assert "is the table itself" in result.stderr
    assert portal.read_bytes() == before


def test_a_spike_is_told(tmp_path):
    path = tmp_path / "meter.csv"
    rows = [
        f"2021-06-0{1 + hour // 24}T{hour % 24:02}:00Z,a,{9_000_000 if hour == 30 else 400},0" for hour in range(48)
    ]
    path.write_text("\n".join(["time,home,load_wh,solar_wh", *rows]))
    result = run(path, "-o", tmp_path / "out.csv")
    assert result.exit_code == 0
    assert "odd: a: a spike of 9000.0 kWh of load in the slot from 2021-06-02 06:00" in result.stderr
