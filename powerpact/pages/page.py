"""The report as one self-contained page: no script, no font, no request."""

from __future__ import annotations

from collections.abc import Container, Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

from powerpact.pages import figures, wording
from powerpact.pages.figures import NARROW, WIDE, Figure
from powerpact.pages.model import DayReport
from powerpact.pages.parts import HomeReport
from powerpact.pages.style import CSS
from powerpact.pages.wording import count, kwh, percent, points, seconds


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell of a table.

    Attributes
    ----------
    content : str
        Plain text; it is escaped.
    css : str
        Its class.
    """

    content: str
    css: str = ""


LEFT: Final = "l"
LONG: Final = "l w"


def render_html(report: DayReport) -> str:
    """Return the report as a page.

    Parameters
    ----------
    report : DayReport
        The day.

    Returns
    -------
    str
        A complete HTML document, well-formed as XML too. The same report gives the same page.
    """
    sections = [
        _energy(report),
        _prices(report),
        _trading(report),
        _bills(report),
        _proof(report),
        _cost(report),
        _all_hours(report),
        _all_trades(report),
        _data(report),
    ]
    title = escape(f"A market day in {report.community}")
    return (
        '<!DOCTYPE html>\n<html lang="en" xmlns="http://www.w3.org/1999/xhtml">\n<head>\n<meta charset="utf-8"/>\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1"/>\n'
        f"<title>{title} · {escape(report.day)}</title>\n<style>{CSS}</style>\n</head>\n<body>\n<main>\n"
        f'<header>\n<p class="eyebrow">PowerPact · energy between neighbours</p>\n<h1>{title}</h1>\n'
        f'<p class="when">{escape(wording.subtitle(report))}</p>\n{_facts(report)}\n</header>\n'
        + "\n".join(section for section in sections if section)
        + "\n</main>\n</body>\n</html>\n"
    )


def _facts(report: DayReport) -> str:
    """Show the day's main numbers."""
    holding = sum(check.holds for check in report.invariants)
    facts = [
        (count(len(report.trades)), "", "trades, each proven to be part of the best matching"),
        (kwh(report.delivered_wh, 1), "kWh", "delivered from neighbour to neighbour"),
        (points(report.saving_upoints), "points", "saved against the utility alone"),
        (
            percent(report.self_sufficiency_ppm),
            "",
            f"of the load from the community's panels, {percent(report.self_sufficiency_alone_ppm)} without trades",
        ),
        (f"{holding} of {len(report.invariants)}", "", "invariants hold at the end of the day"),
    ]
    entries = "".join(
        f"<div><dt>{escape(label)}</dt><dd>{escape(number)} <small>{unit}</small></dd></div>"
        for number, unit, label in facts
    )
    return f'<dl class="facts">{entries}</dl>'


def _energy(report: DayReport) -> str:
    key = _key(
        ("k-own", "own panels"),
        ("k-neighbour", "neighbours"),
        ("k-grid", "grid"),
        ("k-export", "left over, to the grid"),
        ("line k-solar", "all solar energy"),
    )
    caption = "Columns above zero stack to the load of the hour; what hangs below zero was produced and not bought."
    return _section(
        "Load, solar energy and trades",
        wording.energy_sentence(report),
        _figure(figures.energy_by_hour, report, caption, key),
    )


def _prices(report: DayReport) -> str:
    key = _key(
        ("line k-muted", "utility's retail price"),
        ("dashed", "utility's feed-in price"),
        ("k-bid", "bids, lowest to highest"),
        ("k-ask", "offers, lowest minimum to highest ask"),
        ("dot k-ink", "trades, lowest, mean and highest"),
    )
    caption = "Between the utility's two prices there is room for both sides to gain."
    return _section("Prices", wording.price_sentence(report), _figure(figures.prices_by_hour, report, caption, key))


def _trading(report: DayReport) -> str:
    if not report.trades:
        return _section("Who traded with whom", wording.pairs_sentence(report))
    matrix = "Energy delivered over the day in kWh. Numbers at the edges are sums."
    key = _key(("frame", "promised"), ("k-neighbour", "delivered"))
    return _section(
        "Who traded with whom",
        wording.pairs_sentence(report),
        _figure(figures.trading_matrix, report, matrix),
        _lead(wording.delivery_sentence(report)),
        _figure(figures.deliveries_by_hour, report, "Energy promised and delivered in trades, by hour.", key),
    )


def _bills(report: DayReport) -> str:
    key = _key(("dot k-grid", "utility alone"), ("dot k-neighbour", "with the market"))
    caption = "A bill below zero is income. One point is worth what the community's utility redeems it for."
    columns = [
        ("home", "", LEFT),
        ("load", "kWh", ""),
        ("solar", "kWh", ""),
        ("bought", "kWh", ""),
        ("sold", "kWh", ""),
        ("utility alone", "points", ""),
        ("bill", "points", ""),
        ("saved", "points", ""),
        ("self-suff.", "alone", ""),
        ("", "with trades", ""),
        ("certificates", "held, kWh", ""),
        ("", "retired, kWh", ""),
    ]
    rows = [
        _bill(
            home.home,
            home,
            (home.bought_wh, home.sold_wh),
            (home.certificates_held_wh, home.certificates_retired_wh),
            "gain" if home.saving_upoints >= 0 else "loss",
        )
        for home in report.homes
    ]
    held_wh = sum(home.certificates_held_wh for home in report.homes)
    retired_wh = sum(home.certificates_retired_wh for home in report.homes)
    foot = _bill("all", report, (report.delivered_wh, report.delivered_wh), (held_wh, retired_wh), "")
    return _section(
        "Bills and self-sufficiency",
        wording.saving_sentence(report),
        _figure(figures.bills_by_home, report, caption, key),
        _table("homes", columns, rows, foot=foot),
    )


def _bill(
    name: str, day: HomeReport | DayReport, traded_wh: tuple[int, int], certificates_wh: tuple[int, int], saved: str
) -> list[Cell]:
    """Make the row of a home, or of all: energy bought and sold, certificates held and retired, class of the saving."""
    return [
        Cell(name, LEFT),
        *(Cell(kwh(energy_wh)) for energy_wh in (day.load_wh, day.solar_wh, *traded_wh)),
        Cell(points(day.bill_without_upoints)),
        Cell(points(day.bill_upoints)),
        Cell(points(day.saving_upoints), saved),
        Cell(percent(day.self_sufficiency_alone_ppm)),
        Cell(percent(day.self_sufficiency_ppm)),
        *(Cell(kwh(energy_wh)) for energy_wh in certificates_wh),
    ]


def _proof(report: DayReport) -> str:
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
    return _section(
        "What the chain guarantees",
        wording.proof_sentence(report),
        _table("invariants", columns, rows) if rows else "",
    )


def _cost(report: DayReport) -> str:
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
    total = f"The day took {seconds(report.seconds_total)} s."
    return _section(
        "Gas and time",
        wording.gas_sentence(report),
        _figure(figures.gas_by_step, report, "Gas of each step, and for each thing done.") if rows else "",
        _table("gas", columns, rows) if rows else "",
        _figure(figures.time_by_step, report, total) if report.times else "",
    )


def _all_hours(report: DayReport) -> str:
    rows = []
    for slot in report.slots:
        low, mean, high = (
            (points(slot.prices.low), points(slot.prices.mean), points(slot.prices.high))
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
    columns = [
        ("hour", "", LEFT),
        ("load", "kWh", ""),
        ("solar", "kWh", ""),
        ("neighbours", "kWh", ""),
        ("import", "kWh", ""),
        ("export", "kWh", ""),
        ("buy", "orders", ""),
        ("sell", "orders", ""),
        ("trades", "", ""),
        ("lowest", "points/kWh", ""),
        ("mean price", "points/kWh", ""),
        ("highest", "points/kWh", ""),
        ("buyers", "satisfied", ""),
        ("sellers", "satisfied", ""),
        ("objective", report.objective_unit, ""),
    ]
    quiet = [index for index, slot in enumerate(report.slots) if not slot.trades]
    return _section("Every hour", "", _table("hours", columns, rows, quiet=quiet))


def _all_trades(report: DayReport) -> str:
    if not report.trades:
        return ""
    rows = [
        [
            Cell(report.slots[trade.slot].clock, LEFT),
            Cell(trade.seller, LEFT),
            Cell(trade.buyer, LEFT),
            Cell(kwh(trade.promised_wh)),
            Cell(kwh(trade.delivered_wh)),
            Cell(points(trade.price_upoints_per_kwh, 4)),
            Cell(points(trade.paid_upoints, 4)),
            Cell(points(trade.penalty_upoints, 4)),
            Cell(percent(trade.buyer_satisfaction_ppm)),
            Cell(percent(trade.seller_satisfaction_ppm)),
            Cell(kwh(trade.certificates_wh)),
        ]
        for trade in report.trades
    ]
    columns = [
        ("hour", "", LEFT),
        ("seller", "", LEFT),
        ("buyer", "", LEFT),
        ("promised", "kWh", ""),
        ("delivered", "kWh", ""),
        ("price", "points/kWh", ""),
        ("paid", "points", ""),
        ("penalty", "points", ""),
        ("buyer", "satisfied", ""),
        ("seller", "satisfied", ""),
        ("certificates", "kWh", ""),
    ]
    return _section("Every trade", "", _table("trades", columns, rows))


def _data(report: DayReport) -> str:
    rows = [[Cell(note.home, LEFT), Cell(note.sentence, LONG), Cell(note.treatment, LONG)] for note in report.notes]
    columns = [("home", "", LEFT), ("finding", "", LEFT), ("what was done", "", LEFT)]
    lines = [
        f"Series: {report.source}.",
        report.time_note,
        f"Prices of the utility: {report.tariff}.",
        f"Chain: {report.chain}.",
        "Bill: grid import at the retail price, less grid export at the feed-in price, plus what was paid, less what "
        "was earned in trades, plus penalties paid, less penalties received. Self-sufficiency: the share of the load "
        "that own panels and neighbours covered in the same hour.",
    ]
    findings = f"{len(report.notes)} findings about the series are part of this report." if rows else ""
    return _section(
        "About the data",
        findings,
        _table("notes", columns, rows) if rows else "",
        *(f'<p class="note">{escape(line)}</p>' for line in lines),
    )


def _section(title: str, lead: str, *parts: str) -> str:
    """Make a section: title, take-away, then figures and tables."""
    body = "\n".join(part for part in parts if part)
    return f"<section>\n<h2>{escape(title)}</h2>\n{_lead(lead) if lead else ''}\n{body}\n</section>"


def _lead(sentence: str) -> str:
    return f'<p class="lead">{escape(sentence)}</p>'


def _key(*entries: tuple[str, str]) -> str:
    """Make the key of a figure from classes and labels."""
    items = "".join(f'<li><i class="{css}"></i>{escape(label)}</li>' for css, label in entries)
    return f'<ul class="key">{items}</ul>'


def _figure(figure: Figure, report: DayReport, caption: str, key: str = "") -> str:
    """Make a figure for wide and for narrow screens; the style sheet shows one of them."""
    return (
        f'<figure>{key}<div class="wide">{figure(report, WIDE)}</div>'
        f'<div class="narrow">{figure(report, NARROW)}</div><figcaption>{escape(caption)}</figcaption></figure>'
    )


def _table(
    name: str,
    columns: Sequence[tuple[str, str, str]],
    rows: Sequence[Sequence[Cell]],
    *,
    foot: Sequence[Cell] = (),
    quiet: Container[int] = (),
) -> str:
    """Make a table from columns (title, unit, class) and rows; quiet rows are grey."""
    head = "".join(
        f'<th class="{css}" scope="col">{escape(title)}<small>{escape(unit)}</small></th>'
        for title, unit, css in columns
    )
    body = "".join(_row(row, "quiet" if index in quiet else "") for index, row in enumerate(rows))
    end = f"<tfoot>{_row(foot)}</tfoot>" if foot else ""
    table = f'<table id="{name}"><thead><tr>{head}</tr></thead><tbody>{body}</tbody>{end}</table>'
    return f'<div class="scroll">{table}</div>'


def _row(cells: Sequence[Cell], css: str = "") -> str:
    content = "".join(f'<td class="{cell.css}">{escape(cell.content)}</td>' for cell in cells)
    return f'<tr class="{css}">{content}</tr>'
