"""Rows of the solver's record, one for each contender on a round: merged, compared, and fitted over the sizes.

Rows of several runs are shown side by side, but only rows of one run are ever divided by each other: another run may
have been on another machine, or on one with less to spare.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from benchmarks.contenders import COMPILED, CONTENDERS, EXACT, HEURISTIC
from benchmarks.families import FAMILIES
from powerpact.market.rules import Mode

OURS = "PowerPact"
RIVALS = [name for name in EXACT if name not in COMPILED]
LARGE = 1_000
"""Orders of a side from which on constant costs do not rule any more."""

Row = Mapping[str, Any]
"""``mode``, ``family``, ``orders``, ``contender`` and ``run``, and what was measured."""
RoundKey = tuple[str, str, int]


def merged(old: Iterable[Row], new: Iterable[Row]) -> list[Row]:
    """Replace the rows that were measured again, and no others; in the order of the tables."""
    rows = {_key(row): row for row in (*old, *new)}
    modes, families, contenders = list(Mode), list(FAMILIES), list(CONTENDERS)
    return sorted(
        rows.values(),
        key=lambda row: (
            modes.index(row["mode"]),
            families.index(row["family"]),
            row["orders"],
            contenders.index(row["contender"]),
        ),
    )


def by_round(rows: Iterable[Row]) -> dict[RoundKey, dict[str, Row]]:
    """The rows of each round, by contender."""
    found: dict[RoundKey, dict[str, Row]] = {}
    for row in rows:
        found.setdefault((row["mode"], row["family"], row["orders"]), {})[row["contender"]] = row
    return found


def require_agreement(rows: Iterable[Row]) -> None:
    """Check that all exact methods found the same optimum of each round.

    Raises
    ------
    RuntimeError
        If two of them disagree.
    """
    for (mode, family, orders), measured in by_round(rows).items():
        optima = {name: measured[name]["objective"] for name in EXACT if is_done(measured.get(name))}
        if len(set(optima.values())) > 1:
            raise RuntimeError(f"{mode}, {family}, {orders} orders: the optima differ, {optima}")


def comparisons(rows: Iterable[Row]) -> list[Row]:
    """How many times PowerPact's processor time exact rivals take, and which share of the optimum the others reach.

    Of each round only the contenders that were measured in the same run as PowerPact.
    """
    found = []
    for (mode, family, orders), measured in by_round(rows).items():
        own = measured.get(OURS)
        if own is None or not is_done(own):
            continue
        done = {name: row for name, row in measured.items() if row["run"] == own["run"] and is_done(row)}
        times = {name: done[name]["cpu_seconds"] / own["cpu_seconds"] for name in RIVALS if name in done}
        shares = {name: done[name]["objective"] / own["objective"] for name in HEURISTIC if name in done}
        if times or shares:
            found.append(
                {"mode": mode, "family": family, "orders": orders, "run": own["run"]}
                | {"times_processor_time": {name: round(ratio, 2) for name, ratio in times.items()}}
                | {"share_of_optimum": {name: round(share, 4) for name, share in shares.items()}}
            )
    return found


def growth(rows: Iterable[Row]) -> list[Row]:
    """Fit processor time = c · n^exponent for each contender and family, by least squares of the logarithms.

    Over the sizes of one run: of those with two sizes or more the one that went furthest, of equals the one with more
    sizes, or else the later one. Sizes below 1 000, where constant costs rule, are left out if two others remain.
    """
    times: dict[tuple[str, str, str], dict[str, dict[int, float]]] = {}
    for row in filter(is_done, rows):
        by_run = times.setdefault((row["mode"], row["family"], row["contender"]), {})
        by_run.setdefault(row["run"], {})[row["orders"]] = row["cpu_seconds"]
    fits = []
    for (mode, family, contender), by_run in times.items():
        runs = [(_fitted(by_size), run) for run, by_size in by_run.items() if len(by_size) > 1]
        if runs:
            sizes, run = max(runs, key=lambda fit: (fit[0][-1], len(fit[0]), fit[1]))
            seconds = [by_run[run][size] for size in sizes]
            exponent, _ = np.polyfit(np.log(sizes), np.log(seconds), 1)
            fits.append(
                {"mode": mode, "family": family, "contender": contender, "run": run}
                | {"exponent": round(float(exponent), 2), "from_sizes": sizes}
            )
    return fits


def is_done(row: Row | None) -> bool:
    """Whether a contender was measured, and not stopped by a limit."""
    return row is not None and "seconds" in row


def _key(row: Row) -> tuple[str, str, int, str]:
    return row["mode"], row["family"], row["orders"], row["contender"]


def _fitted(sizes: Iterable[int]) -> list[int]:
    """The sizes that a fit takes, ascending."""
    ordered = sorted(sizes)
    large = [size for size in ordered if size >= LARGE]
    return large if len(large) > 1 else ordered
