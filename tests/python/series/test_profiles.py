"""Selecting days and homes."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from powerpact.errors import BadChoice
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
