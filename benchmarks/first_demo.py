"""The first demo of a fresh clone: set-up, chain and a whole market day.

``./run bench --part first-demo`` clones what is checked out into a temporary folder, runs the demo there and writes
``benchmarks/results/first_demo.json``. Nothing is shared with this checkout, so all packages are fetched again. On a
busy machine look at the processor time: the wall time is the others' too.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from benchmarks.places import RESULTS
from benchmarks.runs import run_of
from toolchain.places import ROOT, write_whole
from toolchain.results import Result

RECORD: Final = RESULTS / "first_demo.json"
DEMO: Final = ("./run", "demo", "--json")
MOST_SECONDS: Final = 90
"""Wall time that the first demo may take on two idle cores, of which the day may take half."""


def measure(project: Path = ROOT, command: Sequence[str] = DEMO) -> dict[str, Any]:
    """Clone a project and run a command in it that prints the demo's report.

    Returns
    -------
    dict
        Seconds of the whole and of the day, the clone left out; processor seconds of all processes of the command;
        the load of the machine before; and the steps of the day with their seconds.
    """
    load = os.getloadavg()[0]
    with tempfile.TemporaryDirectory(prefix="powerpact-demo-") as folder:
        clone = Path(folder) / "clone"
        subprocess.run(["git", "clone", "--quiet", "--no-hardlinks", str(project), str(clone)], check=True)
        used, begin = _processor_seconds(), time.monotonic()
        report = json.loads(subprocess.run(command, cwd=clone, stdout=subprocess.PIPE, check=True).stdout)
        wall, used = time.monotonic() - begin, _processor_seconds() - used
    steps = {step["step"]: round(step["seconds"], 1) for step in report["times"]}
    return {
        "seconds": round(wall, 1),
        "day_seconds": round(sum(steps.values()), 1),
        "processor_seconds": round(used, 1),
        "load_before": round(load, 2),
        "steps": steps,
    }


def renew(result: Result) -> None:
    """Renew the record, and say it."""
    (found,) = result.measurements
    write_whole(RECORD, json.dumps({**found, "run": run_of(result)}, indent=1) + "\n")
    print(
        f"first demo of a fresh clone: {found['seconds']} s, of which the day {found['day_seconds']} s; "
        f"{found['processor_seconds']} s of processor time, at a load of {found['load_before']} before "
        f"(budget: {MOST_SECONDS} s on two idle cores)"
    )


def _processor_seconds() -> float:
    """Processor time of all processes that this one started and that have ended."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime
