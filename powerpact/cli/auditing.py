"""Commands ``members approve``, ``reject`` and ``suspend``: what auditors do, and ``members admit`` after them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from powerpact.cli.choices import enum_member, with_options, words_of
from powerpact.cli.members import group, permitted
from powerpact.cli.output import read_input
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
    unlock,
)
from powerpact.errors import BadChoice
from powerpact.market import candidates as words
from powerpact.market import wording
from powerpact.market.countries import country_number
from powerpact.market.permissions import CARRIERS, SIDES, most_energy_code

if TYPE_CHECKING:
    Relied = str
    Against = str
    from powerpact.chain.client import Chain
    from powerpact.chain.contracts.motions import Motion, Nomination
    from powerpact.chain.transactions import Mined
    from powerpact.codec.abi import Event
    from powerpact.market.candidates import Candidate
else:
    Relied = words_of("Relied", tuple(words.ApprovalReason))
    Against = words_of("Against", tuple(words.RejectionReason))

MOST_AT_ONCE = 100
"""Candidates that one transaction admits."""


ATTESTED = {
    "tag": (
        Annotated[
            str | None, typer.Option(metavar="HEX", help="The person tag, from `powerpact ca tag` of the authority.")
        ],
        None,
    ),
    "credibility_ppm": (
        Annotated[int | None, typer.Option(min=0, max=1_000_000, help="Attested credit report, ppm.")],
        None,
    ),
    "type": (
        Annotated[str, typer.Option(metavar="TYPE", help=f"What the applicant is: {', '.join(words.USER_TYPES)}.")],
        "prosumer",
    ),
    "may": (
        Annotated[str, typer.Option(metavar="buy,sell", help="What it may do; by default both.")],
        "buy,sell",
    ),
    "carriers": (
        Annotated[
            str, typer.Option(metavar="electricity,…", help="What it may trade, of electricity, heat, cold and gas.")
        ],
        "electricity,heat,cold,gas",
    ),
    "most_energy_wh": (Annotated[int | None, typer.Option(min=1, help="Most energy of one order, Wh.")], None),
    "country": (
        Annotated[
            str | None,
            typer.Option(metavar="XX", help="Country of the legal identity, which the chain tells everybody."),
        ],
        None,
    ),
    "grade": (Annotated[int, typer.Option(min=0, max=7, help="Credit grade, 1 the best; 0: none.")], 0),
    "until": (
        Annotated[str | None, typer.Option(metavar="TIME", help="End of the admission; by default in 2106.")],
        None,
    ),
}
"""What an auditor attests of one candidate: the options of `approve`, by the names of a batch's entries."""


T = TypeVar("T")


def register(_: typer.Typer) -> None:
    """The commands are in the group ``members`` already."""


@group.command()
@with_options(ATTESTED)
def approve(
    account: As,
    said: dict[str, Any],
    applicant: Annotated[str | None, typer.Argument(metavar="[APPLICANT]", help="Who applied.")] = None,
    reason: Annotated[Relied, typer.Option(help="What you relied on.")] = "documents",
    shown: Annotated[
        Path | None, typer.Option(metavar="FILE", help="The attribute set that you were shown, checked by its hash.")
    ] = None,
    batch: Annotated[
        str | None, typer.Option(metavar="FILE", help="Candidates for one motion: a JSON list with the same names.")
    ] = None,
    deployment: Deployed = DEPLOYMENT_FILE,
    as_json: AsJson = False,
) -> None:
    """Vote, as an auditor, to announce candidates: the last vote needed opens the window in which members may object.

    Votes count together that attest the very same. Up to 4 096 candidates share one motion.

    [bold]Example:[/bold] powerpact members approve alice -a ann --tag 0x5f… --credibility-ppm 900000
    """
    from powerpact.chain.contracts import motions

    chain, key = open_chain(deployment), unlock(account)
    if batch is not None:
        found = _candidates_in(chain, batch)
    else:
        found = [_candidate(chain, {"account": applicant, **said}, "")]
        if shown is not None:
            _check_shown(shown, chain.events("ParticipantRegistry", "Applied", applicant=found[0].account)[-1:])
    code = enum_member(words.ApprovalReason, "reason", reason)
    root = motions.root_of(found)
    nominations = motions.nominations(chain)
    is_put_up = any(nomination.root == root for nomination in nominations)
    call = motions.approve(chain, root, code) if is_put_up else motions.nominate(chain, found, code)
    mined = chain.sender(key).send(call)
    who = applicant if batch is None else wording.count(len(found), "candidate")
    data = {"root": f"0x{root.hex()}", "candidates": [someone.account for someone in found], **_votes(chain, mined)}
    told = "; ".join([f"{data['votes']} of {data['threshold']} votes", *_differences(found, nominations)])
    if announced := _announced(chain, mined):
        data |= announced
        told = f"announced as motion {data['motion']}; members may object until {clock(data['ends_at'], chain.now())}"
    done(f"voted for {who}: {told}", [mined], data, as_json=as_json, result=str(data.get("motion", "")))


@group.command()
def reject(
    applicant: Whose,
    account: As,
    reason: Annotated[Against, typer.Option(help="Why; the chain has only this word's code.")],
    deployment: Deployed = DEPLOYMENT_FILE,
    as_json: AsJson = False,
) -> None:
    """Vote, as an auditor, to reject an application.

    [bold]Example:[/bold] powerpact members reject mallory -a ann --reason identity
    """
    from powerpact.chain.contracts import participants

    chain, key, subject = open_chain(deployment), unlock(account), address_of(applicant)
    admission = participants.participant(chain, subject)
    code = enum_member(words.RejectionReason, "reason", reason)
    mined = chain.sender(key).send(participants.reject(chain, subject, admission.application, code))
    data = {"applicant": subject, **_votes(chain, mined)}
    decided = data["votes"] >= data["threshold"]
    told = "rejected" if decided else f"{data['votes']} of {data['threshold']} votes"
    done(f"voted to reject {applicant}: {told}", [mined], data, as_json=as_json)


@group.command()
def suspend(
    participant: Whose,
    account: As,
    until: Annotated[str, typer.Option(metavar="TIME", help="ISO 8601 or Unix seconds, at most 30 days ahead.")],
    reason: Annotated[str, typer.Option(help="The reason, in words.")],
    deployment: Deployed = DEPLOYMENT_FILE,
    as_json: AsJson = False,
) -> None:
    """Vote, as an auditor, to suspend a participant.

    [bold]Example:[/bold] powerpact members suspend mallory -a ann --until 2026-12-01 --reason "tampered meter"
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


@group.command()
def admit(
    motion: Annotated[int, typer.Argument(min=1, help="Number of the motion.")],
    account: As,
    deployment: Deployed = DEPLOYMENT_FILE,
    as_json: AsJson = False,
) -> None:
    """Carry out a motion whose window is over: admit whom members did not refuse, reject whom they did. Anyone may.

    [bold]Example:[/bold] powerpact members admit 1 -a alice
    """
    from powerpact.chain.contracts import motions, participants

    chain, key = open_chain(deployment), unlock(account)
    found = motion_of(chain, motion)
    now = chain.now()
    if now < found.ends_at:
        remedy = f"Run the command again from {clock(found.ends_at, now)} on."
        raise BadChoice("motion", motion, "can still be objected to", remedy=remedy)
    states = participants.participants_at(chain, [someone.account for someone in found.candidates])
    opened = [
        index
        for index, (someone, state) in enumerate(zip(found.candidates, states, strict=True))
        if state.has_applied and state.application == someone.application
    ]
    refused = [index for index in opened if found.objections[index] >= found.quorum]
    admitted = [index for index in opened if index not in refused and found.candidates[index].expiry > now]
    sender = chain.sender(key)
    sent = [sender.send(motions.refuse(chain, found, index)) for index in refused]
    pieces = [admitted[start : start + MOST_AT_ONCE] for start in range(0, len(admitted), MOST_AT_ONCE)]
    sent += [sender.send(motions.admit(chain, found, piece)) for piece in pieces]
    data = {
        "motion": motion,
        "admitted": [found.candidates[index].account for index in admitted],
        "refused": [found.candidates[index].account for index in refused],
    }
    told = f"{len(admitted)} admitted, {len(refused)} refused by members"
    done(f"motion {motion}: {told if opened else 'nothing is left to do'}", sent, data, as_json=as_json)


def _differences(found: Sequence[Candidate], nominations: Sequence[Nomination]) -> list[str]:
    """How what others put up of the same people differs: only votes for the very same count together."""
    told = []
    for someone in found:
        for other in (other for nomination in nominations for other in nomination.candidates):
            if other.account != someone.account or other.application != someone.application:
                continue
            names = [name for name in someone.__slots__ if getattr(someone, name) != getattr(other, name)]
            said = ", ".join(f"{name} {_said(getattr(other, name))}" for name in names)
            if said:
                told.append(f"another auditor voted for {said}: agree on one, only the very same count together")
    return told


def _said(value: Any) -> str:
    return f"0x{value.hex()}" if isinstance(value, bytes) else str(value)


def motion_of(chain: Chain, number: int) -> Motion:
    """A motion to admit candidates.

    Raises
    ------
    BadChoice
        If there is none with this number.
    """
    from powerpact.chain.contracts import motions

    found = motions.motion(chain, number)
    if found is None:
        raise BadChoice("motion", number, "is not known", remedy="`powerpact members motions` lists them.")
    return found


def _candidates_in(chain: Chain, file: str) -> list[Candidate]:
    """The candidates of a file."""
    try:
        entries = json.loads(read_input(file))
    except ValueError as error:
        raise BadChoice("batch", file, f"is not JSON: {error}", remedy="Write a JSON list of candidates.") from error
    if not isinstance(entries, list) or not entries:
        raise BadChoice("batch", file, "is no list of candidates", remedy='Write [{"account": …, "tag": …}, …].')
    return [_candidate(chain, entry, f"[{i}].") for i, entry in enumerate(entries)]


def _candidate(chain: Chain, entry: Any, place: str) -> Candidate:
    """The candidate of an entry, for the open application of its account."""
    from powerpact.chain.contracts import participants

    if not isinstance(entry, dict):
        raise BadChoice(f"{place}candidate", entry, "is no object", remedy="Name account, tag and credibility_ppm.")
    for name in ("account", "tag", "credibility_ppm"):
        if entry.get(name) is None:
            raise BadChoice(f"{place}{name}", "nothing", "is missing", remedy=f"Give the {name} of the candidate.")
    subject = address_of(entry["account"])
    state = participants.participant(chain, subject)
    if not state.has_applied:
        remedy = "The applicant runs `powerpact members apply` first."
        raise BadChoice(f"{place}account", entry["account"], "has not applied", remedy=remedy)
    try:
        tag = bytes.fromhex(str(entry["tag"]).removeprefix("0x"))
    except ValueError:
        raise BadChoice(f"{place}tag", entry["tag"], "is not hex", remedy="Write 0x and 64 digits.") from None
    until, most_wh = entry.get("until"), entry.get("most_energy_wh")
    return words.Candidate(
        account=subject,
        application=state.application,
        tag=tag,
        credibility_ppm=int(entry["credibility_ppm"]),
        permissions=permitted(str(entry.get("may", "buy,sell")), SIDES, f"{place}may")
        | permitted(str(entry.get("carriers", "electricity,heat,cold,gas")), CARRIERS, f"{place}carriers"),
        user_type=_named(words.USER_TYPES, str(entry.get("type", "prosumer")), f"{place}type"),
        grade=int(entry.get("grade", 0)),
        expiry=words.LATEST_EXPIRY if until is None else parse_time(str(until)),
        most_energy=0 if most_wh is None else most_energy_code(int(most_wh)),
        country=0 if entry.get("country") is None else country_number(str(entry["country"]), f"{place}country"),
    )


def _named(names: Mapping[str, T], text: str, field: str) -> T:
    if text not in names:
        raise BadChoice(field, text, "is not known", remedy=f"Choose from {', '.join(names)}.")
    return names[text]


def _announced(chain: Chain, mined: Mined) -> dict[str, int]:
    """The motion that a vote announced, and when its window ends, Unix seconds; empty if it needs more votes."""
    found = [event.arguments for event in chain.decode(mined) if event.name == "MotionAnnounced"]
    return {"motion": found[0]["motion"], "ends_at": found[0]["endsAt"]} if found else {}


def _votes(chain: Chain, mined: Mined) -> dict[str, Any]:
    """How many votes there are for what was voted for, and how many decide."""
    from powerpact.chain.contracts import participants

    votes = chain.event(mined, "VoteCast").arguments["votes"]
    return {"votes": votes, "threshold": participants.threshold(chain)}


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
