"""One contender on one round, in a separate process, so that its peak memory is its own.

``python -m benchmarks.measurement CONTENDER FAMILY ORDERS MODE MEMORY_GB`` measures and prints JSON, and
``python -m benchmarks.measurement MODE`` the processor time of a first solved and verified round.
"""

from __future__ import annotations

import json
import os
import re
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.families import make
from powerpact.market.rules import Mode

REPEATS = 5
REPEAT_S = 5.0
"""After this time no repeat begins."""

WARM_UP_ORDERS = 800
"""Orders a side of a round solved before the clock runs, so that all compiled code is loaded, or made."""

Measured = dict[str, Any]
"""What one measurement found, or under ``stopped`` which limit ended it."""


@dataclass(frozen=True, slots=True)
class Task:
    """What to measure."""

    contender: str
    family: str
    orders: int
    mode: Mode = Mode.ONE_TO_ONE

    @property
    def round_name(self) -> str:
        """The round, in words."""
        return f"{self.mode}, {self.family}, {self.orders} + {self.orders} orders"


def measure(task: Task, limit_s: float, memory_gb: float) -> Measured:
    """Measure in a new process.

    Returns
    -------
    dict
        ``seconds`` (median), ``least_seconds``, ``cpu_seconds`` (median, all threads), ``repeats``,
        ``preparation_seconds`` (scores handed to the contender, off the clock), ``objective`` and ``peak_mb``; or
        ``stopped`` with ``after_seconds`` or ``at_gb`` where the whole process needed more.
    """
    command = _command(task, memory_gb)
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=limit_s)
    except subprocess.TimeoutExpired:
        return {"stopped": "time", "after_seconds": limit_s}
    if done.returncode:
        if re.search("MemoryError|bad_alloc|Unable to allocate|Cannot allocate", done.stderr):
            return {"stopped": "memory", "at_gb": memory_gb}
        raise RuntimeError(f"{task.contender}, {task.round_name}: {done.stderr.strip()[-2_000:]}")
    measured: Measured = json.loads(done.stdout)
    return measured


def first_call_seconds(mode: Mode) -> float:
    """Processor time of the first round solved and verified on a machine, compilation included."""
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "NUMBA_CACHE_DIR": folder}
        command = [sys.executable, "-m", "benchmarks.measurement", mode.value]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    return float(done.stdout)


def _command(task: Task, memory_gb: float) -> list[str]:
    words = (task.contender, task.family, task.orders, task.mode.value, memory_gb)
    return [sys.executable, "-m", "benchmarks.measurement", *map(str, words)]


def _measure_here(task: Task) -> Measured:
    from benchmarks.contenders import COMPILED, CONTENDERS

    contender = CONTENDERS[task.contender]
    if task.contender in COMPILED:
        contender(make("mid", WARM_UP_ORDERS, task.mode))()
    round_ = make(task.family, task.orders, task.mode)
    started = time.perf_counter()
    run = contender(round_)
    preparation_seconds = time.perf_counter() - started
    seconds: list[float] = []
    cpu_seconds: list[float] = []
    objectives = set()
    while len(seconds) < REPEATS and sum(seconds) < REPEAT_S:
        started, cpu_started = time.perf_counter(), time.process_time()
        objectives.add(run())
        seconds.append(time.perf_counter() - started)
        cpu_seconds.append(time.process_time() - cpu_started)
    (objective,) = objectives
    return {
        "seconds": round(statistics.median(seconds), 5),
        "least_seconds": round(min(seconds), 5),
        "cpu_seconds": round(statistics.median(cpu_seconds), 5),
        "repeats": len(seconds),
        "preparation_seconds": round(preparation_seconds, 3),
        "objective": objective,
        "peak_mb": round(peak_mb()),
    }


def _first_call_here(mode: Mode) -> float:
    from benchmarks.contenders import verifier

    round_ = make("mid", WARM_UP_ORDERS, mode)
    started = time.process_time()
    verifier(round_)()
    return round(time.process_time() - started, 1)


def peak_mb() -> float:
    """Largest memory of this process, MB; on Linux that of this program alone, not of the one that started it."""
    status = Path("/proc/self/status")
    if status.exists():
        found = re.search(r"VmHWM:\s*(\d+) kB", status.read_text())
        if found:
            return int(found[1]) / 1024
    divisor = 1024**2 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / divisor


def main() -> None:
    """Measure what the command line names."""
    if len(sys.argv) == 2:
        print(_first_call_here(Mode(sys.argv[1])))
        return
    contender, family, orders, mode, memory_gb = sys.argv[1:]
    most = int(float(memory_gb) * 1e9)
    resource.setrlimit(resource.RLIMIT_AS, (most, most))
    print(json.dumps(_measure_here(Task(contender, family, int(orders), Mode(mode)))))


if __name__ == "__main__":
    main()
