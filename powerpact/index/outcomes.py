"""What became of a round, of its orders and of its trades, in words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from eth_typing import ChecksumAddress

from powerpact.chain.contracts.settlement import End, Position
from powerpact.codec.packing import trade_id
from powerpact.index.records import RoundRecord
from powerpact.market.rules import Mode
from powerpact.market.trades import Trade
from powerpact.market.wording import count
from powerpact.units import value_down_upoints


class RoundState(StrEnum):
    """How far a round is."""

    OPEN = "open"
    """Orders are taken."""
    CLOSED = "closed"
    """The gate has closed, and nothing is proposed that could become final."""
    ACTIVE = "active"
    """A sealed proposal can be challenged."""
    FINAL = "final"
    """The trades are fixed."""
    EXPIRED = "expired"
    """No proposal became final in time."""


class OrderOutcome(StrEnum):
    """What became of an order."""

    OPEN = "open"
    """It counts, and can be cancelled."""
    WAITING = "waiting for the round"
    """The gate has closed; a proposal decides."""
    TRADED = "traded"
    PARTLY_TRADED = "partly traded"
    NOT_TRADED = "not traded"
    CANCELLED = "cancelled"


class TradeOutcome(StrEnum):
    """What became of a trade."""

    WAITING = "waiting for its readings"
    PAID = "paid"
    """By what the meters reported."""
    AGREED = "ended by agreement"
    REFUNDED = "refunded"
    VETOED = "vetoed"
    """By the auditors, before its slot: the buyer has the money back."""


_ENDS = {
    End.DELIVERED: TradeOutcome.PAID,
    End.AGREED: TradeOutcome.AGREED,
    End.REFUNDED: TradeOutcome.REFUNDED,
    End.VETOED: TradeOutcome.VETOED,
}


@dataclass(frozen=True, slots=True)
class Doubt:
    """What an auditor said about a trade.

    Attributes
    ----------
    auditor : ChecksumAddress
        Who.
    reason : str
        Why, in words.
    votes : int
        Votes to veto it for this reason, with this one; 0 of a flag.
    """

    auditor: ChecksumAddress
    reason: str
    votes: int = 0


@dataclass(frozen=True, slots=True)
class EndedTrade:
    """A trade of a final round, and how it ended.

    Attributes
    ----------
    id : bytes
        Its id.
    trade : Trade
        Its terms.
    outcome : TradeOutcome
        What became of it.
    delivered_wh, paid_upoints, penalty_upoints : int, optional
        What was delivered, what the seller got, and what was taken off before; None while it waits.
    doubts : tuple of Doubt
        Flags, and votes to veto it, oldest first.
    """

    id: bytes
    trade: Trade
    outcome: TradeOutcome
    delivered_wh: int | None = None
    paid_upoints: int | None = None
    penalty_upoints: int | None = None
    doubts: tuple[Doubt, ...] = ()

    @property
    def value_upoints(self) -> int:
        """What it costs if all is delivered, micro-points."""
        return value_down_upoints(self.trade.energy_wh, self.trade.price_upoints_per_kwh)


def state_of(record: RoundRecord, now: int) -> RoundState:
    """How far a round is, at a time in Unix seconds."""
    closes_at, is_active = record.market.rules.closes_at, record.active is not None
    return state_at(now, closes_at, record.last_moment, is_final=record.is_final, is_active=is_active)


def state_at(now: int, closes_at: int, last_moment: int, *, is_final: bool, is_active: bool) -> RoundState:
    """How far a round is.

    Parameters
    ----------
    now, closes_at, last_moment : int
        The time, the gate, and the last moment for proposals, extensions included; Unix seconds.
    is_final, is_active : bool
        Whether a proposal is final; whether one is active.
    """
    if is_final:
        return RoundState.FINAL
    if now < closes_at:
        return RoundState.OPEN
    if is_active:
        return RoundState.ACTIVE
    return RoundState.EXPIRED if now > last_moment else RoundState.CLOSED


def order_outcome(record: RoundRecord, id_: int, state: RoundState) -> OrderOutcome:
    """What became of an order of a round in this state."""
    traded_wh = record.traded_wh[id_]
    if id_ in record.traded_wh:
        is_part = record.market.rules.mode is Mode.DIVISIBLE and traded_wh < record.posted.orders[id_].energy_wh
        return OrderOutcome.PARTLY_TRADED if is_part else OrderOutcome.TRADED
    if record.at_gate.is_closed(id_):
        return OrderOutcome.CANCELLED
    if state is RoundState.OPEN:
        return OrderOutcome.OPEN
    if state in (RoundState.FINAL, RoundState.EXPIRED):
        return OrderOutcome.NOT_TRADED
    return OrderOutcome.WAITING


def trades_of(record: RoundRecord) -> Iterator[EndedTrade]:
    """The trades of a final round with their ends."""
    for position, trade in record.trades.items():
        id_ = trade_id(record.market.id, record.proposal.agent, trade)
        yield _with_end(record, id_, position, trade)


def sentence(record: RoundRecord, state: RoundState) -> str:
    """What happened in a round."""
    outcomes = Counter(order_outcome(record, id_, state) for id_ in record.posted.orders)
    cancelled = outcomes.pop(OrderOutcome.CANCELLED, 0)
    orders = outcomes.total()
    if state is RoundState.FINAL:
        traded = outcomes[OrderOutcome.TRADED] + outcomes[OrderOutcome.PARTLY_TRADED]
        told = (
            f"{traded} of {count(orders, 'order')} traded" if traded != orders else f"{count(orders, 'order')} traded"
        )
        partly = outcomes[OrderOutcome.PARTLY_TRADED]
        told += f" ({partly} in part)" if partly else ""
        told += f", {len(record.ended)} of {count(len(record.trades), 'trade')} ended" if record.trades else ""
    else:
        told = count(orders, "order")
        told += ", none traded" if state is RoundState.EXPIRED and orders else ""
    return f"{state}: {told}" + (f", {cancelled} cancelled" if cancelled else "")


def _with_end(record: RoundRecord, id_: bytes, position: Position, trade: Trade) -> EndedTrade:
    told = (event.arguments for event in record.doubts.get(id_, ()))
    doubts = tuple(Doubt(said["auditor"], said["reason"], said.get("votes", 0)) for said in told)
    if position not in record.ended:
        return EndedTrade(id_, trade, TradeOutcome.WAITING, doubts=doubts)
    said = record.ends[id_][0].arguments
    outcome = _ENDS[End(said["outcome"])]
    return EndedTrade(id_, trade, outcome, said["delivered"], said["paid"], said["penalty"], doubts)
