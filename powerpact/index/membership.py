"""Who was admitted when, as the registry's events tell it, and the whole history of a person."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from eth_typing import ChecksumAddress

from powerpact.chain.client import Chain
from powerpact.codec.abi import Event
from powerpact.market.candidates import APPROVAL_WORDS, REJECTION_WORDS, Candidate
from powerpact.market.wording import moment

REGISTRY: Final = "ParticipantRegistry"
MOTIONS: Final = "Motions"

REGISTRY_EVENTS: Final = (
    "Admitted",
    "Suspended",
    "ExitRequested",
    "Stayed",
    "Left",
    "Linked",
    "Unlinked",
)
"""What an audit needs to know of people."""

ABOUT: Final = {
    "Applied": "applicant",
    "RejectionVoted": "applicant",
    "Rejected": "applicant",
    "Admitted": "participant",
    "Suspended": "participant",
    "ExitRequested": "participant",
    "Stayed": "participant",
    "Left": "participant",
    "Linked": "account",
    "Unlinked": "account",
}
"""Events of the registry about one account, and the argument that names it."""

Place = tuple[int, int]
"""Where an event is on the chain: block, and position in it."""


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that happened to a person.

    Attributes
    ----------
    time_s : int
        Time of its block, Unix seconds.
    what : str
        What happened.
    account : ChecksumAddress
        Which of the person's accounts it was about.
    by : ChecksumAddress or None
        The auditor or member who did it, if it was another one.
    detail : str
        Reason, number or time.
    transaction_hash : str
        The transaction.
    """

    time_s: int
    what: str
    account: ChecksumAddress
    by: ChecksumAddress | None
    detail: str
    transaction_hash: str


def persons(events: Iterable[Event]) -> dict[ChecksumAddress, int]:
    """The person of each account that was ever admitted or linked."""
    found = {}
    for event in events:
        if event.name in ("Admitted", "Linked"):
            found[event.arguments[ABOUT[event.name]]] = event.arguments["person"]
    return found


def attested_at(events: Sequence[Event], account: ChecksumAddress, place: Place, now: int) -> Candidate | None:
    """What auditors attested of an account's person, if the registry's events before a place make it active.

    Parameters
    ----------
    events : sequence of Event
        Those of `REGISTRY_EVENTS`, oldest first.
    account : ChecksumAddress
        Whose.
    place : tuple of int
        Block and position; events there or later do not count.
    now : int
        The time then, Unix seconds.
    """
    person: dict[ChecksumAddress, int] = {}
    first: dict[int, ChecksumAddress] = {}
    attested: dict[ChecksumAddress, Candidate] = {}
    suspended_until: dict[int, int] = {}
    active, linked = set(), set()
    for event in events:
        if (event.block, event.position) > place:
            continue
        a = event.arguments
        match event.name:
            case "Admitted":
                who = a["participant"]
                person[who], first[a["person"]] = a["person"], who
                attested[who] = Candidate.unpack(a["candidate"])
                active.add(who)
            case "Stayed":
                active.add(a["participant"])
            case "ExitRequested" | "Left":
                active.discard(a["participant"])
            case "Suspended":
                suspended_until[a["person"]] = a["until"]
            case "Linked":
                person[a["account"]] = a["person"]
                linked.add(a["account"])
            case "Unlinked":
                linked.discard(a["account"])
    who = first[person[account]] if account in linked else account
    may_trade = who in active and suspended_until.get(person[who], 0) <= now < attested[who].expiry
    return attested[who] if may_trade else None


def history_of(chain: Chain, account: ChecksumAddress) -> list[Step]:
    """Everything that happened to the person of an account, with all its accounts, oldest first.

    Parameters
    ----------
    chain : Chain
        The deployment.
    account : ChecksumAddress
        One of the person's accounts, or one that only applied.
    """
    with chain.reading():
        known = persons(chain.events(REGISTRY, "Admitted", "Linked"))
        person = known.get(account)
        accounts = {account} | {other for other, whose in known.items() if person is not None and whose == person}
        found = sorted(
            [*_own(chain, accounts), *_candidacies(chain, accounts)],
            key=lambda step: (step[0].block, step[0].position),
        )
        return [
            Step(chain.time_of(event.block), what, about, by, detail, event.transaction_hash)
            for event, what, about, by, detail in found
        ]


_Found = tuple[Event, str, ChecksumAddress, ChecksumAddress | None, str]
"""An event with what happened, to whom, by whom, and a detail."""

_VOICED: Final = {
    "ExitObjected": "leaver",
    "ChangeProposed": "member",
    "ChangeSupported": "member",
    "ChangeObjected": "member",
    "CommitteeChanged": "auditor",
}
"""Events of motions about one account, and the argument that names it."""

_WHAT: Final = {
    "Applied": "applied",
    "RejectionVoted": "an auditor voted to reject",
    "Rejected": "rejected",
    "Admitted": "admitted",
    "Suspended": "suspended",
    "ExitRequested": "announced the exit",
    "Stayed": "withdrew the exit",
    "Left": "left",
    "Linked": "became a further account",
    "Unlinked": "is no further account any more",
    "ExitObjected": "a member objected to the exit",
    "ChangeProposed": "proposed a change of the committee",
    "ChangeSupported": "supported a change of the committee",
    "ChangeObjected": "objected to a change of the committee",
    "CommitteeChanged": "joined or left the committee",
}
"""What happened, in words."""


def _own(chain: Chain, accounts: set[ChecksumAddress]) -> Iterator[_Found]:
    for event in (*chain.events(REGISTRY, *ABOUT), *chain.events(MOTIONS, *_VOICED)):
        who = event.arguments[(ABOUT | _VOICED)[event.name]]
        if who in accounts:
            a = event.arguments
            by = a.get("auditor") if event.name == "RejectionVoted" else a.get("member") if "leaver" in a else None
            yield event, _WHAT[event.name], who, by, _detail(event)


def _detail(event: Event) -> str:
    """What is worth knowing of an event beside who it is about."""
    a = event.arguments
    details: dict[str, Callable[[], str]] = {
        "RejectionVoted": lambda: {int(code): words for code, words in REJECTION_WORDS.items()}.get(a["reason"], ""),
        "Admitted": lambda: f"member {a['person']}, by motion {a['motion']}",
        "Suspended": lambda: f"until {moment(a['until'])}: {a['reason']}",
        "CommitteeChanged": lambda: f"{'joined' if a['isAppointed'] else 'left'}; {a['threshold']} votes decide",
    }
    if event.name in details:
        return details[event.name]()
    for name, words in (("application", "application {}"), ("person", "member {}"), ("proposal", "proposal {}")):
        if name in a:
            return words.format(a[name])
    return f"{a['objections']} objections" if "objections" in a else ""


def _candidacies(chain: Chain, accounts: set[ChecksumAddress]) -> Iterator[_Found]:
    """Votes for, announcements of and objections to the person as a candidate."""
    put_up: dict[bytes, dict[int, ChecksumAddress]] = {}
    reasons = {int(code): words for code, words in APPROVAL_WORDS.items()}
    root_of: dict[int, bytes] = {}
    for event in chain.events(MOTIONS, "Nominated", "CandidatesApproved", "MotionAnnounced", "CandidateObjected"):
        a = event.arguments
        if event.name == "CandidateObjected":
            root, index = root_of[a["motion"]], a["candidate"]
            who = put_up[root].get(index)
            if who is not None:
                for member in a["members"]:
                    yield event, "a member objected", who, member, f"motion {a['motion']}, {a['objections']} objections"
            continue
        root = bytes(a["root"])
        if event.name == "Nominated":
            listed = [Candidate.unpack(words).account for words in a["candidates"]]
            put_up[root] = {index: who for index, who in enumerate(listed) if who in accounts}
        if event.name == "MotionAnnounced":
            root_of[a["motion"]] = root
        for who in put_up[root].values():
            if event.name == "MotionAnnounced":
                detail = f"motion {a['motion']}: {a['quorum']} objections until {moment(a['endsAt'])} refuse"
                yield event, "announced to the members", who, None, detail
            else:
                relied = reasons.get(a["reason"], f"reason {a['reason']}")
                yield event, "an auditor voted to admit", who, a["auditor"], f"relied on {relied}"
