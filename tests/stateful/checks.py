"""What holds at every step, and at the end of a run."""

from __future__ import annotations

import sys
from typing import Any

from hypothesis.stateful import invariant

from powerpact.spec import dual_sum_ppm, match, pair_score_ppm, uncovered_pairs
from powerpact.types import Solution
from tests.helpers.market import Trader
from tests.invariants import holds
from tests.stateful.ghost import GhostMarket
from tests.stateful.stage import RUNS, Stage, refused

EXIT_NOTICE_S = 7 * 86_400


class Checks(Stage):
    """The state of the chain against the ghost and the register of invariants."""

    def everything(self) -> dict[str, Any]:
        """The state that matters, read in one request."""
        traders = [trader.address for trader in self.traders]
        lots = list(self.ghost.certificates_wh)
        calls: list[tuple[Any, ...]] = [
            ("PowerPoints", "balanceOf", self.community.addresses["EscrowWallets"]),
            ("EscrowWallets", "totalClaims"),
            *(("EscrowWallets", "walletOf", trader) for trader in traders),
            *(("PowerPoints", "balanceOf", trader) for trader in traders),
            *(("EscrowWallets", "trackRecordOf", trader) for trader in traders),
            *(("Metering", "last", trader.device) for trader in self.traders),
            *(("EscrowWallets", "lockedIn", market.market.id) for market in self.ghost.markets),
            *(
                (("GreenCertificates", function, *arguments))
                for device, slot in lots
                for trader in traders
                for function, arguments in (
                    ("balanceOf", (trader, device << 40 | slot)),
                    ("retiredFor", (device << 40 | slot, trader)),
                )
            ),
        ]
        answers = iter(self.community.read_all(calls))
        return {
            "escrow": next(answers),
            "claims": next(answers),
            "wallets": {trader: tuple(next(answers)) for trader in traders},
            "outside": {trader: next(answers) for trader in traders},
            "records": {trader: tuple(next(answers)) for trader in traders},
            "counters": {trader.device: tuple(next(answers)) for trader in self.traders},
            "locked": [next(answers) for _ in self.ghost.markets],
            "certificates": {lot: {t: (next(answers), next(answers)) for t in traders} for lot in lots},
        }

    @invariant()
    def the_chain_follows_the_ghost(self) -> None:
        state = self.everything()
        self.money_is_conserved(state)
        self.counters_never_fall(state)
        self.certificates_follow_the_meter(state)
        ghost = self.ghost
        assert state["records"] == ghost.records
        assert state["locked"] == [market.locked_upoints() for market in ghost.markets]

    def money_is_conserved(self, state: dict[str, Any]) -> None:
        wallets, ghost = state["wallets"], self.ghost.wallets
        claims = sum(free + held for free, held in wallets.values())
        holds("MON-1", state["escrow"] == claims == state["claims"], f"{state['escrow']}, {claims}, {state['claims']}")
        expected = {address: (wallet.free, wallet.held) for address, wallet in ghost.items()}
        assert wallets == expected, f"wallets {wallets}, expected {expected}"
        assert state["outside"] == {address: wallet.outside for address, wallet in ghost.items()}

    def counters_never_fall(self, state: dict[str, Any]) -> None:
        for device, counters in state["counters"].items():
            last = self.last_counters[device]
            holds(
                "MET-1",
                all(new >= old for new, old in zip(counters, last, strict=True)),
                f"{device}: {last}, {counters}",
            )
            exported_wh = self.community.counters[device].exported_wh
            holds("MET-1", counters[1] == exported_wh, f"device {device} counts {counters[1]}, not {exported_wh}")
        self.last_counters = state["counters"]

    def certificates_follow_the_meter(self, state: dict[str, Any]) -> None:
        for lot, by_trader in state["certificates"].items():
            total = sum(balance + retired for balance, retired in by_trader.values())
            holds(
                "GRN-1", total <= self.ghost.exported_wh[lot], f"{total} Wh of {self.ghost.exported_wh[lot]} in {lot}"
            )
            for trader, (balance, retired) in by_trader.items():
                holds("GRN-2", retired == self.ghost.retired_wh[lot][trader], f"{lot}: {retired} Wh for {trader}")
                assert balance == self.ghost.certificates_wh[lot][trader], f"{lot}: {trader} holds {balance} Wh"

    def final_rounds_are_optimal(self, market: GhostMarket) -> None:
        """The recorded round against the rules, computed anew from the orders in the book."""
        round_ = market.market.round()
        proposal = self.community.read("Clearing", "proposal", market.market.proposal)
        objective = proposal[2]
        trades = [trade for _, _, trade in market.market.trades()]
        duals = Solution(
            objective,
            (),
            {str(trade.buy_id): trade.buyer_dual_ppm for trade in trades},
            {str(trade.sell_id): trade.seller_dual_ppm for trade in trades},
        )
        buyers = {buyer.id: buyer for buyer in round_.buyers}
        sellers = {seller.id: seller for seller in round_.sellers}
        scores = [pair_score_ppm(round_, buyers[str(t.buy_id)], sellers[str(t.sell_id)]) for t in trades]
        holds("CLR-1", None not in scores, f"a trade is not eligible: {trades}")
        used = [id_ for trade in trades for id_ in (trade.buy_id, trade.sell_id)]
        holds("CLR-1", len(used) == len(set(used)), f"an order trades twice: {used}")
        bound = dual_sum_ppm(round_, duals)
        holds("CLR-1", sum(filter(None, scores)) == objective == bound, f"{scores}, {objective}, {bound}")
        holds("CLR-2", not uncovered_pairs(round_, duals), f"{uncovered_pairs(round_, duals)}")
        holds("CLR-2", objective == match(round_).objective, f"{objective} is not the optimum")

    def orders_trade_within_their_terms(self, market: GhostMarket) -> None:
        ids = self._ids(market)
        traded = self.community.read_all([("Clearing", "isTraded", market.market.id, id_) for id_ in ids])
        for id_, is_traded in zip(ids, traded, strict=True):
            holds("ORD-1", market.orders[id_].is_open or not is_traded, f"order {id_} trades though it is cancelled")
            assert is_traded == market.orders[id_].is_traded
        for _, _, trade in market.market.trades():
            buy, sell = market.orders[trade.buy_id].order, market.orders[trade.sell_id].order
            holds("ORD-1", trade.energy_wh <= min(buy.energy_wh, sell.energy_wh), f"{trade}")
            price, bid, minimum = trade.price_upoints_per_kwh, buy.price_upoints_per_kwh, sell.min_upoints_per_kwh
            holds("ORD-2", minimum <= price <= bid, f"{minimum} <= {price} <= {bid}")

    def teardown(self) -> None:
        """Everyone gets the money out, whatever happened before, unless the run has failed already."""
        if self.ghost.markets and sys.exc_info()[0] is None:
            self.everyone_gets_the_money_out()

    def everyone_gets_the_money_out(self) -> None:
        self.chain.warp(max(market.rules.refund_from for market in self.ghost.markets))
        for market in self.ghost.markets:
            for chunk, index, _ in market.unsettled():
                self._refund(market, (chunk, index))
            if free := market.releasable(self.chain.now() + 1):
                self._release(market, free)
        for trader in self.traders:
            wallet = self.ghost.wallets[trader.address]
            holds("MON-2", wallet.held == 0, f"{wallet.held} of {trader.address} are still held")
            if wallet.free:
                self._withdraw(trader, wallet.free)
                wallet.outside, wallet.free = wallet.outside + wallet.free, 0
        self.the_chain_follows_the_ghost()
        state = self.everything()
        holds("MON-2", state["escrow"] == 0 == sum(state["locked"]), f"{state['escrow']} points are left behind")
        if self.ghost.leaving:
            self.chain.warp(self.chain.now() + EXIT_NOTICE_S)
            leaver = next(trader for trader in self.traders if trader.address in self.ghost.leaving)
            self.community.send(leaver.account, "ParticipantRegistry", "exit")
            RUNS["exit"] += 1

    def _refund(self, market: GhostMarket, position: tuple[int, int]) -> None:
        RUNS["refund"] += 1
        market.market.refund([position])
        trade = self.ghost.settled(market, position, 0)
        self.ghost.recorded(trade, 0)
        self.ghost.selling.discard((trade.device, market.rules.slot_start))

    def _release(self, market: GhostMarket, ids: list[int]) -> None:
        market.market.release(ids)
        for id_ in ids:
            self.ghost.closed(market, id_)
        with refused("Order_AlreadyClosed"):
            market.market.release(ids[:1])

    def _withdraw(self, trader: Trader, upoints: int) -> None:
        self.community.send(trader.account, "EscrowWallets", "withdraw", upoints, trader.address)

    @staticmethod
    def _ids(market: GhostMarket) -> list[int]:
        return [
            batch << 8 | index for batch, orders in enumerate(market.market.batches) for index in range(len(orders))
        ]
