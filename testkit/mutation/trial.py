"""What becomes of a bug: whether machine or unit tests find it.

Verdicts are kept, so that an interrupted part goes on where it was; one holds as long as the contracts and what tests
them are the same.
"""

from __future__ import annotations

import json
import time
from dataclasses import asdict, dataclass
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
    file = KEPT / f"{seeded.bug.id}.json"
    known = _load(file)
    if known and not (machine_only and known.fate == Fate.UNIT_TESTS):
        return known
    begin = time.monotonic()
    fate, found_by = _fate(seeded, machine_only)
    verdict = Verdict(seeded.bug.id, fate, found_by, round(time.monotonic() - begin, 1))
    if not machine_only or fate == Fate.MACHINE:
        write_whole(file, json.dumps({**asdict(verdict), "tests": _tests(fate)}) + "\n")
    return verdict


def _fate(seeded: Seeded, machine_only: bool) -> tuple[Fate, str]:
    try:
        compiled = seeded.artifacts()
    except DoesNotCompile as fault:
        return Fate.INVALID, str(fault).splitlines()[0]
    if found := machine.fault_found(compiled):
        return Fate.MACHINE, found
    if machine_only:
        return Fate.SURVIVED, ""
    failing = units.failing(seeded.texts, GROUPS[seeded.bug.group].tests)
    return (Fate.UNIT_TESTS, failing) if failing else (Fate.SURVIVED, "")


def _load(file: Path) -> Verdict | None:
    """A verdict that is kept, if what it depends on is the same."""
    try:
        fields = json.loads(file.read_text(encoding="utf-8"))
        tests = fields.pop("tests")
        verdict = Verdict(**{**fields, "fate": Fate(fields["fate"])})
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return verdict if tests == _tests(verdict.fate) else None


def _tests(fate: Fate) -> str:
    """A digest of what a fate depends on."""
    return digest(BY_MACHINE if fate == Fate.MACHINE else BY_UNIT_TESTS)


@cache
def digest(folders: tuple[str, ...]) -> str:
    """A hash of the code in some folders, and of how long the machine runs."""
    total = sha256(f"{machine.EXAMPLES} {machine.STEPS}".encode())
    found = sorted(path for folder in folders for path in (ROOT / folder).rglob("*") if path.suffix in CODE)
    for path in (path for path in found if path.parent != OURS):
        total.update(f"\0{path.relative_to(ROOT)}\0".encode() + path.read_bytes())
    return total.hexdigest()[:16]
