"""Each kind of bad row is refused with its line and reason; good files are read to the last Wh."""

from __future__ import annotations

import random
import re
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path

import numpy as np
import pytest

from powerpact.series.csvfile import format_csv, read_csv
from powerpact.series.errors import BadProfiles
from powerpact.series.zones import zone_named
from powerpact.simulation.data.citylearn import load_citylearn

HEADER = "time,home,load_wh,solar_wh"
START_S = 1_717_200_000  # 2024-06-01T00:00Z
GOOD = [f"{START_S + 3600 * hour},{home},{100 + hour},{hour}" for hour in range(24) for home in ("a", "b")]


@pytest.fixture
def write(tmp_path):
    def write(*lines, encoding="utf-8"):
        path = tmp_path / "homes.csv"
        path.write_bytes("\n".join(lines).encode(encoding))
        return path

    return write


def test_good_file(write):
    profiles = read_csv(write(HEADER, *GOOD, ""))
    assert profiles.homes == ("a", "b")
    assert profiles.load_wh.tolist() == [[100 + hour, 100 + hour] for hour in range(24)]
    assert profiles.solar_wh.tolist() == [[hour, hour] for hour in range(24)]
    assert profiles.start_s.tolist() == [START_S + 3600 * hour for hour in range(24)]
    assert (profiles.first_day, profiles.days, profiles.community) == (date(2024, 6, 1), 1, "homes")


def test_rows_and_columns_in_any_order(write):
    lines = [",".join(reversed(line.split(","))) for line in GOOD]
    random.Random(1).shuffle(lines)
    shuffled = read_csv(write(",".join(reversed(HEADER.split(","))), *lines)).choose(["a", "b"])
    plain = read_csv(write(HEADER, *GOOD))
    columns = [shuffled.homes.index(home) for home in plain.homes]
    assert (shuffled.load_wh[:, columns] == plain.load_wh).all()
    assert (shuffled.solar_wh[:, columns] == plain.solar_wh).all()


def test_iso_times_with_offset_and_byte_order_mark(write):
    lines = [f"2024-06-01T{hour:02}:00+02:00,a,{hour},0" for hour in range(24)]
    profiles = read_csv(write(HEADER, *lines, encoding="utf-8-sig"))
    assert profiles.zone == timezone(timedelta(hours=2))
    assert (profiles.first_day, profiles.days) == (date(2024, 6, 1), 1)
    assert profiles.start_s[0] == START_S - 7200
    assert profiles.local(int(profiles.start_s[0])).hour == 0


def test_quotes_blanks_and_crlf(write):
    lines = [f' {START_S + 3600 * hour} ,"the ""big"" house, left", 5 ,+0' for hour in range(2)]
    assert read_csv(write(HEADER + "\r", *(line + "\r" for line in lines))).homes == ('the "big" house, left',)


def test_a_day_has_the_slots_that_start_on_its_date_in_zones_of_half_an_hour(write):
    lines = [f"2024-06-01T{hour:02}:30+05:30,a,{hour},0" for hour in range(24)]
    profiles = read_csv(write(HEADER, *lines))
    assert profiles.zone == timezone(timedelta(hours=5, minutes=30))
    assert (profiles.first_day, profiles.days) == (date(2024, 6, 1), 1)
    assert [f"{profiles.local(int(start_s)):%H:%M}" for start_s in profiles.day(0).start_s][::23] == ["00:30", "23:30"]


@pytest.mark.parametrize("minutes", [15, 30])
def test_shorter_slots_are_found_and_summed_on_request(write, minutes):
    slots = range(0, 1440, minutes)
    lines = [f"2024-06-01T{minute // 60:02}:{minute % 60:02}Z,a,{minute},1" for minute in slots]
    profiles = read_csv(write(HEADER, *lines))
    assert (profiles.slot_s, len(profiles.start_s), profiles.days) == (minutes * 60, 1440 // minutes, 1)
    hours = profiles.summed(3600)
    assert (hours.slot_s, hours.start_s.tolist()) == (3600, list(range(START_S, START_S + 86_400, 3600)))
    parts = 60 // minutes
    assert hours.load_wh[:, 0].tolist() == [sum(slots[parts * hour : parts * hour + parts]) for hour in range(24)]
    assert hours.solar_wh[:, 0].tolist() == [parts] * 24


def test_a_changing_offset_is_told_with_its_line_and_a_zone_heals_it(write):
    begin = datetime(2021, 3, 27, 23, tzinfo=UTC)  # midnight of the 28th in Berlin
    moments = [begin + timedelta(hours=hour) for hour in range(48)]
    lines = [f"{moment.astimezone(zone_named('Europe/Berlin')).isoformat()},a,1,0" for moment in moments]
    path = write(HEADER, *lines)
    fixed = read_csv(path)
    assert "From line 4 on the file's clock is at UTC+02:00" in fixed.time_note
    assert fixed.days == 2
    named = read_csv(path, zone_named("Europe/Berlin"))
    assert named.time_note == "Clock of Europe/Berlin."
    assert [len(named.day(number).start_s) for number in range(named.days)] == [23, 24]


def test_what_is_written_is_read_again(write):
    profiles = read_csv(write(HEADER, *GOOD), zone_named("Asia/Kathmandu"))
    again = read_csv(write(*format_csv(profiles).splitlines()), zone_named("Asia/Kathmandu"))
    assert (again.start_s == profiles.start_s).all()
    assert (again.load_wh == profiles.load_wh).all()
    assert (again.solar_wh == profiles.solar_wh).all()


def test_writing_and_reading_gives_the_same_series(write):
    day = load_citylearn().day(300)
    lines = [
        f"{datetime.fromtimestamp(int(start_s), UTC).isoformat()},{home},{day.load_wh[row, column]},"
        f"{day.solar_wh[row, column]}"
        for row, start_s in enumerate(day.start_s)
        for column, home in enumerate(day.homes)
    ]
    read = read_csv(write(HEADER, *lines))
    assert read.homes == day.homes
    assert (read.load_wh == day.load_wh).all()
    assert (read.solar_wh == day.solar_wh).all()
    assert read.load_wh.dtype == np.int64


def row(time=START_S, home="c", load="100", solar="0"):
    return f"{time},{home},{load},{solar}"


BAD_ROWS = {
    "missing field": ("1717200000,a,100", "3 fields where the header has 4"),
    "extra field": ("1717200000,a,100,0,7", "5 fields where the header has 4"),
    "load is a fraction": (row(load="1.5"), "load_wh '1.5' is not an integer"),
    "load is nan": (row(load="NaN"), "load_wh 'NaN' is not an integer"),
    "load is infinite": (row(load="inf"), "load_wh 'inf' is not an integer"),
    "load is empty": (row(load=""), "load_wh '' is not an integer"),
    "load has an exponent": (row(load="1e3"), "load_wh '1e3' is not an integer"),
    "load has an underscore": (row(load="1_000"), "load_wh '1_000' is not an integer"),
    "load in other digits": (row(load="١٢"), "is not an integer"),
    "load is negative": (row(load="-1"), "load_wh -1 is negative"),
    "solar is negative": (row(solar="-250"), "solar_wh -250 is negative"),
    "solar is text": (row(solar="sunny"), "solar_wh 'sunny' is not an integer"),
    "load too large": (row(load="1000000001"), "load_wh 1000000001 is above 1000000000 Wh"),
    "load of thousands of digits": (row(load="9" * 5000), "is above 1000000000 Wh"),
    "home is empty": (row(home=""), "home '' is not a name"),
    "home is too long": (row(home="x" * 41), "is not a name"),
    "home with a control character": (row(home="a\x1b[31m"), "is not a name"),
    "time is text": (row(time="yesterday"), "time 'yesterday' is neither ISO 8601 nor Unix seconds"),
    "time is a fraction": (row(time="1717200000.0"), "is neither ISO 8601 nor Unix seconds"),
    "time is negative": (row(time="-3600"), "is neither ISO 8601 nor Unix seconds"),
    "time zone unknown": (row(time="2024-06-01T00:00"), "time '2024-06-01T00:00' has an unknown time zone"),
    "date without time": (row(time="2024-06-01"), "has an unknown time zone"),
    "time before 1970": (row(time="1969-12-31T00:00Z"), "is not within 0 and 1099511627775 Unix seconds"),
    "time in milliseconds": (row(time=START_S * 1000), "is not within 0 and 1099511627775 Unix seconds"),
    "time within the hour": (
        row(time=START_S + 900),
        "irregular step: time 1717200900 is not the start of a slot of 3600 s",
    ),
    "time with a fraction of a second": (row(time="2024-06-01T00:00:00.5Z"), "has a fraction of a second"),
    "duplicate": (GOOD[3], "this slot of b is already in line 5"),
}


@pytest.mark.parametrize(("bad", "reason"), BAD_ROWS.values(), ids=BAD_ROWS)
def test_bad_row_is_refused_with_line_and_reason(write, bad, reason):
    lines = [HEADER, *GOOD]
    lines.insert(31, bad)
    with pytest.raises(BadProfiles) as caught:
        read_csv(write(*lines))
    assert caught.value.line == 32
    assert reason in caught.value.problem
    assert caught.value.remedy
    assert "homes.csv:32: " in str(caught.value)


def test_line_is_that_of_the_file_when_a_field_has_a_line_break(write):
    with pytest.raises(BadProfiles) as caught:
        read_csv(write(HEADER, f'{START_S},"a\nb",1,2', GOOD[0]))
    assert caught.value.line == 3
    assert "is not a name" in caught.value.problem


def test_missing_slot_of_all_homes(write):
    with pytest.raises(BadProfiles) as caught:
        read_csv(write(HEADER, *GOOD[:10], *GOOD[12:]))
    assert caught.value.line == 12
    assert caught.value.problem == (
        f"missing slot before this line's: nothing starts at {START_S + 5 * 3600} Unix seconds"
    )


def test_missing_slot_of_one_home(write):
    with pytest.raises(BadProfiles) as caught:
        read_csv(write(HEADER, *GOOD[:11], *GOOD[12:]))
    assert caught.value.line == 12
    assert "no row of b starts at this line's time" in caught.value.problem


@pytest.mark.parametrize("missing", HEADER.split(","))
def test_missing_column(write, missing):
    header = ",".join(name for name in HEADER.split(",") if name != missing)
    with pytest.raises(BadProfiles, match=f"homes.csv:1: no column {missing}"):
        read_csv(write(header, "1,2,3"))


@pytest.mark.parametrize(
    ("header", "reason"),
    [(HEADER + ",price", "unknown column 'price'"), (HEADER + ",home", "column home is there twice")],
)
def test_bad_header(write, header, reason):
    with pytest.raises(BadProfiles, match=f"homes.csv:1: {reason}"):
        read_csv(write(header, *GOOD))


def test_no_rows(write):
    with pytest.raises(BadProfiles, match="there are no rows"):
        read_csv(write(HEADER))


def test_empty_file(write):
    with pytest.raises(BadProfiles, match="no column time"):
        read_csv(write(""))


@pytest.mark.parametrize(
    "data", [b"\xff\xfe\x00t", (HEADER + '\n1,"a,2,3').encode()], ids=["other encoding", "open quote"]
)
def test_not_a_csv_file(tmp_path, data):
    path = tmp_path / "homes.csv"
    path.write_bytes(data)
    with pytest.raises(BadProfiles, match="not a CSV file in UTF-8"):
        read_csv(path)


def test_unreadable_file(tmp_path):
    with pytest.raises(BadProfiles, match="No such file"):
        read_csv(tmp_path / "nowhere.csv")


def test_own_data_are_flagged_by_the_same_rules(write):
    hours = range(24 * 31)
    lines = [f"{START_S + 3600 * hour},a,{0 if hour % 5 == 0 else 50},{10 if hour >= 24 else 0}" for hour in hours]
    flags = {flag.code: flag.sentence for flag in read_csv(write(HEADER, *lines)).flags}
    assert flags == {
        "solar-gap": "no solar energy at all on 1 of 31 days",
        "load-zero": "no load in 20% of the slots",
    }


def test_example_of_the_docs_can_be_read(write):
    docs = Path(__file__).parents[3] / "docs" / "data.md"
    (example,) = re.findall(r"```csv\n(.*?)```", docs.read_text(encoding="utf-8"), re.DOTALL)
    profiles = read_csv(write(*example.splitlines()))
    assert profiles.homes == ("Rose Lane 1", "Rose Lane 2")
    assert profiles.load_wh.tolist() == [[310, 275], [290, 268]]
