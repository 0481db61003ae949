"""Sums of a statement: by meter, by local day, and by kind of booking."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from typing import Any, TypeVar

from powerpact.market.readings import Quality
from powerpact.statements.model import Measured, Movement, Statement, TradeLine
from powerpact.statements.readings import MISSING

QUALITIES = (*(quality.name.lower() for quality in Quality), MISSING)
"""From the best to the worst."""


@dataclass(frozen=True, slots=True)
class Energy:
    """What meters measured and traded, summed.

    Attributes
    ----------
    exported_wh, sold_wh, surplus_wh : int
        What was fed in; of that what neighbours bought and what was left.
    imported_wh, bought_wh, drawn_wh : int
        What was drawn; of that what neighbours sold and what the utility supplied.
    oversold_wh, unused_wh : int
        What was sold or bought beyond what was measured.
    certified_wh : int
        Certificates of the export.
    quality : str
        The worst of the readings.
    """

    exported_wh: int
    sold_wh: int
    surplus_wh: int
    imported_wh: int
    bought_wh: int
    drawn_wh: int
    oversold_wh: int
    unused_wh: int
    certified_wh: int
    quality: str

    @classmethod
    def of(cls, lines: Iterable[Measured]) -> Energy:
        """Sum lines up: exported and oversold is sold and surplus, imported and unused is bought and drawn."""
        lines = list(lines)
        names = [name for name in cls.__slots__ if name != "quality"]
        sums = {name: sum(getattr(line, name) for line in lines) for name in names}
        return cls(**sums, quality=max((line.quality for line in lines), key=QUALITIES.index, default=QUALITIES[0]))


@dataclass(frozen=True, slots=True)
class Booked:
    """Movements of one kind, summed.

    Attributes
    ----------
    kind : str
        What happened.
    entries : int
        How often.
    energy_wh, change_upoints : int
        Their sums.
    """

    kind: str
    entries: int
    energy_wh: int
    change_upoints: int


def by_meter(statement: Statement) -> dict[int, Energy]:
    """The sums of each meter."""
    groups = _grouped(statement.measured, lambda line: line.device)
    return {device: Energy.of(lines) for device, lines in groups.items()}


def by_day(statement: Statement, zone: tzinfo | None = None) -> dict[date, tuple[Energy, int]]:
    """The sums of each day by a time zone's clock, else this machine's, and by how much its trades changed points."""
    measured = _grouped(statement.measured, lambda line: _day(line.start_at, zone))
    trades = _grouped(statement.trades, lambda line: _day(line.start_at, zone))
    days = sorted(measured.keys() | trades.keys())
    return {day: (Energy.of(measured[day]), sum(line.change_upoints for line in trades[day])) for day in days}


def by_kind(statement: Statement) -> list[Booked]:
    """The sums of each kind of movement, in the order in which they came first."""
    return [
        Booked(kind, len(lines), sum(line.energy_wh for line in lines), sum(line.change_upoints for line in lines))
        for kind, lines in _grouped(statement.movements, lambda line: line.kind).items()
    ]


Line = TypeVar("Line", Measured, TradeLine, Movement)


def _grouped(lines: Iterable[Line], of: Callable[[Line], Any]) -> defaultdict[Any, list[Line]]:
    groups: defaultdict[Any, list[Line]] = defaultdict(list)
    for line in lines:
        groups[of(line)].append(line)
    return groups


def _day(time_s: int, zone: tzinfo | None) -> date:
    return datetime.fromtimestamp(time_s, zone).date()
