"""What the utility charges and pays: the two prices between which neighbours can agree.

One point is one US cent here, so a price in micro-points per kWh is 1 000 000 times the price in cents.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from powerpact.units import UPOINTS_PER_POINT

SUMMER_MONTHS: Final = range(6, 10)
PEAK_HOURS: Final = range(16, 21)
SATURDAY: Final = 5


@dataclass(frozen=True, slots=True)
class Tariff:
    """Time-of-use retail tariff and feed-in tariff, micro-points per kWh.

    Attributes
    ----------
    name : str
        What it is and where it comes from.
    feed_in_upoints_per_kwh : int
        Paid for energy fed into the grid, at all times.
    winter_upoints_per_kwh, winter_peak_upoints_per_kwh : int
        Charged from October to May, off peak and from 16 to 21 o'clock.
    summer_upoints_per_kwh, summer_peak_upoints_per_kwh, summer_weekend_peak_upoints_per_kwh : int
        Charged from June to September, off peak and from 16 to 21 o'clock on weekdays and weekends.
    """

    name: str
    feed_in_upoints_per_kwh: int
    winter_upoints_per_kwh: int
    winter_peak_upoints_per_kwh: int
    summer_upoints_per_kwh: int
    summer_peak_upoints_per_kwh: int
    summer_weekend_peak_upoints_per_kwh: int

    def retail_upoints_per_kwh(self, local: datetime) -> int:
        """Return the price of energy from the grid in the hour that starts at `local` clock time."""
        peak = local.hour in PEAK_HOURS
        if local.month not in SUMMER_MONTHS:
            return self.winter_peak_upoints_per_kwh if peak else self.winter_upoints_per_kwh
        if not peak:
            return self.summer_upoints_per_kwh
        weekend = local.weekday() >= SATURDAY
        return self.summer_weekend_peak_upoints_per_kwh if weekend else self.summer_peak_upoints_per_kwh


FONTANA: Final = Tariff(
    name="time-of-use prices of the CityLearn Challenge 2022, feed-in at 5 points",
    feed_in_upoints_per_kwh=5 * UPOINTS_PER_POINT,
    winter_upoints_per_kwh=21 * UPOINTS_PER_POINT,
    winter_peak_upoints_per_kwh=50 * UPOINTS_PER_POINT,
    summer_upoints_per_kwh=22 * UPOINTS_PER_POINT,
    summer_peak_upoints_per_kwh=54 * UPOINTS_PER_POINT,
    summer_weekend_peak_upoints_per_kwh=40 * UPOINTS_PER_POINT,
)
"""Retail prices as in the data's ``pricing.csv``. Feed-in near the short-term wholesale price by which
California compensates net surplus: five cents in 2009 (Utilities Commission, application 10-03-001)."""
