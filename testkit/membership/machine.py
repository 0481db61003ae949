"""The machine: any step by anybody at any time, which the contracts take or refuse exactly as the model does."""

from __future__ import annotations

from collections import Counter
from typing import Any

from eth_utils import keccak
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from powerpact.chain.contracts.participants import Participant
from powerpact.codec.eip712 import compact, sign
from powerpact.codec.packing import candidate_tree
from testkit import admitting
from testkit.admitting import MEMBERSHIP, REASON
from testkit.drawing import run_drawn
from testkit.membership.committee import Ghost
from testkit.membership.ghost import DAY_S, Candidate
from testkit.membership.registry import AUDITORS, EVERYBODY, MOTIONS, PEOPLE, REGISTRY, THRESHOLD, Registry

TAGS = 5
JUMPS_S = (1, 30, MEMBERSHIP.admission_window_s, MEMBERSHIP.committee_window_s, 4 * DAY_S, MEMBERSHIP.exit_notice_s)

BEGUN = ("nothing", "exit", "motion", "change", "accounts")
"""What is under way when a run begins."""

RUNS: Counter[str] = Counter()
"""How often each step was taken, and how often refused, by error."""

WHO = st.sampled_from(PEOPLE).map(lambda account: account.address)
AUDITOR = st.sampled_from((*AUDITORS, *AUDITORS, PEOPLE[0])).map(lambda account: account.address)
NUMBER = st.sampled_from((1, 2, 2, 2, 2, 3, 4))
"""How far behind the next but one."""
CHANGE = st.tuples(AUDITOR | WHO, st.booleans(), st.integers(1, 3))


class MembershipMachine(RuleBasedStateMachine):
    """All steps. `registry` and `start` are set by `run_machine`."""

    registry: Registry
    start: Any

    def __init__(self) -> None:
        super().__init__()
        self.registry.chain.revert(self.start)
        self.ghost = Ghost([account.address for account in AUDITORS], THRESHOLD)
        self.times = [self.registry.chain.now()]

    def now(self) -> int:
        """The time of the next step."""
        return self.registry.chain.now() + 1

    def take(self, expected: str, name: str, sender: str, contract: str, function: str, *arguments: Any) -> None:
        """Send what the model has taken or refused, and compare everything."""
        error = self.registry.send(sender, contract, function, *arguments)
        assert error == expected, f"{name}: {error or 'taken'}, not {expected or 'taken'}"
        RUNS[f"{name}: {expected or 'taken'}"] += 1
        self.times.append(self.registry.chain.now())
        self.compare()

    @initialize(members=st.integers(0, 5), is_long_ago=st.booleans(), begun=st.sampled_from(BEGUN))
    def begin(self, members, is_long_ago, begun):
        """Some people are members, since a while or since a moment, and something is under way."""
        people = [account.address for account in PEOPLE[:members]]
        for place, who in enumerate(people):
            self.announce([who], place)
        if members:
            self.wait(MEMBERSHIP.admission_window_s)
        for back in range(members):
            self.outcome(back + 2, 0, False)
        if is_long_ago:
            self.wait(DAY_S)
        if begun == "exit" and members > 1:
            self.request_exit(people[0])
        if begun == "motion":
            self.announce([PEOPLE[-1].address, people[0] if members else PEOPLE[0].address], TAGS - 1)
        if begun == "change":
            self.change_by_auditors((PEOPLE[-1].address, True, 2))
        if begun == "accounts" and members > 1:
            self.link(people[0], PEOPLE[-1].address, True)

    # People

    @rule(who=WHO)
    def apply(self, who):
        self.take(self.ghost.apply(who), "apply", who, REGISTRY, "applyFor", keccak(text="attributes"))

    @rule(auditor=AUDITOR, who=WHO, back=st.integers(0, 1))
    def reject(self, auditor, who, back):
        application = max(self.ghost.account(who).application - back, 0)
        expected = self.ghost.reject(auditor, who, application)
        self.take(expected, "reject", auditor, REGISTRY, "reject", who, application, 1)

    @rule(auditor=AUDITOR, who=WHO, days=st.sampled_from((0, 1, 1, 20, 31)))
    def suspend(self, auditor, who, days):
        until = (self.now() // DAY_S + days) * DAY_S
        expected = self.ghost.suspend(auditor, who, until, self.now())
        self.take(expected, "suspend", auditor, REGISTRY, "suspend", who, until, "a reason")

    @rule(who=WHO)
    def request_exit(self, who):
        self.take(self.ghost.request_exit(who, self.now()), "request exit", who, REGISTRY, "requestExit")

    @rule(who=WHO)
    def stay(self, who):
        self.take(self.ghost.stay(who), "stay", who, REGISTRY, "stay")

    @rule(who=WHO)
    def exit(self, who):
        self.take(self.ghost.exit(who, self.now()), "exit", who, REGISTRY, "exit")

    @rule(who=WHO, other=WHO, is_signed=st.sampled_from((True, True, False)))
    def link(self, who, other, is_signed):
        application = self.ghost.account(other).application + (1 if is_signed else 2)
        message = {"member": who, "account": other, "application": application}
        signature = sign(EVERYBODY[other], self.registry.domain(REGISTRY), "Link", message)
        expected = self.ghost.link(who, other, is_signed)
        self.take(expected, "link", who, REGISTRY, "link", other, signature)

    @rule(who=WHO, other=WHO)
    def unlink(self, who, other):
        self.take(self.ghost.unlink(who, other), "unlink", who, REGISTRY, "unlink", other)

    # Motions

    @rule(auditor=AUDITOR, people=st.lists(WHO, min_size=1, max_size=3, unique=True), tag=st.integers(0, TAGS))
    def nominate(self, auditor, people, tag):
        candidates = tuple(self.candidate(who, tag + i) for i, who in enumerate(people))
        expected = self.ghost.put_up(auditor, candidates, self.now(), False)
        packed = [_real(someone).pack() for someone in candidates]
        self.take(expected, "nominate", auditor, MOTIONS, "nominate", packed, REASON)

    @rule(auditor=AUDITOR, which=st.integers(0, 7))
    def approve(self, auditor, which):
        put_up = sorted((c for _, c in self.ghost.nominated), key=str)
        if not put_up:
            return
        candidates = put_up[which % len(put_up)]
        expected = self.ghost.put_up(auditor, candidates, self.now(), True)
        root = candidate_tree([_real(someone) for someone in candidates]).root
        self.take(expected, "approve", auditor, MOTIONS, "approve", root, REASON)

    @rule(people=st.lists(WHO, min_size=1, max_size=3, unique=True), tag=st.integers(0, TAGS))
    def announce(self, people, tag):
        """People apply, and enough auditors put them up."""
        for who in people:
            self.apply(who)
        for auditor in self.ghost.auditors[: self.ghost.threshold]:
            self.nominate(auditor, people, tag)

    @rule(who=WHO, number=NUMBER, candidate=st.integers(0, 2))
    def object(self, who, number, candidate):
        expected = self.ghost.object(who, self.number(number), candidate, self.now())
        self.take(expected, "object", who, MOTIONS, "object", self.number(number), candidate)

    @rule(people=st.lists(WHO, min_size=1, max_size=4), number=NUMBER, candidate=st.integers(0, 1))
    def object_signed(self, people, number, candidate):
        number = self.number(number)
        errors = [self.ghost.object(who, number, candidate, self.now()) for who in people]
        general = {"Motion_Unknown", "Motion_WindowOver", "Motion_UnknownCandidate"}.intersection(errors)
        expected = general.pop() if general else "" if "" in errors else "Motion_NoNewObjection"
        message = {"motion": number, "candidate": candidate}
        domain = self.registry.domain(MOTIONS)
        signatures = [compact(sign(EVERYBODY[who], domain, "Objection", message)) for who in people]
        relayer = AUDITORS[0].address
        self.take(expected, "object signed", relayer, MOTIONS, "objectSigned", number, candidate, signatures)

    @rule(number=NUMBER, index=st.integers(0, 2), is_refused=st.sampled_from((False, False, False, True)))
    def outcome(self, number, index, is_refused):
        """Admit a candidate, or reject one whom members refused."""
        number = self.number(number)
        if number > len(self.ghost.motions):
            return
        candidates = self.ghost.motions[number - 1].candidates
        index %= len(candidates)
        shown = admitting.outcomes([_real(someone) for someone in candidates], [index])
        sender = PEOPLE[0].address
        if is_refused:
            expected = self.ghost.refuse(number, index, self.now())
            self.take(expected, "refuse", sender, REGISTRY, "refuse", number, shown[0])
        else:
            expected = self.ghost.admit(number, index, self.now())
            self.take(expected, "admit", sender, REGISTRY, "admit", number, shown)

    @rule(who=WHO, leaver=WHO)
    def object_to_exit(self, who, leaver):
        expected = self.ghost.object_to_exit(who, leaver, self.now())
        self.take(expected, "object to exit", who, MOTIONS, "objectToExit", leaver)

    # The committee

    @rule(auditor=AUDITOR, change=CHANGE)
    def vote_change(self, auditor, change):
        self.take(
            self.ghost.vote_change(auditor, change, self.now()), "vote change", auditor, MOTIONS, "voteChange", change
        )

    @rule(change=CHANGE)
    def change_by_auditors(self, change):
        for auditor in self.ghost.auditors[: self.ghost.threshold]:
            self.vote_change(auditor, change)

    @rule(who=WHO, change=CHANGE)
    def propose(self, who, change):
        self.take(self.ghost.propose(who, change), "propose", who, MOTIONS, "proposeChange", change)

    @rule(who=WHO, number=NUMBER)
    def support(self, who, number):
        self.take(self.ghost.support(who, number), "support", who, MOTIONS, "supportChange", number)

    @rule(number=NUMBER)
    def announce_proposal(self, number):
        expected = self.ghost.announce_proposal(number, self.now())
        self.take(expected, "announce proposal", PEOPLE[0].address, MOTIONS, "announceChange", number)

    @rule(change=CHANGE, people=st.lists(WHO, min_size=2, max_size=3, unique=True))
    def change_by_members(self, change, people):
        before = len(self.ghost.proposals)
        self.propose(people[0], change)
        if len(self.ghost.proposals) > before:
            for who in people:
                self.support(who, len(self.ghost.proposals))
            self.announce_proposal(len(self.ghost.proposals))

    @rule(who=WHO, back=st.integers(0, 1))
    def object_to_change(self, who, back):
        number = max(len(self.ghost.changes) - back, 0)
        expected = self.ghost.object_to_change(who, number, self.now())
        self.take(expected, "object to change", who, MOTIONS, "objectToChange", number)

    @rule(back=st.integers(0, 1))
    def enact(self, back):
        number = max(len(self.ghost.changes) - back, 0)
        self.take(self.ghost.enact(number, self.now()), "enact", PEOPLE[0].address, MOTIONS, "enactChange", number)

    @rule(jump=st.sampled_from(JUMPS_S))
    def wait(self, jump):
        self.registry.chain.warp(self.registry.chain.now() + jump)

    # Stories: several steps that seldom come together by chance

    @rule(candidate=WHO, member=WHO, is_first=st.booleans())
    def refused_by_members(self, candidate, member, is_first):
        """A member objects to a candidate, who is rejected or stays out."""
        self.announce([candidate], 0)
        for _ in range(2):
            self.object(member, 2, 0)
        if is_first:
            self.outcome(2, 0, True)
        self.wait(MEMBERSHIP.admission_window_s)
        self.outcome(2, 0, False)

    @rule(candidate=WHO)
    def admitted_too_late(self, candidate):
        self.announce([candidate], TAGS)
        self.wait(6 * DAY_S)
        self.outcome(2, 0, False)

    @rule(leaver=WHO, member=WHO)
    def exit_refused(self, leaver, member):
        self.request_exit(leaver)
        for _ in range(2):
            self.object_to_exit(member, leaver)
        self.wait(MEMBERSHIP.exit_notice_s)
        self.exit(leaver)

    @rule(who=WHO, other=WHO)
    def suspended_with_another_key(self, who, other):
        """Somebody is suspended, and comes with another account."""
        for auditor in self.ghost.auditors[: self.ghost.threshold]:
            self.suspend(auditor, who, 20)
        person = self.ghost.account(who).person
        self.announce([other], next((tag for tag, p in self.ghost.person_of.items() if p == person), 0))
        self.wait(MEMBERSHIP.admission_window_s)
        self.outcome(2, 0, False)

    @rule(who=WHO, outsider=WHO)
    def rejected_by_an_outsider(self, who, outsider):
        self.apply(who)
        self.reject(outsider, who, 0)

    @rule(who=WHO, change=CHANGE)
    def voted_by_two_committees(self, who, change):
        """Somebody is put up by an auditor of one committee, and by one of the next."""
        self.apply(who)
        self.nominate(self.ghost.auditors[0], [who], 0)
        self.change_by_auditors(change)
        self.wait(MEMBERSHIP.committee_window_s)
        self.enact(0)
        self.nominate(self.ghost.auditors[-1], [who], 0)

    @rule(member=WHO, other=WHO)
    def linked_and_unlinked(self, member, other):
        self.link(member, other, True)
        self.unlink(member, other)

    @rule(member=WHO, change=CHANGE)
    def turned_down_and_again(self, member, change):
        """Members refuse what auditors announced, who may not announce it again at once."""
        self.change_by_auditors(change)
        for _ in range(2):
            self.object_to_change(member, 0)
        self.wait(MEMBERSHIP.committee_window_s)
        self.vote_change(self.ghost.auditors[0], change)

    def candidate(self, who: str, tag: int) -> Candidate:
        """The candidate for the account's latest application; of some tags the admission is short."""
        application = max(self.ghost.account(who).application, 1)
        day = self.registry.chain.now() // DAY_S
        return Candidate(who, application, tag % TAGS, (day + (5 if tag == TAGS else 1_000)) * DAY_S)

    def number(self, back: int) -> int:
        """The number of one of the latest motions, or of one that does not exist yet."""
        return max(len(self.ghost.motions) + 2 - back, 1)

    def compare(self) -> None:
        """Everything that can be seen is what the model has."""
        registry, ghost, now = self.registry, self.ghost, self.registry.chain.now()
        for who in EVERYBODY:
            account, found = ghost.account(who), Participant.of(registry.read(REGISTRY, "participant", who))
            names = "status", "has_applied", "suspended_until", "application", "person", "expiry"
            state, expected = ([getattr(each, name) for name in names] for each in (found, account))
            assert state == expected, f"{who}: {found}, not {account}"
            leaving = ghost.exits.get(who)
            noted = (leaving.announced_at, leaving.quorum, len(leaving.objectors)) if leaving else (0, 0, 0)
            assert tuple(registry.read(MOTIONS, "exitOf", who)) == noted
        who, time = list(EVERYBODY)[len(self.times) % len(PEOPLE)], self.times[len(self.times) // 2]
        assert registry.read(REGISTRY, "isActive", who) == ghost.is_active(who, now)
        assert registry.read(REGISTRY, "isSuspendedAt", who, time) == ghost.is_suspended_at(who, time)
        for person, first in ghost.first.items():
            found_first, others = registry.read(REGISTRY, "accountsOf", person)
            assert (found_first, list(others)) == (first, ghost.linked.get(person, []))
        self.compare_motions()

    def compare_motions(self) -> None:
        """Motions, objections, and the committee."""
        registry, ghost = self.registry, self.ghost
        assert registry.read(MOTIONS, "memberCount") == ghost.members
        assert registry.read(MOTIONS, "motionCount") == len(ghost.motions)
        for number, motion in enumerate(ghost.motions, start=1):
            at, ends_at, _, quorum, count, _ = registry.read(MOTIONS, "motionOf", number)
            assert (at, ends_at, quorum, count) == (
                motion.announced_at,
                motion.ends_at,
                motion.quorum,
                len(motion.candidates),
            )
            for index in range(count):
                assert registry.read(MOTIONS, "objectionsTo", number, index) == motion.objections[index]
        assert list(registry.read(MOTIONS, "auditors")) == ghost.auditors
        assert registry.read(MOTIONS, "threshold") == ghost.threshold
        assert registry.read(MOTIONS, "committee") == ghost.committee
        assert registry.read(MOTIONS, "changeCount") == len(ghost.changes)
        for number, change in enumerate(ghost.changes, start=1):
            found = registry.read(MOTIONS, "changeOf", number)
            assert (found[3], found[4], found[6]) == (change.quorum, len(change.objectors), change.is_enacted)
        for number, (_, supporters, is_announced) in enumerate(ghost.proposals, start=1):
            assert registry.read(MOTIONS, "proposalOf", number)[:2] == (len(supporters), is_announced)


def _real(someone: Candidate) -> admitting.Candidate:
    tag = keccak(text=f"tag {someone.tag}")
    return admitting.candidate(someone.account, someone.application, tag=tag, expiry=someone.expiry)


def run_machine(registry: Registry, examples: int, steps: int, *, shrink: bool = True) -> None:
    """Run the machine; the drawn examples are the same in each run.

    Raises
    ------
    AssertionError
        If contracts and model differ.
    """
    machine = type("Machine", (MembershipMachine,), {"registry": registry, "start": registry.chain.snapshot()})
    run_drawn(machine, examples, steps, shrink=shrink)
