"""What is odd about a series: found by the same rules for every home, reported, never repaired.

========================= ================================================================================
``solar-yield``           a year's solar energy per nominal power outside 1 000 to 2 200 kWh per kWp
``solar-gap``             whole days without any solar energy at a home that has panels
``load-zero``             no load at all in more than a tenth of the slots
``load-follows-sun``      the load's correlation with the community's median solar energy exceeds 0.8, as
                          if a solar series had been stored in its place
``spike``                 a few slots with more than 4 times the energy of all others, as from a meter whose
                          counter was reset or exchanged
========================= ================================================================================

Spikes are at most 3 slots, or half a percent of them, each above 4 times what all other slots hold and above 10 kW:
a load that comes again, such as that of a car, is none.

The limits of the yield enclose what fixed panels deliver in sunny places: in Fontana, California, 15 of the
17 homes lie between 1 222 and 1 803. Rules that need a season are applied from 30 days on, the yield from a
year on.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np
from numpy.typing import NDArray

from powerpact.series.limits import HOUR_S
from powerpact.series.profiles import Flag, Profiles

YIELD_KWH_PER_KWP: Final = (1_000, 2_200)
"""Plausible solar energy of a year for each kW of nominal power."""
ZERO_LOAD_SHARE: Final = 0.1
"""Share of slots without load from which on the load is flagged."""
SUN_CORRELATION: Final = 0.8
"""Correlation of load and sun from which on the load is flagged."""
SEASON_DAYS: Final = 30
"""Whole days that the rules about shares and correlations need."""
YEAR_DAYS: Final = 365
"""Whole days that the rule about the yield needs."""
SPIKE_FACTOR: Final = 4
"""A spike holds more than this times the energy of every other slot."""
SPIKE_W: Final = 10_000
"""Mean power below which nothing is taken for a spike, W."""
SPIKES: Final = 3
SPIKE_SHARE: Final = 200
"""Spikes are at most this many slots, or one in so many."""
HOURS_PER_YEAR: Final = YEAR_DAYS * 24
AS_RECORDED: Final = "kept as recorded"


def find_flags(profiles: Profiles) -> tuple[Flag, ...]:
    """List the findings about each home, in the order of the homes and of the rules above."""
    sun_wh = np.median(profiles.solar_wh, axis=1)
    return tuple(
        Flag(home, code, sentence, AS_RECORDED)
        for index, home in enumerate(profiles.homes)
        for code, sentence in _findings(profiles, index, sun_wh)
    )


def _findings(profiles: Profiles, index: int, sun_wh: NDArray[np.float64]) -> Iterator[tuple[str, str]]:
    """Yield code and sentence of each finding about home `index`."""
    load_wh, solar_wh = profiles.load_wh[:, index], profiles.solar_wh[:, index]
    if profiles.days >= YEAR_DAYS and profiles.pv_nominal_w and profiles.pv_nominal_w[index]:
        kwh_per_kwp = yield_kwh_per_kwp(profiles, index)
        low, high = YIELD_KWH_PER_KWP
        if not low <= kwh_per_kwp <= high:
            yield (
                "solar-yield",
                f"{kwh_per_kwp:.0f} kWh of solar energy per kWp and year; {low} to {high} expected",
            )
    for name, series_wh in (("load", load_wh), ("solar energy", solar_wh)):
        rows = spikes(series_wh, profiles.slot_s)
        if len(rows):
            yield "spike", _spike_sentence(profiles, name, series_wh, rows)
    dark_days = _dark_days(profiles, index)
    if dark_days and solar_wh.any():
        yield "solar-gap", f"no solar energy at all on {dark_days} of {profiles.days} days"
    if profiles.days >= SEASON_DAYS:
        zero_share = float((load_wh == 0).mean())
        if zero_share > ZERO_LOAD_SHARE:
            yield "load-zero", f"no load in {zero_share:.0%} of the slots"
        correlation = _correlation(load_wh, sun_wh)
        if correlation > SUN_CORRELATION:
            yield (
                "load-follows-sun",
                f"load and sun correlate by {correlation:.2f}, as if it were a solar series",
            )


def yield_kwh_per_kwp(profiles: Profiles, index: int) -> float:
    """Return the solar energy of home `index` per nominal power and 365 days, kWh per kWp.

    Raises
    ------
    ValueError
        The nominal power is not known.
    """
    if not profiles.pv_nominal_w:
        raise ValueError("the nominal power of the panels is not known")
    years = len(profiles.start_s) * profiles.slot_s / (HOURS_PER_YEAR * HOUR_S)
    return float(profiles.solar_wh[:, index].sum()) / profiles.pv_nominal_w[index] / years


def spikes(series_wh: NDArray[np.int64], slot_s: int) -> NDArray[np.intp]:
    """Rows of a series that hold far more energy than all others.

    Examples
    --------
    >>> spikes(np.array([300, 0, 12_500_000, 420, 510, 350]), 3_600).tolist()
    [2]
    """
    ordered = np.sort(series_wh)
    for count in range(min(max(SPIKES, len(ordered) // SPIKE_SHARE), len(ordered) - 1), 0, -1):
        least, rest = ordered[-count], ordered[-count - 1]
        if least > SPIKE_FACTOR * rest and least * HOUR_S > SPIKE_W * slot_s:
            return np.flatnonzero(series_wh >= least)
    return np.array([], dtype=np.intp)


def _spike_sentence(profiles: Profiles, name: str, series_wh: NDArray[np.int64], rows: NDArray[np.intp]) -> str:
    """A spike, or the largest of several, with its time and what the other slots hold."""
    largest = int(rows[series_wh[rows].argmax()])
    others_wh = int(np.delete(series_wh, rows).max())
    count = f"{len(rows)} spikes, the largest" if len(rows) > 1 else "a spike"
    return (
        f"{count} of {series_wh[largest] / 1000:.1f} kWh of {name} in the slot from "
        f"{profiles.local(int(profiles.start_s[largest])):%Y-%m-%d %H:%M}, {others_wh / 1000:.3f} kWh at most in others"
        ", as from a counter that was reset"
    )


def _dark_days(profiles: Profiles, index: int) -> int:
    """Count the whole local days on which home `index` has no solar energy."""
    return sum(not profiles.day(number).solar_wh[:, index].any() for number in range(profiles.days))


def _correlation(first: NDArray[np.int64], second: NDArray[np.float64]) -> float:
    """Return the Pearson correlation; 0 if one of the series is constant."""
    if first.min() == first.max() or second.min() == second.max():
        return 0.0
    return float(np.corrcoef(first, second)[0, 1])
