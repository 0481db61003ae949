"""Readings: reported in batches, found again with their proofs."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final, NamedTuple

from powerpact.chain.client import Chain
from powerpact.chain.contracts.devicechanges import openings
from powerpact.chain.errors import ContractError
from powerpact.chain.reverts import revert_error
from powerpact.chain.transactions import Call, Mined
from powerpact.codec.abi import Event
from powerpact.codec.merkle import MerkleTree
from powerpact.codec.packing import reading_tree
from powerpact.market.readingrules import LastReading
from powerpact.market.readings import PackedReading, Quality, Reading
from powerpact.market.schema import Side
from powerpact.market.slots import Slot

ReadingProof = tuple[int, int, list[bytes]]
"""The place of a reading: batch, index, siblings."""

ProvenReading = tuple[Reading, ReadingProof]
"""A reading that was reported, with its proof."""


BY_PROOF: Final = 2
"""What the last word of a device says where a trade is settled by proofs alone (contracts/types/MeterWords.sol)."""


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
    """Report readings. What the contract refuses is left out (`refused_in`); where it refuses all, nothing is sent."""
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
    return chain.call("issue certificates", "Deliveries", "issue", slot.pack(), packed(measured))


def packed(measured: Sequence[ProvenReading]) -> list[tuple[PackedReading, ReadingProof]]:
    """Readings with their proofs as the contracts take them."""
    return [(reading.pack(), proof) for reading, proof in measured]


def taken_in(event: Event) -> list[Reading]:
    """The readings of a batch that were taken, from the event that tells it."""
    return [reading for reading in map(Reading.unpack, event.arguments["readings"]) if reading.device]


def refused_in(chain: Chain, mined: Mined) -> list[tuple[int, int, ContractError]]:
    """What a report left out: device and start of each reading (Unix seconds), and with what it would have reverted."""
    return [
        (event.arguments["device"], event.arguments["startAt"], revert_error(event.arguments["fault"]))
        for event in chain.decode(mined)
        if event.name == "ReadingRefused"
    ]


def correct(
    chain: Chain, signed: SignedReading, reported: ProvenReading, neighbours: Sequence[ProvenReading] = ()
) -> Call:
    """Correct a reading that was reported, beside those of its predecessor and successor."""
    return chain.call(
        "correct a reading",
        "Metering",
        "correct",
        signed.reading.pack(),
        signed.signature,
        packed([reported])[0],
        packed(neighbours),
    )


def corrections_in(chain: Chain, since: int = 0) -> dict[tuple[int, int], list[Reading]]:
    """By device and start, the corrections of readings of intervals from `since` on (Unix seconds), in their order."""
    found: dict[tuple[int, int], list[Reading]] = {}
    for event in chain.events("Metering", "ReadingCorrected", since=since):
        reading = Reading.unpack(event.arguments["reading"])
        found.setdefault((reading.device, reading.start_at), []).append(reading)
    return found


class ReportedBatch:
    """The readings of a batch as they were taken; their tree is built when one is to be proved."""

    def __init__(self, event: Event) -> None:
        self.number: int = event.arguments["batch"]
        self.readings = [Reading.unpack(words) for words in event.arguments["readings"]]

    @cached_property
    def tree(self) -> MerkleTree:
        """The tree over them."""
        return reading_tree(self.readings)


class Reported(NamedTuple):
    """A reading that was reported: its batch, and its place there."""

    batch: ReportedBatch
    place: int

    @property
    def reading(self) -> Reading:
        """The reading."""
        return self.batch.readings[self.place]

    @property
    def proven(self) -> ProvenReading:
        """The reading with its proof."""
        return self.reading, (self.batch.number, self.place, self.batch.tree.proof(self.place))


def readings_since(chain: Chain, start: int = 0) -> dict[tuple[int, int], Reported]:
    """By device and start: reported readings of intervals that start then (Unix seconds) or later."""
    return {
        (reading.device, reading.start_at): Reported(batch, place)
        for batch in map(ReportedBatch, chain.events("Metering", "ReadingsReported", since=start))
        for place, reading in enumerate(batch.readings)
        if reading.device and reading.start_at >= start
    }


def reported_in(chain: Chain, keys: Collection[tuple[int, int]]) -> dict[tuple[int, int], tuple[Reading, str]]:
    """Of intervals, by device and start, those that were reported: the reading, and the hash of its transaction."""
    wanted, found = set(keys), {}
    for event in chain.events("Metering", "ReadingsReported", since=min(start for _, start in wanted) if wanted else 0):
        for reading in taken_in(event):
            if (reading.device, reading.start_at) in wanted:
                found[reading.device, reading.start_at] = (reading.signed, event.transaction_hash)
    return found


def versions_in(chain: Chain, keys: Collection[tuple[int, int]]) -> dict[tuple[int, int, int], tuple[Reading, str]]:
    """By device, start and version: what was reported or corrected of intervals, and in which transaction."""
    found = {(*key, reading.version): (reading, hash_) for key, (reading, hash_) in reported_in(chain, keys).items()}
    for event in chain.events("Metering", "ReadingCorrected", since=min((start for _, start in keys), default=0)):
        reading = Reading.unpack(event.arguments["reading"])
        if (reading.device, reading.start_at) in keys:
            found[reading.device, reading.start_at, reading.version] = (reading, event.transaction_hash)
    return found


def measured_in(chain: Chain, slot: Slot) -> dict[int, list[ProvenReading]]:
    """By device the readings of a slot that say all that will ever be known of its energy, in their order.

    They are those of its base intervals. Where some are missing at its end, the one after them shows that there are
    none. A device is left out while an interval of its is neither reported nor passed over, and while one that is
    substituted or estimated can still be corrected.
    """
    parameters = chain.deployment.parameters
    is_measured = _measured_test(chain, slot)
    final_by = chain.now() - parameters.base_interval_s - parameters.correction_window_s
    by_device: dict[int, list[Reported]] = {}
    for (device, _), reported in sorted(readings_since(chain, slot.start).items(), key=lambda item: item[0]):
        by_device.setdefault(device, []).append(reported)
    known = {}
    for device, readings in by_device.items():
        covering = _covering(readings, slot, parameters.base_interval_s)
        if covering is not None and all(
            is_measured(each.reading) or each.reading.start_at <= final_by
            for each in covering
            if each.reading.start_at < slot.end
        ):
            known[device] = [each.proven for each in covering]
    return known


def whole_in(chain: Chain, slot: Slot, measured: Mapping[int, list[ProvenReading]]) -> dict[int, list[ProvenReading]]:
    """Of what `measured_in` found of a slot, the devices of which every interval is measured."""
    is_measured = _measured_test(chain, slot)
    starts = set(slot.intervals(chain.deployment.parameters.base_interval_s))
    return {
        device: proven
        for device, proven in measured.items()
        if starts == {reading.start_at for reading, _ in proven if is_measured(reading)}
    }


def energy_of(chain: Chain, device_id: int, slot: Slot, measured: Sequence[ProvenReading]) -> int:
    """What a device exported in a slot, Wh, by what was measured last; the readings are those of `measured_in`."""
    energy_wh, _, _ = chain.read("Metering", "energyOf", device_id, slot.pack(), Side.SELL, True, packed(measured))
    return int(energy_wh)


def _measured_test(chain: Chain, slot: Slot) -> Callable[[Reading], bool]:
    """Whether a reading of a slot, or a correction of it, is measured."""
    corrected = corrections_in(chain, slot.start)

    def is_measured(reading: Reading) -> bool:
        versions = [reading, *corrected.get((reading.device, reading.start_at), ())]
        return any(version.quality == Quality.MEASURED for version in versions)

    return is_measured


def _covering(readings: Sequence[Reported], slot: Slot, interval_s: int) -> list[Reported] | None:
    """Of a device's readings from the slot's start on, those that say what there is of it; None if not known yet."""
    covering, following = [], slot.start
    for reported in readings:
        reading = reported.reading
        if reading.start_at != following and reading.last_start >= following:
            return None
        covering.append(reported)
        following = reading.start_at + interval_s
        if following >= slot.end:
            return covering
    return None


def last_of(chain: Chain, device_id: int) -> tuple[int, int, int]:
    """A device's last interval (Unix seconds), and its export and import counters at the end of it (Wh)."""
    last = lasts_of(chain, [device_id])[device_id]
    return last.start_at, last.export_counter_wh, last.import_counter_wh


def lasts_of(chain: Chain, device_ids: Iterable[int]) -> dict[int, LastReading]:
    """What is known of the last interval that each device reported, in one request for some hundred devices."""
    ids = sorted(set(device_ids))
    found = chain.read_all([("Metering", "last", [id_]) for id_ in ids])
    known = openings(chain)
    return {
        id_: LastReading(start, out, in_, use == BY_PROOF, tuple(known.get(id_, ())))
        for id_, (start, _, _, out, in_, use) in zip(ids, found, strict=True)
    }


def settling_alone(chain: Chain, device_ids: Iterable[int], start: int) -> set[int]:
    """Those devices whose last interval starts then (Unix seconds) and settles a trade without a proof."""
    lasts = lasts_of(chain, device_ids)
    return {id_ for id_, last in lasts.items() if last.start_at == start and not last.needs_proof}


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
            *(("Deliveries", "isIssued", [id_, slot.pack()]) for id_ in ids),
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
    return bool(chain.read("Deliveries", "isIssued", device_id, slot.pack()))


def promised_of(chain: Chain, device_id: int, side: Side, slot: Slot) -> tuple[bool, int]:
    """Whether an order of the device for the slot is undecided, and what its decided orders sold or bought, Wh."""
    return all_promised(chain, [(device_id, side)], slot)[0]


def all_promised(chain: Chain, asked: Sequence[tuple[int, Side]], slot: Slot) -> list[tuple[bool, int]]:
    """`promised_of` for several devices and sides, in one request."""
    calls = [("DeviceRegistry", "promisedOf", [device_id, side, slot.pack()]) for device_id, side in asked]
    return [(undecided, decided_wh) for undecided, decided_wh in chain.read_all(calls)]
