"""Exchanges held against what is inside their subnets, by the readings that the chain took."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict

from eth_utils import keccak

from powerpact.chain.client import Chain
from powerpact.chain.contracts import certificates, devices, subnets
from powerpact.market.slots import Slot
from powerpact.market.subnets import Reconciliation, children_of, reconcile, under


def reconcile_slot(chain: Chain, number: int, slot: Slot) -> list[Reconciliation]:
    """Hold the exchange of a subnet against what is inside, in each base interval of a slot.

    Raises
    ------
    NotOnChain
        If nobody formed the subnet.
    """
    with chain.reading():
        subnet, tree = subnets.subnet(chain, number), subnets.subnets(chain)
        carrier = devices.device(chain, subnet.exchange).carrier
        meters, flows = subnets.meters(chain), subnets.flows_in(chain, slot)
        return [
            reconcile(subnet, children_of(number, tree, meters, carrier, start), start, flows)
            for start in slot.intervals(chain.deployment.parameters.base_interval_s)
        ]


def evidence_of(number: int, found: Iterable[Reconciliation]) -> bytes:
    """Hash of what a reconciliation found, the same for everybody who sees the same readings: 32 bytes.

    It is keccak256 of JSON without blanks, keys sorted: the subnet's number, and of each interval the fields of
    `Reconciliation`.
    """
    content = {"subnet": number, "intervals": [asdict(each) for each in found]}
    return keccak(text=json.dumps(content, sort_keys=True, separators=(",", ":")))


def lots_in_doubt(chain: Chain, number: int, slot: Slot) -> list[int]:
    """Certificates of devices in a subnet, or under it, of slots that overlap this one; rising.

    Those that were held before are left out: they cannot be held again.
    """
    with chain.reading():
        inside = under(number, subnets.subnets(chain))
        places = {id_: device.subnet for id_, device in devices.all_devices(chain).items()}
        minted = sorted({moved.id for moved in certificates.transfers(chain)})
    lots = []
    for id_ in minted:
        device, other = certificates.lot_of(id_)
        if places[device] in inside and other.start < slot.end and slot.start < other.end:
            lots.append(id_)
    return [lot for lot, until in subnets.held_until(chain, lots).items() if not until]
