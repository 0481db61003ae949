"""``benchmarks/results/README.md``: the records as tables, made anew after each run."""

from __future__ import annotations

import json
from collections.abc import Iterator

from benchmarks import cow, gas, large_round, solver
from benchmarks.grid import Grid
from benchmarks.places import RESULTS

HEAD = """# Results

Written by `./run bench` from the records beside this page. What is measured, and how, stands in
[docs/benchmarks.md](../../docs/benchmarks.md).
"""


def grids() -> Iterator[Grid]:
    """The tables of all records that there are."""
    for part in (solver, gas, cow, large_round):
        if part.RECORD.exists():
            yield from part.recorded(json.loads(part.RECORD.read_text(encoding="utf-8")))


def main() -> None:
    """Write the page."""
    (RESULTS / "README.md").write_text("\n".join((HEAD, *(grid.markdown() for grid in grids()))), encoding="utf-8")
