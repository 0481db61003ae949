"""Commands ``router``: batches of readings that an energy router commits to, and readings proved from them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from powerpact.cli.devices import KeyName
from powerpact.cli.output import print_json
from powerpact.cli.session import (
    DEPLOYMENT_FILE,
    As,
    AsJson,
    Deployed,
    clock,
    done,
    names_of,
    open_chain,
    parse_time,
    table,
    unlock,
)
from powerpact.errors import BadChoice
from powerpact.market import wording

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from powerpact.chain.transactions import Call
    from powerpact.devices.batch import ReadingBatch

group = typer.Typer(
    help="Batches of readings that an energy router commits to, and readings that are proved from them.",
    no_args_is_help=True,
)

BatchFile = Annotated[
    Path, typer.Argument(metavar="FILE", help="The router's file of signed readings, as `meter simulate -o` writes it.")
]
BatchNumber = Annotated[
    int, typer.Option("--batch", metavar="N", min=1, help="Number of the batch, of `router batches`.")
]


def register(app: typer.Typer) -> None:
    """Add the commands to the application."""
    app.add_typer(group, name="router")


@group.command()
def commit(
    file: BatchFile,
    key: KeyName,
    account: As,
    deployment: Deployed = DEPLOYMENT_FILE,
    as_json: AsJson = False,
) -> None:
    """Commit a router to a file of readings: it signs the root of their Merkle tree, in the order of the lines.

    Keep the file as it is: readings are proved from it. It counts nothing until they are.

    [bold]Example:[/bold] powerpact router commit 2026-11-21.jsonl --key router-key -a alice
    """
    from powerpact.chain.contracts import devices, routers
    from powerpact.devices.batch import ReadingBatch
    from powerpact.devices.errors import BadBatchFile

    chain, sender, router_key = open_chain(deployment), unlock(account), unlock(key)
    router = devices.device_of(chain, router_key.address)
    if router == 0:
        raise BadChoice(
            "key", key, "belongs to no device", remedy="Add it first: `powerpact device add --kind router`."
        )
    found = ReadingBatch.read(file)
    found.require_order()
    count, most = len(found.readings), routers.most_readings(chain)
    if count > most:
        raise BadBatchFile(file, f"has {count} readings, more than the {most} of one batch")
    batch = routers.RouterBatch(router, routers.next_turn(chain, router), count)
    signature = routers.sign_batch(chain, router_key, batch, found.tree.root)
    mined = chain.sender(sender).send(routers.commit(chain, batch, found.tree.root, signature))
    number = chain.event(mined, "BatchCommitted").arguments["number"]
    root = f"0x{found.tree.root.hex()}"
    data = {"batch": number, "router": router, "turn": batch.turn, "readings": count, "root": root}
    done(
        f"router {router} is committed to {wording.count(count, 'reading')}: batch {number}",
        [mined],
        data,
        as_json=as_json,
    )


@group.command()
def prove(
    file: BatchFile,
    number: BatchNumber,
    account: As,
    device: Annotated[int | None, typer.Option(help="Only readings of this device.")] = None,
    slot: Annotated[str | None, typer.Option(metavar="TIME", help="Only readings of this interval.")] = None,
    deployment: Deployed = DEPLOYMENT_FILE,
    as_json: AsJson = False,
) -> None:
    """Report readings of a router's batch, with the proof that they are in it: those that the chain does not have yet.

    [bold]Example:[/bold] powerpact router prove 2026-11-21.jsonl --batch 1 --device 7 --slot 2026-11-21T12:00Z -a bob
    """
    from powerpact.agent.pieces import send_in_pieces
    from powerpact.chain.contracts import meters, routers
    from powerpact.devices.batch import ReadingBatch, untaken

    chain, sender = open_chain(deployment), unlock(account)
    committed, found = routers.batch(chain, number), ReadingBatch.read(file)
    found.require_root(committed)
    places = untaken(chain, found, _wanted(found, device, None if slot is None else parse_time(slot)))

    def prove_part(part: Sequence[int]) -> Call:
        return routers.prove(chain, committed.batch, found.tree, part, [found.readings[place] for place in part])

    mined = send_in_pieces(chain.sender(sender), places, meters.most_readings(chain), prove_part)
    data = {"batch": number, "places": places}
    done(f"proved {wording.count(len(places), 'reading')} of batch {number}", mined, data, as_json=as_json)


@group.command("batches")
def list_batches(deployment: Deployed = DEPLOYMENT_FILE, as_json: AsJson = False) -> None:
    """List the batches that routers committed to: who, how many readings, when.

    [bold]Example:[/bold] powerpact router batches
    """
    from powerpact.chain.contracts import routers

    chain = open_chain(deployment)
    names = names_of(chain)
    rows = (
        {
            "batch": committed.number,
            "router": committed.batch.router,
            "turn": committed.batch.turn,
            "readings": committed.batch.size,
            "committed_at": committed.committed_at,
            "submitter": committed.submitter,
            "root": f"0x{committed.root.hex()}",
            "transaction": committed.transaction_hash,
        }
        for committed in routers.batches(chain)
    )
    table(
        rows,
        as_json=as_json,
        shown=lambda row: {
            **{name: value for name, value in row.items() if name != "transaction"},
            "committed_at": clock(row["committed_at"]),
            "submitter": names(row["submitter"]),
        },
    )


@group.command()
def check(
    file: BatchFile, number: BatchNumber, deployment: Deployed = DEPLOYMENT_FILE, as_json: AsJson = False
) -> None:
    """Check that a file is that of a batch, and that no reading in it differs from what the chain took.

    A reading that differs is evidence: against its device if it signed both, else against the router. Exit code 1 if
    one does, or if the file has another root.

    [bold]Example:[/bold] powerpact router check 2026-11-21.jsonl --batch 1
    """
    from powerpact.chain.contracts import routers
    from powerpact.devices.batch import ReadingBatch, taken_of

    chain = open_chain(deployment)
    committed, found = routers.batch(chain, number), ReadingBatch.read(file)
    same, differing = taken_of(chain, found)
    is_of = found.is_of(committed)
    rows = [
        {
            "place": entry.place,
            "device": entry.committed.device,
            "start": entry.committed.start_at,
            "committed": entry.committed._asdict(),
            "taken": entry.taken._asdict(),
            "transaction": entry.transaction_hash,
            "against": "device" if entry.is_signed else "router",
        }
        for entry in differing
    ]
    if as_json:
        print_json({"batch": number, "is_root": is_of, "taken": sorted(same), "differing": rows})
    else:
        _show(rows, "has the root of" if is_of else "IS NOT THE FILE OF", number, len(found.readings), len(same))
    if differing or not is_of:
        raise typer.Exit(1)


def _wanted(found: ReadingBatch, device: int | None, start: int | None) -> list[int]:
    """Places of the readings of a device and an interval, or of all."""
    places = [
        place
        for place, signed in enumerate(found.readings)
        if device in (None, signed.reading.device) and start in (None, signed.reading.start_at)
    ]
    if not places:
        named = device if device is not None else start
        raise BadChoice("reading", named, "is not in the file", remedy="Name a device and an interval of the file.")
    return places


def _show(rows: Sequence[Mapping[str, Any]], is_what: str, number: int, count: int, taken: int) -> None:
    """What a check found, in words."""
    typer.echo(f"the file {is_what} batch {number}; the chain took {taken} of its {wording.count(count, 'reading')}")
    for row in rows:
        typer.echo(
            f"device {row['device']}, {clock(row['start'])}: committed {_flows(row['committed'])}, "
            f"taken {_flows(row['taken'])}, transaction {row['transaction']}: evidence against the {row['against']}"
        )


def _flows(reading: Mapping[str, int]) -> str:
    return (
        f"{reading['exported_wh']} Wh out ({reading['export_counter_wh']}), "
        f"{reading['imported_wh']} Wh in ({reading['import_counter_wh']})"
    )
