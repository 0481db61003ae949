"""Commands ``meter simulate``, ``meter sunspec`` and ``meter publish``: where signed readings come from.

The first two sign, and write to a file, a broker or standard output; the third sends a file's readings again. A source
has the name of what it reads, and all share the options that say where readings go.
"""

from __future__ import annotations

from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from powerpact.cli.brokers import ACCESS, broker_of
from powerpact.cli.choices import with_options
from powerpact.cli.devices import device_with, meter_group
from powerpact.cli.names import account_names
from powerpact.cli.output import STANDARD_STREAM
from powerpact.cli.session import DEPLOYMENT_FILE, Deployed, open_chain, parse_time, tell, unlock_device
from powerpact.errors import BadChoice

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from powerpact.chain.client import Chain
    from powerpact.chain.contracts.meters import SignedReading
    from powerpact.devices import Meter
    from powerpact.devices.broker import Broker
    from powerpact.devices.simulated import Energies


def register(_: typer.Typer) -> None:
    """Add the commands to the group of `powerpact.cli.devices`."""
    meter_group.command()(simulate)
    meter_group.command()(sunspec)
    meter_group.command()(publish)


Where = Annotated[
    str | None, typer.Option("--broker", metavar="HOST[:PORT]", help="MQTT broker to publish to; with TLS port 8883.")
]
Log = Annotated[
    Path | None,
    typer.Option(
        "--output",
        "-o",
        metavar="FILE",
        help="File of signed readings that is continued: counters go on from its last ones. By default, without a "
        "broker, standard output.",
    ),
]


@with_options(ACCESS)
def simulate(
    said: dict[str, Any],
    key: Annotated[
        list[str],
        typer.Option(metavar="NAME", help="Account that is a device's key; repeatable.", autocompletion=account_names),
    ],
    first: Annotated[str, typer.Option("--slot", metavar="TIME", help="Start of the first interval.")],
    count: Annotated[int, typer.Option("--slots", min=1, help="Base intervals, one after another.")] = 1,
    profiles: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Series of homes (docs/data.md), one each; by default a drawn day."),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Chooses the homes, or varies the drawn day.")] = 0,
    output: Log = None,
    broker: Where = None,
    deployment: Deployed = DEPLOYMENT_FILE,
) -> None:
    """Sign readings of devices that measure what a profile says, and write or publish them.

    [bold]Example:[/bold] powerpact meter simulate --key bob-meter --slot 2026-11-21T12:00Z --slots 24 -o readings.jsonl
    """
    from powerpact.chain.contracts import devices
    from powerpact.devices.simulated import simulated

    sink = None if broker is None else broker_of(broker, said)
    chain = open_chain(deployment)
    length_s = chain.deployment.parameters.base_interval_s
    start = parse_time(first)
    if start % length_s:
        problem = f"is no multiple of the base interval of {length_s} s"
        raise BadChoice("slot", first, problem, remedy=f"Write {start - start % length_s}.")
    meters = _meters(chain, key, output)
    capacities_wh = {meter.device: devices.device(chain, meter.device).capacity_wh for meter in meters}
    energies = _energies(profiles, seed, [meter.device for meter in meters], start, length_s)
    starts = range(start, start + count * length_s, length_s)
    _give(list(simulated(meters, starts, length_s, energies, capacities_wh)), output, sink)


@with_options(ACCESS)
def sunspec(
    said: dict[str, Any],
    address: Annotated[str, typer.Argument(metavar="HOST[:PORT]", help="Inverter or meter; port 502.")],
    key: Annotated[
        str,
        typer.Option(metavar="NAME", help="Account that is the device's key.", autocompletion=account_names),
    ],
    unit: Annotated[int, typer.Option(min=0, max=255, help="Its number on the bus.")] = 1,
    count: Annotated[
        int | None, typer.Option("--slots", min=1, help="End after so many readings; by default go on.")
    ] = None,
    output: Log = None,
    broker: Where = None,
    deployment: Deployed = DEPLOYMENT_FILE,
) -> None:
    """Read an inverter's or meter's registers at the end of each base interval over Modbus, and sign the difference.

    SunSpec models 101 to 103 count what an inverter gives, 201 to 204 what a meter exports and imports.

    [bold]Example:[/bold] powerpact meter sunspec 192.168.1.20 --key bob-meter -o readings.jsonl --broker gateway.local
    """
    from powerpact.devices.sunspec import SunSpec, sampled

    sink = None if broker is None else broker_of(broker, said)
    chain = open_chain(deployment)
    (meter,) = _meters(chain, [key], output)
    with SunSpec.parse(address, unit) as registers:
        tell(f"reads {registers.identity()}")
        readings = sampled(meter, registers, chain.deployment.parameters.base_interval_s, _last_end(meter, output))
        unsent: list[SignedReading] = []
        for signed in islice(readings, count):
            _give([signed], output, None, is_shown=sink is None)
            if sink is not None:
                unsent = _publish_or_keep([*unsent, signed], sink)


@with_options(ACCESS)
def publish(
    said: dict[str, Any],
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Signed readings, of `meter simulate` or `sunspec`.")],
    broker: Annotated[str, typer.Option(metavar="HOST[:PORT]", help="MQTT broker; port 1883, with TLS 8883.")],
    every: Annotated[bool, typer.Option("--all", help="Also what the chain has already.")] = False,
    deployment: Deployed = DEPLOYMENT_FILE,
) -> None:
    """Publish the readings and corrections of a file that the chain lacks, again if need be: none counts twice.

    [bold]Example:[/bold] powerpact meter publish readings.jsonl --broker broker.example --tls --user bob-meter
    """
    from powerpact.devices.log import lacking, read_log

    sink = broker_of(broker, said)
    readings = read_log(file)
    _give(readings if every else lacking(open_chain(deployment), readings), None, sink)


def _meters(chain: Chain, names: Sequence[str], output: Path | None) -> list[Meter]:
    """The meters of some keys; their counters go on from the file's last readings, or from the chain's."""
    from powerpact.devices import Meter
    from powerpact.devices.log import lasts_in, read_log

    lasts = lasts_in(read_log(output)) if output is not None and output.exists() else {}
    found = []
    for name in names:
        key = unlock_device(name)
        id_ = device_with(chain, name, key)
        meter = Meter.resumed(chain, key, id_)
        if id_ in lasts:
            meter.resume(lasts[id_])
        found.append(meter)
    return found


def _last_end(meter: Meter, output: Path | None) -> int | None:
    """End of the last interval in a file, whose counters the meter goes on from; None if there is none."""
    from powerpact.devices.log import lasts_in, read_log

    if output is None or not output.exists():
        return None
    last = lasts_in(read_log(output)).get(meter.device)
    return None if last is None else last.start_at + last.length_s


def _energies(profiles: Path | None, seed: int, ids: Sequence[int], start: int, length_s: int) -> Energies:
    from powerpact.devices.simulated import DrawnDay, FromProfiles
    from powerpact.series.csvfile import read_csv

    if profiles is None:
        return DrawnDay(seed)
    return FromProfiles(read_csv(profiles), ids, start, length_s, seed)


def _publish_or_keep(readings: list[SignedReading], sink: Broker) -> list[SignedReading]:
    """Publish readings; those that the broker does not have yet, for the next time, since the meter counts on."""
    from powerpact.devices.errors import BrokerUnreachable

    try:
        _give(readings, None, sink)
    except BrokerUnreachable as error:
        tell(f"{error}; {len(readings)} readings go with the next one")
        return readings
    return []


def _give(
    readings: Iterable[SignedReading], output: Path | None, sink: Broker | None, *, is_shown: bool = True
) -> None:
    """Write readings down, then publish them; without file and broker print them."""
    from powerpact.codec.readingfile import format_reading
    from powerpact.devices.broker import Publisher
    from powerpact.devices.log import append_log

    readings = list(readings)
    if output is not None and str(output) != STANDARD_STREAM:
        append_log(output, readings)
    elif sink is None and is_shown:
        for signed in readings:
            typer.echo(format_reading(signed.reading, signed.signature))
    if sink is not None:
        publisher = Publisher(sink)
        tell(f"published {publisher.publish(readings)} readings")
        publisher.close()
