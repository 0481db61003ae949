"""Commands ``device`` and ``meter``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from powerpact.cli.choices import enum_member, words_of
from powerpact.cli.names import account_names
from powerpact.cli.session import (
    DEPLOYMENT_FILE,
    As,
    AsJson,
    Deployed,
    Mine,
    clock,
    done,
    names_of,
    open_chain,
    parse_time,
    table,
    tell,
    unlock,
    unlock_device,
)
from powerpact.market.forms import word_of
from powerpact.market.schema import Carrier, DeviceKind, EnergySource

if TYPE_CHECKING:
    from powerpact.chain.client import Chain
    from powerpact.chain.contracts.meters import SignedReading
    from powerpact.codec.devicekeys import DeviceKey

devices_group = typer.Typer(help="Meters and other devices.", no_args_is_help=True)
meter_group = typer.Typer(help="Readings that devices sign, and files of meters.", no_args_is_help=True)

DeviceId = Annotated[int, typer.Argument(metavar="DEVICE", help="Id of the device.")]
KeyName = Annotated[
    str,
    typer.Option(
        "--key",
        metavar="NAME",
        help="Account of the keystore that is the device's key, of either curve.",
        autocompletion=account_names,
    ),
]
ExportedWh = Annotated[int, typer.Option(min=0, help="Energy fed into the network, Wh.")]
ImportedWh = Annotated[int, typer.Option(min=0, help="Energy drawn from the network, Wh.")]
ContentSeen = Annotated[
    str | None,
    typer.Option(
        metavar="HASH", help="Content of the device you looked at, of `device list`; by default as it is now."
    ),
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

    chain, owner, device_key = open_chain(deployment), unlock(account), unlock_device(key)
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
def certify(
    device: DeviceId,
    account: As,
    content: ContentSeen = None,
    deployment: Deployed = DEPLOYMENT_FILE,
    as_json: AsJson = False,
) -> None:
    """Vote, as an auditor, to certify a device: the one that is shown, whatever gets its number later.

    [bold]Example:[/bold] powerpact device certify 1 -a auditor-ann
    """
    from powerpact.chain.contracts import devices, participants

    chain, key = open_chain(deployment), unlock(account)
    voted = content_seen(chain, device, content)
    mined = chain.sender(key).send(devices.certify(chain, device, voted))
    is_certified = devices.device(chain, device).certified
    votes, threshold = chain.event(mined, "CertificationVoted").arguments["votes"], participants.threshold(chain)
    what = f"voted for device {device}: {'certified' if is_certified else f'{votes} of {threshold} votes'}"
    counted = {"votes": votes, "threshold": threshold}
    data = {"device": device, "content": f"0x{voted.hex()}", "certified": is_certified, **counted}
    done(what, [mined], data, as_json=as_json)


@devices_group.command()
def decertify(
    device: DeviceId,
    account: As,
    reason: Annotated[str, typer.Option(help="The reason, in words; auditors who name another do not add up.")],
    content: ContentSeen = None,
    deployment: Deployed = DEPLOYMENT_FILE,
    as_json: AsJson = False,
) -> None:
    """Vote, as an auditor, to take a certified device out of service permanently.

    [bold]Example:[/bold] powerpact device decertify 1 -a auditor-ann --reason "the seal is broken"
    """
    from powerpact.chain.contracts import devices

    chain, key = open_chain(deployment), unlock(account)
    voted = content_seen(chain, device, content)
    mined = chain.sender(key).send(devices.decertify(chain, device, voted, reason))
    is_over = devices.device(chain, device).decertified
    what = f"voted to decertify device {device}: {'decertified' if is_over else 'more votes needed'}"
    data = {"device": device, "content": f"0x{voted.hex()}", "decertified": is_over}
    done(what, [mined], data, as_json=as_json)


@devices_group.command()
def retire(device: DeviceId, account: As, deployment: Deployed = DEPLOYMENT_FILE, as_json: AsJson = False) -> None:
    """Take a device out of service permanently.

    [bold]Example:[/bold] powerpact device retire 1 -a alice
    """
    from powerpact.chain.contracts import devices

    chain, key = open_chain(deployment), unlock(account)
    mined = chain.sender(key).send(devices.retire(chain, device))
    done(f"retired device {device}", [mined], {"device": device}, as_json=as_json)


@devices_group.command()
def exchange(
    device: DeviceId,
    account: As,
    key: KeyName,
    capacity_wh: Annotated[
        int | None, typer.Option(help="Most energy in one base interval, Wh; by default the old device's.")
    ] = None,
    anyway: Annotated[
        bool, typer.Option("--anyway", help="Also if the old device still has energy to deliver or to draw.")
    ] = False,
    deployment: Deployed = DEPLOYMENT_FILE,
    as_json: AsJson = False,
) -> None:
    """Put a new meter in a device's place: bind it on the same terms, with a key of its own, and retire the old one.

    Report what the old meter measured first. The auditors certify the new device; it counts from its own readings.

    [bold]Example:[/bold] powerpact device exchange 1 -a alice --key new-meter
    """
    from powerpact.chain.contracts import devices
    from powerpact.devices import Exchange

    chain, owner, new_key = open_chain(deployment), unlock(account), unlock_device(key)
    planned = Exchange.planned(chain, device, owner.address, new_key.address, capacity_wh)
    if planned.promised and not anyway:
        raise planned.refusal()
    tell(f"device {device}: last reading of the interval from {clock(planned.last_start)}")
    sender = chain.sender(owner)
    mined = []
    if not planned.new_id:
        signature = devices.sign_binding(chain, new_key, owner.address, planned.description)
        mined.append(sender.send(devices.add(chain, new_key.address, planned.description, signature)))
    new_id = planned.new_id or devices.added_id(chain, mined[0])
    mined.append(sender.send(devices.retire(chain, device)))
    what = f"retired device {device}, added device {new_id} in its place; have the auditors certify it"
    data = {"retired": device, "device": new_id, "key": new_key.address}
    done(what, mined, data, as_json=as_json, result=str(new_id))


@devices_group.command("list")
def list_devices(mine: Mine = False, deployment: Deployed = DEPLOYMENT_FILE, as_json: AsJson = False) -> None:
    """List all devices.

    [bold]Example:[/bold] powerpact device list --mine
    """
    from powerpact.chain.contracts import devices
    from powerpact.keystore import Keystore
    from powerpact.market import wording

    def row(id_: int, found: devices.Device) -> dict[str, object]:
        return {
            "device": id_,
            "owner": found.owner,
            "kind": word_of(found.kind),
            "carrier": word_of(found.carrier),
            "source": found.source,
            "subnet": found.subnet,
            "capacity_wh": found.capacity_wh,
            "state": found.state,
            "content": f"0x{found.content(id_).hex()}",
        }

    chain = open_chain(deployment)
    found, names = devices.all_devices(chain), names_of(chain)
    own = set(Keystore.default().names().values()) if mine else None
    rows = (row(id_, device) for id_, device in found.items() if own is None or device.owner in own)
    table(
        rows,
        as_json=as_json,
        shown=lambda row: {**row, "owner": names(row["owner"]), "source": wording.source(row["source"])},
    )


@meter_group.command()
def report(
    account: As,
    key: KeyName,
    slot: Annotated[str, typer.Option(metavar="TIME", help="Start of the slot, ISO 8601 or Unix seconds.")],
    exported_wh: ExportedWh,
    imported_wh: ImportedWh = 0,
    deployment: Deployed = DEPLOYMENT_FILE,
    as_json: AsJson = False,
) -> None:
    """Sign a reading with the device's key and report it; counters continue from the last reading.

    [bold]Example:[/bold] powerpact meter report -a alice --key alice-meter --slot 2026-11-21T12:00Z --exported-wh 1400
    """
    from powerpact.chain.contracts import meters
    from powerpact.devices import Meter

    chain, sender_key, device_key = open_chain(deployment), unlock(account), unlock_device(key)
    id_ = device_with(chain, key, device_key)
    signed = Meter.resumed(chain, device_key, id_).measure(parse_time(slot), exported_wh, imported_wh)
    mined = chain.sender(sender_key).send(meters.report(chain, [signed]))
    batch = chain.event(mined, "ReadingsReported").arguments["batch"]
    data = {"device": id_, "batch": batch, "reading": signed.reading.message()}
    done(f"reported {exported_wh} Wh out, {imported_wh} Wh in, of device {id_}", [mined], data, as_json=as_json)


@meter_group.command()
def correct(
    key: KeyName,
    slot: Annotated[str, typer.Option(metavar="TIME", help="Start of the interval, ISO 8601 or Unix seconds.")],
    exported_wh: ExportedWh,
    imported_wh: ImportedWh = 0,
    account: Annotated[
        str | None,
        typer.Option(
            "--account",
            "-a",
            metavar="NAME",
            envvar="POWERPACT_ACCOUNT",
            help="Account of the keystore that sends; nobody with --output.",
            autocompletion=account_names,
        ),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FILE", help="Sign it into a new file, and send nothing."),
    ] = None,
    deployment: Deployed = DEPLOYMENT_FILE,
    as_json: AsJson = False,
) -> None:
    """Say again what was measured in a reported interval, inside its correction window; both versions are kept.

    Money is paid on the first version that was measured; what the owner keeps is certified by the last one. A file is
    sent by `powerpact meter publish` and a bridge.

    [bold]Example:[/bold] powerpact meter correct -a alice --key alice-meter --slot 2026-11-21T12:00Z --exported-wh 1350
    """
    from powerpact.devices.correction import Correction
    from powerpact.errors import BadChoice

    if account is None and output is None:
        raise BadChoice("account", "nobody", "cannot send", remedy="Name who sends with -a, or a new file with -o.")
    chain, device_key = open_chain(deployment), unlock_device(key)
    id_ = device_with(chain, key, device_key)
    correction = Correction.planned(chain, device_key, id_, parse_time(slot), exported_wh, imported_wh)
    reading = correction.signed.reading
    data = {"device": id_, "reading": reading.message()}
    what = f"{exported_wh} Wh out, {imported_wh} Wh in, of device {id_}: version {reading.version}"
    if output is not None:
        _sign_into(output, correction.signed)
        done(f"signed {what}", [], data, as_json=as_json)
    elif account is not None:
        mined = chain.sender(unlock(account)).send(correction.call(chain))
        done(f"corrected {what}", [mined], data, as_json=as_json)


def _sign_into(output: Path, signed: SignedReading) -> None:
    """A new file with one reading: one that a meter continues would go on with the counters of a correction."""
    from powerpact.devices.log import append_log
    from powerpact.errors import BadChoice

    if output.exists():
        raise BadChoice("output", str(output), "exists already", remedy="Name a new file.")
    append_log(output, [signed])


def device_with(chain: Chain, name: str, key: DeviceKey) -> int:
    """The device of a key, which the user calls by this name."""
    from powerpact.chain.contracts import devices
    from powerpact.errors import BadChoice

    id_ = devices.device_of(chain, key.address)
    if id_ == 0:
        raise BadChoice("key", name, "belongs to no device", remedy="Add the device first: `powerpact device add`.")
    return id_


def content_seen(chain: Chain, device: int, seen: str | None) -> bytes:
    """What somebody votes for or accepts: the content that was seen, or that of the device, which is shown."""
    from powerpact.chain.contracts import devices
    from powerpact.errors import BadChoice

    found = devices.device(chain, device)
    content = found.content(device)
    tell(
        f"device {device}: {found.kind.name.lower()} of {found.owner} with key {found.key}, "
        f"{found.carrier.name.lower()}, source {found.source}, subnet {found.subnet}, "
        f"at most {found.capacity_wh} Wh; content 0x{content.hex()}"
    )
    if seen is None:
        return content
    try:
        named = bytes.fromhex(seen.removeprefix("0x"))
    except ValueError:
        named = b""
    if len(named) != 32:
        raise BadChoice(
            "content", seen, "is not a hash of 32 bytes", remedy="Copy it from `powerpact device list --json`."
        )
    return named
