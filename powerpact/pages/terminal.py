"""The report in the terminal: compact tables that fit 100 columns."""

from __future__ import annotations

from typing import Final

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.padding import Padding
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from powerpact.pages import wording
from powerpact.pages.model import DayReport
from powerpact.pages.parts import PriceRange
from powerpact.pages.wording import count, kwh, percent, points, seconds

WIDTH: Final = 100
"""Columns that the tables need at most."""


def render_terminal(report: DayReport, console: Console, *, all_trades: bool = False) -> None:
    """Print the report.

    Parameters
    ----------
    report : DayReport
        The day.
    console : rich.console.Console
        Where to print.
    all_trades : bool
        Print one line for each trade as well, not just the sums of each hour.
    """
    console.print(_heading(report))
    sections: list[tuple[str, Table, tuple[str, ...]]] = [
        (
            "The day, hour by hour",
            _hours(report),
            (wording.energy_sentence(report), wording.price_sentence(report)),
        ),
        ("Homes", _homes(report), (wording.saving_sentence(report), wording.delivery_sentence(report))),
    ]
    if all_trades:
        sections.append(("Trades", _trades(report), (wording.pairs_sentence(report),)))
    if report.gas:
        sections.append(("Gas", _gas(report), (wording.gas_sentence(report),)))
    if report.times:
        sections.append(("Time", _times(report), ()))
    sections.append(("Invariants", _invariants(report), (wording.proof_sentence(report),)))
    if report.notes:
        sections.append(("About the data", _notes(report), (report.time_note,)))
    for title, table, sentences in sections:
        console.print()
        console.print(Text(title, style="bold"))
        for sentence in sentences:
            console.print(Padding(Text(sentence, style="dim"), (0, 0, 0, 2)), width=min(console.width, WIDTH))
        console.print(table)


def _heading(report: DayReport) -> Panel:
    """Name the day and show its main numbers."""
    numbers = Table.grid(padding=(0, 4))
    facts = [
        (count(len(report.trades)), "trades"),
        (f"{kwh(report.delivered_wh, 1)} kWh", "between neighbours"),
        (f"{points(report.saving_upoints)} points", "saved"),
        (percent(report.self_sufficiency_ppm), "self-sufficient"),
    ]
    for _ in facts:
        numbers.add_column()
    numbers.add_row(*(Text(number, style="bold green") for number, _ in facts))
    numbers.add_row(*(Text(label, style="dim") for _, label in facts))
    body = Table.grid()
    body.add_row(Text(wording.subtitle(report), style="dim"))
    body.add_row("")
    body.add_row(numbers)
    return Panel(body, title=f"[bold]A market day in {escape(report.community)}", title_align="left", width=WIDTH)


def _table(*columns: str, left: int = 1, wrap: bool = False) -> Table:
    """Make a plain table, the first columns to the left, numbers to the right."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0), header_style="bold")
    for index, column in enumerate(columns):
        table.add_column(column, justify="left" if index < left else "right", no_wrap=not wrap)
    return table


def _range(prices: PriceRange | None) -> tuple[str, str, str]:
    """Write smallest, mean and largest price."""
    if prices is None:
        return wording.NOTHING, wording.NOTHING, wording.NOTHING
    return points(prices.low), points(prices.mean), points(prices.high)


def _hours(report: DayReport) -> Table:
    table = _table(
        "hour",
        "load",
        "solar",
        "neighb.",
        "import",
        "export",
        "orders",
        "trades",
        "low",
        "mean",
        "high",
        "t",
        "g",
    )
    for slot in report.slots:
        table.add_row(
            slot.clock,
            kwh(slot.load_wh, 1),
            kwh(slot.solar_wh, 1),
            kwh(slot.neighbour_used_wh, 1),
            kwh(slot.grid_import_wh, 1),
            kwh(slot.grid_export_wh, 1),
            f"{slot.buy_orders}+{slot.sell_orders}",
            str(slot.trades),
            *_range(slot.prices),
            percent(slot.buyer_satisfaction_ppm, 0),
            percent(slot.seller_satisfaction_ppm, 0),
            style=None if slot.trades else "dim",
        )
    table.caption = "energies in kWh, trade prices in points per kWh, t and g: satisfaction of buyers and sellers"
    return table


def _homes(report: DayReport) -> Table:
    table = _table(
        "home",
        "load",
        "solar",
        "bought",
        "sold",
        "utility alone",
        "bill",
        "saving",
        "alone",
        "with",
        "held",
        "retired",
    )
    for home in report.homes:
        saving = Text(points(home.saving_upoints), style="green" if home.saving_upoints >= 0 else "red")
        table.add_row(
            Text(home.home),
            kwh(home.load_wh, 1),
            kwh(home.solar_wh, 1),
            kwh(home.bought_wh, 1),
            kwh(home.sold_wh, 1),
            points(home.bill_without_upoints),
            points(home.bill_upoints),
            saving,
            percent(home.self_sufficiency_alone_ppm, 0),
            percent(home.self_sufficiency_ppm, 0),
            kwh(home.certificates_held_wh, 1),
            kwh(home.certificates_retired_wh, 1),
        )
    table.caption = "bills in points; alone, with: self-sufficiency without and with neighbours; certificates in kWh"
    return table


def _trades(report: DayReport) -> Table:
    table = _table("hour", "seller", "buyer", "promised", "delivered", "price", "paid", "penalty", "t", "g", left=3)
    for trade in report.trades:
        table.add_row(
            report.slots[trade.slot].clock,
            Text(trade.seller),
            Text(trade.buyer),
            kwh(trade.promised_wh),
            kwh(trade.delivered_wh),
            points(trade.price_upoints_per_kwh, 4),
            points(trade.paid_upoints, 4),
            points(trade.penalty_upoints, 4),
            percent(trade.buyer_satisfaction_ppm, 0),
            percent(trade.seller_satisfaction_ppm, 0),
        )
    return table


def _gas(report: DayReport) -> Table:
    table = _table("step", "transactions", "gas", "for each", "", left=1)
    for step in report.gas:
        table.add_row(
            Text(step.step),
            count(step.transactions),
            count(step.gas),
            count(step.gas_per_unit),
            Text(step.unit),
        )
    table.columns[-1].justify = "left"
    return table


def _times(report: DayReport) -> Table:
    table = _table("step", "seconds")
    for step in report.times:
        table.add_row(Text(step.step), seconds(step.seconds))
    table.add_row("all", seconds(report.seconds_total), style="bold")
    return table


def _invariants(report: DayReport) -> Table:
    table = _table("", "id", "invariant", "checked", left=4, wrap=True)
    for check in report.invariants:
        mark = Text("holds", style="green") if check.holds else Text("BROKEN", style="bold red")
        table.add_row(mark, Text(check.id), Text(check.sentence), Text(check.detail, style="dim"))
    table.width = WIDTH
    return table


def _notes(report: DayReport) -> Table:
    table = _table("home", "finding", "treatment", left=3, wrap=True)
    for note in report.notes:
        table.add_row(Text(note.home), Text(note.sentence), Text(note.treatment, style="dim"))
    table.width = WIDTH
    return table
