"""``docs/mutation.md``: what became of the listed bugs, made again with each campaign."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from testkit.mutation import catalogue, machine
from testkit.mutation.catalogue import GROUPS, Bug, Seeded
from testkit.mutation.trial import Fate
from toolchain import results
from toolchain.places import ROOT, write_whole

PAGE = ROOT / "docs/mutation.md"
LEAST_FOUND = 0.97
LEAST_BY_MACHINE = 0.85
EQUIVALENT = "equivalent"
COLUMNS = (Fate.MACHINE, Fate.UNIT_TESTS, Fate.SURVIVED, EQUIVALENT)
LONGEST = 110  # of a change in the page

HEAD = f"""# Seeded bugs

Written by `./run mutate` from the results of its parts; see [CONTRIBUTING.md](../CONTRIBUTING.md) for campaigns. A bug
is one small change of a contract: a check left out or turned round, a comparison, a sum or a constant a little off, a
statement left out. The list, `testkit/mutation/mutants.jsonl`, is drawn by a fixed seed, each operator in turn, from
all changes of the contracts that hold money or certificates or decide the contest. Events, constructors, assembly and
the arguments of errors are not changed, nor getters that no contract calls.

First the stateful machine looks for each bug ({machine.EXAMPLES} runs of {machine.STEPS} steps, the same in each
campaign), then, only for what it does not find, the unit tests of the contract and Forge's tests. At least
{LEAST_FOUND:.0%} must be found, at least {LEAST_BY_MACHINE:.0%} by the machine alone. A bug is equivalent if it changes
nothing that anybody could see; it has a reason below, and is not counted.
"""
HEADS = "| where | change |\n|---|---|", "| where | change | why nobody can see it |\n|---|---|---|"


def renew(paths: Iterable[Path]) -> int:
    """Write the page; return 1 if the whole list is tried and too few bugs are found."""
    fates = dict(fates_in(paths))
    listed = catalogue.listed()
    write_whole(PAGE, page(listed, catalogue.present(), fates, catalogue.reasons()))
    tried = [bug for bug in listed if bug.id in fates]
    if len(tried) < len(listed):
        return 0
    found, by_machine = shares(Counter(fates.values()))
    enough = found >= LEAST_FOUND and by_machine >= LEAST_BY_MACHINE
    if not enough:
        print(f"{found:.1%} of the bugs are found, {by_machine:.1%} by the machine: too few", flush=True)
    return int(not enough)


def fates_in(paths: Iterable[Path]) -> Iterator[tuple[str, str]]:
    """The fates that results tell, by the id of the bug."""
    for path in paths:
        result = results.load(path)
        for each in result.measurements if result else []:
            if "fate" in each:
                yield each["id"], EQUIVALENT if "equivalent" in each else each["fate"]


def shares(fates: Mapping[str, int]) -> tuple[float, float]:
    """How many of the bugs that change something are found, and by the machine alone."""
    real = sum(count for fate, count in fates.items() if fate != EQUIVALENT)
    if not real:
        return 0.0, 0.0
    by_machine = fates.get(Fate.MACHINE, 0)
    return (by_machine + fates.get(Fate.UNIT_TESTS, 0)) / real, by_machine / real


def page(
    listed: Iterable[Bug], there: Mapping[str, Seeded], fates: Mapping[str, str], reasons: Mapping[str, str]
) -> str:
    """The text of the page."""
    bugs = list(listed)
    tried = [bug for bug in bugs if bug.id in fates]
    if not tried:
        return f"{HEAD}\nNone of the {len(bugs)} has a verdict with the present code yet.\n"
    lines = [HEAD, "| part | bugs | machine | unit tests | not found | equivalent |", "|---|---:|---:|---:|---:|---:|"]
    for group in GROUPS:
        counts = Counter(fates[bug.id] for bug in tried if bug.group == group)
        lines.append(_row(group, counts))
    total = Counter(fates[bug.id] for bug in tried)
    found, by_machine = shares(total)
    lines += [_row("all", total), "", f"Found: {found:.1%}; by the machine alone: {by_machine:.1%}."]
    for title, fate in (("Found by unit tests alone", Fate.UNIT_TESTS), ("Not found", Fate.SURVIVED)):
        some = [bug for bug in tried if fates[bug.id] == fate]
        lines += _section(title, HEADS[0], [f"| {_where(bug, there)} | {_shown(bug)} |" for bug in some])
    some = [bug for bug in tried if fates[bug.id] == EQUIVALENT]
    rows = [f"| {_where(bug, there)} | {_shown(bug)} | {reasons[bug.id]} |" for bug in some]
    lines += _section("Equivalent", HEADS[1], rows)
    return "\n".join(lines) + "\n"


def _section(title: str, head: str, rows: list[str]) -> list[str]:
    return ["", f"## {title}", "", *([head, *rows] if rows else ["None."])]


def _row(name: str, counts: Mapping[str, int]) -> str:
    cells = [name, sum(counts.values()), *(counts.get(column, 0) for column in COLUMNS)]
    return f"| {' | '.join(map(str, cells))} |"


def _where(bug: Bug, there: Mapping[str, Seeded]) -> str:
    line = f", line {there[bug.id].line}" if bug.id in there else ""
    return f"`{bug.id}` {bug.function}{line}"


def _shown(bug: Bug) -> str:
    """The change in a cell of a table."""
    before, after = (" ".join(text.split()) for text in (bug.before, bug.after))
    if after == "{}":
        return f"{bug.operator}: {_code(before)}"
    return f"{bug.operator}: {_code(before)} → {_code(after)}"


def _code(text: str) -> str:
    cut = text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
    return f"`{cut}`".replace("|", "\\|")
