"""Subnets of devices, flags of slots in which an exchange does not agree, and the lots that are held for them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from eth_utils import keccak

from powerpact.chain.client import Chain
from powerpact.chain.contracts.devices import all_devices
from powerpact.chain.contracts.meters import corrections_in, readings_since
from powerpact.chain.errors import NotOnChain
from powerpact.chain.transactions import Call
from powerpact.codec.abi import encode
from powerpact.market.readings import Quality
from powerpact.market.schema import DeviceKind
from powerpact.market.slots import Slot
from powerpact.market.subnets import Attached, Flow, Subnet


@dataclass(frozen=True, slots=True)
class Flag:
    """A slot of a subnet that auditors doubt.

    Attributes
    ----------
    subnet : int
        The subnet.
    slot : Slot
        The slot.
    lots : tuple of int
        Ids of the certificates that are in doubt, rising.
    evidence : bytes
        Hash of what shows it, 32 bytes.
    """

    subnet: int
    slot: Slot
    lots: tuple[int, ...]
    evidence: bytes

    @property
    def values(self) -> tuple[object, ...]:
        """The struct as the contract takes it."""
        return self.subnet, self.slot.pack(), list(self.lots), self.evidence

    @property
    def hash(self) -> bytes:
        """What names it: 32 bytes."""
        return keccak(encode(("(uint32,uint72,uint256[],bytes32)",), (self.values,)))


@dataclass(frozen=True, slots=True)
class RaisedFlag:
    """A flag on the chain.

    Attributes
    ----------
    flag : Flag
        What is in doubt.
    until : int
        When its holds end or ended, Unix seconds.
    is_cleared : bool
        Whether auditors cleared it.
    transaction_hash : str
        The transaction that raised it.
    """

    flag: Flag
    until: int
    is_cleared: bool
    transaction_hash: str


def subnets(chain: Chain) -> dict[int, Subnet]:
    """All subnets that auditors formed, by number, as they are now."""
    found = {}
    for event in chain.events("Subnets", "SubnetFormed"):
        a = event.arguments
        found[a["subnet"]] = Subnet(
            a["subnet"], a["parent"], a["exchange"], a["tolerance"], a["floor"], a["revision"], a["level"]
        )
    return dict(sorted(found.items()))


def subnet(chain: Chain, number: int) -> Subnet:
    """A subnet by its number.

    Raises
    ------
    NotOnChain
        If nobody formed it.
    """
    found = subnets(chain).get(number)
    if found is None:
        raise NotOnChain(f"subnet {number}", remedy="List the subnets with `powerpact subnet list`.")
    return found


def revision(chain: Chain, number: int) -> int:
    """How often a subnet was formed or changed, 0 if never."""
    found = subnets(chain).get(number)
    return 0 if found is None else found.revision


def form(chain: Chain, wanted: Subnet) -> Call:
    """An auditor's vote to form a subnet, or to change it, of the revision before that of `wanted`."""
    terms = wanted.parent, wanted.exchange, wanted.tolerance_ppm, wanted.floor_wh
    return chain.call("form a subnet", "Subnets", "form", wanted.number, wanted.revision - 1, terms)


def flag(chain: Chain, doubted: Flag) -> Call:
    """An auditor's vote to flag a slot and hold lots."""
    return chain.call("flag a slot", "Subnets", "flag", doubted.values)


def clear(chain: Chain, doubted: Flag, finding: bytes) -> Call:
    """An auditor's vote to clear a flag; `finding` is the hash of what settles it, 32 bytes."""
    return chain.call("clear a flag", "Subnets", "clear", doubted.values, finding)


def flags(chain: Chain, number: int | None = None) -> list[RaisedFlag]:
    """The flags of a subnet, or of all, in the order in which they were raised."""
    chosen = {} if number is None else {"subnet": number}
    cleared = {event.arguments["flag"]: event for event in chain.events("Subnets", "FlagCleared")}
    found = []
    for event in chain.events("Subnets", "SlotFlagged", **chosen):
        a = event.arguments
        end = cleared.get(a["flag"])
        doubted = Flag(a["subnet"], Slot.unpack(a["slot"]), tuple(a["lots"]), bytes(a["evidence"]))
        until = a["until"] if end is None else chain.time_of(end.block)
        found.append(RaisedFlag(doubted, until, end is not None, event.transaction_hash))
    return found


def held_until(chain: Chain, lots: Sequence[int]) -> dict[int, int]:
    """Until when lots are or were held, Unix seconds, 0 if never; in one request."""
    answers = chain.read_all([("GreenCertificates", "heldUntil", [lot]) for lot in lots])
    return dict(zip(lots, answers, strict=True))


def meters(chain: Chain) -> list[Attached]:
    """All meters that auditors ever certified."""
    first: dict[int, int] = {}
    for event in chain.events("DeviceRegistry", "DeviceCertified"):
        if event.arguments["device"] not in first:
            first[event.arguments["device"]] = chain.time_of(event.block)
    return [
        Attached(id_, device.subnet, device.carrier, first[id_], device.stopped_at or None)
        for id_, device in all_devices(chain).items()
        if id_ in first and device.kind is DeviceKind.METER
    ]


def flows_in(chain: Chain, slot: Slot) -> dict[tuple[int, int], Flow]:
    """By device and start: what was measured last of the intervals of a slot; what was estimated is left out."""
    corrected = corrections_in(chain, slot.start)
    found = {}
    for key, reported in readings_since(chain, slot.start).items():
        measured = [
            version
            for version in (reported.reading, *corrected.get(key, ()))
            if version.quality == Quality.MEASURED and version.start_at < slot.end
        ]
        if measured:
            found[key] = Flow(measured[-1].imported_wh, measured[-1].exported_wh)
    return found
