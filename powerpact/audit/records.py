"""Everything that an audit looks at, read from the chain once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property

from powerpact.chain import rounds
from powerpact.chain.abi import Event
from powerpact.chain.client import Chain
from powerpact.chain.markets import Market, markets
from powerpact.chain.packing import Order, Side, Trade, trade_id
from powerpact.chain.rounds import PostedRound, Proposal, ProposalStatus
from powerpact.types import Mode
from powerpact.units import value_down_upoints


@dataclass(frozen=True)
class RoundRecord:
    """A market and what became of it.

    Attributes
    ----------
    posted : PostedRound
        The orders as they stand now.
    at_gate : PostedRound
        The orders as they stood when the gate closed: only cancelled ones are closed.
    proposal_id : int
        The final proposal, 0 if there is none.
    proposal : Proposal
        What the chain says about it.
    chunks : list of tuple of Trade
        Its trades.
    settled : dict of bytes to Event
        `TradeSettled` by trade id.
    """

    posted: PostedRound
    at_gate: PostedRound
    proposal_id: int
    proposal: Proposal
    chunks: list[tuple[Trade, ...]]
    settled: dict[bytes, Event]
    standing: Proposal | None = None
    """The proposal that stands, if one does."""

    @property
    def market(self) -> Market:
        """The market."""
        return self.posted.market

    @property
    def is_final(self) -> bool:
        """Whether the round has a final proposal."""
        return self.proposal.status is ProposalStatus.FINAL

    @cached_property
    def trades(self) -> dict[bytes, Trade]:
        """The final trades by their id, which is hashed here rather than asked of the contract."""
        agent = self.proposal.agent
        return {trade_id(self.market.id, agent, trade): trade for chunk in self.chunks for trade in chunk}

    def unsettled(self) -> dict[bytes, Trade]:
        """Final trades that have not ended."""
        return {id_: trade for id_, trade in self.trades.items() if id_ not in self.settled}

    @cached_property
    def traded_wh(self) -> Counter[int]:
        """Energy of the trades of each order that trades."""
        sums: Counter[int] = Counter()
        for trade in self.trades.values():
            sums[trade.buy_id] += trade.energy_wh
            sums[trade.sell_id] += trade.energy_wh
        return sums

    def waiting_reservations(self) -> Iterator[tuple[Order, int]]:
        """Open orders and what they reserve beyond their trades, micro-points."""
        divisible = self.market.rules.mode is Mode.DIVISIBLE
        for id_, order in self.posted.open_orders():
            traded_wh = self.traded_wh[id_] if divisible else order.energy_wh * (id_ in self.traded_wh)
            if order.side is Side.BUY and traded_wh < order.energy_wh:
                price = order.price_upoints_per_kwh
                yield order, order.reservation_upoints - value_down_upoints(traded_wh, price)


@dataclass(frozen=True)
class Records:
    """All records of a deployment.

    Attributes
    ----------
    chain : Chain
        Where they were read.
    rounds : list of RoundRecord
        Every market, oldest first.
    money : list of Event
        Every event of the escrow.
    readings : list of Event
        Every batch of readings.
    certificates : list of Event
        Every movement and retirement of certificates.
    participants : list of Event
        Every event of the participants' registry.
    devices : list of Event
        Every vote on a device.
    """

    chain: Chain
    rounds: list[RoundRecord]
    money: list[Event]
    readings: list[Event]
    certificates: list[Event]
    participants: list[Event]
    devices: list[Event]


def read_records(chain: Chain, report: Callable[[str], None] = lambda _: None) -> Records:
    """Read what an audit needs.

    Parameters
    ----------
    chain : Chain
        The deployment.
    report : callable
        Told what is being read.
    """
    report("money")
    money = chain.events(
        "EscrowWallets",
        "Deposited",
        "Withdrawn",
        "Released",
        "BondHeld",
        "BondFreed",
        "BondForfeited",
        "TradeSettled",
    )
    settled = {event.arguments["tradeId"]: event for event in money if event.name == "TradeSettled"}
    records = []
    for market in markets(chain):
        report(f"market of slot {market.rules.slot_start}")
        records.append(_read_round(chain, market, settled))
    report("meters, certificates and registries")
    return Records(
        chain=chain,
        rounds=records,
        money=money,
        readings=chain.events("Metering", "ReadingsReported"),
        certificates=chain.events("GreenCertificates", "TransferSingle", "TransferBatch", "Retired"),
        participants=chain.events("ParticipantRegistry", "VoteCast", "Approved", "Suspended", "ExitRequested", "Left"),
        devices=chain.events("DeviceRegistry", "CertificationVoted"),
    )


def _read_round(chain: Chain, market: Market, settled: dict[bytes, Event]) -> RoundRecord:
    posted = rounds.read_round(chain, market.id)
    cancelled = [0] * len(posted.batches)
    for event in chain.events("OrderBook", "OrderCancelled", market=market.id):
        id_ = event.arguments["id"]
        cancelled[id_ >> 8] |= 1 << (id_ & 0xFF)
    proposal_id, standing_id = rounds.final_of(chain, market.id), rounds.standing_of(chain, market.id)
    record = RoundRecord(
        posted=posted,
        at_gate=replace(posted, closed=tuple(cancelled)),
        proposal_id=proposal_id,
        proposal=rounds.proposal(chain, proposal_id),
        chunks=rounds.chunks_of(chain, proposal_id) if proposal_id else [],
        settled={},
        standing=rounds.proposal(chain, standing_id) if standing_id else None,
    )
    record.settled.update({id_: settled[id_] for id_ in record.trades if id_ in settled})
    return record
