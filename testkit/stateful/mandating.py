"""Rules of mandates: gateways order for their traders, cancel, are refused, and lose their mandate."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from powerpact.market.orders import Order, Side
from testkit.mandates import Gateway, mandate_for
from testkit.market import Trader, key
from testkit.stateful.gateways import is_under, market_of
from testkit.stateful.ghostmarket import GhostMarket
from testkit.stateful.orders import OrderRules
from testkit.stateful.stage import INDICES, ORDERS, RUNS, refused


class MandateRules(OrderRules):
    """Order under mandates, and take them back."""

    @precondition(lambda self: self.markets(self.is_gate_open))
    @rule(which=INDICES, order=ORDERS)
    def order_under_mandate(self, which, order):
        """A gateway with a mandate for just this order; what it signs beside that is refused."""
        open_markets = self.markets(self.is_gate_open)
        market = open_markets[which % len(open_markets)]
        for trader, made in self._orders(market, [order]):
            gateway = self._gateway(market, trader, made)
            self._post_under(market, gateway, made)
            RUNS["order under a mandate"] += 1
            if which % 4 == 0:
                self._revoke(gateway)

    @precondition(lambda self: self.ghost.gateways)
    @rule(which=INDICES, sure=st.integers(0, 2))
    def revoke_mandate(self, which, sure):
        """For good; what is open stays open."""
        gateway = self.ghost.gateways[which % len(self.ghost.gateways)]
        with refused("Mandate_NotTrader"):
            gateway.revoke(gateway.delegate)
        if sure == 0:
            self._revoke(gateway)

    def _revoke(self, gateway: Gateway) -> None:
        gateway.revoke()
        self.ghost.revoked.add(gateway.number)
        RUNS["revoke a mandate"] += 1
        market = market_of(self.ghost, gateway)
        for id_, entry in list(market.orders.items()):
            if self.is_gate_open(market) and entry.is_open and is_under(gateway, entry.order):
                self._cancel(market, id_)

    def _cancel(self, market: GhostMarket, id_: int) -> None:
        """A mandated order by its delegate; by its trader if the mandate is revoked. Its signature is out."""
        entry = market.orders[id_]
        if not entry.order.is_mandated:
            super()._cancel(market, id_)
            return
        gateway = next(gateway for gateway in self.ghost.gateways if is_under(gateway, entry.order))
        is_revoked = gateway.number in self.ghost.revoked
        if is_revoked:
            with refused("Order_NotTrader"):
                market.market.cancel_by(gateway.delegate, id_)
            market.market.cancel(entry.trader, id_)
        else:
            market.market.cancel_by(gateway.delegate, id_)
        self.ghost.cancelled(market, id_)
        with refused("Mandate_Revoked" if is_revoked else "Mandate_NotDelegate"):
            gateway.post(entry.order, turn=max(gateway.turn(entry.order.side) - 1, 0))
        RUNS["cancel under a revoked mandate" if is_revoked else "cancel by a delegate"] += 1
        if not is_revoked and entry.order.energy_wh % 2 and self._is_possible(market, gateway.trader, entry.order):
            self._post_under(market, gateway, entry.order)
            RUNS["order under a mandate again"] += 1

    def _is_possible(self, market: GhostMarket, trader: Trader, order: Order) -> bool:
        """Whether the gate is open, and the trader may trade, and has the money, or a device that sells nothing."""
        lot = trader.device, market.rules.slot_start
        if not self.is_gate_open(market) or not self.ghost.may_trade(trader, self.chain.now() + 1):
            return False
        if order.reservation_upoints > self.ghost.wallets[trader.address].free:
            return False
        return not order.device or (lot not in self.ghost.undecided[order.side] and self._is_fit(trader))

    def _gateway(self, market: GhostMarket, trader: Trader, order: Order) -> Gateway:
        """A new mandate of a trader, inside which this order lies, and no other."""
        delegate = key(f"gateway {len(self.ghost.gateways)}")
        is_buy = order.side is Side.BUY
        mandate = mandate_for(
            market.market,
            trader,
            delegate,
            buys=is_buy,
            sells=not is_buy,
            most_wh_per_slot=order.energy_wh,
            most_wh=order.energy_wh,
            highest_bid_upoints_per_kwh=order.price_upoints_per_kwh if is_buy else 0,
            lowest_min_upoints_per_kwh=order.min_upoints_per_kwh,
            min_fill_ppm=order.min_fill_ppm,
            requires=order.classes,
            expectations=order.levels,
            limits=order.limits,
            weights_ppm=order.weights_ppm,
            attributes=order.levels,
            classes=order.classes,
            serial=len(self.ghost.gateways),
        )
        gateway = Gateway(market.market, trader, delegate, mandate)
        gateway.register()
        with refused("Mandate_AlreadyRegistered"):
            gateway.register()
        self.ghost.gateways.append(gateway)
        return gateway

    def _post_under(self, market: GhostMarket, gateway: Gateway, order: Order) -> None:
        order = replace(order, nonce=gateway.number, is_mandated=True)
        larger = replace(order, energy_wh=order.energy_wh + 1)
        for spoilt, signer, error in (
            (order, gateway.trader.account, "Mandate_NotDelegate"),
            (larger, gateway.delegate, "Mandate_TooMuch"),
            (self._dearer(order), gateway.delegate, "Mandate_OtherPrice"),
        ):
            with refused(error):
                gateway.post(spoilt, signer=signer)
            RUNS[f"under a mandate: {error}"] += 1
        gateway.post(order)
        self._posted(market, [(gateway.trader, order)])
        with refused("Mandate_OrderOpen"):
            gateway.post(order)

    @staticmethod
    def _dearer(order: Order) -> Order:
        if order.side is Side.BUY:
            return replace(order, price_upoints_per_kwh=order.price_upoints_per_kwh + 1)
        return replace(order, min_upoints_per_kwh=order.min_upoints_per_kwh - 1)
