"""Two neighbours who pay each other: what each checks before it signs a state, and what it keeps.

Who pays signs a state of the next version and hands it over; who is paid checks that it gets more by it, signs, too,
and hands it back. Only what both signed counts. After a change of the channel is signed, no state is until the change
is in the chain or has expired: a state that counts with points which the change takes out would be worth nothing.
"""

from __future__ import annotations

from typing import Final, TypeVar

from eth_account.signers.local import LocalAccount
from eth_typing import ChecksumAddress

from powerpact.chain.client import Chain
from powerpact.chain.contracts.channels import CONTRACT, MutualChannel
from powerpact.codec.channelfile import Signed
from powerpact.codec.eip712 import sign
from powerpact.market.channels import (
    LEAST_WINDOW_S,
    MOST_STEP,
    MOST_VERSION,
    NOBODY,
    ChannelChange,
    ChannelState,
)
from powerpact.payments.errors import ChannelRefused
from powerpact.payments.signatures import valid_signature
from powerpact.store.channels import ChannelBook

CHANGE_LASTS_S: Final = 3_600
"""How long a change that was signed can be sent, s."""

MOST_REWARD_PART: Final = 20
"""A watchtower's reward is at most one of so many parts of what is locked."""

AnySigned = TypeVar("AnySigned", Signed[ChannelState], Signed[ChannelChange])


class Party:
    """One party of a mutual channel, with what it signed.

    Parameters
    ----------
    chain : Chain
        The deployment.
    book : ChannelBook
        What was signed before.
    found : MutualChannel
        The channel.
    account : LocalAccount
        The party's key.
    least_window_s : int
        The shortest window in which the party relies on being able to answer, s.
    trusts_contracts : bool
        Whether another party that is a contract account is trusted not to take its signatures back.

    Raises
    ------
    ChannelRefused
        If the account is no party, or the channel is closed.
    """

    def __init__(
        self,
        chain: Chain,
        book: ChannelBook,
        found: MutualChannel,
        account: LocalAccount,
        *,
        least_window_s: int = LEAST_WINDOW_S,
        trusts_contracts: bool = False,
    ) -> None:
        if account.address not in found.parties:
            raise ChannelRefused(found.id, f"{account.address} is no party of it")
        if not found.is_open:
            raise ChannelRefused(found.id, "is closed", remedy="Open another with `powerpact channel open`.")
        self._chain, self._book, self._found, self._account = chain, book, found, account
        self._least_window_s, self._trusts_contracts = least_window_s, trusts_contracts
        self._is_other = account.address == found.terms.other
        self._domain = chain.domain(CONTRACT)

    @property
    def state(self) -> ChannelState:
        """What is whose now: the newest state that both signed, with what was locked since."""
        return current_state(self._book, self._found)

    def pay(self, upoints: int, tower: ChecksumAddress = NOBODY, reward_upoints: int = 0) -> Signed[ChannelState]:
        """Sign a state by which the other party gets so much more, and write it down.

        It comes on top of what one has paid already, whether or not the other party has signed that.

        Parameters
        ----------
        upoints : int
            At least 1.
        tower : ChecksumAddress
            A watchtower that the state names.
        reward_upoints : int
            What it gets for showing the state.

        Raises
        ------
        ChannelRefused
            If the own part is less, the channel is about to close, or a change of it can still be sent.
        """
        self._require_free()
        now = self.state
        latest = self._waiting_after(now) or now
        own = self._own(latest)
        if not 0 < upoints <= own:
            raise ChannelRefused(self._found.id, f"{upoints} micro-points cannot be paid out of {own}")
        paid = self._shifted(latest, -upoints)._replace(tower=tower, reward_upoints=reward_upoints)
        self._check(paid, now)
        return self._sign(Signed(self._found.id, paid))

    def accept(self, offered: Signed[ChannelState]) -> Signed[ChannelState]:
        """Sign, too, what the other party signed, or take the other's signature under what one signed oneself.

        Where both paid at once, `other` answers with a state of both payments, which `one` accepts.

        Returns
        -------
        Signed
            To be handed over. If the other party did not sign it, it is such an answer.

        Raises
        ------
        ChannelRefused
            If it is of another channel, old, counts with other points than are locked, or is not signed by the other
            party; if the own part would shrink by more than one has signed.
        """
        said = offered.said
        if offered.channel != self._found.id:
            raise ChannelRefused(self._found.id, "the state is of another channel")
        kept = self._book.newest_state(self._found.id, is_whole=True)
        if kept is not None and kept.said == said:
            return kept
        own = self._book.newest_state(self._found.id, is_whole=False)
        if own is not None and own.said == said:
            return self._complete(own, offered)
        answered = self._book.answered_to(self._found.id)
        if own is not None and answered is not None and answered.said == said:
            return own
        self._require_free()
        if self._found.terms.window_s < self._least_window_s:
            raise ChannelRefused(
                self._found.id,
                f"has a window of {self._found.terms.window_s} s, shorter than {self._least_window_s} s",
                remedy="Use another channel, or look at the chain more often and say so with --least-window.",
            )
        now = self.state
        waiting = self._waiting_after(now)
        self._check(said, now)
        offered = self._signed_by_other(offered)
        said = rebased(said, self._found)
        if waiting is None or said.version > waiting.version:
            self._require_at_least(said, waiting or now)
            return self._sign(offered)
        self._require_at_least(said, now)
        if not self._is_other:
            raise ChannelRefused(
                self._found.id,
                "both sides paid at once",
                remedy="Hand over the own payment: the other side answers with a state of both.",
            )
        both = self._shifted(waiting, self._own(said) - self._own(now))
        answer = self._signed(Signed(self._found.id, both))
        self._book.keep_answer(offered, answer)
        return answer

    def agree(self, out_upoints: int | None = None) -> Signed[ChannelChange]:
        """Sign a change of the channel: to close it by what is whose now, or to have so much out of the own part.

        Raises
        ------
        ChannelRefused
            If another change can still be sent, the channel is about to close, a payment waits for the other party, or
            the own part is less.
        """
        self._require_free()
        now = self.state
        if self._waiting_after(now) is not None:
            raise ChannelRefused(
                self._found.id, "a payment waits for the other party", remedy="Have it signed by the other party first."
            )
        left = [0, 0] if out_upoints is None else [now.to_one_upoints, now.to_other_upoints]
        out = [now.to_one_upoints, now.to_other_upoints] if out_upoints is None else [0, 0]
        if out_upoints is not None:
            if not 0 < out_upoints <= self._own(now):
                raise ChannelRefused(
                    self._found.id, f"{out_upoints} micro-points cannot be taken out of {self._own(now)}"
                )
            left[self._is_other] -= out_upoints
            out[self._is_other] = out_upoints
        change = ChannelChange(now.version + 1, left[0], left[1], out[0], out[1], self._chain.now() + CHANGE_LASTS_S)
        return self._sign(Signed(self._found.id, change))

    def join(self, offered: Signed[ChannelChange]) -> Signed[ChannelChange]:
        """Sign a change that the other party signed.

        Raises
        ------
        ChannelRefused
            If it is of another channel, old, expired or lasts too long, shares out other points than are locked, or is
            not signed by the other party; if one would get less by it than by the newest state; if a payment waits.
        """
        said, now = offered.said, self.state
        if offered.channel != self._found.id:
            raise ChannelRefused(self._found.id, "the change is of another channel")
        kept = self._book.newest_change(self._found.id)
        if kept is not None and kept.said == said and kept.is_whole:
            return kept
        self._require_free()
        newest = (self._waiting_after(now) or now).version
        if not newest < said.version <= min(newest + MOST_STEP, MOST_VERSION):
            raise ChannelRefused(self._found.id, f"version {said.version} does not come after version {newest}")
        if not 0 <= said.expiry - self._chain.now() <= CHANGE_LASTS_S:
            raise ChannelRefused(self._found.id, f"the change has expired, or lasts more than {CHANGE_LASTS_S} s")
        left, out = (
            (said.left_one_upoints, said.left_other_upoints),
            (said.out_one_upoints, said.out_other_upoints),
        )
        if sum(left) + sum(out) != self._found.locked_upoints:
            raise ChannelRefused(self._found.id, "the change shares out other points than are locked")
        given, own = left[self._is_other] + out[self._is_other], self._own(now)
        if given < own:
            raise ChannelRefused(self._found.id, f"by the change {given} micro-points are one's own, now {own} are")
        return self._sign(self._signed_by_other(offered))

    def _waiting_after(self, now: ChannelState) -> ChannelState | None:
        """What one signed after what is whose now, and the other party did not yet; with what was locked since."""
        own = self._book.newest_state(self._found.id, is_whole=False)
        if own is None or own.said.version <= now.version or not counts(own.said, self._found):
            return None
        return rebased(own.said, self._found)

    def _own(self, state: ChannelState) -> int:
        return state.to_other_upoints if self._is_other else state.to_one_upoints

    def _shifted(self, state: ChannelState, more: int) -> ChannelState:
        """The next state, by which one has so much more, micro-points."""
        to_one = -more if self._is_other else more
        return state._replace(
            version=state.version + 1,
            to_one_upoints=state.to_one_upoints + to_one,
            to_other_upoints=state.to_other_upoints - to_one,
        )

    def _check(self, said: ChannelState, now: ChannelState) -> None:
        """A state follows on what is whose now."""
        if not now.version < said.version <= min(now.version + MOST_STEP, MOST_VERSION):
            raise ChannelRefused(self._found.id, f"version {said.version} does not come after version {now.version}")
        if not counts(said, self._found):
            raise ChannelRefused(self._found.id, "the state counts with more than is locked")
        if said.to_one_upoints + said.to_other_upoints != said.from_one_upoints + said.from_other_upoints:
            raise ChannelRefused(self._found.id, "the state shares out other points than it counts with")
        if said.reward_upoints > self._found.locked_upoints // MOST_REWARD_PART:
            problem = f"a watchtower would get {said.reward_upoints} micro-points, more than a twentieth"
            raise ChannelRefused(self._found.id, problem, remedy="Have it signed with a smaller reward.")

    def _require_at_least(self, said: ChannelState, floor: ChannelState) -> None:
        if self._own(said) < self._own(floor):
            raise ChannelRefused(
                self._found.id,
                f"one's own part would be {self._own(said)} micro-points, and is {self._own(floor)}",
            )

    def _sign(self, signed: AnySigned) -> AnySigned:
        """Add the own signature, and write it down before anybody gets it."""
        whole = self._signed(signed)
        self._book.keep(whole)
        return whole

    def _signed(self, signed: AnySigned) -> AnySigned:
        signature = sign(self._account, self._domain, type(signed.said).__name__, signed.said.message(signed.channel))
        return signed.with_signature(signature, of_other=self._is_other)

    def _complete(self, own: Signed[ChannelState], offered: Signed[ChannelState]) -> Signed[ChannelState]:
        """What one signed oneself, with the other's signature."""
        checked = self._signed_by_other(offered)
        signature = checked.of_one if self._is_other else checked.of_other
        whole = own.with_signature(signature, of_other=not self._is_other)
        self._book.keep(whole)
        return whole

    def _signed_by_other(self, offered: AnySigned) -> AnySigned:
        """What the other party signed, its signature as the contract takes it."""
        other = self._found.terms.one if self._is_other else self._found.terms.other
        signature = valid_signature(
            self._chain,
            other,
            type(offered.said).__name__,
            offered.said.message(offered.channel),
            offered.of_one if self._is_other else offered.of_other,
            trusts_contracts=self._trusts_contracts,
        )
        if signature is None:
            raise ChannelRefused(self._found.id, f"{other} did not sign this")
        return offered.with_signature(signature, of_other=not self._is_other)

    def _require_free(self) -> None:
        """Nothing that was signed can still take points out, and nobody asked to close."""
        if self._found.closes_at or self._book.is_closing(self._found.id):
            raise ChannelRefused(
                self._found.id, "is about to close", remedy="Finish it with `powerpact channel finish` once it can end."
            )
        change = self._book.newest_change(self._found.id)
        if change is None or change.said.version <= self._found.base:
            return
        said = change.said
        left, out = said.left_one_upoints + said.left_other_upoints, said.out_one_upoints + said.out_other_upoints
        is_void = left + out < self._found.locked_upoints  # somebody locked more since, and nothing is ever less
        if not is_void and said.expiry >= self._chain.now():
            raise ChannelRefused(
                self._found.id,
                "a change of it was signed and can still be sent",
                remedy=f"Send it with `powerpact channel submit`, or wait until it expires at {said.expiry}.",
            )


def current_state(book: ChannelBook, found: MutualChannel) -> ChannelState:
    """What is whose in a channel: by the newest state that both signed, else by what is locked."""
    newest = book.newest_state(found.id, is_whole=True)
    if newest is None or newest.said.version <= found.base:
        return state_by_lock(found)
    return rebased(newest.said, found)


def state_by_lock(found: MutualChannel) -> ChannelState:
    """To each what is locked for it: what needs no signature."""
    locked = found.locked_one_upoints, found.locked_other_upoints
    return ChannelState(found.base, *locked, *locked)


def rebased(said: ChannelState, found: MutualChannel) -> ChannelState:
    """A state with what was locked since it was signed, which is its owner's."""
    return said._replace(
        to_one_upoints=said.to_one_upoints + found.locked_one_upoints - said.from_one_upoints,
        to_other_upoints=said.to_other_upoints + found.locked_other_upoints - said.from_other_upoints,
        from_one_upoints=found.locked_one_upoints,
        from_other_upoints=found.locked_other_upoints,
    )


def counts(said: ChannelState, found: MutualChannel) -> bool:
    """Whether what a state counts with is locked."""
    return said.from_one_upoints <= found.locked_one_upoints and said.from_other_upoints <= found.locked_other_upoints
