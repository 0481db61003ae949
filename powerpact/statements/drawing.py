"""Drawing up a statement from the chain."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import chain as joined

from eth_typing import ChecksumAddress

from powerpact.chain.client import Chain
from powerpact.chain.contracts import certificates
from powerpact.chain.contracts.markets import markets
from powerpact.index.ledger import Entry, EntryKind, history_of
from powerpact.index.membership import REGISTRY, persons
from powerpact.index.outcomes import EndedTrade, RoundState, TradeOutcome, state_of, trades_of
from powerpact.index.ownership import OWNER_EVENTS, Owners, owner_at, owners_in
from powerpact.index.records import RoundRecord, read_rounds
from powerpact.market.orders import Side
from powerpact.market.slots import Slot
from powerpact.market.wording import moment
from powerpact.statements.identities import check_holdings, check_trade
from powerpact.statements.model import Measured, Movement, Period, Statement, TradeLine
from powerpact.statements.readings import Readings

_CERTIFICATES = (
    EntryKind.CERTIFIED,
    EntryKind.CERTIFICATES_RECEIVED,
    EntryKind.CERTIFICATES_GIVEN,
    EntryKind.RETIRED,
)

_STRANGER = "the account is no member's"

Traded = tuple[RoundRecord, EndedTrade]
"""A trade with its round."""


def draw_up(chain: Chain, account: ChecksumAddress, period: Period) -> Statement:
    """What happened to a person in a period, with every figure that can be recomputed compared with the chain.

    Parameters
    ----------
    chain : Chain
        The deployment.
    account : ChecksumAddress
        One of the person's accounts.
    period : Period
        The time.

    Raises
    ------
    StatementDisagrees
        If a trade was not paid as its readings and the market's rules say, or if the points or certificates of the
        accounts are not what their history adds up to.
    """
    with chain.reading(state_too=True) as view:
        person, accounts = person_of(chain, account)
        rounds = read_rounds(chain, [market for market in markets(chain) if period.has(market.rules.slot_start)])
        traded = [
            (record, ended)
            for record in rounds
            for ended in trades_of(record)
            if {ended.trade.buyer, ended.trade.seller} & set(accounts)
        ]
        owners = owners_in(chain.events("DeviceRegistry", *OWNER_EVENTS))
        meters = {meter for _, ended in traded for meter in (ended.trade.device, ended.trade.meter)}
        own = {device for device, held in owners.items() if any(owner in accounts for _, owner in held)}
        readings = Readings(chain, meters | own, period.since)
        for record, ended in traded:
            check_trade(record, ended, readings)
        history = [(whose, entry) for whose in accounts for entry in history_of(chain, whose)]
        check_holdings(chain, accounts, [entry for _, entry in history])
        used = _used(chain, period)
        found = (_with_meter(line, own, owners, readings) for line in _lines(accounts, traded, used))
        lines = tuple(sorted(found, key=lambda line: (line.start_at, line.market, line.id)))
        return Statement(
            number=0,
            person=person,
            accounts=accounts,
            period=period,
            drawn_up_at=chain.now(),
            block=view.number,
            chain_id=chain.deployment.chain_id,
            registry=chain.address(REGISTRY),
            measured=tuple(_measured(chain, period, own, owners, accounts, readings, lines)),
            trades=lines,
            movements=tuple(_movements(history, period)),
            opening_upoints=sum(entry.change_upoints for _, entry in history if entry.time_s < period.since),
            pending=tuple(_pending(chain, period, accounts, rounds, lines)) if person else (_STRANGER,),
        )


def person_of(chain: Chain, account: ChecksumAddress) -> tuple[int, tuple[ChecksumAddress, ...]]:
    """The member's number, 0 if the account is no member's, and all accounts of that person, in their order."""
    known = persons(chain.events(REGISTRY, "Admitted", "Linked"))
    person = known.get(account, 0)
    others = (other for other, whose in known.items() if person and whose == person)
    return person, tuple(sorted({account, *others}))


def _used(chain: Chain, period: Period) -> dict[bytes, int]:
    """By trade, what its buyer was charged for in full where the import counts, Wh."""
    events = chain.events("Settlement", "EnergyUsed", since=period.since)
    return {event.arguments["tradeId"]: event.arguments["used"] for event in events}


def _lines(accounts: Collection[str], traded: Iterable[Traded], used: dict[bytes, int]) -> Iterator[TradeLine]:
    for record, ended in traded:
        trade, rules = ended.trade, record.market.rules
        delivered_wh = (ended.delivered_wh or 0) if ended.outcome is TradeOutcome.PAID else 0
        for side, account, other, device in (
            (Side.SELL, trade.seller, trade.buyer, trade.device),
            (Side.BUY, trade.buyer, trade.seller, trade.meter),
        ):
            if account in accounts:
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


def _with_meter(line: TradeLine, own: Iterable[int], owners: Owners, readings: Readings) -> TradeLine:
    """A purchase that names no meter is counted to the one of the account's that imported most, if it has any."""
    if line.device:
        return line
    imported_wh = {
        device: sum(reading.imported_wh for reading in readings.last(device, line.slot)[0])
        for device in sorted(own)
        if owner_at(owners, device, line.start_at) == line.account
    }
    return replace(line, device=max(imported_wh, key=lambda device: imported_wh[device], default=0))


def _measured(
    chain: Chain,
    period: Period,
    devices: Iterable[int],
    owners: Owners,
    accounts: Collection[str],
    readings: Readings,
    lines: Sequence[TradeLine],
) -> Iterator[Measured]:
    """A line for each slot that a meter traded, and for each other interval that it reported, while it was owned."""
    certified = _certified(chain, period)
    for device in sorted(devices):
        slots = _slots(device, period, readings, lines)
        for slot in slots:
            if owner_at(owners, device, slot.start) not in accounts:
                continue
            found, quality = readings.last(device, slot)
            inside = [line for line in lines if line.device == device and slot.start <= line.start_at < slot.end]
            yield Measured(
                device=device,
                start_at=slot.start,
                length_s=slot.length_s,
                quality=quality,
                version=max((reading.version for reading in found), default=0),
                exported_wh=sum(reading.exported_wh for reading in found),
                imported_wh=sum(reading.imported_wh for reading in found),
                sold_wh=sum(line.used_wh for line in inside if line.side is Side.SELL),
                bought_wh=sum(line.used_wh for line in inside if line.side is Side.BUY),
                certified_wh=sum(certified[device, start] for start in slot.intervals(readings.interval_s)),
            )


def _slots(device: int, period: Period, readings: Readings, lines: Sequence[TradeLine]) -> list[Slot]:
    """The longest slots that a meter traded, and its other intervals, in their order."""
    found: list[Slot] = []
    traded = {line.slot for line in lines if line.device == device}
    single = {Slot(start, readings.interval_s) for start in readings.starts(device) if period.has(start)}
    for slot in sorted(traded | single, key=lambda slot: (slot.start, -slot.length_s)):
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


def _movements(history: Iterable[tuple[str, Entry]], period: Period) -> list[Movement]:
    """Changes of points and certificates that were booked in the period, oldest first."""
    booked = [
        Movement(
            time_s=entry.time_s,
            kind=entry.kind.value,
            account=account,
            other=entry.other or "",
            change_upoints=entry.change_upoints,
            energy_wh=entry.energy_wh,
            detail=entry.detail,
            transaction=entry.transaction_hash,
        )
        for account, entry in history
        if period.has(entry.time_s) and (entry.change_upoints or entry.kind in _CERTIFICATES)
    ]
    return sorted(booked, key=lambda movement: movement.time_s)


def _pending(
    chain: Chain,
    period: Period,
    accounts: Collection[str],
    rounds: Iterable[RoundRecord],
    lines: Iterable[TradeLine],
) -> Iterator[str]:
    """Why something of the period can still change, in sentences."""
    now, parameters = chain.now(), chain.deployment.parameters
    if now < period.until:
        yield f"it ends {moment(period.until, now=now)}"
        return
    final_from = period.until + parameters.base_interval_s + parameters.correction_window_s
    waiting = (
        f"trade 0x{line.id.hex()[:8]} {line.outcome}" for line in lines if line.outcome == TradeOutcome.WAITING.value
    )
    undecided = (
        f"the round of market 0x{record.market.id.hex()[:8]} is {state_of(record, now)}"
        for record in rounds
        if state_of(record, now) not in (RoundState.FINAL, RoundState.EXPIRED)
        and any(order.trader in accounts for _, order in record.posted.open_orders())
    )
    yield from joined(waiting, undecided)
    if now < final_from:
        yield f"readings of it can be corrected until {moment(final_from, now=now)}"
