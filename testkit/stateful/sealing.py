"""Rules of the seal: a proposal stands if it is endorsed, better than what stands, and backed by its bond."""

from __future__ import annotations

from hypothesis.stateful import precondition, rule

from powerpact.chain.contracts.rounds import ProposalStatus
from powerpact.codec.eip712 import sign
from testkit.stateful.checks import Checks
from testkit.stateful.endorsing import Support, false_support, support, support_error
from testkit.stateful.ghostmarket import GhostMarket, GhostProposal
from testkit.stateful.stage import INDICES, RUNS, refused


class SealRules(Checks):
    """Seal, and try to without the endorsements that a market asks for."""

    @precondition(lambda self: self.sealable())
    @rule(which=INDICES)
    def seal(self, which):
        """A draft, or what was outranked, becomes the active proposal if it is better and its bond is there."""
        choices = self.sealable()
        self._seal(*choices[which % len(choices)])

    def _seal(self, market: GhostMarket, proposal: GhostProposal) -> None:
        given = support(market, proposal)
        if error := support_error(market, proposal, given) or self.ghost.seal_error(market, proposal):
            with refused(error):
                self._send_seal(market, proposal, given)
            RUNS[f"seal refused: {error}"] += 1
            return
        before = market.active
        again = proposal.status is ProposalStatus.OUTRANKED
        self._send_seal(market, proposal, given)
        self.ghost.sealed(market, proposal, self.chain.now())
        RUNS["seal again" if again else "seal"] += 1
        RUNS[f"seal with {len(given.endorsements)} endorsements of {market.rules.endorsements}"] += 1
        if before and before.agent is not proposal.agent:
            RUNS["outrank another agent"] += 1
        if before and before.status is ProposalStatus.REFUTED:
            RUNS["refute by a higher objective"] += 1
        if before and before.status is ProposalStatus.OUTRANKED:
            RUNS["outrank what claims no certificate"] += 1

    @precondition(lambda self: self._endorsable())
    @rule(which=INDICES)
    def endorse_falsely(self, which):
        """No proposal is taken with too few endorsements, or with one that is not its endorser's, for it alone."""
        choices = self._endorsable()
        self._endorse_falsely(*choices[which % len(choices)])

    def _endorse_falsely(self, market: GhostMarket, proposal: GhostProposal) -> None:
        for what, given in false_support(market, proposal).items():
            error = support_error(market, proposal, given)
            assert error, f"the ghost takes {what}"
            with refused(error):
                self._send_seal(market, proposal, given)
            RUNS[f"endorse falsely: {what}"] += 1

    def _endorsable(self) -> list[tuple[GhostMarket, GhostProposal]]:
        return [(market, proposal) for market, proposal in self.sealable() if market.rules.endorsements]

    def _send_seal(self, market: GhostMarket, proposal: GhostProposal, given: Support) -> None:
        domain = self.community.domain("Clearing")
        market.about(proposal).seal(
            [endorser.address for endorser in given.endorsers],
            [(e.seat, sign(e.signer, domain, "Endorsement", e.message)) for e in given.endorsements],
            proposal.agent,
        )
