"""Command ``schedule``: who feeds in and who draws in a slot."""

from __future__ import annotations

from typing import Annotated

import typer

from powerpact.cli.output import print_json
from powerpact.cli.session import (
    DEPLOYMENT_FILE,
    AsJson,
    Deployed,
    clock,
    names_of,
    open_chain,
    parse_time,
    table,
    tell,
)


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command()(schedule)


def schedule(
    slot: Annotated[str, typer.Argument(metavar="TIME", help="Start of the slot, ISO 8601 or Unix seconds.")],
    zone: Annotated[str | None, typer.Option(help="Only markets of this zone.")] = None,
    deployment: Deployed = DEPLOYMENT_FILE,
    as_json: AsJson = False,
) -> None:
    """Show who feeds in and who draws in a slot, by the trades that stand, and which subnets the energy passes.

    [bold]Example:[/bold] powerpact schedule 2026-12-01T12:00Z --zone lane --json
    """
    from powerpact.index.schedule import schedule_of

    chain = open_chain(deployment)
    found = schedule_of(chain, parse_time(slot), zone)
    data = found.data()
    if as_json:
        print_json(data)
        return
    names = names_of(chain)
    table(
        data["flows"],
        as_json=False,
        shown=lambda flow: {
            "trade": flow["trade"][:10],
            "zone": flow["zone"],
            "feeds in": f"{names(flow['seller'])}, device {flow['source']}",
            "draws": names(flow["buyer"]) + (f", device {flow['sink']}" if flow["sink"] else ""),
            "energy": f"{flow['energy_wh']} Wh",
            "subnets": " > ".join(str(number) if number else "root" for number in flow["path"]),
        },
    )
    many = sum(flow.energy_wh for flow in found.flows)
    tell(f"{many} Wh in the slot from {clock(found.start)} on, as of block {found.block}")
    for market in data["undecided"]:
        tell(f"not final: market {market[:10]} is undecided")
