"""Command ``demo``: the market day."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from powerpact.cli.chain import NodeKind
from powerpact.cli.choices import enum_member, with_options
from powerpact.cli.output import read_input, write_output
from powerpact.cli.session import tell
from powerpact.errors import BadChoice
from powerpact.market.schema import MarketMechanism, Mode
from powerpact.series.limits import HOUR_S, SLOT_LENGTHS_S

if TYPE_CHECKING:
    from powerpact.simulation.community import DayPlan


def _choices(name: str, numbers: Iterable[int]) -> Any:
    """An enum of numbers, which the command line offers as choices."""
    return StrEnum(name, {f"N{number}": str(number) for number in numbers})


SlotLength = _choices("SlotLength", SLOT_LENGTHS_S)
"""Lengths of a slot in seconds."""


class TradingMode(StrEnum):
    """Ways in which orders trade, as the command line offers them."""

    DIVISIBLE = "divisible"
    ONE_TO_ONE = "one-to-one"


class Mechanism(StrEnum):
    """The mechanisms, as the command line offers them."""

    SATISFACTION = "satisfaction"
    CALL = "call"


FILE_WIDTH = 120
"""Columns of the tables where there is no terminal."""


SERIES: dict[str, tuple[Any, Any]] = {
    "homes": (Annotated[int | None, typer.Option(min=2, help="How many homes; by default all.")], None),
    "day": (
        Annotated[str | None, typer.Option(metavar="DATE", help="Local date or number of the day in the series.")],
        None,
    ),
    "profiles": (
        Annotated[
            Path | None,
            typer.Option(metavar="FILE", help="Your own series: CSV with the columns time, home, load_wh, solar_wh."),
        ],
        None,
    ),
    "zone": (
        Annotated[
            str | None,
            typer.Option(metavar="NAME", help="Time zone that cuts the days of your series, such as Europe/Berlin."),
        ],
        None,
    ),
    "slot_length": (
        Annotated[
            SlotLength, typer.Option(help="Length of the slots traded, s; shorter ones of the series are summed.")
        ],
        SlotLength(str(HOUR_S)),
    ),
    "tariff": (
        Annotated[
            str | None,
            typer.Option(metavar="FILE", help="Your utility's prices, as docs/data.md shows; - for standard input."),
        ],
        None,
    ),
}
"""Options of the series and their prices."""


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command()(demo)


@with_options(SERIES)
def demo(
    said: dict[str, Any],
    seed: Annotated[int, typer.Option(help="Seed of the preferences and of the choice of homes.")] = 2022,
    node: Annotated[NodeKind, typer.Option(help="Chain to run on.")] = NodeKind.ANVIL,
    mechanism: Annotated[
        Mechanism, typer.Option(help="Matching by satisfaction, or a call auction with one price for each slot.")
    ] = Mechanism.SATISFACTION,
    mode: Annotated[
        TradingMode, typer.Option(help="Whether orders trade in parts, or each with one other order.")
    ] = TradingMode.DIVISIBLE,
    title: Annotated[str | None, typer.Option(metavar="TEXT", help="What the report is called.")] = None,
    report: Annotated[Path, typer.Option(metavar="FILE", help="Where the HTML report goes.")] = Path(
        "reports/market-day.html"
    ),
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,
    all_trades: Annotated[bool, typer.Option("--trades", help="Show every trade in the terminal.")] = False,
) -> None:
    """Run a day of trading between real homes, from admission to certificates, on an embedded chain.

    [bold]Example:[/bold] powerpact demo --homes 10 --day 2017-07-03 --report day.html
    """
    from rich.console import Console

    from powerpact.pages import render_html, render_terminal
    from powerpact.simulation.demo import run_demo

    result = run_demo(
        _plan(said, seed),
        kind=node.value,
        mechanism=enum_member(MarketMechanism, "mechanism", mechanism.value),
        mode=Mode(mode.value),
        title=title,
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


def _plan(said: dict[str, Any], seed: int) -> DayPlan:
    """The day that the options name."""
    from powerpact.simulation.data.tariff import FONTANA
    from powerpact.simulation.demo import plan_demo
    from powerpact.simulation.tarifffile import parse_tariff

    tariff = FONTANA if said["tariff"] is None else parse_tariff(read_input(said["tariff"]))
    slot_s = int(said["slot_length"].value)
    day = parse_day(said["day"])
    return plan_demo(said["homes"], day, seed, said["profiles"], zone=said["zone"], slot_s=slot_s, tariff=tariff)


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
