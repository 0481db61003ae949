"""A gateway that orders for a trader under a mandate."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from eth_account.signers.local import LocalAccount

from powerpact.codec.eip712 import compact, sign
from powerpact.market.mandates import Mandate, mandated_message
from powerpact.market.orders import Order, Side
from testkit.market import Receipt, TestMarket, Trader
from testkit.orders import FOREVER, buy, sell

DAY_S = 86_400


def mandate_for(market: TestMarket, trader: Trader, delegate: LocalAccount, **changes: Any) -> Mandate:
    """A mandate for markets like this one, for both sides, in which `buy` and `sell` of `testkit.orders` lie."""
    rules = market.rules
    terms: dict[str, Any] = {
        "design": bytes(market.community.read("Markets", "designOf", market.id)),
        "buys": True,
        "sells": True,
        "device": trader.device,
        "most_wh_per_slot": 2_000,
        "most_wh": 3_000,
        "highest_bid_upoints_per_kwh": 100_000,
        "lowest_min_upoints_per_kwh": 80_000,
        "min_fill_ppm": 0,
        "from_s": rules.slot_start,
        "until_s": rules.slot_start + 30 * DAY_S,
        "shortest_lead_s": rules.slot_start - rules.closes_at,
        "longest_lead_s": rules.slot_start - rules.closes_at,
        "shortest_refund_s": rules.refund_from - rules.slot_start,
        "longest_refund_s": rules.refund_from - rules.slot_start,
        "longest_ahead_s": 30 * DAY_S,
    }
    return Mandate(trader=trader.address, delegate=delegate.address, **terms | changes)


def mandate_of(market: TestMarket, trader: Trader, delegate: LocalAccount, order: Order) -> Mandate:
    """A mandate for buy orders like this one, a thousand of them."""
    return mandate_for(
        market,
        trader,
        delegate,
        sells=False,
        most_wh_per_slot=order.energy_wh,
        most_wh=1_000 * order.energy_wh,
        highest_bid_upoints_per_kwh=order.price_upoints_per_kwh,
        requires=order.classes,
        expectations=order.levels,
        limits=order.limits,
        weights_ppm=order.weights_ppm,
    )


@dataclass
class Gateway:
    """The delegate of a trader, with one mandate."""

    market: TestMarket
    trader: Trader
    delegate: LocalAccount
    mandate: Mandate
    number: int = 0

    def register(self, signature: bytes | None = None) -> Receipt:
        """Have the mandate registered by the agent."""
        community = self.market.community
        if signature is None:
            signature = sign(self.trader.account, community.domain("Mandates"), *self.mandate.message())
        receipt = community.send(community.agent, "Mandates", "register", self.mandate.pack(), signature)
        self.number = int(community.events(receipt, "MandateRegistered")[0]["number"])
        return receipt

    def revoke(self, by: LocalAccount | None = None) -> Receipt:
        """Have the mandate revoked."""
        sender = by or self.trader.account
        return self.market.community.send(sender, "Mandates", "revoke", self.mandate.pack())

    def buy(self, **changes: Any) -> Order:
        """A buy order under the mandate."""
        return self._under(buy(self.trader, expiry=FOREVER), changes)

    def sell(self, **changes: Any) -> Order:
        """A sell order under the mandate."""
        return self._under(sell(self.trader, expiry=FOREVER), changes)

    def turn(self, side: Side, market: TestMarket | None = None) -> int:
        """The turn of the next order."""
        where = market or self.market
        return int(where.community.read("Mandates", "turnOf", self.number, where.id, side)[0])

    def post(
        self,
        order: Order,
        *,
        market: TestMarket | None = None,
        signer: LocalAccount | None = None,
        turn: int | None = None,
        mandate: Mandate | None = None,
    ) -> Receipt:
        """Sign an order and post it, by the agent."""
        where = market or self.market
        turn = self.turn(order.side, where) if turn is None else turn
        signature = self._signature(where, order, turn, signer or self.delegate)
        return where.post_mandated([order], [mandate or self.mandate], [signature])

    def signed(self, order: Order, market: TestMarket) -> tuple[Order, Mandate, tuple[bytes, bytes]]:
        """An order, put under the mandate and signed for its first turn in a market, as `post_mandated` takes it."""
        under = self._under(order, {})
        return under, self.mandate, self._signature(market, under, 0, self.delegate)

    @staticmethod
    def _signature(market: TestMarket, order: Order, turn: int, signer: LocalAccount) -> tuple[bytes, bytes]:
        message = mandated_message(market.id, order, turn)
        return compact(sign(signer, market.community.domain("Mandates"), *message))

    def used_wh(self) -> tuple[int, int]:
        """What of the mandate is used, in all and in the market's slot, Wh."""
        community = self.market.community
        hash_ = community.read("Mandates", "hashOf", self.mandate.pack())
        used = community.read("Mandates", "stateOf", hash_)[1]
        return used, community.read("Mandates", "usedIn", self.number, self.market.slot.pack())

    def _under(self, order: Order, changes: dict[str, Any]) -> Order:
        return replace(order, **{"nonce": self.number, "is_mandated": True} | changes)
