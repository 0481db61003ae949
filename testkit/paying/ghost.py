"""A model of payment channels: what each step does, and why it is refused."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

from powerpact.market.channels import BASE, NOBODY, ChannelChange, ChannelState
from testkit.paying.channels import WINDOW_S, Metered, Mutual


@dataclass
class Purse:
    """What an account has free, and what it holds in channels, micro-points."""

    free: int
    held: int = 0


@dataclass
class GhostMetered:
    """A metered channel: what was locked and paid, and the sums that its payer signed for."""

    made: Metered
    locked: int
    paid: int = 0
    ends_at: int = 0
    is_open: bool = True
    signed: list[int] = field(default_factory=list)

    @property
    def held(self) -> int:
        """What the payer's account holds for it."""
        return self.locked - self.paid if self.is_open else 0


@dataclass
class GhostMutual:
    """A mutual channel: what is locked for each, the states that both signed, and by which it is about to close."""

    made: Mutual
    locked: dict[str, int]
    base: int = BASE
    states: list[ChannelState] = field(default_factory=list)
    shown: ChannelState | None = None
    closer: str = ""
    closes_at: int = 0
    tower: str = ""
    is_open: bool = True

    @property
    def parties(self) -> tuple[str, str]:
        """`one` and `other`."""
        return self.made.one.address, self.made.other.address

    def parts(self, state: ChannelState) -> tuple[int, int]:
        """What each gets by a state, with what was locked since."""
        one, other = (self.locked[party] for party in self.parties)
        return (
            state.to_one_upoints + one - state.from_one_upoints,
            state.to_other_upoints + other - state.from_other_upoints,
        )

    def by_lock(self) -> ChannelState:
        """The state that needs no signature: to each what is locked for it."""
        one, other = (self.locked[party] for party in self.parties)
        return ChannelState(self.base, one, other, one, other)

    def counts(self, state: ChannelState) -> str:
        """Why a state does not count, empty if it does."""
        one, other = (self.locked[party] for party in self.parties)
        if state.from_one_upoints > one or state.from_other_upoints > other:
            return "Channel_DepositMissing"
        return ""


class Ghost:
    """All accounts and channels.

    Parameters
    ----------
    free : mapping of str to int
        What each account has free, micro-points.
    """

    def __init__(self, free: dict[str, int]) -> None:
        self.purses = {address: Purse(upoints) for address, upoints in free.items()}
        self.metered: list[GhostMetered] = []
        self.mutual: list[GhostMutual] = []
        self.moved: defaultdict[str, int] = defaultdict(int)

    def lock(self, who: str, upoints: int) -> str:
        """Hold free points; why not, if they do not suffice."""
        if self.purses[who].free < upoints:
            return "Accounts_InsufficientBalance"
        self.purses[who].free -= upoints
        self.purses[who].held += upoints
        return ""

    def claim(self, channel: GhostMetered, total: int) -> str:
        """Pay a voucher."""
        if not channel.is_open:
            return "Channel_NotOpen"
        due = min(total, channel.locked) - channel.paid
        if due <= 0:
            return "Channel_NothingDue"
        self._pay(channel, due)
        return ""

    def close(self, channel: GhostMetered, total: int) -> str:
        """Pay a voucher and give the rest back."""
        if not channel.is_open:
            return "Channel_NotOpen"
        if (due := min(total, channel.locked) - channel.paid) > 0:
            self._pay(channel, due)
        return self._give_back(channel)

    def finish(self, channel: GhostMetered, now: int) -> str:
        """Give the rest back once the notice is over."""
        if not channel.is_open:
            return "Channel_NotOpen"
        if not channel.ends_at:
            return "Channel_NotEnding"
        return "Channel_TooEarly" if now < channel.ends_at else self._give_back(channel)

    def change(self, channel: GhostMutual, change: ChannelChange, now: int) -> str:
        """Share out what is locked as both signed."""
        if not channel.is_open:
            return "Channel_NotOpen"
        if channel.closes_at:
            return "Channel_Ending"
        if now > change.expiry:
            return "Channel_TooLate"
        if change.version <= channel.base:
            return "Channel_NotNewer"
        left = change.left_one_upoints, change.left_other_upoints
        out = change.out_one_upoints, change.out_other_upoints
        if sum(left) + sum(out) != sum(channel.locked.values()):
            return "Channel_OtherTotal"
        for party, has, gets in zip(channel.parties, left, out, strict=True):
            purse = self.purses[party]
            purse.held += has - channel.locked[party]
            purse.free += gets
            channel.locked[party] = has
        channel.base, channel.is_open = change.version, sum(left) > 0
        return ""

    def begin(self, channel: GhostMutual, state: ChannelState, by: str, now: int) -> str:
        """Ask to close."""
        if not channel.is_open:
            return "Channel_NotOpen"
        if by not in channel.parties:
            return "Channel_NotParty"
        if channel.closes_at:
            return "Channel_Ending"
        if state.version == channel.base:
            state = channel.by_lock()
        elif state.version < channel.base:
            return "Channel_NotNewer"
        elif error := channel.counts(state):
            return error
        channel.shown, channel.closer, channel.closes_at = state, by, now + WINDOW_S
        return ""

    def show(self, channel: GhostMutual, state: ChannelState, by: str, now: int) -> str:
        """Show a newer state."""
        if not channel.is_open:
            return "Channel_NotOpen"
        if channel.shown is None:
            return "Channel_NotEnding"
        if now >= channel.closes_at:
            return "Channel_TooLate"
        if state.version <= channel.shown.version:
            return "Channel_NotNewer"
        if error := channel.counts(state):
            return error
        channel.shown = state
        loser = next(party for party in channel.parties if party != channel.closer)
        channel.tower = state.tower if by != loser and state.tower != NOBODY else ""
        return ""

    def end(self, channel: GhostMutual, now: int) -> str:
        """End by what was shown last."""
        if not channel.is_open:
            return "Channel_NotOpen"
        if channel.shown is None:
            return "Channel_NotEnding"
        if now < channel.closes_at:
            return "Channel_TooEarly"
        parts = dict(zip(channel.parties, channel.parts(channel.shown), strict=True))
        if channel.tower:
            reward = min(channel.shown.reward_upoints, parts[channel.closer])
            parts[channel.closer] -= reward
            self.purses[channel.tower].free += reward
        for party, gets in parts.items():
            self.purses[party].held -= channel.locked[party]
            self.purses[party].free += gets
            channel.locked[party] = 0
        channel.is_open = False
        return ""

    def held_in_channels(self, who: str) -> int:
        """What an account's open channels hold of it."""
        held = sum(c.held for c in self.metered if c.made.payer.address == who)
        return held + sum(c.locked.get(who, 0) for c in self.mutual if c.is_open)

    def _pay(self, channel: GhostMetered, due: int) -> None:
        self.purses[channel.made.payer.address].held -= due
        self.purses[channel.made.receiver.address].free += due
        channel.paid += due

    def _give_back(self, channel: GhostMetered) -> str:
        purse = self.purses[channel.made.payer.address]
        purse.held, purse.free = purse.held - channel.held, purse.free + channel.held
        channel.is_open = False
        return ""
