"""The model's committee: changes that auditors or members announce, and that members can stop."""

from __future__ import annotations

from testkit.admitting import MEMBERSHIP
from testkit.membership.ghost import Change, GhostMembers, quorum_of


class Ghost(GhostMembers):
    """The whole of the model."""

    def check_change(self, terms: tuple[str, bool, int]) -> str:
        who, is_appointed, threshold = terms
        if is_appointed and who in self.auditors:
            return "Auditors_DuplicateAuditor"
        if not is_appointed and who not in self.auditors:
            return "Auditors_NotAuditor"
        count = len(self.auditors) + (1 if is_appointed else -1)
        return "" if 1 <= threshold <= count else "Auditors_BadCommittee"

    def can_announce(self, terms: tuple[str, bool, int], is_by_members: bool, now: int) -> str:
        if error := self.check_change(terms):
            return error
        if not self.changes:
            return ""
        last = self.changes[-1]
        if now < last.ends_at or not (last.is_enacted or last.is_refused):
            return "Motion_ChangeUndecided"
        is_same = last.is_by_members == is_by_members
        return "Motion_OthersTurn" if is_same and now < last.ends_at + MEMBERSHIP.committee_window_s else ""

    def announce(self, terms: tuple[str, bool, int], is_by_members: bool, now: int) -> None:
        quorum = quorum_of(self.members, MEMBERSHIP.committee_rate_ppm)
        self.changes.append(Change(now, now + MEMBERSHIP.committee_window_s, quorum, is_by_members, terms))

    def vote_change(self, auditor: str, terms: tuple[str, bool, int], now: int) -> str:
        if error := self.can_announce(terms, False, now):
            return error
        error, decides = self.vote(auditor, "change", len(self.changes), terms)
        if decides:
            self.announce(terms, False, now)
        return error

    def propose(self, who: str, terms: tuple[str, bool, int]) -> str:
        if error := self.check_change(terms):
            return error
        if error := self.may_support(who):
            return error
        self.proposals.append((terms, set(), False))
        return self.support(who, len(self.proposals))

    def may_support(self, who: str) -> str:
        since, until = self.voices.get(who, (0, 1))
        return "" if since and until == 0 else "Motion_NotMember"

    def support(self, who: str, number: int) -> str:
        if error := self.may_support(who):
            return error
        if not 1 <= number <= len(self.proposals):
            return "Motion_Unknown"
        _, supporters, is_announced = self.proposals[number - 1]
        if is_announced or who in supporters:
            return "Motion_CannotSupport"
        for _, others, _ in self.proposals:
            others.discard(who)
        supporters.add(who)
        return ""

    def announce_proposal(self, number: int, now: int) -> str:
        if not 1 <= number <= len(self.proposals):
            return "Motion_Unknown"
        terms, supporters, is_announced = self.proposals[number - 1]
        if is_announced:
            return "Motion_CannotSupport"
        if len(supporters) < MEMBERSHIP.supporters:
            return "Motion_TooFewSupporters"
        if error := self.can_announce(terms, True, now):
            return error
        self.proposals[number - 1] = (terms, supporters, True)
        self.announce(terms, True, now)
        return ""

    def object_to_change(self, who: str, number: int, now: int) -> str:
        if not 1 <= number <= len(self.changes):
            return "Motion_Unknown"
        change = self.changes[number - 1]
        if now >= change.ends_at:
            return "Motion_WindowOver"
        if not self.was_member(who, change.announced_at):
            return "Motion_NotMember"
        if who in change.objectors:
            return "Motion_AlreadyObjected"
        change.objectors.add(who)
        return ""

    def enact(self, number: int, now: int) -> str:
        if not 1 <= number <= len(self.changes):
            return "Motion_Unknown"
        change = self.changes[number - 1]
        if now < change.ends_at:
            return "Motion_WindowOpen"
        if change.is_refused:
            return "Motion_Refused"
        if change.is_enacted:
            return "Motion_AlreadyEnacted"
        who, is_appointed, threshold = change.terms
        change.is_enacted = True
        if is_appointed:
            self.auditors.append(who)
        else:
            seat, last = self.auditors.index(who), self.auditors.pop()
            if last != who:
                self.auditors[seat] = last
        self.threshold, self.committee = threshold, self.committee + 1
        return ""
