"""Commands ``device`` and ``meter``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from powerpact.cli.choices import enum_member, words_of
from powerpact.cli.session import DEPLOYMENT_FILE, As, AsJson, Deployed, done, open_chain, parse_time, table, unlock
from powerpact.market.schema import Carrier, DeviceKind, EnergySource

devices_group = typer.Typer(help="Meters and other devices.", no_args_is_help=True)
meter_group = typer.Typer(help="Readings that devices sign.", no_args_is_help=True)

DeviceId = Annotated[int, typer.Argument(metavar="DEVICE", help="Id of the device.")]
KeyName = Annotated[
    str, typer.Option("--key", metavar="NAME", help="Account of the keystore that is the device's key.")
]


if TYPE_CHECKING:
    KindWord = str
    CarrierWord = str
    SourceWord = str
else:
    KindWord = words_of("KindWord", tuple(DeviceKind))
    CarrierWord = words_of("CarrierWord", tuple(Carrier))
    SourceWord = words_of("SourceWord", tuple(EnergySource))


def register(app: typer.Typer) -> None:
    """Add the commands to the application."""
    app.add_typer(devices_group, name="device")
    app.add_typer(meter_group, name="meter")


@devices_group.command()
def add(
    account: As,
    key: KeyName,
    capacity_wh: Annotated[int, typer.Option(help="Most energy in one slot, Wh.")],
    kind: Annotated[KindWord, typer.Option(help="What the device is.")] = "meter",
    carrier: Annotated[CarrierWord, typer.Option(help="What flows.")] = "electricity",
    source: Annotated[SourceWord, typer.Option(help="The energy source behind it.")] = "solar",
    subnet: Annotated[int, typer.Option(help="Local network that it is attached to.")] = 1,
    deployment: Deployed = DEPLOYMENT_FILE,
    as_json: AsJson = False,
) -> None:
    """Bind a device to its owner; the device's key signs, the owner sends.

    [bold]Example:[/bold] powerpact device add -a alice --key alice-meter --capacity-wh 20000
    """
    from powerpact.chain.contracts import devices

    chain, owner, device_key = open_chain(deployment), unlock(account), unlock(key)
    described = devices.Description(
        kind=enum_member(DeviceKind, "kind", kind),
        carrier=enum_member(Carrier, "carrier", carrier),
        source=enum_member(EnergySource, "source", source),
        subnet=subnet,
        capacity_wh=capacity_wh,
    )
    signature = devices.sign_binding(chain, device_key, owner.address, described)
    mined = chain.sender(owner).send(devices.add(chain, device_key.address, described, signature))
    id_ = devices.added_id(chain, mined)
    data = {"device": id_, "owner": owner.address, "key": device_key.address}
    done(f"added device {id_}", [mined], data, as_json=as_json, result=str(id_))


@devices_group.command()
def certify(device: DeviceId, account: As, deployment: Deployed = DEPLOYMENT_FILE, as_json: AsJson = False) -> None:
    """Vote, as an auditor, to certify a device.

    [bold]Example:[/bold] powerpact device certify 1 -a auditor-ann
    """
    from powerpact.chain.contracts import devices

    chain, key = open_chain(deployment), unlock(account)
    mined = chain.sender(key).send(devices.certify(chain, device))
    is_certified = devices.device(chain, device).certified
    what = f"voted for device {device}: {'certified' if is_certified else 'more votes needed'}"
    done(what, [mined], {"device": device, "certified": is_certified}, as_json=as_json)


@devices_group.command()
def retire(device: DeviceId, account: As, deployment: Deployed = DEPLOYMENT_FILE, as_json: AsJson = False) -> None:
    """Take a device out of service permanently.

    [bold]Example:[/bold] powerpact device retire 1 -a alice
    """
    from powerpact.chain.contracts import devices

    chain, key = open_chain(deployment), unlock(account)
    mined = chain.sender(key).send(devices.retire(chain, device))
    done(f"retired device {device}", [mined], {"device": device}, as_json=as_json)


@devices_group.command("list")
def list_devices(deployment: Deployed = DEPLOYMENT_FILE, as_json: AsJson = False) -> None:
    """List all devices.

    [bold]Example:[/bold] powerpact device list --json
    """
    from powerpact.chain.contracts import devices

    def row(id_: int, found: devices.Device) -> dict[str, object]:
        state = "retired" if found.retired else "certified" if found.certified else "not certified"
        return {
            "device": id_,
            "owner": found.owner,
            "kind": found.kind.name.lower(),
            "carrier": found.carrier.name.lower(),
            "source": found.source,
            "subnet": found.subnet,
            "capacity_wh": found.capacity_wh,
            "state": state,
        }

    found = devices.all_devices(open_chain(deployment))
    table((row(id_, device) for id_, device in found.items()), as_json=as_json)


@meter_group.command()
def report(
    account: As,
    key: KeyName,
    slot: Annotated[str, typer.Option(metavar="TIME", help="Start of the slot, ISO 8601 or Unix seconds.")],
    exported_wh: Annotated[int, typer.Option(min=0, help="Energy fed into the network, Wh.")],
    imported_wh: Annotated[int, typer.Option(min=0, help="Energy drawn from the network, Wh.")] = 0,
    deployment: Deployed = DEPLOYMENT_FILE,
    as_json: AsJson = False,
) -> None:
    """Sign a reading with the device's key and report it; counters continue from the last reading.

    [bold]Example:[/bold] powerpact meter report -a alice --key alice-meter --slot 2026-11-21T12:00Z --exported-wh 1400
    """
    from powerpact.chain.contracts import devices, meters
    from powerpact.devices import Meter
    from powerpact.errors import BadChoice

    chain, sender_key, device_key = open_chain(deployment), unlock(account), unlock(key)
    id_ = devices.device_of(chain, device_key.address)
    if id_ == 0:
        raise BadChoice("key", key, "belongs to no device", remedy="Add the device first: `powerpact device add`.")
    signed = Meter.resumed(chain, device_key, id_).measure(parse_time(slot), exported_wh, imported_wh)
    mined = chain.sender(sender_key).send(meters.report(chain, [signed]))
    batch = chain.event(mined, "ReadingsReported").arguments["batch"]
    data = {"device": id_, "batch": batch, "reading": signed.reading._asdict()}
    done(f"reported {exported_wh} Wh out, {imported_wh} Wh in, of device {id_}", [mined], data, as_json=as_json)
