"""``./run bench [ORDERS ...]``: measure, print tables, and renew the records and pictures."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from benchmarks import cow, first_demo, gas, large_round, page, solver
from benchmarks.contenders import CONTENDERS
from benchmarks.families import FAMILIES
from benchmarks.places import PICTURES, RESULTS
from powerpact.market.rules import Mode

SIZES = (100, 1_000)
PARTS = ("solver", "gas", "cow")
LARGE_ROUND, FIRST_DEMO = "large-round", "first-demo"
"""Measured only when they are asked for: they take minutes, and the demo fetches all packages again."""


def parser() -> argparse.ArgumentParser:
    """The command line."""
    made = argparse.ArgumentParser(
        prog="./run bench",
        description="Measure PowerPact beside other ways to match, and the gas of its contracts. Renews what it "
        "measured in benchmarks/results/, and the pictures in docs/pictures/. Without options: about five minutes.",
        epilog="example: ./run bench 1000 10000 --part solver --family mid dense --limit 900",
    )
    made.add_argument("orders", nargs="*", type=int, default=SIZES, help="orders of each side (100 1000)")
    made.add_argument(
        "--part",
        nargs="+",
        choices=(*PARTS, LARGE_ROUND, FIRST_DEMO),
        default=PARTS,
        help="what to measure (all but large-round and first-demo)",
    )
    made.add_argument("--mode", nargs="+", choices=[*Mode], default=list(Mode), help="how orders trade (all)")
    made.add_argument("--family", nargs="+", choices=FAMILIES, default=list(FAMILIES), help="rounds (all)")
    made.add_argument("--contender", nargs="+", choices=CONTENDERS, default=list(CONTENDERS), help="methods (all)")
    made.add_argument(
        "--limit",
        type=float,
        default=solver.LIMIT_S,
        metavar="SECONDS",
        help=f"most time for a method on a round, preparation and repeats included; who needs more is not asked at "
        f"larger sizes ({solver.LIMIT_S:g})",
    )
    made.add_argument(
        "--memory",
        type=float,
        default=solver.MEMORY_GB,
        metavar="GB",
        help=f"most memory of a method ({solver.MEMORY_GB:g})",
    )
    return made


def main(arguments: Sequence[str] | None = None) -> None:
    """Do what the command line says."""
    chosen = parser().parse_args(arguments)
    asked = solver.Asked(chosen.orders, chosen.mode, chosen.family, chosen.contender, chosen.limit, chosen.memory)
    try:
        if "solver" in chosen.part:
            solver.main(asked)
        if "gas" in chosen.part:
            gas.main()
        if "cow" in chosen.part:
            cow.main()
        if LARGE_ROUND in chosen.part:
            large_round.main()
        if FIRST_DEMO in chosen.part:
            first_demo.main()
    finally:
        page.main()
    print(f"records: {RESULTS}, pictures: {PICTURES}")


if __name__ == "__main__":
    main()
