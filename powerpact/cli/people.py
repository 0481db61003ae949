"""Commands of people and their admission: ``apply``, ``approve``, ``reject``, ``suspend``, ``leave``."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from powerpact.cli.output import read_input, write_output
from powerpact.cli.session import (
    DEPLOYMENT_FILE,
    As,
    AsJson,
    Deployed,
    Whose,
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
    from eth_typing import ChecksumAddress

    from powerpact.chain.client import Chain
    from powerpact.chain.transactions import Mined
    from powerpact.codec.abi import Event

Reason = Annotated[str, typer.Option(help="The reason, in words.")]


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
            _require_may_apply(chain, account, key.address)
            call = replace(call, estimated_gas=sender.estimate(call))  # a file is written only for what is not refused
            _write_application(file, attributes, salt)
        mined = sender.send(call)
    number = chain.event(mined, "Applied").arguments["application"]
    data = {"applicant": key.address, "application": number, "hash": f"0x{hashed.hex()}", "file": str(file)}
    done(f"applied; show {file} to the auditors", [mined], data, as_json=as_json, result=key.address)


def approve(
    applicant: Whose,
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
    data = {"applicant": subject, "status": status, **_votes(chain, mined)}
    told = status
    if status == "applied":
        votes = participants.votes_to_admit(chain, subject, admission.application)
        data["votes_by_credibility_ppm"] = {str(ppm): number for ppm, number in sorted(votes.items())}
        told = _votes_text(data["votes"], data["threshold"], credibility_ppm, votes)
    done(f"voted to admit {applicant}: {told}", [mined], data, as_json=as_json)


def reject(
    applicant: Whose, account: As, reason: Reason, deployment: Deployed = DEPLOYMENT_FILE, as_json: AsJson = False
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
    data = {"applicant": subject, "status": status, **_votes(chain, mined)}
    same = f"{data['votes']} of {data['threshold']} votes for this very reason; the others must give the same"
    done(f"voted to reject {applicant}: {same if status == 'applied' else status}", [mined], data, as_json=as_json)


def suspend(
    participant: Whose,
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
    data = {"participant": subject, "suspended_until": ends, **_votes(chain, mined)}
    needed = f"{data['votes']} of {data['threshold']} votes for this very end and reason; the others must give the same"
    decided = data["votes"] >= data["threshold"]
    found = f"suspended until {clock(ends, chain.now())}" if decided else f"more votes are needed: {needed}"
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


def _votes(chain: Chain, mined: Mined) -> dict[str, Any]:
    """How many votes there are for what was voted for, and how many decide."""
    from powerpact.chain.contracts import participants

    votes = chain.event(mined, "VoteCast").arguments["votes"]
    return {"votes": votes, "threshold": participants.threshold(chain)}


def _votes_text(votes: int, threshold: int, credibility_ppm: int, counted: Mapping[int, int]) -> str:
    """How far an application is, and what others voted for."""
    others = [
        f"{'another auditor' if number == 1 else f'{number} other auditors'} voted for {ppm}"
        for ppm, number in sorted(counted.items())
        if ppm != credibility_ppm
    ]
    told = "; ".join([f"{votes} of {threshold} votes for {credibility_ppm}", *others])
    return f"{told}. Only votes for the same credibility count together: agree on one." if others else told


def _require_may_apply(chain: Chain, account: str, applicant: ChecksumAddress) -> None:
    """Refuse an application that the registry would refuse, with what to do in this very case."""
    from powerpact.chain.contracts.participants import Status, participant

    status = participant(chain, applicant).status
    problems = {
        Status.APPLIED: (
            "has applied already",
            "Wait for the auditors' votes; `powerpact balance` shows when you are admitted.",
        ),
        Status.ACTIVE: ("is admitted already", "Nothing to do: deposit points, or look at `powerpact market list`."),
        Status.LEAVING: ("is leaving", "Complete the exit with `powerpact leave`, then apply again."),
    }
    if status in problems:
        problem, remedy = problems[status]
        raise BadChoice("account", account, problem, remedy=remedy)


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
