"""Where numbers of a record come from: when a run was recorded, on which machine, with which versions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from importlib.metadata import version
from typing import Any

from benchmarks.grid import Grid
from toolchain.results import Result

LIBRARIES = ("numpy", "numba", "scipy", "ortools")

Run = Mapping[str, Any]
"""What a part of the campaign measured at once, known by the time at which it was ``recorded``, UTC."""


def run_of(result: Result) -> Run:
    """The run that a result comes from."""
    commit, machine = result.code.commit, result.machine
    name = commit[:7] if commit else version("powerpact")
    return {
        "recorded": result.ended,
        "machine": {"processor": machine.processor, "cores": machine.cores, "system": machine.system},
        "versions": {"powerpact": f"{name} with changes" if result.code.changes else name, **result.versions},
    }


def grid(runs: Iterable[tuple[str, int, Run]]) -> Grid:
    """The table of runs, each with the name of its record and its number in it."""
    rows = []
    for record, number, run in runs:
        machine, versions = run["machine"], run["versions"]
        where = f"{machine['cores']} cores of {machine['processor']}, {machine['system']}"
        others = ", ".join(f"{name} {versions[name]}" for name in ("python", *LIBRARIES))
        rows.append([record, str(number), run["recorded"][:16].replace("T", " "), where, versions["powerpact"], others])
    return Grid("Runs", ("record", "run", "recorded, UTC", "machine", "PowerPact", "versions"), rows, words=6)
