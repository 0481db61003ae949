"""Meters and other devices, each with its own key."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from eth_account.signers.local import LocalAccount
from eth_typing import ChecksumAddress

from powerpact.chain.client import Chain
from powerpact.chain.transactions import Call, Mined
from powerpact.codec.eip712 import sign
from powerpact.market.schema import Carrier, DeviceKind, EnergySource


@dataclass(frozen=True, slots=True)
class Device:
    """What the registry says about a device.

    Attributes
    ----------
    owner : ChecksumAddress
        The participant whose energy it measures.
    subnet : int
        The local network that it is attached to.
    kind : DeviceKind
        What it is.
    carrier : Carrier
        What flows through it.
    source : int
        Code of the energy source.
    certified, retired : bool
        Whether the auditors certified it; whether it is out of service.
    key : ChecksumAddress
        The account whose key signs its readings.
    capacity_wh : int
        The most energy that it can feed or draw in one slot.
    """

    owner: ChecksumAddress
    subnet: int
    kind: DeviceKind
    carrier: Carrier
    source: int
    certified: bool
    retired: bool
    key: ChecksumAddress
    capacity_wh: int


@dataclass(frozen=True, slots=True)
class Description:
    """How a device is registered.

    Attributes
    ----------
    kind : DeviceKind
        What it is.
    carrier : Carrier
        What flows through it.
    source : int
        Code of the energy source, 1 to 255.
    subnet : int
        The local network.
    capacity_wh : int
        The most energy in one slot.
    """

    kind: DeviceKind = DeviceKind.METER
    carrier: Carrier = Carrier.ELECTRICITY
    source: int = EnergySource.SOLAR
    subnet: int = 1
    capacity_wh: int = 100_000


def sign_binding(chain: Chain, key: LocalAccount, owner: ChecksumAddress, description: Description) -> bytes:
    """The device key's signature that binds it to its owner."""
    message = {
        "owner": owner,
        "kind": description.kind,
        "carrier": description.carrier,
        "source": description.source,
        "subnet": description.subnet,
        "capacityWh": description.capacity_wh,
    }
    return sign(key, chain.domain("DeviceRegistry"), "Device", message)


def add(chain: Chain, key: ChecksumAddress, description: Description, signature: bytes) -> Call:
    """Bind a device to the sender."""
    return chain.call(
        "add device",
        "DeviceRegistry",
        "add",
        key,
        description.kind,
        description.carrier,
        description.source,
        description.subnet,
        description.capacity_wh,
        signature,
    )


def added_id(chain: Chain, mined: Mined) -> int:
    """The id that a mined `add` gave to the device."""
    return int(chain.event(mined, "DeviceAdded").arguments["device"])


def certify(chain: Chain, device_id: int) -> Call:
    """An auditor's vote to certify."""
    return chain.call("certify", "DeviceRegistry", "certify", device_id)


def retire(chain: Chain, device_id: int) -> Call:
    """Take the sender's device out of service, permanently."""
    return chain.call("retire device", "DeviceRegistry", "retire", device_id)


def device(chain: Chain, device_id: int) -> Device:
    """A device; its owner is the zero address if there is none with this id."""
    return _devices(chain, [device_id])[0]


def all_devices(chain: Chain) -> dict[int, Device]:
    """Every device by its id, in two requests."""
    ids = range(1, device_count(chain) + 1)
    return dict(zip(ids, _devices(chain, ids), strict=True))


def _devices(chain: Chain, ids: Sequence[int]) -> list[Device]:
    found = chain.read_all([("DeviceRegistry", "device", [id_]) for id_ in ids])
    return [Device(owner, subnet, DeviceKind(kind), Carrier(code), *rest) for owner, subnet, kind, code, *rest in found]


def device_count(chain: Chain) -> int:
    """Number of devices; ids start at 1."""
    return int(chain.read("DeviceRegistry", "deviceCount"))


def device_of(chain: Chain, key: ChecksumAddress) -> int:
    """Id of the device with this key, 0 if none."""
    return int(chain.read("DeviceRegistry", "deviceOf", key))
