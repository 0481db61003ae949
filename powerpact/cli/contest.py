"""Commands of the contest: ``round endorse``, ``round seal``, ``round finalize`` and ``watch``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from powerpact.cli.rounds import group
from powerpact.cli.session import (
    DEPLOYMENT_FILE,
    IN_POINTS,
    As,
    AsJson,
    Deployed,
    MarketId,
    address_of,
    clock,
    done,
    market_of,
    open_chain,
    tell,
    unlock,
)
from powerpact.errors import BadChoice
from powerpact.market.wording import parse_money, points

if TYPE_CHECKING:
    from eth_typing import ChecksumAddress

LEAST_REWARD_UPOINTS = 50_000
MOST_ORDERS = 200_000
"""As in `powerpact.agent.watch`, which is slow to load."""

ProposalId = Annotated[int, typer.Argument(metavar="PROPOSAL", min=1, help="Number of the proposal.")]


def register(app: typer.Typer) -> None:
    """Add the commands to the application; those of ``round`` are in its group already."""
    app.command()(watch)


@group.command()
def endorse(proposal: ProposalId, account: As, deployment: Deployed = DEPLOYMENT_FILE, as_json: AsJson = False) -> None:
    """Check a proposal as a watcher would, and sign it. Nothing is sent; give what is printed to the agent.

    [bold]Example:[/bold] powerpact round endorse 3 -a ann
    """
    from powerpact.agent.watch import require_right
    from powerpact.chain.contracts import rounds

    chain, key = open_chain(deployment), unlock(account)
    judged = require_right(chain, proposal)
    text = f"{key.address}:0x{rounds.endorse(chain, key, judged.state, judged.chunks).hex()}"
    data = {"proposal": proposal, "endorsement": text}
    done(f"endorsed proposal {proposal}", [], data, as_json=as_json, result=text)


@group.command()
def seal(
    proposal: ProposalId,
    account: As,
    endorser: Annotated[
        list[str] | None,
        typer.Option(metavar="WHO", help="An endorser of the market, in the order of its rules; repeatable."),
    ] = None,
    endorsement: Annotated[
        list[str] | None,
        typer.Option(metavar="ADDRESS:SIGNATURE", help="What `powerpact round endorse` printed; repeatable."),
    ] = None,
    deployment: Deployed = DEPLOYMENT_FILE,
    as_json: AsJson = False,
) -> None:
    """Seal your proposal with the market's bond, from your account, and its endorsements.

    From then on anyone may challenge it.

    [bold]Example:[/bold] powerpact round seal 3 -a agent --endorser ann --endorser bea --endorsement 0x5f…:0x1c…
    """
    from powerpact.chain.contracts import rounds

    chain, key = open_chain(deployment), unlock(account)
    endorsers = [address_of(text) for text in endorser or []]
    endorsements = sorted(_endorsement(text, endorsers) for text in endorsement or [])
    mined = chain.sender(key).send(rounds.seal(chain, proposal, endorsers, endorsements))
    final_from = rounds.proposal(chain, proposal).final_from
    what = f"proposal {proposal} is active; it can be made final from {clock(final_from, chain.now())} on"
    done(what, [mined], {"proposal": proposal, "final_from": final_from}, as_json=as_json, result=str(proposal))


@group.command()
def finalize(market: MarketId, account: As, deployment: Deployed = DEPLOYMENT_FILE, as_json: AsJson = False) -> None:
    """Make a round final once its challenge window has passed. Anyone may call this.

    [bold]Example:[/bold] powerpact round finalize 0x5f3a -a alice
    """
    from powerpact.agent import Agent
    from powerpact.chain.contracts import rounds

    chain, key = open_chain(deployment), unlock(account)
    id_ = market_of(chain, market)
    mined = Agent(chain, chain.sender(key)).finalize(id_)
    final = rounds.final_of(chain, id_)
    what = f"proposal {final} is final" if final else "no proposal has passed its challenge window yet"
    data = {"market": f"0x{id_.hex()}", "proposal": final or None}
    done(what, [mined] if mined else [], data, as_json=as_json, result=str(final))


def watch(
    account: As,
    once: Annotated[bool, typer.Option("--once", help="Check the active proposals once, then exit.")] = False,
    poll_s: Annotated[float, typer.Option("--poll", metavar="SECONDS", min=0.1, help="Pause between two looks.")] = 2.0,
    market: Annotated[
        list[str] | None,
        typer.Option(metavar="MARKET", help="Watch this market alone, or its first digits; repeatable. Default: all."),
    ] = None,
    least_reward: Annotated[
        str,
        typer.Option(
            metavar="AMOUNT",
            help=f"Leave a false proposal alone whose challenge earns less, {IN_POINTS}; "
            "a challenge uses about 150 000 gas.",
        ),
    ] = f"{points(LEAST_REWARD_UPOINTS)} points",
    most_orders: Annotated[
        int,
        typer.Option("--most-orders", metavar="COUNT", min=1, help="Leave a round with more orders and trades alone."),
    ] = MOST_ORDERS,
    commit: Annotated[
        bool,
        typer.Option("--commit", help="Write down a hash before each challenge: then copying it does not take all."),
    ] = False,
    deployment: Deployed = DEPLOYMENT_FILE,
    as_json: AsJson = False,
) -> None:
    """Watch proposals and refute the false ones, for a share of the agent's bond. Can be stopped and restarted.

    Who sends a refutation gets an eighth of the agent's bond, and a second eighth unless somebody committed to it
    before. A challenge can be copied before it is executed: with --commit a hash is written down a block earlier, which
    is worth the second eighth whoever sends the refutation. It is collected a day later, by whatever watch runs then.

    Every active proposal is checked by the independent verifier against the orders' own terms, and looked at again
    until its round is final. Whatever goes wrong is reported and tried again. Ctrl-C ends it.

    [bold]Example:[/bold] powerpact watch -a wendy --least-reward 0.2
    """
    from powerpact.agent.watch import Watcher

    least_reward_upoints = parse_money(least_reward, "least-reward", least=0)
    chain, key = open_chain(deployment), unlock(account)
    watcher = Watcher(
        chain,
        chain.sender(key),
        tell,
        markets=[market_of(chain, text) for text in market] if market else None,
        least_reward_upoints=least_reward_upoints,
        most_orders=most_orders,
        commits=commit,
    )
    if not once:
        watcher.run(poll_s=poll_s)
    found = watcher.look()
    data = {"refuted": [challenge.proposal for challenge in found], "not_examined": watcher.not_examined()}
    left = f", {len(data['not_examined'])} not examined" if data["not_examined"] else ""
    what = f"{len(found)} proposals refuted{left}"
    done(what, [challenge.mined for challenge in found], data, as_json=as_json, result=str(len(found)))
    if data["not_examined"]:
        raise typer.Exit(1)


def _endorsement(text: str, endorsers: list[ChecksumAddress]) -> tuple[int, bytes]:
    """Seat and signature."""
    who, _, signature = text.partition(":")
    try:
        return endorsers.index(address_of(who)), bytes.fromhex(signature.removeprefix("0x"))
    except ValueError as error:
        raise BadChoice(
            "endorsement", text, "is not ADDRESS:SIGNATURE of an endorser", remedy="Name every --endorser too."
        ) from error
