"""Time, memory and quality of the solver and the verifier beside other ways to match, and their growth."""

from __future__ import annotations

import json
import os
import platform
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from rich.console import Console

from benchmarks.chart import Panel, chart
from benchmarks.contenders import COMPILED, CONTENDERS, DIVISIBLE, EXACT, HEURISTIC
from benchmarks.families import FAMILIES
from benchmarks.grid import Grid, spaced
from benchmarks.measurement import Task, first_call_seconds, measure
from benchmarks.places import PICTURES, RESULTS
from powerpact.types import Mode

OURS = "PowerPact"
OWN = [name for name in EXACT if name in COMPILED]
RIVALS = [name for name in EXACT if name not in COMPILED]
RECORD = RESULTS / "solver.json"
PICTURE = PICTURES / "bench-solver.svg"

LIMIT_S, MEMORY_GB = 60.0, 8.0
"""Most time and most address space of one measurement."""

Row = dict[str, Any]
"""A round and what each contender made of it."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What to measure: all sizes, modes, families and contenders; and the limits of one measurement."""

    sizes: Sequence[int]
    modes: Sequence[str] = tuple(Mode)
    families: Sequence[str] = tuple(FAMILIES)
    contenders: Sequence[str] = tuple(CONTENDERS)
    limit_s: float = LIMIT_S
    memory_gb: float = MEMORY_GB


def run(asked: Asked) -> list[Row]:
    """Measure all rounds, from the smallest; who is stopped by a limit is not asked at a larger size.

    Raises
    ------
    RuntimeError
        If two exact methods disagree.
    """
    rows = []
    for mode in map(Mode, asked.modes):
        for family in asked.families:
            running = [name for name in asked.contenders if mode is Mode.ONE_TO_ONE or name in DIVISIBLE]
            for orders in sorted(asked.sizes):
                measured = {name: _told(Task(name, family, orders, mode), asked) for name in running}
                running = [name for name in running if "stopped" not in measured[name]]
                rows.append(compared({"mode": mode, "family": family, "orders": orders, "measured": measured}))
    return rows


def compared(row: Row) -> Row:
    """Add to a row how many times the processor time of the solver exact rivals take, and how good the others are."""
    done = {name: measured for name, measured in row["measured"].items() if "seconds" in measured}
    optima = {name: done[name]["objective"] for name in EXACT if name in done}
    if len(set(optima.values())) > 1:
        raise RuntimeError(f"{row['mode']}, {row['family']}, {row['orders']} orders: the optima differ, {optima}")
    own = done.get(OURS)
    rivals, heuristics = [name for name in RIVALS if name in done], [name for name in HEURISTIC if name in done]
    return {
        **row,
        "times_processor_time": {
            name: round(done[name]["cpu_seconds"] / own["cpu_seconds"], 2) for name in rivals if own
        },
        "share_of_optimum": {name: round(done[name]["objective"] / own["objective"], 4) for name in heuristics if own},
    }


def growth(rows: Iterable[Row]) -> list[Row]:
    """Fit processor time = c · n^exponent for each contender and family, by least squares of the logarithms.

    Sizes below 1 000, where constant costs rule, are left out if two others remain.
    """
    times: dict[tuple[str, str, str], dict[int, float]] = {}
    for row in rows:
        for name, measured in row["measured"].items():
            if "seconds" in measured:
                times.setdefault((row["mode"], row["family"], name), {})[row["orders"]] = measured["cpu_seconds"]
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
    """Processor time over orders: a panel for each family one-to-one, and one for divisible rounds."""
    names = [OURS, *RIVALS]
    panels = []
    for mode, family in dict.fromkeys((row["mode"], row["family"]) for row in rows):
        own = [row for row in rows if (row["mode"], row["family"]) == (mode, family)]
        lines = {
            name: [
                (row["orders"], row["measured"][name]["cpu_seconds"])
                for row in own
                if "seconds" in row["measured"].get(name, {})
            ]
            for name in names
        }
        title = family if mode == Mode.ONE_TO_ONE else f"{family}, divisible"
        panels.append(Panel(title, {name: points for name, points in lines.items() if points}))
    return chart(
        "Processor time to solve a round by its size, seconds",
        panels,
        "orders of each side",
        "s",
        columns=len(FAMILIES),
    )


def machine() -> dict[str, Any]:
    """Where it was measured."""
    return {
        "cores": os.cpu_count(),
        "machine": platform.machine(),
        "system": platform.system(),
        "python": platform.python_version(),
    }


def main(asked: Asked) -> None:
    """Measure, print the tables, and renew record and picture."""
    first_calls = {mode.value: first_call_seconds(mode) for mode in Mode}
    for mode in Mode:
        measure(
            Task("PowerPact verifier", asked.families[0], 1, mode), LIMIT_S, asked.memory_gb
        )  # leaves the compiled code
    rows = run(asked)
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
    console = Console(width=140)
    console.print(*(grid.terminal() for grid in recorded({**record, "rounds": rows})))
    seconds = ", ".join(f"{mode} {seconds:.1f} s" for mode, seconds in first_calls.items())
    console.print(
        f"The first round ever solved and verified on a machine, compilation included, processor time: {seconds}"
    )


def recorded(record: Mapping[str, Any]) -> list[Grid]:
    """The tables of a record that have anything to show."""
    rows, fits = record["rounds"], record["growth"]
    return [grid for grid in (times(rows), memory(rows), quality(rows), exponents(fits)) if grid.rows]


def times(rows: Iterable[Row]) -> Grid:
    """Seconds, and how many times the processor time the others take."""
    cells = []
    for row in rows:
        measured, ratio = row["measured"], row["times_processor_time"]
        rivals = (_shown(measured.get(name)) + (f" ({ratio[name]:g}×)" if name in ratio else "") for name in RIVALS)
        waited = f"{measured[OURS]['seconds']:.3g}" if "seconds" in measured.get(OURS, {}) else ""
        cells.append([*_round(row), waited, *(_shown(measured.get(name)) for name in OWN), *rivals])
    title = "Median processor time of all threads, seconds (in brackets: times PowerPact's)"
    return Grid(title, ("mode", "family", "orders a side", "PowerPact, by the clock", *OWN, *RIVALS), cells, words=2)


def memory(rows: Iterable[Row]) -> Grid:
    """Peak memory of the whole process, MB."""
    cells = []
    for row in rows:
        peaks = (row["measured"].get(name, {}).get("peak_mb") for name in EXACT)
        cells.append([*_round(row), *("" if peak is None else spaced(peak) for peak in peaks)])
    return Grid(
        "Peak memory, MB, the round and all libraries included",
        ("mode", "family", "orders a side", *EXACT),
        cells,
        words=2,
    )


def quality(rows: Iterable[Row]) -> Grid:
    """Share of the optimum that methods without a proof reach."""
    cells = []
    for row in rows:
        if shares := row["share_of_optimum"]:
            reached = (f"{shares[name]:.1%}" if name in shares else "" for name in HEURISTIC)
            cells.append([row["family"], spaced(row["orders"]), *reached])
    return Grid("Share of the optimum that others reach, one-to-one", ("family", "orders a side", *HEURISTIC), cells)


def exponents(fits: Iterable[Row]) -> Grid:
    """Exponents of the fits."""
    by_family: dict[tuple[str, str], dict[str, str]] = {}
    for fit in fits:
        sizes = f"{spaced(fit['from_sizes'][0])}–{spaced(fit['from_sizes'][-1])}"
        cells = by_family.setdefault((fit["mode"], fit["family"]), {})
        cells[fit["contender"]] = f"{fit['exponent']:.2f} ({sizes})"
    rows = [[*key, *(cells.get(name, "") for name in EXACT)] for key, cells in by_family.items()]
    title = "Growth: exponent of n in the processor time, by least squares (in brackets: from which sizes)"
    return Grid(title, ("mode", "family", *EXACT), rows, words=2)


def _round(row: Row) -> list[str]:
    return [row["mode"], row["family"], spaced(row["orders"])]


def _told(task: Task, asked: Asked) -> Row:
    """Measure, and say so."""
    print(f"{task.round_name}: {task.contender} … ", end="", file=sys.stderr, flush=True)
    started = time.perf_counter()
    measured = measure(task, asked.limit_s, asked.memory_gb)
    passed = time.perf_counter() - started
    print(f"{_shown(measured)} (s; {passed:.0f} s with preparation and repeats)", file=sys.stderr, flush=True)
    return measured


def _shown(measured: Row | None) -> str:
    """Processor seconds, or why there are none."""
    if measured is None:
        return ""
    match measured.get("stopped"):
        case "time":
            return f"> {measured['after_seconds']:g}"
        case "memory":
            return f"> {measured['at_gb']:g} GB"
    return f"{measured['cpu_seconds']:.3g}" if measured else ""
