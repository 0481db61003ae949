"""Time, memory and quality of the solver and the verifier beside other ways to match.

Each solver runs in a process of its own, so that its peak memory is its own; all see the same rounds.
"""

from __future__ import annotations

import json
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

from benchmarks.families import FAMILIES, make

REPEATS = 5
TIMEOUT_S = 900


def measure(name: str, family: str, orders: int) -> dict[str, Any]:
    """Run one solver in a process of its own: seconds (median), objective, peak memory in MB."""
    command = [sys.executable, "-m", "benchmarks.solver", name, family, str(orders)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT_S, check=True)
    result: dict[str, Any] = json.loads(done.stdout)
    return result


def compare(orders: int, families: tuple[str, ...] = tuple(FAMILIES)) -> list[dict[str, Any]]:
    """All solvers on one round of each family."""
    rows = []
    for family in families:
        row: dict[str, Any] = {"family": family, "orders_each_side": orders}
        for name in SOLVERS:
            print(f"{family}, {orders} orders each side: {name}", file=sys.stderr, flush=True)
            row[name] = measure(name, family, orders)
        if row["powerpact"]["objective"] != row["scipy"]["objective"]:
            raise RuntimeError(f"{family}: {row['powerpact']['objective']} is not {row['scipy']['objective']}")
        row["times_faster_than_scipy"] = round(row["scipy"]["seconds"] / row["powerpact"]["seconds"], 1)
        row["greedy_share_of_optimum"] = round(row["greedy"]["objective"] / row["powerpact"]["objective"], 4)
        rows.append(row)
    return rows


def _powerpact(family: str, orders: int) -> Callable[[], int]:
    from powerpact.solver import solve

    solve(make(family, 50))  # compiled code is loaded, or made, before the clock runs
    round_ = make(family, orders)
    return lambda: solve(round_).objective


def _verify(family: str, orders: int) -> Callable[[], int]:
    from powerpact.solver import solve
    from powerpact.verifier import verify

    small = make(family, 50)
    verify(small, solve(small))
    round_ = make(family, orders)
    solution = solve(round_)

    def run() -> int:
        fault = verify(round_, solution)
        if fault is not None:
            raise RuntimeError(f"the verifier refuted the solver: {fault}")
        return solution.objective

    return run


def _scipy(family: str, orders: int) -> Callable[[], int]:
    from scipy.optimize import linear_sum_assignment

    from benchmarks.dense import scores

    matrix = scores(make(family, orders))  # given to SciPy: its time is the matching alone

    def run() -> int:
        rows, columns = linear_sum_assignment(matrix, maximize=True)
        return int(matrix[rows, columns].sum())

    return run


def _greedy(family: str, orders: int) -> Callable[[], int]:
    import numpy as np

    from benchmarks.dense import scores

    matrix = scores(make(family, orders))

    def run() -> int:
        """Always the best pair that is left."""
        free_rows, free_columns = np.ones(len(matrix), bool), np.ones(matrix.shape[1], bool)
        total = 0
        for place in np.argsort(-matrix, axis=None, kind="stable"):
            i, j = divmod(int(place), matrix.shape[1])
            if free_rows[i] and free_columns[j]:
                total += int(matrix[i, j])
                free_rows[i] = free_columns[j] = False
        return total

    return run


SOLVERS: dict[str, Callable[[str, int], Callable[[], int]]] = {
    "powerpact": _powerpact,
    "verify": _verify,
    "scipy": _scipy,
    "greedy": _greedy,
}
"""What is compared. SciPy and greedy are given the matrix; PowerPact scores the orders itself."""


def _run(name: str, family: str, orders: int) -> dict[str, Any]:
    run = SOLVERS[name](family, orders)
    seconds, objectives = [], set()
    for _ in range(REPEATS):
        started = time.perf_counter()
        objectives.add(run())
        seconds.append(time.perf_counter() - started)
    (objective,) = objectives
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"seconds": round(statistics.median(seconds), 5), "objective": objective, "peak_mb": round(peak_mb)}


if __name__ == "__main__":
    print(json.dumps(_run(sys.argv[1], sys.argv[2], int(sys.argv[3]))))
