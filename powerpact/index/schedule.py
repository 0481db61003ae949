"""Who feeds in and who draws in a slot, by the trades that stand: what a dispatcher of the network plans with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from eth_typing import ChecksumAddress

from powerpact.chain.client import Chain
from powerpact.chain.contracts import devices, subnets
from powerpact.chain.contracts.markets import markets
from powerpact.index.outcomes import RoundState, TradeOutcome, state_of, trades_of
from powerpact.index.records import RoundRecord, read_rounds
from powerpact.market.slots import Slot
from powerpact.market.subnets import path_between
from powerpact.market.trades import Trade

SCHEMA: Final = "powerpact/schedule/1"

_IN_FORCE: Final = (TradeOutcome.WAITING, TradeOutcome.PAID)


@dataclass(frozen=True, slots=True)
class Flow:
    """A trade that stands, as energy in the network.

    Attributes
    ----------
    trade_id : bytes
        Commits to seller, buyer, agent, round and place, 32 bytes (Zhao et al., equation 5).
    market : bytes
        Its market's id, 32 bytes.
    zone : str
        The market's zone.
    slot : Slot
        When.
    energy_wh : int
        How much.
    source, sink : int
        The seller's device and the buyer's meter; 0 where the market counts the export alone.
    seller, buyer : ChecksumAddress
        Their owners' accounts.
    path : tuple of int
        Subnets from the seller's device to the buyer's meter, the root as 0; only the seller's if no meter is named.
    """

    trade_id: bytes
    market: bytes
    zone: str
    slot: Slot
    energy_wh: int
    source: int
    sink: int
    seller: ChecksumAddress
    buyer: ChecksumAddress
    path: tuple[int, ...]


@dataclass(frozen=True)
class Schedule:
    """The trades of a slot.

    Attributes
    ----------
    start : int
        Start of the slot, Unix seconds.
    block : int
        As of which block.
    flows : tuple of Flow
        By market, in the order of its round.
    undecided : tuple of bytes
        Ids of markets of the slot whose rounds are not final yet: trades can be added. It is final without them.
    """

    start: int
    block: int
    flows: tuple[Flow, ...]
    undecided: tuple[bytes, ...]

    def data(self) -> dict[str, Any]:
        """As JSON has it: ids in hexadecimal, energy in Wh, times in Unix seconds."""
        return {
            "schema": SCHEMA,
            "slot_start": self.start,
            "block": self.block,
            "is_final": not self.undecided,
            "flows": [
                {
                    "trade": f"0x{flow.trade_id.hex()}",
                    "market": f"0x{flow.market.hex()}",
                    "zone": flow.zone,
                    "length_s": flow.slot.length_s,
                    "energy_wh": flow.energy_wh,
                    "source": flow.source,
                    "sink": flow.sink,
                    "seller": flow.seller,
                    "buyer": flow.buyer,
                    "path": list(flow.path),
                }
                for flow in self.flows
            ],
            "undecided": [f"0x{market.hex()}" for market in self.undecided],
        }


def schedule_of(chain: Chain, start: int, zone: str | None = None) -> Schedule:
    """The schedule of the slots that begin at a time.

    Parameters
    ----------
    chain : Chain
        The deployment.
    start : int
        Unix seconds.
    zone : str, optional
        Only markets of this zone.

    Returns
    -------
    Schedule
        Without trades that were vetoed, ended by agreement or refunded.
    """
    with chain.reading(state_too=True) as view:
        wanted = [
            market
            for market in markets(chain)
            if market.rules.slot_start == start and zone in (None, market.rules.zone)
        ]
        rounds = read_rounds(chain, wanted)
        now = chain.now()
        placed = {device: found.subnet for device, found in devices.all_devices(chain).items()}
        parents = {number: subnet.parent for number, subnet in subnets.subnets(chain).items()}
        return Schedule(
            start=start,
            block=view.number,
            flows=tuple(
                _flow(record, ended.id, ended.trade, placed, parents)
                for record in rounds
                for ended in trades_of(record)
                if ended.outcome in _IN_FORCE
            ),
            undecided=tuple(
                record.market.id
                for record in rounds
                if state_of(record, now) not in (RoundState.FINAL, RoundState.EXPIRED)
            ),
        )


def _flow(record: RoundRecord, id_: bytes, trade: Trade, placed: Mapping[int, int], parents: Mapping[int, int]) -> Flow:
    source, sink = placed[trade.device], placed.get(trade.meter)
    return Flow(
        trade_id=id_,
        market=record.market.id,
        zone=record.market.rules.zone,
        slot=record.market.rules.slot,
        energy_wh=trade.energy_wh,
        source=trade.device,
        sink=trade.meter,
        seller=trade.seller,
        buyer=trade.buyer,
        path=(source,) if sink is None else path_between(parents, source, sink),
    )
