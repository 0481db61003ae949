"""Time, memory and quality of the solver and the verifier beside other ways to match, and their growth."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rich.console import Console

from benchmarks.chart import Panel, Point, chart
from benchmarks.comparison import (
    OURS,
    RIVALS,
    RoundKey,
    Row,
    by_round,
    comparisons,
    growth,
    is_done,
    merged,
    require_agreement,
)
from benchmarks.contenders import COMPILED, CONTENDERS, DIVISIBLE, EXACT, HEURISTIC
from benchmarks.families import FAMILIES
from benchmarks.grid import Grid, spaced
from benchmarks.measurement import Task, first_call_seconds, measure
from benchmarks.places import PICTURES, RESULTS
from benchmarks.runs import Run, run_of
from powerpact.market.rules import Mode
from toolchain.places import write_whole
from toolchain.results import Result

OWN = [name for name in EXACT if name in COMPILED]
RECORD = RESULTS / "solver.json"
PICTURE = PICTURES / "bench-solver.svg"

LIMIT_S, MEMORY_GB = 60.0, 8.0
"""Most time and most address space of one measurement."""

COMPILATION_S = 600.0
"""Most time of a compilation."""

Record = Mapping[str, Any]
"""What ``solver.json`` holds."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What to measure: rounds of a mode and a family, all sizes and contenders; and the limits of one measurement."""

    mode: str
    family: str
    sizes: Sequence[int]
    contenders: Sequence[str] = tuple(CONTENDERS)
    limit_s: float = LIMIT_S
    memory_gb: float = MEMORY_GB


def run(asked: Asked) -> Iterator[dict[str, Any]]:
    """Measure all rounds, from the smallest, and yield each row; who is stopped is not asked at larger sizes.

    Raises
    ------
    RuntimeError
        If two exact methods disagree.
    """
    mode = Mode(asked.mode)
    running = [name for name in asked.contenders if mode is Mode.ONE_TO_ONE or name in DIVISIBLE]
    if set(running) & set(COMPILED):
        compile_all(mode, asked.memory_gb)
    for orders in sorted(asked.sizes):
        round_ = {"mode": mode.value, "family": asked.family, "orders": orders}
        measured = []
        for name in running:
            row = {**round_, "contender": name, **_told(Task(name, asked.family, orders, mode), asked)}
            measured.append(row)
            yield row
        require_agreement(measured)
        running = [row["contender"] for row in measured if is_done(row)]


def first_calls(modes: Iterable[str]) -> Iterator[dict[str, Any]]:
    """Processor time of the first round of each mode, compilation included."""
    for mode in map(Mode, modes):
        yield {"mode": mode.value, "cpu_seconds": first_call_seconds(mode)}


def compile_all(mode: Mode, memory_gb: float = MEMORY_GB) -> None:
    """Leave compiled code behind, so that no limit counts its compilation."""
    measure(Task("PowerPact verifier", next(iter(FAMILIES)), 1, mode), COMPILATION_S, memory_gb)


def record_of(runs: Iterable[Run], calls: Iterable[Row], rows: Sequence[Row]) -> Record:
    """The record of what was measured, with all that follows from it; runs of which nothing is left are left out."""
    calls = list({call["mode"]: call for call in calls}.values())
    used = {row["run"] for row in (*calls, *rows)}
    return {
        "schema": "powerpact/bench-solver/2",
        "runs": [run for run in runs if run["recorded"] in used],
        "first_calls": calls,
        "rows": rows,
        "comparisons": comparisons(rows),
        "growth": growth(rows),
    }


def renew(result: Result) -> None:
    """Put what a part measured, first calls or rows, into record and picture, and print it."""
    this = run_of(result)
    found = [{**measured, "run": this["recorded"]} for measured in result.measurements]
    calls, rows = ([row for row in found if ("contender" in row) is of_round] for of_round in (False, True))
    kept = json.loads(RECORD.read_text(encoding="utf-8")) if RECORD.exists() else record_of((), (), ())
    runs = {run["recorded"]: run for run in (*kept["runs"], this)}
    in_time = sorted(runs.values(), key=lambda run: run["recorded"])
    record = record_of(in_time, (*kept["first_calls"], *calls), merged(kept["rows"], rows))
    write_whole(RECORD, json.dumps(record, indent=1) + "\n")
    if record["rows"]:
        write_whole(PICTURE, picture(record["rows"]))
    Console(width=140).print(*(grid.terminal() for grid in recorded(record_of((this,), calls, rows))))


def picture(rows: Iterable[Row]) -> str:
    """Processor time over orders: a panel for each family one-to-one, and one for each of divisible rounds."""
    panels: dict[str, dict[str, list[Point]]] = {}
    for (mode, family, orders), measured in by_round(rows).items():
        lines = panels.setdefault(family if mode == Mode.ONE_TO_ONE else f"{family}, divisible", {})
        for name in (OURS, *RIVALS):
            if is_done(row := measured.get(name)):
                lines.setdefault(name, []).append(Point(orders, row["cpu_seconds"], row["run"]))
    return chart(
        "Processor time to solve a round by its size, seconds",
        [Panel(title, lines) for title, lines in panels.items() if lines],
        "orders of each side",
        "s",
        columns=len(FAMILIES),
    )


def recorded(record: Record) -> list[Grid]:
    """The tables of a record that have anything to show."""
    grids = (times(record), memory(record), quality(record), exponents(record), compilation(record))
    return [grid for grid in grids if grid.rows]


def times(record: Record) -> Grid:
    """Seconds, and how many times PowerPact's processor time the others take."""
    compared = _compared(record, "times_processor_time")
    cells = []
    for key, run_, measured in _exact_rounds(record):
        ratio = compared.get(key, {})
        rivals = (_cell(record, run_, measured.get(name), _seconds, ratio.get(name)) for name in RIVALS)
        waited = f"{measured[OURS]['seconds']:.3g}" if is_done(measured.get(OURS)) else ""
        own = (_cell(record, run_, measured.get(name), _seconds) for name in OWN)
        cells.append([*_named(key), _number(record, run_), waited, *own, *rivals])
    title = "Median processor time of all threads, seconds (in brackets: times PowerPact's in the same run)"
    head = ("mode", "family", "orders a side", "run", "PowerPact, by the clock", *OWN, *RIVALS)
    return Grid(title, head, cells, words=2)


def memory(record: Record) -> Grid:
    """Peak memory of the whole process, MB."""
    cells = []
    for key, run_, measured in _exact_rounds(record):
        peaks = (_cell(record, run_, measured.get(name), _peak) for name in EXACT)
        cells.append([*_named(key), _number(record, run_), *peaks])
    title = "Peak memory, MB, the round and all libraries included"
    return Grid(title, ("mode", "family", "orders a side", "run", *EXACT), cells, words=2)


def quality(record: Record) -> Grid:
    """Share of the optimum that methods without a proof reach."""
    cells = []
    for (_, family, orders), shares in _compared(record, "share_of_optimum").items():
        if shares:
            reached = (f"{shares[name]:.1%}" if name in shares else "" for name in HEURISTIC)
            cells.append([family, spaced(orders), *reached])
    return Grid("Share of the optimum that others reach, one-to-one", ("family", "orders a side", *HEURISTIC), cells)


def exponents(record: Record) -> Grid:
    """Exponents of the fits."""
    by_family: dict[tuple[str, str], dict[str, str]] = {}
    for fit in record["growth"]:
        sizes = f"{spaced(fit['from_sizes'][0])}–{spaced(fit['from_sizes'][-1])}"
        cells = by_family.setdefault((fit["mode"], fit["family"]), {})
        cells[fit["contender"]] = f"{fit['exponent']:.2f} ({sizes})"
    rows = [[*key, *(cells.get(name, "") for name in EXACT)] for key, cells in by_family.items()]
    title = "Growth: exponent of n in the processor time, by least squares (in brackets: from which sizes of one run)"
    return Grid(title, ("mode", "family", *EXACT), rows, words=2)


def compilation(record: Record) -> Grid:
    """Processor time of first rounds."""
    calls = record["first_calls"]
    rows = [[call["mode"], _number(record, call["run"]), f"{call['cpu_seconds']:.1f}"] for call in calls]
    title = "The first round ever solved and verified on a machine, compilation included: processor time, seconds"
    return Grid(title, ("mode", "run", "seconds"), rows)


def _exact_rounds(record: Record) -> Iterator[tuple[RoundKey, str, dict[str, Row]]]:
    """The rounds that exact methods were given, the run of PowerPact's row (or else of the latest), and the rows."""
    for key, measured in by_round(record["rows"]).items():
        exact = {name: measured[name] for name in EXACT if name in measured}
        if exact:
            latest = max(row["run"] for row in exact.values())
            yield key, exact[OURS]["run"] if OURS in exact else latest, exact


def _compared(record: Record, what: str) -> dict[RoundKey, Mapping[str, float]]:
    """One of the comparisons, by round."""
    return {(row["mode"], row["family"], row["orders"]): row[what] for row in record["comparisons"]}


def _named(key: RoundKey) -> list[str]:
    mode, family, orders = key
    return [mode, family, spaced(orders)]


def _number(record: Record, run_: str) -> str:
    """The number of a run, in the order of time."""
    return str(1 + [known["recorded"] for known in record["runs"]].index(run_))


def _cell(record: Record, run_: str, row: Row | None, shown: Callable[[Row], str], ratio: float | None = None) -> str:
    """What a row shows, how many times PowerPact's it is, and its run if that is another one than the line's."""
    if row is None or not (number := shown(row)):
        return ""
    compared = "" if ratio is None else f" ({ratio:g}×)"
    return number + compared + ("" if row["run"] == run_ else f" [run {_number(record, row['run'])}]")


def _told(task: Task, asked: Asked) -> Row:
    """Measure, and say so."""
    print(f"{task.round_name}: {task.contender} … ", end="", file=sys.stderr, flush=True)
    started = time.perf_counter()
    measured = measure(task, asked.limit_s, asked.memory_gb)
    passed = time.perf_counter() - started
    print(f"{_seconds(measured)} (s; {passed:.0f} s with preparation and repeats)", file=sys.stderr, flush=True)
    return measured


def _seconds(row: Row) -> str:
    """Processor seconds, or why there are none."""
    match row.get("stopped"):
        case "time":
            return f"> {row['after_seconds']:g}"
        case "memory":
            return f"> {row['at_gb']:g} GB"
    return f"{row['cpu_seconds']:.3g}"


def _peak(row: Row) -> str:
    """Peak memory, if it is known."""
    return spaced(row["peak_mb"]) if "peak_mb" in row else ""
