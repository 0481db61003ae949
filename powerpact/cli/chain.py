"""Commands ``chain up``, ``chain fund``, ``chain advance`` and ``deploy``."""

from __future__ import annotations

import json
from dataclasses import fields
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from powerpact.cli.output import read_input
from powerpact.cli.session import (
    DEPLOYMENT_FILE,
    As,
    AsJson,
    Deployed,
    address_of,
    clock,
    data_folder,
    done,
    parse_time,
    tell,
    unlock,
)
from powerpact.errors import BadChoice

if TYPE_CHECKING:
    from eth_account.signers.local import LocalAccount

    from powerpact.chain.connection import Connection
    from powerpact.chain.deployment import Deployment, MembershipRules, Parameters
    from powerpact.chain.transactions import Mined

RPC_URL = "http://127.0.0.1:8545"

BLOCK_TIME_S = 1
"""Blocks come by themselves, so that gates close and readings fall due without a transaction."""

Rpc = Annotated[str, typer.Option("--rpc", metavar="URL", envvar="POWERPACT_RPC", help="JSON-RPC of the node.")]


class NodeKind(StrEnum):
    """Programs that a local chain can run on."""

    ANVIL = "anvil"
    GANACHE = "ganache"


group = typer.Typer(help="A local chain for trying things out.", no_args_is_help=True)

CorrectionWindow = Annotated[
    int, typer.Option(min=0, metavar="SECONDS", help="How long readings can be corrected, and are awaited.")
]
HoldTime = Annotated[
    int, typer.Option(min=1, metavar="SECONDS", help="How long auditors can hold certificates, at most 90 days.")
]


def register(app: typer.Typer) -> None:
    """Add the commands to the application."""
    app.add_typer(group, name="chain")
    app.command()(deploy)


@group.command()
def up(
    port: Annotated[int, typer.Option(help="Port at 127.0.0.1.")] = 8545,
    kind: Annotated[NodeKind, typer.Option(help="Program to run.")] = NodeKind.ANVIL,
    fund: Annotated[list[str] | None, typer.Option(metavar="NAME", help="Account that gets ether; repeatable.")] = None,
    state: Annotated[Path | None, typer.Option(metavar="FILE", help="Keep the chain here between runs.")] = None,
) -> None:
    """Start a local chain with a block every second, and keep it running until Ctrl-C.

    [bold]Example:[/bold] powerpact chain up --fund alice --fund bob
    """
    import time

    from powerpact.chain.connection import connect
    from powerpact.chain.local.node import Node

    with Node(kind=kind.value, port=port, state=state, block_time_s=BLOCK_TIME_S) as node:
        _fund(connect(node.rpc_url), fund or [])
        typer.echo(node.rpc_url)
        tell("the chain is up; Ctrl-C stops it")
        while True:
            node.check()
            time.sleep(0.5)


@group.command("fund")
def fund_accounts(
    names: Annotated[list[str], typer.Argument(metavar="NAME...", help="Accounts of the keystore, or addresses.")],
    rpc: Rpc = RPC_URL,
) -> None:
    """Give accounts ether on a local chain.

    [bold]Example:[/bold] powerpact chain fund alice bob
    """
    from powerpact.chain.connection import connect

    _fund(connect(rpc), names)


@group.command()
def advance(
    to: Annotated[str, typer.Argument(metavar="TIME", help="ISO 8601 or Unix seconds.")],
    rpc: Rpc = RPC_URL,
) -> None:
    """Move the time of a local chain forwards.

    [bold]Example:[/bold] powerpact chain advance 2026-11-21T12:00Z
    """
    from powerpact.chain.connection import connect
    from powerpact.chain.local.clock import ChainClock

    clock_ = ChainClock(connect(rpc))
    clock_.advance_to(parse_time(to))
    typer.echo(clock(clock_.now()))


def deploy(
    account: As,
    auditor: Annotated[list[str], typer.Option(metavar="NAME", help="Auditor, name or address; repeatable.")],
    threshold: Annotated[int, typer.Option(help="Votes of auditors that decide.")],
    utility: Annotated[
        str | None, typer.Option(metavar="NAME", help="Who issues points; by default the sender.")
    ] = None,
    base_interval: Annotated[
        int, typer.Option(min=1, metavar="SECONDS", help="Length of the interval of a meter reading.")
    ] = 3_600,
    longest_slot: Annotated[
        int | None,
        typer.Option(metavar="SECONDS", help="Longest delivery slot, at most 255 intervals; by default an hour."),
    ] = None,
    correction_window: CorrectionWindow = 3_600,
    hold_time: HoldTime = 1_209_600,
    membership: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="JSON with windows and quorums of the members; what is left out is usual."),
    ] = None,
    rpc: Rpc = RPC_URL,
    force: Annotated[
        bool, typer.Option("--force", help="If there is a deployment file, give it another name first.")
    ] = False,
    deployment: Deployed = DEPLOYMENT_FILE,
    as_json: AsJson = False,
) -> None:
    """Deploy all contracts and write the deployment file that every command reads.

    A command that was stopped can be run again with the same options: it deploys what is missing.

    [bold]Example:[/bold] powerpact deploy -a utility --auditor ann --auditor ben --threshold 2
    """
    from powerpact.chain.connection import connect
    from powerpact.chain.deployment import INTERVAL_S, MembershipRules, Parameters
    from powerpact.chain.errors import DeploymentExists

    if deployment.exists() and not force:
        raise DeploymentExists(deployment)

    key = unlock(account)
    parameters = Parameters(
        utility=address_of(utility) if utility else key.address,
        auditors=tuple(map(address_of, auditor)),
        threshold=threshold,
        base_interval_s=base_interval,
        longest_slot_s=max(base_interval, INTERVAL_S) if longest_slot is None else longest_slot,
        correction_window_s=correction_window,
        membership=MembershipRules() if membership is None else _membership_in(membership),
        hold_time_s=hold_time,
    )
    web3 = connect(rpc)
    deployed, sent = _deploy(web3, key, parameters, deployment, force=force)
    data = {"file": str(deployment), "chain_id": deployed.chain_id, "addresses": deployed.addresses}
    done(f"deployed to chain {deployed.chain_id}", sent, data, as_json=as_json, result=str(deployment))


def _deploy(
    web3: Connection, key: LocalAccount, parameters: Parameters, file: Path, *, force: bool
) -> tuple[Deployment, list[Mined]]:
    """Deploy what is missing, write the file, and forget what was begun."""
    from powerpact import index
    from powerpact.chain.deploying import deploy as deploy_contracts
    from powerpact.chain.deploying import forget_plan
    from powerpact.chain.filing import keep_aside

    with index.deploying(web3, key, file, data_folder(), tell, force=force) as (sender, folder):
        deployed = deploy_contracts(sender, parameters, lambda name: tell(f"deploying {name}"), folder)
        if file.exists():
            tell(f"the old deployment file is now {keep_aside(file)}")
        deployed.save(file)
        forget_plan(folder)
    return deployed, sender.log.entries


def _membership_in(file: Path) -> MembershipRules:
    """The rules of a file, which names some fields of `MembershipRules`."""
    from powerpact.chain.deployment import MembershipRules

    names = [field.name for field in fields(MembershipRules)]
    try:
        given = json.loads(read_input(str(file)))
        wrong = [name for name, value in given.items() if name not in names or type(value) is not int]
    except (ValueError, AttributeError) as error:
        raise BadChoice("membership", file, f"cannot be read: {error!r}", remedy="Write a JSON object.") from error
    if wrong:
        remedy = f"Give whole numbers for some of {', '.join(names)}."
        raise BadChoice("membership", file, f"has {', '.join(wrong)}", remedy=remedy)
    return MembershipRules(**given)


def _fund(web3: object, names: list[str]) -> None:
    from eth_utils import to_wei

    from powerpact.chain.local.clock import fund as send_ether

    send_ether(web3, map(address_of, names), to_wei(100, "ether"))  # type: ignore[arg-type]
    for name in names:
        tell(f"{name} has 100 ether more")
