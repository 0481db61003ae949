"""Whether a message is a reading that the chain can take: checked before anything is kept, without the chain.

What the chain alone knows, such as the counters after a device's last interval, is checked when it is reported.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from eth_utils import to_canonical_address

from powerpact.chain.client import Chain
from powerpact.chain.contracts import devices
from powerpact.chain.contracts.meters import SignedReading
from powerpact.codec.abi import Event
from powerpact.codec.eip712 import Domain
from powerpact.codec.eip712.errors import MessageMismatch
from powerpact.codec.errors import BadSignedFile
from powerpact.codec.readingfile import MOST_BYTES, normal_signature, parse_reading, reading_digest, signer_of
from powerpact.devices.broker import topic_of
from powerpact.market.readingrules import fault_of
from powerpact.market.readings import Reading
from powerpact.store.kept import Refused

AHEAD_S: Final = 300
"""How far a device's clock may be ahead: an interval that ends later than that is refused, s."""


@dataclass(frozen=True, slots=True)
class Known:
    """What decides whether a reading can be a registered device's.

    Attributes
    ----------
    keys : tuple of (int, bytes)
        Its keys, each from when on it signs the readings, Unix seconds, and its address, 20 bytes; oldest first.
    capacity_wh : int
        The most energy in one base interval, Wh.
    """

    keys: tuple[tuple[int, bytes], ...]
    capacity_wh: int

    def key_at(self, start: int) -> bytes:
        """The key that signs the reading of an interval, by its start: no other may take the reading's place."""
        return next(key for since, key in reversed(self.keys) if since <= start)


class Registry:
    """The registered devices, as far as they were read from the chain.

    A device keeps its capacity for life, and its key unless there is an event, so a known one is read again only after
    such an event, or if the chain undid blocks.
    """

    def __init__(self) -> None:
        self._known: dict[int, Known] = {}
        self._time_s = 0
        self._undone = 0
        self._rotated = 0

    def update(self, chain: Chain) -> bool:
        """Read the devices that are new, and the time; whether there are new ones, or new keys.

        Raises
        ------
        ChainError
            If the node does not answer.
        """
        self._time_s = chain.now()
        undone, rotations = chain.log.undone(), chain.events("DeviceRegistry", "KeyRotated")
        state = (undone, len(rotations))
        if state == (self._undone, self._rotated) and devices.device_count(chain) <= len(self._known):
            return False
        self._undone, self._rotated = state
        replaced: defaultdict[int, list[Event]] = defaultdict(list)
        for event in rotations:
            replaced[event.arguments["device"]].append(event)
        self._known = {
            id_: Known(_keys(one.key, replaced[id_]), one.capacity_wh)
            for id_, one in devices.all_devices(chain).items()
        }
        return True

    @property
    def count(self) -> int:
        """Number of devices."""
        return len(self._known)

    @property
    def time_s(self) -> int:
        """The time, Unix seconds: of this machine or of the chain, whichever is ahead."""
        return max(self._time_s, int(time.time()))

    def get(self, device: int) -> Known | None:
        """What is known about a device; None if it is not registered."""
        return self._known.get(device)


class Checker:
    """Checks messages against the registry.

    Parameters
    ----------
    domain : Domain
        The metering contract's, which readings are signed for.
    length_s : int
        The deployment's base interval, s.
    registry : Registry
        Who may sign.
    """

    def __init__(self, domain: Domain, length_s: int, registry: Registry) -> None:
        self._domain = domain
        self._length_s = length_s
        self._registry = registry

    def check(self, topic: str, payload: bytes) -> SignedReading | Refused:
        """The reading in a message, or why it is refused.

        Parameters
        ----------
        topic : str
            Where it was published: a device's own topic.
        payload : bytes
            What was published: a line of `powerpact.codec.readingfile`.
        """
        kept = payload[:MOST_BYTES]
        try:
            reading, signature = parse_reading(topic, payload)
            signature = normal_signature(signature)
        except (BadSignedFile, MessageMismatch) as error:
            return Refused(topic, kept, str(error))
        device, start = reading.device, reading.start_at
        known = self._registry.get(device)
        if known is None:
            reason = f"device {device} is not registered"
            return Refused(topic, kept, reason, device, start, may_pass=topic == topic_of(device))
        fault = self._fault(topic, reading, signature, known)
        return Refused(topic, kept, fault, device, start) if fault else SignedReading(reading, signature)

    def _fault(self, topic: str, reading: Reading, signature: bytes, known: Known) -> str | None:
        if topic != topic_of(reading.device):
            return f"it is of device {reading.device} and came under {topic}"
        fault = fault_of(reading, self._length_s, known.capacity_wh)
        if fault:
            return fault
        end, time_s = reading.start_at + reading.length_s, self._registry.time_s
        if end > time_s + AHEAD_S:
            return f"its interval ends at {end}, {end - time_s} s from now: the device's clock is wrong"
        signer = signer_of(reading_digest(self._domain, reading), signature)
        key = known.key_at(reading.start_at)
        if signer != key:
            by = "no key" if signer is None else f"0x{signer.hex()}"
            return f"it is signed by {by} for this deployment, and the device's key in its interval is 0x{key.hex()}"
        return None


def _keys(key: str, rotations: Sequence[Event]) -> tuple[tuple[int, bytes], ...]:
    """The keys of a device that has this one now, or will, and from when on each signs."""
    first = rotations[0].arguments["replaced"] if rotations else key
    later = ((event.arguments["from"], to_canonical_address(event.arguments["key"])) for event in rotations)
    return ((0, to_canonical_address(first)), *later)
