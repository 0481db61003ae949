"""Rules of auditors about trades: flags, which change nothing, and vetoes, which end a trade before its slot."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from testkit.invariants import holds
from testkit.stateful.checks import Checks
from testkit.stateful.ghostmarket import GhostMarket
from testkit.stateful.stage import INDICES, RUNS, refused


class VetoRules(Checks):
    """Flag and veto trades."""

    def __init__(self) -> None:
        super().__init__()
        self._reasons = 0

    @precondition(lambda self: self.markets(lambda m: m.final and m.final.trades()))
    @rule(which=INDICES)
    def flag(self, which):
        """A doubt about any trade of a final round changes nothing."""
        choices = self.markets(lambda m: m.final and m.final.trades())
        market = choices[which % len(choices)]
        trades = market.final.trades()
        chunk, index, trade = trades[which % len(trades)]
        driver = market.about_final()
        with refused("Settlement_NotAuditor"):
            driver.flag((chunk, index), self.accounts[trade.seller])
        before = self.everything()
        driver.flag((chunk, index), self.community.auditors[which % len(self.community.auditors)])
        holds("REG-1", self.everything() == before, f"after trade {chunk}, {index} was flagged")
        RUNS["flag"] += 1

    @precondition(lambda self: self.markets(lambda m: m.final and m.final.trades()))
    @rule(which=INDICES, late=st.booleans(), is_enough=st.booleans())
    def veto(self, which, late, is_enough):
        """Auditors vote against a trade, as many as decide or one less, before its slot or after it has started."""
        choices = self.markets(lambda m: m.final and m.final.trades())
        market = choices[which % len(choices)]
        if late and self.chain.now() < market.rules.slot_start:
            self.chain.warp(market.rules.slot_start - 1)  # the next transaction is mined as the slot starts
        self._veto(market, which, is_enough)

    def _veto(self, market: GhostMarket, which: int, is_enough: bool) -> None:
        """Have auditors vote against a trade, and more than may."""
        trades = market.final.trades()
        chunk, index, trade = trades[which % len(trades)]
        position, driver, auditors = (chunk, index), market.about_final(), self.community.auditors
        self._reasons += 1
        reason = f"reason {self._reasons}"
        if error := self._veto_error(market, position):
            with refused(error):
                driver.veto(position, auditors[0], reason)
            RUNS[f"veto refused: {error}"] += 1
            return
        first = auditors[which % len(auditors)]
        driver.veto(position, first, reason)
        with refused("Settlement_NotAuditor"):
            driver.veto(position, self.accounts[trade.buyer], reason)
        with refused(self._veto_error(market, position) or "Settlement_AlreadyVoted"):
            driver.veto(position, first, reason)
        if not is_enough or self._veto_error(market, position):
            RUNS["veto by too few"] += 1
            return
        before = self.everything()["records"]
        driver.veto(position, auditors[(which + 1) % len(auditors)], reason)
        self.ghost.settled(market, position, 0)
        holds("REG-1", self.everything()["records"] == before, f"the veto of {trade} is in a track record")
        with refused("Settlement_AlreadySettled"):
            driver.veto(position, auditors[(which + 2) % len(auditors)], reason)
        RUNS["veto"] += 1

    def _veto_error(self, market: GhostMarket, position: tuple[int, int]) -> str:
        """Why an auditor cannot veto a trade now."""
        if position in market.settled:
            return "Settlement_AlreadySettled"
        return "Settlement_VetoTooLate" if self.chain.now() + 1 >= market.rules.slot_start else ""
