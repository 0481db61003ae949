"""The exchange of a meter: what there is to know before a new device takes the place of an old one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from eth_typing import ChecksumAddress

from powerpact.chain.client import Chain
from powerpact.chain.contracts import devices, meters
from powerpact.chain.contracts.devices import Description
from powerpact.chain.contracts.markets import markets
from powerpact.errors import BadChoice
from powerpact.market.schema import Side


@dataclass(frozen=True, slots=True)
class Exchange:
    """A new device in the place of an old one, which is retired.

    Attributes
    ----------
    device : int
        The old device.
    description : Description
        How the new one is registered.
    new_id : int
        Its id, if an exchange that was interrupted added it; else 0.
    last_start : int
        Start of the last interval that the old device reported, Unix seconds; 0 if none.
    promised : tuple of int
        Starts of slots that are not over, Unix seconds, of which the old device has an order, or sold or bought energy.
    """

    device: int
    description: Description
    new_id: int
    last_start: int
    promised: tuple[int, ...]

    @classmethod
    def planned(
        cls,
        chain: Chain,
        device: int,
        owner: ChecksumAddress,
        key: ChecksumAddress,
        capacity_wh: int | None = None,
    ) -> Exchange:
        """Look at what is to be exchanged.

        Parameters
        ----------
        chain : Chain
            Where both devices are.
        device : int
            The old one.
        owner : ChecksumAddress
            Who wants it.
        key : ChecksumAddress
            The key of the new one.
        capacity_wh : int, optional
            The most energy of the new one in a base interval, Wh; by default as of the old one.

        Raises
        ------
        BadChoice
            If the old device is another owner's or out of service, or the key is that of a device on other terms.
        """
        old = devices.device(chain, device)
        if old.owner != owner:
            raise BadChoice("device", str(device), f"is not a device of {owner}", remedy="See `powerpact device list`.")
        if old.stopped_at:
            remedy = "Bind the new meter with `powerpact device add`."
            raise BadChoice("device", str(device), f"is {old.state} already", remedy=remedy)
        wanted = replace(old.description, capacity_wh=capacity_wh or old.capacity_wh)
        new_id = devices.device_of(chain, key)
        if new_id:
            bound = devices.device(chain, new_id)
            if (bound.owner, bound.description, bound.stopped_at) != (owner, wanted, 0) or new_id == device:
                problem = f"is the key of device {new_id}"
                raise BadChoice(
                    "key", key, problem, remedy="A meter needs a key of its own: make one for the new meter."
                )
        (last_start,) = meters.last_starts(chain, [device]).values()
        return cls(device, wanted, new_id, last_start, promised_slots(chain, device))

    def refusal(self) -> BadChoice:
        """Why it should wait."""
        remedy = (
            "Cancel the orders, or exchange the meter after these slots, once they are reported; "
            "with --anyway energy that was sold is not delivered."
        )
        return promised_refusal(self.device, self.promised, remedy)


def promised_slots(chain: Chain, device: int) -> tuple[int, ...]:
    """Starts of slots that are not over of which a device has an order, or sold or bought energy."""
    now = chain.now()
    slots = sorted({market.rules.slot for market in markets(chain) if market.rules.slot.end > now})
    sides = [(device, side) for side in Side]
    return tuple(slot.start for slot in slots if meters.all_promised(chain, sides, slot) != [(False, 0)] * len(sides))


def promised_refusal(
    device: int,
    slots: Sequence[int],
    remedy: str = "Cancel the orders, or wait until these slots are over and reported; with --anyway the device "
    "measures them after the change.",
) -> BadChoice:
    """Why a device should not change yet: it promised energy of slots that begin at these times, Unix seconds."""
    problem = f"has orders or trades in slots that are not over, from {', '.join(map(str, slots))} (Unix seconds)"
    return BadChoice("device", str(device), problem, remedy=remedy)
