"""Which readings go into the next batch, which have to wait, and which never will."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from powerpact.market.readingrules import LastReading, fault_after
from powerpact.store.readings import Waiting


@dataclass(frozen=True, slots=True)
class Limits:
    """What a batch must keep to.

    Attributes
    ----------
    most : int
        Readings in it.
    over_by : int
        Intervals have ended by then, Unix seconds.
    received_by : int
        A reading that came later than this waits for its predecessor, Unix seconds of this machine.
    window_s : int
        The deployment's correction window, s: so long after it ended a predecessor that is missing can still come.
    """

    most: int
    over_by: int
    received_by: int
    window_s: int


@dataclass(slots=True)
class Plan:
    """What is to be done with readings that wait.

    Attributes
    ----------
    batch : list of Waiting
        To be reported now, in this order.
    refused : list of (Waiting, str)
        What the chain would not take after the batch, with the reason.
    passed : list of Waiting
        Of intervals that the chain has, or has passed over.
    """

    batch: list[Waiting] = field(default_factory=list)
    refused: list[tuple[Waiting, str]] = field(default_factory=list)
    passed: list[Waiting] = field(default_factory=list)


def plan(waiting: Iterable[Waiting], last: Mapping[int, LastReading], limits: Limits) -> Plan:
    """Sort readings that wait.

    A device's readings go in the order of their intervals. One whose predecessor is neither on the chain nor stored
    holds its device back until that cannot come any more, and it has waited long enough itself; then it goes as one
    after a gap.

    Parameters
    ----------
    waiting : iterable of Waiting
        Earliest intervals first.
    last : mapping of int to LastReading
        By device, what the chain has.
    limits : Limits
        What a batch must keep to.
    """
    made, at, held = Plan(), dict(last), set[int]()
    for one in waiting:
        reading = one.signed.reading
        device = reading.device
        if reading.start_at <= last[device].start_at:
            made.passed.append(one)
            continue
        if device in held:
            continue
        is_over = reading.start_at + reading.length_s <= limits.over_by
        is_next = reading.previous_start_at == at[device].start_at
        is_gap_known = reading.previous_start_at + reading.length_s + limits.window_s <= limits.over_by
        if not is_over or not (is_next or (is_gap_known and one.received_at <= limits.received_by)):
            held.add(device)
            continue
        fault = fault_after(reading, at[device])
        if fault:
            made.refused.append((one, fault))
            continue
        made.batch.append(one)
        at[device] = at[device].then(reading)
        if len(made.batch) == limits.most:
            break
    return made
