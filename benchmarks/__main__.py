"""``python -m benchmarks PART ...``: the commands of the campaign ``./run bench``.

Each measures and prints one JSON object per line; ``record`` renews the records, the pictures and the page from their
results.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from benchmarks import cow, first_demo, gas, large_round, members, page, solver
from benchmarks.contenders import CONTENDERS
from benchmarks.families import FAMILIES
from benchmarks.places import PICTURES, RESULTS
from powerpact.market.rules import Mode
from toolchain import results
from toolchain.results import Result

SIZES = (100, 1_000)
SIZED = {"gas": gas, "cow": cow, "large-round": large_round, "members": members}
"""Parts that measure something at several sizes, or at those of a sample."""

RECORDS = {
    "first-call": solver.renew,
    "solver": solver.renew,
    "gas": gas.renew,
    "cow": cow.renew,
    "large-round": large_round.renew,
    "members": members.renew,
    "first-demo": first_demo.renew,
}
"""What renews a record from a result, by the first word of the part's command."""


def parser() -> argparse.ArgumentParser:
    """The command line."""
    made = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parts = made.add_subparsers(dest="part", required=True)
    first_call = parts.add_parser("first-call", help="the first round ever solved on a machine")
    first_call.add_argument("mode", nargs="+", choices=[*Mode])
    _add_solver(parts.add_parser("solver", help="time and memory of the solver, the verifier and others"))
    for name, about in (
        ("gas", "gas by the size of the round"),
        ("cow", "gas beside CoW's contracts"),
        ("large-round", "a round of 10 000 orders on a chain"),
        ("members", "gas of each call as 100 000 members are admitted"),
    ):
        parts.add_parser(name, help=about).add_argument("--sample", action="store_true", help="a small one")
    parts.add_parser("first-demo", help="the first demo of a fresh clone")
    record = parts.add_parser("record", help="renew records, pictures and page")
    record.add_argument("result", nargs="+", type=Path, help="files of results")
    return made


def _add_solver(made: argparse.ArgumentParser) -> None:
    made.add_argument("mode", choices=[*Mode], help="how orders trade")
    made.add_argument("family", choices=FAMILIES, help="what the rounds are like")
    made.add_argument("orders", nargs="*", type=int, default=SIZES, help="orders of each side (100 1000)")
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


def measurements(chosen: argparse.Namespace) -> Iterable[dict[str, Any]]:
    """What the command line asks for, as it is measured."""
    match chosen.part:
        case "first-call":
            return solver.first_calls(chosen.mode)
        case "solver":
            asked = (chosen.mode, chosen.family, chosen.orders, chosen.contender, chosen.limit, chosen.memory)
            return solver.run(solver.Asked(*asked))
        case "first-demo":
            return [first_demo.measure()]
    part = SIZED[chosen.part]
    return part.run(part.SAMPLE if chosen.sample else part.SIZES)


def record(paths: Iterable[Path]) -> None:
    """Renew the records from results, from the oldest to the latest, then the page."""
    found = [result for path in paths if (result := results.load(path))]
    for result in sorted(found, key=lambda result: result.ended):
        RECORDS[_first_word(result)](result)
    page.main()
    print(f"records: {RESULTS}, pictures: {PICTURES}")


def main(arguments: Sequence[str] | None = None) -> None:
    """Do what the command line says."""
    chosen = parser().parse_args(arguments)
    if chosen.part == "record":
        record(chosen.result)
        return
    for measured in measurements(chosen):
        print(json.dumps(measured), flush=True)


def _first_word(result: Result) -> str:
    """The word after ``python -m benchmarks``."""
    return result.command[3]


if __name__ == "__main__":
    main()
