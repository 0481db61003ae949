"""Orders whose terms the book must refuse, one wrong field at a time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from hypothesis.stateful import precondition, rule

from powerpact.market.orders import Order, Side
from powerpact.market.rules import Mode
from powerpact.units import PPM
from testkit.market import Trader
from testkit.stateful.ghost import GhostMarket
from testkit.stateful.overreaching import OverreachRules
from testkit.stateful.stage import INDICES, RUNS, refused


class MisorderingRules(OverreachRules):
    """Post what no trader may sign."""

    @precondition(lambda self: self.markets(self.is_gate_open))
    @rule(which=INDICES)
    def misorder(self, which):
        """Every field, with what is wrong in this market."""
        open_markets = self.markets(self.is_gate_open)
        market = open_markets[which % len(open_markets)]
        trader = next((each for each in self._active() if self._is_fit(each)), None)
        if trader is None:
            return
        for order, error in (*self._wrong_buys(market, trader), *self._wrong_sells(market, trader)):
            with refused(error):
                market.market.post([order], [trader])
            RUNS[f"misorder: {error}"] += 1

    def _wrong_buys(self, market: GhostMarket, trader: Trader) -> Iterator[tuple[Order, str]]:
        right = self._buy(market, trader, self.ghost.nonces[trader.address, Side.BUY].next(), 1, 1)
        last = market.rules.attribute_count - 1
        yield from self._wrong_orders(market, right)
        yield _changed(right, "weights_ppm", 0, right.weights_ppm[0] + 1), "Order_WeightsSum"
        yield _changed(right, "limits", 0, right.levels[0] - 1), "Order_LimitBeyondExpectation"
        yield _changed(right, "limits", 1, right.levels[1] + 1), "Order_LimitBeyondExpectation"
        yield _changed(right, "limits", last + 1, 1), "Order_UnusedFieldSet"
        yield replace(right, min_upoints_per_kwh=1), "Order_UnusedFieldSet"
        yield replace(right, classes=bytes([1, 1]).ljust(8, b"\0")), "Order_UnusedFieldSet"
        if market.is_both_sides:
            yield replace(right, device=0), "Order_MeterMissing"
            yield from self._with_others_device(market, right)
        else:
            yield replace(right, device=trader.device), "Order_MeterNotZero"

    def _wrong_sells(self, market: GhostMarket, trader: Trader) -> Iterator[tuple[Order, str]]:
        right = self._sell(market, trader, self.ghost.nonces[trader.address, Side.SELL].next(), 1, 1)
        yield from self._wrong_orders(market, right)
        yield replace(right, min_upoints_per_kwh=right.price_upoints_per_kwh + 1), "Order_MinAboveAsk"
        yield from self._with_others_device(market, right)
        yield replace(right, classes=bytes([1]).ljust(8, b"\0")), "Order_UnusedFieldSet"  # attested
        for wrong in (
            _changed(right, "levels", 0, 1),  # attested
            _changed(right, "levels", market.rules.attribute_count, 1),
            _changed(right, "limits", 0, 1),
            _changed(right, "weights_ppm", 0, 1),
        ):
            yield wrong, "Order_UnusedFieldSet"

    @staticmethod
    def _wrong_orders(market: GhostMarket, right: Order) -> Iterator[tuple[Order, str]]:
        yield replace(right, energy_wh=0), "Order_BelowLeastEnergy"
        yield replace(right, price_upoints_per_kwh=0), "Order_ZeroPrice"
        yield replace(right, expiry=market.rules.closes_at - 1), "Order_ExpiresEarly"
        yield replace(right, accept=True), "Order_AcceptedInAdvance"
        yield replace(right, person=1), "Order_UnusedFieldSet"
        if market.mode is Mode.ONE_TO_ONE:
            yield replace(right, min_fill_ppm=PPM + 1), "Order_MinFillAboveOne"
        else:
            yield replace(right, min_fill_ppm=1), "Order_MinFillNotZero"

    def _with_others_device(self, market: GhostMarket, right: Order) -> Iterator[tuple[Order, str]]:
        """The device of somebody else, which is free; the money is looked at first."""
        if right.reservation_upoints > self.ghost.wallets[right.trader].free:
            return
        taken = {device for device, slot in self.ghost.undecided[right.side] if slot == market.rules.slot_start}
        for other in self.traders:
            if other.address != right.trader and other.device not in taken and self._is_fit(other):
                yield replace(right, device=other.device), "Order_DeviceNotOwned"
                return


def _changed(order: Order, name: str, place: int, value: int) -> Order:
    """An order with another value of one attribute."""
    values = list(getattr(order, name))
    values[place] = value
    return replace(order, **{name: tuple(values)})
