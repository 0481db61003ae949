"""Commands ``certificates`` and ``audit``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from powerpact.cli.names import people_names
from powerpact.cli.output import print_json, progress
from powerpact.cli.session import (
    DEPLOYMENT_FILE,
    As,
    AsJson,
    Deployed,
    Mine,
    Whose,
    address_of,
    clock,
    done,
    names_of,
    open_chain,
    parse_time,
    table,
    unlock,
    utc,
)
from powerpact.market import wording
from powerpact.market.forms import word_of

if TYPE_CHECKING:
    from powerpact.cli.names import Names

group = typer.Typer(help="Green certificates: one per device and slot, in Wh.", no_args_is_help=True)

CertificateId = Annotated[int, typer.Argument(metavar="CERTIFICATE", help="Id of the certificate.")]


def register(app: typer.Typer) -> None:
    """Add the commands to the application."""
    app.add_typer(group, name="certificates")
    app.command()(audit)


@group.command("list")
def list_certificates(
    holder: Annotated[
        str | None, typer.Argument(metavar="[WHO]", help="Only this holder's.", autocompletion=people_names)
    ] = None,
    mine: Mine = False,
    deployment: Deployed = DEPLOYMENT_FILE,
    as_json: AsJson = False,
) -> None:
    """List who holds which certificates.

    [bold]Example:[/bold] powerpact certificates list alice
    """
    from powerpact.chain.contracts import certificates
    from powerpact.keystore import Keystore

    chain = open_chain(deployment)
    wanted = address_of(holder) if holder else None
    own = set(Keystore.default().names().values()) if mine else None
    rows = []
    for (owner, id_), energy_wh in certificates.holdings(chain).items():
        if wanted in (None, owner) and (own is None or owner in own):
            device, slot = certificates.lot_of(id_)
            rows.append(
                {
                    "certificate": str(id_),
                    "device": device,
                    "slot": utc(slot.start),
                    "slot_start": slot.start,
                    "length_s": slot.length_s,
                    "holder": owner,
                    "energy_wh": energy_wh,
                }
            )
    names = names_of(chain)

    def shown(row: Mapping[str, Any]) -> dict[str, Any]:
        slot = f"{clock(row['slot_start'])}, {wording.span(row['length_s'])}"
        return {
            "certificate": row["certificate"],
            "device": row["device"],
            "slot": slot,
            "holder": names(row["holder"]),
            "energy": f"{row['energy_wh']} Wh",
        }

    table(rows, as_json=as_json, shown=shown)


@group.command()
def trace(certificate: CertificateId, deployment: Deployed = DEPLOYMENT_FILE, as_json: AsJson = False) -> None:
    """Trace a certificate: the device and slot that it comes from, the signed readings, and who held it.

    [bold]Example:[/bold] powerpact certificates trace 4722370441113272429296
    """
    from powerpact.chain.contracts import certificates, devices, meters
    from powerpact.chain.errors import NotOnChain

    chain = open_chain(deployment)
    device_id, slot = certificates.lot_of(certificate)
    moved = [transfer for transfer in certificates.transfers(chain) if transfer.id == certificate]
    if not moved:
        raise NotOnChain(f"certificate {certificate}", remedy="List them with `powerpact certificates list`.")
    device = devices.device(chain, device_id)
    measured = meters.measured_in(chain, slot)[device_id]
    exported_wh = meters.energy_of(chain, device_id, slot, measured)
    places = [f"{batch}:{index}" for reading, (batch, index, _) in measured if reading.start_at < slot.end]
    retired = chain.events("GreenCertificates", "Retired", id=certificate)
    data: dict[str, Any] = {
        "certificate": str(certificate),
        "device": device_id,
        "owner": device.owner,
        "source": device.source,
        "source_label": wording.source(device.source),
        "carrier": word_of(device.carrier),
        "slot_start": slot.start,
        "slot_length_s": slot.length_s,
        "exported_wh": exported_wh,
        "readings": places,
        "transfers": [
            {
                "from": None if transfer.source == certificates.NOBODY else transfer.source,
                "to": None if transfer.target == certificates.NOBODY else transfer.target,
                "energy_wh": transfer.energy_wh,
                "transaction": transfer.transaction_hash,
            }
            for transfer in moved
        ],
        "retired": [
            {key: event.arguments[key] for key in ("holder", "beneficiary", "energy", "purpose")} for event in retired
        ],
    }
    if as_json:
        print_json(data)
    else:
        _show_trace(data, names_of(chain))


def _show_trace(data: Mapping[str, Any], name: Names) -> None:
    """Where a certificate comes from and who held it, in words."""
    length = wording.span(data["slot_length_s"])
    typer.echo(
        f"device {data['device']} of {name(data['owner'])}: {data['carrier']} from {data['source_label']}, "
        f"slot {clock(data['slot_start'])}, {length}"
    )
    places = data["readings"]
    typer.echo(f"exported {data['exported_wh']} Wh, signed reading{'s' * (len(places) != 1)} {', '.join(places)}")
    for entry in data["transfers"]:
        if entry["from"] is None:
            moved = f"minted to {name(entry['to'])}"
        elif entry["to"] is None:
            moved = f"retired by {name(entry['from'])}"
        else:
            moved = f"from {name(entry['from'])} to {name(entry['to'])}"
        typer.echo(f"{entry['energy_wh']} Wh {moved}, transaction {entry['transaction']}")
    for entry in data["retired"]:
        typer.echo(f"{entry['energy']} Wh retired for {name(entry['beneficiary'])}: {entry['purpose']}")


@group.command()
def issue(
    device: Annotated[int, typer.Argument(metavar="DEVICE", min=1, help="Id of the device.")],
    slot: Annotated[str, typer.Option(help="Start of the slot, ISO 8601 or Unix seconds.")],
    account: As,
    length: Annotated[
        int | None, typer.Option(metavar="SECONDS", min=1, help="Length of the slot; by default the longest.")
    ] = None,
    deployment: Deployed = DEPLOYMENT_FILE,
    as_json: AsJson = False,
) -> None:
    """Turn what a device exported beyond all that it sold of a slot into certificates of its owner.

    [bold]Example:[/bold] powerpact certificates issue 1 --slot 2026-01-01T12:00Z -a bob
    """
    from powerpact.chain.contracts import certificates, meters
    from powerpact.chain.errors import NotOnChain
    from powerpact.market.slots import Slot

    chain, key = open_chain(deployment), unlock(account)
    length_s = chain.deployment.parameters.longest_slot_s if length is None else length
    wanted = Slot(parse_time(slot), length_s)
    measured = meters.measured_in(chain, wanted).get(device)
    if measured is None:
        what = f"a reading of device {device} for each interval from {clock(wanted.start)}"
        raise NotOnChain(what, remedy="Report them with `powerpact meter report`.")
    mined = chain.sender(key).send(meters.issue(chain, wanted, measured))
    id_ = certificates.id_of(device, wanted)
    data = {
        "certificate": str(id_),
        "device": device,
        "exported_wh": sum(reading.exported_wh for reading, _ in measured),
    }
    done(f"issued certificate {id_}", [mined], data, as_json=as_json, result=str(id_))


@group.command()
def retire(
    certificate: CertificateId,
    energy_wh: Annotated[int, typer.Argument(metavar="WH", min=1, help="Energy, Wh.")],
    account: As,
    beneficiary: Annotated[str | None, typer.Option(metavar="WHO", help="For whom; by default the sender.")] = None,
    purpose: Annotated[str, typer.Option(help="What for, in words.")] = "own consumption",
    deployment: Deployed = DEPLOYMENT_FILE,
    as_json: AsJson = False,
) -> None:
    """Retire energy of a certificate permanently.

    [bold]Example:[/bold] powerpact certificates retire 4722370441113272429296 900 -a alice --purpose "my own use"
    """
    from powerpact.chain.contracts import certificates

    chain, key = open_chain(deployment), unlock(account)
    whom = address_of(beneficiary) if beneficiary else key.address
    mined = chain.sender(key).send(certificates.retire(chain, certificate, energy_wh, whom, purpose))
    data = {"certificate": str(certificate), "energy_wh": energy_wh, "beneficiary": whom}
    done(f"retired {energy_wh} Wh for {names_of(chain)(whom)}", [mined], data, as_json=as_json)


@group.command()
def transfer(
    certificate: CertificateId,
    energy_wh: Annotated[int, typer.Argument(metavar="WH", min=1, help="Energy, Wh.")],
    to: Whose,
    account: As,
    deployment: Deployed = DEPLOYMENT_FILE,
    as_json: AsJson = False,
) -> None:
    """Give energy of a certificate to another holder.

    [bold]Example:[/bold] powerpact certificates transfer 4722370441113272429296 500 bob -a alice
    """
    from powerpact.chain.contracts import certificates

    chain, key, target = open_chain(deployment), unlock(account), address_of(to)
    mined = chain.sender(key).send(certificates.transfer(chain, key.address, target, certificate, energy_wh))
    left_wh = certificates.balance_of(chain, key.address, certificate)
    data = {"certificate": str(certificate), "energy_wh": energy_wh, "to": target, "left_wh": left_wh}
    done(f"gave {energy_wh} Wh of the certificate to {to}, {left_wh} Wh left", [mined], data, as_json=as_json)


def audit(deployment: Deployed = DEPLOYMENT_FILE, as_json: AsJson = False) -> None:
    """Check every conservation law against the chain, from its events and its state. Exit code 1 if one is broken.

    [bold]Example:[/bold] powerpact audit
    """
    from powerpact.audit import audit as check

    chain = open_chain(deployment)
    with progress("auditing") as step:
        findings = check(chain, step)
    rows = [
        {
            "law": finding.law,
            "holds": finding.holds,
            "sentence": finding.sentence,
            "detail": "; ".join(finding.faults) or finding.detail,
        }
        for finding in findings
    ]
    if as_json:
        print_json(rows)
    else:
        _show_findings(rows)
    if not all(finding.holds for finding in findings):
        raise typer.Exit(1)


def _show_findings(rows: Sequence[Mapping[str, Any]]) -> None:
    """What an audit found, a paragraph for each law."""
    for row in rows:
        typer.echo(f"{row['law']} {'holds' if row['holds'] else 'IS BROKEN'}: {row['sentence']}")
        if row["detail"]:
            typer.echo(f"  {row['detail']}")
    broken = [row["law"] for row in rows if not row["holds"]]
    told = f"broken: {', '.join(broken)}" if broken else "all hold"
    typer.echo(f"{wording.count(len(rows), 'law')} checked, {told}")
