"""Tables as meters and portals write them: read as meant, changed as stated, refused with the line."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from powerpact.series.csvfile import format_csv, read_csv
from powerpact.series.errors import BadProfiles
from powerpact.series.importing.options import Gaps, Layout, Negatives, Rules, Stamps, Unit
from powerpact.series.importing.steps import import_table
from powerpact.series.zones import zone_named
from testkit.meter_file import HOMES, ZONE, meter_file, quarter_hours

BERLIN = Rules(zone=ZONE)
WIDE = Layout(is_wide=True)


def rules(**changes):
    return Rules(**({"zone": ZONE} | changes))


def table(*lines, layout=None, encoding="utf-8", **changes):
    return import_table("meter.csv", "\n".join(lines).encode(encoding), layout or Layout(), rules(**changes))


def loads(imported, home=0):
    return imported.profiles.load_wh[:, home].tolist()


def starts(imported):
    return [imported.profiles.local(int(start_s)).isoformat()[5:] for start_s in imported.profiles.start_s]


def change(imported, code):
    return next(change for change in imported.changes if change.code == code)


@pytest.mark.parametrize(
    ("first", "day", "slots"),
    [(date(2017, 3, 25), date(2017, 3, 26), 92), (date(2016, 10, 29), date(2016, 10, 30), 100)],
)
def test_a_portal_file_over_a_clock_change(first, day, slots, tmp_path):
    last = first + timedelta(days=3)
    layout = Layout(time=("Zeitpunkt",), is_wide=True, load_suffix=" Bezug", solar_suffix=" PV")
    meant = Rules(decimal=",", unit=Unit.KWH, zone=ZONE, stamps=Stamps.END)
    imported = import_table("portal.csv", meter_file(first, last), layout, meant)
    real = quarter_hours(first, last)
    assert imported.profiles.homes == tuple(HOMES)
    assert imported.profiles.start_s.tolist() == [start_s for start_s, _ in real]
    assert imported.profiles.load_wh.tolist() == [[load for load, _ in values.values()] for _, values in real]
    assert imported.profiles.solar_wh.tolist() == [[solar for _, solar in values.values()] for _, values in real]
    assert len(imported.profiles.day(day).start_s) == slots
    assert {change.code for change in imported.changes} <= {"read", "end", "ambiguous"}
    path = tmp_path / "series.csv"
    path.write_text(format_csv(imported.profiles))
    assert (read_csv(path, ZONE).load_wh == imported.profiles.load_wh).all()


AUTUMN = ["01:45", "02:00", "02:15", "02:30", "02:45", "02:00", "02:15", "02:30", "02:45", "03:00"]


def test_an_hour_that_comes_twice_is_told_apart_by_order():
    rows = [f"2021-10-31 {clock},{number},0" for number, clock in enumerate(AUTUMN)]
    layout = Layout(one_home="a")
    imported = table("time,load_wh,solar_wh", *rows, layout=layout)
    assert loads(imported) == list(range(10))
    assert starts(imported)[1::4] == ["10-31T02:00:00+02:00", "10-31T02:00:00+01:00", "10-31T03:00:00+01:00"]
    assert change(imported, "ambiguous").count == 8
    assert change(imported, "ambiguous").lines == (3, 4, 5, 6, 7)
    backwards = table("time,load_wh,solar_wh", *reversed(rows), layout=layout)
    assert loads(backwards) == list(range(10))


@pytest.mark.parametrize(
    "ends",
    [
        # as the clock shows it then: at the end of 02:45 of summer time it is 02:00 again
        ["02:00", "02:15", "02:30", "02:45", "02:00", "02:15", "02:30", "02:45", "03:00"],
        # as the start plus a quarter of an hour
        ["02:00", "02:15", "02:30", "02:45", "03:00", "02:15", "02:30", "02:45", "03:00"],
    ],
)
def test_ends_of_intervals_in_autumn(ends):
    rows = [f"31.10.2021 {clock},{number},0" for number, clock in enumerate(ends)]
    imported = table("time,load_wh,solar_wh", *rows, layout=Layout(one_home="a"), stamps=Stamps.END)
    assert loads(imported) == list(range(9))
    assert (starts(imported)[0], starts(imported)[-1]) == ("10-31T01:45:00+02:00", "10-31T02:45:00+01:00")


@pytest.mark.parametrize("ends", [["01:45", "03:00", "03:15"], ["01:45", "02:00", "03:15"]])
def test_ends_of_intervals_in_spring(ends):
    rows = [f"2021-03-28 {clock},{number},0" for number, clock in enumerate(ends)]
    imported = table("time,load_wh,solar_wh", *rows, layout=Layout(one_home="a"), stamps=Stamps.END, step_s=900)
    assert starts(imported) == ["03-28T01:30:00+01:00", "03-28T01:45:00+01:00", "03-28T03:00:00+02:00"]


def test_a_time_that_the_clock_skips_is_refused():
    rows = ["2021-03-28T01:45,a,1,0", "2021-03-28T02:00,a,1,0", "2021-03-28T02:15,a,1,0"]
    with pytest.raises(BadProfiles, match=r"meter\.csv:3: the clock of Europe/Berlin never shows '2021-03-28T02:00'"):
        table("time,home,load_wh,solar_wh", *rows)


def test_the_end_of_the_day_may_be_24_o_clock():
    rows = ["31.12.2020 23:45;1", "31.12.2020 24:00;2", "01.01.2021 00:15;3"]
    layout = Layout(one_home="a", load="kW", time=("Zeit",), solar=None)
    imported = table("Zeit;kW", *rows, layout=layout, stamps=Stamps.END, unit=Unit.KW)
    assert loads(imported) == [250, 500, 750]
    assert starts(imported)[1] == "12-31T23:45:00+01:00"
    assert change(imported, "no-solar").sentence == "1 home without a series of solar energy: a"


@pytest.mark.parametrize(
    ("unit", "text", "energy_wh"),
    [("Wh", "125", 125), ("kWh", "0.125", 125), ("MWh", "0.000125", 125), ("W", "500", 125), ("kW", "0.5", 125)],
)
def test_units(unit, text, energy_wh):
    rows = [f"2021-06-01T00:{minute:02},a,{text},0" for minute in (0, 15, 30)]
    assert loads(table("time,home,load_wh,solar_wh", *rows, unit=Unit(unit))) == [energy_wh] * 3


@pytest.mark.parametrize(
    ("decimal", "thousands", "text"),
    [
        (",", "", '"1234,5"'),
        (",", ".", '"1.234,5"'),
        (".", "", "1234.5"),
        (".", ",", '"1,234.5"'),
        (",", " ", '"1 234,5"'),
    ],
)
def test_signs_in_numbers(decimal, thousands, text):
    rows = [f"2021-06-01T00:{minute:02}Z,a,{text},0" for minute in (0, 15)]
    imported = table("time,home,load_wh,solar_wh", *rows, decimal=decimal, thousands=thousands)
    assert loads(imported) == [1235, 1234]  # whole Wh, and the sum is right
    assert change(imported, "rounded").count == 2


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "latin-1", "cp1252", "utf-16"])
def test_separators_and_encodings_are_found(separator, encoding):
    fields = [["time", "home", "load_wh", "solar_wh"]]
    fields += [[f"2021-06-01T00:{minute:02}", "Bäckerei", "5", "0"] for minute in (0, 15)]
    imported = table(*(separator.join(row) for row in fields), encoding=encoding)
    assert imported.profiles.homes == ("Bäckerei",)
    assert repr(separator) in change(imported, "read").sentence


def test_forms_of_time_and_columns_of_date_and_time():
    rows = ["6/1/2021,12:15 AM,a,1,0", "6/1/2021,12:30 AM,a,2,0", "6/1/2021,1:00 PM,a,3,0"]
    layout = Layout(time=("Date", "Time"))
    imported = table(
        "Date,Time,home,load_wh,solar_wh", *rows[:2], layout=layout, time_format="%m/%d/%Y %I:%M %p", gaps=Gaps.ZERO
    )
    assert starts(imported) == ["06-01T00:15:00+02:00", "06-01T00:30:00+02:00"]
    with pytest.raises(BadProfiles, match=r"meter\.csv:2: time '6/1/2021 12:15 AM' is not understood"):
        table("Date,Time,home,load_wh,solar_wh", *rows, layout=layout)


def test_hours_of_a_zone_of_half_an_hour_are_divided():
    rows = [f"2021-06-01T{hour:02}:00,a,{hour + 1},0" for hour in range(24)]
    imported = table("time,home,load_wh,solar_wh", *rows, zone=zone_named("Asia/Kolkata"))
    assert (imported.profiles.slot_s, len(imported.profiles.start_s), imported.profiles.days) == (1800, 48, 1)
    assert [sum(pair) for pair in zip(loads(imported)[::2], loads(imported)[1::2], strict=True)] == list(range(1, 25))
    assert change(imported, "split").count == 48
    quarters = table("time,home,load_wh,solar_wh", *rows, zone=zone_named("Asia/Kathmandu"))
    assert (quarters.profiles.slot_s, quarters.profiles.days) == (900, 1)


GAPPY = ["a,10", "a,20", "a,", "a,n/a", "a,50", "a,60"]
GAP_ROWS = [f"2021-06-01T0{hour}:00,{text},0" for hour, text in enumerate(GAPPY)]


def test_gaps_by_the_stated_rule():
    head = "time,home,load_wh,solar_wh"
    with pytest.raises(BadProfiles) as caught:
        table(head, *GAP_ROWS)
    assert (caught.value.line, caught.value.problem) == (6, "2 missing in load of a from 2021-06-01 02:00 on")
    assert "--gaps" in caught.value.remedy
    zero = table(head, *GAP_ROWS, gaps=Gaps.ZERO)
    assert loads(zero) == [10, 20, 0, 0, 50, 60]
    assert change(zero, "gap").sentence == "2 missing values in load of a, set to zero"
    line = table(head, *GAP_ROWS, gaps=Gaps.INTERPOLATE)
    assert loads(line) == [10, 20, 30, 40, 50, 60]
    assert (change(line, "gap").count, change(line, "gap").lines) == (2, (6,))
    with pytest.raises(BadProfiles, match="longer than the 1 that are interpolated"):
        table(head, *GAP_ROWS, gaps=Gaps.INTERPOLATE, longest_gap=1)


def test_a_missing_row_is_a_gap_and_ends_can_be_cut():
    head = "time,home,load_wh,solar_wh"
    rows = [*GAP_ROWS[:2], *GAP_ROWS[4:]]
    assert loads(table(head, *rows, gaps=Gaps.INTERPOLATE)) == [10, 20, 30, 40, 50, 60]
    late = [
        *(f"2021-06-01T0{hour}:00,a,{hour},0" for hour in range(5)),
        *(f"2021-06-01T0{hour}:00,b,7,0" for hour in range(2, 7)),
    ]
    with pytest.raises(BadProfiles, match="2 missing in load of a from 2021-06-01 05:00 on"):
        table(head, *late)
    with pytest.raises(BadProfiles, match="at an end of the series"):
        table(head, *late, gaps=Gaps.INTERPOLATE)
    cut = table(head, *late, is_trimmed=True)
    assert (loads(cut), loads(cut, 1)) == ([2, 3, 4], [7, 7, 7])
    assert change(cut, "trim").count == 8


def test_negative_values_by_the_stated_rule():
    head = "time,home,load_wh,solar_wh"
    rows = ["2021-06-01T00:00,a,5,0", "2021-06-01T01:00,a,-7,2", "2021-06-01T02:00,a,6,-0.2"]
    with pytest.raises(BadProfiles, match=r"meter\.csv:3: load of a is negative$"):
        table(head, *rows)
    zero = table(head, *rows, negatives=Negatives.ZERO)
    assert (loads(zero), zero.profiles.solar_wh[:, 0].tolist()) == ([5, 0, 6], [0, 2, 0])
    swapped = table(head, *rows[:2], negatives=Negatives.SWAP)
    assert (loads(swapped), swapped.profiles.solar_wh[:, 0].tolist()) == ([5, 0], [0, 9])
    assert change(swapped, "negative").sentence == "1 value below zero in load of a, taken for solar"


def test_counters_give_differences_and_their_resets_are_told():
    head = "time,home,load_wh,solar_wh"
    rows = [f"2021-06-01T0{hour}:00,a,{value},0" for hour, value in enumerate([1000, 1100, 1250, 3, 53, 73])]
    with pytest.raises(BadProfiles, match=r"meter\.csv:5: the counter of a load falls: it was reset or exchanged"):
        table(head, *rows, is_counter=True)
    healed = table(head, *rows, is_counter=True, gaps=Gaps.INTERPOLATE)
    assert loads(healed) == [100, 150, 100, 50, 20]
    assert (change(healed, "reset").lines, change(healed, "gap").count) == ((5,), 1)


def test_spikes_are_flagged():
    rows = [
        f"2021-06-0{1 + hour // 24}T{hour % 24:02}:00,a,{12_500_000 if hour == 30 else 400},0" for hour in range(48)
    ]
    (flag,) = table("time,home,load_wh,solar_wh", *rows).profiles.flags
    assert (flag.home, flag.code) == ("a", "spike")
    assert "12500.0 kWh of load in the slot from 2021-06-02 06:00" in flag.sentence


@pytest.mark.parametrize("seed", range(3))
def test_rounding_keeps_every_running_sum(seed):
    values = [((seed + 1) * 7_919 * number % 9_973) / 997 for number in range(500)]
    begin = datetime(2021, 6, 1, tzinfo=UTC)
    rows = [f"{(begin + timedelta(minutes=15 * n)).isoformat()},a,{value:.4f},0" for n, value in enumerate(values)]
    exact, rounded = 0.0, 0
    for value, energy_wh in zip(values, loads(table("time,home,load_wh,solar_wh", *rows)), strict=True):
        exact += round(value, 4)
        rounded += energy_wh
        assert abs(exact - rounded) < 0.51
        assert energy_wh >= 0


def test_wide_tables_name_their_series():
    head = "time,a,a PV,b,note"
    rows = ["2021-06-01T00:00,1,2,3,x", "2021-06-01T01:00,4,5,6,y"]
    layout = Layout(is_wide=True, solar_suffix=" PV", skipped=("note",))
    imported = table(head, *rows, layout=layout)
    assert imported.profiles.homes == ("a", "b")
    assert imported.profiles.solar_wh.tolist() == [[2, 0], [5, 0]]
    with pytest.raises(BadProfiles, match="column 'note' ends in neither '_load' nor ' PV'"):
        table(
            "time,a_load,a PV,note,c_load", *rows, layout=Layout(is_wide=True, solar_suffix=" PV", load_suffix="_load")
        )
    with pytest.raises(BadProfiles, match="b has no series of its load"):
        table(
            "time,a,b PV",
            "2021-06-01T00:00,1,2",
            "2021-06-01T01:00,1,2",
            layout=Layout(is_wide=True, solar_suffix=" PV"),
        )


ROWS = ["2021-06-01T00:00,a,1,0", "2021-06-01T01:00,a,1,0"]
HEAD = "time,home,load_wh,solar_wh"
BAD = {
    "no such column": (["zeit,home,load_wh,solar_wh", *ROWS], {}, 1, "no column 'time'"),
    "no rows": ([HEAD], {}, 0, "there are no rows"),
    "nothing": ([""], {}, 0, "there is no header"),
    "a column twice": (["time,home,home,load_wh,solar_wh", *ROWS], {}, 1, "'home' is there twice"),
    "fields": ([HEAD, *ROWS, "2021-06-01T02:00,a,1"], {}, 4, "3 fields where the header has 4"),
    "no zone": ([HEAD, *ROWS], {"zone": None}, 2, "has an unknown time zone"),
    "no time": ([HEAD, *ROWS, "noon,a,1,0"], {}, 4, "time 'noon' is not understood"),
    "seconds": ([HEAD, *ROWS, "2021-06-01T02:00:07,a,1,0"], {}, 4, "is not on a whole minute"),
    "between": ([HEAD, *ROWS, "2021-06-01T02:00,a,1,0", "2021-06-01T02:20,a,1,0"], {}, 5, "irregular step"),
    "a time twice": ([HEAD, *ROWS, ROWS[0]], {}, 4, "is already in line 2"),
    "one time": ([HEAD, ROWS[0]], {}, 2, "one time alone has no length"),
    "ten minutes": ([HEAD, *(f"2021-06-01T00:{m}0,a,1,0" for m in range(4))], {}, 0, "mostly 600 s apart"),
    "a word": ([HEAD, *ROWS, "2021-06-01T02:00,a,much,0"], {}, 4, "load 'much' is not a number"),
    "a comma": ([HEAD, *ROWS, '2021-06-01T02:00,a,"1,5",0'], {}, 4, "load '1,5' is not a number"),
    "a group": ([HEAD, *ROWS, "2021-06-01T02:00,a,1.234,0"], {"decimal": ","}, 4, "load '1.234' is not a number"),
    "not a number": ([HEAD, *ROWS, "2021-06-01T02:00,a,inf,0"], {}, 4, "load 'inf' is not a number"),
    "a wrong unit": ([HEAD, *ROWS, "2021-06-01T02:00,a,2e6,0"], {"unit": Unit.KWH}, 4, "above 1000000000 Wh"),
    "a wrong unit of a counter": (
        [HEAD, *ROWS, "2021-06-01T02:00,a,2e30,0"],
        {"is_counter": True},
        3,
        "above 1000000000 Wh",
    ),
    "no name": ([HEAD, *ROWS, "2021-06-01T02:00,,1,0"], {}, 4, "home '' is not a name"),
    "no load": ([HEAD, "2021-06-01T00:00,a,,0", "2021-06-01T01:00,a,,0"], {}, 0, "load of a has no value at all"),
    "a quote": ([HEAD, *ROWS, '2021-06-01T02:00,"a,1,0'], {}, 0, "not a table"),
    "before 1970": ([HEAD, "1960-06-01T00:00,a,1,0", "1960-06-01T01:00,a,1,0"], {}, 2, "is before 1970"),
}


@pytest.mark.parametrize(("lines", "changes", "line", "problem"), BAD.values(), ids=BAD)
def test_what_is_wrong_is_refused_with_its_line(lines, changes, line, problem):
    with pytest.raises(BadProfiles) as caught:
        table(*lines, **changes)
    assert (caught.value.line, problem in caught.value.problem) == (line, True), caught.value
    assert caught.value.remedy


@pytest.mark.parametrize(
    ("encoding", "problem"), [("utf-8", "not in utf-8: invalid"), ("klingon", "unknown encoding 'klingon'")]
)
def test_a_stated_encoding_is_kept_to(encoding, problem):
    data = f"{HEAD}\n2021-06-01T00:00,Bäcker,1,0\n".encode("latin-1")
    with pytest.raises(BadProfiles, match=problem):
        import_table("meter.csv", data, Layout(encoding=encoding), BERLIN)
