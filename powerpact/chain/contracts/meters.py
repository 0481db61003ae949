"""Readings: reported in batches, found again with their proofs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from powerpact.chain.client import Chain
from powerpact.chain.transactions import Call
from powerpact.codec.packing import reading_tree
from powerpact.market.readings import Reading

ReadingProof = tuple[int, int, list[bytes]]
"""The place of a reading: batch, index, siblings."""


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


def issue(chain: Chain, reading: Reading, proof: ReadingProof) -> Call:
    """Turn what a device exported beyond all that it sold of a slot into certificates of its owner."""
    return chain.call("issue certificates", "Metering", "issue", reading.pack(), proof)


def readings_of(chain: Chain, slot_start: int | None = None) -> dict[tuple[int, int], tuple[Reading, ReadingProof]]:
    """All reported readings, or those of one slot, with their proofs, by device and slot start."""
    found = {}
    for event in chain.events("Metering", "ReadingsReported", since=slot_start or 0):
        readings = [Reading.unpack(words) for words in event.arguments["readings"]]
        wanted = [i for i, reading in enumerate(readings) if slot_start in (None, reading.start_at)]
        if wanted:
            tree = reading_tree(readings)
            for i in wanted:
                key = (readings[i].device, readings[i].start_at)
                found[key] = (readings[i], (event.arguments["batch"], i, tree.proof(i)))
    return found


def last_of(chain: Chain, device_id: int) -> tuple[int, int, int]:
    """A device's last slot (Unix seconds), and its export and import counters at the end of it (Wh)."""
    slot_start, _, export_wh, import_wh = chain.read("Metering", "last", device_id)
    return slot_start, export_wh, import_wh


def last_slots(chain: Chain, device_ids: Iterable[int]) -> dict[int, int]:
    """The last slot that each device reported, Unix seconds, in one request."""
    ids = sorted(set(device_ids))
    found = chain.read_all([("Metering", "last", [id_]) for id_ in ids])
    return {id_: int(last[0]) for id_, last in zip(ids, found, strict=True)}


def uncertified(chain: Chain, device_ids: Iterable[int], slot_start: int) -> list[int]:
    """Those devices whose export of a slot has no certificates, and of which nothing was or may be sold."""
    ids = list(device_ids)
    issued = [("Metering", "isIssued", [id_, slot_start]) for id_ in ids]
    sales = [("DeviceRegistry", "saleOf", [id_, slot_start]) for id_ in ids]
    answers = chain.read_all([*issued, *sales])
    return [id_ for k, id_ in enumerate(ids) if not answers[k] and tuple(answers[len(ids) + k]) == (False, 0)]


def is_issued(chain: Chain, device_id: int, slot_start: int) -> bool:
    """Whether the surplus of this device and slot is certified."""
    return bool(chain.read("Metering", "isIssued", device_id, slot_start))


def sale_of(chain: Chain, device_id: int, slot_start: int) -> tuple[bool, int]:
    """Whether an order of the device for the slot is undecided, and what its decided orders sold of the slot, Wh."""
    undecided, sold_wh = chain.read("DeviceRegistry", "saleOf", device_id, slot_start)
    return undecided, sold_wh
