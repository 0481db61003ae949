"""Commands ``meter bridge`` and ``meter stored``."""

from __future__ import annotations

import signal
from typing import Annotated, Any

import typer

from powerpact.cli.brokers import ACCESS, broker_of
from powerpact.cli.choices import with_options
from powerpact.cli.devices import meter_group
from powerpact.cli.output import print_json
from powerpact.cli.session import DEPLOYMENT_FILE, As, AsJson, Deployed, open_chain, table, tell, unlock, utc


def register(_: typer.Typer) -> None:
    """Add the commands to the group of `powerpact.cli.devices`."""
    meter_group.command()(bridge)
    meter_group.command()(stored)


WAYS: dict[str, tuple[Any, Any]] = {
    "client_id": (
        Annotated[str, typer.Option(metavar="NAME", help="Under which the broker keeps readings while this is off.")],
        "powerpact-bridge",
    ),
    "confirmations": (Annotated[int, typer.Option(min=0, help="Blocks after which a reading is final.")], 12),
    "patience": (
        Annotated[float, typer.Option(min=0, help="How long a reading waits for the interval before it, s.")],
        900.0,
    ),
    "poll": (Annotated[float, typer.Option(min=0.01, help="Between two looks at what is to be reported, s.")], 2.0),
    "until_idle": (
        Annotated[
            float | None,
            typer.Option(min=0, metavar="SECONDS", help="End once nothing came for so long, and all is final."),
        ],
        None,
    ),
}
"""How the bridge works."""


@with_options(ACCESS | WAYS)
def bridge(
    said: dict[str, Any],
    account: As,
    broker: Annotated[str, typer.Option(metavar="HOST[:PORT]", help="MQTT broker; port 1883, with TLS 8883.")],
    deployment: Deployed = DEPLOYMENT_FILE,
    as_json: AsJson = False,
) -> None:
    """Take signed readings from an MQTT broker and report them to the chain, until Ctrl-C or SIGTERM.

    A reading is acknowledged once it is on the disk, reported in order of its device's intervals, and done once it is
    final. What is left is taken up by the next run. What is refused is listed by `powerpact meter stored --refused`.

    [bold]Example:[/bold] powerpact meter bridge -a gateway --broker broker.example --tls --user bridge
    """
    from powerpact.devices.bridge import Bridge, Options
    from powerpact.index import journal_of

    chosen = Options(said["client_id"], said["confirmations"], said["patience"], said["poll"], said["until_idle"])
    where = broker_of(broker, said)
    chain, key = open_chain(deployment), unlock(account)
    made = Bridge(chain, chain.sender(key), journal_of(chain), where, chosen, tell)
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)  # both signals end the work in the same way
    try:
        made.run()
    finally:
        signal.signal(signal.SIGTERM, before)
    counts, states = made.counts, made.readings.counts()
    came = {"received": counts.received, "new": counts.new, "known": counts.known, "refused": counts.refused}
    if as_json:
        print_json({"came": came, "journal": states})
        return
    tell(f"stopped: {_words(came)}; in the journal {_words(states) or 'nothing'}")


def stored(
    refused: Annotated[bool, typer.Option("--refused", help="List what was refused, with the reasons.")] = False,
    deployment: Deployed = DEPLOYMENT_FILE,
    as_json: AsJson = False,
) -> None:
    """Count the readings that a bridge has in the journal, by state; or list those that it refused.

    [bold]Example:[/bold] powerpact meter stored --refused
    """
    from powerpact.index import journal_of
    from powerpact.store.readings import Readings

    readings = Readings(journal_of(open_chain(deployment)))
    if not refused:
        counts = readings.counts()
        table(({"state": state, "readings": many} for state, many in counts.items()), as_json=as_json)
        return
    rows = (
        {
            "refused_at": at,
            "device": one.device,
            "start_at": one.start_at,
            "reason": one.reason,
            "topic": one.topic,
            "payload": one.payload.decode(errors="backslashreplace"),
        }
        for one, at in readings.refused()
    )
    table(
        rows,
        as_json=as_json,
        shown=lambda row: {
            "refused at": utc(row["refused_at"]),
            "device": row["device"],
            "interval": None if row["start_at"] is None else utc(row["start_at"]),
            "reason": row["reason"],
        },
    )


def _words(counts: dict[str, int]) -> str:
    return ", ".join(f"{many} {name}" for name, many in counts.items())
