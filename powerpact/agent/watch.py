"""The watcher: refutes false proposals within their challenge window, so that nobody has to trust an agent.

What it promises, and how:

- *Nothing hostile ends it or hides anything.* Each proposal is examined for itself: whatever goes wrong with one is
  reported and leaves the others alone. Which proposals are active is asked of the contract. A round that is too large,
  or takes too long, is reported and comes last.
- *No verdict on less than everything.* Orders and trades are compared with the contracts' roots first
  (`powerpact.chain.contracts.complete`).
- *No verdict outlives what it is about.* It belongs to a proposal's number, its trades and the block that it was judged
  at; until the round is final each new block is held against it.
- *Its reward cannot be copied away* (`powerpact.agent.rewards`), if it is told to write down first what it knows.
- *It goes on.* Timeouts, congestion, a lack of ether, a chain that goes back: all is reported, and tried again.

It keeps nothing: it can be stopped and restarted at any time, and any number of watchers can run at once.
"""

from __future__ import annotations

import time
from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Final

from powerpact.agent.errors import ChallengeWaiting, JudgementTooLong, ProposalFalse, RoundTooLarge
from powerpact.agent.judge import MOST_SECONDS, is_large, judge, refuting_orders
from powerpact.agent.rewards import REWARD_SHARE, Evidence, Rewards
from powerpact.agent.watchlist import Active, Watchlist
from powerpact.chain.client import Chain
from powerpact.chain.contracts import complete, rounds
from powerpact.chain.contracts.complete import Announced
from powerpact.chain.contracts.posted import PostedRound
from powerpact.chain.contracts.rounds import ProposalStatus
from powerpact.chain.errors import ContractError, NotOnChain, TransactionTimeout
from powerpact.chain.logs import Block
from powerpact.chain.transactions import Mined, Sender
from powerpact.market.orders import id_text
from powerpact.progress import Progress, silent

LEAST_REWARD_UPOINTS: Final = 50_000
"""Below it the command does not challenge unless told otherwise, micro-points.

A challenge uses about 150 000 gas, which at 0.1 gwei and 3 000 points for an ether are 45 000 micro-points.
"""

MOST_ORDERS: Final = 200_000
"""Orders and trades of the largest round that is examined: about half a minute of reading."""

LONGEST_PAUSE_S: Final = 30.0
"""Between two attempts at a proposal that could not be examined."""


@dataclass(frozen=True, slots=True)
class Challenge:
    """A proposal that was refuted.

    Attributes
    ----------
    market : bytes
        Its market.
    proposal : int
        The proposal.
    orders : tuple of int
        The orders that refuted it, by id: a pair whose score is above the sum of its dual prices, or one order that an
        auction fills otherwise than its price says.
    mined : Mined
        The transaction.
    """

    market: bytes
    proposal: int
    orders: tuple[int, ...]
    mined: Mined


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was found of a proposal.

    Attributes
    ----------
    trades : bytes
        What its trades are known by, 32 bytes.
    block : Block
        The block as of which it was judged.
    orders : tuple of int or None
        The orders that refute it, None if none do.
    is_left_alone : bool
        Whether it is false, and its challenge earns too little.
    """

    trades: bytes
    block: Block
    orders: tuple[int, ...] | None
    is_left_alone: bool = False

    def settles(self, active: Active) -> bool:
        """Whether nothing is left to do about a proposal."""
        return self.trades == active.trades and (self.orders is None or self.is_left_alone)


@dataclass(slots=True)
class Failure:
    """A proposal that could not be examined, or challenged: how often that was tried, and when it is tried again."""

    attempts: int = 0
    again_at: float = 0.0


class Watcher:
    """Follows active proposals of one chain and challenges the false ones.

    The independent verifier looks for the orders. Before anything is sent the contract itself is asked, so a
    challenge that would fail is never sent.

    Parameters
    ----------
    chain : Chain
        The deployment.
    sender : Sender
        Whose wallet gets the rewards.
    report : callable
        Called with each message.
    markets : collection of bytes, optional
        The markets that are watched; by default all.
    least_reward_upoints : int
        A proposal whose challenge earns less is reported and not challenged.
    most_orders : int
        Orders and trades of the largest round that is examined.
    most_s : float
        How long a large proposal may be judged, s.
    commits : bool
        Whether a hash is written down in an earlier block than each challenge, which can then be copied in vain.
    """

    def __init__(
        self,
        chain: Chain,
        sender: Sender,
        report: Progress = silent,
        *,
        markets: Collection[bytes] | None = None,
        least_reward_upoints: int = 1,
        most_orders: int = MOST_ORDERS,
        most_s: float = MOST_SECONDS,
        commits: bool = False,
    ) -> None:
        self.chain = chain
        self.sender = sender
        self.report = report
        self.least_reward_upoints = least_reward_upoints
        self.most_orders = most_orders
        self.most_s = most_s
        self.commits = commits
        self._rewards = Rewards(chain, sender, self._evidence, report)
        self._watchlist = Watchlist(chain, markets)
        self._verdicts: dict[int, Verdict] = {}
        self._failures: dict[int, Failure] = {}
        self._waiting: dict[int, str] = {}
        self._seen: Block | None = None
        self._is_hurried = False

    def run(self, *, poll_s: float = 2.0) -> None:
        """Watch until interrupted, whatever happens."""
        while True:
            try:
                self.look()
            except Exception as error:  # a watcher that ends protects nobody
                self.report(f"{_reason(error)}; trying again")
            time.sleep(poll_s)

    def look(self) -> list[Challenge]:
        """Examine every active proposal that has no verdict, and challenge the false ones.

        Each for itself: what goes wrong with one is reported. At most one large round is examined, after the small
        ones, so that those that are sealed meanwhile need not wait for the next.

        Raises
        ------
        ChainError
            If the node does not say which proposals are active.
        """
        with self.chain.reading(state_too=True) as block:
            if self._seen is not None and self._seen.hash == block.hash and not self._is_due():
                return []
            self._hold_to_branch(block)
            active = self._watchlist.active()
            self._seen, self._is_hurried = block, False
        self._forget_others(active)
        challenges = []
        for proposal in active:
            verdict = self._verdicts.get(proposal.proposal)
            if (verdict is not None and verdict.settles(proposal)) or not self._may_try(proposal.proposal):
                continue
            is_large_one = False
            try:
                challenge, is_large_one = self._examine(proposal.market, proposal.proposal)
                self._failures.pop(proposal.proposal, None)
                if challenge is not None:
                    challenges.append(challenge)
            except Exception as error:  # one proposal's failure must not touch another
                self._note_failure(proposal, error)
                is_large_one = isinstance(error, JudgementTooLong)
            if is_large_one:
                self._is_hurried = True  # for those that are left, and the small ones that came meanwhile
                break
        self._rewards.collect()
        return challenges

    def not_examined(self) -> list[int]:
        """The active proposals that could not be examined, or challenged, so far."""
        return sorted(self._failures)

    def examine(self, market_id: bytes, proposal_id: int) -> Challenge | None:
        """Challenge an active proposal if orders refute it; None if none does, or another watcher was faster.

        Raises
        ------
        LogsIncomplete
            If the node's logs lack orders or trades of it.
        RoundTooLarge, JudgementTooLong
            As their names say.
        ChainError
            If the challenge could not be sent.
        """
        return self._examine(market_id, proposal_id)[0]

    def _examine(self, market_id: bytes, proposal_id: int) -> tuple[Challenge | None, bool]:
        """`examine`, and whether the round is a large one."""
        posted, proposal, block = complete.whole(self.chain, lambda: self._view(proposal_id))
        if proposal.state.status is not ProposalStatus.ACTIVE:
            self.report(f"proposal {proposal_id} is no longer active")
            return None, False
        trades, is_large_one = proposal.trades_hash, is_large(posted, proposal.chunks)
        verdict = self._verdicts.get(proposal_id)
        if verdict is None or verdict.trades != trades:
            if posted.market.problem:
                self.report(f"market 0x{market_id.hex()[:8]} has names that are none: {posted.market.problem}")
            found = judge(posted, proposal.chunks, proposal.prices, most_s=self.most_s)
            verdict = self._verdicts[proposal_id] = Verdict(trades, block, found)
            if found is None:
                self.report(f"proposal {proposal_id} of market 0x{market_id.hex()[:8]}: no order refutes it")
        if verdict.orders is None:
            return None, is_large_one
        return self._challenge(posted, proposal, verdict.orders), is_large_one

    def _view(self, proposal_id: int) -> tuple[PostedRound, Announced, Block]:
        """A proposal and the orders of its round, all of them, as of one block."""
        chain = self.chain
        with chain.reading(state_too=True) as block:
            state = rounds.proposal(chain, proposal_id)
            size = rounds.size_of(chain, state.market) + state.trade_count
            if size > self.most_orders:
                raise RoundTooLarge(state.market, size, self.most_orders)
            return *complete.posted_and_announced(chain, proposal_id, state), block

    def _challenge(self, posted: PostedRound, proposal: Announced, found: tuple[int, ...]) -> Challenge | None:
        reward_upoints = proposal.state.bond_upoints // REWARD_SHARE
        if reward_upoints < self.least_reward_upoints:
            self.report(
                f"proposal {proposal.id} of market 0x{posted.market.id.hex()[:8]} is false, {named(found)} refute it; "
                f"its challenge earns {reward_upoints} micro-points, less than {self.least_reward_upoints}: left alone"
            )
            self._verdicts[proposal.id] = replace(self._verdicts[proposal.id], is_left_alone=True)
            return None
        self._check_waiting(proposal.id)
        evidence = _shown(posted, proposal, found)
        if self.commits:
            self._rewards.commit(proposal.id, evidence, proposal.state.final_from)
        try:
            mined = self.sender.send(rounds.challenge(self.chain, proposal.id, *evidence.shown, prices=evidence.prices))
        except TransactionTimeout as error:
            self._waiting[proposal.id] = error.transaction_hash
            raise
        except ContractError as error:
            if error.name != "Clearing_WrongStatus":
                self._verdicts.pop(proposal.id, None)  # what was judged is not what the contract has
                raise
            self.report(f"proposal {proposal.id} is no longer active")
            return None
        self.report(f"refuted proposal {proposal.id} by {named(found)}")
        return Challenge(posted.market.id, proposal.id, found, mined)

    def _evidence(self, proposal_id: int) -> Evidence | None:
        """What refutes a proposal, whether or not it is active; None if nothing does."""
        posted, proposal, _ = complete.whole(self.chain, lambda: self._view(proposal_id))
        found = judge(posted, proposal.chunks, proposal.prices, most_s=self.most_s)
        return None if found is None else _shown(posted, proposal, found)

    def _check_waiting(self, proposal: int) -> None:
        """Send no challenge while an earlier one can still be mined."""
        sent = self._waiting.pop(proposal, None)
        if sent is not None and self.chain.is_waiting(sent):
            self._waiting[proposal] = sent
            raise ChallengeWaiting(proposal, sent)

    # What was found before

    def _hold_to_branch(self, block: Block) -> None:
        """Forget everything if a block on which something was found is no longer on the chain."""
        if self._seen is None or self._seen.hash == block.hash:
            return
        blocks = {self._seen} | {v.block for v in self._verdicts.values() if v.block.number > self._seen.number}
        for known in blocks:
            now = block.hash if known.number == block.number else self.chain.hash_at(known.number)
            # A machine that lags behind the head does not have it yet.
            if now == known.hash or (now is None and known.number <= block.number):
                continue
            self.report(f"block {known.number} left the chain: everything is examined again")
            self._verdicts.clear()
            self._failures.clear()
            self._rewards.forget()
            self._watchlist.forget()
            return

    def _forget_others(self, active: Collection[Active]) -> None:
        """Keep what is known of active proposals alone."""
        numbers = {proposal.proposal for proposal in active}
        self._rewards.note(number for number in self._verdicts if number not in numbers)
        self._rewards.note(self._watchlist.take_refuted())
        self._verdicts = {number: verdict for number, verdict in self._verdicts.items() if number in numbers}
        self._failures = {number: failure for number, failure in self._failures.items() if number in numbers}

    def _note_failure(self, active: Active, error: Exception) -> None:
        failure = self._failures.setdefault(active.proposal, Failure())
        pause_s = min(2.0**failure.attempts, LONGEST_PAUSE_S)
        failure.attempts += 1
        failure.again_at = time.monotonic() + pause_s
        self.report(
            f"proposal {active.proposal} of market 0x{active.market.hex()[:8]} is not examined: {_reason(error)}; "
            f"again in {pause_s:g} s"
        )

    def _may_try(self, proposal: int) -> bool:
        failure = self._failures.get(proposal)
        return failure is None or time.monotonic() >= failure.again_at

    def _is_due(self) -> bool:
        """Whether something is left to do although no block has come."""
        return self._is_hurried or any(map(self._may_try, self._failures))


def named(ids: Collection[int]) -> str:
    """Orders in words."""
    return f"order{'s' if len(ids) > 1 else ''} {' and '.join(map(id_text, ids))}"


def require_right(chain: Chain, proposal_id: int) -> Announced:
    """Check a proposal as a watcher does, whether or not it is active.

    Returns
    -------
    Announced
        What was checked: an agent can still add to a draft.

    Raises
    ------
    NotOnChain
        If there is no such proposal.
    ProposalFalse
        If orders refute it, or it does not claim to be the best result.
    LogsIncomplete
        If the node's logs lack orders or trades of it.
    """

    def view() -> tuple[PostedRound, Announced]:
        state = rounds.proposal(chain, proposal_id)
        if state.status is ProposalStatus.NONE:
            raise NotOnChain(f"proposal {proposal_id}", remedy="List them with `powerpact round status MARKET`.")
        return complete.posted_and_announced(chain, proposal_id, state)

    posted, proposal = complete.whole(chain, view)
    if not proposal.state.is_exact:
        raise ProposalFalse(
            proposal_id, f"its objective is {proposal.state.objective}, its bound {proposal.state.bound}"
        )
    found = refuting_orders(posted, proposal.chunks, proposal.prices)
    if found is not None:
        raise ProposalFalse(proposal_id, f"{named(found)} refute{'' if len(found) > 1 else 's'} it")
    return proposal


def _shown(posted: PostedRound, proposal: Announced, found: tuple[int, ...]) -> Evidence:
    """Orders as the contracts want to see them."""
    shown = [posted.exhibit(id_, proposal.chunks, proposal.trees) for id_ in found]
    return Evidence(found, shown, proposal.prices)


def _reason(error: Exception) -> str:
    """What went wrong, also for errors that nobody expected."""
    text = str(error) or repr(error)
    return text if type(error).__module__.startswith("powerpact") else f"{type(error).__name__}: {text}"
