"""Commands that change a device: another key, another owner, another record, a key that is not trusted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from powerpact.cli.devices import ContentSeen, DeviceId, KeyName, content_seen, devices_group, meter_group
from powerpact.cli.names import NOBODY, people_names
from powerpact.cli.session import (
    DEPLOYMENT_FILE,
    As,
    AsJson,
    Deployed,
    address_of,
    clock,
    done,
    open_chain,
    parse_time,
    tell,
    unlock,
    unlock_device,
)

if TYPE_CHECKING:
    from powerpact.chain.client import Chain

Anyway = Annotated[bool, typer.Option("--anyway", help="Also if the device still has energy to deliver or to draw.")]


def register(app: typer.Typer) -> None:
    """The commands are in the groups ``device`` and ``meter``."""


@devices_group.command()
def rotate(
    device: DeviceId,
    account: As,
    key: KeyName,
    anyway: Anyway = False,
    deployment: Deployed = DEPLOYMENT_FILE,
    as_json: AsJson = False,
) -> None:
    """Give a device another key, which signs; it sells nothing until the auditors certify it anew.

    [bold]Example:[/bold] powerpact device rotate 1 -a alice --key alice-meter-2
    """
    from powerpact.chain.contracts import devicechanges, devices

    chain, owner, new_key = open_chain(deployment), unlock(account), unlock_device(key)
    found = devices.existing(chain, device)
    _refuse_promised(chain, device, anyway=anyway)
    signature = devicechanges.sign_rotation(chain, new_key, device, owner.address, found.key)
    mined = chain.sender(owner).send(devicechanges.rotate(chain, device, new_key.address, signature))
    start = chain.event(mined, "KeyRotated").arguments["from"]
    what = f"device {device} signs with {key} from {clock(start)} on; have the auditors certify it"
    done(what, [mined], {"device": device, "key": new_key.address, "from": start}, as_json=as_json)


@meter_group.command("exchange")
def exchange_meter(
    device: DeviceId,
    account: As,
    key: KeyName,
    export_counter_wh: Annotated[int, typer.Option(min=0, help="Lifetime export that the new meter begins with, Wh.")],
    import_counter_wh: Annotated[int, typer.Option(min=0, help="Lifetime import that it begins with, Wh.")],
    anyway: Anyway = False,
    deployment: Deployed = DEPLOYMENT_FILE,
    as_json: AsJson = False,
) -> None:
    """Put another meter in place of a device's, or the same one after a reset, and keep the device: a key that signs.

    Readings of intervals from the change on begin with these counters, and are taken once the auditors certified the
    device with its new key. `device exchange` makes another device instead.

    [bold]Example:[/bold] powerpact meter exchange 1 -a alice --key roof-2 --export-counter-wh 0 --import-counter-wh 0
    """
    from powerpact.chain.contracts import devicechanges, devices
    from powerpact.market.readingrules import Opening

    chain, owner, new_key = open_chain(deployment), unlock(account), unlock_device(key)
    found, opening = devices.existing(chain, device), Opening(0, export_counter_wh, import_counter_wh)
    _refuse_promised(chain, device, anyway=anyway)
    signature = devicechanges.sign_exchange(chain, new_key, device, owner.address, found.key, opening)
    sent = chain.sender(owner).send(devicechanges.exchange_meter(chain, device, new_key.address, opening, signature))
    start = chain.event(sent, "MeterExchanged").arguments["from"]
    what = f"device {device} is measured by {key} from {clock(start)} on; have the auditors certify it"
    data = {
        "device": device,
        "key": new_key.address,
        "export_counter_wh": export_counter_wh,
        "import_counter_wh": import_counter_wh,
        "from": start,
    }
    done(what, [sent], data, as_json=as_json)


@devices_group.command()
def distrust(
    device: DeviceId,
    account: As,
    since: Annotated[str, typer.Option(metavar="TIME", help="From when on, ISO 8601 or Unix seconds.")],
    key: Annotated[
        str | None, typer.Option(metavar="ADDRESS", help="The key; by default the one that the device has.")
    ] = None,
    deployment: Deployed = DEPLOYMENT_FILE,
    as_json: AsJson = False,
) -> None:
    """State that a device's key is not trusted from a time on: its owner at once, auditors by k of n votes.

    Readings that it signed of intervals that end later are refused. Only another key brings the device back.

    [bold]Example:[/bold] powerpact device distrust 1 -a alice --since 2026-11-21T12:00Z
    """
    from powerpact.chain.contracts import devicechanges, devices

    chain, sender = open_chain(deployment), unlock(account)
    found = devices.existing(chain, device)
    named, time = address_of(key, is_device_key=True) if key else found.key, parse_time(since)
    state = devicechanges.distrust if found.owner == sender.address else devicechanges.vote_distrust
    mined = chain.sender(sender).send(state(chain, named, time))
    is_stated = any(event.name == "KeyDistrusted" for event in chain.decode(mined))
    what = f"key {named} of device {device} is not trusted from {clock(time)} on"
    if not is_stated:
        what = f"voted that {what}: more votes needed"
    data = {"device": device, "key": named, "since": time, "distrusted": is_stated}
    done(what, [mined], data, as_json=as_json)


@devices_group.command()
def offer(
    device: DeviceId,
    account: As,
    to: Annotated[
        str,
        typer.Option(metavar="NAME", help="Who can accept it; `nobody` withdraws it.", autocompletion=people_names),
    ],
    deployment: Deployed = DEPLOYMENT_FILE,
    as_json: AsJson = False,
) -> None:
    """Offer a device to another participant, who becomes its owner by accepting it.

    [bold]Example:[/bold] powerpact device offer 1 -a alice --to bob
    """
    from eth_utils import to_checksum_address

    from powerpact.chain.contracts import devicechanges

    chain, owner = open_chain(deployment), unlock(account)
    receiver = to_checksum_address(NOBODY) if to == "nobody" else address_of(to)
    mined = chain.sender(owner).send(devicechanges.offer(chain, device, receiver))
    done(f"offered device {device} to {to}", [mined], {"device": device, "to": receiver}, as_json=as_json)


@devices_group.command()
def accept(
    device: DeviceId,
    account: As,
    content: ContentSeen = None,
    anyway: Anyway = False,
    deployment: Deployed = DEPLOYMENT_FILE,
    as_json: AsJson = False,
) -> None:
    """Become the owner of a device that is offered to you; it sells nothing until the auditors certify it anew.

    What its former owner sold is measured and paid to that owner, and you answer for none of it.

    [bold]Example:[/bold] powerpact device accept 1 -a bob
    """
    from powerpact.chain.contracts import devicechanges

    chain, owner = open_chain(deployment), unlock(account)
    seen = content_seen(chain, device, content)
    _refuse_promised(chain, device, anyway=anyway)
    mined = chain.sender(owner).send(devicechanges.accept(chain, device, seen))
    start = chain.event(mined, "DeviceHandedOver").arguments["from"]
    what = f"device {device} is yours from {clock(start)} on; have the auditors certify it"
    done(what, [mined], {"device": device, "owner": owner.address, "from": start}, as_json=as_json)


@devices_group.command()
def describe(
    device: DeviceId,
    account: As,
    power_w: Annotated[int, typer.Option(min=0, help="Greatest power, W.")] = 0,
    grid_id: Annotated[str, typer.Option(help="Its number with the operator of the grid.")] = "",
    zone: Annotated[str, typer.Option(help="Zone, as in the rules of markets.")] = "",
    name: Annotated[str, typer.Option(help="Its name, of which the hash is published.")] = "",
    location: Annotated[str, typer.Option(help="Its location, with a salt; the hash is published.")] = "",
    operational_from: Annotated[str, typer.Option(metavar="TIME", help="When it went into operation.")] = "0",
    certified_until: Annotated[str, typer.Option(metavar="TIME", help="How long the certification is to hold.")] = "0",
    technology: Annotated[int, typer.Option(min=0, max=65_535, help="Code of the technology.")] = 0,
    support: Annotated[int, typer.Option(min=0, max=3, help="Support: 1 investment, 2 production, 3 both.")] = 0,
    deployment: Deployed = DEPLOYMENT_FILE,
    as_json: AsJson = False,
) -> None:
    """Put on record what a device is; its hash is part of what the auditors certify, who do it anew.

    [bold]Example:[/bold] powerpact device describe 1 -a alice --power-w 9900 --technology 10101 --support 1
    """
    from eth_utils import keccak

    from powerpact.chain.contracts import devicechanges

    chain, owner = open_chain(deployment), unlock(account)
    record = devicechanges.Record(
        name_hash=keccak(text=name) if name else bytes(32),
        location_hash=keccak(text=location) if location else bytes(32),
        grid_id=grid_id,
        zone=zone,
        power_w=power_w,
        operational_from=parse_time(operational_from),
        certified_until=parse_time(certified_until),
        technology=technology,
        support=support,
    )
    mined = chain.sender(owner).send(devicechanges.describe(chain, device, record))
    data = {"device": device, "hash": f"0x{record.hash.hex()}"}
    done(f"described device {device}; have the auditors certify it", [mined], data, as_json=as_json)


def _refuse_promised(chain: Chain, device: int, *, anyway: bool) -> None:
    """Say which slots the device has promised, and refuse unless it is to change all the same."""
    from powerpact.devices import promised_refusal, promised_slots

    slots = promised_slots(chain, device)
    if slots and not anyway:
        raise promised_refusal(device, slots)
    if slots:
        tell(f"device {device} promised energy of {len(slots)} slots that are not over")
