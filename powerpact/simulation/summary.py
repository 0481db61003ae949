"""From what happened on the chain to the report of the day."""

from __future__ import annotations

from typing import Final

from powerpact.chain.contracts import certificates
from powerpact.market.orders import id_text
from powerpact.mechanisms.registry import MECHANISMS
from powerpact.pages import DayReport, GasStep, InvariantCheck, TimeStep, TradeReport
from powerpact.simulation.accounting import Certificates, make_day_report
from powerpact.simulation.day import ClearedSlot, DayResult

_UNITS: Final = {
    "deploy": "contract",
    "apply": "applicant",
    "admit": "vote",
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


def summarise(result: DayResult, chain_name: str) -> DayReport:
    """The report of a day.

    Parameters
    ----------
    result : DayResult
        What happened.
    chain_name : str
        The chain that it ran on, in words.
    """
    mechanism = MECHANISMS[result.mechanism.name.lower()]
    trades = [
        trade for hour, slot in enumerate(result.slots) if slot is not None for trade in _trades(result, hour, slot)
    ]
    return make_day_report(
        result.plan,
        trades,
        mechanism=mechanism.name,
        objective_unit=mechanism.unit,
        objectives=[slot.cleared.solution.objective if slot and slot.cleared.solution else 0 for slot in result.slots],
        certificates=_certificates(result),
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


def _trades(result: DayResult, hour: int, slot: ClearedSlot) -> list[TradeReport]:
    """The hour's trades as they ended."""
    names = {account.address: home for home, account in result.cast.homes.items()}
    posted, trades = slot.cleared.posted, slot.trades
    pairs = [(id_text(trade.buy_id), id_text(trade.sell_id)) for trade in trades.values()]
    satisfied = posted.mechanism.satisfactions_of(posted.round(), pairs)
    settled = {event.arguments["tradeId"]: event.arguments for event in slot.settled}
    reports = []
    for (trade_id, trade), both in zip(trades.items(), satisfied, strict=True):
        buyer_ppm, seller_ppm = both or (0, 0)
        end = settled[trade_id]
        reports.append(
            TradeReport(
                slot=hour,
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
