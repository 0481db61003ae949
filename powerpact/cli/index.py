"""Commands ``index status`` and ``index rebuild``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import typer

from powerpact.cli.output import print_json, progress
from powerpact.cli.session import DEPLOYMENT_FILE, AsJson, Deployed, clock, open_chain

if TYPE_CHECKING:
    from powerpact.index import Overview

group = typer.Typer(
    help="What this machine remembers of the chain: events in the index, sent transactions in the journal.",
    no_args_is_help=True,
)


def register(app: typer.Typer) -> None:
    """Add the commands to the application."""
    app.add_typer(group, name="index")


@group.command()
def status(deployment: Deployed = DEPLOYMENT_FILE, as_json: AsJson = False) -> None:
    """Bring the index up to date, and show how far it reaches, what is in it, and what became of sent transactions.

    [bold]Example:[/bold] powerpact index status --json
    """
    from powerpact.index import overview

    _show(overview(open_chain(deployment)), as_json=as_json)


@group.command()
def rebuild(deployment: Deployed = DEPLOYMENT_FILE, as_json: AsJson = False) -> None:
    """Delete the index and read all events again. The journal of sent transactions is not touched.

    [bold]Example:[/bold] powerpact index rebuild
    """
    from powerpact.index import overview, rebuilt

    chain = open_chain(deployment)
    with progress("reading the chain") as step:
        step("from the deployment's first block")
        rebuilt(chain)
    _show(overview(chain), as_json=as_json)


def _show(found: Overview, *, as_json: bool) -> None:
    data: dict[str, Any] = {
        "folder": str(found.folder) if found.folder else None,
        "block": found.block.number,
        "block_hash": f"0x{found.block.hash.hex()}",
        "block_time": found.block.time_s,
        "latest_block": found.latest,
        "blocks": found.blocks,
        "events": found.events,
        "longest_range": found.longest_range,
        "sent": found.sent,
    }
    if as_json:
        print_json(data)
        return
    behind = found.latest - found.block.number
    typer.echo(f"folder {data['folder']}")
    typer.echo(
        f"index as of block {found.block.number} ({clock(found.block.time_s or 0)}), {behind} behind the node: "
        f"{found.events} events"
    )
    typer.echo(f"the node answers for {found.longest_range} blocks at once, as far as is known")
    sent = ", ".join(f"{count} {state}" for state, count in sorted(found.sent.items()))
    typer.echo(f"journal: {sent or 'nothing sent'}")
