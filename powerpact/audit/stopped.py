"""GRN-3: what earns no certificates has none."""

from __future__ import annotations

from collections import defaultdict

from powerpact.audit.laws import Result
from powerpact.chain.contracts import certificates
from powerpact.index.membership import persons
from powerpact.index.ownership import owner_at, owners_in
from powerpact.index.records import Records
from powerpact.market.schema import EnergySource


def check_stopped(records: Records) -> Result:
    """GRN-3."""
    chain = records.chain
    owners = owners_in(records.devices)
    storages: set[int] = set()
    stopped_at: dict[int, int] = {}
    for event in records.devices:
        device = event.arguments["device"]
        if event.name == "DeviceAdded" and event.arguments["source"] == EnergySource.STORAGE:
            storages.add(device)
        elif event.name in ("DeviceRetired", "DeviceDecertified"):
            stopped_at[device] = chain.time_of(event.block)
    suspensions, person = _suspensions(records), persons(records.participants)
    minted = [move for move in certificates.transfers_in(records.certificates) if move.source == certificates.NOBODY]
    faults = []
    for move in minted:
        device, slot = certificates.lot_of(move.id)
        what = f"certificate {move.id}: {move.energy_wh} Wh minted"
        if device in storages:
            faults.append(f"{what} of a storage")
        if device in stopped_at and stopped_at[device] <= slot.start:
            faults.append(f"{what}, though device {device} was stopped at {stopped_at[device]}")
        if move.target == owner_at(owners, device, slot.start) and _is_suspended(
            suspensions[person.get(move.target, 0)], slot.start
        ):
            faults.append(f"{what} to {move.target}, who was suspended at {slot.start}")
    detail = f"{len(minted)} mintings; {len(stopped_at)} devices stopped, {len(storages)} storages"
    return f"{detail}, {sum(map(len, suspensions.values()))} suspensions", faults


def _suspensions(records: Records) -> defaultdict[int, list[tuple[int, int]]]:
    """By person, the time of each decision and the end of the suspension, Unix seconds, in their order."""
    found: defaultdict[int, list[tuple[int, int]]] = defaultdict(list)
    for event in records.participants:
        if event.name == "Suspended":
            since = records.chain.time_of(event.block)
            found[event.arguments["person"]].append((since, event.arguments["until"]))
    return found


def _is_suspended(decisions: list[tuple[int, int]], time: int) -> bool:
    """Whether the last decision up to a time had suspended for it."""
    ends = [until for since, until in decisions if since <= time]
    return bool(ends) and time < ends[-1]
