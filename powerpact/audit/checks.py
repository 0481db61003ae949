"""One check for each law."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from itertools import pairwise
from typing import Final

from eth_typing import ChecksumAddress

from powerpact.audit.laws import Finding, Result
from powerpact.audit.money import check_balances, check_ways_out
from powerpact.audit.stopped import check_stopped
from powerpact.chain.client import Chain
from powerpact.chain.contracts import certificates, complete, meters, rounds
from powerpact.chain.contracts.settlement import End
from powerpact.codec.abi import Event
from powerpact.index.membership import attested_at, persons
from powerpact.index.records import Records, RoundRecord, read_records, require_complete
from powerpact.market.orders import id_text
from powerpact.market.permissions import refusal_of
from powerpact.market.readings import Quality, Reading
from powerpact.market.rules import Mode
from powerpact.market.slots import Slot
from powerpact.mechanisms.registry import SATISFACTION
from powerpact.progress import Progress, silent
from powerpact.units import value_down_upoints

_UNTOUCHABLE: Final = (
    "PowerPoints",
    "GreenCertificates",
    "Metering",
    "Deliveries",
    "OrderBook",
    "Clearing",
    "Accounts",
    "Settlement",
)
"""Contracts that a vote of an auditor must leave alone."""


def audit(chain: Chain, report: Progress = silent) -> list[Finding]:
    """Check every law against the chain.

    Parameters
    ----------
    chain : Chain
        The deployment.
    report : callable
        Called with what is being checked.

    Returns
    -------
    list of Finding
        One for each law, in the order of `LAWS`.

    Raises
    ------
    LogsIncomplete
        If the node's logs lack orders, trades, proposals or readings.
    """
    findings = complete.whole(chain, lambda: _findings(chain, report))
    if not all(finding.holds for finding in findings):
        # Not every missing log shows in a root, such as one of a deposit.
        report("something is wrong: reading every log again")
        chain.log.reread(chain.deployment.block)
        findings = complete.whole(chain, lambda: _findings(chain, report))
    return findings


def _findings(chain: Chain, report: Progress) -> list[Finding]:
    """One for each law, as of one block. Inside of `complete.whole`."""
    records = read_records(chain, report)
    require_complete(records)
    findings = []
    for law, check in _CHECKS.items():
        report(law)
        detail, faults = check(records)
        findings.append(Finding(law, tuple(faults), detail))
    return findings


def _check_order_use(records: Records) -> Result:
    """ORD-1."""
    faults, count = [], 0
    for record in records.rounds:
        orders = record.posted.orders
        uses = Counter(id_ for trade in record.trades.values() for id_ in (trade.buy_id, trade.sell_id))
        count += len(uses)
        if record.market.rules.mode is Mode.ONE_TO_ONE:
            faults += [f"{_at(record, id_)} trades {n} times" for id_, n in uses.items() if n > 1]
        faults += [f"{_at(record, id_)} is cancelled and trades" for id_ in uses if record.at_gate.is_closed(id_)]
        for id_, energy_wh in record.traded_wh.items():
            if energy_wh > orders[id_].energy_wh:
                faults.append(f"{_at(record, id_)} trades {energy_wh} Wh, it is of {orders[id_].energy_wh}")
    return f"{count} orders traded, none more than its energy", faults


def _check_prices(records: Records) -> Result:
    """ORD-2."""
    faults, count = [], 0
    for record in records.rounds:
        orders = record.posted.orders
        count += len(record.trades)
        for trade in record.trades.values():
            bid = orders[trade.buy_id].price_upoints_per_kwh
            least = orders[trade.sell_id].min_upoints_per_kwh
            if not least <= trade.price_upoints_per_kwh <= bid:
                faults.append(
                    f"{_at(record, trade.buy_id)} pays {trade.price_upoints_per_kwh}, minimum {least}, bid {bid}"
                )
        for id_, events in record.ends.items():
            same = [record.trades[position] for position in record.positions[id_]]
            buy_id, most_wh = same[0].buy_id, max(trade.energy_wh for trade in same)
            for end in events:
                paid, delivered_wh = end.arguments["paid"], end.arguments["delivered"]
                most = value_down_upoints(delivered_wh or most_wh, orders[buy_id].price_upoints_per_kwh)
                if paid > most:
                    faults.append(f"{_at(record, buy_id)} paid {paid} micro-points, at the bid {most}")
    return f"{count} trades between minimum and bid", faults


def _check_objectives(records: Records) -> Result:
    """CLR-1."""
    faults: list[str] = []
    finals = [record for record in records.rounds if record.is_final]

    def check(record: RoundRecord) -> None:
        round_, trades = record.at_gate.round(), record.trades.values()
        pairs = [(id_text(trade.buy_id), id_text(trade.sell_id)) for trade in trades]
        objective = 0
        for trade, worth in zip(trades, record.at_gate.mechanism.worth_of(round_, pairs), strict=True):
            if worth is None:
                faults.append(f"{_at(record, trade.buy_id)} and {id_text(trade.sell_id)} trade and are not eligible")
            objective += (worth or 0) * (trade.energy_wh if record.market.rules.mode is Mode.DIVISIBLE else 1)
        bound = _dual_bound(record)
        if (objective, bound) != (record.proposal.objective, record.proposal.bound):
            faults.append(
                f"proposal {record.proposal_id}: scores {objective}, dual bound {bound}, "
                f"recorded {record.proposal.objective} and {record.proposal.bound}"
            )

    left_out = _each(finals, check)
    total = sum(record.proposal.objective for record in finals)
    exact = sum(record.proposal.is_exact for record in finals)
    what = f"{len(finals)} final rounds, objectives {total} in sum, {exact} of them equal to their dual bound"
    return what + left_out, faults


def _each(records: Iterable[RoundRecord], check: Callable[[RoundRecord], None]) -> str:
    """Check rounds, each for itself; in words, those that cannot be checked. Anyone can post what no one foresaw."""
    left_out = []
    for record in records:
        try:
            check(record)
        except Exception as error:  # one market must not end the audit of the others
            left_out.append(f"market 0x{record.market.id.hex()[:8]} cannot be checked: {error!r}")
    return "".join(f"; {text}" for text in left_out)


def _dual_bound(record: RoundRecord) -> int:
    """Σ u·c + Σ v·c over the orders that trade."""
    duals = {trade.buy_id: trade.buyer_dual_ppm for trade in record.trades.values()}
    duals |= {trade.sell_id: trade.seller_dual_ppm for trade in record.trades.values()}
    if record.market.rules.mode is Mode.ONE_TO_ONE:
        return sum(duals.values())
    return sum(dual * record.posted.orders[id_].energy_wh for id_, dual in duals.items())


def _check_optimality(records: Records) -> Result:
    """CLR-2."""
    faults: list[str] = []
    counts: Counter[bool] = Counter()

    def check(record: RoundRecord) -> None:
        mechanism, round_ = record.at_gate.mechanism, record.at_gate.round()
        buyers, sellers = len(round_.buyers), len(round_.sellers)
        is_matching = mechanism is SATISFACTION
        counts[is_matching] += buyers * sellers if is_matching else buyers + sellers
        claims = rounds.stated(record.proposal.objective, record.chunks, record.prices)
        fault = mechanism.verify(round_, mechanism.solution_of(round_, claims), silent)
        if fault is not None:
            faults.append(f"proposal {record.proposal_id}: {fault.kind.value}: {fault.detail}")

    left_out = _each((record for record in records.rounds if record.is_final and record.proposal.is_exact), check)
    orders = counts[False]
    auctions = f"; {orders} orders of auctions, each with the fill that the price gives it" if orders else ""
    what = f"{counts[True]} pairs of final rounds, none with a score above its dual prices{auctions}"
    return what + left_out, faults


def _check_minting(records: Records) -> Result:
    """GRN-1."""
    base_s = records.chain.deployment.parameters.base_interval_s
    exported: Counter[tuple[int, int]] = Counter()
    for reading in _readings(records):
        if reading.quality == Quality.MEASURED:  # a correction takes nothing back of what was certified before it
            key = (reading.device, reading.start_at)
            exported[key] = max(exported[key], reading.exported_wh)
    minted: Counter[int] = Counter()
    for transfer in certificates.transfers_in(records.certificates):
        if transfer.source == certificates.NOBODY:
            minted[transfer.id] += transfer.energy_wh
    faults = []
    lots: defaultdict[int, list[Slot]] = defaultdict(list)
    for id_, energy_wh in minted.items():
        device, slot = certificates.lot_of(id_)
        lots[device].append(slot)
        measured_wh = sum(exported[device, start] for start in slot.intervals(base_s))
        if energy_wh > measured_wh:
            faults.append(f"certificate {id_}: {energy_wh} Wh minted, {measured_wh} Wh measured")
    for device, slots in lots.items():
        for one, next_one in pairwise(sorted(slots)):
            if next_one.start < one.end:
                faults.append(f"device {device} has overlapping lots, from {one.start} and from {next_one.start}")
    return f"{minted.total()} Wh minted in {len(minted)} lots of {exported.total()} Wh exported", faults


def _check_retirement(records: Records) -> Result:
    """GRN-2."""
    chain = records.chain
    minted: Counter[int] = Counter()
    burnt: Counter[int] = Counter()
    retired: Counter[int] = Counter()
    retired_for: Counter[tuple[int, ChecksumAddress]] = Counter()
    moved = certificates.transfers_in(records.certificates)
    for transfer in moved:
        minted[transfer.id] += transfer.energy_wh * (transfer.source == certificates.NOBODY)
        burnt[transfer.id] += transfer.energy_wh * (transfer.target == certificates.NOBODY)
    for event in records.certificates:
        if event.name == "Retired":
            a = event.arguments
            retired[a["id"]] += a["energy"]
            retired_for[a["id"], a["beneficiary"]] += a["energy"]
    held: Counter[int] = Counter()
    faults = []
    holdings = certificates.holdings_after(moved)
    balances = certificates.balances_of(chain, list(holdings))
    for ((holder, id_), energy_wh), balance_wh in zip(holdings.items(), balances, strict=True):
        held[id_] += energy_wh
        if balance_wh != energy_wh:
            faults.append(f"{holder} holds {balance_wh} Wh of {id_}, the transfers make {energy_wh}")
    recorded = certificates.all_retired_for(chain, list(retired_for))
    for ((id_, beneficiary), energy_wh), recorded_wh in zip(retired_for.items(), recorded, strict=True):
        if recorded_wh != energy_wh:
            faults.append(f"{recorded_wh} Wh of {id_} retired for {beneficiary}, the events make {energy_wh}")
    for id_, energy_wh in minted.items():
        if burnt[id_] != retired[id_] or energy_wh != held[id_] + retired[id_]:
            faults.append(
                f"certificate {id_}: minted {energy_wh}, held {held[id_]}, retired {retired[id_]}, "
                f"burnt {burnt[id_]} Wh"
            )
    return f"{minted.total()} Wh minted = {held.total()} held + {retired.total()} retired", faults


def _check_admission(records: Records) -> Result:
    """REG-1."""
    chain, whose = records.chain, persons(records.participants)
    faults, count = [], 0
    for record in records.rounds:
        carrier = record.market.rules.carrier
        for event in chain.events("OrderBook", "OrdersPlaced", market=record.market.id):
            now = chain.time_of(event.block)
            for id_, order in record.posted.orders.items():
                if id_ >> 8 == event.arguments["batch"]:
                    count += 1
                    attested = attested_at(records.participants, order.trader, (event.block, event.position), now)
                    if attested is None:
                        faults.append(f"{_at(record, id_)}: {order.trader} was not admitted when it was posted")
                    elif order.person != whose[order.trader]:
                        own = whose[order.trader]
                        faults.append(f"{_at(record, id_)}: says person {order.person}, {order.trader} is {own}")
                    elif error := refusal_of(attested.permissions, attested.most_energy, order, carrier):
                        faults.append(f"{_at(record, id_)}: {order.trader} may not order that ({error})")
    votes = {e.transaction_hash for e in (*records.votes, *records.devices) if "Vot" in e.name}
    for transaction_hash in sorted(votes):
        touched = chain.touched_by(transaction_hash).intersection(_UNTOUCHABLE)
        faults += [f"the vote in {transaction_hash} touched {name}" for name in sorted(touched)]
    vetoed = [(record, end) for record in records.rounds for end in _vetoes(record)]
    for record, end in vetoed:
        a, start = end.arguments, record.market.rules.slot_start
        if a["paid"] or a["delivered"]:
            faults.append(f"the veto of trade 0x{a['tradeId'].hex()[:8]} paid its seller {a['paid']} micro-points")
        if chain.time_of(end.block) >= start:
            faults.append(f"trade 0x{a['tradeId'].hex()[:8]} was vetoed after its slot had started")
    said = f"{count} orders of admitted traders; {len(votes)} auditors' votes touched nothing else"
    return f"{said}; {len(vetoed)} vetoes gave the money back", faults


def _vetoes(record: RoundRecord) -> list[Event]:
    """Trades of a round that ended by veto."""
    ends = (end for events in record.ends.values() for end in events)
    return [end for end in ends if end.arguments["outcome"] == End.VETOED]


def _check_readings(records: Records) -> Result:
    """MET-1."""
    last: dict[int, Reading] = {}
    versions: dict[tuple[int, int], int] = {}
    faults, count = [], 0
    for reading in _readings(records):
        count += 1
        before = last.get(reading.device)
        key = (reading.device, reading.start_at)
        if key in versions:
            if reading.version <= versions[key]:
                faults.append(f"device {reading.device} corrected slot {reading.start_at} by version {reading.version}")
            versions[key] = reading.version
            if before is not None and before.start_at == reading.start_at:
                last[reading.device] = reading
            continue
        versions[key] = reading.version
        if before is not None:
            if reading.last_start != before.start_at:
                faults.append(
                    f"device {reading.device} reported slot {reading.start_at} after {reading.last_start}, "
                    f"not after {before.start_at}"
                )
            if reading.start_at <= before.start_at:
                faults.append(f"device {reading.device} reported slot {reading.start_at} after {before.start_at}")
            exported_wh = reading.export_counter_wh - reading.exported_wh
            imported_wh = reading.import_counter_wh - reading.imported_wh
            if exported_wh < before.export_counter_wh or imported_wh < before.import_counter_wh:
                faults.append(f"a counter of device {reading.device} fell in slot {reading.start_at}")
        last[reading.device] = reading
    return f"{count} readings of {len(last)} devices", faults


def _readings(records: Records) -> Iterator[Reading]:
    """What was reported and corrected, in the order of the chain."""
    for event in records.readings:
        if event.name == "ReadingCorrected":
            yield Reading.unpack(event.arguments["reading"])
        else:
            yield from meters.taken_in(event)


def _at(record: RoundRecord, id_: int) -> str:
    return f"order {id_text(id_)} of market 0x{record.market.id.hex()[:8]}"


_CHECKS: Final[dict[str, Callable[[Records], Result]]] = {
    "MON-1": check_balances,
    "MON-2": check_ways_out,
    "ORD-1": _check_order_use,
    "ORD-2": _check_prices,
    "CLR-1": _check_objectives,
    "CLR-2": _check_optimality,
    "GRN-1": _check_minting,
    "GRN-2": _check_retirement,
    "GRN-3": check_stopped,
    "REG-1": _check_admission,
    "MET-1": _check_readings,
}
