"""Commands ``market``."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from powerpact.cli.output import read_input, write_output
from powerpact.cli.rules import converted, with_rules
from powerpact.cli.session import (
    DEPLOYMENT_FILE,
    As,
    AsJson,
    Deployed,
    MarketId,
    clock,
    done,
    market_of,
    open_chain,
    table,
    tell,
    unlock,
)

market_group = typer.Typer(help="Markets, each for one delivery slot.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add the commands to the application."""
    app.add_typer(market_group, name="market")


@market_group.command("open")
@with_rules
def open_(
    said: dict[str, Any],
    account: As,
    rules_file: Annotated[
        str | None,
        typer.Option(
            "--rules",
            metavar="FILE",
            help="Start from the rules in this file, as `market rules` writes it, - for standard input; "
            "other options replace them.",
        ),
    ] = None,
    deployment: Deployed = DEPLOYMENT_FILE,
    as_json: AsJson = False,
) -> None:
    """Open a market; its rules cannot be changed afterwards.

    [bold]Example:[/bold] powerpact market open -a alice --arbiter ann --slot 2026-11-21T12:00Z
    """
    from powerpact.chain.contracts import markets
    from powerpact.codec.rulesfile import parse_rules
    from powerpact.market.templates import rules_from

    base = parse_rules(read_input(rules_file)) if rules_file is not None else None
    chain, key = open_chain(deployment), unlock(account)
    rules = rules_from(converted(said), chain.deployment.parameters.longest_slot_s, base)
    mined = chain.sender(key).send(markets.open_market(chain, rules))
    id_ = f"0x{chain.event(mined, 'MarketOpened').arguments['market'].hex()}"
    times = {"slot_start": rules.slot_start, "closes_at": rules.closes_at, "final_by": rules.final_by}
    what = f"opened a market; the gate closes at {clock(rules.closes_at)}"
    done(what, [mined], {"market": id_, **times}, as_json=as_json, result=id_)


@market_group.command("rules")
def rules(
    market: MarketId,
    output: Annotated[
        str, typer.Option("--output", "-o", metavar="FILE", help="Where to write them, - for standard output.")
    ] = "-",
    deployment: Deployed = DEPLOYMENT_FILE,
) -> None:
    """Write the rules of a market as a file, with which another one can be opened.

    [bold]Example:[/bold] powerpact market rules 0x5f3a -o rules.json
    """
    from powerpact.chain.contracts import markets
    from powerpact.codec.rulesfile import format_rules

    chain = open_chain(deployment)
    write_output(output, format_rules(markets.market(chain, market_of(chain, market)).rules))


@market_group.command("list")
def list_markets(deployment: Deployed = DEPLOYMENT_FILE, as_json: AsJson = False) -> None:
    """List all markets.

    [bold]Example:[/bold] powerpact market list
    """
    from powerpact.chain.contracts import rounds
    from powerpact.chain.contracts.markets import markets, unreadable

    chain = open_chain(deployment)
    with chain.reading():
        now = chain.now()
        for id_, problem in unreadable(chain):
            tell(f"market 0x{id_.hex()} is left out: {problem}")
        found = [(market, rounds.final_of(chain, market.id) != 0) for market in markets(chain)]
    rows = []
    for market, is_final in found:
        rules = market.rules
        late = "expired" if now > rules.final_by else "closed"
        rows.append(
            {
                "market": f"0x{market.id.hex()}",
                "slot": clock(rules.slot_start),
                "gate": clock(rules.closes_at),
                "zone": "(no text)" if market.problem else rules.zone,
                "state": "final" if is_final else "open" if now < rules.closes_at else late,
            }
        )
    table(rows, as_json=as_json)
