"""Which readings go into the next batch, which have to wait, and which never will."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from powerpact.market.readingrules import LastReading, fault_after
from powerpact.market.readings import Reading
from powerpact.store.kept import Waiting


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
        A reading that came later than this waits for its predecessor, and for lower versions, Unix seconds of this
        machine.
    window_s : int
        The deployment's correction window, s: so long after it ended a predecessor that is missing can still come.
    """

    most: int
    over_by: int
    received_by: int
    window_s: int

    def is_late(self, reading: Reading) -> bool:
        """Whether the next reading of the device could be taken without this one, now or while a batch is under way.

        A batch is under way for half a window at most: ``end + window ≤ now + window / 2``.
        """
        return reading.start_at + reading.length_s + self.window_s - self.window_s // 2 <= self.over_by


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

    A device's readings go in the order of their intervals, the lowest version of each; higher ones correct it later.
    One whose predecessor is neither on the chain nor stored holds its device back until that cannot come any more, and
    it has waited long enough itself; then it goes as one after a gap. So does one whose first version did not come.

    A reading that is late is the last one of its device in a batch. Whoever saw the next one beside it could have that
    taken first, as one after a gap, and the late one would be lost. So nothing of the device leaves this machine
    before the late one is mined.

    Parameters
    ----------
    waiting : iterable of Waiting
        Earliest intervals first, and lowest versions first; no more of them are taken than the batch needs.
    last : mapping of int to LastReading
        By device, what the chain has; readings of other devices are left alone.
    limits : Limits
        What a batch must keep to.
    """
    made, at, held = Plan(), dict(last), set[int]()
    for one in waiting:
        reading = one.signed.reading
        device = reading.device
        if device not in last or device in held:
            continue
        if reading.start_at <= last[device].start_at:
            made.passed.append(one)
            continue
        if reading.start_at == at[device].start_at:
            continue  # another version of what the batch has
        if not _may_go(one, at[device], limits):
            held.add(device)
        elif fault := fault_after(reading, at[device]):
            made.refused.append((one, fault))
        else:
            made.batch.append(one)
            at[device] = at[device].then(reading)
            if limits.is_late(reading):
                held.add(device)
        if len(made.batch) == limits.most or len(held) == len(last):
            break
    return made


def _may_go(one: Waiting, last: LastReading, limits: Limits) -> bool:
    """Whether the interval is over, and neither its predecessor nor a lower version of it is waited for."""
    reading = one.signed.reading
    if reading.start_at + reading.length_s > limits.over_by:
        return False
    has_waited = one.received_at <= limits.received_by
    if reading.version > 1 and not has_waited:
        return False
    is_next = reading.previous_start_at == last.start_at
    is_gap = reading.previous_start_at + reading.length_s + limits.window_s <= limits.over_by
    return is_next or (is_gap and has_waited)
