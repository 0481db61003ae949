"""The 17 homes of the CityLearn Challenge 2022, a year of real hours; `README.md` names the source."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta, timezone
from importlib.resources import files
from typing import Final

import numpy as np

from powerpact.series.limits import HOUR_S
from powerpact.series.profiles import Profiles
from powerpact.series.quality import find_flags

FILE: Final = "citylearn2022.npz"
START_S: Final = 1_470_034_800  # 2016-08-01 00:00 at UTC-07:00
ZONE: Final = timezone(timedelta(hours=-7))
TIME_NOTE: Final = (
    "Local clock of Fontana, California, written as UTC-07:00 throughout: exact in daylight saving time "
    "(2016-08-01 to 2016-11-05, from 2017-03-12 on); in the winter between, real moments are one hour later."
)
SOURCE: Final = (
    "CityLearn Challenge 2022, Sierra Crest, Fontana, California (PyPI package CityLearn 2.1.2, MIT licence)"
)


SOLAR_CODES: Final = ("solar-yield", "solar-gap")
"""Findings about solar series."""


def load_citylearn(*, keep_broken_solar: bool = False) -> Profiles:
    """Read the data that the package contains: 8 760 hours from 2016-08-01 to 2017-07-31, 17 homes.

    Parameters
    ----------
    keep_broken_solar : bool
        By default the solar series of homes with an implausible yield (14 and 15) is left out, so that they
        only use energy, as their flags say. True keeps it as recorded.

    Returns
    -------
    Profiles
        With nominal power and flags. Nothing is repaired or filled.

    Examples
    --------
    >>> homes = load_citylearn()
    >>> homes.load_wh.shape, str(homes.first_day), homes.days
    ((8760, 17), '2016-08-01', 365)
    >>> [flag.home for flag in homes.flags if flag.code == "solar-yield"]
    ['home-14', 'home-15']
    """
    with (
        files("powerpact.simulation.data").joinpath(FILE).open("rb") as stream,
        np.load(stream, allow_pickle=False) as arrays,
    ):
        load_wh = arrays["load_wh"].T.astype(np.int64)
        solar_wh = arrays["solar_wh"].T.astype(np.int64)
        pv_nominal_w = tuple(int(power_w) for power_w in arrays["pv_nominal_w"])
    hours, homes = load_wh.shape
    recorded = Profiles(
        community="Sierra Crest, Fontana",
        homes=tuple(f"home-{number:02d}" for number in range(1, homes + 1)),
        start_s=START_S + HOUR_S * np.arange(hours, dtype=np.int64),
        load_wh=load_wh,
        solar_wh=solar_wh,
        zone=ZONE,
        time_note=TIME_NOTE,
        source=SOURCE,
        pv_nominal_w=pv_nominal_w,
    )
    flagged = replace(recorded, flags=find_flags(recorded))
    return flagged if keep_broken_solar else leave_out_broken_solar(flagged)


def leave_out_broken_solar(profiles: Profiles) -> Profiles:
    """Zero the solar series of homes flagged ``solar-yield``; their flags about solar energy say so."""
    broken = {flag.home for flag in profiles.flags if flag.code == "solar-yield"}
    solar_wh = profiles.solar_wh.copy()
    solar_wh[:, [home in broken for home in profiles.homes]] = 0
    treatment = "solar series left out: this home only uses energy"
    return replace(
        profiles,
        solar_wh=solar_wh,
        flags=tuple(
            replace(flag, treatment=treatment) if flag.home in broken and flag.code in SOLAR_CODES else flag
            for flag in profiles.flags
        ),
    )
