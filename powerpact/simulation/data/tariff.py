"""The tariff of the bundled homes. One point is one US cent here."""

from __future__ import annotations

from datetime import time
from typing import Final

from powerpact.simulation.tariff import ALL_MONTHS, Days, Money, Rate, Tariff, Window
from powerpact.units import UPOINTS_PER_POINT

SUMMER: Final = frozenset(range(6, 10))
WINTER: Final = ALL_MONTHS - SUMMER


def _window(points: int, start: int, end: int, days: Days = Days.ALL, months: frozenset[int] = SUMMER) -> Window:
    """A window between two whole hours."""
    return Window(points * UPOINTS_PER_POINT, time(start), time(end), days, months)


FONTANA: Final = Tariff(
    name="time-of-use prices of the CityLearn Challenge 2022, feed-in at 5 points",
    retail=Rate(
        21 * UPOINTS_PER_POINT,
        (
            _window(50, 16, 21, months=WINTER),
            _window(54, 16, 21, Days.WEEKDAYS),
            _window(40, 16, 21, Days.WEEKEND),
            _window(22, 0, 0),
        ),
    ),
    feed_in=Rate(5 * UPOINTS_PER_POINT),
    money=Money("USD", 100),
)
"""Retail prices as in the data's ``pricing.csv``. Feed-in near the short-term wholesale price by which
California compensates net surplus: five cents in 2009 (Utilities Commission, application 10-03-001)."""
