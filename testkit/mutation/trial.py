"""What becomes of a bug: whether machine or unit tests find it.

Verdicts are kept, so that an interrupted part goes on where it was; one holds as long as the contracts and what tests
them are the same.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from functools import cache
from hashlib import sha256
from pathlib import Path

from testkit.compiler import DoesNotCompile
from testkit.mutation import machine, units
from testkit.mutation.catalogue import GROUPS, Seeded
from toolchain.campaign import FOLDER
from toolchain.places import ROOT, write_whole

KEPT = ROOT / FOLDER / "mutate/verdicts"
BY_MACHINE = ("contracts", "interfaces", "testkit")
BY_UNIT_TESTS = (*BY_MACHINE, "tests/contracts", "tests/forge")
CODE = {".py", ".sol"}
OURS = Path(__file__).parent  # makes the bugs, and finds none


class Fate(StrEnum):
    """How a bug ends."""

    MACHINE = "machine"
    UNIT_TESTS = "unit tests"
    SURVIVED = "survived"
    INVALID = "does not compile"


@dataclass(frozen=True, slots=True)
class Verdict:
    """The fate of a bug, what found it, and the seconds that this took."""

    id: str
    fate: Fate
    found_by: str
    seconds: float


def judge(seeded: Seeded, *, machine_only: bool = False) -> Verdict:
    """Let the machine look for a bug, and the unit tests if it finds none; or say again what is known."""
    by_machine = _kept(seeded, "machine", _try_machine, BY_MACHINE)
    if machine_only or by_machine.fate != Fate.SURVIVED:
        return by_machine
    by_unit_tests = _kept(seeded, "units", _try_unit_tests, BY_UNIT_TESTS)
    return replace(by_unit_tests, seconds=round(by_machine.seconds + by_unit_tests.seconds, 1))


def _kept(
    seeded: Seeded, what: str, attempt: Callable[[Seeded], tuple[Fate, str]], folders: tuple[str, ...]
) -> Verdict:
    """What is known of an attempt to find a bug, or comes of it now."""
    file, tests = KEPT / f"{seeded.bug.id}.{what}.json", digest(folders)
    if known := _load(file, tests):
        return known
    begin = time.monotonic()
    fate, found_by = attempt(seeded)
    verdict = Verdict(seeded.bug.id, fate, found_by, round(time.monotonic() - begin, 1))
    write_whole(file, json.dumps({**asdict(verdict), "tests": tests}) + "\n")
    return verdict


def _try_machine(seeded: Seeded) -> tuple[Fate, str]:
    try:
        compiled = seeded.artifacts()
    except DoesNotCompile as fault:
        return Fate.INVALID, str(fault).splitlines()[0]
    found = machine.fault_found(compiled)
    return (Fate.MACHINE, found) if found else (Fate.SURVIVED, "")


def _try_unit_tests(seeded: Seeded) -> tuple[Fate, str]:
    failing = units.failing(seeded.texts, GROUPS[seeded.bug.group].tests)
    return (Fate.UNIT_TESTS, failing) if failing else (Fate.SURVIVED, "")


def _load(file: Path, tests: str) -> Verdict | None:
    """A verdict that is kept, if what it depends on is the same."""
    try:
        fields = json.loads(file.read_text(encoding="utf-8"))
        of_tests = fields.pop("tests")
        verdict = Verdict(**{**fields, "fate": Fate(fields["fate"])})
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return verdict if of_tests == tests else None


@cache
def digest(folders: tuple[str, ...]) -> str:
    """A hash of the code in some folders, and of how long the machine runs."""
    total = sha256(f"{machine.EXAMPLES} {machine.STEPS}".encode())
    found = sorted(path for folder in folders for path in (ROOT / folder).rglob("*") if path.suffix in CODE)
    for path in (path for path in found if path.parent != OURS):
        total.update(f"\0{path.relative_to(ROOT)}\0".encode() + path.read_bytes())
    return total.hexdigest()[:16]
