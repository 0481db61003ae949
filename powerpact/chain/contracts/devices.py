"""Meters and other devices, each with its own key."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from eth_typing import ChecksumAddress
from eth_utils import keccak

from powerpact.chain.client import Chain
from powerpact.chain.errors import NotOnChain
from powerpact.chain.transactions import Call, Mined
from powerpact.codec.abi import encode
from powerpact.codec.devicekeys import DeviceKey, sign_by_device
from powerpact.market.schema import Carrier, DeviceKind, EnergySource

NO_RECORD: Final = bytes(32)
"""Where nothing is on record of a device."""


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
    certified, retired, decertified : bool
        Whether the auditors certified it, and did not take that back; whether its owner, or the auditors, took it out
        of service.
    key : ChecksumAddress
        The address of the key that signs its readings.
    capacity_wh : int
        The most energy that it can feed or draw in one base interval.
    stopped_at : int
        When it was taken out of service, Unix seconds; 0 if it was not.
    changed_at : int
        When its last change of key, owner or description takes effect, Unix seconds; 0 if there was none.
    distrusted_at : int
        From when on its key is not trusted, Unix seconds; 0 if it is.
    record : bytes
        Hash of what is on record of it beside this, 32 bytes; zeros if nothing is.
    """

    owner: ChecksumAddress
    subnet: int
    kind: DeviceKind
    carrier: Carrier
    source: int
    certified: bool
    retired: bool
    decertified: bool
    key: ChecksumAddress
    capacity_wh: int
    stopped_at: int
    changed_at: int
    distrusted_at: int
    record: bytes

    @property
    def state(self) -> str:
        """What it is now, in words."""
        if self.decertified:
            return "decertified"
        if self.retired:
            return "retired"
        if self.distrusted_at:
            return "key not trusted"
        return "certified" if self.certified else "not certified"

    @property
    def description(self) -> Description:
        """How it was registered."""
        return Description(self.kind, self.carrier, self.source, self.subnet, self.capacity_wh)

    def content(self, device_id: int) -> bytes:
        """What auditors vote for: see `content`."""
        return content(device_id, self.owner, self.key, self.description, self.record)


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
        The most energy in one base interval.
    """

    kind: DeviceKind = DeviceKind.METER
    carrier: Carrier = Carrier.ELECTRICITY
    source: int = EnergySource.SOLAR
    subnet: int = 1
    capacity_wh: int = 100_000


def sign_binding(chain: Chain, key: DeviceKey, owner: ChecksumAddress, description: Description) -> bytes:
    """The device key's signature that binds it to its owner."""
    message = {
        "owner": owner,
        "kind": description.kind,
        "carrier": description.carrier,
        "source": description.source,
        "subnet": description.subnet,
        "capacityWh": description.capacity_wh,
    }
    return sign_by_device(key, chain.domain("DeviceRegistry"), "Device", message)


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


def content(
    device_id: int, owner: ChecksumAddress, key: ChecksumAddress, described: Description, record: bytes = NO_RECORD
) -> bytes:
    """What auditors vote for: all that was registered, hashed, so that a vote never counts for another device.

    It is computed here and never asked from the chain: a vote names what the auditor was shown.
    """
    types = ("uint32", "address", "address", "uint8", "uint8", "uint8", "uint32", "uint64", "bytes32")
    codes = described.kind, described.carrier, described.source, described.subnet, described.capacity_wh
    return keccak(encode(types, (device_id, owner, key, *codes, record)))


def certify(chain: Chain, device_id: int, content: bytes) -> Call:
    """An auditor's vote to certify the device of this content."""
    return chain.call("certify", "DeviceRegistry", "certify", device_id, content)


def decertify(chain: Chain, device_id: int, content: bytes, reason: str) -> Call:
    """An auditor's vote to take the device of this content out of service, permanently."""
    return chain.call("decertify", "DeviceRegistry", "decertify", device_id, content, reason)


def retire(chain: Chain, device_id: int) -> Call:
    """Take the sender's device out of service, permanently."""
    return chain.call("retire device", "DeviceRegistry", "retire", device_id)


def device(chain: Chain, device_id: int) -> Device:
    """A device; its owner is the zero address if there is none with this id."""
    return _devices(chain, [device_id])[0]


def existing(chain: Chain, device_id: int) -> Device:
    """A device that exists.

    Raises
    ------
    NotOnChain
        If there is none with this id.
    """
    if not 0 < device_id <= device_count(chain):
        raise NotOnChain(f"device {device_id}", remedy="List the devices with `powerpact device list`.")
    return device(chain, device_id)


def all_devices(chain: Chain) -> dict[int, Device]:
    """Every device by its id, in two requests."""
    ids = range(1, device_count(chain) + 1)
    return dict(zip(ids, _devices(chain, ids), strict=True))


def _devices(chain: Chain, ids: Sequence[int]) -> list[Device]:
    asked = [(name, [id_]) for name in ("device", "descriptionOf") for id_ in ids]
    answers = chain.read_all([("DeviceRegistry", *question) for question in asked])
    found, records = answers[: len(ids)], answers[len(ids) :]
    return [
        Device(owner, subnet, DeviceKind(kind), Carrier(code), *[*rest, bytes(record)])
        for (owner, subnet, kind, code, *rest), record in zip(found, records, strict=True)
    ]


def device_count(chain: Chain) -> int:
    """Number of devices; ids start at 1."""
    return int(chain.read("DeviceRegistry", "deviceCount"))


def device_of(chain: Chain, key: ChecksumAddress) -> int:
    """Id of the device that has or had this key, 0 if none."""
    return int(chain.read("DeviceRegistry", "deviceOf", key))
