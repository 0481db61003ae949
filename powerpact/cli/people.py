"""Commands of people and their admission: ``account``, ``apply``, ``approve``, ``reject``, ``suspend``, ``leave``."""

from __future__ import annotations

import json
import secrets
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from powerpact.cli.output import read_input, write_output
from powerpact.cli.session import (
    DEPLOYMENT_FILE,
    As,
    AsJson,
    Deployed,
    address_of,
    ask_password,
    clock,
    done,
    open_chain,
    parse_time,
    table,
    unlock,
)
from powerpact.errors import BadChoice

if TYPE_CHECKING:
    from powerpact.codec.abi import Event

Reason = Annotated[str, typer.Option(help="The reason, in words.")]
Subject = Annotated[str, typer.Argument(metavar="WHO", help="Account, by name or address.")]

group = typer.Typer(help="Keys, each in an encrypted file.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add the commands to the application."""
    app.add_typer(group, name="account")
    for command in (apply, approve, reject, suspend, leave):
        app.command()(command)


@group.command()
def new(name: Annotated[str, typer.Argument(help="What to call it.")], as_json: AsJson = False) -> None:
    """Make a new key.

    The password comes from the terminal, from the file in POWERPACT_PASSWORD_FILE, or from the file descriptor in
    POWERPACT_PASSWORD_FD; the encrypted file goes to POWERPACT_HOME, by default ~/.powerpact.

    [bold]Example:[/bold] powerpact account new alice
    """
    from powerpact.keystore import Keystore

    address = Keystore.default().create(name, ask_password(name, is_new=True))
    done(f"made account {name}", [], {"name": name, "address": address}, as_json=as_json, result=address)


@group.command("list")
def list_accounts(as_json: AsJson = False) -> None:
    """List the accounts of the keystore.

    [bold]Example:[/bold] powerpact account list
    """
    from powerpact.keystore import Keystore

    names = Keystore.default().names()
    table(({"name": name, "address": address} for name, address in names.items()), as_json=as_json)


def apply(
    account: As,
    attribute: Annotated[
        list[str] | None, typer.Option(metavar="KEY=VALUE", help="What you tell the auditors; repeatable.")
    ] = None,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", metavar="FILE", help="Where the attribute set goes.")
    ] = None,
    deployment: Deployed = DEPLOYMENT_FILE,
    as_json: AsJson = False,
) -> None:
    """Apply for admission: the chain gets a salted hash, the auditors get the file.

    [bold]Example:[/bold] powerpact apply -a alice --attribute type=prosumer --attribute zone=fontana
    """
    from powerpact.chain.contracts import participants

    chain, key = open_chain(deployment), unlock(account)
    attributes = dict(_pair(text) for text in attribute or ())
    salt = secrets.token_bytes(32)
    hashed = participants.attributes_hash(attributes, salt)
    mined = chain.sender(key).send(participants.apply(chain, hashed))
    file = output or Path(f"{account}.application.json")
    write_output(str(file), json.dumps({"attributes": attributes, "salt": f"0x{salt.hex()}"}, indent=2) + "\n")
    number = chain.event(mined, "Applied").arguments["application"]
    data = {"applicant": key.address, "application": number, "hash": f"0x{hashed.hex()}", "file": str(file)}
    done(f"applied; show {file} to the auditors", [mined], data, as_json=as_json, result=key.address)


def approve(
    applicant: Subject,
    account: As,
    credibility_ppm: Annotated[int, typer.Option(min=0, max=1_000_000, help="Attested credit report, ppm.")],
    shown: Annotated[
        Path | None, typer.Option(metavar="FILE", help="The attribute set that you were shown, checked by its hash.")
    ] = None,
    deployment: Deployed = DEPLOYMENT_FILE,
    as_json: AsJson = False,
) -> None:
    """Vote, as an auditor, to admit an applicant.

    [bold]Example:[/bold] powerpact approve alice -a auditor-ann --credibility-ppm 900000 --shown alice.application.json
    """
    from powerpact.chain.contracts import participants

    chain, key, subject = open_chain(deployment), unlock(account), address_of(applicant)
    admission = participants.participant(chain, subject)
    if shown is not None:
        _check_shown(shown, chain.events("ParticipantRegistry", "Applied", applicant=subject)[-1:])
    mined = chain.sender(key).send(participants.approve(chain, subject, admission.application, credibility_ppm))
    status = participants.participant(chain, subject).status.name.lower()
    done(f"voted to admit {applicant}: {status}", [mined], {"applicant": subject, "status": status}, as_json=as_json)


def reject(
    applicant: Subject, account: As, reason: Reason, deployment: Deployed = DEPLOYMENT_FILE, as_json: AsJson = False
) -> None:
    """Vote, as an auditor, to reject an applicant.

    [bold]Example:[/bold] powerpact reject mallory -a auditor-ann --reason "the address does not exist"
    """
    from powerpact.chain.contracts import participants

    chain, key, subject = open_chain(deployment), unlock(account), address_of(applicant)
    admission = participants.participant(chain, subject)
    mined = chain.sender(key).send(participants.reject(chain, subject, admission.application, reason))
    status = participants.participant(chain, subject).status.name.lower()
    done(f"voted to reject {applicant}: {status}", [mined], {"applicant": subject, "status": status}, as_json=as_json)


def suspend(
    participant: Subject,
    account: As,
    until: Annotated[str, typer.Option(metavar="TIME", help="ISO 8601 or Unix seconds, at most 30 days ahead.")],
    reason: Reason,
    deployment: Deployed = DEPLOYMENT_FILE,
    as_json: AsJson = False,
) -> None:
    """Vote, as an auditor, to suspend a participant.

    [bold]Example:[/bold] powerpact suspend mallory -a auditor-ann --until 2026-12-01 --reason "tampered meter"
    """
    from powerpact.chain.contracts import participants

    chain, key, subject = open_chain(deployment), unlock(account), address_of(participant)
    end = parse_time(until)
    mined = chain.sender(key).send(participants.suspend(chain, subject, end, reason))
    ends = participants.participant(chain, subject).suspended_until
    found = f"suspended until {clock(ends)}" if ends == end else "more votes are needed"
    data = {"participant": subject, "suspended_until": ends}
    done(f"voted to suspend {participant}: {found}", [mined], data, as_json=as_json)


def leave(account: As, deployment: Deployed = DEPLOYMENT_FILE, as_json: AsJson = False) -> None:
    """Leave the market: the first call announces it, and the same command completes it once the notice has run.

    [bold]Example:[/bold] powerpact leave -a alice
    """
    from powerpact.chain.contracts import participants

    chain, key = open_chain(deployment), unlock(account)
    is_leaving = participants.participant(chain, key.address).status is participants.Status.LEAVING
    call = participants.complete_exit(chain) if is_leaving else participants.request_exit(chain)
    mined = chain.sender(key).send(call)
    what = "left the market" if is_leaving else "announced the exit; run the command again after the notice"
    done(what, [mined], {"participant": key.address}, as_json=as_json)


def _pair(text: str) -> tuple[str, str]:
    key, separator, value = text.partition("=")
    if not separator or not key:
        raise BadChoice("attribute", text, "is not KEY=VALUE", remedy="Write, for instance, type=prosumer.")
    return key, value


def _check_shown(shown: Path, applied: Sequence[Event]) -> None:
    """The file that an auditor was shown must be what the applicant committed to."""
    from powerpact.chain.contracts import participants

    try:
        data = json.loads(read_input(str(shown)))
        hashed = participants.attributes_hash(data["attributes"], bytes.fromhex(data["salt"].removeprefix("0x")))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise BadChoice(
            "attribute set", shown, f"cannot be read: {error!r}", remedy="Ask for the file again."
        ) from error
    committed = [event.arguments["attributesHash"] for event in applied]
    if committed != [hashed]:
        raise BadChoice("attribute set", shown, "is not what the applicant committed to", remedy="Do not admit.")
