"""Commands ``data``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from powerpact.cli.choices import with_options
from powerpact.cli.output import STANDARD_STREAM, print_json, read_input, write_output
from powerpact.cli.session import AsJson, tell
from powerpact.errors import BadChoice
from powerpact.series.importing.options import Gaps, Layout, Negatives, Rules, Stamps, Unit
from powerpact.series.limits import HOUR_S, SLOT_LENGTHS_S
from powerpact.series.zones import zone_named

if TYPE_CHECKING:
    from powerpact.series.importing.steps import Imported

data_group = typer.Typer(help="Series of load and solar energy.", no_args_is_help=True)
WORDS = {"tab": "\t", "\\t": "\t", "blank": " "}
"""Separators that are hard to type."""


def register(app: typer.Typer) -> None:
    """Add the commands to the application."""
    app.add_typer(data_group, name="data")


TABLE: dict[str, tuple[Any, Any]] = {
    "time_column": (
        Annotated[
            list[str] | None, typer.Option(metavar="NAME", help="Column of the time; twice if date and time are two.")
        ],
        None,
    ),
    "home_column": (Annotated[str, typer.Option(metavar="NAME", help="Column of the home.")], "home"),
    "load_column": (Annotated[str, typer.Option(metavar="NAME", help="Column of the energy used.")], "load_wh"),
    "solar_column": (
        Annotated[str, typer.Option(metavar="NAME", help="Column of the energy produced; none if empty.")],
        "solar_wh",
    ),
    "home": (
        Annotated[
            str | None, typer.Option(metavar="NAME", help="Name of the only home of a table without such a column.")
        ],
        None,
    ),
    "wide": (Annotated[bool, typer.Option("--wide", help="The table has a column for each home.")], False),
    "load_suffix": (Annotated[str, typer.Option(metavar="TEXT", help="End of the names of a wide table's loads.")], ""),
    "solar_suffix": (
        Annotated[str, typer.Option(metavar="TEXT", help="End of the names of a wide table's solar energies.")],
        "",
    ),
    "skip_column": (
        Annotated[list[str] | None, typer.Option(metavar="NAME", help="Leave a column out; repeatable.")],
        None,
    ),
    "skip_lines": (Annotated[int, typer.Option(min=0, help="Lines before the header.")], 0),
    "separator": (
        Annotated[
            str | None, typer.Option(metavar="SIGN", help="Between fields, or `tab`; found in the header by default.")
        ],
        None,
    ),
    "encoding": (Annotated[str | None, typer.Option(metavar="NAME", help="Of the text; found by default.")], None),
}
"""Options that say where a table has what."""

RULES: dict[str, tuple[Any, Any]] = {
    "decimal": (Annotated[str, typer.Option(metavar="SIGN", help="Decimal sign, . or ,")], "."),
    "thousands": (Annotated[str, typer.Option(metavar="SIGN", help="Sign between groups of three digits.")], ""),
    "unit": (Annotated[Unit, typer.Option(help="Of the values: energy of the interval, or mean power.")], Unit.WH),
    "counter": (Annotated[bool, typer.Option("--counter", help="Values are what a meter's counter shows.")], False),
    "zone": (
        Annotated[str | None, typer.Option(metavar="NAME", help="Time zone of the times, such as Europe/Berlin.")],
        None,
    ),
    "time_format": (
        Annotated[str | None, typer.Option(metavar="FORM", help="Form of the times, such as '%m/%d/%Y %H:%M'.")],
        None,
    ),
    "stamps": (Annotated[Stamps, typer.Option(help="Which end of its interval a time names.")], Stamps.START),
    "interval": (
        Annotated[int | None, typer.Option(metavar="MINUTES", help="15, 30 or 60; found in the times by default.")],
        None,
    ),
    "gaps": (Annotated[Gaps, typer.Option(help="What happens where a value is missing.")], Gaps.REFUSE),
    "longest_gap": (Annotated[int, typer.Option(min=1, help="Most values in a row that are interpolated.")], 4),
    "negative": (
        Annotated[
            Negatives,
            typer.Option(help="What happens to values below zero; swap: negative load is solar energy."),
        ],
        Negatives.REFUSE,
    ),
    "trim": (Annotated[bool, typer.Option("--trim", help="Cut off the ends that not all homes have.")], False),
}
"""Options that say how its numbers and times are meant."""


@data_group.command("import")
@with_options(TABLE | RULES)
def import_(
    said: dict[str, Any],
    file: Annotated[str, typer.Argument(metavar="FILE", help="A table of a meter or portal, - for standard input.")],
    output: Annotated[
        str, typer.Option("--output", "-o", metavar="FILE", help="Where the series go, - for standard output.")
    ],
    as_json: AsJson = False,
) -> None:
    """Turn a table of a meter or portal into series for the demo; says what was changed, and flags what is odd.

    [bold]Example:[/bold] powerpact data import meter.csv -o homes.csv --time-column Zeit --home Haus1
    --load-column Verbrauch --solar-column Erzeugung --unit kWh --decimal , --zone Europe/Berlin
    """
    from powerpact.series.csvfile import format_csv
    from powerpact.series.importing.steps import import_table

    if STANDARD_STREAM not in (file, output) and Path(output).exists() and Path(output).samefile(file):
        raise BadChoice("output", output, "is the table itself", remedy="Write the series to another file.")
    if output == STANDARD_STREAM and as_json:
        raise BadChoice(
            "output", output, "is taken by --json", remedy="Write the series to a file, or leave out --json."
        )
    name = "standard input" if file == STANDARD_STREAM else file
    imported = import_table(name, read_input(file), _layout(said), _rules(said))
    write_output(output, format_csv(imported.profiles))
    _show(imported, output, said["zone"], as_json=as_json)


def _layout(said: dict[str, Any]) -> Layout:
    """Where the table has what, as the options say."""
    separator = said["separator"]
    between = WORDS.get(separator, separator)
    if between is not None and len(between) != 1:
        raise BadChoice("separator", separator, "is not one sign", remedy="State one sign, or tab.")
    return Layout(
        time=tuple(said["time_column"] or ["time"]),
        home=said["home_column"],
        load=said["load_column"],
        solar=said["solar_column"] or None,
        one_home=said["home"],
        is_wide=said["wide"],
        load_suffix=said["load_suffix"],
        solar_suffix=said["solar_suffix"],
        skipped=tuple(said["skip_column"] or ()),
        separator=between,
        encoding=said["encoding"],
        skipped_lines=said["skip_lines"],
    )


def _rules(said: dict[str, Any]) -> Rules:
    """How its numbers and times are meant, as the options say."""
    decimal, thousands, minutes = said["decimal"], said["thousands"], said["interval"]
    if decimal not in (".", ",") or thousands == decimal or len(thousands) > 1:
        raise BadChoice("decimal", decimal, "is no decimal sign", remedy="State . or , and another sign for thousands.")
    step_s = None if minutes is None else minutes * HOUR_S // 60
    if step_s is not None and step_s not in SLOT_LENGTHS_S:
        raise BadChoice("interval", minutes, "is no length of a slot", remedy="State 15, 30 or 60 minutes.")
    return Rules(
        decimal=decimal,
        thousands=thousands,
        unit=said["unit"],
        is_counter=said["counter"],
        zone=None if said["zone"] is None else zone_named(said["zone"]),
        time_format=said["time_format"],
        stamps=said["stamps"],
        step_s=step_s,
        gaps=said["gaps"],
        longest_gap=said["longest_gap"],
        negatives=said["negative"],
        is_trimmed=said["trim"],
    )


def _show(imported: Imported, output: str, zone: str | None, *, as_json: bool) -> None:
    """Say what was written, changed and found."""
    from dataclasses import asdict

    from powerpact.series.importing.steps import SHOWN_LINES

    profiles = imported.profiles
    if as_json:
        found = {
            "output": output,
            "homes": list(profiles.homes),
            "slots": len(profiles.start_s),
            "slot_s": profiles.slot_s,
            "days": profiles.days,
            "first_day": profiles.first_day.isoformat(),
            "zone": zone,
            "load_wh": int(profiles.load_wh.sum()),
            "solar_wh": int(profiles.solar_wh.sum()),
            "changes": [asdict(change) for change in imported.changes],
            "flags": [asdict(flag) for flag in profiles.flags],
        }
        print_json(found)
        return
    for change in imported.changes:
        more = ", …" if SHOWN_LINES == len(change.lines) < change.count else ""
        lines = f" (line {', '.join(map(str, change.lines))}{more})" if change.lines else ""
        tell(f"{change.sentence}{lines}")
    for flag in profiles.flags:
        tell(f"odd: {flag.home}: {flag.sentence}; {flag.treatment}")
    hint = f" --zone {zone}" if zone else ""
    tell(
        f"{output}: {len(profiles.homes)} homes, {len(profiles.start_s)} slots of {profiles.slot_s // 60} minutes, "
        f"{profiles.days} whole days from {profiles.first_day} on, {profiles.load_wh.sum() / 1000:.1f} kWh of load, "
        f"{profiles.solar_wh.sum() / 1000:.1f} kWh of solar energy"
    )
    if output != STANDARD_STREAM:
        tell(f"powerpact demo --profiles {output}{hint}")
