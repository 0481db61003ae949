"""Lots of certificates as the ghost remembers them: all slots of a run are hours."""

from __future__ import annotations

from powerpact.chain.contracts.certificates import id_of
from powerpact.market.slots import Slot
from testkit.market import SLOT_LENGTH_S

Lot = tuple[int, int]
"""A device and the start of a slot."""


def hour_from(start: int) -> Slot:
    """The slot of the run's markets that begins at this time."""
    return Slot(start, SLOT_LENGTH_S)


def lot_id(device: int, start: int) -> int:
    """The id of the certificates of a lot."""
    return id_of(device, hour_from(start))
