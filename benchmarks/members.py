"""Whether any call grows with the number of members: gas of each, as a registry fills.

Applications, motions and admissions run on an EVM in this process, 4 096 candidates a motion. Storage stays warm there,
so that a call costs other than in `docs/gas.md`; what counts is that it costs the same whatever the number of members.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from eth_typing import ChecksumAddress
from eth_utils import to_checksum_address
from rich.console import Console

from benchmarks.grid import Grid, spaced
from benchmarks.places import RESULTS
from benchmarks.runs import run_of
from powerpact.chain.deployment import DAY_S
from powerpact.market.candidates import MAX_CANDIDATES
from testkit.admitting import WINDOW_S, Admission, candidate
from testkit.gas.measure import Gas
from testkit.membership.registry import AUDITORS, MOTIONS, REGISTRY, Registry
from toolchain.places import write_whole
from toolchain.results import Result

RECORD = RESULTS / "members.json"
SIZES = (100, 1_000, 10_000, 100_000)
"""Numbers of members at which each call is measured."""

SAMPLE = (100, 200)
TOGETHER = 50
"""Members who are admitted in one call."""


class Town:
    """A registry that fills with people whose keys nobody needs."""

    def __init__(self) -> None:
        self.registry = Registry()
        self.members = 0

    def call(self, sender: str, contract: str, function: str, *arguments: Any) -> int:
        """Send a transaction; return its gas."""
        registry = self.registry
        data = registry.interfaces[contract].encode_call(function, arguments)
        return registry.chain.send(sender, registry.addresses[contract], data).gas_used

    def fill(self, members: int) -> None:
        """Admit people until there are so many."""
        while self.members < members:
            count = min(MAX_CANDIDATES, members - self.members)
            self.admit([account(self.members + i) for i in range(count)])
            self.members += count

    def admit(self, people: Sequence[ChecksumAddress]) -> Gas:
        """Admit people by one motion; return the gas of each step, of the last one where there are several."""
        gas = {"apply": [self.call(person, REGISTRY, "applyFor", bytes([1] * 32)) for person in people][-1]}
        admission = Admission([candidate(person) for person in people])
        gas[f"put up {len(people)} candidates"] = self.call(AUDITORS[0].address, *admission.nomination)
        gas["approve and announce"] = self.call(AUDITORS[1].address, *admission.approval)
        motion = self.registry.read(MOTIONS, "motionCount")
        if self.members:
            gas["object"] = self.call(account(0), MOTIONS, "object", motion, 0)
        chain = self.registry.chain
        chain.warp(chain.now() + WINDOW_S)
        for call in admission.admissions(motion, TOGETHER):
            gas[f"admit {len(call[-1])} of them"] = self.call(people[0], *call)
        return gas

    def measure(self) -> Gas:
        """Gas of each call now; afterwards everything is as it was."""
        chain = self.registry.chain
        point = chain.snapshot()
        gas = self.admit(NEWCOMERS)
        someone, until = NEWCOMERS[0], chain.now() + 7 * DAY_S
        votes = [self.call(auditor.address, REGISTRY, "suspend", someone, until, "fraud") for auditor in AUDITORS[:2]]
        gas["suspend, the deciding vote"] = votes[1]
        gas["announce an exit"] = self.call(NEWCOMERS[1], REGISTRY, "requestExit")
        chain.undo(point)
        return gas


def account(number: int) -> ChecksumAddress:
    """An account of the town."""
    return to_checksum_address((0x70AA << 140 | number + 1).to_bytes(20, "big"))


NEWCOMERS = [account(1 << 30 | i) for i in range(TOGETHER)]
"""Who comes whenever calls are measured: the same people, so that they are the same bytes."""


def run(milestones: Sequence[int]) -> Iterator[dict[str, Any]]:
    """Fill a registry, and measure each call at some numbers of members."""
    town, begun = Town(), time.monotonic()
    for members in milestones:
        town.fill(members)
        yield {"members": members, "seconds": round(time.monotonic() - begun, 1), "gas": town.measure()}


def recorded(record: Mapping[str, Any]) -> list[Grid]:
    """Gas by call and number of members."""
    numbers = record["members"]
    rows = [[call, *(spaced(gas[call]) for gas in numbers.values())] for call in next(iter(numbers.values()))]
    columns = ("call", *(f"{spaced(int(members))} members" for members in numbers))
    return [Grid("Gas by the number of members, storage warm", columns, rows)]


def renew(result: Result) -> None:
    """Renew the record, and print it."""
    record = {
        "schema": "powerpact/bench-members/1",
        "runs": [run_of(result)],
        "members": {str(row["members"]): row["gas"] for row in result.measurements},
    }
    write_whole(RECORD, json.dumps(record, indent=1) + "\n")
    Console(width=160).print(*(grid.terminal() for grid in recorded(record)))
