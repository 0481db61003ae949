"""The life of a participant, and that of a motion to admit it."""

from __future__ import annotations

from typing import Final

from eth_account.signers.local import LocalAccount
from eth_utils import keccak

from powerpact.chain.contracts.participants import Participant, Status
from powerpact.chain.errors import ContractError
from testkit.admitting import MEMBERSHIP, WINDOW_S, Admission, Candidate, candidate, outcomes
from testkit.chains import EvmChain
from testkit.diagrams.page import START
from testkit.diagrams.walk import Life, on_chain
from testkit.market import Community, key

REGISTRY, MOTIONS = "ParticipantRegistry", "Motions"
ALICE, BOB, DAVE = key("alice"), key("bob"), key("dave")
TAG: Final = keccak(text="whose the applicant is")
MEMBERS: Final = 21
"""So many members that one objection does not refuse."""


class People:
    """An applicant among members."""

    def __init__(self) -> None:
        self.community = Community(EvmChain(), traders=0)
        self.chain = self.community.chain
        self.objectors = [key(f"member {i}") for i in range(MEMBERS - 1)]
        self.community.admit([BOB, *self.objectors])
        self.chain.warp(self.chain.now() + 1)

    def send(self, sender: LocalAccount, contract: str, function: str, *arguments: object) -> None:
        self.community.send(sender, contract, function, *arguments)

    def found(self, who: LocalAccount = ALICE) -> Participant:
        return self.community.participants([who.address])[0]

    def pass_time(self, seconds: int) -> None:
        self.chain.warp(self.chain.now() + seconds)

    def object_all(self, motion: int, count: int) -> None:
        for member in self.objectors[:count]:
            self.send(member, MOTIONS, "object", motion, 0)


class ParticipantLife(People):
    """What can happen to an account."""

    def state(self) -> str:
        found = self.found()
        is_renewing = found.status is Status.ACTIVE and found.has_applied
        return "Renewing" if is_renewing else "None" if found.status is Status.NONE else found.status.name.title()

    def life(self) -> Life:
        apply, admit, reject, leave, exit_ = self.apply, self.admit, self.reject, self.announce_exit, self.exit
        link, unlink, other = self.link, self.unlink, self.another_account
        steps = {
            "nothing": (),
            "an application": (apply,),
            "an admission": (apply, admit),
            "a renewal": (apply, admit, apply),
            "a rejection": (apply, reject),
            "a refusal": (apply, self.refuse),
            "a suspension": (apply, admit, self.suspend),
            "an announced exit": (apply, admit, leave),
            "an exit": (apply, admit, leave, exit_),
            "an exit and another application": (apply, admit, leave, exit_, apply),
            "another account in its place": (apply, admit, other),
            "a link": (link,),
            "a link that ended": (link, unlink),
        }
        actions = {
            "apply": apply,
            "admit": admit,
            "reject": reject,
            "refuse": self.refuse,
            "suspend": self.suspend,
            "announce exit": leave,
            "stay": lambda: self.send(ALICE, REGISTRY, "stay"),
            "exit": exit_,
            "link": link,
            "unlink": unlink,
            "another account": other,
            "the member leaves": self.member_leaves,
        }
        return Life(on_chain(self.chain), self.state, steps, actions, others=("another account", "the member leaves"))

    def apply(self) -> None:
        self.send(ALICE, REGISTRY, "applyFor", TAG)

    def admit(self) -> None:
        put_up = self._candidate(ALICE)
        motion = self._announce(put_up)
        self.pass_time(WINDOW_S)
        self.send(BOB, REGISTRY, "admit", motion, outcomes([put_up]))

    def reject(self) -> None:
        for auditor in self.community.auditors[: self.community.threshold]:
            self.send(auditor, REGISTRY, "reject", ALICE.address, self.found().application, 1)

    def refuse(self) -> None:
        put_up = self._candidate(ALICE)
        motion = self._announce(put_up)
        self.object_all(motion, 2)
        self.send(BOB, REGISTRY, "refuse", motion, outcomes([put_up])[0])

    def suspend(self) -> None:
        until = self.chain.now() + 1_000
        for auditor in self.community.auditors[: self.community.threshold]:
            self.send(auditor, REGISTRY, "suspend", ALICE.address, until, "under review")

    def announce_exit(self) -> None:
        self.send(ALICE, REGISTRY, "requestExit")

    def exit(self) -> None:
        self.pass_time(MEMBERSHIP.exit_notice_s)
        self.send(ALICE, REGISTRY, "exit")

    def link(self) -> None:
        """The member of the account's person, or else Bob, makes the account its own."""
        self.community.link(self._member(), ALICE)

    def unlink(self) -> None:
        self.send(ALICE, REGISTRY, "unlink", ALICE.address)

    def another_account(self) -> None:
        """The account's person is admitted with another one."""
        self.send(DAVE, REGISTRY, "applyFor", TAG)
        person = self.found().person
        tag = self._candidate(BOB).tag if person and person == self.found(BOB).person else TAG
        put_up = self._candidate(DAVE, tag)
        motion = self._announce(put_up)
        self.pass_time(WINDOW_S)
        self.send(BOB, REGISTRY, "admit", motion, outcomes([put_up]))

    def member_leaves(self) -> None:
        self.send(BOB, REGISTRY, "requestExit")
        self.pass_time(MEMBERSHIP.exit_notice_s)
        self.send(BOB, REGISTRY, "exit")

    def _member(self) -> LocalAccount:
        person = self.found().person
        return next((who for who in (BOB, DAVE) if person and self.found(who).person == person), BOB)

    def _candidate(self, who: LocalAccount, tag: bytes | None = None) -> Candidate:
        """Whoever it is, as nobody was put up before."""
        tag = TAG if who is ALICE else tag
        expiry = self.chain.now() + 10**7
        return candidate(who.address, max(self.found(who).application, 1), tag=tag, expiry=expiry)

    def _announce(self, put_up: Candidate) -> int:
        admission, (first, second, *_) = Admission([put_up]), self.community.auditors
        self.send(first, *admission.nomination)
        self.send(second, *admission.approval)
        return int(self.community.read(MOTIONS, "motionCount"))


class MotionLife(People):
    """What can happen to a motion to admit one who has applied."""

    def __init__(self) -> None:
        super().__init__()
        self.send(ALICE, REGISTRY, "applyFor", TAG)
        self.candidates = [candidate(ALICE.address, tag=TAG)]
        self.admission = Admission(self.candidates)
        self.before = int(self.community.read(MOTIONS, "motionCount"))

    def state(self) -> str:
        if self.community.read(MOTIONS, "motionCount") == self.before:
            return "put up" if self._is_put_up() else START
        announced_at, ends_at, _, quorum, _, _ = self.community.read(MOTIONS, "motionOf", self.motion)
        assert announced_at
        is_refused = self.community.read(MOTIONS, "objectionsTo", self.motion, 0) >= quorum
        if self.chain.now() + 1 < ends_at:
            return "open" if not is_refused else "stopped" if self.found().has_applied else "turned down"
        return "done" if not self.found().has_applied else "refused" if is_refused else "over"

    @property
    def motion(self) -> int:
        """The number that it has, or will have."""
        return self.before + 1

    def life(self) -> Life:
        put_up, approve, object_, wait = self.put_up, self.approve, self.object, lambda: self.pass_time(WINDOW_S)
        announced = (put_up, approve)
        refused = (*announced, object_, object_)
        steps = {
            "nothing": (),
            "a nomination": (put_up,),
            "an announcement": announced,
            "one objection": (*announced, object_),
            "objections": refused,
            "a refusal": (*refused, self.refuse),
            "a window that is over": (*announced, wait),
            "objections and the end": (*refused, wait),
            "an admission": (*announced, wait, self.admit),
            "objections, the end, and a refusal": (*refused, wait, self.refuse),
        }
        actions = {
            "put up": put_up,
            "approve": approve,
            "object": object_,
            "admit": self.admit,
            "refuse": self.refuse,
            "wait": wait,
            "another committee": self.change_committee,
        }
        return Life(on_chain(self.chain), self.state, steps, actions, others=("wait", "another committee"))

    def put_up(self) -> None:
        self.send(self.community.auditors[0], *self.admission.nomination)

    def approve(self) -> None:
        """By the next auditor who has not voted."""
        *most, last = self.community.auditors
        for auditor in most:
            try:
                return self.send(auditor, *self.admission.approval)
            except ContractError as error:
                if error.name != "Auditors_AlreadyVoted":
                    raise
        return self.send(last, *self.admission.approval)

    def object(self) -> None:
        """By the next member who has not objected."""
        count = self.community.read(MOTIONS, "objectionsTo", self.motion, 0)
        self.send(self.objectors[count], MOTIONS, "object", self.motion, 0)

    def admit(self) -> None:
        self.send(BOB, REGISTRY, "admit", self.motion, outcomes(self.candidates))

    def refuse(self) -> None:
        self.send(BOB, REGISTRY, "refuse", self.motion, outcomes(self.candidates)[0])

    def change_committee(self) -> None:
        """One more auditor, which takes longer than any window of candidates."""
        for auditor in self.community.auditors[: self.community.threshold]:
            self.send(auditor, MOTIONS, "voteChange", (key("one more auditor").address, True, 2))
        self.pass_time(MEMBERSHIP.committee_window_s)
        self.send(BOB, MOTIONS, "enactChange", self.community.read(MOTIONS, "changeCount"))

    def _is_put_up(self) -> bool:
        """Whether anybody's approval would count."""
        point = self.chain.snapshot()
        try:
            self.send(self.community.auditors[-1], *self.admission.approval)
        except ContractError as error:
            if error.name != "Motion_NotNominated":
                raise
            return False
        else:
            return True
        finally:
            self.chain.undo(point)
