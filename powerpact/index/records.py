"""Everything that an audit needs, read from the chain once."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Final

from powerpact.chain.client import Chain
from powerpact.chain.contracts import complete, rounds
from powerpact.chain.contracts.markets import Market, markets, unreadable
from powerpact.chain.contracts.posted import PostedRound
from powerpact.chain.contracts.rounds import Proposal, ProposalStatus
from powerpact.chain.contracts.settlement import Position
from powerpact.chain.node_errors import LogsIncomplete
from powerpact.codec.abi import Event
from powerpact.codec.packing import trade_id
from powerpact.index.membership import REGISTRY_EVENTS
from powerpact.market.orders import Order, Side
from powerpact.market.trades import Trade
from powerpact.progress import Progress, silent
from powerpact.units import value_down_upoints

DEVICE_EVENTS: Final = (
    "DeviceAdded",
    "CertificationVoted",
    "DecertificationVoted",
    "DeviceRetired",
    "DeviceDecertified",
    "DeviceHandedOver",
)
"""What an audit needs to know of devices."""

DOUBTS: Final = ("TradeFlagged", "VetoVoted")
"""What auditors say about trades."""


@dataclass(frozen=True)
class RoundRecord:
    """A market and what became of it.

    Attributes
    ----------
    posted : PostedRound
        The orders as they are now.
    at_gate : PostedRound
        The orders as they were when the gate closed: only cancelled ones are closed.
    proposal_id : int
        The final proposal, 0 if there is none.
    proposal : Proposal
        What the chain says about it.
    chunks : list of tuple of Trade
        Its trades.
    active : Proposal or None
        The active proposal, if there is one.
    prices : bytes
        The final proposal's public prices, if its mechanism has some.
    ends : mapping of bytes to list of Event
        Every `TradeSettled` by trade id.
    ended : frozenset of Position
        The trades that have ended.
    doubts : mapping of bytes to list of Event
        Every `TradeFlagged` and `VetoVoted` by trade id.
    put_off_to : int
        To when refutations put off the last moment for proposals, Unix seconds; 0 if none did.
    """

    posted: PostedRound
    at_gate: PostedRound
    proposal_id: int
    proposal: Proposal
    chunks: list[tuple[Trade, ...]]
    active: Proposal | None
    prices: bytes = b""
    ends: Mapping[bytes, list[Event]] = field(default_factory=dict)
    ended: frozenset[Position] = frozenset()
    doubts: Mapping[bytes, list[Event]] = field(default_factory=dict)
    put_off_to: int = 0

    @property
    def market(self) -> Market:
        """The market."""
        return self.posted.market

    @property
    def is_final(self) -> bool:
        """Whether the round has a final proposal."""
        return self.proposal.status is ProposalStatus.FINAL

    @property
    def last_moment(self) -> int:
        """The last moment for proposals, extensions after refutations included, Unix seconds."""
        return self.put_off_to or self.market.rules.final_by

    @cached_property
    def trades(self) -> dict[Position, Trade]:
        """The final trades by their position."""
        return {(c, i): trade for c, chunk in enumerate(self.chunks) for i, trade in enumerate(chunk)}

    @cached_property
    def positions(self) -> dict[bytes, list[Position]]:
        """The places of the trades of each id; ids are hashed here rather than asked of the contract."""
        found: defaultdict[bytes, list[Position]] = defaultdict(list)
        for position, trade in self.trades.items():
            found[trade_id(self.market.id, self.proposal.agent, trade)].append(position)
        return found

    def settled(self) -> list[Trade]:
        """Final trades that have ended."""
        return [trade for position, trade in self.trades.items() if position in self.ended]

    def unsettled(self) -> list[Trade]:
        """Final trades that have not ended."""
        return [trade for position, trade in self.trades.items() if position not in self.ended]

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
        for id_, order in self.posted.open_orders():
            traded_wh = self.traded_wh[id_]
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
        Every movement of money in the accounts, and every end of a trade.
    readings : list of Event
        Every batch of readings.
    certificates : list of Event
        Every movement and retirement of certificates.
    participants : list of Event
        What the participants' registry says of people and their accounts.
    votes : list of Event
        Every vote of an auditor on people.
    devices : list of Event
        Every device, every vote on one, and every end of one.
    """

    chain: Chain
    rounds: list[RoundRecord]
    money: list[Event]
    readings: list[Event]
    certificates: list[Event]
    participants: list[Event]
    votes: list[Event]
    devices: list[Event]


def read_records(chain: Chain, report: Progress = silent) -> Records:
    """Read what an audit needs.

    Parameters
    ----------
    chain : Chain
        The deployment.
    report : callable
        Called with what is being read.
    """
    report("money")
    with chain.reading():
        return _read_records(chain, report)


def require_complete(records: Records) -> None:
    """Compare what was read with the contracts: proposals and readings by their number, orders and trades by roots.

    Raises
    ------
    LogsIncomplete
        If logs are missing.
    """
    chain = records.chain
    known = {record.market.id for record in records.rounds} | {id_ for id_, _ in unreadable(chain)}
    named = [*chain.events("OrderBook", "OrdersPlaced"), *chain.events("Clearing", "Proposed")]
    for event in named:
        id_ = event.arguments["market"]
        if id_ not in known:
            what = f"market 0x{id_.hex()[:8]}"
            raise LogsIncomplete(what, f"{event.name} in block {event.block} names it", chain.deployment.block)
    found = [complete.proposals(chain), complete.readings(chain)]
    for record in records.rounds:
        since = record.market.block
        found += complete.orders_of(record.posted)
        found.append(complete.result_of(record.market.id, record.proposal_id, since))
        if record.proposal_id:
            found.append(complete.hash_of(record.proposal_id, record.chunks, since))
    complete.require(chain, found)


def _read_records(chain: Chain, report: Progress) -> Records:
    settled = chain.events("Settlement", "TradeSettled")
    money = settled + chain.events(
        "Accounts",
        "Deposited",
        "Withdrawn",
        "Released",
        "BondHeld",
        "BondReleased",
        "BondForfeited",
        "RewardAwarded",
        "Locked",
        "Shifted",
    )
    report("rounds")
    found = markets(chain)
    for id_, problem in unreadable(chain):
        report(f"market 0x{id_.hex()[:8]} is left out: {problem}")
    records = _read_rounds(chain, found, settled)
    report("meters, certificates and registries")
    return Records(
        chain=chain,
        rounds=records,
        money=money,
        readings=chain.events("Metering", "ReadingsReported", "ReadingCorrected"),
        certificates=chain.events("GreenCertificates", "TransferSingle", "TransferBatch", "Retired"),
        participants=chain.events("ParticipantRegistry", *REGISTRY_EVENTS),
        votes=chain.events("Motions", "VoteCast"),
        devices=chain.events("DeviceRegistry", *DEVICE_EVENTS),
    )


def read_rounds(chain: Chain, found: Sequence[Market]) -> list[RoundRecord]:
    """What became of some markets."""
    with chain.reading():
        return _read_rounds(chain, found, chain.events("Settlement", "TradeSettled"))


def _read_rounds(chain: Chain, found: Sequence[Market], settled: Sequence[Event]) -> list[RoundRecord]:
    """Some markets; the state of all their proposals is asked for in one request."""
    ends, doubts = _by_trade(settled), _by_trade(chain.events("Settlement", *DOUBTS))
    final_ids = [rounds.final_of(chain, market.id) for market in found]
    active_ids = [rounds.active_of(chain, market.id) for market in found]
    ids = [*final_ids, *filter(None, active_ids)]
    proposals = dict(zip(ids, rounds.proposals(chain, ids), strict=True))
    records = [
        _read_round(chain, market, final_id, proposals[final_id], proposals[active_id] if active_id else None)
        for market, final_id, active_id in zip(found, final_ids, active_ids, strict=True)
    ]
    return [_with_told(record, ends, doubts) for record in records]


def _read_round(
    chain: Chain,
    market: Market,
    proposal_id: int,
    proposal: Proposal,
    active: Proposal | None,
) -> RoundRecord:
    posted = rounds.read_round(chain, market.id)
    cancelled = rounds.closed_bits(chain, market.id, len(posted.batches), "OrderCancelled")
    return RoundRecord(
        posted=posted,
        at_gate=replace(posted, closed=cancelled),
        proposal_id=proposal_id,
        proposal=proposal,
        prices=rounds.prices_of(chain, proposal_id) if proposal.has_prices else b"",
        chunks=rounds.chunks_of(chain, proposal_id) if proposal_id else [],
        active=active,
        put_off_to=rounds.put_off_to(chain, market.id),
    )


def _by_trade(events: Sequence[Event]) -> dict[bytes, list[Event]]:
    """Events by the id of the trade that they are about, in their order."""
    found: defaultdict[bytes, list[Event]] = defaultdict(list)
    for event in events:
        found[event.arguments["tradeId"]].append(event)
    return found


def _with_told(
    record: RoundRecord, ends: Mapping[bytes, list[Event]], doubts: Mapping[bytes, list[Event]]
) -> RoundRecord:
    """The record with what was told of its trades."""
    of_ends, of_doubts = ({id_: told[id_] for id_ in record.positions if id_ in told} for told in (ends, doubts))
    ended = frozenset(place for id_ in of_ends for place in record.positions[id_])
    return replace(record, ends=of_ends, ended=ended, doubts=of_doubts)
