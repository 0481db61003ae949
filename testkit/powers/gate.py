"""The moment when the gate is open: orders, mandates and what takes them back."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from eth_account.signers.local import LocalAccount

from powerpact.codec.eip712 import compact, sign
from powerpact.market.mandates import mandated_message
from powerpact.market.orders import Side
from powerpact.market.schema import DeliveryRule
from testkit.contest import BOND_UPOINTS, WINDOW_S
from testkit.mandates import Gateway, mandate_for
from testkit.market import SLOT_LENGTH_S, TestMarket, Trader
from testkit.orders import buy, sell
from testkit.powers.cast import ENDORSERS_HASH, Stage
from testkit.powers.scenes import Scene, same


def gate(stage: Stage) -> Iterator[list[Scene]]:
    """Three markets: one that is proven and delivered by both sides, two that are sealed, the first with endorsements.

    In the first, Alice (order 0) and Bob (1) buy of Carol (2) and Eve (3); Dan's gateway wants more for little (256).
    In the others, Alice (0) and Bob (1) buy, and Dan (2) sells to the better bid.
    """
    alice, bob, carol, dan, eve = stage.alice, stage.bob, stage.carol, stage.dan, stage.eve
    proven, *sealed = _open_markets(stage)
    orders = [
        buy(alice, device=alice.device),
        buy(bob, device=bob.device, price_upoints_per_kwh=90_000),
        sell(carol),
        sell(eve),
    ]
    proven.post(orders, [alice, bob, carol, eve])
    gateway = _gateway(stage, proven, dan)
    gateway.post(gateway.buy(device=dan.device, price_upoints_per_kwh=10_000, energy_wh=500))
    for nonce, market in enumerate(sealed, 2):
        bids = [buy(alice, nonce=nonce), buy(bob, nonce=nonce, price_upoints_per_kwh=90_000), sell(dan, nonce=nonce)]
        market.post(bids, [alice, bob, dan])
    stage.suspend(eve)
    yield [*_placing(stage, proven), *_mandates(stage, proven, gateway), *_cancelling(stage, proven, gateway)]


def _open_markets(stage: Stage) -> list[TestMarket]:
    """Three markets, an hour after each other, of which the last two have a bond."""
    community, sealed = stage.community, {"challenge_window_s": WINDOW_S, "bond_upoints": BOND_UPOINTS}
    changes = (
        {"delivery": DeliveryRule.BOTH_SIDES},
        {**sealed, "endorsements": 2, "endorsers": ENDORSERS_HASH},
        sealed,
    )
    start = community.next_slot(2 * SLOT_LENGTH_S)
    stage.markets += [
        community.open_market(slot_start=start + hour * SLOT_LENGTH_S, slot_length_s=SLOT_LENGTH_S, **rules)
        for hour, rules in enumerate(changes)
    ]
    return stage.markets


def _gateway(stage: Stage, market: TestMarket, trader: Trader) -> Gateway:
    """A registered mandate of a trader."""
    gateway = Gateway(market, trader, stage.delegate, mandate_for(market, trader, stage.delegate))
    stage.gateways.append(gateway)
    gateway.register()
    return gateway


def _placing(stage: Stage, market: TestMarket) -> list[Scene]:
    alice, book = stage.alice, "OrderBook"
    grace = stage.grace
    orders, bid = [sell(alice, nonce=9), buy(grace, nonce=9, device=grace.device)], buy(grace, device=grace.device)

    def own(who: LocalAccount) -> tuple[object, ...]:
        return market.id, replace(bid, trader=who.address).pack()

    def invented(who: LocalAccount) -> tuple[object, ...]:
        domain = stage.community.domain(book)
        return market.batch(orders, [sign(who, domain, *order.message(market.id)) for order in orders])

    return [
        Scene(book, "place", own, forged=same(market.id, orders[0].pack())),
        Scene(
            book,
            "placeSigned",
            same(*market.batch(orders, [market.signature(alice, orders[0]), market.signature(grace, orders[1])])),
            touches=(alice.address, grace.address),
            forged=invented,
        ),
    ]


def _mandates(stage: Stage, market: TestMarket, gateway: Gateway) -> list[Scene]:
    alice, community = stage.alice, stage.community
    fresh = Gateway(market, alice, stage.delegate, mandate_for(market, alice, stage.delegate))
    stage.gateways.append(fresh)

    def signed_by(who: LocalAccount) -> tuple[object, ...]:
        signature = sign(who, community.domain("Mandates"), *fresh.mandate.message())
        return fresh.mandate.pack(), signature

    dan, grace = gateway.trader, stage.grace
    other = _gateway(stage, market, grace)
    orders = [gateway.sell(energy_wh=500), other.buy(device=grace.device)]

    def ordered_by(who: LocalAccount) -> tuple[object, ...]:
        messages = [mandated_message(market.id, order, turn=0) for order in orders]
        signatures = [compact(sign(who, community.domain("Mandates"), *message)) for message in messages]
        packed = [order.pack() for order in orders]
        return market.id, packed, [gateway.mandate.pack(), other.mandate.pack()], signatures

    return [
        Scene(
            "Mandates",
            "register",
            same(*signed_by(alice.account)),
            touches=(alice.address,),
            forged=signed_by,
        ),
        Scene("Mandates", "revoke", same(gateway.mandate.pack()), sender=dan.account, touches=(dan.address,)),
        Scene(
            "OrderBook",
            "placeMandated",
            same(*ordered_by(stage.delegate)),
            touches=(dan.address, grace.address),
            forged=ordered_by,
        ),
    ]


def _cancelling(stage: Stage, market: TestMarket, gateway: Gateway) -> list[Scene]:
    dan, mandated = gateway.trader, same(market.id, market.placed(256))
    return [
        Scene("OrderBook", "cancel", same(market.id, market.placed(0)), sender=stage.alice.account),
        Scene("OrderBook", "cancel", same(market.id, market.placed(3)), sender=stage.eve.account),
        Scene("OrderBook", "cancel", mandated, sender=stage.delegate, touches=(dan.address,)),
        Scene("OrderBook", "cancelNonces", same(Side.BUY, 0, 1 << 30)),
    ]
