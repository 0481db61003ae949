"""Which lines of the library and of the contracts the tests run.

``python -m testkit.covering library`` runs the tests of the library, or those that are named, and prints a line of JSON
for each of its folders: statements and branches, and how many of them ran. ``contracts`` does the same for the folders
of the contracts and Foundry's tests, the only ones that it can trace; ``record RESULT ...`` renews the page from the
results of a campaign. Lines that run are not lines that are tested: docs/mutation.md says what becomes of bugs.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from toolchain import results
from toolchain.commands import environment_of
from toolchain.places import ROOT, write_whole
from toolchain.steps import ON_ALL_CORES

PAGE: Final = ROOT / "docs/coverage.md"
OTHERS: Final = ("toolchain", "tools", "testkit", "benchmarks", "pages", "scripts")
"""Folders of `tests/python` that test other things than the library."""

TESTS: Final = ("tests/python", "tests/e2e")

COUNTS: Final = ("statements", "ran", "branches", "taken")

HEAD: Final = """# Coverage

Written by `./run coverage` from the results of its parts. The library's tests are those of `tests/python` and
`tests/e2e`; what runs in a process of its own, as scripts and JavaScript do, is not seen. Of the contracts only
Foundry's fuzz tests and invariants can be traced: the unit tests and the stateful machine, which are most of their
tests, are not in these figures. [Seeded bugs](mutation.md) say more about both.
"""


def main(words: Sequence[str] | None = None) -> int:
    """Do what the command line says."""
    parser = argparse.ArgumentParser(prog="python -m testkit.covering", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("library").add_argument("test", nargs="*", default=TESTS)
    commands.add_parser("contracts")
    commands.add_parser("record").add_argument("result", nargs="+", type=Path)
    chosen = parser.parse_args(words)
    if chosen.command == "record":
        write_whole(PAGE, page(results.load(path) for path in chosen.result))
        return 0
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "coverage"
        by_file = _library(file, chosen.test) if chosen.command == "library" else _contracts(file)
    for name, counts in sorted(_by_folder(by_file).items()):
        print(json.dumps({"folder": name, **{count: counts[count] for count in COUNTS}}), flush=True)
    return 0


def _library(file: Path, tests: Sequence[str]) -> dict[str, Counter[str]]:
    without = [f"--ignore=tests/python/{folder}" for folder in OTHERS]
    report = ("--cov=powerpact", "--cov-branch", f"--cov-report=json:{file}")
    command = ("pytest", *tests, *without, *report, "-q", *ON_ALL_CORES)
    _run(command, COVERAGE_FILE=str(file.with_suffix(".data")))  # not beside the code
    names = ("num_statements", "covered_lines", "num_branches", "covered_branches")
    return {
        path: Counter({count: found["summary"][name] for count, name in zip(COUNTS, names, strict=True)})
        for path, found in json.loads(file.read_text(encoding="utf-8"))["files"].items()
    }


def _contracts(file: Path) -> dict[str, Counter[str]]:
    report = ("--report", "lcov", "--report-file", str(file))
    _run(("forge", "coverage", *report), FOUNDRY_PROFILE="fuzz", FOUNDRY_FUZZ_SEED="0x2026")
    return {
        path: counts
        for path, counts in traced(file.read_text()).items()
        if path.startswith("contracts/") and "/testing/" not in path
    }


def traced(text: str) -> dict[str, Counter[str]]:
    r"""The counts of each file of a report in the format of lcov.

    Examples
    --------
    >>> traced("SF:a.sol\nDA:1,7\nDA:2,0\nBRDA:2,0,0,-\nend_of_record")["a.sol"] == {
    ...     "statements": 2, "ran": 1, "branches": 1, "taken": 0}
    True
    """
    found: dict[str, Counter[str]] = {}
    for line in text.splitlines():
        kind, _, value = line.partition(":")
        if kind == "SF":
            counts = found.setdefault(value, Counter())
        elif kind in ("DA", "BRDA"):
            whole, part = ("statements", "ran") if kind == "DA" else ("branches", "taken")
            counts.update({whole: 1, part: int(value.rpartition(",")[2] not in ("0", "-"))})
    return found


def _run(command: Sequence[str], **variables: str) -> None:
    with environment_of(command) as env:
        done = subprocess.run(command, cwd=ROOT, env={**env, **variables}, stdout=sys.stderr, check=False)
    if done.returncode:
        raise SystemExit(f"{command[0]} ended with {done.returncode}")


def _by_folder(by_file: Mapping[str, Counter[str]]) -> dict[str, Counter[str]]:
    """The sums of the folders, two levels deep."""
    found: dict[str, Counter[str]] = defaultdict(Counter)
    for path, counts in by_file.items():
        found["/".join(Path(path).parent.parts[:2])].update(counts)
    return found


def page(found: Iterable[results.Result | None]) -> str:
    """The text of the page."""
    lines = [HEAD]
    for result in filter(None, found):
        rows = result.measurements
        total = {"folder": "all", **{count: sum(row[count] for row in rows) for count in COUNTS}}
        lines += [
            f"## {result.part.capitalize()}",
            "",
            "| folder | statements | of them ran | branches | of them taken |",
            "|---|--:|--:|--:|--:|",
            *(_row(row) for row in [*rows, total]),
            "",
        ]
    return "\n".join(lines)


def _row(counts: Mapping[str, Any]) -> str:
    shares = [_share(counts["ran"], counts["statements"]), _share(counts["taken"], counts["branches"])]
    name = counts["folder"] if counts["folder"] == "all" else f"`{counts['folder']}`"
    return f"| {name} | {counts['statements']} | {shares[0]} | {counts['branches']} | {shares[1]} |"


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.1%}" if whole else "–"


if __name__ == "__main__":
    sys.exit(main())
