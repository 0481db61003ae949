"""The machine: anybody takes any step with channels at any time, and the contract does exactly what the model does."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any, Final

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from powerpact.chain.artifacts import Artifact, artifact
from powerpact.chain.errors import ContractError
from powerpact.market.channels import ChannelChange, ChannelState
from testkit.chains import EvmChain
from testkit.drawing import run_drawn
from testkit.market import Community, key
from testkit.paying.channels import CHANNELS, WINDOW_S, Metered, Mutual
from testkit.paying.ghost import Ghost, GhostMetered, GhostMutual

PEOPLE: Final = [key(f"somebody {i}") for i in range(4)]
"""Three who have channels, and one who may be a watchtower."""

FREE_UPOINTS: Final = 10_000
RUNS: Counter[str] = Counter()
"""How often each step was taken, and how often refused, by error."""

WHICH = st.integers(0, 100)
AMOUNTS = st.sampled_from((1, 300, 1_000, 1_000, 2_500, 11_000))
JUMPS_S = st.sampled_from((1, WINDOW_S // 2, WINDOW_S - 2, WINDOW_S, 3 * WINDOW_S))


class ChannelMachine(RuleBasedStateMachine):
    """All steps. `community` and `start` are set by `run_machine`."""

    community: Community
    start: Any

    def __init__(self) -> None:
        super().__init__()
        self.chain = self.community.chain
        self.chain.revert(self.start)
        self.domain = self.community.domain(CHANNELS)
        self.ghost = Ghost({account.address: FREE_UPOINTS for account in PEOPLE})
        self.serial = 0

    def now(self) -> int:
        """The time of the next step."""
        return self.chain.now() + 1

    def take(self, expected: str, by: int, function: str, *arguments: Any) -> None:
        """Send what the model has taken or refused, and compare everything."""
        error = ""
        try:
            self.community.send(PEOPLE[by % len(PEOPLE)], CHANNELS, function, *arguments)
        except ContractError as refused:
            error = refused.name
        assert error == expected, f"{function}: {error or 'taken'}, not {expected or 'taken'}"
        RUNS[f"{function}: {expected or 'taken'}"] += 1
        self.compare()

    def compare(self) -> None:
        """Every account has what the model says; what is held is in open channels; nothing is made or lost."""
        total = 0
        for address, purse in self.ghost.purses.items():
            free, held = self.community.read("Accounts", "walletOf", address)[:2]
            assert (free, held) == (purse.free, purse.held), f"{address} has {free}, {held}, not {purse}"
            assert held == self.ghost.held_in_channels(address)
            total += free + held
        assert total == len(PEOPLE) * FREE_UPOINTS == self.community.read("Accounts", "totalCredits")

    @initialize(amounts=st.lists(AMOUNTS.filter(lambda a: a < 3_000), min_size=4, max_size=4), is_changed=st.booleans())
    def begin(self, amounts, is_changed):
        """A channel of each kind is open; both sides of the mutual one signed something, and may have some out."""
        self.open_metered(0, amounts[0])
        self.open_mutual(0, False, amounts[1])
        self.fund_mutual(0, True, amounts[2])
        for _ in range(3):
            self.sign(0, amounts[3], 3, 300)
        if is_changed:
            self.change(0, 0, 40, 0, is_old=True)

    @rule(seconds=JUMPS_S)
    def wait(self, seconds):
        """Time passes."""
        self.chain.warp(self.chain.now() + seconds)

    # Metered

    @rule(which=WHICH, amount=AMOUNTS)
    def open_metered(self, which, amount):
        """Somebody opens a channel for another's readings."""
        payer, receiver = PEOPLE[which % 3], PEOPLE[(which + 1) % 3]
        self.serial += 1
        made = Metered(payer, receiver, self.domain, self.serial)
        error = self.ghost.lock(payer.address, amount)
        if not error:
            self.ghost.metered.append(GhostMetered(made, amount))
        self.take(error, which % 3, "openMetered", made.terms, amount)

    @precondition(lambda self: self.ghost.metered)
    @rule(which=WHICH, amount=AMOUNTS)
    def voucher(self, which, amount):
        """A payer signs for more; it may be more than is locked."""
        channel = self.ghost.metered[which % len(self.ghost.metered)]
        channel.signed.append((channel.signed[-1] if channel.signed else 0) + amount)

    @precondition(lambda self: any(channel.signed for channel in self.ghost.metered))
    @rule(which=WHICH, age=WHICH, by=WHICH, closes=st.booleans())
    def claim(self, which, age, by, closes):
        """Anybody claims by some voucher, or the receiver closes by it."""
        channels = [channel for channel in self.ghost.metered if channel.signed]
        channel = channels[which % len(channels)]
        number = age % len(channel.signed)
        total = channel.signed[number]
        signed = channel.made.signed(total, number)
        if not closes:
            self.take(self.ghost.claim(channel, total), by, "claim", channel.made.terms, *signed)
            return
        sender = PEOPLE[by % len(PEOPLE)].address
        error = "Channel_NotOpen" if not channel.is_open else ""
        if not error and sender != channel.made.receiver.address:
            error = "Channel_NotParty"
        self.take(error or self.ghost.close(channel, total), by, "closeMetered", channel.made.terms, *signed)

    @precondition(lambda self: self.ghost.metered)
    @rule(which=WHICH, by=WHICH, step=st.sampled_from(("fund", "fund", "notice", "forge", "finish")), amount=AMOUNTS)
    def of_payer(self, which, by, step, amount):
        """The payer locks more or gives notice, somebody forges a voucher, or ends what is over."""
        channel = self.ghost.metered[which % len(self.ghost.metered)]
        terms, sender = channel.made.terms, PEOPLE[by % len(PEOPLE)].address
        if step == "finish":
            self.take(self.ghost.finish(channel, self.now()), by, "finishMetered", terms)
            return
        error = "" if channel.is_open else "Channel_NotOpen"
        if step == "forge":
            total = channel.paid + amount
            forged = channel.made.signed(total, 0, by=channel.made.receiver)
            self.take(error or "Channel_BadSignature", by, "claim", terms, *forged)
            return
        if not error and sender != terms.payer:
            error = "Channel_NotParty"
        if not error and channel.ends_at:
            error = "Channel_Ending"
        if step == "notice":
            channel.ends_at = channel.ends_at if error else self.now() + WINDOW_S
            self.take(error, by, "giveNotice", terms)
            return
        error = error or self.ghost.lock(sender, amount)
        channel.locked += 0 if error else amount
        self.take(error, by, "fundMetered", terms, amount)

    # Mutual

    @rule(which=WHICH, is_other=st.booleans(), amount=AMOUNTS)
    def open_mutual(self, which, is_other, amount):
        """Somebody opens a channel with another, from either side."""
        one, other = PEOPLE[which % 3], PEOPLE[(which + 1) % 3]
        self.serial += 1
        made = Mutual(one, other, self.domain, self.serial)
        by = (which + is_other) % 3
        error = self.ghost.lock(PEOPLE[by].address, amount)
        if not error:
            locked = {one.address: 0, other.address: 0, PEOPLE[by].address: amount}
            self.ghost.mutual.append(GhostMutual(made, locked))
        self.take(error, by, "openMutual", made.terms, amount)

    @precondition(lambda self: self.ghost.mutual)
    @rule(which=WHICH, is_other=st.booleans(), amount=AMOUNTS)
    def fund_mutual(self, which, is_other, amount):
        """A party locks more."""
        channel = self._mutual(which)
        party = channel.parties[is_other]
        error = "" if channel.is_open else "Channel_NotOpen"
        error = error or ("Channel_Ending" if channel.closes_at else "") or self.ghost.lock(party, amount)
        channel.locked[party] += 0 if error else amount
        self.take(error, self._index(party), "fundMutual", channel.made.terms, amount)

    @precondition(lambda self: self.ghost.mutual)
    @rule(which=WHICH, amount=AMOUNTS, tower=st.integers(0, 4), reward=AMOUNTS)
    def sign(self, which, amount, tower, reward):
        """Both sign the next state: to `one` so much of what is locked now."""
        channel = self._mutual(which)
        one, other = (channel.locked[party] for party in channel.parties)
        version = max([channel.base, *(state.version for state in channel.states)]) + 1
        to_one = min(amount, one + other)
        state = ChannelState(version, to_one, one + other - to_one, one, other)
        if tower < len(PEOPLE):
            state = state._replace(tower=PEOPLE[tower].address, reward_upoints=reward)
        channel.states.append(state)

    @precondition(lambda self: self.ghost.mutual)
    @rule(which=WHICH, age=WHICH, by=WHICH, missing=st.sampled_from(("", "one", "other")), shows=st.booleans())
    def close(self, which, age, by, missing, shows):
        """Anybody begins to close by some state, or shows one; one of the signatures may be another's."""
        channel = self._mutual(which)
        choices = [channel.by_lock(), *channel.states]
        state = choices[-1 - age % len(choices)]
        sender = PEOPLE[by % len(PEOPLE)].address
        said, signatures, _ = channel.made.by_both(state)
        if missing:
            forger = channel.made.other if missing == "one" else channel.made.one
            signatures[missing == "other"] = channel.made.signature(state, forger)
        function = "showState" if shows else "beginClose"
        step = self.ghost.show if shows else self.ghost.begin
        needs_both = shows or state.version != channel.base
        before = vars(channel).copy()
        error = step(channel, state, sender, self.now())
        if not error and missing and needs_both:
            vars(channel).update(before)
            error = "Channel_BadSignature"
        self.take(error, by, function, channel.made.terms, said, signatures, [])

    @precondition(lambda self: any(c.is_open and not c.closes_at for c in self.ghost.mutual))
    @rule(which=WHICH, amount=AMOUNTS, is_by_other=st.booleans(), by=WHICH, missing=st.sampled_from(("", "", "other")))
    def contest(self, which, amount, is_by_other, by, missing):
        """A party closes by a state, both of whose successors are shown: one signature of the second may be missing."""
        channels = [c for c in self.ghost.mutual if c.is_open and not c.closes_at]
        channel = channels[which % len(channels)]
        place = -1 - self.ghost.mutual.index(channel)
        for _ in range(3):
            self.sign(place, amount, by % len(PEOPLE), 300)
        self.close(place, 2, self._index(channel.parties[is_by_other]), "", shows=False)
        self.close(place, 1, by, "", shows=True)
        self.close(place, 0, by, missing, shows=True)

    @precondition(lambda self: self.ghost.mutual)
    @rule(
        which=WHICH,
        by=WHICH,
        percent=st.sampled_from((0, 40, 40, 100)),
        off=st.sampled_from((0, 0, 0, 1, -1)),
        is_old=st.booleans(),
    )
    def change(self, which, by, percent, off, is_old):
        """Both have some or all of it out, by a change that may be older than a state; the parts may not sum."""
        channel = self._mutual(which)
        one, other = (channel.locked[party] for party in channel.parties)
        left = (one + other) * percent // 100
        version = max([channel.base, *(state.version for state in channel.states if not is_old)]) + 1
        out = one + other - left + off
        change = ChannelChange(
            version, left, 0, max(out, 0) // 3, max(out, 0) - max(out, 0) // 3, self.now() + WINDOW_S
        )
        error = self.ghost.change(channel, change, self.now())
        self.take(error, by, "changeMutual", channel.made.terms, *channel.made.by_both(change))

    @precondition(lambda self: self.ghost.mutual)
    @rule(which=WHICH, by=WHICH)
    def end(self, which, by):
        """Anybody ends a channel."""
        channel = self._mutual(which)
        self.take(self.ghost.end(channel, self.now()), by, "finishMutual", channel.made.terms)

    def teardown(self) -> None:
        """Everyone gets everything out alone, whatever the others do."""
        for metered in self.ghost.metered:
            if metered.is_open and not metered.ends_at:
                metered.ends_at = self.now() + WINDOW_S
                self.take("", self._index(metered.made.terms.payer), "giveNotice", metered.made.terms)
        for channel in self.ghost.mutual:
            if channel.is_open and not channel.closes_at:
                self.ghost.begin(channel, channel.by_lock(), channel.parties[0], self.now())
                by_lock = channel.made.by_both(channel.by_lock())
                self.take("", self._index(channel.parties[0]), "beginClose", channel.made.terms, *by_lock)
        self.chain.warp(self.chain.now() + WINDOW_S)
        for metered in self.ghost.metered:
            if metered.is_open:
                self.take(self.ghost.finish(metered, self.now()), 3, "finishMetered", metered.made.terms)
        for channel in self.ghost.mutual:
            if channel.is_open:
                self.take(self.ghost.end(channel, self.now()), 3, "finishMutual", channel.made.terms)
        assert not any(purse.held for purse in self.ghost.purses.values())

    def _mutual(self, which: int) -> GhostMutual:
        return self.ghost.mutual[(-1 - which) % len(self.ghost.mutual)]

    def _index(self, address: str) -> int:
        return next(i for i, account in enumerate(PEOPLE) if account.address == address)


def run_machine(
    examples: int, steps: int, artifacts: Callable[[str], Artifact] = artifact, *, shrink: bool = True
) -> None:
    """Run the machine; the drawn examples are the same in each run.

    Raises
    ------
    AssertionError
        If contract and model differ.
    """
    community = Community(EvmChain(largest_code=1 << 16), traders=0, artifacts=artifacts)
    for account in PEOPLE:
        community.fund(account, FREE_UPOINTS, FREE_UPOINTS)
    machine = type("Machine", (ChannelMachine,), {"community": community, "start": community.chain.snapshot()})
    run_drawn(machine, examples, steps, shrink=shrink)
