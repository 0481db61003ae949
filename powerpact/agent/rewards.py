"""The second eighth of a lost bond: for who knew first, and can prove it.

A challenge stands in the open before it is executed, and can be copied. A watcher that writes down a hash first, in an
earlier block, gets an eighth of the bond whoever refutes the proposal. It shows what the hash stood for as soon as the
proposal has fallen, and collects what it has won a day later.

Nothing is kept: the salts follow from the account's key, and what was written down is on the chain.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Iterable
from typing import Final, NamedTuple

from powerpact.agent.errors import JudgementTooLong
from powerpact.chain.client import Chain
from powerpact.chain.contracts import refutations, rounds
from powerpact.chain.contracts.posted import Exhibit
from powerpact.chain.contracts.refutations import Refutation
from powerpact.chain.errors import ChainError, ContractError
from powerpact.chain.transactions import Call, Sender
from powerpact.market.wording import points
from powerpact.progress import Progress

REWARD_SHARE: Final = 8
"""Of a lost bond one such part, rounded down, goes to who refutes; a second one, too, unless somebody committed."""

TIME_TO_COMMIT_S: Final = 120
"""Of a challenge window, that must be left to write something down first, s: the proposal must fall in any case."""


class Evidence(NamedTuple):
    """Orders that refute a proposal, by id and as they are shown, and its public prices."""

    orders: tuple[int, ...]
    shown: list[Exhibit]
    prices: bytes


class Rewards:
    """What one account is owed for proposals that have fallen.

    Parameters
    ----------
    chain : Chain
        The deployment.
    sender : Sender
        Whose wallet gets the rewards.
    evidence : callable
        The orders that refute a proposal, None if none do.
    report : callable
        Called with each message.
    """

    def __init__(
        self, chain: Chain, sender: Sender, evidence: Callable[[int], Evidence | None], report: Progress
    ) -> None:
        self.chain = chain
        self.sender = sender
        self.evidence = evidence
        self.report = report
        self._fallen: set[int] = set()
        self._shown: set[int] = set()

    def note(self, proposals: Iterable[int]) -> None:
        """Look after proposals that are no longer active."""
        self._fallen.update(proposals)

    def forget(self) -> None:
        """Begin again: blocks have left the chain."""
        self._fallen.clear()
        self._shown.clear()

    def commit(self, proposal: int, found: Evidence, final_from: int) -> None:
        """Write down that orders refute a proposal, if there is time; whatever goes wrong is reported."""
        if final_from - self.chain.now() < TIME_TO_COMMIT_S:
            self.report(f"proposal {proposal} is final soon: it is refuted without writing anything down first")
            return
        try:
            self.sender.send(refutations.commit(self.chain, self._hash_of(proposal, found)))
        except Exception as error:  # the proposal must fall in any case
            if not (isinstance(error, ContractError) and error.name == "Refutations_CommittedBefore"):
                self.report(f"nothing is written down on proposal {proposal}: {error}")
            return
        self.report(f"wrote down that proposal {proposal} is false")

    def collect(self) -> None:
        """Show what was written down, and take what was won; whatever goes wrong is reported and tried again."""
        for proposal, refutation in self._waiting().items():
            try:
                self._pursue(proposal, refutation)
            except JudgementTooLong as error:  # what is only about money must not keep the watcher again
                self._shown.add(proposal)
                self.report(f"the reward for proposal {proposal} is given up: {error}")
            except Exception as error:  # what one proposal is worth must not touch another
                self.report(f"the reward for proposal {proposal} is not collected: {error}; trying again")

    def _waiting(self) -> dict[int, Refutation]:
        if not self._fallen:
            return {}
        try:
            found = refutations.waiting(self.chain, sorted(self._fallen))
        except ChainError as error:
            self.report(f"rewards are not looked after: {error}; trying again")
            return {}
        self._fallen &= found.keys()
        return found

    def _pursue(self, proposal: int, refutation: Refutation) -> None:
        """Do what can be done now about one reward."""
        if self.chain.now() <= refutation.until:
            self._reveal(proposal, refutation)
            return
        self._fallen.discard(proposal)
        if refutation.heir == self.sender.address:
            self._award(proposal)

    def _reveal(self, proposal: int, refutation: Refutation) -> None:
        if proposal in self._shown or refutation.winner == self.sender.address:
            return
        if call := self._claim(proposal, refutation):
            try:
                self.sender.send(call)
                self.report(f"showed that proposal {proposal} was known to be false before it fell")
            except ContractError as error:
                if error.name != "Refutations_CommittedLater":  # somebody else was earlier
                    raise
        self._shown.add(proposal)

    def _claim(self, proposal: int, refutation: Refutation) -> Call | None:
        """The call that shows this account's commitment; None if none counts, or nobody else can have one."""
        since = rounds.proposal(self.chain, proposal).sealed_in
        written = [one for one in refutations.commitments(self.chain) if since < one.made_in < refutation.made_in]
        mine = {one.hash for one in written if one.by == self.sender.address}
        if not mine or (refutation.heir == self.sender.address and len(mine) == len(written)):
            return None
        found = self.evidence(proposal)
        if found is None or self._hash_of(proposal, found) not in mine:
            return None
        salt = self._salt(proposal)
        return refutations.reveal(self.chain, proposal, found.shown, found.prices, self.sender.address, salt)

    def _award(self, proposal: int) -> None:
        self.sender.send(refutations.award(self.chain, proposal))
        upoints = rounds.proposal(self.chain, proposal).bond_upoints // REWARD_SHARE
        self.report(f"was awarded {points(upoints)} points for proposal {proposal}")

    def _hash_of(self, proposal: int, found: Evidence) -> bytes:
        salt = self._salt(proposal)
        return refutations.commitment_of(self.chain, proposal, self.sender.address, found.orders, salt)

    def _salt(self, proposal: int) -> bytes:
        """What nobody else can know, and this account always: 32 bytes."""
        domain = self.chain.domain("Refutations")
        purpose = f"PowerPact refutation {domain.chain_id} {domain.contract} {proposal}"
        return hmac.digest(bytes(self.sender.account.key), purpose.encode(), "sha256")
