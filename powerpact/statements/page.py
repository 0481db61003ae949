"""A statement as one page to read and to print: no script, no font, no request."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import tzinfo
from decimal import Decimal
from html import escape

from powerpact.market.orders import Side
from powerpact.market.wording import count, moment, points
from powerpact.pages.markup import LEFT, LONG, Cell, Column, bullets, contents, note, section, table
from powerpact.pages.style import CSS
from powerpact.pages.wording import kwh
from powerpact.statements.model import Statement, TradeLine
from powerpact.statements.summary import Energy, by_day, by_kind, by_meter
from powerpact.units import UPOINTS_PER_POINT

_ENERGY: tuple[Column, ...] = (
    ("Fed in", "kWh", ""),
    ("sold", "kWh", ""),
    ("left over", "kWh", ""),
    ("Drawn", "kWh", ""),
    ("bought", "kWh", ""),
    ("from the utility", "kWh", ""),
    ("Readings", "", LEFT),
)

_SHOWN = 18
"""Characters of a transaction's hash; JSON and CSV have all of it."""

Names = Callable[[str], str]
"""From an address to how it is called."""


def to_page(statement: Statement, names: Names, zone: tzinfo | None = None) -> str:
    """The statement as a page.

    Parameters
    ----------
    statement : Statement
        The statement.
    names : callable
        From an address to how it is called.
    zone : tzinfo, optional
        Whose clock is shown and cuts the days; by default this machine's.

    Returns
    -------
    str
        A complete HTML document, well-formed as XML too.
    """
    sections = [
        _meters(statement),
        _days(statement, zone),
        _bookings(statement),
        _trades(statement, names, zone),
        _changes(statement, zone),
        _corrections(statement),
    ]
    sections = [text for text in sections if text]
    title = f"Statement {statement.number}" if statement.is_final else "Preview of a statement"
    return (
        '<!DOCTYPE html>\n<html lang="en" xmlns="http://www.w3.org/1999/xhtml">\n<head>\n<meta charset="utf-8"/>\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1"/>\n'
        f"<title>{title} of member {statement.person}</title>\n<style>{CSS}</style>\n</head>\n<body>\n<main>\n"
        f'<header>\n<p class="eyebrow">PowerPact · energy between neighbours</p>\n'
        f"<h1>{title} of {escape(_people(statement, names))}</h1>\n"
        f'<p class="when">{escape(_when(statement, zone))}</p>\n{_facts(statement)}\n{contents(sections)}\n</header>\n'
        + "\n".join(sections)
        + "\n</main>\n</body>\n</html>\n"
    )


def _people(statement: Statement, names: Names) -> str:
    return ", ".join(names(account) for account in statement.accounts)


def _when(statement: Statement, zone: tzinfo | None) -> str:
    since, until, drawn = (
        moment(time_s, zone) for time_s in (statement.period.since, statement.period.until, statement.drawn_up_at)
    )
    return (
        f"Member {statement.person}, from {since} to {until}; as of block {statement.block} of chain "
        f"{statement.chain_id}, {drawn}"
    )


def _facts(statement: Statement) -> str:
    """The main numbers."""
    energy = Energy.of(statement.measured)
    opening, closing = statement.opening_upoints, statement.closing_upoints
    traded = sum(trade.change_upoints for trade in statement.trades)
    facts = [
        (kwh(energy.sold_wh), "kWh", f"sold to neighbours, of {kwh(energy.exported_wh)} kWh fed in"),
        (kwh(energy.bought_wh), "kWh", f"bought from neighbours, of {kwh(energy.imported_wh)} kWh drawn"),
        (f"{'+' if traded > 0 else ''}{_rounded(traded)}", "points", "for trades with neighbours"),
        (_rounded(closing), "points", f"at the end, {_rounded(opening)} at the beginning"),
    ]
    entries = "".join(
        f"<div><dt>{escape(label)}</dt><dd>{escape(number)} <small>{unit}</small></dd></div>"
        for number, unit, label in facts
    )
    return f'<dl class="facts">{entries}</dl>'


def _meters(statement: Statement) -> str:
    sums = by_meter(statement)
    if not sums:
        return ""
    rows = [[Cell(str(device)), *_energy(energy)] for device, energy in sums.items()]
    foot = [Cell("All"), *_energy(Energy.of(statement.measured))]
    lead = "What was fed in is sold or left over; what was drawn was bought or came from the utility."
    drawn = table("meters", (("Meter", "", ""), *_ENERGY), rows, foot=foot)
    return section("Meters", lead, drawn, *map(note, _beyond(Energy.of(statement.measured))))


def _beyond(energy: Energy) -> Iterator[str]:
    """Why what was traded is more than what was measured, in sentences."""
    if energy.unused_wh:
        why = "a market that counts the export alone has them paid all the same"
        yield f"{kwh(energy.unused_wh)} kWh were bought and not drawn in their slot: {why}."
    if energy.oversold_wh:
        why = "since readings were corrected later"
        yield f"{kwh(energy.oversold_wh)} kWh were paid for beyond what was fed in, {why}."


def _days(statement: Statement, zone: tzinfo | None) -> str:
    days = by_day(statement, zone)
    if not days:
        return ""
    columns = (("Day", "", LEFT), *_ENERGY, ("Trades", "points", ""))
    rows = [
        [Cell(day.isoformat(), LEFT), *_energy(energy), _money_cell(change)] for day, (energy, change) in days.items()
    ]
    return section("Days", "By the time of delivery.", table("days", columns, rows, is_cards=True))


def _energy(energy: Energy) -> list[Cell]:
    figures = (
        energy.exported_wh,
        energy.sold_wh,
        energy.surplus_wh,
        energy.imported_wh,
        energy.bought_wh,
        energy.drawn_wh,
    )
    return [*(Cell(kwh(figure)) for figure in figures), Cell(energy.quality, LEFT)]


def _bookings(statement: Statement) -> str:
    columns = (("Booked", "", LEFT), ("Entries", "", ""), ("Energy", "kWh", ""), ("Change", "points", ""))
    rows = [
        [
            Cell(booked.kind, LEFT),
            Cell(str(booked.entries)),
            Cell(kwh(booked.energy_wh) if booked.energy_wh else ""),
            _money_cell(booked.change_upoints),
        ]
        for booked in by_kind(statement)
    ]
    change = statement.closing_upoints - statement.opening_upoints
    foot = [Cell("Sum", LEFT), Cell(str(len(statement.movements))), Cell(""), _money_cell(change)]
    lead = (
        f"{points(statement.opening_upoints)} points at the beginning, {points(statement.closing_upoints)} at the end. "
        "Booked when the transaction was mined, so that a trade can be paid in the period after its slot."
    )
    return section("Points and certificates", lead, table("points", columns, rows, foot=foot))


def _trades(statement: Statement, names: Names, zone: tzinfo | None) -> str:
    if not statement.trades:
        return ""
    columns = (
        ("Slot", "", LEFT),
        ("Side", "", LEFT),
        ("With", "", LEFT),
        ("Traded", "kWh", ""),
        ("Price", "points/kWh", ""),
        ("Delivered", "kWh", ""),
        ("Taken off", "points", ""),
        ("Change", "points", ""),
        ("Ended", "", LEFT),
        ("Transaction", "", LEFT),
    )
    rows = [_trade(trade, names, zone) for trade in statement.trades]
    lead = f"{count(len(rows), 'trade')}, by slot; each was paid again from its readings to draw this up."
    return section("Trades", lead, table("trades", columns, rows, is_cards=True))


def _trade(trade: TradeLine, names: Names, zone: tzinfo | None) -> list[Cell]:
    return [
        Cell(moment(trade.start_at, zone), LEFT),
        Cell("sold" if trade.side is Side.SELL else "bought", LEFT),
        Cell(names(trade.other), LEFT),
        Cell(kwh(trade.energy_wh)),
        Cell(points(trade.price_upoints_per_kwh)),
        Cell(kwh(trade.used_wh)),
        Cell(points(trade.penalty_upoints) if trade.penalty_upoints else ""),
        _money_cell(trade.change_upoints),
        Cell(trade.outcome, LEFT),
        Cell(trade.transaction[:_SHOWN], "l hash"),
    ]


def _changes(statement: Statement, zone: tzinfo | None) -> str:
    if not statement.movements:
        return ""
    columns = (
        ("Time", "", LEFT),
        ("What", "", LEFT),
        ("Energy", "kWh", ""),
        ("Change", "points", ""),
        ("Detail", "", LONG),
        ("Transaction", "", LEFT),
    )
    rows = [
        [
            Cell(moment(entry.time_s, zone), LEFT),
            Cell(entry.kind, LEFT),
            Cell(kwh(entry.energy_wh) if entry.energy_wh else ""),
            _money_cell(entry.change_upoints),
            Cell(entry.detail, LONG),
            Cell(entry.transaction[:_SHOWN], "l hash"),
        ]
        for entry in statement.movements
    ]
    drawn = table("bookings", columns, rows, is_cards=True)
    return section("Bookings", "Points and certificates, oldest first.", drawn)


def _corrections(statement: Statement) -> str:
    corrected = [
        f"Statement {one.number}, {one.what}: {one.field} is {one.now}, not {one.was}." for one in statement.corrections
    ]
    pending = [f"Not final: {reason}." for reason in statement.pending]
    return _listed("Corrections of earlier statements", corrected) + _listed("What can still change", pending)


def _listed(title: str, sentences: Sequence[str]) -> str:
    return section(title, "", bullets(sentences)) if sentences else ""


def _money_cell(upoints: int) -> Cell:
    return Cell(_signed(upoints), "gain" if upoints > 0 else "loss" if upoints < 0 else "")


def _rounded(upoints: int) -> str:
    """Points to two digits."""
    return f"{(Decimal(upoints) / UPOINTS_PER_POINT).quantize(Decimal('0.01'))}"


def _signed(upoints: int) -> str:
    return f"{'+' if upoints > 0 else ''}{points(upoints)}" if upoints else ""
