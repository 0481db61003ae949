"""Subnets, and whether what their exchanges measured is what is inside (contracts/registry/Subnets.sol)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, NamedTuple

from powerpact.market.schema import Carrier
from powerpact.units import PPM

ROOT: Final = 0
"""What the highest subnets hang under."""


@dataclass(frozen=True, slots=True)
class Subnet:
    """A local network of one carrier.

    Attributes
    ----------
    number : int
        As its devices name it.
    parent : int
        The subnet that it hangs under; `ROOT` if none.
    exchange : int
        The device that measures its exchange with that.
    tolerance_ppm : int
        What may be missing: this share of all that is measured, ppm,
    floor_wh : int
        but at least so much.
    revision : int
        How often it was formed or changed.
    level : int
        1 directly under the root.
    """

    number: int
    parent: int
    exchange: int
    tolerance_ppm: int
    floor_wh: int
    revision: int
    level: int


def path_between(parents: Mapping[int, int], source: int, sink: int) -> tuple[int, ...]:
    """The subnets that energy passes on its way: up to the first that both are in, and down.

    Parameters
    ----------
    parents : mapping of int to int
        What each subnet hangs under; one that is not in it hangs under the root.
    source, sink : int
        Where it comes from, and where it goes.

    Examples
    --------
    >>> parents = {2: 1, 3: 1, 4: 3, 1: 0}
    >>> path_between(parents, 2, 4), path_between(parents, 4, 3), path_between(parents, 2, 9)
    ((2, 1, 3, 4), (4, 3), (2, 1, 0, 9))
    """
    up, down = (_upwards(parents, start) for start in (source, sink))
    meeting = next(subnet for subnet in up if subnet in down)
    return (*up[: up.index(meeting) + 1], *reversed(down[: down.index(meeting)]))


def _upwards(parents: Mapping[int, int], start: int) -> list[int]:
    """A subnet, and those that it is in, up to the root."""
    found = [start]
    while found[-1] != ROOT:
        found.append(parents.get(found[-1], ROOT))
    return found


class Attached(NamedTuple):
    """A meter that auditors certified: in which subnet it is, what it measures, and in which time it counts.

    `since` is its first certification, `until` when it was taken out of service, Unix seconds; None: it was not. What
    a changed meter measures before it is certified again flows all the same, and counts.
    """

    device: int
    subnet: int
    carrier: Carrier
    since: int
    until: int | None

    def counts_at(self, start: int) -> bool:
        """Whether it counts in an interval that starts then, Unix seconds."""
        return self.since <= start and (self.until is None or start < self.until)


class Flow(NamedTuple):
    """What a device measured in an interval, Wh."""

    imported_wh: int
    exported_wh: int

    @property
    def net_wh(self) -> int:
        """What it drew from the network, less what it fed into it."""
        return self.imported_wh - self.exported_wh


class Verdict(StrEnum):
    """Whether an exchange agrees with what is inside its subnet."""

    AGREES = "agrees"
    MISMATCH = "mismatch"
    INCOMPLETE = "incomplete"


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """An exchange beside what is inside its subnet, in one interval.

    Attributes
    ----------
    start : int
        Start of the interval, Unix seconds.
    expected_wh : int
        Net import of all that is inside and has a measured reading.
    measured_wh : int or None
        Net import that the exchange measured; None: nothing.
    tolerance_wh : int
        By how much the two may differ.
    missing : tuple of int
        Devices without a measured reading, rising.
    """

    start: int
    expected_wh: int
    measured_wh: int | None
    tolerance_wh: int
    missing: tuple[int, ...]

    @property
    def difference_wh(self) -> int | None:
        """What the exchange measured beyond what is inside; None while something is missing."""
        return None if self.missing or self.measured_wh is None else self.measured_wh - self.expected_wh

    @property
    def verdict(self) -> Verdict:
        """Whether the two agree; not known while something is missing."""
        difference_wh = self.difference_wh
        if difference_wh is None:
            return Verdict.INCOMPLETE
        return Verdict.AGREES if abs(difference_wh) <= self.tolerance_wh else Verdict.MISMATCH


def children_of(
    number: int, subnets: Mapping[int, Subnet], meters: Collection[Attached], carrier: Carrier, start: int
) -> list[int]:
    """The devices that measure what is inside a subnet in an interval, rising.

    They are its own meters of its carrier, storages among them, and the exchanges of the subnets that hang under it.

    Parameters
    ----------
    number : int
        The subnet.
    subnets : mapping of int to Subnet
        All of them.
    meters : collection of Attached
        Certified meters, of any subnet.
    carrier : Carrier
        What the subnet's exchange measures.
    start : int
        Start of the interval, Unix seconds.
    """
    own = {
        meter.device
        for meter in meters
        if meter.subnet == number and meter.carrier is carrier and meter.counts_at(start)
    }
    return sorted(own | {below.exchange for below in subnets.values() if below.parent == number})


def under(number: int, subnets: Mapping[int, Subnet]) -> set[int]:
    """A subnet, and all that hang under it on any level.

    Examples
    --------
    >>> tree = {n: Subnet(n, n // 2, 0, 0, 0, 1, 1) for n in (1, 2, 3, 4)}
    >>> sorted(under(2, tree))
    [2, 4]
    """
    found = {number}
    while more := {below.number for below in subnets.values() if below.parent in found} - found:
        found |= more
    return found


def reconcile(
    subnet: Subnet, children: Collection[int], start: int, flows: Mapping[tuple[int, int], Flow]
) -> Reconciliation:
    """Hold an exchange against what is inside its subnet.

    |net import of the exchange − Σ net import of the children| ≤ max(floor, ⌊tolerance · throughput / 1 000 000⌋),
    where the throughput is all that they and the exchange measured in both directions.

    Parameters
    ----------
    subnet : Subnet
        The subnet.
    children : collection of int
        The devices that measure what is inside, of `children_of`.
    start : int
        Start of the interval, Unix seconds.
    flows : mapping of tuple of int to Flow
        What was measured last, by device and start of the interval.
    """
    inside = {device: flows[device, start] for device in children if (device, start) in flows}
    outside = flows.get((subnet.exchange, start))
    everything = [*inside.values(), *([] if outside is None else [outside])]
    throughput_wh = sum(flow.imported_wh + flow.exported_wh for flow in everything)
    return Reconciliation(
        start=start,
        expected_wh=sum(flow.net_wh for flow in inside.values()),
        measured_wh=None if outside is None else outside.net_wh,
        tolerance_wh=max(subnet.floor_wh, subnet.tolerance_ppm * throughput_wh // PPM),
        missing=tuple(sorted(({*children, subnet.exchange}) - {device for device, at in flows if at == start})),
    )
