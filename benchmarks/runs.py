"""Where numbers of a record come from: when a run was recorded, on which machine, with which versions."""

from __future__ import annotations

import os
import platform
import re
import subprocess
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from benchmarks.grid import Grid

ROOT = Path(__file__).parents[1]
MEASURED = ("powerpact", "contracts", "interfaces")
"""Folders of the code that is measured."""

LIBRARIES = ("numpy", "numba", "scipy", "ortools")

Run = Mapping[str, Any]
"""A run, known by the time at which it was ``recorded``, UTC."""


def this_run() -> Run:
    """The run that ends now."""
    return {
        "recorded": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": {"processor": _processor(), "cores": os.cpu_count(), "system": platform.system()},
        "versions": {
            "powerpact": _commit() or version("powerpact"),
            "python": platform.python_version(),
            **{name: version(name) for name in LIBRARIES},
        },
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


def _commit() -> str:
    """The commit that is checked out, and whether the measured code differs from it; empty outside of Git."""
    commit = _git("rev-parse", "--short", "HEAD")
    return f"{commit} with changes" if commit and _git("status", "--porcelain", "--", *MEASURED) else commit


def _git(*words: str) -> str:
    try:
        done = subprocess.run(("git", *words), cwd=ROOT, capture_output=True, text=True)
    except FileNotFoundError:
        return ""
    return done.stdout.strip()


def _processor() -> str:
    """The processor's name, or else its architecture."""
    told = Path("/proc/cpuinfo")
    found = re.search(r"model name\s*: (.+)", told.read_text(encoding="utf-8")) if told.exists() else None
    return found[1] if found else platform.machine()
