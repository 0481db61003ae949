"""Which bugs the campaign seeds: a committed list, and the groups of contracts over which it is spread.

A bug is known by its content: its source, the function around it, its operator, what becomes what, and its place among
equal ones. So the list holds as long as the code around its bugs does; `python -m testkit.mutation list` renews it, and
what still applies stays.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from hashlib import sha256
from itertools import chain, islice, zip_longest
from pathlib import Path

from powerpact.chain.artifacts import Artifact
from testkit.compiler import DoesNotCompile
from testkit.mutants import check_with, compile_with, users_of
from testkit.mutation.operators import Change, changes
from testkit.mutation.syntax import trees
from toolchain.places import ROOT, write_whole

LIST = Path(__file__).with_name("mutants.jsonl")
EQUIVALENT = Path(__file__).with_name("equivalent.json")
SEED = 2026
TOGETHER = 8  # bugs that the compiler checks at once


@dataclass(frozen=True, slots=True)
class Group:
    """A contract with its libraries and types: how many bugs it gets, and the unit tests that concern it."""

    count: int
    sources: tuple[str, ...]
    tests: tuple[str, ...]


GROUPS = {
    "accounts": Group(
        24, ("accounts/Accounts", "types/Nonces", "types/Payments", "types/Wallets"), ("Accounts", "OrderBook")
    ),
    "settlement": Group(
        26,
        (
            "settlement/FinalTrades",
            "settlement/Settlement",
            "settlement/Vetoes",
            "settlement/libraries/Left",
            "settlement/libraries/Payout",
        ),
        ("Settlement",),
    ),
    "releases": Group(8, ("settlement/Releases",), ("Releases",)),
    "metering": Group(
        28,
        (
            "metering/Corrections",
            "metering/Deliveries",
            "metering/MeterReadings",
            "metering/Metering",
            "metering/libraries/Issues",
            "metering/libraries/ReadingRules",
            "types/MeterTerms",
            "types/MeterWords",
            "types/Readings",
        ),
        ("Metering", "Settlement"),
    ),
    "certificates": Group(8, ("tokens/GreenCertificates", "tokens/Lots"), ("GreenCertificates",)),
    "points": Group(4, ("tokens/PowerPoints",), ("PowerPoints",)),
    "clearing": Group(
        36,
        (
            "clearing/Clearing",
            "clearing/libraries/Batches",
            "clearing/libraries/ChunkAnswer",
            "clearing/libraries/Contest",
            "clearing/libraries/Endorsements",
        ),
        ("Clearing", "Refutations"),
    ),
    "satisfaction": Group(
        28,
        (
            "clearing/libraries/Legs",
            "clearing/mechanisms/Mechanism",
            "clearing/mechanisms/satisfaction/PairSweep",
            "clearing/mechanisms/satisfaction/RoundProof",
            "clearing/mechanisms/satisfaction/RoundProver",
            "clearing/mechanisms/satisfaction/Satisfaction",
            "clearing/mechanisms/satisfaction/SatisfactionMatching",
        ),
        ("SatisfactionMatching", "Clearing"),
    ),
    "refutations": Group(8, ("clearing/Refutations",), ("Refutations",)),
    "devices": Group(
        12,
        ("registry/DeviceChanges", "registry/DeviceKeys", "registry/DeviceRecords", "registry/DeviceRegistry"),
        ("DeviceKeys", "DeviceRegistry", "OrderBook"),
    ),
    "orders": Group(
        10,
        ("market/OrderBook", "market/libraries/OrderList", "shared/BatchRoot", "types/Orders"),
        ("OrderBook", "Releases"),
    ),
    "trades": Group(
        8, ("shared/TradeHashing", "types/Slots", "types/Trades", "types/Units"), ("Settlement", "Clearing")
    ),
}
"""By the part of the campaign."""


@dataclass(frozen=True, slots=True)
class Bug:
    """A listed bug, without its place in the present text."""

    id: str
    group: str
    source: str
    function: str
    operator: str
    before: str
    after: str
    ordinal: int


@dataclass(frozen=True)
class Seeded:
    """A bug in the present sources."""

    bug: Bug
    change: Change

    @cached_property
    def texts(self) -> dict[str, str]:
        """The source with the bug, by its path."""
        return together([self.change])

    @property
    def line(self) -> int:
        return self.change.line(text_of(self.bug.source))

    def artifacts(self) -> dict[str, Artifact]:
        """All contracts that the bug is in, compiled. Raises DoesNotCompile."""
        return compile_with(users_of(self.bug.source), self.texts)


def text_of(source: str) -> str:
    """The present text of a source."""
    return (ROOT / source).read_text(encoding="utf-8")


def listed() -> list[Bug]:
    """The committed list."""
    return [Bug(**json.loads(line)) for line in LIST.read_text(encoding="utf-8").splitlines()]


def reasons() -> dict[str, str]:
    """By id, why a bug changes nothing that anybody could see."""
    found: dict[str, str] = json.loads(EQUIVALENT.read_text(encoding="utf-8"))
    return found


@cache
def present() -> dict[str, Seeded]:
    """All bugs of the present sources, by id."""
    owners = {f"contracts/{source}.sol": name for name, group in GROUPS.items() for source in group.sources}
    texts = {
        (name := str(path.relative_to(ROOT))): text_of(name)
        for path in sorted((ROOT / "contracts").rglob("*.sol"))
        if path.parent.name != "testing"
    }
    found = [change for change in changes(texts, trees(texts)) if change.source in owners]
    return {seeded.bug.id: seeded for seeded in named(found, owners)}


def named(found: Iterable[Change], owners: Mapping[str, str]) -> Iterator[Seeded]:
    """Give changes their names."""
    seen: Counter[tuple[str, ...]] = Counter()
    for change in found:
        content = change.source, change.function, change.operator, change.before, change.after
        ordinal = seen[content]
        seen[content] += 1
        id_ = sha256("\0".join((*content, str(ordinal))).encode()).hexdigest()[:10]
        yield Seeded(Bug(id_, owners[change.source], *content, ordinal), change)


def drawn(group: str, bugs: Iterable[Seeded]) -> Iterator[Seeded]:
    """The bugs of a group in the order in which they are taken: each operator in turn, otherwise by lot."""
    by_operator: defaultdict[str, list[Seeded]] = defaultdict(list)
    for seeded in sorted(bugs, key=lambda each: sha256(f"{SEED} {each.bug.id}".encode()).digest()):
        if seeded.bug.group == group:
            by_operator[seeded.bug.operator].append(seeded)
    turns = zip_longest(*(by_operator[operator] for operator in sorted(by_operator)))
    return (seeded for seeded in chain.from_iterable(turns) if seeded is not None)


def renew() -> None:
    """Write the list: what is listed and still applies, then what is drawn next and compiles."""
    there = present()
    chosen = [bug for bug in (listed() if LIST.exists() else []) if bug.id in there]
    for name, group in GROUPS.items():
        taken = {bug.id for bug in chosen if bug.group == name}
        rest = (seeded for seeded in drawn(name, there.values()) if seeded.bug.id not in taken)
        missing = group.count - len(taken)
        while missing > 0:
            more = compiling(list(islice(rest, min(missing, TOGETHER))))
            chosen += [seeded.bug for seeded in more]
            missing -= len(more)
            print(f"{name}: {missing} more", flush=True)
    place = {name: at for at, name in enumerate(GROUPS)}
    chosen.sort(key=lambda bug: (place[bug.group], bug.source, there[bug.id].change.start, bug.id))
    lines = [json.dumps({field: getattr(bug, field) for field in Bug.__slots__}, ensure_ascii=False) for bug in chosen]
    write_whole(LIST, "\n".join(lines) + "\n")


def compiling(bugs: Sequence[Seeded]) -> list[Seeded]:
    """Those that the compiler takes. Most are, so that many are checked together."""
    if not bugs:
        return []
    try:
        texts = together([seeded.change for seeded in bugs])
        check_with({users_of(source)[0] for source in texts}, texts)
    except (DoesNotCompile, Overlap):
        if len(bugs) == 1:
            return []
        half = len(bugs) // 2
        return compiling(bugs[:half]) + compiling(bugs[half:])
    return list(bugs)


class Overlap(Exception):
    """Two changes are of the same text."""


def together(made: Iterable[Change], read: Callable[[str], str] = text_of) -> dict[str, str]:
    """The sources with several changes at once. Raises Overlap."""
    texts: dict[str, str] = {}
    ends: dict[str, int] = {}
    for change in sorted(made, key=lambda each: (each.source, -each.start)):
        if change.end > ends.get(change.source, change.end):
            raise Overlap
        text = texts.get(change.source) or read(change.source)
        texts[change.source] = change.apply(text)
        ends[change.source] = change.start
    return texts
