"""The data in the package is what its README says, and odd series are reported."""

from __future__ import annotations

import hashlib
from datetime import date
from importlib.resources import files

import numpy as np
import pytest

from powerpact.series.quality import yield_kwh_per_kwp
from powerpact.simulation.data.citylearn import load_citylearn
from powerpact.simulation.data.tariff import FONTANA
from powerpact.units import UPOINTS_PER_POINT

FOLDER = files("powerpact.simulation.data")
ANNUAL_LOAD_KWH = [
    10583, 9354, 7170, 10793, 8808, 10388, 7856, 8836, 7305, 13115, 12314, 11212, 10932, 8217, 6462, 11587, 14711,
]  # fmt: skip
YIELD_KWH_PER_KWP = [
    1803, 1356, 1455, 1222, 1517, 1622, 1765, 1684, 1440, 1461, 1464, 1410, 1417, 493, 29, 1769, 1308,
]  # fmt: skip
BROKEN = ["home-14", "home-15"]


@pytest.fixture(scope="module")
def homes():
    return load_citylearn()


@pytest.fixture(scope="module")
def recorded():
    return load_citylearn(keep_broken_solar=True)


def test_file_is_the_one_that_the_readme_names():
    data = FOLDER.joinpath("citylearn2022.npz").read_bytes()
    readme = FOLDER.joinpath("README.md").read_text(encoding="utf-8")
    assert hashlib.sha256(data).hexdigest() in readme
    assert f"{len(data):,} bytes".replace(",", " ") in readme


def test_licence_is_beside_it():
    assert "MIT License" in FOLDER.joinpath("CITYLEARN_LICENSE").read_text(encoding="utf-8")


def test_shape_and_types(homes):
    assert homes.load_wh.shape == homes.solar_wh.shape == (8760, 17)
    assert homes.load_wh.dtype == homes.solar_wh.dtype == homes.start_s.dtype == np.int64
    assert homes.homes[0] == "home-01"
    assert homes.homes[-1] == "home-17"
    assert (np.diff(homes.start_s) == 3600).all()


def test_year_starts_and_ends_at_local_midnight(homes):
    assert homes.local(int(homes.start_s[0])).isoformat() == "2016-08-01T00:00:00-07:00"
    assert homes.local(int(homes.start_s[-1])).isoformat() == "2017-07-31T23:00:00-07:00"
    assert (homes.first_day, homes.days) == (date(2016, 8, 1), 365)


def test_annual_loads(homes):
    assert [round(int(load_wh) / 1000) for load_wh in homes.load_wh.sum(axis=0)] == ANNUAL_LOAD_KWH


def test_solar_yields(recorded):
    assert [round(yield_kwh_per_kwp(recorded, index)) for index in range(17)] == YIELD_KWH_PER_KWP


def test_sun_stands_highest_at_solar_noon_of_the_local_clock(recorded):
    august_wh = recorded.solar_wh[: 31 * 24].reshape(31, 24, 17)[:, :, 0].sum(axis=0)
    centre_hour = float((august_wh * (np.arange(24) + 0.5)).sum() / august_wh.sum())
    assert centre_hour == pytest.approx(12.88, abs=0.1)


def test_nights_are_dark(recorded):
    assert not recorded.solar_wh.reshape(365, 24, 17)[:, [0, 1, 2, 3, 22, 23]].any()


def test_homes_14_and_15_only_use_energy(homes, recorded):
    broken = [homes.homes.index(home) for home in BROKEN]
    others = [index for index in range(17) if index not in broken]
    assert not homes.solar_wh[:, broken].any()
    assert recorded.solar_wh[:, broken].sum(axis=0).tolist() == [2465352, 144468]
    assert (homes.solar_wh[:, others] == recorded.solar_wh[:, others]).all()
    assert (homes.load_wh == recorded.load_wh).all()


def test_flags_name_what_is_odd(homes):
    found = {(flag.home, flag.code) for flag in homes.flags}
    assert found == {
        ("home-07", "solar-gap"),
        ("home-07", "load-zero"),
        ("home-12", "load-zero"),
        ("home-12", "load-follows-sun"),
        ("home-14", "solar-yield"),
        ("home-14", "load-zero"),
        ("home-15", "solar-yield"),
        ("home-15", "solar-gap"),
        ("home-15", "load-zero"),
        ("home-15", "load-follows-sun"),
    }


def test_flags_say_what_is_done(homes, recorded):
    left_out = {flag.home for flag in homes.flags if "left out" in flag.treatment}
    assert left_out == set(BROKEN)
    assert all(flag.treatment == "kept as recorded" for flag in recorded.flags)
    assert {flag.sentence for flag in homes.flags} == {flag.sentence for flag in recorded.flags}


def test_readme_tells_of_each_flagged_home(homes):
    readme = FOLDER.joinpath("README.md").read_text(encoding="utf-8")
    for home in {flag.home for flag in homes.flags}:
        assert f"| {int(home.removeprefix('home-'))} |" in readme


def test_tariff_is_that_of_the_data(homes):
    with FOLDER.joinpath("citylearn2022.npz").open("rb") as stream:
        cents = np.load(stream, allow_pickle=False)["retail_cents_per_kwh"]
    by_rule = [FONTANA.at(homes.local(int(start_s))).retail_upoints_per_kwh for start_s in homes.start_s]
    assert by_rule == [int(price) * UPOINTS_PER_POINT for price in cents]
