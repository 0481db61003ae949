"""Rules of silence: who is waited for, how long, and whose the money is then."""

from __future__ import annotations

from hypothesis.stateful import precondition, rule

from testkit.stateful.delivery import DeliveryRules
from testkit.stateful.ghostmarket import GhostMarket, Position
from testkit.stateful.stage import INDICES, RUNS, refused


class SilenceRules(DeliveryRules):
    """Refund, and settle without the import of a buyer's meter; neither before its time."""

    @precondition(lambda self: self.markets(lambda m: m.unsettled()))
    @rule(which=INDICES)
    def refund(self, which):
        """From its time on, and not before: a seller who has reported has time to settle without the buyer's meter."""
        choices = self.markets(lambda m: m.unsettled())
        self._try_to_refund(choices[which % len(choices)], which)

    def _end_late(self, market: GhostMarket, which: int) -> None:
        """To the last moment at which a meter is waited for; what can be refunded from the refund time on, is."""
        if self.waiting(market):
            self.settle_without_import(which)
        self.chain.warp(max(market.rules.refund_from, self.chain.now() + 1))
        for k in range(len(market.unsettled())):
            if market.unsettled():
                self._try_to_refund(market, k)
        if market.is_both_sides:
            self.chain.warp(max(market.import_until, self.chain.now() + 1))

    def _try_to_refund(self, market: GhostMarket, which: int) -> None:
        unsettled = market.unsettled()
        chunk, index, trade = unsettled[which % len(unsettled)]
        begins, now = self.refundable_from(market, trade.device), self.chain.now() + 1
        if now < begins:
            with refused("Settlement_TooEarly", refundFrom=begins):
                market.about_final().refund([(chunk, index)])
            if now >= market.rules.refund_from:
                RUNS["refund refused: the seller has reported"] += 1
            return
        self._refund(market, (chunk, index))
        if now < market.refunded_by:
            RUNS["refund what a silent seller sold"] += 1

    @precondition(lambda self: self.markets(self.waiting))
    @rule(which=INDICES)
    def settle_without_import(self, which):
        """Until one slot after the refund time the buyer's meter is waited for."""
        choices = self.markets(self.waiting)
        market = choices[which % len(choices)]
        driver, (chunk, index) = market.about_final(), self.waiting(market)[0]
        with refused("Settlement_ImportMissing", until=market.import_until):
            driver.settle_late([(chunk, index)])
        if chunk in self.payable(market):
            self._settle(market, chunk)
        else:
            with refused("Settlement_NothingToSettle"):
                driver.settle(chunk)
        RUNS["settle_late refused: Settlement_ImportMissing"] += 1

    def waiting(self, market: GhostMarket) -> list[Position]:
        """Unsettled trades whose device has reported, and whose meter has not and is waited for."""
        slot, settleable = market.rules.slot_start, self.reported(market)
        reported = [(c, k) for c, k, t in market.unsettled() if (t.device, slot) in self.ghost.exported_wh]
        return [position for position in reported if position not in settleable]
