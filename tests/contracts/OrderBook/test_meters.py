"""Buy orders whose import counts: a certified meter of one's own, one undecided order at a time."""

from dataclasses import replace

import pytest

from powerpact.market.orders import Order, Side
from powerpact.market.schema import DeliveryRule
from testkit.market import key
from testkit.market_fixtures import by, trade_id_of
from testkit.orders import buy, sell
from testkit.reverts import reverts_with

PPM = 1_000_000


def metered(trader, **changes):
    """Buy with the trader's meter."""
    return buy(trader, device=trader.device, **changes)


@pytest.fixture
def both(community):
    """A market in which the buyers' meters count."""
    return community.open_market(delivery=DeliveryRule.BOTH_SIDES)


def test_reverts_without_a_meter(book, both, alice):
    with reverts_with("Order_MeterMissing", 0):
        book.place(both.id, buy(alice).pack(), by(alice))


def test_reverts_with_a_meter_where_the_export_alone_settles(book, market, alice):
    with reverts_with("Order_MeterNotZero", 0, alice.device):
        book.place(market.id, metered(alice).pack(), by(alice))


def test_reverts_with_the_meter_of_another(book, both, alice, bob):
    with reverts_with("Order_DeviceNotOwned", 0, bob.device, alice.address):
        book.place(both.id, replace(metered(alice), device=bob.device).pack(), by(alice))


def test_reverts_with_an_unknown_meter(book, both, alice):
    with reverts_with("Order_DeviceNotOwned", 0, 99, alice.address):
        book.place(both.id, replace(metered(alice), device=99).pack(), by(alice))


def test_reverts_with_a_meter_out_of_service(book, both, community, alice):
    other = community.bind(alice.account, key("another meter of Alice"))
    community.send(alice.account, "DeviceRegistry", "retire", other)
    with reverts_with("Order_DeviceUnfit", 0, other):
        book.place(both.id, replace(metered(alice), device=other).pack(), by(alice))


def test_reverts_above_the_capacity(book, both, community, alice):
    capacity = community.capacity_wh(alice.device)
    order = metered(alice, energy_wh=capacity + 1, price_upoints_per_kwh=1)
    with reverts_with("Device_AboveCapacity", 0, alice.device, capacity + 1, capacity):
        book.place(both.id, order.pack(), by(alice))


def test_reverts_while_another_buy_order_is_undecided(book, both, devices, alice):
    both.place(alice, metered(alice))
    with reverts_with("Device_Undecided", 0, alice.device, Side.BUY, both.slot.pack()):
        book.place(both.id, metered(alice, nonce=2).pack(), by(alice))
    both.place(alice, sell(alice))
    slot = both.slot.pack()
    assert [devices.promisedOf(alice.device, side, slot)[0] for side in Side] == [True, True]


def test_the_minimum_of_a_buy_order_is_not_the_buyers_to_write(book, both, alice):
    with reverts_with("Order_UnusedFieldSet", 0):
        book.place(both.id, metered(alice, min_upoints_per_kwh=7).pack(), by(alice))


def test_a_cancelled_order_lets_the_meter_go(book, both, devices, alice):
    both.place(alice, metered(alice))
    both.cancel(alice, 0)
    assert tuple(devices.promisedOf(alice.device, Side.BUY, both.slot.pack())) == (False, 0)
    both.place(alice, metered(alice, nonce=2))


def test_the_next_order_comes_after_what_was_bought(book, both, community, devices, settlement, alice, carol, dan):
    """Alice buys 600 Wh of Carol, then 300 Wh of the same slot of Dan, and uses 700."""
    both.post([metered(alice, energy_wh=600), sell(carol, energy_wh=600)], [alice, carol])
    both.clear()
    assert both.chunks[0][0].bought_before_wh == 0
    tx = settlement.decidePurchases(both.id, [both.proof(0, 0)], by(dan))
    assert tx.events["OrderDecided"]["side"] == Side.BUY
    with reverts_with("Settlement_NothingLeft", both.id):
        settlement.decidePurchases(both.id, [both.proof(0, 0)], by(dan))
    start = both.rules.slot_start
    later = community.open_market(
        delivery=DeliveryRule.BOTH_SIDES, slot_start=start, closes_at=start - 60, zone=b"intraday".ljust(24)
    )
    later.post([metered(alice, energy_wh=300, nonce=2), sell(dan, energy_wh=300)], [alice, dan])
    assert Order.unpack(later.batches[0][0]).min_upoints_per_kwh == 600
    later.clear()
    trade = later.chunks[0][0]
    assert (trade.bought_before_wh, trade.wanted_wh, trade.meter) == (600, 300, alice.device)
    later.report({carol.device: 600, dan.device: 300}, imported_wh={alice.device: 700})
    both.measured.update(later.measured)
    for market, delivered, used in ((later, 300, 100), (both, 600, 600)):
        receipt = market.settle()
        assert community.events(receipt, "TradeSettled")[0]["delivered"] == delivered
        assert community.events(receipt, "EnergyUsed")[0]["used"] == used
    lot = community.read("GreenCertificates", "idOf", dan.device, later.slot.pack())
    balances = [community.read("GreenCertificates", "balanceOf", t.address, lot) for t in (alice, dan)]
    assert balances == [100, 200]


def test_settles_with_both_readings_only_until_one_slot_after_the_refund_time(
    settlement, both, community, alice, carol
):
    both.post([metered(alice), sell(carol)], [alice, carol])
    both.clear()
    both.report({carol.device: 1_000})
    with reverts_with("Settlement_NothingToSettle", both.id, 0):
        settlement.settle(both.id, 0, [both.proof(0, 0)[0]], by(carol))
    until = both.rules.refund_from + both.rules.slot_length_s
    with reverts_with("Settlement_ImportMissing", trade_id_of(both), until):
        settlement.settleLate(both.id, [both.delivery(0, 0)], by(carol))
    community.chain.warp(until)
    tx = settlement.settleLate(both.id, [both.delivery(0, 0)], by(carol))
    settled = tx.events["TradeSettled"]
    value = both.chunks[0][0].price_upoints_per_kwh
    assert (settled["delivered"], settled["paid"]) == (1_000, value)
    assert tx.events["EnergyUsed"]["used"] == 1_000
    lot = community.read("GreenCertificates", "idOf", carol.device, both.slot.pack())
    assert community.read("GreenCertificates", "balanceOf", carol.address, lot) == 1_000


def test_reverts_with_an_import_that_does_not_count(settlement, traded, alice, carol):
    traded.report({carol.device: 1_000}, imported_wh={alice.device: 1_000})
    proof, (exported, _) = traded.delivery(0, 0)
    with reverts_with("Settlement_ImportNotCounted", trade_id_of(traded)):
        settlement.settleLate(traded.id, [(proof, (exported, traded.measured[alice.device]))], by(carol))
    with reverts_with("Settlement_ImportNotCounted", trade_id_of(traded)):
        settlement.decidePurchases(traded.id, [proof], by(carol))


@pytest.mark.parametrize(("underuse_ppm", "paid"), [(PPM, 90_000), (500_000, 67_500), (0, 45_000)])
def test_under_use_costs_what_the_rules_say(settlement, community, alice, carol, underuse_ppm, paid):
    market = community.open_market(delivery=DeliveryRule.BOTH_SIDES, underuse_ppm=underuse_ppm, price_rule=1)
    market.post([metered(alice), sell(carol)], [alice, carol])
    market.clear()
    market.report({carol.device: 1_000}, imported_wh={alice.device: 500})
    receipt = market.settle()
    settled = community.events(receipt, "TradeSettled")[0]
    assert (settled["delivered"], settled["paid"]) == (1_000, paid)
    assert community.events(receipt, "EnergyUsed")[0]["used"] == 500
