"""Commands ``market``."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Annotated, Any

import typer

from powerpact.cli import config
from powerpact.cli.output import print_json, read_input, write_output
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
    names_of,
    open_chain,
    table,
    tell,
    unlock,
    utc,
)
from powerpact.errors import BadChoice
from powerpact.market import wording
from powerpact.market.forms import word_of

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
    from powerpact.chain.errors import ContractError
    from powerpact.codec.rulesfile import parse_rules
    from powerpact.market.templates import rules_from

    base = parse_rules(read_input(rules_file)) if rules_file is not None else None
    chain, key = open_chain(deployment), unlock(account)
    fixed = chain.deployment.parameters
    rules = rules_from(converted(said), fixed.longest_slot_s, base, fixed.readings_wait_s)
    try:
        mined = chain.sender(key).send(markets.open_market(chain, rules))
    except ContractError as error:
        if error.name != "Market_BadTimes":
            raise
        wrong = wording.wrong_times(rules, chain.now(), fixed.readings_wait_s, config.zone())
        if not wrong:
            raise
        remedy = "State another --slot, --gate-before, --final-after or --refund-after."
        raise BadChoice("times", "of the market", "; ".join(wrong), remedy=remedy) from error
    id_ = f"0x{chain.event(mined, 'MarketOpened').arguments['market'].hex()}"
    times = {"slot_start": rules.slot_start, "closes_at": rules.closes_at, "final_by": rules.final_by}
    what = f"opened a market; the gate closes at {clock(rules.closes_at, chain.now())}"
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
    from powerpact.index.outcomes import state_at

    chain = open_chain(deployment)
    with chain.reading():
        now = chain.now()
        for id_, problem in unreadable(chain):
            tell(f"market 0x{id_.hex()} is left out: {problem}")
        found = []
        for market in markets(chain):
            last_moment = rounds.put_off_to(chain, market.id) or market.rules.final_by
            is_final = rounds.final_of(chain, market.id) != 0
            is_active = not is_final and rounds.active_of(chain, market.id) != 0
            state = state_at(now, market.rules.closes_at, last_moment, is_final=is_final, is_active=is_active)
            found.append((market, state))
    rows = []
    for market, state in found:
        rules = market.rules
        rows.append(
            {
                "market": f"0x{market.id.hex()}",
                "slot": utc(rules.slot_start),
                "gate": utc(rules.closes_at),
                "slot_start": rules.slot_start,
                "slot_length_s": rules.slot_length_s,
                "closes_at": rules.closes_at,
                "zone": "(no text)" if market.problem else rules.zone,
                "mechanism": word_of(rules.mechanism),
                "mode": word_of(rules.mode),
                "state": state.value,
            }
        )

    def shown(row: Mapping[str, Any]) -> dict[str, Any]:
        times = {"slot": clock(row["slot_start"], now), "gate": clock(row["closes_at"], now)}
        traded = row["mode"] if row["mechanism"] == "satisfaction" else f"{row['mechanism']} auction"
        return {"market": row["market"], **times, "zone": row["zone"], "trades": traded, "state": row["state"]}

    table(rows, as_json=as_json, shown=shown)


@market_group.command()
def show(market: MarketId, deployment: Deployed = DEPLOYMENT_FILE, as_json: AsJson = False) -> None:
    """Show everything that is known of a market: its state, and every rule with its meaning.

    Read it before you sign an order: the arbiter, the price rule, the tolerance and the times bind both sides.

    [bold]Example:[/bold] powerpact market show 0x5f3a
    """
    from powerpact.chain.contracts import markets, participants
    from powerpact.cli.rulewords import RuleWords
    from powerpact.codec.rulesfile import format_rules
    from powerpact.index.outcomes import sentence, state_of
    from powerpact.index.records import read_rounds

    chain = open_chain(deployment)
    with chain.reading():
        now = chain.now()
        found = markets.market(chain, market_of(chain, market))
        (record,) = read_rounds(chain, [found])
        auditors = participants.auditors(chain)
    state = state_of(record, now)
    data = {
        "market": f"0x{found.id.hex()}",
        "opener": found.opener,
        "state": state.value,
        "put_off_to": record.put_off_to or None,
        "now": now,
        "orders": record.posted.order_count,
        "trades": len(record.trades),
        "rules": json.loads(format_rules(found.rules))["rules"],
        "labels": {
            category: {str(code): label for code, label in wording.labels_of(found.rules, category).items()}
            for category in found.rules.categories
        },
    }
    if as_json:
        print_json(data)
        return
    names = names_of(chain)
    known = {markets.endorsers_hash(auditors): f"the auditors: {', '.join(map(names, auditors))}"}
    typer.echo(f"market {data['market']}, opened by {names(found.opener)}")
    typer.echo(sentence(record, state))
    if record.put_off_to:
        typer.echo(f"proposals are taken until {clock(record.put_off_to, now)}: a refutation put that off")
    words = RuleWords(names, lambda time_s: clock(time_s, now), known)
    table(words.rows(found.rules), as_json=False)
