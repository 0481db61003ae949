"""Command ``meter import``: files of meters in their own formats."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from powerpact.cli.choices import with_options
from powerpact.cli.devices import meter_group
from powerpact.cli.output import STANDARD_STREAM, print_json, read_input, write_output
from powerpact.cli.session import AsJson, parse_time, tell
from powerpact.errors import BadChoice
from powerpact.series.limits import SLOT_LENGTHS_S
from powerpact.series.meters.options import Format
from powerpact.series.zones import zone_named

if TYPE_CHECKING:
    from datetime import tzinfo

    from powerpact.series.meters.intervals import Source
    from powerpact.series.meters.report import Report


def register(_: typer.Typer) -> None:
    """Add the command to the group of `powerpact.cli.devices`."""
    meter_group.command("import")(import_)


OPTIONS: dict[str, tuple[Any, Any]] = {
    "format_": (
        Annotated[
            Format | None, typer.Option("--format", help="Format of the files; by default what the content shows.")
        ],
        None,
    ),
    "key": (
        Annotated[
            str | None, typer.Option(metavar="FILE", help="The meter's public key, for OCMF: hexadecimal, PEM or DER.")
        ],
        None,
    ),
    "zone": (
        Annotated[
            str | None,
            typer.Option(metavar="NAME", help="Time zone of local times and of the result, such as Europe/Vienna."),
        ],
        None,
    ),
    "slot": (
        Annotated[
            int | None, typer.Option(metavar="SECONDS", help="900, 1800 or 3600; by default as long as the intervals.")
        ],
        None,
    ),
    "home": (
        Annotated[
            str | None,
            typer.Option(metavar="NAME", help="The only home, of all meters; by default each meter is a home."),
        ],
        None,
    ),
    "spread": (
        Annotated[bool, typer.Option("--spread", help="Divide intervals longer than a slot equally over their time.")],
        False,
    ),
    "read_at": (
        Annotated[
            str | None,
            typer.Option(metavar="TIME", help="When the last frame was read, for SML meters that only count seconds."),
        ],
        None,
    ),
}
"""What can be said about the files."""


@with_options(OPTIONS)
def import_(
    said: dict[str, Any],
    files: Annotated[list[str], typer.Argument(metavar="FILE...", help="What meters gave; - for standard input.")],
    output: Annotated[
        str, typer.Option("--output", "-o", metavar="FILE", help="Where the series go; by default standard output.")
    ] = STANDARD_STREAM,
    as_json: AsJson = False,
) -> None:
    """Turn files of meters into series for the demo: import is load, export is solar energy.

    Says what was found, and where energy is missing; such fields stay empty for `powerpact data import` to fill.

    [bold]Example:[/bold] powerpact meter import p1.log -o homes.csv --home "Rose Lane 1" --slot 900
    """
    from powerpact.series.meters.formats import read_meter_file
    from powerpact.series.meters.report import Report
    from powerpact.series.meters.settling import measured
    from powerpact.series.meters.slots import format_slots, slots_of

    _check_options(files, output, said["slot"], said["read_at"], as_json=as_json)
    zone = said["zone"]
    clock = None if zone is None else zone_named(zone)
    found = [read_meter_file(source, said["format_"]) for source in _sources(files, said, clock)]
    intervals, notes = measured(data for _, data in found)
    slots = slots_of(intervals, slot_s=said["slot"], home=said["home"], is_spread=said["spread"])
    report = Report.of(dict(zip(files, found, strict=True)), intervals, notes, slots, clock)
    write_output(output, format_slots(slots, report.zone))
    if as_json:
        print_json({"output": output, **report.data()})
        return
    for line in report.lines():
        tell(line)
    _tell_next(report, output, zone)


def _sources(files: list[str], said: dict[str, Any], clock: tzinfo | None) -> list[Source]:
    """The files' content, and what the options say about it."""
    from powerpact.series.meters.intervals import Source

    key = None if said["key"] is None else read_input(said["key"])
    read_at_s = None if said["read_at"] is None else parse_time(said["read_at"])
    names = ["standard input" if file == STANDARD_STREAM else file for file in files]
    return [Source(name, read_input(file), clock, key, read_at_s) for name, file in zip(names, files, strict=True)]


def _check_options(files: list[str], output: str, slot: int | None, read_at: str | None, *, as_json: bool) -> None:
    """Refuse options that do not go together, before a file is read."""
    if slot is not None and slot not in SLOT_LENGTHS_S:
        lengths = ", ".join(map(str, SLOT_LENGTHS_S))
        raise BadChoice("slot", slot, "is no length of a slot", remedy=f"State one of {lengths} seconds.")
    if len(set(files)) != len(files):
        raise BadChoice("files", files[0], "one of the files is named twice", remedy="Name each file once.")
    if read_at is not None and len(files) > 1:
        raise BadChoice("read-at", read_at, "is the time of one file", remedy="Import such files one by one.")
    if output != STANDARD_STREAM and Path(output).exists():
        for file in files:
            if file != STANDARD_STREAM and Path(file).exists() and Path(output).samefile(file):
                raise BadChoice("output", output, "is a meter's file", remedy="Write the series to another file.")
    if output == STANDARD_STREAM and as_json:
        remedy = "Write the series to a file, or leave out --json."
        raise BadChoice("output", output, "is taken by --json", remedy=remedy)


def _tell_next(report: Report, output: str, zone: str | None) -> None:
    """Say what can be done with the series."""
    if output == STANDARD_STREAM:
        return
    hint = f" --zone {zone}" if zone else ""
    if report.slots.gaps:
        tell(f"fill the gaps by a rule: powerpact data import {output} -o filled.csv --gaps interpolate{hint}")
    else:
        tell(f"powerpact demo --profiles {output}{hint}")
