"""What a market day leaves behind."""

from __future__ import annotations

from dataclasses import dataclass, field

from powerpact.agent import Cleared
from powerpact.audit import Finding
from powerpact.chain.client import Chain
from powerpact.chain.contracts import certificates
from powerpact.chain.transactions import Mined
from powerpact.codec.abi import Event
from powerpact.market.rules import MarketMechanism, Mode
from powerpact.market.trades import Trade
from powerpact.simulation.cast import Cast
from powerpact.simulation.community import DayPlan, SlotPlan


@dataclass(frozen=True, slots=True)
class ClearedSlot:
    """One slot on the chain.

    Attributes
    ----------
    plan : SlotPlan
        What was planned.
    market : bytes
        Id of its market.
    cleared : Cleared
        The round.
    trades : dict of bytes to Trade
        Its trades by id.
    proposed_in : dict of bytes to str
        The transaction that claimed each trade.
    events : list of Event
        What the settlement emitted.
    transactions : list of Mined
        What cleared and settled it.
    """

    plan: SlotPlan
    market: bytes
    cleared: Cleared
    trades: dict[bytes, Trade]
    proposed_in: dict[bytes, str]
    events: list[Event] = field(default_factory=list)
    transactions: list[Mined] = field(default_factory=list)

    @property
    def settled(self) -> list[Event]:
        """How each trade ended."""
        return [event for event in self.events if event.name == "TradeSettled"]

    def moved_wh(self, trade: Trade) -> int:
        """Green certificates that moved with a trade, Wh."""
        return sum(
            event.arguments["value"]
            for event in self.events
            if event.name == "TransferSingle"
            and certificates.lot_of(event.arguments["id"])[0] == trade.device
            and event.arguments["to"] == trade.buyer
        )


@dataclass(frozen=True, slots=True)
class DayResult:
    """What happened.

    Attributes
    ----------
    plan : DayPlan
        The plan.
    mechanism : MarketMechanism
        What cleared its markets.
    mode : Mode
        How orders traded.
    chain : Chain
        The deployment, with its gas log.
    cast : Cast
        The accounts.
    slots : list of ClearedSlot or None
        For each slot its market; None for a slot without orders.
    findings : list of Finding
        The laws, checked at the end.
    seconds : dict of str to float
        Time by step.
    """

    plan: DayPlan
    mechanism: MarketMechanism
    mode: Mode
    chain: Chain
    cast: Cast
    slots: list[ClearedSlot | None]
    findings: list[Finding]
    seconds: dict[str, float]
