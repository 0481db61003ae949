"""Command ``account history``."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from powerpact.cli.accounts import group
from powerpact.cli.output import write_output
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
from powerpact.market import wording

if TYPE_CHECKING:
    from powerpact.cli.names import Names

Since = Annotated[str | None, typer.Option("--since", metavar="TIME", help="From this time on.")]
Until = Annotated[str | None, typer.Option("--until", metavar="TIME", help="Before this time.")]
CsvFile = Annotated[str | None, typer.Option("--csv", metavar="FILE", help="Write it as CSV, - for standard output.")]


def register(_: typer.Typer) -> None:
    """The command is in the group ``account`` already."""


@group.command()
def history(
    who: Whose,
    since: Since = None,
    until: Until = None,
    csv_file: CsvFile = None,
    deployment: Deployed = DEPLOYMENT_FILE,
    as_json: AsJson = False,
) -> None:
    """Show what happened to an account: points, energy, orders, certificates and admission, oldest first.

    [bold]Example:[/bold] powerpact account history alice --since 2026-11-01T00:00Z --csv november.csv
    """
    from powerpact.index.ledger import history_of

    chain, account = open_chain(deployment), address_of(who)
    entries = history_of(chain, account, _time(since) or 0, _time(until))
    names = names_of(chain)
    rows = [
        {
            "time": entry.time_s,
            "what": entry.kind.value,
            "change_upoints": entry.change_upoints,
            "energy_wh": entry.energy_wh,
            "other": entry.other,
            "detail": entry.detail,
            "transaction": entry.transaction_hash,
        }
        for entry in entries
    ]
    if csv_file is not None:
        write_output(csv_file, _as_csv(rows, names))
        tell(f"wrote {wording.count(len(rows), 'line')} about {who}")
        return
    table(rows, as_json=as_json, shown=lambda row: _line(row, names))


def _time(text: str | None) -> int | None:
    return None if text is None else parse_time(text)


def _line(row: Mapping[str, Any], names: Names) -> dict[str, Any]:
    """An entry as a line of a table."""
    return {
        "time": clock(row["time"]),
        "what": row["what"],
        "points": _signed(row["change_upoints"]),
        "energy": f"{row['energy_wh']} Wh" if row["energy_wh"] else "",
        "other": names(row["other"]),
        "detail": row["detail"],
    }


def _signed(upoints: int) -> str:
    return f"{'+' if upoints > 0 else ''}{wording.points(upoints)}" if upoints else ""


def _as_csv(rows: Sequence[Mapping[str, Any]], names: Names) -> str:
    """The entries as CSV: UTC, exact units, and points with a decimal point beside micro-points."""
    columns = ["time", "what", "change_upoints", "change_points", "energy_wh", "other", "name", "detail", "transaction"]
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, lineterminator="\n")
    writer.writeheader()
    for row in rows:
        extra = {
            "time": utc(row["time"]),
            "change_points": wording.points(row["change_upoints"]),
            "name": names(row["other"]),
        }
        writer.writerow({**row, **extra})
    return text.getvalue()
