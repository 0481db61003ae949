"""``benchmarks/results/README.md``: the records as tables, made again with each record."""

from __future__ import annotations

import json
from collections.abc import Iterator

from benchmarks import cow, gas, large_round, members, runs, solver
from benchmarks.grid import Grid
from benchmarks.places import RESULTS
from toolchain.places import write_whole

HEAD = """# Results

Written by `./run bench` from the records beside this page. What is measured, and how, is in
[docs/benchmarks.md](../../docs/benchmarks.md).
"""


def grids() -> Iterator[Grid]:
    """The tables of all records that there are, and of their runs."""
    ran = []
    for part in (solver, gas, cow, large_round, members):
        if part.RECORD.exists():
            record = json.loads(part.RECORD.read_text(encoding="utf-8"))
            yield from part.recorded(record)
            ran += [(part.RECORD.name, number, run) for number, run in enumerate(record["runs"], 1)]
    yield runs.grid(ran)


def main() -> None:
    """Write the page."""
    write_whole(RESULTS / "README.md", "\n".join((HEAD, *(grid.markdown() for grid in grids()))))
