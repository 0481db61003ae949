"""A router's file of signed readings as a batch: its Merkle tree, and what the chain took of it.

The order of the lines is the order of the leaves, so that a file has one root.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from powerpact.chain.client import Chain
from powerpact.chain.contracts import meters
from powerpact.chain.contracts.meters import SignedReading
from powerpact.chain.contracts.routers import CommittedBatch
from powerpact.codec.eip712 import is_by
from powerpact.codec.merkle import MerkleTree
from powerpact.codec.packing import reading_tree
from powerpact.devices.errors import BadBatchFile
from powerpact.devices.log import read_log
from powerpact.market.readings import Reading


@dataclass(frozen=True, slots=True)
class ReadingBatch:
    """The readings of a file, and their tree.

    Attributes
    ----------
    path : Path
        The file.
    readings : sequence of SignedReading
        In the order of its lines.
    tree : MerkleTree
        Leaf i is the reading i.
    """

    path: Path
    readings: Sequence[SignedReading]
    tree: MerkleTree

    @classmethod
    def read(cls, path: Path) -> ReadingBatch:
        """Read a file.

        Raises
        ------
        FileProblem, BadSignedFile
            If it cannot be read, or a line is no signed reading.
        BadBatchFile
            If it has no readings.
        """
        readings = read_log(path)
        if not readings:
            raise BadBatchFile(path, "has no readings")
        return cls(path, readings, reading_tree([signed.reading for signed in readings]))

    def require_order(self) -> None:
        """Make sure that each device's readings come one after another in time, in which order they can be proved.

        Raises
        ------
        BadBatchFile
            If a device's interval is not after the one before.
        """
        starts: dict[int, int] = {}
        for signed in self.readings:
            device, start = signed.reading.device, signed.reading.start_at
            if start <= starts.get(device, -1):
                problem = f"has the interval from {start} of device {device} after the one from {starts[device]}"
                raise BadBatchFile(self.path, problem)
            starts[device] = start

    def require_root(self, committed: CommittedBatch) -> None:
        """Make sure that this is the file of a batch.

        Raises
        ------
        BadBatchFile
            If it has another root.
        """
        if not self.is_of(committed):
            raise BadBatchFile(self.path, f"is not the file of batch {committed.number}: their roots differ")

    def is_of(self, committed: CommittedBatch) -> bool:
        """Whether this is the file of a batch."""
        return (self.tree.root, len(self.readings)) == (committed.root, committed.batch.size)


@dataclass(frozen=True, slots=True)
class Contradiction:
    """A reading of a batch that differs from the one that the chain took of the same device, interval and version.

    Attributes
    ----------
    place : int
        Its place in the batch.
    committed, taken : Reading
        The two.
    transaction_hash : str
        The transaction in which the other was taken.
    is_signed : bool
        Whether the device signed the committed one, too: then it contradicts itself, else the router invented it.
    """

    place: int
    committed: Reading
    taken: Reading
    transaction_hash: str
    is_signed: bool


def taken_of(chain: Chain, batch: ReadingBatch) -> tuple[set[int], list[Contradiction]]:
    """Places of the readings that the chain took as they are, and the readings that differ from what it took."""
    keys = {(signed.reading.device, signed.reading.start_at) for signed in batch.readings}
    found = meters.versions_in(chain, keys)
    same, differing = set(), []
    for place, signed in enumerate(batch.readings):
        key = signed.reading.device, signed.reading.start_at, signed.reading.version
        if key not in found:
            continue
        taken, transaction_hash = found[key]
        if taken == signed.reading:
            same.add(place)
        else:
            is_signed = _is_signed(chain, signed)
            differing.append(Contradiction(place, signed.reading, taken, transaction_hash, is_signed))
    return same, differing


def untaken(chain: Chain, batch: ReadingBatch, places: Collection[int]) -> list[int]:
    """Of places in a batch, rising, those whose interval is after the last one that the chain took of its device."""
    lasts = meters.last_starts(chain, {batch.readings[place].reading.device for place in places})
    readings = {place: batch.readings[place].reading for place in sorted(places)}
    return [place for place, reading in readings.items() if reading.start_at > lasts[reading.device]]


def _is_signed(chain: Chain, signed: SignedReading) -> bool:
    """Whether the device's key of the interval signed a reading."""
    reading = signed.reading
    key, *_ = chain.read("DeviceRegistry", "signerAt", reading.device, reading.start_at)
    return is_by(key, chain.domain("Metering"), "Reading", reading.message(), signed.signature)
