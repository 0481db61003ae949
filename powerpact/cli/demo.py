"""Command ``demo``: the market day."""

from __future__ import annotations

import sys
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from powerpact.cli.chain import NodeKind
from powerpact.cli.choices import enum_member
from powerpact.cli.output import write_output
from powerpact.cli.session import tell
from powerpact.errors import BadChoice
from powerpact.market.schema import MarketMechanism


class Mechanism(StrEnum):
    """The mechanisms, as the command line offers them."""

    SATISFACTION = "satisfaction"
    CALL = "call"


FILE_WIDTH = 120
"""Columns of the tables where there is no terminal."""


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command()(demo)


def demo(
    homes: Annotated[int | None, typer.Option(min=2, help="How many homes; by default all.")] = None,
    day: Annotated[
        str | None, typer.Option(metavar="DATE", help="Local date or number of the day in the series.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Seed of the preferences and of the choice of homes.")] = 2022,
    profiles: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Your own series: CSV with the columns time, home, load_wh, solar_wh."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,
    report: Annotated[Path, typer.Option(metavar="FILE", help="Where the HTML report goes.")] = Path(
        "reports/market-day.html"
    ),
    node: Annotated[NodeKind, typer.Option(help="Chain to run on.")] = NodeKind.ANVIL,
    mechanism: Annotated[
        Mechanism, typer.Option(help="Matching by satisfaction, or a call auction with one price for each hour.")
    ] = Mechanism.SATISFACTION,
    all_trades: Annotated[bool, typer.Option("--trades", help="Show every trade in the terminal.")] = False,
) -> None:
    """Run a day of trading between real homes, from admission to certificates, on an embedded chain.

    [bold]Example:[/bold] powerpact demo --homes 10 --day 2017-07-03 --report day.html
    """
    from rich.console import Console

    from powerpact.pages import render_html, render_terminal
    from powerpact.simulation.demo import run_demo

    result = run_demo(
        homes=homes,
        day=parse_day(day),
        seed=seed,
        profiles_file=profiles,
        kind=node.value,
        mechanism=enum_member(MarketMechanism, "mechanism", mechanism.value),
    )
    report.parent.mkdir(parents=True, exist_ok=True)
    write_output(str(report), render_html(result))
    if as_json:
        typer.echo(result.to_json())
    else:
        width = None if sys.stdout.isatty() else FILE_WIDTH
        render_terminal(result, Console(width=width), all_trades=all_trades)
    tell(f"report: {report}")
    if not all(check.holds for check in result.invariants):
        raise typer.Exit(1)


def parse_day(text: str | None) -> date | int | None:
    """The day that a text names: a date, or the number of a day.

    Raises
    ------
    BadChoice
        If it is neither.
    """
    if text is None:
        return None
    try:
        return int(text) if text.isdecimal() else date.fromisoformat(text)
    except ValueError:
        raise BadChoice("day", text, "is not a date", remedy="Write a date such as 2017-07-03, or a number.") from None
