"""Changes in the life of a device: another key, another owner, another record, a key that is not trusted."""

from __future__ import annotations

from dataclasses import dataclass

from eth_typing import ChecksumAddress
from eth_utils import keccak

from powerpact.chain.client import Chain
from powerpact.chain.transactions import Call
from powerpact.codec.abi import encode
from powerpact.codec.devicekeys import DeviceKey, sign_by_device
from powerpact.market.readingrules import Opening

_TYPES = "(bytes32,bytes32,string,bytes24,uint64,uint40,uint40,uint16,uint8)"


@dataclass(frozen=True, slots=True)
class Record:
    """What is on record of a device beside what its orders and readings depend on.

    Attributes
    ----------
    name_hash, location_hash : bytes
        Of its name and its location, 32 bytes each; the contracts do not know them.
    grid_id : str
        Its number with the operator of the grid.
    zone : str
        As in the rules of markets, at most 24 characters of ASCII.
    power_w : int
        Greatest power, W.
    operational_from : int
        When it went into operation, Unix seconds.
    certified_until : int
        Until when the certification is meant to hold, Unix seconds; 0: no end.
    technology : int
        Code of the technology, as certificates have it.
    support : int
        Code of the support that it received: 0 none, 1 for the investment, 2 for what it makes, 3 both.
    """

    name_hash: bytes = bytes(32)
    location_hash: bytes = bytes(32)
    grid_id: str = ""
    zone: str = ""
    power_w: int = 0
    operational_from: int = 0
    certified_until: int = 0
    technology: int = 0
    support: int = 0

    @property
    def values(self) -> tuple[object, ...]:
        """The struct as the contracts take it."""
        return (
            self.name_hash,
            self.location_hash,
            self.grid_id,
            self.zone.encode("ascii").ljust(24, b"\0"),
            self.power_w,
            self.operational_from,
            self.certified_until,
            self.technology,
            self.support,
        )

    @property
    def hash(self) -> bytes:
        """What the device's content says of it."""
        return keccak(encode((_TYPES,), (self.values,)))


def sign_rotation(
    chain: Chain, key: DeviceKey, device_id: int, owner: ChecksumAddress, replaced: ChecksumAddress
) -> bytes:
    """The new key's signature that it takes the place of another as the key of a device."""
    message = {"device": device_id, "owner": owner, "replaced": replaced}
    return sign_by_device(key, chain.domain("DeviceRegistry"), "Rotation", message)


def rotate(chain: Chain, device_id: int, key: ChecksumAddress, signature: bytes) -> Call:
    """Give the sender's device another key, from the next longest slot on."""
    return chain.call("rotate the key", "DeviceRegistry", "rotate", device_id, key, signature)


def sign_exchange(
    chain: Chain,
    key: DeviceKey,
    device_id: int,
    owner: ChecksumAddress,
    replaced: ChecksumAddress,
    opening: Opening,
) -> bytes:
    """A new meter's signature that it takes the place of another, with what its counters begin with."""
    message = {
        "device": device_id,
        "owner": owner,
        "replaced": replaced,
        "exportCounterWh": opening.export_counter_wh,
        "importCounterWh": opening.import_counter_wh,
    }
    return sign_by_device(key, chain.domain("DeviceRegistry"), "MeterExchange", message)


def exchange_meter(chain: Chain, device_id: int, key: ChecksumAddress, opening: Opening, signature: bytes) -> Call:
    """Give the sender's device another meter, from the next longest slot on; its time in `opening` does not count."""
    counters = opening.export_counter_wh, opening.import_counter_wh
    return chain.call("exchange the meter", "DeviceRegistry", "exchangeMeterOf", device_id, key, *counters, signature)


def openings(chain: Chain, key: ChecksumAddress | None = None) -> dict[int, list[Opening]]:
    """By device, what its counters began with at each exchange of its meter, oldest first; of one key, if named."""
    found: dict[int, list[Opening]] = {}
    for event in chain.events("DeviceRegistry", "MeterExchanged"):
        a = event.arguments
        if key in (None, a["key"]):
            found.setdefault(a["device"], []).append(Opening(a["from"], a["exported"], a["imported"]))
    return found


def distrust(chain: Chain, key: ChecksumAddress, since: int) -> Call:
    """State, as the owner, that a key of a device is not trusted from a time on, Unix seconds."""
    return chain.call("distrust a key", "DeviceRegistry", "distrust", key, since)


def vote_distrust(chain: Chain, key: ChecksumAddress, since: int) -> Call:
    """An auditor's vote to state the same."""
    return chain.call("vote to distrust a key", "DeviceRegistry", "voteDistrust", key, since)


def offer(chain: Chain, device_id: int, to: ChecksumAddress) -> Call:
    """Offer the sender's device to another account; to the zero address: to nobody any more."""
    return chain.call("offer device", "DeviceRegistry", "offer", device_id, to)


def accept(chain: Chain, device_id: int, content: bytes) -> Call:
    """Become the owner of a device of this content that is offered to the sender, from the next longest slot on."""
    return chain.call("accept device", "DeviceRegistry", "accept", device_id, content)


def describe(chain: Chain, device_id: int, record: Record) -> Call:
    """Put on record what the sender's device is."""
    return chain.call("describe device", "DeviceRegistry", "describe", device_id, record.values)
