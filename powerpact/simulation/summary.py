"""From what happened on the chain to the report of the day."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from typing import Final

from powerpact.chain.contracts import certificates
from powerpact.market.forms import word_of
from powerpact.market.orders import Side, id_text
from powerpact.mechanisms.registry import MECHANISMS
from powerpact.pages import DayReport, GasStep, InvariantCheck, TimeStep, TradeReport, TransactionReport
from powerpact.simulation.accounting import Certificates, make_day_report
from powerpact.simulation.results import ClearedSlot, DayResult
from powerpact.simulation.sharing import Pair

_UNITS: Final = {
    "deploy": "contract",
    "apply": "applicant",
    "put up": "candidate",
    "announce": "vote",
    "admit": "member",
    "add device": "device",
    "certify": "vote",
    "issue points": "deposit",
    "deposit": "deposit",
    "open market": "market",
    "post orders": "order",
    "clear": "order",
    "propose": "trade",
    "prove": "order",
    "report readings": "reading",
    "settle": "trade",
    "release orders": "order",
    "issue certificates": "lot",
    "retire certificates": "lot",
    "withdraw": "withdrawal",
    "redeem points": "bill",
}
"""What each step's gas is counted by."""


def summarise(result: DayResult, chain_name: str, title: str | None = None) -> DayReport:
    """The report of a day.

    Parameters
    ----------
    result : DayResult
        What happened.
    chain_name : str
        The chain that it ran on, in words.
    title : str, optional
        What the page is called.
    """
    mechanism = MECHANISMS[result.mechanism.name.lower()]
    trades = [
        trade for number, slot in enumerate(result.slots) if slot is not None for trade in _trades(result, number, slot)
    ]
    report = make_day_report(
        result.plan,
        trades,
        mechanism=mechanism.name,
        mode=word_of(result.mode),
        objective_unit=mechanism.unit,
        objectives=[slot.cleared.solution.objective if slot and slot.cleared.solution else 0 for slot in result.slots],
        certificates=_certificates(result),
        eligible=[_eligible(result, slot) if slot else frozenset() for slot in result.slots],
        chain=chain_name,
        gas=[
            GasStep(step, transactions, gas, items, _UNITS.get(step, "transaction"))
            for step, (gas, transactions, items) in result.chain.gas_log.by_step().items()
        ],
        times=[TimeStep(step, seconds) for step, seconds in result.seconds.items()],
        invariants=[
            InvariantCheck(finding.law, finding.sentence, finding.holds, "; ".join(finding.faults) or finding.detail)
            for finding in result.findings
        ],
    )
    sent = (
        TransactionReport(mined.transaction_hash, mined.step, number, mined.block, mined.gas_used)
        for number, slot in enumerate(result.slots)
        if slot is not None
        for mined in slot.transactions
    )
    return replace(report, title=title or report.title, transactions=tuple(sent))


def _eligible(result: DayResult, slot: ClearedSlot) -> frozenset[Pair]:
    """The pairs of homes that the market's mechanism let trade."""
    names = {account.address: home for home, account in result.cast.homes.items()}
    posted = slot.cleared.posted
    sides: dict[Side, list[tuple[str, str]]] = {side: [] for side in Side}
    for id_, order in posted.open_orders():
        sides[order.side].append((id_text(id_), names[order.trader]))
    pairs = list(product(sides[Side.BUY], sides[Side.SELL]))
    satisfied = posted.mechanism.satisfactions_of(posted.round(), [(buy, sell) for (buy, _), (sell, _) in pairs])
    return frozenset(
        (buyer, seller) for ((_, buyer), (_, seller)), both in zip(pairs, satisfied, strict=True) if both is not None
    )


def _trades(result: DayResult, number: int, slot: ClearedSlot) -> list[TradeReport]:
    """The slot's trades as they ended."""
    names = {account.address: home for home, account in result.cast.homes.items()}
    posted, trades = slot.cleared.posted, slot.trades
    pairs = [(id_text(trade.buy_id), id_text(trade.sell_id)) for trade in trades.values()]
    satisfied = posted.mechanism.satisfactions_of(posted.round(), pairs)
    settled = {event.arguments["tradeId"]: event for event in slot.settled}
    reports = []
    for (trade_id, trade), both in zip(trades.items(), satisfied, strict=True):
        buyer_ppm, seller_ppm = both or (0, 0)
        end = settled[trade_id].arguments
        reports.append(
            TradeReport(
                slot=number,
                seller=names[trade.seller],
                buyer=names[trade.buyer],
                promised_wh=trade.energy_wh,
                delivered_wh=end["delivered"],
                price_upoints_per_kwh=trade.price_upoints_per_kwh,
                paid_upoints=end["paid"] + end["penalty"],
                penalty_upoints=end["penalty"],
                buyer_satisfaction_ppm=buyer_ppm,
                seller_satisfaction_ppm=seller_ppm,
                certificates_wh=slot.moved_wh(trade),
                proposed_in=slot.proposed_in[trade_id],
                settled_in=settled[trade_id].transaction_hash,
            )
        )
    return reports


def _certificates(result: DayResult) -> dict[str, Certificates]:
    """What each home holds and has retired."""
    names = {account.address: home for home, account in result.cast.homes.items()}
    held = dict.fromkeys(names.values(), 0)
    retired = dict(held)
    for (holder, _), energy_wh in certificates.holdings(result.chain).items():
        held[names[holder]] += energy_wh
    for event in result.chain.events("GreenCertificates", "Retired"):
        retired[names[event.arguments["beneficiary"]]] += event.arguments["energy"]
    return {home: Certificates(held[home], retired[home]) for home in held}
