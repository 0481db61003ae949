"""Commands ``members``: join, leave, and the accounts of a member."""

from __future__ import annotations

import json
import secrets
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from powerpact.cli.output import write_output
from powerpact.cli.session import (
    DEPLOYMENT_FILE,
    As,
    AsJson,
    Deployed,
    clock,
    done,
    open_chain,
    tell,
    unlock,
)
from powerpact.errors import BadChoice
from powerpact.market.forms import word_of

if TYPE_CHECKING:
    from eth_typing import ChecksumAddress

    from powerpact.chain.client import Chain
    from powerpact.market.permissions import Permission

group = typer.Typer(help="Members: join, audit, object, leave.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add the commands to the application."""
    app.add_typer(group, name="members")


@group.command()
def apply(
    account: As,
    attribute: Annotated[
        list[str] | None, typer.Option(metavar="KEY=VALUE", help="What you tell the auditors; repeatable.")
    ] = None,
    may: Annotated[str | None, typer.Option(metavar="buy,sell", help="What you would do.")] = None,
    carriers: Annotated[
        str | None,
        typer.Option(metavar="electricity,…", help="What you would trade, of electricity, heat, cold and gas."),
    ] = None,
    country: Annotated[str | None, typer.Option(metavar="XX", help="Your country, two capitals of ISO 3166-1.")] = None,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", metavar="FILE", help="Where the attribute set goes.")
    ] = None,
    deployment: Deployed = DEPLOYMENT_FILE,
    as_json: AsJson = False,
) -> None:
    """Apply for admission, or for its renewal: the chain gets a salted hash, the auditors get the file.

    [bold]Example:[/bold] powerpact members apply -a alice --may buy --carriers heat,gas --attribute zone=fontana
    """
    from powerpact.chain.contracts import participants

    attributes = dict(_pair(text) for text in attribute or ()) | _told(may, carriers, country)
    chain, key = open_chain(deployment), unlock(account)
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


@group.command()
def leave(account: As, deployment: Deployed = DEPLOYMENT_FILE, as_json: AsJson = False) -> None:
    """Leave: the first call announces it, and the same command completes it once the notice has run.

    [bold]Example:[/bold] powerpact members leave -a alice
    """
    from powerpact.chain.contracts import motions, participants

    chain, key = open_chain(deployment), unlock(account)
    is_leaving = participants.participant(chain, key.address).status is participants.Status.LEAVING
    call = participants.complete_exit(chain) if is_leaving else participants.request_exit(chain)
    mined = chain.sender(key).send(call)
    what = "left the market"
    if not is_leaving:
        leaves_at = chain.time_of(mined.block) + motions.rules_of(chain).exit_notice_s
        what = (
            f"announced the exit; run the command again from {clock(leaves_at, chain.now())} on, unless members object"
        )
    done(what, [mined], {"participant": key.address}, as_json=as_json)


@group.command()
def stay(account: As, deployment: Deployed = DEPLOYMENT_FILE, as_json: AsJson = False) -> None:
    """Withdraw the announcement of your exit.

    [bold]Example:[/bold] powerpact members stay -a alice
    """
    from powerpact.chain.contracts import participants

    chain, key = open_chain(deployment), unlock(account)
    mined = chain.sender(key).send(participants.stay(chain))
    done("withdrew the exit", [mined], {"participant": key.address}, as_json=as_json)


@group.command()
def link(
    other: Annotated[str, typer.Argument(metavar="NAME", help="The further account, in the keystore.")],
    account: As,
    deployment: Deployed = DEPLOYMENT_FILE,
    as_json: AsJson = False,
) -> None:
    """Make another account of yours a member's account: both keys sign.

    [bold]Example:[/bold] powerpact members link shop -a alice
    """
    from powerpact.chain.contracts import participants

    chain, key, linked = open_chain(deployment), unlock(account), unlock(other)
    application = participants.participant(chain, linked.address).application + 1
    signature = participants.sign_link(chain, linked, key.address, application)
    mined = chain.sender(key).send(participants.link(chain, linked.address, signature))
    person = chain.event(mined, "Linked").arguments["person"]
    data = {"account": linked.address, "person": person}
    done(f"{other} is an account of member {person}", [mined], data, as_json=as_json)


@group.command()
def unlink(
    other: Annotated[str, typer.Argument(metavar="NAME", help="The further account, a name or an address.")],
    account: As,
    deployment: Deployed = DEPLOYMENT_FILE,
    as_json: AsJson = False,
) -> None:
    """Let a further account be yours no more: the member or the account itself.

    [bold]Example:[/bold] powerpact members unlink shop -a alice
    """
    from powerpact.chain.contracts import participants
    from powerpact.cli.session import address_of

    chain, key, linked = open_chain(deployment), unlock(account), address_of(other)
    mined = chain.sender(key).send(participants.unlink(chain, linked))
    done(f"{other} is no account of a member any more", [mined], {"account": linked}, as_json=as_json)


def _require_may_apply(chain: Chain, account: str, applicant: ChecksumAddress) -> None:
    """Refuse an application that the registry would refuse, with what to do in this very case."""
    from powerpact.chain.contracts.participants import Status, participant

    found = participant(chain, applicant)
    if found.has_applied:
        remedy = "Wait for the auditors and the window of the members; `powerpact members motions` shows both."
        raise BadChoice("account", account, "has applied already", remedy=remedy)
    problems = {
        Status.LEAVING: (
            "is leaving",
            "Complete the exit with `powerpact members leave`, or withdraw it with `powerpact members stay`.",
        ),
        Status.LINKED: ("is an account of a member", "Apply with the member's first account, or unlink this one."),
    }
    if found.status in problems:
        problem, remedy = problems[found.status]
        raise BadChoice("account", account, problem, remedy=remedy)


def permitted(text: str, among: Permission, field: str) -> Permission:
    """The permissions that words name, separated by commas.

    Raises
    ------
    BadChoice
        If a word names none of `among`.
    """
    from powerpact.market.permissions import Permission

    known = {word_of(one): one for one in among}
    found = Permission(0)
    for word in (part.strip() for part in text.split(",")):
        if word not in known:
            raise BadChoice(field, text, f"names {word!r}, which is unknown", remedy=f"Choose from {', '.join(known)}.")
        found |= known[word]
    return found


def _told(may: str | None, carriers: str | None, country: str | None) -> dict[str, str]:
    """What somebody asks to be permitted, and is from, in the words of attribute sets."""
    from powerpact.market.countries import country_number
    from powerpact.market.permissions import CARRIERS, SIDES

    told = {}
    if country is not None:
        country_number(country)  # refuses what is none
        told["country"] = country
    asked = (("may", may, SIDES), ("carriers", carriers, CARRIERS))
    return told | {
        name: ",".join(word_of(one) for one in permitted(text, among, name))
        for name, text, among in asked
        if text is not None
    }


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
