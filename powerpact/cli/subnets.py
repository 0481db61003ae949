"""Commands ``subnet``: subnets of devices, whether their exchanges agree with what is inside, and flags if not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from powerpact.cli.output import print_json
from powerpact.cli.session import (
    DEPLOYMENT_FILE,
    As,
    AsJson,
    Deployed,
    clock,
    done,
    open_chain,
    parse_time,
    table,
    unlock,
)
from powerpact.errors import BadChoice
from powerpact.market import wording
from powerpact.market.forms import word_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from powerpact.chain.client import Chain
    from powerpact.chain.contracts.subnets import Flag, RaisedFlag
    from powerpact.market.slots import Slot
    from powerpact.market.subnets import Reconciliation

group = typer.Typer(
    help="Subnets of devices, and whether their exchanges agree with what is inside.", no_args_is_help=True
)

Number = Annotated[int, typer.Argument(metavar="SUBNET", min=1, help="Number of the subnet.")]
SlotStart = Annotated[str, typer.Option("--slot", metavar="TIME", help="Start of the slot, ISO 8601 or Unix seconds.")]
Length = Annotated[
    int | None, typer.Option(metavar="SECONDS", min=1, help="Length of the slot; by default the longest.")
]


def register(app: typer.Typer) -> None:
    """Add the commands to the application."""
    app.add_typer(group, name="subnet")


@group.command("list")
def list_subnets(deployment: Deployed = DEPLOYMENT_FILE, as_json: AsJson = False) -> None:
    """List the subnets: what each hangs under, its exchange, and by how much that may differ.

    [bold]Example:[/bold] powerpact subnet list
    """
    from powerpact.chain.contracts import devices, subnets

    chain = open_chain(deployment)
    found, known = subnets.subnets(chain), devices.all_devices(chain)
    rows = (
        {
            "subnet": subnet.number,
            "parent": subnet.parent,
            "level": subnet.level,
            "exchange": subnet.exchange,
            "carrier": word_of(known[subnet.exchange].carrier),
            "tolerance_ppm": subnet.tolerance_ppm,
            "floor_wh": subnet.floor_wh,
            "revision": subnet.revision,
        }
        for subnet in found.values()
    )
    table(rows, as_json=as_json)


@group.command()
def show(subnet: Number, deployment: Deployed = DEPLOYMENT_FILE, as_json: AsJson = False) -> None:
    """Show a subnet: its exchange, its meters, the subnets that hang under it, and the flags of its slots.

    [bold]Example:[/bold] powerpact subnet show 7
    """
    from powerpact.chain.contracts import devices, subnets
    from powerpact.market.subnets import children_of

    chain = open_chain(deployment)
    found, tree = subnets.subnet(chain, subnet), subnets.subnets(chain)
    carrier = devices.device(chain, found.exchange).carrier
    below = [other for other in tree.values() if other.parent == subnet]
    inside = children_of(subnet, tree, subnets.meters(chain), carrier, chain.now())
    data: dict[str, Any] = {
        "subnet": subnet,
        "parent": found.parent,
        "level": found.level,
        "exchange": found.exchange,
        "carrier": word_of(carrier),
        "tolerance_ppm": found.tolerance_ppm,
        "floor_wh": found.floor_wh,
        "revision": found.revision,
        "meters": sorted(set(inside) - {other.exchange for other in below}),
        "subnets": [other.number for other in below],
        "flags": [_flag_row(raised, chain.now()) for raised in subnets.flags(chain, subnet)],
    }
    if as_json:
        print_json(data)
        return
    place = f"under subnet {found.parent}" if found.parent else "under the root"
    typer.echo(f"subnet {subnet}, {data['carrier']}, level {found.level}, {place}, exchange: device {found.exchange}")
    typer.echo(f"tolerance {found.tolerance_ppm} ppm, at least {found.floor_wh} Wh; revision {found.revision}")
    typer.echo(f"meters: {_numbers(data['meters'])}; subnets under it: {_numbers(data['subnets'])}")
    for row in data["flags"]:
        lots = wording.count(len(row["lots"]), "lot")
        typer.echo(
            f"flag {row['flag']}: slot {clock(row['slot_start'])}, {wording.span(row['slot_length_s'])}, {lots}, "
            f"{row['state']} {clock(row['until'])}"
        )


@group.command()
def reconcile(
    subnet: Number,
    slot: SlotStart,
    length: Length = None,
    deployment: Deployed = DEPLOYMENT_FILE,
    as_json: AsJson = False,
) -> None:
    """Hold a subnet's exchange against what is inside, interval by interval. Exit code 1 if they do not agree.

    Where a device has no measured reading, the interval is incomplete, and nothing is said of it.

    [bold]Example:[/bold] powerpact subnet reconcile 7 --slot 2026-11-21T12:00Z
    """
    from powerpact.audit.subnets import reconcile_slot
    from powerpact.market.subnets import Verdict

    chain = open_chain(deployment)
    found = reconcile_slot(chain, subnet, _slot(chain, slot, length))
    table([_interval(each) for each in found], as_json=as_json, shown=_shown)
    if any(each.verdict is Verdict.MISMATCH for each in found):
        raise typer.Exit(1)


@group.command()
def form(
    subnet: Number,
    exchange: Annotated[int, typer.Option(metavar="DEVICE", min=1, help="The exchange that measures it.")],
    account: As,
    parent: Annotated[int, typer.Option(metavar="SUBNET", min=0, help="What it hangs under; by default the root.")] = 0,
    tolerance_ppm: Annotated[
        int, typer.Option(min=0, max=1_000_000, help="What may be missing of all that is measured, ppm.")
    ] = 20_000,
    floor_wh: Annotated[int, typer.Option(min=0, help="What may be missing in any case, Wh.")] = 100,
    deployment: Deployed = DEPLOYMENT_FILE,
    as_json: AsJson = False,
) -> None:
    """Vote, as an auditor, to form a subnet or to change it: k of n for the same content.

    [bold]Example:[/bold] powerpact subnet form 7 --exchange 12 --tolerance-ppm 20000 --floor-wh 100 -a ann
    """
    from powerpact.chain.contracts import subnets
    from powerpact.market.subnets import Subnet

    chain, auditor = open_chain(deployment), unlock(account)
    before = subnets.revision(chain, subnet)
    wanted = Subnet(subnet, parent, exchange, tolerance_ppm, floor_wh, before + 1, level=0)
    mined = chain.sender(auditor).send(subnets.form(chain, wanted))
    is_formed = any(event.name == "SubnetFormed" for event in chain.decode(mined))
    votes = chain.event(mined, "FormingVoted").arguments["votes"]
    data = {"subnet": subnet, "revision": before + is_formed, "votes": votes, "is_formed": is_formed}
    what = f"subnet {subnet} is formed" if is_formed else f"voted to form subnet {subnet}, {_votes(votes)} so far"
    done(what, [mined], data, as_json=as_json)


@group.command()
def flag(
    subnet: Number,
    slot: SlotStart,
    account: As,
    length: Length = None,
    lot: Annotated[
        list[str] | None,
        typer.Option(metavar="CERTIFICATE", help="A lot to hold, repeatable; by default all that there are."),
    ] = None,
    anyway: Annotated[bool, typer.Option("--anyway", help="Also if the readings show no mismatch.")] = False,
    deployment: Deployed = DEPLOYMENT_FILE,
    as_json: AsJson = False,
) -> None:
    """Vote, as an auditor, to flag a slot in which a subnet's exchange does not agree, and to hold certificates.

    k of n vote for the same slot, lots and evidence. The evidence is the hash of what `subnet reconcile` finds:
    auditors who see the same readings vote for the same.

    [bold]Example:[/bold] powerpact subnet flag 7 --slot 2026-11-21T12:00Z -a ann
    """
    from powerpact.audit.subnets import evidence_of, lots_in_doubt, reconcile_slot
    from powerpact.chain.contracts import subnets
    from powerpact.market.subnets import Verdict

    chain, auditor = open_chain(deployment), unlock(account)
    wanted = _slot(chain, slot, length)
    found = reconcile_slot(chain, subnet, wanted)
    if not anyway and all(each.verdict is not Verdict.MISMATCH for each in found):
        raise BadChoice("slot", slot, "shows no mismatch", remedy="Look at it with `powerpact subnet reconcile`.")
    lots = [_lot_id(text) for text in lot] if lot else lots_in_doubt(chain, subnet, wanted)
    if not lots:
        raise BadChoice("slot", slot, "has no certificates that can be held", remedy="Name lots with --lot.")
    doubted = subnets.Flag(subnet, wanted, tuple(sorted(set(lots))), evidence_of(subnet, found))
    mined = chain.sender(auditor).send(subnets.flag(chain, doubted))
    is_held = any(event.name == "SlotFlagged" for event in chain.decode(mined))
    votes = chain.event(mined, "FlagVoted").arguments["votes"]
    data = {**_flag_data(doubted), "votes": votes, "is_held": is_held}
    counted = wording.count(len(doubted.lots), "lot")
    what = f"{counted} held" if is_held else f"voted to hold {counted}, {_votes(votes)} so far"
    done(f"{what}: flag 0x{doubted.hash.hex()}", [mined], data, as_json=as_json, result=f"0x{doubted.hash.hex()}")


@group.command()
def clear(
    flag: Annotated[str, typer.Argument(metavar="FLAG", help="Hash of the flag, or its first hexadecimal digits.")],
    finding: Annotated[str, typer.Option(help="What settles it, in words; auditors vote for its hash.")],
    account: As,
    deployment: Deployed = DEPLOYMENT_FILE,
    as_json: AsJson = False,
) -> None:
    """Vote, as an auditor, to clear a flag, so that its lots are free: k of n for the same finding.

    [bold]Example:[/bold] powerpact subnet clear 0x3fa4 --finding "meter 3 corrected its reading" -a ann
    """
    from eth_utils import keccak

    from powerpact.chain.contracts import subnets

    chain, auditor = open_chain(deployment), unlock(account)
    doubted = _flag_of(chain, flag)
    mined = chain.sender(auditor).send(subnets.clear(chain, doubted, keccak(text=finding)))
    is_cleared = any(event.name == "FlagCleared" for event in chain.decode(mined))
    votes = chain.event(mined, "ClearingVoted").arguments["votes"]
    data = {**_flag_data(doubted), "votes": votes, "is_cleared": is_cleared}
    counted = wording.count(len(doubted.lots), "lot")
    what = f"{counted} free again" if is_cleared else f"voted to free {counted}, {_votes(votes)} so far"
    done(what, [mined], data, as_json=as_json)


def _slot(chain: Chain, start: str, length: int | None) -> Slot:
    from powerpact.market.slots import Slot

    return Slot(parse_time(start), chain.deployment.parameters.longest_slot_s if length is None else length)


def _lot_id(text: str) -> int:
    if not text.isdecimal():
        raise BadChoice("lot", text, "is no id", remedy="List certificates with `powerpact certificates list`.")
    return int(text)


def _flag_of(chain: Chain, text: str) -> Flag:
    """The flag whose hash begins so."""
    from powerpact.chain.contracts import subnets
    from powerpact.chain.errors import NotOnChain

    wanted = text.removeprefix("0x").lower()
    found = {each.flag.hash: each.flag for each in subnets.flags(chain) if each.flag.hash.hex().startswith(wanted)}
    if len(found) != 1:
        raise NotOnChain(f"one flag {text}", remedy="List the flags with `powerpact subnet show`.")
    return next(iter(found.values()))


def _flag_data(doubted: Flag) -> dict[str, Any]:
    return {
        "flag": f"0x{doubted.hash.hex()}",
        "subnet": doubted.subnet,
        "slot_start": doubted.slot.start,
        "slot_length_s": doubted.slot.length_s,
        "lots": [str(lot) for lot in doubted.lots],
        "evidence": f"0x{doubted.evidence.hex()}",
    }


def _flag_row(raised: RaisedFlag, now: int) -> dict[str, Any]:
    state = "cleared" if raised.is_cleared else "held until" if now < raised.until else "over since"
    return {
        **_flag_data(raised.flag),
        "state": state,
        "until": raised.until,
        "transaction": raised.transaction_hash,
    }


def _interval(found: Reconciliation) -> dict[str, Any]:
    return {
        "start": found.start,
        "expected_wh": found.expected_wh,
        "measured_wh": found.measured_wh,
        "difference_wh": found.difference_wh,
        "tolerance_wh": found.tolerance_wh,
        "missing": list(found.missing),
        "verdict": found.verdict.value,
    }


def _shown(row: Mapping[str, Any]) -> dict[str, Any]:
    return {**row, "start": clock(row["start"]), "missing": _numbers(row["missing"])}


def _numbers(numbers: Sequence[int]) -> str:
    return ", ".join(map(str, numbers)) or "none"


def _votes(count: int) -> str:
    return wording.count(count, "vote")
