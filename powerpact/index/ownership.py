"""Whose each device was, and since when."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from eth_typing import ChecksumAddress

from powerpact.codec.abi import Event

OWNER_EVENTS = ("DeviceAdded", "DeviceHandedOver")
"""Events of the device registry that name a device's owner."""

Owners = Mapping[int, Sequence[tuple[int, ChecksumAddress]]]
"""By device its owners, and since when each, Unix seconds, in their order; the first since ever."""


def owners_in(events: Iterable[Event]) -> Owners:
    """The owners of all devices; other events than `OWNER_EVENTS` are passed over."""
    owners: defaultdict[int, list[tuple[int, ChecksumAddress]]] = defaultdict(list)
    for event in events:
        device = event.arguments["device"]
        if event.name == "DeviceAdded":
            owners[device].append((0, event.arguments["owner"]))
        elif event.name == "DeviceHandedOver":
            owners[device].append((event.arguments["from"], event.arguments["owner"]))
    return owners


def owner_at(owners: Owners, device: int, time_s: int) -> ChecksumAddress | None:
    """The last owner of a device whose time had begun; None of a device that nobody added."""
    known = owners.get(device, ())
    return next((owner for since, owner in reversed(known) if since <= time_s), None)
