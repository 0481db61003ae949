"""The Typer application: its commands, and what happens to errors."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from typer.core import TyperGroup

import powerpact
from powerpact.cli import (
    accounts,
    agreements,
    auditing,
    bridging,
    certificates,
    chain,
    channels,
    config,
    contest,
    credentials,
    data,
    demo,
    devicechanges,
    devices,
    history,
    index,
    listings,
    mandates,
    markets,
    matching,
    members,
    meterfiles,
    money,
    motions,
    orders,
    overview,
    publishing,
    rounds,
    routers,
    schedule,
    statements,
    status,
    subnets,
    wallets,
)
from powerpact.cli.output import complain
from powerpact.errors import PowerPactError

INTERRUPTED_EXIT_CODE = 130


class Commands(TyperGroup):
    """A group of commands that turns an error of the library into its message, its remedy and its exit code."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command; ends with the error's exit code, or 130 after Ctrl-C."""
        try:
            with config.read_once():
                return super().invoke(ctx)
        except PowerPactError as error:
            complain(error)
            raise typer.Exit(error.exit_code) from error
        except KeyboardInterrupt as error:
            typer.echo("stopped", err=True)
            under_way = getattr(error, "under_way", ())  # of `StoppedAfterSending`, which not every command loads
            for outgoing in under_way:
                typer.echo(f"  {outgoing.step}: {outgoing.hash_text} is sent and not known to be mined", err=True)
            if under_way:
                typer.echo("  run the same command again: it waits for what is sent, and sends nothing twice", err=True)
            raise typer.Exit(INTERRUPTED_EXIT_CODE) from error


app = typer.Typer(
    name="powerpact",
    cls=Commands,
    help="A peer-to-peer energy market whose matching nobody has to trust.",
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)
MODULES = (
    demo,
    matching,
    chain,
    accounts,
    members,
    auditing,
    motions,
    credentials,
    history,
    devices,
    devicechanges,
    meterfiles,
    bridging,
    publishing,
    routers,
    subnets,
    money,
    overview,
    markets,
    orders,
    wallets,
    listings,
    rounds,
    status,
    contest,
    data,
    agreements,
    channels,
    mandates,
    certificates,
    schedule,
    statements,
    index,
)
for module in MODULES:
    module.register(app)


def _show_version(asked: bool) -> None:
    if asked:
        typer.echo(f"powerpact {powerpact.__version__}")
        raise typer.Exit


@app.callback()
def options(
    context: typer.Context,
    version: Annotated[  # noqa: ARG001
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """A peer-to-peer energy market whose matching nobody has to trust."""
    context.default_map = config.defaults(context.command)


def main() -> None:
    """Run the command line."""
    app()
