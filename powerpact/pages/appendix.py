"""The tables at the end of the page: laws, gas, slots, trades, transactions, data."""

from __future__ import annotations

from powerpact.pages import wording
from powerpact.pages.downloads import downloads
from powerpact.pages.markup import LEFT, LONG, Cell, Column, note, section, table
from powerpact.pages.model import DayReport
from powerpact.pages.parts import TradeReport
from powerpact.pages.wording import count, kwh, money, percent, price, seconds


def proof(report: DayReport) -> str:
    """The laws that were checked at the end of the day."""
    rows = [
        [
            Cell("holds", "l holds") if check.holds else Cell("broken", "l broken"),
            Cell(check.id, LEFT),
            Cell(check.sentence, LONG),
            Cell(check.detail, LONG),
        ]
        for check in report.invariants
    ]
    columns = [("", "", LEFT), ("id", "", LEFT), ("invariant", "", LEFT), ("checked", "", LEFT)]
    return section(
        "What the chain guarantees",
        wording.proof_sentence(report),
        table("invariants", columns, rows, is_cards=True) if rows else "",
    )


def cost(report: DayReport) -> str:
    """What the day cost in gas and time."""
    if not report.gas and not report.times:
        return ""
    rows = [
        [
            Cell(step.step, LEFT),
            Cell(count(step.transactions)),
            Cell(count(step.gas)),
            Cell(count(step.units)),
            Cell(step.unit, LEFT),
            Cell(count(step.gas_per_unit)),
        ]
        for step in report.gas
    ]
    columns = [
        ("step", "", LEFT),
        ("transactions", "", ""),
        ("gas", "", ""),
        ("done", "", ""),
        ("", "", LEFT),
        ("gas for each", "", ""),
    ]
    longest = sorted(report.times, key=lambda step: -step.seconds)[:3]
    most = ", ".join(f"{step.step} {seconds(step.seconds)} s" for step in longest)
    return section(
        "Gas and time",
        wording.gas_sentence(report),
        table("gas", columns, rows) if rows else "",
        note(f"The program took {seconds(report.seconds_total)} s: {most} and less.") if report.times else "",
    )


def all_slots(report: DayReport) -> str:
    """Each slot's numbers."""
    rows = []
    for slot in report.slots:
        low, mean, high = (
            tuple(price(report, upoints) for upoints in (slot.prices.low, slot.prices.mean, slot.prices.high))
            if slot.prices
            else (wording.NOTHING,) * 3
        )
        cells = [
            slot.clock,
            kwh(slot.load_wh),
            kwh(slot.solar_wh),
            kwh(slot.neighbour_used_wh),
            kwh(slot.grid_import_wh),
            kwh(slot.grid_export_wh),
            count(slot.buy_orders),
            count(slot.sell_orders),
            count(slot.trades),
            low,
            mean,
            high,
            percent(slot.buyer_satisfaction_ppm),
            percent(slot.seller_satisfaction_ppm),
            count(slot.objective),
        ]
        rows.append([Cell(content, "" if index else LEFT) for index, content in enumerate(cells)])
    per_kwh = f"{report.currency}/kWh"
    columns: list[Column] = [
        (wording.slot_name(report), "", LEFT),
        ("load", "kWh", ""),
        ("solar", "kWh", ""),
        ("neighbours", "kWh", ""),
        ("import", "kWh", ""),
        ("export", "kWh", ""),
        ("buy", "orders", ""),
        ("sell", "orders", ""),
        ("trades", "", ""),
        ("lowest", per_kwh, ""),
        ("mean price", per_kwh, ""),
        ("highest", per_kwh, ""),
        ("buyers", "satisfied", ""),
        ("sellers", "satisfied", ""),
        ("objective", report.objective_unit, ""),
    ]
    quiet = [index for index, slot in enumerate(report.slots) if not slot.trades]
    return section(f"Every {wording.slot_name(report)}", "", table("hours", columns, rows, quiet=quiet))


def all_trades(report: DayReport) -> str:
    """Each trade, with links to its transactions."""
    if not report.trades:
        return ""
    listed = {sent.hash for sent in report.transactions}
    rows = [
        [
            Cell(report.slots[trade.slot].clock, LEFT),
            Cell(trade.seller, LEFT),
            Cell(trade.buyer, LEFT),
            Cell(kwh(trade.promised_wh)),
            Cell(kwh(trade.delivered_wh)),
            Cell(price(report, trade.price_upoints_per_kwh)),
            Cell(money(report, trade.paid_upoints, 4)),
            Cell(money(report, trade.penalty_upoints, 4)),
            Cell(percent(trade.buyer_satisfaction_ppm)),
            Cell(percent(trade.seller_satisfaction_ppm)),
            Cell(kwh(trade.certificates_wh)),
            Cell("", LEFT, tuple((text, f"tx-{hash_}") for text, hash_ in _sent(trade) if hash_ in listed)),
        ]
        for trade in report.trades
    ]
    per_kwh = f"{report.currency}/kWh"
    columns: list[Column] = [
        (wording.slot_name(report), "", LEFT),
        ("seller", "", LEFT),
        ("buyer", "", LEFT),
        ("promised", "kWh", ""),
        ("delivered", "kWh", ""),
        ("price", per_kwh, ""),
        ("paid", report.currency, ""),
        ("penalty", report.currency, ""),
        ("buyer", "satisfied", ""),
        ("seller", "satisfied", ""),
        ("certificates", "kWh", ""),
        ("transactions", "", LEFT),
    ]
    return section("Every trade", "", table("trades", columns, rows))


def _sent(trade: TradeReport) -> tuple[tuple[str, str], ...]:
    """The transactions of a trade, and what they did."""
    return ("claimed", trade.proposed_in), ("paid", trade.settled_in)


def transactions(report: DayReport) -> str:
    """The transactions that claimed and paid trades."""
    if not report.transactions:
        return ""
    rows = [
        [
            Cell(report.slots[sent.slot].clock, LEFT),
            Cell(sent.step, LEFT),
            Cell(count(sent.block)),
            Cell(count(sent.gas)),
            Cell(sent.hash, "l hash"),
        ]
        for sent in report.transactions
    ]
    columns: list[Column] = [
        (wording.slot_name(report), "", LEFT),
        ("step", "", LEFT),
        ("block", "", ""),
        ("gas", "", ""),
        ("hash", "", LEFT),
    ]
    ids = [f"tx-{sent.hash}" for sent in report.transactions]
    lead = f"{count(len(rows))} transactions cleared and settled the markets; each trade links to its own."
    return section("Transactions", lead, table("sent-transactions", columns, rows, ids=ids))


def data(report: DayReport) -> str:
    """Where the series come from, what is odd about them, and all of it to take away."""
    rows = [[Cell(found.home, LEFT), Cell(found.sentence, LONG), Cell(found.treatment, LONG)] for found in report.notes]
    columns: list[Column] = [("home", "", LEFT), ("finding", "", LEFT), ("what was done", "", LEFT)]
    lines = [
        f"Series: {report.source}.",
        report.time_note,
        wording.tariff_sentence(report),
        f"Chain: {report.chain}.",
        "Bill: grid import at the retail price, less grid export at the feed-in price, plus what was paid, less what "
        "was earned in trades, plus penalties paid, less penalties received. Self-sufficiency: the share of the load "
        "that own panels and neighbours covered in the same slot.",
    ]
    findings = f"{wording.plural(len(report.notes), 'finding')} about the series." if rows else ""
    return section(
        "About the data",
        findings,
        table("notes", columns, rows, is_cards=True) if rows else "",
        *map(note, lines),
        downloads(report),
    )
