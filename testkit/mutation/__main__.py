"""``python -m testkit.mutation COMMAND``: what the campaign ``./run mutate`` runs.

``part GROUP`` prints a verdict for each bug of a group, as a JSON object per line; ``try`` one for each bug that is
named; ``unchanged`` checks that machine and unit tests pass without a bug; ``list`` renews the list of bugs, ``record``
the page from the results of a campaign.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path

from powerpact.chain.artifacts import CONTRACTS
from testkit.mutants import compile_with
from testkit.mutation import catalogue, machine, record, trial, units
from testkit.mutation.catalogue import GROUPS, LIST, Bug
from testkit.mutation.trial import Fate


def parser() -> argparse.ArgumentParser:
    """The command line."""
    made = argparse.ArgumentParser(prog="python -m testkit.mutation", description=__doc__)
    commands = made.add_subparsers(dest="command", required=True)
    part = commands.add_parser("part", help="the bugs of a group")
    part.add_argument("group", choices=GROUPS)
    named = commands.add_parser("try", help="single bugs, whatever was found before")
    named.add_argument("id", nargs="+")
    for command in (part, named):
        command.add_argument("--machine-only", action="store_true", help="leave the unit tests out")
    commands.add_parser("unchanged", help="the contracts without a bug")
    commands.add_parser("list", help="renew the list of bugs")
    commands.add_parser("record", help="renew the page").add_argument("result", nargs="+", type=Path)
    return made


def main(arguments: Sequence[str]) -> int:
    """Do what the command line says."""
    given = parser().parse_args(arguments)
    match given.command:
        case "part":
            chosen = [bug for bug in catalogue.listed() if bug.group == given.group]
            return try_all(chosen, machine_only=given.machine_only)
        case "try":
            chosen = [bug for bug in catalogue.listed() if bug.id in given.id]
            return try_all(chosen, machine_only=given.machine_only)
        case "unchanged":
            return try_unchanged()
        case "list":
            catalogue.renew()
            return 0
    return record.renew(given.result)


def try_all(bugs: Iterable[Bug], *, machine_only: bool) -> int:
    """Print a verdict for each bug. What is listed and cannot be tried is an error."""
    there = catalogue.present()
    reasons = catalogue.reasons()
    code = 0
    for bug in bugs:
        if bug.id not in there:
            print(f"{bug.id} is not in {bug.source} any more: python -m testkit.mutation list renews {LIST.name}")
            code = 1
            continue
        seeded = there[bug.id]
        verdict = trial.judge(seeded, machine_only=machine_only)
        reason = reasons.get(bug.id, "") if verdict.fate == Fate.SURVIVED else ""
        print(f"{bug.source}:{seeded.line} {bug.operator}: {bug.before!r} -> {bug.after!r}", flush=True)
        print(json.dumps({**asdict(verdict), **({"equivalent": reason} if reason else {})}), flush=True)
        if verdict.fate == Fate.INVALID:
            code = 1
    return code


def try_unchanged() -> int:
    """Print what machine and unit tests find without a bug, compiled as those with a bug are: nothing."""
    found = machine.fault_found(compile_with(CONTRACTS, {}))
    print(json.dumps({"tests": "machine", "found": found}), flush=True)
    folders = sorted({folder for group in GROUPS.values() for folder in group.tests})
    failing = units.failing({}, folders)
    print(json.dumps({"tests": "unit tests", "found": failing}), flush=True)
    return int(bool(found or failing))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
