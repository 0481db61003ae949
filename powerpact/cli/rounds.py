"""Commands ``round``, ``settle`` and ``refund``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from powerpact.cli.output import STANDARD_STREAM, progress, write_output
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
    tell,
    unlock,
)
from powerpact.market.wording import count

if TYPE_CHECKING:
    from powerpact.agent import Cleared, Settled

group = typer.Typer(help="Rounds: from gate closure to the final proposal.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add the commands to the application."""
    app.add_typer(group, name="round")
    app.command()(settle)
    app.command()(refund)
    group.command()(decide)
    group.command()(certify)


@group.command()
def close(
    market: MarketId,
    wait: Annotated[bool, typer.Option("--wait/--no-wait", help="Wait for the gate to close.")] = True,
    deployment: Deployed = DEPLOYMENT_FILE,
    as_json: AsJson = False,
) -> None:
    """Wait for gate closure, which comes by itself, and report the set of orders that it fixes.

    [bold]Example:[/bold] powerpact round close 0x5f3a
    """
    from powerpact.agent.errors import GateStillOpen
    from powerpact.agent.gate import wait_for_gate
    from powerpact.chain.contracts import rounds

    chain = open_chain(deployment)
    id_ = market_of(chain, market)
    if wait:
        wait_for_gate(chain, id_, tell)
    posted = rounds.read_round(chain, id_)
    now, closes_at = chain.now(), posted.market.rules.closes_at
    if now < closes_at:
        raise GateStillOpen(id_, closes_at, now)
    sides = [order.side.name for _, order in posted.open_orders()]
    buys, sells = sides.count("BUY"), sides.count("SELL")
    data = {"market": f"0x{id_.hex()}", "closed_at": closes_at, "buys": buys, "sells": sells}
    sizes = f"{count(buys, 'buy order')} and {count(sells, 'sell order')}"
    what = f"the gate closed at {clock(closes_at, now)} with {sizes}"
    done(what, [], data, as_json=as_json)


@group.command()
def solve(
    market: MarketId,
    output: Annotated[
        str, typer.Option("-o", "--output", metavar="SOLUTION", help="Where the solution goes, - for standard output.")
    ] = STANDARD_STREAM,
    round_file: Annotated[
        str | None, typer.Option("--round", metavar="ROUND", help="Where the round goes, for `powerpact verify`.")
    ] = None,
    deployment: Deployed = DEPLOYMENT_FILE,
) -> None:
    """Read a round from the chain and find its best matching; nothing is sent.

    [bold]Example:[/bold] powerpact round solve 0x5f3a --round round.json -o solution.json
    """
    from powerpact.chain.contracts import rounds

    chain = open_chain(deployment)
    with progress("solving") as step:
        step("reading")
        posted = rounds.read_round(chain, market_of(chain, market))
        mechanism, round_ = posted.mechanism, posted.round()
        solution = mechanism.solve(round_, step)
    if round_file is not None:
        write_output(round_file, mechanism.format_round(round_))
    write_output(output, mechanism.format_solution(solution))
    tell(f"{count(len(solution.trades), 'trade')}, objective {solution.objective} {mechanism.unit}")


@group.command()
def submit(market: MarketId, account: As, deployment: Deployed = DEPLOYMENT_FILE, as_json: AsJson = False) -> None:
    """Solve a round, have it verified, propose it, and prove or seal it; continues where it was interrupted.

    A round that fits into one transaction is final at once. A larger one, in a market with a challenge window, is
    active until its window has passed; then `powerpact round finalize` makes it final.

    [bold]Example:[/bold] powerpact round submit 0x5f3a -a agent
    """
    from powerpact.agent import Agent

    chain, key = open_chain(deployment), unlock(account)
    id_ = market_of(chain, market)
    with progress("submitting") as step:
        cleared = Agent(chain, chain.sender(key), step).clear(id_)
    _show_cleared(id_, cleared, as_json=as_json)


@group.command()
def run(market: MarketId, account: As, deployment: Deployed = DEPLOYMENT_FILE, as_json: AsJson = False) -> None:
    """Act as the agent of a round: wait for the gate, submit, wait for the readings, settle. It can be restarted.

    [bold]Example:[/bold] powerpact round run 0x5f3a -a agent
    """
    from powerpact.agent import Agent

    chain, key = open_chain(deployment), unlock(account)
    settled = Agent(chain, chain.sender(key), tell).run(market_of(chain, market))
    _show_settled(settled, as_json=as_json)


def settle(market: MarketId, account: As, deployment: Deployed = DEPLOYMENT_FILE, as_json: AsJson = False) -> None:
    """Pay the trades whose readings have arrived, and release what did not trade. Anyone may call this.

    [bold]Example:[/bold] powerpact settle 0x5f3a -a alice
    """
    from powerpact.agent import Agent

    chain, key = open_chain(deployment), unlock(account)
    with progress("settling") as step:
        settled = Agent(chain, chain.sender(key), step).settle(market_of(chain, market))
    _show_settled(settled, as_json=as_json)


def refund(market: MarketId, account: As, deployment: Deployed = DEPLOYMENT_FILE, as_json: AsJson = False) -> None:
    """Refund money that nothing else has released. Anyone may call this; the buyers are paid.

    That is undelivered trades from the market's refund time on, and orders of a round that was not final in time.

    [bold]Example:[/bold] powerpact refund 0x5f3a -a alice
    """
    from powerpact.agent import Agent

    chain, key = open_chain(deployment), unlock(account)
    with progress("refunding") as step:
        settled = Agent(chain, chain.sender(key), step).refund(market_of(chain, market))
    _show_settled(settled, as_json=as_json)


def decide(
    market: MarketId,
    account: As,
    device: Annotated[int | None, typer.Option(min=1, help="Id of one device. Default: all of the round.")] = None,
    deployment: Deployed = DEPLOYMENT_FILE,
    as_json: AsJson = False,
) -> None:
    """Say what devices sold in a final round, so that they may sell more of the slot. Anyone may.

    [bold]Example:[/bold] powerpact round decide 0x5f3a --device 3 -a bob
    """
    from powerpact.agent import Agent

    chain, key = open_chain(deployment), unlock(account)
    with progress("deciding") as step:
        mined = Agent(chain, chain.sender(key), step).decide(market_of(chain, market), device)
    decided = sum(event.name == "OrderDecided" for one in mined for event in chain.decode(one))
    done(f"{count(decided, 'order')} decided", tuple(mined), {"decided": decided}, as_json=as_json)


def certify(market: MarketId, account: As, deployment: Deployed = DEPLOYMENT_FILE, as_json: AsJson = False) -> None:
    """Certify to the sellers what refunded, agreed and vetoed trades no longer sell. Anyone may.

    [bold]Example:[/bold] powerpact round certify 0x5f3a -a bob
    """
    from powerpact.agent import Agent

    chain, key = open_chain(deployment), unlock(account)
    with progress("certifying") as step:
        mined = Agent(chain, chain.sender(key), step).certify(market_of(chain, market))
    certified = sum(event.name == "TradeCertified" for one in mined for event in chain.decode(one))
    done(f"{count(certified, 'trade')} certified", tuple(mined), {"certified": certified}, as_json=as_json)


def _show_cleared(market: bytes, cleared: Cleared, *, as_json: bool) -> None:
    solution = cleared.solution
    data = {
        "market": f"0x{market.hex()}",
        "proposal": cleared.proposal,
        "state": cleared.status.name.lower(),
        "final_from": cleared.final_from or None,
        "objective_ppm": solution.objective if solution else None,
        "trades": len(solution.trades) if solution else None,
        "solve_s": round(cleared.solve_s, 3),
        "verify_s": round(cleared.verify_s, 3),
    }
    unit = cleared.posted.mechanism.unit
    found = (
        f": {count(len(solution.trades), 'trade')}, objective {solution.objective} {unit}" if solution else " already"
    )
    what = f"proposal {cleared.proposal} {_status_text(cleared)}{found}"
    done(what, cleared.transactions, data, as_json=as_json, result=str(cleared.proposal))


def _status_text(cleared: Cleared) -> str:
    """The state of a cleared round, in words."""
    from powerpact.chain.contracts.rounds import ProposalStatus

    if cleared.status is ProposalStatus.FINAL:
        return "is final"
    if cleared.status is ProposalStatus.ACTIVE:
        return f"is active and can be made final from {clock(cleared.final_from)} on"
    return f"waits for {count(cleared.posted.market.rules.endorsements, 'endorsement')}"


def _show_settled(settled: Settled, *, as_json: bool) -> None:
    data = {
        "paid": settled.paid,
        "refunded": settled.refunded,
        "released": settled.released,
        "waiting": settled.waiting,
    }
    what = (
        f"{count(settled.paid, 'trade')} paid, {settled.refunded} refunded, "
        f"{count(settled.released, 'order')} released, "
        f"{count(settled.waiting, 'trade')} waiting for readings"
    )
    done(what, settled.transactions, data, as_json=as_json)
