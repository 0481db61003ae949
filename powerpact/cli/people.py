"""Commands of people and their admission: ``apply``, ``approve``, ``reject``, ``suspend``, ``leave``."""

from __future__ import annotations

import json
import secrets
from collections.abc import Sequence
from dataclasses import replace
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
    clock,
    done,
    open_chain,
    parse_time,
    tell,
    unlock,
)
from powerpact.errors import BadChoice

if TYPE_CHECKING:
    from powerpact.codec.abi import Event

Reason = Annotated[str, typer.Option(help="The reason, in words.")]
Subject = Annotated[str, typer.Argument(metavar="WHO", help="Account, by name or address.")]


def register(app: typer.Typer) -> None:
    """Add the commands to the application."""
    for command in (apply, approve, reject, suspend, leave):
        app.command()(command)


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
    file, sender = output or Path(f"{account}.application.json"), chain.sender(key)
    with sender.turn():
        salt = _salt_in(file, attributes) or secrets.token_bytes(32)
        hashed = participants.attributes_hash(attributes, salt)
        call = participants.apply(chain, hashed)
        if not any(outgoing.purpose == call.purpose for outgoing, _ in sender.left):
            call = replace(call, estimated_gas=sender.estimate(call))  # a file is written only for what is not refused
            _write_application(file, attributes, salt)
        mined = sender.send(call)
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
    with chain.as_of(mined):
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
    with chain.as_of(mined):
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
    with chain.as_of(mined):
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


def _salt_in(file: Path, attributes: dict[str, str]) -> bytes | None:
    """The salt of an application for the same attributes, which an earlier command wrote and perhaps did not send."""
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
        return bytes.fromhex(found["salt"].removeprefix("0x")) if found["attributes"] == attributes else None
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def _write_application(file: Path, attributes: dict[str, str], salt: bytes) -> None:
    """Write an application before it is sent: without its salt nobody could show what it says."""
    from powerpact.chain.filing import keep_aside

    if file.is_file() and _salt_in(file, attributes) is None:
        tell(f"{file} says something else; it is kept as {keep_aside(file)}")
    write_output(str(file), json.dumps({"attributes": attributes, "salt": f"0x{salt.hex()}"}, indent=2) + "\n")


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
