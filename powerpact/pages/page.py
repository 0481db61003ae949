"""The report as one self-contained page: no script, no font, no request."""

from __future__ import annotations

from html import escape

from powerpact.pages import appendix, figures, wording
from powerpact.pages.markup import LEFT, Cell, Column, bullets, contents, figure, key, lead, note, section, table
from powerpact.pages.model import DayReport
from powerpact.pages.parts import HomeReport
from powerpact.pages.style import CSS
from powerpact.pages.wording import count, kwh, money, percent


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
        _sharing(report),
        _prices(report),
        _trading(report),
        _bills(report),
        appendix.proof(report),
        appendix.cost(report),
        appendix.all_slots(report),
        appendix.all_trades(report),
        appendix.transactions(report),
        appendix.data(report),
    ]
    sections = [text for text in sections if text]
    title = escape(report.title)
    return (
        '<!DOCTYPE html>\n<html lang="en" xmlns="http://www.w3.org/1999/xhtml">\n<head>\n<meta charset="utf-8"/>\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1"/>\n'
        f"<title>{title} · {escape(report.day)}</title>\n<style>{CSS}</style>\n</head>\n<body>\n<main>\n"
        f'<header>\n<p class="eyebrow">PowerPact · energy between neighbours</p>\n<h1>{title}</h1>\n'
        f'<p class="when">{escape(wording.subtitle(report))}</p>\n{_facts(report)}\n{contents(sections)}\n</header>\n'
        + "\n".join(sections)
        + "\n</main>\n</body>\n</html>\n"
    )


def _facts(report: DayReport) -> str:
    """Show the day's main numbers."""
    holding = sum(check.holds for check in report.invariants)
    facts = [
        (count(len(report.trades)), "", "trades, each proven to be part of the best matching"),
        (
            kwh(report.neighbour_used_wh, 1),
            "kWh",
            f"used from neighbours, of {kwh(report.sharing.could_wh, 1)} that they could have shared",
        ),
        (money(report, report.saving_upoints), report.currency, "saved against the utility alone"),
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
    legend = key(
        ("k-own", "own panels"),
        ("k-neighbour", "neighbours"),
        ("k-grid", "grid"),
        ("k-export", "left over, to the grid"),
        ("line k-solar", "all solar energy"),
    )
    caption = "Columns above zero stack to the load of the slot; what hangs below zero was produced and not bought."
    return section(
        "Load, solar energy and trades",
        wording.energy_sentence(report),
        figure(figures.energy_by_slot, report, caption, legend),
    )


def _sharing(report: DayReport) -> str:
    return section(
        "What neighbours could have shared",
        wording.sharing_sentence(report),
        figure(figures.sharing_by_reason, report, wording.SHARING_CAPTION) if report.sharing.could_wh else "",
    )


def _prices(report: DayReport) -> str:
    legend = key(
        ("line k-muted", "utility's retail price"),
        ("dashed", "utility's feed-in price"),
        ("k-bid", "bids, lowest to highest"),
        ("k-ask", "offers, lowest minimum to highest ask"),
        ("dot k-ink", "trades, lowest, mean and highest"),
    )
    caption = "Between the utility's two prices there is room for both sides to gain."
    return section("Prices", wording.price_sentence(report), figure(figures.prices_by_slot, report, caption, legend))


def _trading(report: DayReport) -> str:
    if not report.trades:
        return section("Who traded with whom", wording.pairs_sentence(report))
    matrix = "Energy delivered over the day in kWh. Numbers at the edges are sums."
    legend = key(("frame", "promised"), ("k-neighbour", "delivered"))
    return section(
        "Who traded with whom",
        wording.pairs_sentence(report),
        figure(figures.trading_matrix, report, matrix),
        lead(wording.delivery_sentence(report)),
        figure(figures.deliveries_by_slot, report, "Energy promised and delivered in trades, slot by slot.", legend),
    )


def _bills(report: DayReport) -> str:
    columns: list[Column] = [
        ("home", "", LEFT),
        ("load", "kWh", ""),
        ("solar", "kWh", ""),
        ("bought", "kWh", ""),
        ("sold", "kWh", ""),
        ("utility alone", report.currency, ""),
        ("bill", report.currency, ""),
        ("saved", report.currency, ""),
        ("self-suff.", "alone", ""),
        ("self-suff.", "with trades", ""),
        ("certificates", "held, kWh", ""),
        ("certificates", "retired, kWh", ""),
    ]
    rows = [
        _bill(
            report,
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
    foot = _bill(report, "all", report, (report.delivered_wh, report.delivered_wh), (held_wh, retired_wh), "")
    return section(
        "Savings and bills",
        wording.saving_sentence(report),
        figure(figures.savings_by_home, report, wording.savings_caption(report)),
        bullets([wording.loss_sentence(report, home) for home in report.homes if home.saving_upoints < 0]),
        note(wording.yearly_sentence(report)),
        table("homes", columns, rows, foot=foot, is_cards=True),
        note("A bill below zero is income."),
    )


def _bill(
    report: DayReport,
    name: str,
    day: HomeReport | DayReport,
    traded_wh: tuple[int, int],
    certificates_wh: tuple[int, int],
    saved: str,
) -> list[Cell]:
    """Make the row of a home, or of all: energy bought and sold, certificates held and retired, class of the saving."""
    return [
        Cell(name, LEFT),
        *(Cell(kwh(energy_wh)) for energy_wh in (day.load_wh, day.solar_wh, *traded_wh)),
        Cell(money(report, day.bill_without_upoints)),
        Cell(money(report, day.bill_upoints)),
        Cell(money(report, day.saving_upoints), saved),
        Cell(percent(day.self_sufficiency_alone_ppm)),
        Cell(percent(day.self_sufficiency_ppm)),
        *(Cell(kwh(energy_wh)) for energy_wh in certificates_wh),
    ]
