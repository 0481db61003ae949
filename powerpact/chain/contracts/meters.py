"""Readings: reported in batches, found again with their proofs."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from powerpact.chain.client import Chain
from powerpact.chain.transactions import Call
from powerpact.codec.packing import reading_tree
from powerpact.market.readingrules import LastReading
from powerpact.market.readings import PackedReading, Reading
from powerpact.market.schema import Side
from powerpact.market.slots import Slot

ReadingProof = tuple[int, int, list[bytes]]
"""The place of a reading: batch, index, siblings."""

ProvenReading = tuple[Reading, ReadingProof]
"""A reading that was reported, with its proof."""


@dataclass(frozen=True, slots=True)
class SignedReading:
    """A reading that anyone may relay to the chain.

    Attributes
    ----------
    reading : Reading
        What was measured.
    signature : bytes
        The device's.
    """

    reading: Reading
    signature: bytes


def most_readings(chain: Chain) -> int:
    """The most readings in one batch."""
    return int(chain.read("Metering", "MAX_READINGS"))


def report(chain: Chain, readings: Sequence[SignedReading]) -> Call:
    """Report readings, all or nothing."""
    return chain.call(
        "report readings",
        "Metering",
        "report",
        [signed.reading.pack() for signed in readings],
        [signed.signature for signed in readings],
        items=len(readings),
    )


def issue(chain: Chain, slot: Slot, measured: Sequence[ProvenReading]) -> Call:
    """Turn what a device exported beyond all that it sold of a slot into certificates of its owner."""
    return chain.call("issue certificates", "Metering", "issue", slot.pack(), packed(measured))


def packed(measured: Sequence[ProvenReading]) -> list[tuple[PackedReading, ReadingProof]]:
    """Readings with their proofs as the contracts take them."""
    return [(reading.pack(), proof) for reading, proof in measured]


def readings_of(chain: Chain, slot: Slot | None = None) -> dict[tuple[int, int], ProvenReading]:
    """All reported readings, or those of one slot, with their proofs, by device and start of the interval."""
    found = {}
    for event in chain.events("Metering", "ReadingsReported", since=slot.start if slot else 0):
        readings = [Reading.unpack(words) for words in event.arguments["readings"]]
        wanted = [i for i, reading in enumerate(readings) if slot is None or slot.start <= reading.start_at < slot.end]
        if wanted:
            tree = reading_tree(readings)
            for i in wanted:
                key = (readings[i].device, readings[i].start_at)
                found[key] = (readings[i], (event.arguments["batch"], i, tree.proof(i)))
    return found


def reported_in(chain: Chain, keys: Collection[tuple[int, int]]) -> dict[tuple[int, int], tuple[Reading, str]]:
    """Of intervals, by device and start, those that were reported: the reading, and the hash of its transaction."""
    wanted, found = set(keys), {}
    for event in chain.events("Metering", "ReadingsReported", since=min(start for _, start in wanted) if wanted else 0):
        for reading in map(Reading.unpack, event.arguments["readings"]):
            if (reading.device, reading.start_at) in wanted:
                found[reading.device, reading.start_at] = (reading, event.transaction_hash)
    return found


def measured_in(chain: Chain, slot: Slot) -> dict[int, list[ProvenReading]]:
    """By device the readings of a slot, one for each base interval, in their order; none of a device that lacks one."""
    found = readings_of(chain, slot)
    starts = slot.intervals(chain.deployment.parameters.base_interval_s)
    return {
        device: [found[device, start] for start in starts]
        for device in {device for device, _ in found}
        if all((device, start) in found for start in starts)
    }


def last_of(chain: Chain, device_id: int) -> tuple[int, int, int]:
    """A device's last interval (Unix seconds), and its export and import counters at the end of it (Wh)."""
    start_at, _, _, export_wh, import_wh, _ = chain.read("Metering", "last", device_id)
    return start_at, export_wh, import_wh


def lasts_of(chain: Chain, device_ids: Iterable[int]) -> dict[int, LastReading]:
    """What is known of the last interval that each device reported, in one request for some hundred devices."""
    ids = sorted(set(device_ids))
    found = chain.read_all([("Metering", "last", [id_]) for id_ in ids])
    return {id_: LastReading(start, out, in_) for id_, (start, _, _, out, in_, _) in zip(ids, found, strict=True)}


def last_starts(chain: Chain, device_ids: Iterable[int]) -> dict[int, int]:
    """The start of the last interval that each device reported, Unix seconds, in one request."""
    return {id_: last.start_at for id_, last in lasts_of(chain, device_ids).items()}


def uncertified(chain: Chain, device_ids: Iterable[int], slot: Slot) -> list[int]:
    """Those devices whose export of a slot is not certified but can be, and of which nothing was or may be sold.

    It can be if the device was certified when the slot began, is no storage and was not stopped before, and its owner
    was not suspended then. One request, and another one once anybody was ever suspended.
    """
    ids = list(device_ids)
    answers = chain.read_all(
        [
            *(("Metering", "isIssued", [id_, slot.pack()]) for id_ in ids),
            *(("DeviceRegistry", "promisedOf", [id_, Side.SELL, slot.pack()]) for id_ in ids),
            *(("DeviceRegistry", "certificationAt", [id_, slot.start]) for id_ in ids),
        ]
    )
    count = len(ids)
    issued, sales, certifications = answers[:count], answers[count : 2 * count], answers[2 * count :]
    owners = {
        id_: owner
        for id_, is_issued, sale, (owner, since, _, until) in zip(ids, issued, sales, certifications, strict=True)
        if not is_issued and tuple(sale) == (False, 0) and 0 < since <= slot.start < until
    }
    if not owners or not chain.events("ParticipantRegistry", "Suspended"):
        return list(owners)
    suspended = chain.read_all(
        [("ParticipantRegistry", "isSuspendedAt", [owner, slot.start]) for owner in owners.values()]
    )
    return [id_ for id_, is_suspended in zip(owners, suspended, strict=True) if not is_suspended]


def is_issued(chain: Chain, device_id: int, slot: Slot) -> bool:
    """Whether the surplus of this device and slot is certified."""
    return bool(chain.read("Metering", "isIssued", device_id, slot.pack()))


def promised_of(chain: Chain, device_id: int, side: Side, slot: Slot) -> tuple[bool, int]:
    """Whether an order of the device for the slot is undecided, and what its decided orders sold or bought, Wh."""
    return all_promised(chain, [(device_id, side)], slot)[0]


def all_promised(chain: Chain, asked: Sequence[tuple[int, Side]], slot: Slot) -> list[tuple[bool, int]]:
    """`promised_of` for several devices and sides, in one request."""
    calls = [("DeviceRegistry", "promisedOf", [device_id, side, slot.pack()]) for device_id, side in asked]
    return [(undecided, decided_wh) for undecided, decided_wh in chain.read_all(calls)]
