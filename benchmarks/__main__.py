"""``./run bench [ORDERS ...]``: measure solver and gas, print both, and renew the record in ``benchmarks/results``."""

from __future__ import annotations

import json
import os
import platform
import sys
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks import gas
from benchmarks.solver import compare

RESULTS = Path(__file__).parent / "results"
DEFAULT_ORDERS = (100, 1_000)


def main(sizes: tuple[int, ...]) -> None:
    """Measure rounds of these sizes, in orders of each side."""
    rows = [row for orders in sizes for row in compare(orders)]
    machine = {"cores": os.cpu_count(), "machine": platform.machine(), "python": platform.python_version()}
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "solver.json").write_text(json.dumps({"machine": machine, "rounds": rows}, indent=2) + "\n")
    table = Table("family", "orders", "solve s", "verify s", "peak MB", "SciPy s", "times faster", "greedy reaches")
    for row in rows:
        own = row["powerpact"]
        table.add_row(
            row["family"],
            f"{row['orders_each_side']} + {row['orders_each_side']}",
            f"{own['seconds']:.3f}",
            f"{row['verify']['seconds']:.3f}",
            f"{own['peak_mb']}",
            f"{row['scipy']['seconds']:.3f}",
            f"{row['times_faster_than_scipy']:.1f}",
            f"{row['greedy_share_of_optimum']:.1%}",
        )
    Console(width=100).print(table)
    gas.main()
    print(f"records: {RESULTS}")


if __name__ == "__main__":
    main(tuple(map(int, sys.argv[1:])) or DEFAULT_ORDERS)
