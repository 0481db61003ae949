"""What the journal says of readings: those that wait, those that are refused, and how far each is."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from powerpact.chain.contracts.meters import SignedReading
from powerpact.market.readings import Reading

Key = tuple[int, int, int]
"""Device, start of the interval (Unix seconds), and version."""


class ReadingState(StrEnum):
    """How far a reading is."""

    STORED = "stored"
    """On the disk, in no transaction that is known to be mined."""
    REPORTED = "reported"
    """In a transaction that was mined and can still vanish."""
    FINAL = "final"
    """On the chain to stay."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A reading that is stored and not final.

    Attributes
    ----------
    signed : SignedReading
        The reading.
    received_at : int
        When it came, Unix seconds of this machine's clock.
    """

    signed: SignedReading
    received_at: int

    @property
    def key(self) -> Key:
        """Device, start of the interval and version."""
        return key_of(self.signed.reading)


@dataclass(frozen=True, slots=True)
class Refused:
    """A message that is no reading which the chain would take.

    Attributes
    ----------
    topic : str
        Where it came from.
    payload : bytes
        What came, cut to the longest reading.
    reason : str
        Why it is refused.
    device, start_at : int or None
        Whose reading of which interval it claims to be.
    may_pass : bool
        Whether it is looked at again once more devices are registered.
    """

    topic: str
    payload: bytes
    reason: str
    device: int | None = None
    start_at: int | None = None
    may_pass: bool = False


@dataclass(frozen=True, slots=True)
class Kept:
    """What became of messages: new readings, readings that were there already, and refused ones."""

    new: int
    known: int
    refused: int


def key_of(reading: Reading) -> Key:
    """Where a reading is kept."""
    return reading.device, reading.start_at, reading.version
