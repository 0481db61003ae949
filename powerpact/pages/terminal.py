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
from powerpact.pages.parts import PriceRange, share_ppm
from powerpact.pages.wording import count, kwh, money, percent, price, seconds

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
            f"The day, {wording.slot_name(report)} by {wording.slot_name(report)}",
            _slots(report),
            (wording.energy_sentence(report), wording.price_sentence(report)),
        ),
        ("What neighbours could have shared", _sharing(report), (wording.sharing_sentence(report),)),
        (
            "Homes",
            _homes(report),
            (
                wording.saving_sentence(report),
                *(wording.loss_sentence(report, home) for home in report.homes if home.saving_upoints < 0),
                wording.delivery_sentence(report),
            ),
        ),
    ]
    if all_trades:
        sections.append(("Trades", _trades(report), (wording.pairs_sentence(report),)))
    if report.gas:
        sections.append(("Gas", _gas(report), (wording.gas_sentence(report),)))
    if report.times:
        sections.append(("Time", _times(report), ()))
    sections.append(("Invariants", _invariants(report), (wording.proof_sentence(report),)))
    about = (report.time_note, wording.tariff_sentence(report))
    sections.append(("About the data", _notes(report), about))
    for title, table, sentences in sections:
        console.print()
        console.print(Text(title, style="bold"))
        for sentence in sentences:
            console.print(Padding(Text(sentence, style="dim"), (0, 0, 0, 2)), width=min(console.width, WIDTH))
        if table.row_count:
            console.print(table)


def _heading(report: DayReport) -> Panel:
    """Name the day and show its main numbers."""
    numbers = Table.grid(padding=(0, 4))
    facts = [
        (count(len(report.trades)), "trades"),
        (
            f"{kwh(report.neighbour_used_wh, 1)} of {kwh(report.sharing.could_wh, 1)} kWh",
            "shared that neighbours could have shared",
        ),
        (f"{money(report, report.saving_upoints)} {report.currency}", "saved"),
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
    return Panel(body, title=f"[bold]{escape(report.title)}", title_align="left", width=WIDTH)


def _table(*columns: str, left: int = 1, wrap: bool = False) -> Table:
    """Make a plain table, the first columns to the left, numbers to the right."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0), header_style="bold")
    for index, column in enumerate(columns):
        table.add_column(column, justify="left" if index < left else "right", no_wrap=not wrap)
    return table


def _range(report: DayReport, prices: PriceRange | None) -> tuple[str, str, str]:
    """Write smallest, mean and largest price."""
    if prices is None:
        return wording.NOTHING, wording.NOTHING, wording.NOTHING
    return price(report, prices.low, 3), price(report, prices.mean, 3), price(report, prices.high, 3)


def _slots(report: DayReport) -> Table:
    table = _table(
        "slot",
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
        "buyers",
        "sellers",
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
            *_range(report, slot.prices),
            percent(slot.buyer_satisfaction_ppm, 0),
            percent(slot.seller_satisfaction_ppm, 0),
            style=None if slot.trades else "dim",
        )
    table.caption = (
        f"energies in kWh, trade prices in {report.currency} per kWh; buyers, sellers: how satisfied they are"
    )
    return table


def _sharing(report: DayReport) -> Table:
    table = _table("what became of it", "kWh", "share")
    for reason, energy_wh in wording.sharing_parts(report):
        share = percent(share_ppm(energy_wh, report.sharing.could_wh), 0)
        table.add_row(reason, kwh(energy_wh, 1), share, style=None if energy_wh else "dim")
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
        saving = Text(money(report, home.saving_upoints), style="green" if home.saving_upoints >= 0 else "red")
        table.add_row(
            Text(home.home),
            kwh(home.load_wh, 1),
            kwh(home.solar_wh, 1),
            kwh(home.bought_wh, 1),
            kwh(home.sold_wh, 1),
            money(report, home.bill_without_upoints),
            money(report, home.bill_upoints),
            saving,
            percent(home.self_sufficiency_alone_ppm, 0),
            percent(home.self_sufficiency_ppm, 0),
            kwh(home.certificates_held_wh, 1),
            kwh(home.certificates_retired_wh, 1),
        )
    table.caption = (
        f"bills in {report.currency}; alone, with: self-sufficiency without and with neighbours; certificates in kWh"
    )
    return table


def _trades(report: DayReport) -> Table:
    table = _table("slot", "seller", "buyer", "promised", "delivered", "price", "paid", "penalty", left=3)
    for trade in report.trades:
        table.add_row(
            report.slots[trade.slot].clock,
            Text(trade.seller),
            Text(trade.buyer),
            kwh(trade.promised_wh),
            kwh(trade.delivered_wh),
            price(report, trade.price_upoints_per_kwh),
            money(report, trade.paid_upoints, 4),
            money(report, trade.penalty_upoints, 4),
        )
    table.caption = f"energies in kWh, prices in {report.currency} per kWh, money in {report.currency}"
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
