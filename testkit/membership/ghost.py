"""The model: who is a member, who audits, what is announced, and how every wrong step is refused.

It says what docs/membership.md says, in the order in which the contracts check. Each operation returns the name of the
error that refuses it, or an empty text, and then it happened.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from powerpact.chain.deployment import DAY_S
from powerpact.units import PPM
from testkit.admitting import MEMBERSHIP

MOST_RUNNING = 32
MOST_LINKED = 8
NONE, APPLIED, ACTIVE, REJECTED, LEAVING, LEFT, LINKED = range(7)
OUTSIDE = (NONE, REJECTED, LEFT)


@dataclass
class Account:
    """What the registry has of an account."""

    status: int = NONE
    has_applied: bool = False
    application: int = 0
    person: int = 0
    suspended_until: int = 0
    expiry: int = 0


@dataclass(frozen=True)
class Candidate:
    """Whom auditors put up: account, application, whose tag, and until when."""

    account: str
    application: int
    tag: int
    expiry: int


@dataclass
class Motion:
    """A motion to admit candidates."""

    announced_at: int
    ends_at: int
    quorum: int
    candidates: tuple[Candidate, ...]
    objections: Counter[int] = field(default_factory=Counter)
    objectors: set[str] = field(default_factory=set)


@dataclass
class Change:
    """A motion on the committee: who, whether it joins, and how many decide afterwards."""

    announced_at: int
    ends_at: int
    quorum: int
    is_by_members: bool
    terms: tuple[str, bool, int]
    objectors: set[str] = field(default_factory=set)
    is_enacted: bool = False

    @property
    def is_refused(self) -> bool:
        return len(self.objectors) >= self.quorum


@dataclass
class Exit:
    """An announced exit."""

    announced_at: int
    quorum: int
    objectors: set[str] = field(default_factory=set)


def quorum_of(members: int, rate_ppm: int, cap: int = 2**32) -> int:
    """Rounded up, at most the cap, at least one."""
    return max(min(-(-members * rate_ppm // PPM), cap), 1)


@dataclass
class GhostMembers:
    """People, and motions to admit them."""

    auditors: list[str]
    threshold: int
    committee: int = 0
    accounts: dict[str, Account] = field(default_factory=dict)
    person_of: dict[int, int] = field(default_factory=dict)
    first: dict[int, str] = field(default_factory=dict)
    linked: dict[int, list[str]] = field(default_factory=dict)
    decisions: dict[int, list[tuple[int, int]]] = field(default_factory=dict)
    voices: dict[str, tuple[int, int]] = field(default_factory=dict)
    votes: dict[tuple[object, ...], set[str]] = field(default_factory=dict)
    nominated: set[tuple[int, tuple[Candidate, ...]]] = field(default_factory=set)
    motions: list[Motion] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)
    proposals: list[tuple[tuple[str, bool, int], set[str], bool]] = field(default_factory=list)
    exits: dict[str, Exit] = field(default_factory=dict)
    exit_days: set[tuple[str, int]] = field(default_factory=set)

    def account(self, who: str) -> Account:
        return self.accounts.setdefault(who, Account())

    @property
    def members(self) -> int:
        return sum(until == 0 for _, until in self.voices.values())

    def was_member(self, who: str, time: int) -> bool:
        since, until = self.voices.get(who, (0, 1))
        return since < time and (until == 0 or until > time)

    def is_active(self, who: str, now: int) -> bool:
        account = self.account(who)
        if account.status == LINKED:
            account = self.account(self.first[account.person])
        return account.status == ACTIVE and account.suspended_until <= now < account.expiry

    def is_suspended_at(self, who: str, time: int) -> bool:
        ends = [until for since, until in self.decisions.get(self.account(who).person, []) if since <= time]
        return bool(ends) and time < ends[-1]

    def vote(self, auditor: str, *motion: object) -> tuple[str, bool]:
        """The error, or whether the vote decides."""
        if auditor not in self.auditors:
            return "Auditors_NotAuditor", False
        votes = self.votes.setdefault((self.committee, *motion), set())
        if auditor in votes:
            return "Auditors_AlreadyVoted", False
        votes.add(auditor)
        return "", len(votes) == self.threshold

    # People

    def apply(self, who: str) -> str:
        account = self.account(who)
        if account.status == ACTIVE:
            if account.has_applied:
                return "Registry_HasApplied"
        elif account.status not in OUTSIDE:
            return "Registry_WrongStatus"
        else:
            account.status = APPLIED
        account.has_applied = True
        account.application += 1
        return ""

    def has_applied(self, who: str, application: int) -> bool:
        account = self.account(who)
        return account.has_applied and account.application == application

    def turn_down(self, who: str) -> None:
        account = self.account(who)
        account.has_applied = False
        if account.status == APPLIED:
            account.status = REJECTED

    def reject(self, auditor: str, who: str, application: int) -> str:
        if not self.has_applied(who, application):
            return "Registry_WrongApplication"
        error, decides = self.vote(auditor, "reject", who, application)
        if decides:
            self.turn_down(who)
        return error

    def suspend(self, auditor: str, who: str, until: int, now: int) -> str:
        account = self.account(who)
        if not now < until <= now + 30 * DAY_S:
            return "Registry_BadSuspension"
        if account.status != ACTIVE:
            return "Registry_WrongStatus"
        decisions = self.decisions.setdefault(account.person, [])
        error, decides = self.vote(auditor, "suspend", who, account.person, len(decisions), until)
        if decides:
            decisions.append((now, until))
            account.suspended_until = until
        return error

    def request_exit(self, who: str, now: int) -> str:
        account = self.account(who)
        if account.status != ACTIVE:
            return "Registry_WrongStatus"
        account.status, account.has_applied = LEAVING, False
        quorum = quorum_of(self.members, MEMBERSHIP.admission_rate_ppm, MEMBERSHIP.admission_cap)
        self.exits[who] = Exit(now, quorum)
        return ""

    def stay(self, who: str) -> str:
        account = self.account(who)
        if account.status != LEAVING:
            return "Registry_WrongStatus"
        account.status = ACTIVE
        del self.exits[who]
        return ""

    def exit(self, who: str, now: int) -> str:
        account = self.account(who)
        if account.status != LEAVING:
            return "Registry_WrongStatus"
        leaving = self.exits[who]
        if now < leaving.announced_at + MEMBERSHIP.exit_notice_s:
            return "Motion_NoticeRunning"
        if len(leaving.objectors) >= leaving.quorum:
            return "Motion_ExitRefused"
        for other in self.linked.pop(account.person, []):
            self.account(other).status = LEFT
        self.leave(who, now)
        return ""

    def leave(self, who: str, now: int) -> None:
        account = self.account(who)
        account.status, account.has_applied = LEFT, False
        self.exits.pop(who, None)
        self.voices[who] = (self.voices[who][0], now)
        for _, supporters, _ in self.proposals:
            supporters.discard(who)

    def link(self, who: str, other: str, is_signed: bool) -> str:
        member, account = self.account(who), self.account(other)
        if member.status != ACTIVE or account.status not in OUTSIDE:
            return "Registry_WrongStatus"
        if account.person not in (0, member.person):
            return "Registry_OtherPerson"
        others = self.linked.setdefault(member.person, [])
        if len(others) >= MOST_LINKED:
            return "Registry_TooManyAccounts"
        if not is_signed:
            return "Registry_BadSignature"
        account.application += 1
        account.person, account.status = member.person, LINKED
        others.append(other)
        return ""

    def unlink(self, who: str, other: str) -> str:
        account = self.account(other)
        if account.status != LINKED or who not in (other, self.first[account.person]):
            return "Registry_NotLinked"
        account.status = LEFT
        self.linked[account.person].remove(other)
        return ""

    # Motions

    def put_up(self, auditor: str, candidates: tuple[Candidate, ...], now: int, is_again: bool) -> str:
        """Put up candidates, or (`is_again`) approve those that are."""
        if is_again and (self.committee, candidates) not in self.nominated:
            return "Motion_NotNominated"
        if not is_again and any(someone.expiry <= now for someone in candidates):
            return "Motion_BadCandidate"
        error, decides = self.vote(auditor, "admit", candidates)
        if error:
            return error
        number = len(self.motions) + 1
        if decides and number > MOST_RUNNING and now < self.motions[number - 1 - MOST_RUNNING].ends_at:
            self.votes[self.committee, "admit", candidates].discard(auditor)
            return "Motion_NoRoom"
        self.nominated.add((self.committee, candidates))
        if decides:
            quorum = quorum_of(self.members, MEMBERSHIP.admission_rate_ppm, MEMBERSHIP.admission_cap)
            self.motions.append(Motion(now, now + MEMBERSHIP.admission_window_s, quorum, candidates))
        return ""

    def object(self, who: str, number: int, candidate: int, now: int) -> str:
        if not 1 <= number <= len(self.motions):
            return "Motion_Unknown"
        motion = self.motions[number - 1]
        if now >= motion.ends_at:
            return "Motion_WindowOver"
        if candidate >= len(motion.candidates):
            return "Motion_UnknownCandidate"
        if not self.was_member(who, motion.announced_at):
            return "Motion_NotMember"
        if who in motion.objectors:
            return "Motion_AlreadyObjected"
        motion.objectors.add(who)
        motion.objections[candidate] += 1
        return ""

    def outcome(self, number: int, index: int, is_refused: bool, now: int) -> str:
        motion = self.motions[number - 1]
        has_reached = motion.objections[index] >= motion.quorum
        if is_refused:
            return "" if has_reached else "Motion_NotRefused"
        if now < motion.ends_at:
            return "Motion_WindowOpen"
        return "Motion_Refused" if has_reached else ""

    def refuse(self, number: int, index: int, now: int) -> str:
        someone = self.motions[number - 1].candidates[index]
        if error := self.outcome(number, index, True, now):
            return error
        if not self.has_applied(someone.account, someone.application):
            return "Registry_WrongApplication"
        self.turn_down(someone.account)
        return ""

    def admit(self, number: int, index: int, now: int) -> str:
        someone = self.motions[number - 1].candidates[index]
        if error := self.outcome(number, index, False, now):
            return error
        if not self.has_applied(someone.account, someone.application):
            return "Registry_NothingToDo"
        if someone.expiry <= now:
            return "Registry_CandidateExpired"
        account = self.account(someone.account)
        person = self.person_of.get(someone.tag, len(self.person_of) + 1)
        if account.person not in (0, person):
            return "Registry_OtherPerson"
        self.person_of[someone.tag] = person
        if account.status != ACTIVE:
            before = self.first.get(person)
            if before is not None and self.account(before).status in (ACTIVE, LEAVING):
                self.leave(before, now)
            self.first[person] = someone.account
            self.voices[someone.account] = (now, 0)
        account.status, account.has_applied, account.person = ACTIVE, False, person
        account.expiry = someone.expiry
        account.suspended_until = ([until for _, until in self.decisions.get(person, [])] or [0])[-1]
        return ""

    def object_to_exit(self, who: str, leaver: str, now: int) -> str:
        leaving = self.exits.get(leaver)
        if leaving is None:
            return "Motion_NoExit"
        if now >= leaving.announced_at + MEMBERSHIP.exit_notice_s:
            return "Motion_NoticeOver"
        if not self.was_member(who, leaving.announced_at):
            return "Motion_NotMember"
        day = leaving.announced_at // DAY_S
        if (who, day) in self.exit_days:
            return "Motion_AlreadyObjected"
        self.exit_days.add((who, day))
        leaving.objectors.add(who)
        return ""
