"""Selecting days and homes."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, time, timedelta

import numpy as np
import pytest

from powerpact.errors import BadChoice
from powerpact.series.profiles import Profiles
from powerpact.series.quality import find_flags
from powerpact.series.zones import zone_named
from powerpact.simulation.data.citylearn import load_citylearn


@pytest.fixture(scope="module")
def homes():
    return load_citylearn()


@pytest.fixture
def tail(homes):
    """From 20:00 of the first day on, for 30 hours: one whole day."""
    rows = slice(20, 50)
    return replace(homes, start_s=homes.start_s[rows], load_wh=homes.load_wh[rows], solar_wh=homes.solar_wh[rows])


@pytest.mark.parametrize("day", [date(2017, 6, 28), 331])
def test_day_by_date_or_number(homes, day):
    selected = homes.day(day)
    assert homes.day_number(day) == 331
    assert selected.load_wh.shape == (24, 17)
    assert (selected.load_wh == homes.load_wh[331 * 24 : 332 * 24]).all()
    assert [selected.local(int(start_s)).hour for start_s in selected.start_s] == list(range(24))
    assert {selected.local(int(start_s)).date() for start_s in selected.start_s} == {date(2017, 6, 28)}


@pytest.mark.parametrize("day", [-1, 365, date(2016, 7, 31), date(2017, 8, 1)])
def test_day_out_of_range(homes, day):
    with pytest.raises(BadChoice) as caught:
        homes.day(day)
    assert caught.value.value == day
    assert caught.value.remedy == "Choose 2016-08-01 to 2017-07-31, or a number from 0 to 364."


def test_parts_of_days_are_not_days(tail):
    assert (tail.first_day, tail.days) == (date(2016, 8, 2), 1)
    assert (tail.day(0).start_s == tail.start_s[4:28]).all()


def test_no_whole_day(homes):
    part = replace(homes, start_s=homes.start_s[:23], load_wh=homes.load_wh[:23], solar_wh=homes.solar_wh[:23])
    with pytest.raises(BadChoice, match="the series have no whole day"):
        part.day(0)


def test_choose(homes):
    few = homes.choose(["home-15", "home-02"])
    assert few.homes == ("home-02", "home-15")
    assert (few.load_wh == homes.load_wh[:, [1, 14]]).all()
    assert few.pv_nominal_w == (4000, 5000)
    assert {flag.home for flag in few.flags} == {"home-15"}


def test_choose_unknown_home(homes):
    with pytest.raises(BadChoice, match="homes house: no such home"):
        homes.choose(["home-01", "house"])


def test_choose_homes_is_drawn_by_the_seed_alone(homes):
    assert homes.choose_homes(5, 7).homes == homes.choose_homes(5, 7).homes
    assert len({homes.choose_homes(5, seed).homes for seed in range(20)}) > 10


@pytest.mark.parametrize("seed", range(20))
def test_choose_homes_has_a_producer_and_grows(homes, seed):
    smaller = homes.choose_homes(2, seed)
    larger = homes.choose_homes(9, seed)
    assert len(smaller.homes) == 2
    assert smaller.solar_wh.any()
    assert set(smaller.homes) < set(larger.homes)


def test_choose_homes_without_producers(homes):
    dark = replace(homes, solar_wh=np.zeros_like(homes.solar_wh))
    assert len(dark.choose_homes(3, 1).homes) == 3


def test_choose_all_homes(homes):
    assert homes.choose_homes(17, 3).homes == homes.homes


@pytest.mark.parametrize("count", [-1, 0, 1, 18])
def test_choose_too_few_or_too_many(homes, count):
    with pytest.raises(BadChoice) as caught:
        homes.choose_homes(count, 1)
    assert caught.value.remedy == "Choose 2 to 17."


def test_a_producer_is_drawn_even_if_there_is_only_one(homes):
    solar_wh = np.zeros_like(homes.solar_wh)
    solar_wh[:, 4] = homes.solar_wh[:, 4]
    lonely = replace(homes, solar_wh=solar_wh)
    assert all("home-05" in lonely.choose_homes(2, seed).homes for seed in range(30))


def local_series(first, last, zone, slot_s):
    """One home whose load counts the slots, from one local midnight to another."""
    begin, end = (int(datetime.combine(day, time(), zone_named(zone)).timestamp()) for day in (first, last))
    start_s = np.arange(begin, end, slot_s, dtype=np.int64)
    load_wh = np.arange(len(start_s), dtype=np.int64)[:, None]
    return Profiles("c", ("a",), start_s, load_wh, 0 * load_wh, zone_named(zone), "", "", slot_s=slot_s)


@pytest.mark.parametrize("slot_s", [900, 1800, 3600])
@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        ("Europe/Berlin", date(2021, 3, 28), 23),
        ("Europe/Berlin", date(2021, 10, 31), 25),
        ("America/Los_Angeles", date(2021, 3, 14), 23),
        ("America/Havana", date(2021, 3, 14), 23),  # midnight itself is skipped
        ("America/Havana", date(2021, 11, 7), 25),  # midnight comes twice
        ("Australia/Lord_Howe", date(2021, 4, 4), 24.5),
    ],
)
def test_days_of_a_clock_change(zone, day, hours, slot_s):
    profiles = local_series(day - timedelta(days=2), day + timedelta(days=2), zone, slot_s)
    assert profiles.first_day == day - timedelta(days=2)
    assert profiles.days == 4
    if hours % 1 and slot_s == 3600:
        return  # hours of UTC cannot cut such a day
    counts = [len(profiles.day(number).start_s) for number in range(4)]
    assert counts == [86_400 // slot_s] * 2 + [hours * 3600 / slot_s, 86_400 // slot_s]
    assert {profiles.local(int(start_s)).date() for start_s in profiles.day(day).start_s} == {day}


def test_the_same_clock_time_of_another_day():
    profiles = local_series(date(2021, 10, 29), date(2021, 11, 2), "Europe/Berlin", 900)
    clocks = [profiles.local(int(start_s)) for start_s in profiles.day(2).start_s]
    rows = profiles.rows_at_clocks(1, clocks)
    assert [f"{profiles.local(int(profiles.start_s[row])):%H:%M}" for row in rows] == [f"{c:%H:%M}" for c in clocks]
    assert len(set(rows)) == 96 < len(rows) == 100
    back = profiles.rows_at_clocks(2, [profiles.local(int(start_s)) for start_s in profiles.day(3).start_s])
    assert len(back) == len(set(back)) == 96


def test_a_clock_time_that_is_skipped_is_the_one_after_the_change():
    profiles = local_series(date(2021, 3, 27), date(2021, 3, 29), "Europe/Berlin", 3600)
    rows = profiles.rows_at_clocks(1, [profiles.local(int(start_s)) for start_s in profiles.day(0).start_s])
    assert [profiles.local(int(profiles.start_s[row])).hour for row in rows][:5] == [0, 1, 3, 3, 4]


def test_slots_are_only_made_longer(homes):
    with pytest.raises(BadChoice, match="slots of 3600 s"):
        homes.summed(900)
    with pytest.raises(BadChoice, match="slots of 3600 s"):
        homes.summed(7200)
    assert (homes.summed(3600).load_wh == homes.load_wh).all()


def test_part_of_a_longer_slot_is_left_out():
    quarters = local_series(date(2021, 6, 1), date(2021, 6, 3), "Europe/Berlin", 900)
    rows = slice(3, 98)
    part = replace(quarters, **{name: getattr(quarters, name)[rows] for name in ("start_s", "load_wh", "solar_wh")})
    hours = part.summed(3600)
    assert hours.start_s[0] == quarters.start_s[4]
    assert hours.load_wh[:, 0].tolist() == [4 * (4 * hour) + 6 for hour in range(1, 24)]


@pytest.mark.parametrize(
    ("changes", "count"), [({40: 12_500_000}, 1), ({40: 60_000, 41: 55_000}, 2), ({5: 9_000}, 0), ({}, 0)]
)
def test_spikes_are_flagged(changes, count):
    series = local_series(date(2021, 6, 1), date(2021, 6, 4), "Europe/Berlin", 3600)
    load_wh = 300 + series.load_wh
    for row, energy_wh in changes.items():
        load_wh[row] = energy_wh
    flags = [flag for flag in find_flags(replace(series, load_wh=load_wh)) if flag.code == "spike"]
    assert len(flags) == min(count, 1)
    if count:
        assert ("2 spikes" in flags[0].sentence) == (count == 2)
        assert "2021-06-02 16:00" in flags[0].sentence
        assert flags[0].treatment == "kept as recorded"


def test_a_car_that_is_charged_again_and_again_is_no_spike():
    series = local_series(date(2021, 6, 1), date(2021, 6, 8), "Europe/Berlin", 3600)
    load_wh = np.where(series.load_wh % 24 == 20, 11_000, 300)
    assert not [flag for flag in find_flags(replace(series, load_wh=load_wh)) if flag.code == "spike"]
