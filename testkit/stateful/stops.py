"""Devices that were stopped and accounts that were suspended, as the ghost remembers them."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

from testkit.stateful.lots import Lot


@dataclass(slots=True)
class Stops:
    """When, in Unix seconds, what stopped."""

    devices: dict[int, int] = field(default_factory=dict)
    """Since when a device is out of service."""
    suspensions: dict[str, list[tuple[int, int]]] = field(default_factory=lambda: defaultdict(list))
    """By account: from when and until when, in the order of the decisions."""

    def is_suspended(self, address: str, time: int) -> bool:
        """By the last decision up to that time."""
        ends = [until for since, until in self.suspensions[address] if since <= time]
        return bool(ends) and time < ends[-1]

    def is_stopped(self, lot: Lot) -> bool:
        """Whether the device was stopped when the slot began."""
        return self.devices.get(lot[0], lot[1] + 1) <= lot[1]

    def issue_error(self, lot: Lot, owner: str) -> str | None:
        """Why a lot without undecided orders cannot be issued, None if it can."""
        if self.is_stopped(lot):
            return "Delivery_Stopped"
        return "Delivery_OwnerSuspended" if self.is_suspended(owner, lot[1]) else None
