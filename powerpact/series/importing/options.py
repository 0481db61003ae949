"""What a user says about a table: its columns, its numbers, its clock, and what to do where it is incomplete."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import tzinfo
from decimal import Decimal
from enum import StrEnum

from powerpact.series.limits import HOUR_S


class Unit(StrEnum):
    """Unit of a table's values: energy of the interval, or mean power in it."""

    WH = "Wh"
    KWH = "kWh"
    MWH = "MWh"
    W = "W"
    KW = "kW"

    def wh(self, step_s: int) -> Decimal:
        """Energy of one of this unit in an interval, Wh.

        Examples
        --------
        >>> Unit.KW.wh(900), Unit.KWH.wh(900)
        (Decimal('250'), Decimal('1000'))
        """
        scale = Decimal(1_000_000 if self is Unit.MWH else 1_000 if self in (Unit.KWH, Unit.KW) else 1)
        return scale * step_s / HOUR_S if self in (Unit.W, Unit.KW) else scale


class Stamps(StrEnum):
    """Which end of its interval a time stamp names."""

    START = "start"
    END = "end"


class Gaps(StrEnum):
    """What happens where a value is missing."""

    REFUSE = "refuse"
    ZERO = "zero"
    INTERPOLATE = "interpolate"


class Negatives(StrEnum):
    """What happens to a value below zero."""

    REFUSE = "refuse"
    ZERO = "zero"
    SWAP = "swap"


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """Where a table has what.

    Attributes
    ----------
    time : tuple of str
        Columns that together are the time, joined by a blank.
    home, load, solar : str, optional
        Columns of a table with one row for each home and interval. Without a column of the solar energy there is none.
    one_home : str, optional
        Name of the only home of a table without such a column.
    is_wide : bool
        Whether the table has one row for each interval and a column for each home instead.
    load_suffix, solar_suffix : str
        Ends of the names of columns in a wide table that hold load and solar energy; what is before is the home.
        Without a suffix for the load all other columns hold load.
    skipped : tuple of str
        Columns that are left out.
    separator : str, optional
        Between fields; None: found in the header.
    encoding : str, optional
        Of the text; None: found.
    skipped_lines : int
        Lines before the header.
    """

    time: tuple[str, ...] = ("time",)
    home: str | None = "home"
    load: str = "load_wh"
    solar: str | None = "solar_wh"
    one_home: str | None = None
    is_wide: bool = False
    load_suffix: str = ""
    solar_suffix: str = ""
    skipped: tuple[str, ...] = ()
    separator: str | None = None
    encoding: str | None = None
    skipped_lines: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """How a table's numbers and times are meant, and what happens where they are not as they should be.

    Attributes
    ----------
    decimal : str
        Decimal sign, ``.`` or ``,``.
    thousands : str
        Sign between groups of three digits, none by default.
    unit : Unit
        Of the values.
    is_counter : bool
        Whether a value is what a meter's counter shows at the time of its stamp.
    zone : tzinfo, optional
        The local clock, of times without an offset and of the result.
    time_format : str, optional
        Form of times as `datetime.strptime` has it; None: ISO 8601, ``31.12.2024 23:45`` or Unix seconds.
    stamps : Stamps
        Which end of the interval a stamp names.
    step_s : int, optional
        Length of an interval, s; None: the most frequent distance.
    gaps : Gaps
        What happens where a value is missing.
    longest_gap : int
        Most intervals in a row that are interpolated.
    negatives : Negatives
        What happens to values below zero: ``swap`` takes negative load for solar energy, and the other way round.
    is_trimmed : bool
        Whether the ends are cut off that not all homes have.
    """

    decimal: str = "."
    thousands: str = ""
    unit: Unit = Unit.WH
    is_counter: bool = False
    zone: tzinfo | None = None
    time_format: str | None = None
    stamps: Stamps = Stamps.START
    step_s: int | None = None
    gaps: Gaps = Gaps.REFUSE
    longest_gap: int = 4
    negatives: Negatives = Negatives.REFUSE
    is_trimmed: bool = False
