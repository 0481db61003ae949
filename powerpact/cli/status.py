"""Command ``round status``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import typer

from powerpact.cli.output import print_json
from powerpact.cli.rounds import group
from powerpact.cli.session import (
    DEPLOYMENT_FILE,
    AsJson,
    Deployed,
    MarketId,
    clock,
    market_of,
    names_of,
    open_chain,
)
from powerpact.market import wording
from powerpact.units import MAX_SCORE_PPM, WH_PER_KWH

if TYPE_CHECKING:
    from powerpact.chain.contracts.rounds import Proposal
    from powerpact.cli.names import Names
    from powerpact.index.outcomes import EndedTrade
    from powerpact.market.rules import Rules


def register(_: typer.Typer) -> None:
    """The command is in the group ``round`` already."""


@group.command()
def status(market: MarketId, deployment: Deployed = DEPLOYMENT_FILE, as_json: AsJson = False) -> None:
    """Show the state of a round.

    [bold]Example:[/bold] powerpact round status 0x5f3a --json
    """
    from powerpact.chain.contracts import markets, rounds
    from powerpact.index.outcomes import RoundState, sentence, state_of, trades_of
    from powerpact.index.records import read_rounds

    chain = open_chain(deployment)
    with chain.reading():
        (record,) = read_rounds(chain, [markets.market(chain, market_of(chain, market))])
        id_, rules, now = record.market.id, record.market.rules, chain.now()
        proposed = rounds.proposals_of(chain, id_)
        found = rounds.proposals(chain, [number for number, _ in proposed])
    state = state_of(record, now)
    stands = any(proposal.status is not rounds.ProposalStatus.REFUTED for proposal in found)
    is_proposed = stands and state is RoundState.CLOSED
    data = {
        "market": f"0x{id_.hex()}",
        "state": "proposed" if is_proposed else state.value,
        "now": now,
        "closes_at": rules.closes_at,
        "final_by": rules.final_by,
        "put_off_to": record.put_off_to or None,
        "refund_from": rules.refund_from,
        "refunded_by": rules.refunded_by,
        "orders": record.posted.order_count,
        "open_orders": sum(1 for _ in record.posted.open_orders()),
        "traded_orders": len(record.traded_wh),
        "proposals": [_proposal_data(*named, state) for named, state in zip(proposed, found, strict=True)],
        "trades": [_trade_data(ended) for ended in trades_of(record)],
    }
    if as_json:
        print_json(data)
        return
    typer.echo(sentence(record, state) + (", a proposal is being made" if is_proposed else ""))
    _show_status(data, rules, names_of(chain), lambda time_s: clock(time_s, now))


def _trade_data(ended: EndedTrade) -> dict[str, Any]:
    """A trade of a final round, as data."""
    from powerpact.index.outcomes import TradeOutcome
    from powerpact.market.orders import id_text

    return {
        "trade": f"0x{ended.id.hex()}",
        "buy": id_text(ended.trade.buy_id),
        "sell": id_text(ended.trade.sell_id),
        "buyer": ended.trade.buyer,
        "seller": ended.trade.seller,
        "energy_wh": ended.trade.energy_wh,
        "price_upoints_per_kwh": ended.trade.price_upoints_per_kwh,
        "state": "locked" if ended.outcome is TradeOutcome.WAITING else "settled",
        "outcome": ended.outcome.value,
    }


def _proposal_data(number: int, agent: str, state: Proposal) -> dict[str, Any]:
    """A proposal of a round, as data."""
    return {
        "proposal": number,
        "agent": agent,
        "objective_ppm": state.objective,
        "bound_ppm": state.bound,
        "trades": state.trade_count,
        "proven_orders": state.proven_rows,
        "final_from": state.final_from,
        "state": state.status.name.lower(),
    }


def _show_status(data: Mapping[str, Any], rules: Rules, names: Names, shown: Callable[[int], str]) -> None:
    """The state of a round, in words."""
    typer.echo(f"gate     {shown(rules.closes_at)}")
    put_off = f", put off to {shown(data['put_off_to'])} by a refutation" if data["put_off_to"] else ""
    typer.echo(f"final by {shown(rules.final_by)}{put_off}")
    typer.echo(f"slot     {shown(rules.slot_start)}, {wording.span(rules.slot_length_s)}")
    of_silent = f" if the seller's meter is silent, else {shown(rules.refunded_by)}" if rules.is_metered else ""
    typer.echo(f"refunds  {shown(rules.refund_from)}{of_silent}")
    traded_wh = sum(trade["energy_wh"] for trade in data["trades"])
    for entry in data["proposals"]:
        final_from = f", final from {shown(entry['final_from'])}" if entry["state"] == "active" else ""
        known_wh = traded_wh if entry["state"] == "final" else 0
        typer.echo(
            f"proposal {entry['proposal']} of {names(entry['agent'])} is {entry['state']}: "
            f"{wording.count(entry['trades'], 'trade')}, {objective_text(rules, entry, known_wh)}, "
            f"{entry['proven_orders']} of {wording.count(data['orders'], 'order')} proven{final_from}"
        )
    for trade in data["trades"]:
        typer.echo(
            f"{trade['sell']} -> {trade['buy']} {trade['energy_wh']} Wh at "
            f"{wording.price(trade['price_upoints_per_kwh'])}, from {names(trade['seller'])} to "
            f"{names(trade['buyer'])}, {trade['outcome']}"
        )


def objective_text(rules: Rules, entry: Mapping[str, Any], traded_wh: int) -> str:
    """The objective of a proposal in words, and whether its dual prices prove it.

    Parameters
    ----------
    rules : Rules
        The market's.
    entry : mapping
        The proposal, as data.
    traded_wh : int
        Energy of its trades, if it is known; else 0.
    """
    from powerpact.market.rules import MarketMechanism, Mode

    objective = entry["objective_ppm"]
    if rules.mechanism is MarketMechanism.CALL:
        worth = f"welfare {wording.money(objective // WH_PER_KWH)}"
    else:
        most = MAX_SCORE_PPM * (entry["trades"] if rules.mode is Mode.ONE_TO_ONE else traded_wh)
        satisfied = f" (both sides satisfied to {wording.share(objective * 10_000 // most * 100)})" if most else ""
        worth = f"objective {objective} {'ppm' if rules.mode is Mode.ONE_TO_ONE else 'ppm · Wh'}{satisfied}"
    return f"{worth}, {'proven best' if objective == entry['bound_ppm'] else 'without a proof'}"
