"""Time, memory and quality of the solver and the verifier beside other ways to match, and their growth."""

from __future__ import annotations

import json
import os
import platform
import sys
import time
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

from benchmarks.chart import Panel, chart
from benchmarks.contenders import DIVISIBLE, EXACT, HEURISTIC
from benchmarks.families import FAMILIES
from benchmarks.measurement import Task, first_call_seconds, measure
from benchmarks.places import PICTURES, RESULTS
from powerpact.types import Mode

OURS = "PowerPact"
RIVALS = [name for name in EXACT if not name.startswith(OURS)]
RECORD = RESULTS / "solver.json"
PICTURE = PICTURES / "bench-solver.svg"

Row = dict[str, Any]
"""A round and what each contender made of it."""


def run(
    sizes: Sequence[int], families: Sequence[str], contenders: Sequence[str], limit_s: float, memory_gb: float
) -> list[Row]:
    """Measure all rounds, from the smallest; who is stopped by a limit is not asked at a larger size.

    Raises
    ------
    RuntimeError
        If two exact methods disagree.
    """
    rows = []
    for mode in Mode:
        for family in families:
            running = [name for name in contenders if mode is Mode.ONE_TO_ONE or name in DIVISIBLE]
            for orders in sorted(sizes):
                measured = {name: _told(Task(name, family, orders, mode), limit_s, memory_gb) for name in running}
                running = [name for name in running if "stopped" not in measured[name]]
                rows.append(compared({"mode": mode, "family": family, "orders": orders, "measured": measured}))
    return rows


def compared(row: Row) -> Row:
    """Add to a row how many times slower the exact rivals are, and what share of the optimum the others reach."""
    done = {name: measured for name, measured in row["measured"].items() if "seconds" in measured}
    optima = {name: done[name]["objective"] for name in EXACT if name in done}
    if len(set(optima.values())) > 1:
        raise RuntimeError(f"{row['mode']}, {row['family']}, {row['orders']} orders: the optima differ, {optima}")
    own = done.get(OURS)
    rivals, heuristics = [name for name in RIVALS if name in done], [name for name in HEURISTIC if name in done]
    return {
        **row,
        "times_faster_than": {name: round(done[name]["seconds"] / own["seconds"], 2) for name in rivals if own},
        "share_of_optimum": {name: round(done[name]["objective"] / own["objective"], 4) for name in heuristics if own},
    }


def growth(rows: Iterable[Row]) -> list[Row]:
    """Fit seconds = c · n^exponent for each contender and family, by least squares of the logarithms.

    Sizes below 1 000, where constant costs rule, are left out if two others remain.
    """
    times: dict[tuple[str, str, str], dict[int, float]] = {}
    for row in rows:
        for name, measured in row["measured"].items():
            if "seconds" in measured:
                times.setdefault((row["mode"], row["family"], name), {})[row["orders"]] = measured["seconds"]
    fits = []
    for (mode, family, name), by_size in times.items():
        large = [size for size in by_size if size >= 1_000]
        sizes = sorted(large if len(large) > 1 else by_size)
        if len(sizes) > 1:
            exponent, _ = np.polyfit(np.log(sizes), np.log([by_size[size] for size in sizes]), 1)
            fits.append(
                {"mode": mode, "family": family, "contender": name, "exponent": round(float(exponent), 2)}
                | {"from_sizes": sizes}
            )
    return fits


def merged(old: Iterable[Row], new: Iterable[Row]) -> list[Row]:
    """Replace rounds that were measured again, each as a whole: what is compared was measured in one run."""
    rows = {(row["mode"], row["family"], row["orders"]): row for row in (*old, *new)}
    modes, families = list(Mode), list(FAMILIES)
    return [rows[key] for key in sorted(rows, key=lambda key: (modes.index(key[0]), families.index(key[1]), key[2]))]


def picture(rows: Sequence[Row]) -> str:
    """Seconds over orders: a panel for each family one-to-one, and one for divisible rounds."""
    names = [OURS, *RIVALS]
    panels = []
    for mode, family in dict.fromkeys((row["mode"], row["family"]) for row in rows):
        own = [row for row in rows if (row["mode"], row["family"]) == (mode, family)]
        lines = {
            name: [
                (row["orders"], row["measured"][name]["seconds"])
                for row in own
                if "seconds" in row["measured"].get(name, {})
            ]
            for name in names
        }
        title = family if mode == Mode.ONE_TO_ONE else f"{family}, divisible"
        panels.append(Panel(title, {name: points for name, points in lines.items() if points}))
    return chart("Seconds to solve a round by its size", panels, "orders of each side", "s", columns=len(FAMILIES))


def machine() -> dict[str, Any]:
    """Where it was measured."""
    return {
        "cores": os.cpu_count(),
        "machine": platform.machine(),
        "system": platform.system(),
        "python": platform.python_version(),
    }


def main(
    sizes: Sequence[int], families: Sequence[str], contenders: Sequence[str], limit_s: float, memory_gb: float
) -> None:
    """Measure, print the tables, and renew record and picture."""
    first_calls = {mode.value: first_call_seconds(mode) for mode in Mode}
    for mode in Mode:
        measure(Task("PowerPact verifier", families[0], 1, mode), limit_s, memory_gb)  # leaves the compiled code
    rows = run(sizes, families, contenders, limit_s, memory_gb)
    kept = json.loads(RECORD.read_text(encoding="utf-8"))["rounds"] if RECORD.exists() else []
    everything = merged(kept, rows)
    fits = growth(everything)
    record = {
        "schema": "powerpact/bench-solver/1",
        "machine": machine(),
        "first_call_seconds": first_calls,
        "rounds": everything,
        "growth": fits,
    }
    RESULTS.mkdir(parents=True, exist_ok=True)
    RECORD.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    PICTURE.write_text(picture(everything), encoding="utf-8")
    console = Console(width=128)
    tables = (times_table(rows), quality_table(rows), growth_table(fits))
    console.print(*(table for table in tables if table.row_count))
    seconds = ", ".join(f"{mode} {seconds:.1f} s" for mode, seconds in first_calls.items())
    console.print(f"The first round ever solved and verified on a machine, compilation included: {seconds}")


def times_table(rows: Iterable[Row]) -> Table:
    """Seconds and peak memory, and how many times slower the others are."""
    columns = ("mode", "family", "orders", "solve s", "MB", "verify s", *(f"{name} s" for name in RIVALS))
    table = Table(*columns, title="Median seconds (in brackets: times PowerPact's) and peak memory")
    for row in rows:
        measured, times = row["measured"], row["times_faster_than"]
        own = measured.get(OURS, {})
        table.add_row(
            row["mode"],
            row["family"],
            f"{row['orders']:,}".replace(",", " "),
            _shown(own),
            str(own.get("peak_mb", "")),
            _shown(measured.get("PowerPact verifier")),
            *(_shown(measured.get(name)) + (f" ({times[name]:g}×)" if name in times else "") for name in RIVALS),
        )
    return table


def quality_table(rows: Iterable[Row]) -> Table:
    """Share of the optimum that methods without a proof reach."""
    table = Table("family", "orders", *HEURISTIC, title="Share of the optimum")
    for row in rows:
        if shares := row["share_of_optimum"]:
            cells = (f"{shares[name]:.1%}" if name in shares else "" for name in HEURISTIC)
            table.add_row(row["family"], f"{row['orders']:,}".replace(",", " "), *cells)
    return table


def growth_table(fits: Iterable[Row]) -> Table:
    """Exponents of the fits."""
    names = [name for name in EXACT if any(fit["contender"] == name for fit in fits)]
    table = Table("mode", "family", *names, title="Growth: exponent of n in the time (sizes in brackets)")
    by_family: dict[tuple[str, str], dict[str, str]] = {}
    for fit in fits:
        sizes = f"{fit['from_sizes'][0]:g}–{fit['from_sizes'][-1]:g}"
        cells = by_family.setdefault((fit["mode"], fit["family"]), {})
        cells[fit["contender"]] = f"{fit['exponent']:.2f} ({sizes})"
    for (mode, family), cells in by_family.items():
        table.add_row(mode, family, *(cells.get(name, "") for name in names))
    return table


def _told(task: Task, limit_s: float, memory_gb: float) -> Row:
    """Measure, and say so."""
    print(f"{task.round_name}: {task.contender} … ", end="", file=sys.stderr, flush=True)
    started = time.perf_counter()
    measured = measure(task, limit_s, memory_gb)
    passed = time.perf_counter() - started
    print(f"{_shown(measured)} s (with preparation and repeats {passed:.0f} s)", file=sys.stderr, flush=True)
    return measured


def _shown(measured: Row | None) -> str:
    """Seconds, or why there are none."""
    if measured is None:
        return ""
    match measured.get("stopped"):
        case "time":
            return f"> {measured['after_seconds']:g}"
        case "memory":
            return f"> {measured['at_gb']:g} GB"
    return f"{measured['seconds']:.3g}" if measured else ""
