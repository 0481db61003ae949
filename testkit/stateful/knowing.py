"""Rules of knowledge: who writes down that a proposal is false before it falls gets what waits of its bond."""

from __future__ import annotations

from eth_abi.abi import encode
from eth_utils import keccak
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from powerpact.chain.contracts.rounds import ProposalStatus
from testkit.stateful.checks import Checks
from testkit.stateful.ghostmarket import GhostMarket, GhostProposal
from testkit.stateful.rewards import Knowledge
from testkit.stateful.stage import INDICES, RUNS, refused

SALT = keccak(text="salt of the machine")


class KnowingRules(Checks):
    """Commit, reveal, award."""

    @precondition(lambda self: self._knowable())
    @rule(which=INDICES, who=INDICES)
    def commit(self, which, who):
        """Somebody writes down what refutes a proposal, in time or not."""
        choices = self._knowable()
        market, proposal = choices[which % len(choices)]
        if pairs := market.uncovered(proposal):
            self._commit(proposal, pairs[which % len(pairs)], who)

    def _commit(self, proposal: GhostProposal, pair: tuple[int, int], who: int) -> None:
        account = self.traders[who % len(self.traders)].account
        knowledge = Knowledge(proposal.id, pair, account.address)
        types = ["uint256", "address", "uint64", "address", "uint40[]", "bytes32"]
        place = self.chain.chain_id, self.community.addresses["Refutations"]
        commitment = keccak(encode(types, [*place, proposal.id, knowledge.by, list(pair), SALT]))
        if knowledge not in self.ghost.rewards.commitments:
            self.community.send(account, "Refutations", "commit", commitment)
            self.ghost.rewards.committed(knowledge)
            RUNS["commit"] += 1
        with refused("Refutations_CommittedBefore"):
            self.community.send(self.watcher, "Refutations", "commit", commitment)

    def _knowable(self) -> list[tuple[GhostMarket, GhostProposal]]:
        """Proposals that may be false, and whose fall nobody has been paid for."""
        pots = self.ghost.rewards.pots
        unfinished = ProposalStatus.DRAFT, ProposalStatus.ACTIVE
        return self.proposals(lambda _, proposal: proposal.status in unfinished or proposal.id in pots)

    @precondition(lambda self: self.ghost.rewards.pots)
    @rule(which=INDICES)
    def reveal(self, which):
        """A commitment counts if it is of the time when the proposal stood, and earlier than the one that counts."""
        self._reveal_all(*self._fallen(which))

    def _reveal_all(self, market: GhostMarket, proposal: GhostProposal) -> None:
        for knowledge in self._showable(market, proposal):
            self._reveal(market, proposal, knowledge)

    def _reveal(self, market: GhostMarket, proposal: GhostProposal, knowledge: Knowledge) -> None:
        rewards = self.ghost.rewards
        is_over = self.chain.now() + 1 > rewards.pots[proposal.id].until
        error = "Refutations_RevealOver" if is_over else rewards.reveal_error(knowledge)
        if error:
            with refused(error):
                self._send_reveal(market, proposal, knowledge)
            RUNS[f"reveal refused: {error}"] += 1
            return
        self._send_reveal(market, proposal, knowledge)
        rewards.revealed(knowledge)
        RUNS["reveal"] += 1
        with refused("Refutations_CommittedLater", "Refutations_RevealOver"):
            self._send_reveal(market, proposal, knowledge)

    @precondition(lambda self: self.ghost.rewards.pots)
    @rule(which=INDICES, is_patient=st.booleans())
    def award(self, which, is_patient):
        """Nothing is awarded while commitments can be shown, until the last second of that time."""
        market, proposal = self._fallen(which)
        until = self.ghost.rewards.pots[proposal.id].until
        if self.chain.now() + 1 <= until:
            with refused("Refutations_RevealRuns"):
                self._send_award(proposal.id)
            RUNS["award refused: Refutations_RevealRuns"] += 1
        if not is_patient:
            return
        shown = self._showable(market, proposal)
        good = [knowledge for knowledge in shown if not self.ghost.rewards.reveal_error(knowledge)]
        if good and self.chain.now() < until:
            self.chain.warp(until - 1)
            self._reveal(market, proposal, good[which % len(good)])
            RUNS["reveal in the last second"] += 1
        self.chain.warp(until)
        if shown:
            self._reveal(market, proposal, shown[0])
        self._award(proposal.id)

    def _fallen(self, which: int) -> tuple[GhostMarket, GhostProposal]:
        choices = self.proposals(lambda _, proposal: proposal.id in self.ghost.rewards.pots)
        return choices[which % len(choices)]

    def _showable(self, market: GhostMarket, proposal: GhostProposal) -> list[Knowledge]:
        """What is written down of a proposal, by orders that are not released since."""
        return [
            knowledge
            for knowledge in self.ghost.rewards.commitments
            if knowledge.proposal == proposal.id and all(market.orders[id_].is_open for id_ in knowledge.pair)
        ]

    def _send_reveal(self, market: GhostMarket, proposal: GhostProposal, knowledge: Knowledge) -> None:
        exhibits = [market.about(proposal).exhibit(id_) for id_ in knowledge.pair]
        arguments = proposal.id, exhibits, b"", knowledge.by, SALT
        self.community.send(self.watcher, "Refutations", "reveal", *arguments)
