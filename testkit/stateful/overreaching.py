"""Orders that the book takes, and those that it must refuse."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from hypothesis.stateful import rule

from powerpact.market.orders import NONCES_PER_PAGE, Order, Side, page_and_mask
from powerpact.market.rules import Mode
from testkit.market import Trader
from testkit.stateful.checks import Checks
from testkit.stateful.ghost import Nonces
from testkit.stateful.ghostmarket import GhostMarket, GhostOrder
from testkit.stateful.stage import INDICES, RUNS, refused

EXPECTATIONS, LIMITS = (80_000, 950_000, 90, 900_000, 20, 3), (115_000, 600_000, 40, 900_000, 80, 0)
WEIGHTS_PPM = {3: (500_000, 300_000, 200_000), 6: (300_000, 200_000, 150_000, 50_000, 200_000, 100_000)}
"""By the number of attributes. Of the fourth nothing but a limit matters."""


class OverreachRules(Checks):
    """Post what the book must refuse."""

    @rule(which=INDICES)
    def overreach(self, which):
        """Orders that the book must refuse, of each kind that can be tried now."""
        markets = self.markets(self.is_gate_open) or self.ghost.markets
        market = markets[which % len(markets)]
        kinds = (
            self._with_a_device_that_sells,
            self._with_a_meter_that_buys,
            self._without_admission,
            self._without_money,
            self._with_a_used_nonce,
            self._with_a_nonce_of_a_closed_page,
            self._with_a_nonce_too_far_ahead,
            self._with_a_cancelled_sell_order,
            self._with_a_posted_sell_order,
            self._behind_the_gate,
        )
        for attempt in kinds:
            attempt(market)

    def _active(self) -> list[Trader]:
        return [trader for trader in self.traders if self.ghost.may_trade(trader, self.chain.now() + 1)]

    def _may_buy(self, market: GhostMarket, trader: Trader) -> bool:
        """Whether there is a meter in service where one counts."""
        return self._is_fit(trader) or not market.is_both_sides

    def _behind_the_gate(self, market: GhostMarket) -> None:
        if not self.is_gate_open(market):
            self._refused_order(market, self.traders[0], "Market_GateClosed")

    def _without_admission(self, market: GhostMarket) -> None:
        active = self._active()
        inactive = [each for each in self.traders if each not in active and self._is_fit(each)]
        if not inactive or not self.is_gate_open(market):
            return
        trader = inactive[0]
        order = self._buy(market, trader, self.ghost.nonces[trader.address, Side.BUY].next(), 1, 1)
        if order.reservation_upoints > self.ghost.wallets[trader.address].free:
            order = self._sell(market, trader, self.ghost.nonces[trader.address, Side.SELL].next(), 1, 1)
        with refused("Order_TraderNotActive"):
            market.market.post([order], [trader])
        RUNS["overreach: Order_TraderNotActive"] += 1

    def _with_a_used_nonce(self, market: GhostMarket) -> None:
        self._with_nonce(market, lambda own: [own.page * NONCES_PER_PAGE + own.used.bit_length() - 1], "used")

    def _with_a_nonce_of_a_closed_page(self, market: GhostMarket) -> None:
        self._with_nonce(market, lambda own: range(own.page * NONCES_PER_PAGE)[-1:], "of a closed page")

    def _with_a_nonce_too_far_ahead(self, market: GhostMarket) -> None:
        self._with_nonce(market, lambda own: [own.far_page * NONCES_PER_PAGE], "too far ahead")

    def _with_nonce(self, market: GhostMarket, choose: Callable[[Nonces], Sequence[int]], what: str) -> None:
        if not self.is_gate_open(market):
            return
        for trader in self._active():
            own = self.ghost.nonces[trader.address, Side.BUY]
            for nonce in choose(own) if own.used and self._may_buy(market, trader) else ():
                order = self._buy(market, trader, nonce, 1, 1)
                if order.reservation_upoints > self.ghost.wallets[trader.address].free:
                    continue
                is_far = what == "too far ahead"
                told = {"nonce": nonce, "most": nonce - 1} if is_far else {"nonce": nonce}
                with refused("Accounts_NonceFar" if is_far else "Accounts_NonceUsed", **told):
                    market.market.post([order], [trader])
                RUNS[f"overreach: a nonce {what}"] += 1
                return

    def _with_a_cancelled_sell_order(self, market: GhostMarket) -> None:
        """The signature is out: anybody might relay the order once more, now that its device is free."""
        for entry in self._sell_orders(market, is_open=False):
            with refused("Accounts_NonceUsed"):
                market.market.post([entry.order], [entry.trader])
            RUNS["overreach: a cancelled sell order"] += 1

    def _with_a_posted_sell_order(self, market: GhostMarket) -> None:
        """The nonce is not used, unless the trader cancelled it since; but the device sells."""
        for entry in self._sell_orders(market, is_open=True):
            is_used = self.ghost.nonces[entry.trader.address, Side.SELL].is_used(entry.order.nonce)
            error = "Accounts_NonceUsed" if is_used else "Device_Undecided"
            with refused(error):
                market.market.post([entry.order], [entry.trader])
            RUNS[f"overreach: a posted sell order, {error}"] += 1
            if not is_used:
                self._use_up(entry)

    def _use_up(self, entry: GhostOrder) -> None:
        page, mask = page_and_mask([entry.order.nonce])
        self.community.send(entry.trader.account, "OrderBook", "cancelNonces", entry.order.side, page, mask)
        self.ghost.nonces[entry.trader.address, entry.order.side].mark(page, mask)

    def _sell_orders(self, market: GhostMarket, is_open: bool) -> list[GhostOrder]:
        """Sell orders that stand in an open market, or are cancelled there, of traders who may trade."""
        active = self._active() if self.is_gate_open(market) else []
        return [
            entry
            for entry in market.orders.values()
            if entry.order.side is Side.SELL
            and not entry.order.is_mandated
            and entry.is_open is is_open
            and entry.trader in active
        ]

    def _without_money(self, market: GhostMarket) -> None:
        if not self.is_gate_open(market):
            return
        trader = next((each for each in reversed(self._active()) if self._may_buy(market, each)), None)
        if trader is None:
            return
        energy = self.ghost.wallets[trader.address].free // 85 + 1
        self._refused_order(market, trader, "Accounts_InsufficientBalance", energy=energy)

    def _with_a_device_that_sells(self, market: GhostMarket) -> None:
        slot = market.rules.slot_start
        trader = next((t for t in self._active() if (t.device, slot) in self.ghost.undecided[Side.SELL]), None)
        if trader is None or not self.is_gate_open(market):
            return
        with refused("Device_Undecided"):
            nonce = self.ghost.nonces[trader.address, Side.SELL].next()
            market.market.post([self._sell(market, trader, nonce, 1, 1)], [trader])
        RUNS["overreach: Device_Undecided"] += 1

    def _with_a_meter_that_buys(self, market: GhostMarket) -> None:
        if not self.is_gate_open(market) or not market.is_both_sides:
            return
        slot = market.rules.slot_start
        for trader in self._active():
            order = self._buy(market, trader, self.ghost.nonces[trader.address, Side.BUY].next(), 1, 1)
            is_rich = order.reservation_upoints <= self.ghost.wallets[trader.address].free
            if is_rich and self._is_fit(trader) and (trader.device, slot) in self.ghost.undecided[Side.BUY]:
                with refused("Device_Undecided"):
                    market.market.post([order], [trader])
                RUNS["overreach: a meter that buys"] += 1

    def _refused_order(self, market: GhostMarket, trader: Trader, error: str, energy: int = 1) -> None:
        nonce = self.ghost.nonces[trader.address, Side.BUY].next()
        with refused(error):
            market.market.post([self._buy(market, trader, nonce, 1, energy)], [trader])
        RUNS[f"overreach: {error}"] += 1

    @staticmethod
    def _buy(market: GhostMarket, trader: Trader, nonce: int, price: int, energy: int) -> Order:
        count = market.rules.attribute_count
        return Order(
            Side.BUY,
            trader.address,
            energy_wh=500 + 3 * energy,
            price_upoints_per_kwh=85_000 + 40 * price,
            levels=_lanes(EXPECTATIONS[:count]),
            limits=_lanes(LIMITS[:count]),
            weights_ppm=_lanes(WEIGHTS_PPM[count]),
            classes=bytes([price % 2]).ljust(8, b"\0"),
            device=trader.device if market.is_both_sides else 0,
            nonce=nonce,
            expiry=market.rules.closes_at,
            min_fill_ppm=_least_fill_ppm(market, energy),
        )

    @staticmethod
    def _sell(market: GhostMarket, trader: Trader, nonce: int, price: int, energy: int) -> Order:
        return Order(
            Side.SELL,
            trader.address,
            energy_wh=500 + 3 * energy,
            price_upoints_per_kwh=75_000 + 45 * price,
            min_upoints_per_kwh=70_000 + 45 * price,
            levels=_lanes((0, 0, 35 + energy % 60, 0, energy % 90)[: market.rules.attribute_count]),
            device=trader.device,
            nonce=nonce,
            expiry=market.rules.closes_at,
            min_fill_ppm=_least_fill_ppm(market, energy),
        )


def _least_fill_ppm(market: GhostMarket, energy: int) -> int:
    """What an order asks for, where it may ask."""
    return (0, 0, 400_000, 900_000)[energy % 4] if market.mode is Mode.ONE_TO_ONE else 0


def _lanes(values: tuple[int, ...]) -> tuple[int, ...]:
    return values + (0,) * (8 - len(values))
