"""What the utility charges and pays: the two prices between which neighbours can agree, at every time of the year."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time
from enum import StrEnum
from typing import Final, NamedTuple

from powerpact.units import UPOINTS_PER_POINT

ALL_MONTHS: Final = frozenset(range(1, 13))
SATURDAY: Final = 5


class Days(StrEnum):
    """Days of the week on which a window of a tariff holds."""

    ALL = "all"
    WEEKDAYS = "weekdays"
    WEEKEND = "weekend"

    def includes(self, local: datetime) -> bool:
        """Whether a local time is on such a day."""
        return self is Days.ALL or (local.weekday() >= SATURDAY) == (self is Days.WEEKEND)


@dataclass(frozen=True, slots=True)
class Window:
    """A time of use: when another price than the base price holds.

    Attributes
    ----------
    price_upoints_per_kwh : int
        Its price, micro-points per kWh.
    start, end : time
        Local clock times, from `start` on and before `end`; over midnight if `end` is not later.
    days : Days
        Days of the week, those of the moment itself.
    months : frozenset of int
        Months of the year, 1 to 12.
    """

    price_upoints_per_kwh: int
    start: time
    end: time
    days: Days = Days.ALL
    months: frozenset[int] = ALL_MONTHS

    def includes(self, local: datetime) -> bool:
        """Whether it holds at a local time."""
        clock = local.time()
        inside = self.start <= clock < self.end if self.start < self.end else clock >= self.start or clock < self.end
        return inside and local.month in self.months and self.days.includes(local)


@dataclass(frozen=True, slots=True)
class Rate:
    """A price with times of use.

    Attributes
    ----------
    base_upoints_per_kwh : int
        The price where no window holds, micro-points per kWh.
    windows : tuple of Window
        The first one that holds gives the price.
    """

    base_upoints_per_kwh: int
    windows: tuple[Window, ...] = ()

    def at(self, local: datetime) -> int:
        """The price in the slot that starts at a local time, micro-points per kWh."""
        holding = (window.price_upoints_per_kwh for window in self.windows if window.includes(local))
        return next(holding, self.base_upoints_per_kwh)


class Prices(NamedTuple):
    """What the utility charges and pays in a slot, micro-points per kWh."""

    retail_upoints_per_kwh: int
    feed_in_upoints_per_kwh: int


@dataclass(frozen=True, slots=True)
class Money:
    """A currency and what a point is worth in it.

    Attributes
    ----------
    currency : str
        Its code, such as ``EUR``.
    points_per_unit : int
        Power points for one unit of it.
    """

    currency: str
    points_per_unit: int

    @property
    def upoints_per_unit(self) -> int:
        """Micro-points for one unit of the currency."""
        return self.points_per_unit * UPOINTS_PER_POINT


@dataclass(frozen=True, slots=True)
class Tariff:
    """Retail and feed-in prices.

    Attributes
    ----------
    name : str
        What it is and where it comes from.
    retail, feed_in : Rate
        What the utility charges for energy from the grid, and pays for energy fed into it.
    money : Money
        The currency.
    """

    name: str
    retail: Rate
    feed_in: Rate
    money: Money

    def at(self, local: datetime) -> Prices:
        """Both prices in the slot that starts at a local time."""
        return Prices(self.retail.at(local), self.feed_in.at(local))
