"""Intervals in slots: stamps, clock changes, gaps, estimates, values that come late."""

from datetime import UTC, datetime

import pytest

from powerpact.errors import BadChoice
from powerpact.series.csvfile import read_csv
from powerpact.series.errors import BadMeterFile
from powerpact.series.importing.columns import Kind
from powerpact.series.importing.options import Gaps, Layout, Rules
from powerpact.series.importing.steps import import_table
from powerpact.series.meters.intervals import Interval, Place, Quality
from powerpact.series.meters.slots import format_slots, slots_of
from powerpact.series.zones import zone_named

NOON_S = 1_719_828_000  # 2024-07-01T12:00+02:00
BERLIN = zone_named("Europe/Berlin")


def interval(start_s, length_s, imported, exported=None, quality=Quality.MEASURED, meter="a", line=1):
    return Interval(meter, start_s, start_s + length_s, imported, exported, quality, Place("f", f"line {line}"))


def quarters(*imported, start_s=NOON_S):
    return [interval(start_s + 900 * place, 900, energy, line=place) for place, energy in enumerate(imported)]


def loads(slots, home="a", kind=Kind.LOAD):
    return slots.values_wh[home, kind]


def codes(slots):
    return [note.code for note in slots.notes]


def test_an_interval_is_in_the_slot_where_it_begins():
    slots = slots_of(quarters(10, 20, 30, 40))
    assert (slots.start_s[0], slots.slot_s, loads(slots)) == (NOON_S, 900, [10, 20, 30, 40])
    assert loads(slots_of(quarters(10, 20, 30, 40), slot_s=3_600)) == [100]


def test_what_does_not_fill_a_slot_at_the_ends_is_left_out():
    slots = slots_of(quarters(1, 2, 3, 4, 5, 6), slot_s=1_800)
    assert loads(slots) == [3, 7, 11]
    assert loads(slots_of(quarters(1, 2, 3, 4, 5, start_s=NOON_S + 900), slot_s=1_800)) == [5, 9]


@pytest.mark.parametrize(("day", "count"), [("2024-03-31", 92), ("2024-10-27", 100), ("2024-06-01", 96)])
def test_days_of_23_and_25_hours_are_whole(tmp_path, day, count):
    midnight_s = int(datetime.fromisoformat(day).replace(tzinfo=BERLIN).timestamp())
    slots = slots_of(quarters(*range(count), start_s=midnight_s))
    path = tmp_path / "series.csv"
    path.write_text(format_slots(slots, BERLIN), encoding="utf-8")
    profiles = read_csv(path, BERLIN)
    assert (profiles.days, profiles.first_day.isoformat()) == (1, day)
    assert profiles.load_wh[:, 0].tolist() == list(range(count))


def test_a_gap_is_told_and_left_empty_and_can_be_filled():
    slots = slots_of([*quarters(10, 20), *quarters(50, 60, start_s=NOON_S + 3_600)])
    assert loads(slots) == [10, 20, None, None, 50, 60]
    assert [(gap.start_s, gap.end_s) for gap in slots.gaps] == [(NOON_S + 1_800, NOON_S + 3_600)]
    text = format_slots(slots, UTC)
    assert "2024-07-01T10:30+00:00,a,,0\n" in text
    filled = import_table("f.csv", text.encode(), Layout(), Rules(gaps=Gaps.INTERPOLATE))
    assert filled.profiles.load_wh[:, 0].tolist() == [10, 20, 30, 40, 50, 60]


def test_what_is_marked_missing_ends_nothing():
    series = quarters(10, None, 30)
    slots = slots_of(series)
    assert loads(slots) == [10, None, 30]
    assert len(slots.gaps) == 1


def test_missing_import_is_never_zero():
    slots = slots_of([interval(NOON_S, 900, None, 70)])
    assert loads(slots) == [None]
    assert loads(slots, kind=Kind.SOLAR) == [70]
    assert "no-load" in codes(slots)


def test_days_of_estimates_are_used_and_told():
    slots = slots_of([interval(NOON_S, 900, 10), interval(NOON_S + 900, 900, 20, None, Quality.ESTIMATED)])
    assert loads(slots) == [10, 20]
    assert "1 slots with estimated values in load of a" in [note.sentence for note in slots.notes]


@pytest.mark.parametrize("is_late", [True, False])
def test_the_measured_value_takes_the_place_of_the_estimate_whenever_it_comes(is_late):
    estimate, value = interval(NOON_S, 900, 10, None, Quality.ESTIMATED), interval(NOON_S, 900, 12, line=2)
    slots = slots_of([estimate, value] if is_late else [value, estimate])
    assert loads(slots) == [12]
    assert ("replaced" if is_late else "repeated") in codes(slots)


def test_a_correction_counts_and_a_missing_value_corrects_nothing():
    first, second, none = interval(NOON_S, 900, 10), interval(NOON_S, 900, 12), interval(NOON_S, 900, None)
    none = interval(NOON_S, 900, None, None, Quality.MISSING)
    assert loads(slots_of([first, second, none])) == [12]


def test_data_that_come_late_and_in_any_order_are_put_in_their_place():
    series = quarters(1, 2, 3, 4)
    assert loads(slots_of([series[3], series[0], series[2], series[1]])) == [1, 2, 3, 4]


def test_long_intervals_are_left_out_or_divided_by_choice_but_zero_is_zero():
    series = [*quarters(10), interval(NOON_S + 900, 3_600, 400), interval(NOON_S + 4_500, 1_800, 0)]
    slots = slots_of(series, slot_s=900)
    assert loads(slots) == [10, None, None, None, None, 0, 0]
    assert "1 intervals longer than a slot, 400 Wh in all" in "".join(note.sentence for note in slots.notes)
    spread = slots_of(series, slot_s=900, is_spread=True)
    assert loads(spread) == [10, 100, 100, 100, 100, 0, 0]
    assert "4 slots with estimated values in load of a" in [note.sentence for note in spread.notes]
    with pytest.raises(BadChoice, match="no slot of this length is known as a whole"):
        slots_of(series[1:2], slot_s=900)


def test_counters_between_slots_are_divided_by_time_without_loss():
    series = [interval(NOON_S + 10 * place - 5, 10, 7) for place in range(181)]
    slots = slots_of(series)
    assert loads(slots) == [630, 630]
    assert "divided" in codes(slots)


def test_total_over_shorter_intervals_is_left_out():
    slots = slots_of([interval(NOON_S, 3_600, 999), *quarters(10, 20, 30, 40)])
    assert loads(slots) == [10, 20, 30, 40]
    assert "overlap" in codes(slots)


def test_intervals_of_one_length_that_overlap_are_refused():
    with pytest.raises(BadMeterFile, match="f: line 2: the import of a from 1719828300 on overlaps that of f: line 1"):
        slots_of([interval(NOON_S, 900, 1), interval(NOON_S + 300, 900, 1, line=2)])


def test_meters_of_one_home_are_joined():
    series = [*quarters(10, 20), interval(NOON_S, 900, None, 5, meter="b"), interval(NOON_S, 900, 7, meter="c")]
    slots = slots_of(series, home="Rose Lane 1")
    assert slots.homes == ("Rose Lane 1",)
    assert loads(slots, "Rose Lane 1") == [17, None]
    assert loads(slots, "Rose Lane 1", Kind.SOLAR) == [5, None]


@pytest.mark.parametrize("name", ["", "x" * 41, "a\n"])
def test_names_that_no_home_can_have_are_refused(name):
    with pytest.raises(BadChoice, match="is not a name"):
        slots_of(quarters(1), home=name)


def test_times_that_are_too_far_apart_are_refused():
    with pytest.raises(BadMeterFile, match="slots"):
        slots_of([interval(0, 900, 1), interval(4_000_000_000 // 900 * 900, 900, 1)])


def test_no_energy_at_all_is_refused():
    with pytest.raises(BadChoice, match="have no energy of any interval"):
        slots_of([])
