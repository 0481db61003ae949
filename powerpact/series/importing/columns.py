"""Which cell of a table is whose: one row for each home, or one column."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum

from powerpact.series.importing.options import Layout
from powerpact.series.importing.table import Table
from powerpact.series.limits import MAX_NAME, is_name


class Kind(StrEnum):
    """What a series holds."""

    LOAD = "load"
    SOLAR = "solar"


@dataclass(slots=True)
class Group:
    """Rows whose times follow each other: those of one home, or of a wide table.

    Attributes
    ----------
    times : list of (int, str)
        Line and text of each row's time.
    cells : dict of (str, Kind) to list of str
        The cells of each series, one for each row; home and kind.
    """

    times: list[tuple[int, str]] = field(default_factory=list)
    cells: dict[tuple[str, Kind], list[str]] = field(default_factory=dict)


def groups_of(table: Table, layout: Layout) -> list[Group]:
    """Sort a table's cells by their homes.

    Raises
    ------
    BadProfiles
        If a column is missing, or a home has no name.
    """
    time_at = [table.place(column, "--time-column") for column in layout.time]
    for column in layout.skipped:
        table.place(column, "--skip-column")
    return [_wide(table, layout, time_at)] if layout.is_wide else _long(table, layout, time_at)


def _long(table: Table, layout: Layout, time_at: list[int]) -> list[Group]:
    """One row for each home and interval."""
    home_at = None
    if layout.one_home is None:
        home_at = table.place(layout.home or "home", "--home-column (or state --home NAME, or --wide)")
    kinds = {Kind.LOAD: table.place(layout.load, "--load-column")}
    if layout.solar is not None:
        kinds[Kind.SOLAR] = table.place(layout.solar, "--solar-column")
    groups: dict[str, Group] = {}
    for line, fields in table.rows:
        home = layout.one_home if home_at is None else fields[home_at]
        group = groups.setdefault(_name(table, line, home or ""), Group())
        group.times.append((line, " ".join(fields[place] for place in time_at)))
        for kind, place in kinds.items():
            group.cells.setdefault((home or "", kind), []).append(fields[place])
    return list(groups.values())


def _wide(table: Table, layout: Layout, time_at: list[int]) -> Group:
    """One column for each series."""
    series = dict(_series(table, layout, time_at))
    if not series:
        raise table.bad(1, "no column of a home is left", "Name fewer columns with --skip-column.")
    group = Group()
    for line, fields in table.rows:
        group.times.append((line, " ".join(fields[place] for place in time_at)))
        for key, place in series.items():
            group.cells.setdefault(key, []).append(fields[place])
    return group


def _series(table: Table, layout: Layout, time_at: list[int]) -> Iterator[tuple[tuple[str, Kind], int]]:
    """Home and kind of each column of a wide table, and where it is."""
    taken: dict[tuple[str, Kind], str] = {}
    for place, column in enumerate(table.header):
        if place in time_at or column in layout.skipped:
            continue
        if layout.solar_suffix and column.endswith(layout.solar_suffix):
            key = _name(table, 1, column.removesuffix(layout.solar_suffix).strip()), Kind.SOLAR
        elif column.endswith(layout.load_suffix):
            key = _name(table, 1, column.removesuffix(layout.load_suffix).strip()), Kind.LOAD
        else:
            endings = f"{layout.load_suffix!r} nor {layout.solar_suffix!r}"
            raise table.bad(1, f"column {column!r} ends in neither {endings}", "Leave it out with --skip-column.")
        if key in taken:
            raise table.bad(1, f"columns {taken[key]!r} and {column!r} are both {key[1]} of {key[0]}", "Rename one.")
        taken[key] = column
        yield key, place


def _name(table: Table, line: int, text: str) -> str:
    """The name of a home."""
    if not is_name(text):
        raise table.bad(line, f"home {text!r} is not a name", f"Give 1 to {MAX_NAME} printable characters.")
    return text
