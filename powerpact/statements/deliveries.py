"""What was measured and traded in a period: of one person, or of everybody."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from powerpact.chain.client import Chain
from powerpact.chain.contracts import certificates
from powerpact.chain.contracts.markets import markets
from powerpact.chain.contracts.orders import markets_of
from powerpact.index.outcomes import EndedTrade, TradeOutcome, trades_of
from powerpact.index.ownership import OWNER_EVENTS, Owners, owner_at, owners_in
from powerpact.index.records import RoundRecord, read_rounds
from powerpact.market.orders import Side
from powerpact.market.slots import Slot
from powerpact.statements.identities import check_trade
from powerpact.statements.model import Measured, Period, TradeLine
from powerpact.statements.readings import Readings


@dataclass(frozen=True)
class Deliveries:
    """What was measured and traded.

    Attributes
    ----------
    rounds : list of RoundRecord
        The markets whose slots begin in the period, in which somebody who was asked for has an order.
    trades : tuple of TradeLine
        A line for each side that was asked for, by slot.
    measured : tuple of Measured
        By meter and time.
    """

    rounds: list[RoundRecord]
    trades: tuple[TradeLine, ...]
    measured: tuple[Measured, ...]


def deliveries_in(chain: Chain, period: Period, accounts: Collection[str] | None = None) -> Deliveries:
    """What was measured and traded in a period. Every trade that meters ended is paid again from their readings.

    Parameters
    ----------
    chain : Chain
        The deployment.
    period : Period
        The time.
    accounts : collection of str, optional
        Whose sides and meters; by default everybody's.

    Raises
    ------
    StatementDisagrees
        If a trade was not paid as its readings and the market's rules say.
    """
    traded_in = None if accounts is None else markets_of(chain, accounts)
    wanted = [
        market
        for market in markets(chain)
        if period.has(market.rules.slot_start) and (traded_in is None or market.id in traded_in)
    ]
    rounds = read_rounds(chain, wanted)
    traded = [
        (record, ended)
        for record in rounds
        for ended in trades_of(record)
        if accounts is None or ended.trade.buyer in accounts or ended.trade.seller in accounts
    ]
    owners = owners_in(chain.events("DeviceRegistry", *OWNER_EVENTS))
    own = {d for d, held in owners.items() if accounts is None or any(owner in accounts for _, owner in held)}
    meters = {meter for _, ended in traded for meter in (ended.trade.device, ended.trade.meter)}
    readings = Readings(chain, meters | own, period.since)
    for record, ended in traded:
        check_trade(record, ended, readings)
    used = chain.events("Settlement", "EnergyUsed", since=period.since)
    sides = _sides(accounts, traded, {event.arguments["tradeId"]: event.arguments["used"] for event in used})
    lines = [line if line.device else _with_meter(line, owners, readings) for line in sides]
    lines.sort(key=lambda line: (line.start_at, line.market, line.id, line.side))
    by_device: defaultdict[int, list[TradeLine]] = defaultdict(list)
    for line in lines:
        by_device[line.device].append(line)
    certified = _certified(chain, period)
    measured = (
        line
        for device in sorted(own)
        for line in _measured(device, period, readings, by_device[device], certified)
        if accounts is None or owner_at(owners, device, line.start_at) in accounts
    )
    return Deliveries(rounds, tuple(lines), tuple(measured))


def _sides(
    accounts: Collection[str] | None, traded: Iterable[tuple[RoundRecord, EndedTrade]], used: dict[bytes, int]
) -> Iterator[TradeLine]:
    """A line for each side; `used` is by trade what its buyer was charged for in full where the import counts, Wh."""
    for record, ended in traded:
        trade, rules = ended.trade, record.market.rules
        delivered_wh = (ended.delivered_wh or 0) if ended.outcome is TradeOutcome.PAID else 0
        for side, account, other, device in (
            (Side.SELL, trade.seller, trade.buyer, trade.device),
            (Side.BUY, trade.buyer, trade.seller, trade.meter),
        ):
            if accounts is None or account in accounts:
                yield TradeLine(
                    id=ended.id,
                    market=record.market.id,
                    side=side,
                    account=account,
                    other=other,
                    device=device,
                    start_at=rules.slot_start,
                    length_s=rules.slot_length_s,
                    energy_wh=trade.energy_wh,
                    price_upoints_per_kwh=trade.price_upoints_per_kwh,
                    outcome=ended.outcome.value,
                    delivered_wh=delivered_wh,
                    used_wh=used.get(ended.id, delivered_wh),
                    paid_upoints=ended.paid_upoints or 0,
                    penalty_upoints=ended.penalty_upoints or 0,
                    transaction=record.ends[ended.id][0].transaction_hash if ended.id in record.ends else "",
                )


def _with_meter(line: TradeLine, owners: Owners, readings: Readings) -> TradeLine:
    """A purchase that names no meter, counted to the one of its account's that imported most, if it has any."""
    imported_wh = {
        device: sum(reading.imported_wh for reading in readings.last(device, line.slot)[0])
        for device in sorted(owners)
        if owner_at(owners, device, line.start_at) == line.account
    }
    return replace(line, device=max(imported_wh, key=lambda device: imported_wh[device], default=0))


def _measured(
    device: int,
    period: Period,
    readings: Readings,
    lines: Sequence[TradeLine],
    certified: Counter[tuple[int, int]],
) -> Iterator[Measured]:
    """A line for each slot that a meter traded, and for each other interval that it reported."""
    slots = _slots(period, readings.starts(device), lines, readings.interval_s)
    waiting = iter(lines)
    line = next(waiting, None)
    for slot in slots:
        found, quality = readings.last(device, slot)
        traded_wh = Counter[Side]()
        while line is not None and line.start_at < slot.end:
            traded_wh[line.side] += line.used_wh
            line = next(waiting, None)
        yield Measured(
            device=device,
            start_at=slot.start,
            length_s=slot.length_s,
            quality=quality,
            version=max((reading.version for reading in found), default=0),
            exported_wh=sum(reading.exported_wh for reading in found),
            imported_wh=sum(reading.imported_wh for reading in found),
            sold_wh=traded_wh[Side.SELL],
            bought_wh=traded_wh[Side.BUY],
            certified_wh=sum(certified[device, start] for start in slot.intervals(readings.interval_s)),
        )


def _slots(period: Period, starts: Iterable[int], lines: Iterable[TradeLine], interval_s: int) -> list[Slot]:
    """The longest slots that a meter traded, and its other intervals, in their order."""
    found: list[Slot] = []
    single = {Slot(start, interval_s) for start in starts if period.has(start)}
    for slot in sorted({line.slot for line in lines} | single, key=lambda slot: (slot.start, -slot.length_s)):
        if not found or slot.start >= found[-1].end:
            found.append(slot)
    return found


def _certified(chain: Chain, period: Period) -> Counter[tuple[int, int]]:
    """By device and start, the certificates that were issued of a slot's export, Wh."""
    issued: Counter[tuple[int, int]] = Counter()
    moves = chain.events("GreenCertificates", "TransferSingle", "TransferBatch", since=period.since)
    for move in certificates.transfers_in(moves):
        if move.source == certificates.NOBODY:
            device, slot = certificates.lot_of(move.id)
            issued[device, slot.start] += move.energy_wh
    return issued
