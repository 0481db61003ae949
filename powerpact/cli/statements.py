"""Commands ``statement`` and ``settlement export``: what was measured, traded and paid in a period."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Any

import typer

from powerpact.cli import config
from powerpact.cli.history import Since, Until
from powerpact.cli.output import STANDARD_STREAM, print_json, write_output
from powerpact.cli.session import (
    DEPLOYMENT_FILE,
    AsJson,
    Deployed,
    Whose,
    address_of,
    clock,
    names_of,
    open_chain,
    parse_time,
    table,
    tell,
    utc,
)
from powerpact.errors import BadChoice
from powerpact.market import wording

if TYPE_CHECKING:
    from powerpact.chain.client import Chain
    from powerpact.statements import Period, Statement

group = typer.Typer(
    help="What a person's meters measured, traded and were paid in a period, checked against the chain.",
    no_args_is_help=True,
)

settlement_group = typer.Typer(help="What was delivered, for whoever bills the rest.", no_args_is_help=True)

Month = Annotated[
    str | None, typer.Option("--month", metavar="YYYY-MM", help="A month of the clock that POWERPACT_ZONE sets.")
]
CsvFile = Annotated[
    str | None, typer.Option("--csv", metavar="FILE", help="Write every line as CSV, - for standard output.")
]
PageFile = Annotated[str | None, typer.Option("--page", metavar="FILE", help="Write it as a page to print, HTML.")]


def register(app: typer.Typer) -> None:
    """Add the commands to the application."""
    app.add_typer(group, name="statement")
    app.add_typer(settlement_group, name="settlement")


@group.command()
def show(
    who: Whose,
    month: Month = None,
    since: Since = None,
    until: Until = None,
    csv_file: CsvFile = None,
    page_file: PageFile = None,
    deployment: Deployed = DEPLOYMENT_FILE,
    as_json: AsJson = False,
) -> None:
    """Show the statement of a person's period: the final one if it was closed, else a preview of it.

    Every trade is paid again from its readings, and the points and certificates of the person are compared with all
    that ever happened to them; what does not agree with the chain is an error.

    [bold]Example:[/bold] powerpact statement show alice --month 2026-11 --page november.html
    """
    from powerpact.statements import preview

    chain, account, period = open_chain(deployment), address_of(who), _period(month, since, until)
    _show(chain, preview(chain, account, period), csv_file, page_file, as_json=as_json)


@group.command()
def close(
    who: Whose,
    month: Month = None,
    since: Since = None,
    until: Until = None,
    csv_file: CsvFile = None,
    page_file: PageFile = None,
    deployment: Deployed = DEPLOYMENT_FILE,
    as_json: AsJson = False,
) -> None:
    """Make the statement of a person's period final: numbered, kept in this machine's journal, and never changed.

    It is refused while something of the period can change. What changes later all the same is a correction in the
    next statement.

    [bold]Example:[/bold] powerpact statement close alice --month 2026-11
    """
    from powerpact.statements import close as close_period

    chain, account, period = open_chain(deployment), address_of(who), _period(month, since, until)
    _show(chain, close_period(chain, account, period), csv_file, page_file, as_json=as_json)


@group.command("list")
def list_statements(who: Whose, deployment: Deployed = DEPLOYMENT_FILE, as_json: AsJson = False) -> None:
    """List the final statements of a person that this machine keeps.

    [bold]Example:[/bold] powerpact statement list alice
    """
    from powerpact.statements import kept_statements

    chain = open_chain(deployment)
    rows = (
        {
            "number": kept.number,
            "since": kept.period.since,
            "until": kept.period.until,
            "opening_upoints": kept.opening_upoints,
            "closing_upoints": kept.closing_upoints,
            "corrections": len(kept.corrections),
        }
        for kept in kept_statements(chain, address_of(who))
    )
    times = ("since", "until")
    table(rows, as_json=as_json, shown=lambda row: {**row, **{name: clock(row[name]) for name in times}})


@settlement_group.command()
def export(
    month: Month = None,
    since: Since = None,
    until: Until = None,
    csv_file: CsvFile = None,
    deployment: Deployed = DEPLOYMENT_FILE,
    as_json: AsJson = False,
) -> None:
    """Write down of each meter and interval what neighbours traded of it, so that the utility bills the rest, once.

    Trades are paid again from their readings, and what all meters sold is compared with what was bought.

    [bold]Example:[/bold] powerpact settlement export --month 2026-11 --csv november.csv
    """
    from powerpact.statements.export import COLUMNS, export_period

    found = export_period(open_chain(deployment), _period(month, since, until))
    if csv_file is not None:
        write_output(csv_file, found.csv(utc))
    if as_json:
        print_json(found.data())
    elif csv_file is None:
        shown = [name for name in COLUMNS if name not in ("owner", "version", "oversold_wh", "unused_wh")]
        table(
            found.rows,
            as_json=False,
            shown=lambda row: {name: clock(row[name]) if name == "start_at" else row[name] for name in shown},
        )
    if found.unmetered_wh:
        tell(f"{found.unmetered_wh} Wh were bought by accounts that have no meter")
    for reason in found.pending:
        tell(f"not final: {reason}")


def _period(month: str | None, since: str | None, until: str | None) -> Period:
    """The period that is meant: a month, or from one time to another."""
    from powerpact.statements import Period

    if month is not None and since is None and until is None:
        found = re.fullmatch(r"(\d{4})-(0[1-9]|1[0-2])", month)
        if found is None:
            raise BadChoice("month", month, "is no month", remedy="Write 2026-11.")
        return Period.month(int(found[1]), int(found[2]), config.zone())
    if month is not None or since is None or until is None:
        given = ", ".join(f"{name} {value}" for name, value in _given(month, since, until)) or "nothing"
        raise BadChoice("period", given, "is no period", remedy="Give --month alone, or both --since and --until.")
    period = Period(parse_time(since), parse_time(until))
    if period.since >= period.until:
        raise BadChoice("until", until, f"is not after {since}", remedy="Give a later time.")
    return period


def _given(*values: str | None) -> list[tuple[str, str]]:
    named = zip(("--month", "--since", "--until"), values, strict=True)
    return [(name, value) for name, value in named if value is not None]


def _show(chain: Chain, statement: Statement, csv_file: str | None, page_file: str | None, *, as_json: bool) -> None:
    from powerpact.statements.document import statement_data, to_csv
    from powerpact.statements.page import to_page

    if csv_file is not None:
        write_output(csv_file, to_csv(statement, utc))
    if page_file is not None:
        write_output(page_file, to_page(statement, names_of(chain), config.zone()))
    if as_json:
        print_json(statement_data(statement))
    elif STANDARD_STREAM not in (csv_file, page_file):
        _print(statement)


def _print(statement: Statement) -> None:
    """The sums of a statement."""
    from powerpact.statements.summary import by_kind, by_meter

    period = statement.period
    named = f"statement {statement.number}" if statement.is_final else "preview of a statement"
    tell(f"{named} of member {statement.person}, {clock(period.since)} to {clock(period.until)}")
    meters = ({"meter": device, **_energy(sums)} for device, sums in by_meter(statement).items())
    table(meters, as_json=False)
    bookings = (
        {
            "booked": booked.kind,
            "entries": booked.entries,
            "energy": f"{booked.energy_wh} Wh" if booked.energy_wh else "",
            "points": wording.points(booked.change_upoints),
        }
        for booked in by_kind(statement)
    )
    table(bookings, as_json=False)
    opening, closing = (wording.points(each) for each in (statement.opening_upoints, statement.closing_upoints))
    tell(f"{opening} points at the beginning, {closing} at the end: as on the chain at block {statement.block}")
    for one in statement.corrections:
        tell(f"corrects statement {one.number}: {one.what}, {one.field} {one.was} -> {one.now}")
    for reason in statement.pending:
        tell(f"not final: {reason}")


def _energy(sums: Any) -> dict[str, Any]:
    return {
        "exported": f"{sums.exported_wh} Wh",
        "sold": f"{sums.sold_wh} Wh",
        "surplus": f"{sums.surplus_wh} Wh",
        "imported": f"{sums.imported_wh} Wh",
        "bought": f"{sums.bought_wh} Wh",
        "from the utility": f"{sums.drawn_wh} Wh",
        "readings": sums.quality,
    }
