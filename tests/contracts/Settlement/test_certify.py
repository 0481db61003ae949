"""`certify` and `decide`: what trades no longer sell is the seller's, and what a device sold of a slot is said once."""

import pytest

from powerpact.market.orders import Side
from testkit.market import Claims
from testkit.market_fixtures import by, trade_id_of
from testkit.orders import buy, sell
from testkit.refusals import refused
from testkit.reverts import reverts_with


@pytest.fixture
def held(community, carol, traded):
    """Certificates of carol's device and the slot of the trade, by trader, Wh."""
    lot = community.read("GreenCertificates", "idOf", carol.device, traded.slot.pack())
    return lambda *traders: [community.read("GreenCertificates", "balanceOf", t.address, lot) for t in traders]


@pytest.fixture
def refunded(community, traded, carol):
    """The trade of 1 000 Wh is refunded; then Carol's meter tells of 1 300 Wh."""
    community.chain.warp(traded.rules.refund_from)
    traded.refund([(0, 0)])
    traded.report({carol.device: 1_300})
    return traded


def test_reverts_for_a_trade_that_has_not_ended(settlement, traded, carol, stranger):
    traded.report({carol.device: 1_000})
    with reverts_with("Settlement_NotEnded", trade_id_of(traded)):
        settlement.certify(traded.id, [traded.delivery(0, 0)], {"from": stranger})


def test_reverts_for_a_trade_whose_buyer_has_the_certificates(settlement, traded, carol, stranger):
    traded.report({carol.device: 1_000})
    traded.settle()
    assert settlement.isCertified(traded.id, (0, 0))
    with reverts_with("Settlement_NothingLeft", traded.id):
        settlement.certify(traded.id, [traded.delivery(0, 0)], {"from": stranger})


def test_reverts_for_another_slot(settlement, community, refunded, carol, stranger):
    other = community.open_market()
    other.report({carol.device: 1})
    proof, _ = refunded.delivery(0, 0)
    measured = other.measured[carol.device]
    wrong = carol.device, refunded.slot.pack(), carol.device, other.rules.slot_start
    with reverts_with("Metering_WrongReading", *wrong):
        settlement.certify(refunded.id, [(proof, (measured, []))], {"from": stranger})


def test_certifies_a_refunded_trade_to_its_seller(settlement, refunded, held, alice, carol, stranger):
    assert not settlement.isCertified(refunded.id, (0, 0))
    tx = settlement.certify(refunded.id, [refunded.delivery(0, 0)], {"from": stranger})
    certified = tx.events["TradeCertified"]
    assert (bytes(certified["tradeId"]), certified["seller"]) == (trade_id_of(refunded), carol.address)
    assert certified["energy"] == 1_000
    assert held(alice, carol) == [0, 1_300]
    with reverts_with("Settlement_NothingLeft", refunded.id):
        settlement.certify(refunded.id, [refunded.delivery(0, 0)], {"from": stranger})


def test_certifies_no_more_than_the_export(settlement, community, traded, held, alice, carol, stranger):
    traded.settle_agreed((0, 0), 0, [alice.account, carol.account])
    traded.report({carol.device: 300})
    settlement.certify(traded.id, [traded.delivery(0, 0)], {"from": stranger})
    assert held(alice, carol) == [0, 300]


def test_a_trade_twice_in_one_call(settlement, refunded, held, alice, carol, stranger):
    tx = settlement.certify(refunded.id, [refunded.delivery(0, 0)] * 2, {"from": stranger})
    assert len(tx.events["TradeCertified"]) == 1
    assert held(alice, carol) == [0, 1_300]
    for count in (0, 2):
        with reverts_with("Settlement_NothingLeft", refunded.id):
            settlement.certify(refunded.id, [refunded.delivery(0, 0)] * count, {"from": stranger})


def test_passes_over_what_is_certified(settlement, community, market, alice, bob, carol, dan, stranger):
    """Whoever certifies one trade first does not spoil the batch of another."""
    market.post([buy(alice), buy(bob), sell(carol), sell(dan)], [alice, bob, carol, dan])
    market.clear()
    community.chain.warp(market.rules.refund_from)
    market.refund([(0, 0), (0, 1)])
    market.report({carol.device: 700, dan.device: 800})
    market.certify([(0, 0)])
    tx = settlement.certify(market.id, [market.delivery(0, index) for index in (0, 1, 0)], {"from": stranger})
    assert [bytes(event["tradeId"]) for event in tx.events["TradeCertified"]] == [trade_id_of(market, 0, 1)]
    for seller, exported_wh in ((carol, 700), (dan, 800)):
        lot = community.read("GreenCertificates", "idOf", seller.device, market.slot.pack())
        assert community.read("GreenCertificates", "balanceOf", seller.address, lot) == exported_wh


def test_what_was_not_sold_waits_for_the_decision(settlement, community, refunded, held, alice, carol, stranger):
    with refused("Delivery_Undecided", carol.device, refunded.slot.pack()):
        refunded.issue(carol.device)
    settlement.decide(refunded.id, [refunded.proof(0, 0)], {"from": stranger})
    refunded.issue(carol.device)
    assert held(alice, carol) == [0, 300]
    settlement.certify(refunded.id, [refunded.delivery(0, 0)], {"from": stranger})
    assert held(alice, carol) == [0, 1_300]


def test_decides_an_order_once(settlement, devices, traded, carol, stranger):
    assert tuple(devices.promisedOf(carol.device, Side.SELL, traded.slot.pack())) == (True, 0)
    tx = settlement.decide(traded.id, [traded.proof(0, 0)], {"from": stranger})
    assert dict(tx.events["OrderDecided"]) == {
        "device": carol.device,
        "side": Side.SELL,
        "slot": traded.slot.pack(),
        "energy": 1_000,
        "total": 1_000,
    }
    assert tuple(devices.promisedOf(carol.device, Side.SELL, traded.slot.pack())) == (False, 1_000)
    for count in (0, 1, 2):
        with reverts_with("Settlement_NothingLeft", traded.id):
            settlement.decide(traded.id, [traded.proof(0, 0)] * count, {"from": stranger})


def test_passes_over_what_is_decided(settlement, devices, market, alice, bob, carol, dan, stranger):
    market.post([buy(alice), buy(bob), sell(carol), sell(dan)], [alice, bob, carol, dan])
    market.clear()
    market.decide([(0, 1)])
    tx = settlement.decide(market.id, [market.proof(0, index) for index in (1, 0, 0)], {"from": stranger})
    assert [event["device"] for event in tx.events["OrderDecided"]] == [market.chunks[0][0].device]
    for seller in (carol, dan):
        assert tuple(devices.promisedOf(seller.device, Side.SELL, market.slot.pack())) == (False, 1_000)


def test_an_earlier_order_of_a_device_is_not_decided_again_by_a_later_one(settlement, devices, community, alice, carol):
    """Carol sold 600 Wh, decided, and offers more: the first trade does not decide the second order."""
    first = community.open_market()
    slot = first.rules.slot_start
    first.post([buy(alice, energy_wh=600), sell(carol, energy_wh=600)], [alice, carol])
    first.clear()
    first.decide([(0, 0)])
    second = community.open_market(slot_start=slot, closes_at=slot - 60, zone=b"intraday".ljust(24))
    second.post([sell(carol, nonce=2, energy_wh=300)], [carol])
    with reverts_with("Settlement_NothingLeft", first.id):
        settlement.decide(first.id, [first.proof(0, 0)], by(alice))
    assert tuple(devices.promisedOf(carol.device, Side.SELL, first.slot.pack())) == (True, 600)


def test_decides_what_an_order_sold_not_what_it_offered(settlement, devices, community, alice, carol):
    market = community.open_market()
    market.post([buy(alice, energy_wh=400), sell(carol)], [alice, carol])
    market.clear()
    settlement.decide(market.id, [market.proof(0, 0)], by(alice))
    assert tuple(devices.promisedOf(carol.device, Side.SELL, market.slot.pack())) == (False, 400)


def test_reverts_for_an_unknown_trade(settlement, traded, stranger):
    trade, place, siblings = traded.proof(0, 0)
    with reverts_with("Settlement_UnknownTrade", traded.id, 0, 0):
        settlement.decide(traded.id, [(trade._replace(context=1 << 208), place, siblings)], {"from": stranger})


def test_the_next_order_stands_behind_what_was_sold(settlement, devices, community, alice, bob, carol):
    """Carol sells 600 Wh to Alice, then 300 Wh of the same slot to Bob, and delivers 800."""
    first = community.open_market()
    slot = first.rules.slot_start
    first.post([buy(alice, energy_wh=600), sell(carol, energy_wh=600)], [alice, carol])
    second = community.open_market(slot_start=slot, closes_at=slot - 60, zone=b"intraday".ljust(24))
    with refused("Device_Undecided", 0, carol.device, Side.SELL, first.slot.pack()):
        second.post([sell(carol, nonce=2)], [carol])
    first.clear()
    first.decide([(0, 0)])
    second.post([buy(bob, energy_wh=300), sell(carol, nonce=2, energy_wh=300)], [bob, carol])
    second.close()
    second.propose(Claims([(second.placed(id_), 500_000, False) for id_ in (0, 1)], [(0, 1, 300)]))
    second.prove()
    assert second.chunks[0][0].sold_before_wh == 600
    second.report({carol.device: 800})
    first.measured.update(second.measured)
    second.settle()
    first.settle()
    lot = community.read("GreenCertificates", "idOf", carol.device, first.slot.pack())
    balances = [community.read("GreenCertificates", "balanceOf", t.address, lot) for t in (alice, bob, carol)]
    assert balances == [600, 200, 0]


def test_a_device_sells_no_more_than_its_capacity_in_sum(community, alice, carol):
    first = community.open_market()
    slot = first.rules.slot_start
    capacity = community.capacity_wh(carol.device)
    first.post([buy(alice, energy_wh=600), sell(carol, energy_wh=600)], [alice, carol])
    first.clear()
    first.decide([(0, 0)])
    second = community.open_market(slot_start=slot, closes_at=slot - 60, zone=b"intraday".ljust(24))
    with refused("Device_AboveCapacity", 0, carol.device, capacity + 1, capacity):
        second.post([sell(carol, nonce=2, energy_wh=capacity - 599)], [carol])
    second.post([sell(carol, nonce=2, energy_wh=capacity - 600)], [carol])
