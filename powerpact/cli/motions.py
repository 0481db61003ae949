"""Commands ``members object``, ``motions``, ``history`` and ``committee``: what members can do against auditors."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any

import typer

from powerpact.cli.auditing import motion_of
from powerpact.cli.members import group
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
    names_of,
    open_chain,
    table,
    unlock,
)
from powerpact.errors import BadChoice, MalformedInput
from powerpact.market import candidates as words

if TYPE_CHECKING:
    from powerpact.chain.contracts.motions import Change

OBJECTION_SCHEMA = "powerpact/objection/1"

committee = typer.Typer(help="Who audits: changes of the committee, which members can stop.", no_args_is_help=True)
group.add_typer(committee, name="committee")

Threshold = Annotated[int, typer.Option(min=1, help="Votes that decide afterwards.")]
ChangeNumber = Annotated[int, typer.Argument(min=1, metavar="MOTION", help="Number of the motion on the committee.")]
Number = Annotated[int, typer.Argument(min=1, metavar="NUMBER", help="Of the proposal.")]


def register(_: typer.Typer) -> None:
    """The commands are in the group ``members`` already."""


@group.command("object")
def object_(
    account: As,
    motion: Annotated[int | None, typer.Argument(min=1, metavar="[MOTION]", help="Number of the motion.")] = None,
    candidate: Annotated[str | None, typer.Argument(metavar="[CANDIDATE]", help="To whom: name or address.")] = None,
    leaver: Annotated[
        str | None, typer.Option("--exit", metavar="WHO", help="Object to an exit instead, of somebody who owes.")
    ] = None,
    sign_only: Annotated[
        str | None, typer.Option(metavar="FILE", help="Sign it for `members relay`, and send nothing.")
    ] = None,
    deployment: Deployed = DEPLOYMENT_FILE,
    as_json: AsJson = False,
) -> None:
    """Object, as a member, to a candidate or to an exit. A member objects once a motion.

    [bold]Example:[/bold] powerpact members object 1 mallory -a alice
    """
    from powerpact.chain.contracts import motions

    chain, key = open_chain(deployment), unlock(account)
    if leaver is not None:
        mined = chain.sender(key).send(motions.object_to_exit(chain, address_of(leaver)))
        found = chain.event(mined, "ExitObjected").arguments
        done(f"objected to the exit of {leaver}: {found['objections']} objections", [mined], found, as_json=as_json)
        return
    if motion is None or candidate is None:
        raise BadChoice("motion", motion, "is not enough", remedy="Name motion and candidate, or --exit WHO.")
    running = motion_of(chain, motion)
    index = running.index_of(address_of(candidate))
    if index is None:
        remedy = "`powerpact members motions` shows who is in which motion."
        raise BadChoice("candidate", candidate, f"is not in motion {motion}", remedy=remedy)
    if sign_only is not None:
        signature = motions.sign_objection(chain, key, motion, index)
        entry = {"schema": OBJECTION_SCHEMA, "motion": motion, "candidate": index, "signature": f"0x{signature.hex()}"}
        write_output(sign_only, json.dumps(entry, indent=2) + "\n")
        done(f"signed the objection to {candidate}; nothing is sent", [], entry, as_json=as_json)
        return
    mined = chain.sender(key).send(motions.object_to(chain, motion, index))
    objections = chain.event(mined, "CandidateObjected").arguments["objections"]
    data = {"motion": motion, "candidate": running.candidates[index].account, "objections": objections}
    told = f"{objections} of {running.quorum} objections that refuse"
    done(f"objected to {candidate} in motion {motion}: {told}", [mined], data, as_json=as_json)


@group.command()
def relay(
    files: Annotated[list[str], typer.Argument(metavar="FILE...", help="Signed objections to one candidate.")],
    account: As,
    deployment: Deployed = DEPLOYMENT_FILE,
    as_json: AsJson = False,
) -> None:
    """Bring members' signed objections to the chain; anyone may, and pays for it.

    [bold]Example:[/bold] powerpact members relay alice.objection.json bob.objection.json -a agent
    """
    from powerpact.chain.contracts import motions

    chain, key = open_chain(deployment), unlock(account)
    signed = [_objection_in(file) for file in files]
    subjects = {(motion, candidate) for motion, candidate, _ in signed}
    if len(subjects) != 1:
        raise BadChoice("files", len(files), "object to different candidates", remedy="Relay them one after the other.")
    motion, candidate = subjects.pop()
    call = motions.object_signed(chain, motion, candidate, [signature for _, _, signature in signed])
    mined = chain.sender(key).send(call)
    found = chain.event(mined, "CandidateObjected").arguments
    data = {"motion": motion, "members": list(found["members"]), "objections": found["objections"]}
    told = f"{len(data['members'])} of {len(files)} count, {data['objections']} objections now"
    done(f"relayed: {told}", [mined], data, as_json=as_json)


@group.command("motions")
def list_motions(deployment: Deployed = DEPLOYMENT_FILE, as_json: AsJson = False) -> None:
    """List what auditors vote on, what members can object to, and what became of it.

    [bold]Example:[/bold] powerpact members motions
    """
    from powerpact.chain.contracts import motions

    chain = open_chain(deployment)
    names, now = names_of(chain), chain.now()
    rows: list[dict[str, Any]] = []
    for nomination in motions.nominations(chain):
        votes = f"{len(nomination.auditors)} votes"
        rows += [_row("nomination", None, someone, votes, None, 0, 0) for someone in nomination.candidates]
    for motion in motions.motions(chain):
        for someone, objections in zip(motion.candidates, motion.objections, strict=True):
            state = "refused" if objections >= motion.quorum else "open" if now < motion.ends_at else "passed"
            rows.append(_row("admission", motion.number, someone, state, motion.ends_at, objections, motion.quorum))
    for change in motions.committee_motions(chain):
        state = "enacted" if change.is_enacted else "refused" if change.objections >= change.quorum else ""
        row = {
            "kind": f"{'appoint' if change.change.is_appointed else 'remove'}, then {change.change.threshold} decide",
            "motion": change.number,
            "who": change.change.auditor,
            "tag": None,
            "state": state or ("open" if now < change.ends_at else "passed"),
            "ends_at": change.ends_at,
            "objections": change.objections,
            "quorum": change.quorum,
        }
        rows.append(row)

    def shown(row: Any) -> dict[str, Any]:
        ends = clock(row["ends_at"], now) if row["ends_at"] else ""
        against = f"{row['objections']} of {row['quorum']}" if row["quorum"] else ""
        kept = {name: row[name] for name in ("kind", "motion", "state")}
        return {**kept, "who": names(row["who"]), "window ends": ends, "objections": against}

    table(rows, as_json=as_json, shown=shown)


@group.command("history")
def member_history(who: Whose, deployment: Deployed = DEPLOYMENT_FILE, as_json: AsJson = False) -> None:
    """Show everything that happened to a person: applications, votes, motions, objections, suspensions, accounts, exit.

    [bold]Example:[/bold] powerpact members history alice
    """
    from powerpact.index.membership import history_of

    chain = open_chain(deployment)
    names = names_of(chain)
    rows = [
        {"time": entry.time_s, "what": entry.what, "account": entry.account, "by": entry.by, "detail": entry.detail}
        | {"transaction": entry.transaction_hash}
        for entry in history_of(chain, address_of(who))
    ]

    def shown(row: Any) -> dict[str, Any]:
        by = names(row["by"]) if row["by"] else ""
        return {"time": clock(row["time"]), "what": row["what"], "account": names(row["account"]), "by": by} | {
            "detail": row["detail"]
        }

    table(rows, as_json=as_json, shown=shown)


@committee.command()
def appoint(
    auditor: Whose, account: As, threshold: Threshold, deployment: Deployed = DEPLOYMENT_FILE, as_json: AsJson = False
) -> None:
    """Vote, as an auditor, or propose, as a member, that somebody joins the committee.

    [bold]Example:[/bold] powerpact members committee appoint eve --threshold 2 -a ann
    """
    _change((auditor, True, threshold), account, deployment, as_json=as_json)


@committee.command()
def remove(
    auditor: Whose, account: As, threshold: Threshold, deployment: Deployed = DEPLOYMENT_FILE, as_json: AsJson = False
) -> None:
    """Vote, as an auditor, or propose, as a member, that somebody leaves the committee.

    [bold]Example:[/bold] powerpact members committee remove ben --threshold 1 -a alice
    """
    _change((auditor, False, threshold), account, deployment, as_json=as_json)


@committee.command()
def support(number: Number, account: As, deployment: Deployed = DEPLOYMENT_FILE, as_json: AsJson = False) -> None:
    """Support, as a member, a proposal to change the committee, and from then on no other.

    [bold]Example:[/bold] powerpact members committee support 1 -a bob
    """
    from powerpact.chain.contracts import motions

    chain, key = open_chain(deployment), unlock(account)
    mined = chain.sender(key).send(motions.support_change(chain, number))
    found = chain.event(mined, "ChangeSupported").arguments
    done(f"proposal {number} has {found['supporters']} supporters", [mined], found, as_json=as_json)


@committee.command()
def announce(number: Number, account: As, deployment: Deployed = DEPLOYMENT_FILE, as_json: AsJson = False) -> None:
    """Announce a proposal that enough members support; anyone may.

    [bold]Example:[/bold] powerpact members committee announce 1 -a bob
    """
    from powerpact.chain.contracts import motions

    chain, key = open_chain(deployment), unlock(account)
    mined = chain.sender(key).send(motions.announce_change(chain, number))
    found = chain.event(mined, "ChangeAnnounced").arguments
    told = f"announced as motion {found['motion']} on the committee, open until {clock(found['endsAt'], chain.now())}"
    done(told, [mined], {"motion": found["motion"], "ends_at": found["endsAt"]}, as_json=as_json)


@committee.command("object")
def object_to_committee(
    motion: ChangeNumber, account: As, deployment: Deployed = DEPLOYMENT_FILE, as_json: AsJson = False
) -> None:
    """Object, as a member, to a change of the committee.

    [bold]Example:[/bold] powerpact members committee object 1 -a alice
    """
    from powerpact.chain.contracts import motions

    chain, key = open_chain(deployment), unlock(account)
    mined = chain.sender(key).send(motions.object_to_change(chain, motion))
    found = chain.event(mined, "ChangeObjected").arguments
    done(f"objected: {found['objections']} objections", [mined], found, as_json=as_json)


@committee.command()
def enact(motion: ChangeNumber, account: As, deployment: Deployed = DEPLOYMENT_FILE, as_json: AsJson = False) -> None:
    """Carry out a change of the committee whose window is over; anyone may.

    [bold]Example:[/bold] powerpact members committee enact 1 -a alice
    """
    from powerpact.chain.contracts import motions

    chain, key = open_chain(deployment), unlock(account)
    mined = chain.sender(key).send(motions.enact_change(chain, motion))
    found = chain.event(mined, "CommitteeChanged").arguments
    what = "joined" if found["isAppointed"] else "left"
    done(f"{found['auditor']} {what} the committee; {found['threshold']} votes decide", [mined], found, as_json=as_json)


def _change(wanted: tuple[str, bool, int], account: str, deployment: Any, *, as_json: bool) -> None:
    """Vote for a change as an auditor, else propose it as a member."""
    from powerpact.chain.contracts import motions, participants

    chain, key = open_chain(deployment), unlock(account)
    who, is_appointed, threshold = wanted
    change: Change = motions.Change(address_of(who), is_appointed, threshold)
    if key.address not in participants.auditors(chain):
        mined = chain.sender(key).send(motions.propose_change(chain, change))
        number = chain.event(mined, "ChangeProposed").arguments["proposal"]
        told = f"proposed as number {number}; others support it with `powerpact members committee support {number}`"
        done(told, [mined], {"proposal": number}, as_json=as_json, result=str(number))
        return
    mined = chain.sender(key).send(motions.vote_change(chain, change))
    data: dict[str, Any] = {"votes": chain.event(mined, "VoteCast").arguments["votes"]}
    told = f"{data['votes']} of {participants.threshold(chain)} votes"
    for event in chain.decode(mined):
        if event.name == "ChangeAnnounced":
            data |= {"motion": event.arguments["motion"], "ends_at": event.arguments["endsAt"]}
            told = f"announced as motion {data['motion']}, open until {clock(data['ends_at'], chain.now())}"
    done(f"voted: {told}", [mined], data, as_json=as_json)


def _row(
    kind: str,
    motion: int | None,
    someone: words.Candidate,
    state: str,
    ends_at: int | None,
    objections: int,
    quorum: int,
) -> dict[str, Any]:
    told = {"kind": kind, "motion": motion, "who": someone.account, "tag": f"0x{someone.tag.hex()}", "state": state}
    return {**told, "ends_at": ends_at, "objections": objections, "quorum": quorum}


def _objection_in(file: str) -> tuple[int, int, bytes]:
    """Motion, candidate and signature of a signed objection."""
    try:
        data = json.loads(read_input(file))
        if data["schema"] != OBJECTION_SCHEMA:
            raise MalformedInput("$.schema", f"is {data['schema']!r}, not {OBJECTION_SCHEMA}", data["schema"])
        return int(data["motion"]), int(data["candidate"]), bytes.fromhex(data["signature"].removeprefix("0x"))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        if isinstance(error, MalformedInput):
            raise
        remedy = "Let the member sign it again: `powerpact members object … --sign-only FILE`."
        raise BadChoice("objection", file, f"cannot be read: {error!r}", remedy=remedy) from error
