"""`settleLate`: pay by the proof of a reading that a later one overtook. What fails with it: `contracts/failures`."""

import pytest

from powerpact.market.readings import Reading
from testkit.market_fixtures import ENDOWMENT_UPOINTS, by, money_of, record_of, trade_id_of
from testkit.orders import buy, sell
from testkit.reverts import reverts_with


@pytest.fixture
def overtaken(community, traded, carol):
    """Carol delivered 700 Wh of the 1 000 that Alice bought, and has reported a later slot since."""
    traded.report({carol.device: 700})
    community.open_market().report({carol.device: 1_000})
    return traded


def test_refuses_before_the_round_is_final(settlement, community, overtaken, alice):
    other = community.open_market()
    with reverts_with("Clearing_NotFinal", other.id):
        settlement.settleLate(other.id, [overtaken.delivery(0, 0)], by(alice))


def test_pays_what_the_last_reading_does_not_tell_any_more(custody, settlement, overtaken, alice, carol, stranger):
    with reverts_with("Settlement_NothingToSettle", overtaken.id, 0):
        settlement.settle(overtaken.id, 0, [overtaken.proof(0, 0)[0]], {"from": stranger})
    tx = settlement.settleLate(overtaken.id, [overtaken.delivery(0, 0)], {"from": stranger})
    settled = tx.events["TradeSettled"]
    assert bytes(settled["tradeId"]) == trade_id_of(overtaken)
    assert (settled["outcome"], settled["delivered"], settled["paid"], settled["penalty"]) == (0, 700, 70_000, 0)
    assert money_of(custody, alice) == (ENDOWMENT_UPOINTS - 70_000, 0)
    assert money_of(custody, carol) == (ENDOWMENT_UPOINTS + 70_000, 0)
    assert record_of(custody, carol) == (1_000, 700, 1)
    assert overtaken.locked_upoints() == 0


def test_certifies_the_slot_of_the_trade(settlement, community, overtaken, alice, carol):
    settlement.settleLate(overtaken.id, [overtaken.delivery(0, 0)], by(alice))
    lot = community.read("GreenCertificates", "idOf", carol.device, overtaken.slot.pack())
    assert community.read("GreenCertificates", "balanceOf", alice.address, lot) == 700
    assert community.read("GreenCertificates", "balanceOf", carol.address, lot) == 0


def test_settles_no_trade_twice(custody, settlement, overtaken, alice, carol):
    """Not in one call either."""
    delivery = overtaken.delivery(0, 0)
    tx = settlement.settleLate(overtaken.id, [delivery, delivery], by(alice))
    assert len(tx.events["TradeSettled"]) == 1
    paid = [money_of(custody, trader) for trader in (alice, carol)]
    assert paid == [(ENDOWMENT_UPOINTS - 70_000, 0), (ENDOWMENT_UPOINTS + 70_000, 0)]
    assert record_of(custody, carol) == (1_000, 700, 1)
    for deliveries in ([delivery], [delivery, delivery]):
        with reverts_with("Settlement_NothingLeft", overtaken.id):
            settlement.settleLate(overtaken.id, deliveries, by(alice))
    assert [money_of(custody, trader) for trader in (alice, carol)] == paid


def test_there_is_nothing_in_an_empty_call(settlement, overtaken, alice):
    with reverts_with("Settlement_NothingLeft", overtaken.id):
        settlement.settleLate(overtaken.id, [], by(alice))


def test_serves_when_the_reading_is_still_the_last(settlement, traded, alice, carol):
    traded.report({carol.device: 1_000})
    settlement.settleLate(traded.id, [traded.delivery(0, 0)], by(alice))
    assert settlement.isSettled(traded.id, (0, 0))
    with reverts_with("Settlement_NothingToSettle", traded.id, 0):
        settlement.settle(traded.id, 0, [traded.proof(0, 0)[0]], by(alice))


@pytest.fixture
def pair(market, alice, bob, carol, dan):
    """A final round of two trades, of which both devices have reported: Carol's 1 000 Wh, Dan's 400."""
    market.post([buy(alice), buy(bob), sell(carol), sell(dan)], [alice, bob, carol, dan])
    market.clear()
    market.report({carol.device: 1_000, dan.device: 400})
    return market


def test_settles_several_trades_in_one_call(custody, settlement, pair, alice, bob, carol, dan, stranger):
    settlement.settleLate(pair.id, [pair.delivery(0, 1), pair.delivery(0, 0)], {"from": stranger})
    bought = {trade.seller: trade.buyer for _, _, trade in pair.trades()}
    paid = {bought[carol.address]: 100_000, bought[dan.address]: 40_000}
    for buyer in (alice, bob):
        assert money_of(custody, buyer) == (ENDOWMENT_UPOINTS - paid[buyer.address], 0)
    assert money_of(custody, carol) == (ENDOWMENT_UPOINTS + 100_000, 0)
    assert money_of(custody, dan) == (ENDOWMENT_UPOINTS + 40_000, 0)
    assert pair.locked_upoints() == 0


@pytest.mark.parametrize("ended", [0, 1])
@pytest.mark.parametrize("order", [(0, 1), (1, 0), (0, 1, 0)])
def test_passes_over_what_has_ended(custody, settlement, community, pair, carol, dan, stranger, ended, order):
    """Whoever carries one delivery first does not spoil the batch of another; its readings are not looked at again."""
    pair.settle_late([(0, ended)])
    deliveries = [pair.delivery(0, index) for index in order]
    tx = settlement.settleLate(pair.id, deliveries, {"from": stranger})
    assert [bytes(event["tradeId"]) for event in tx.events["TradeSettled"]] == [trade_id_of(pair, 0, 1 - ended)]
    earned = [money_of(custody, trader)[0] - ENDOWMENT_UPOINTS for trader in (carol, dan)]
    assert earned == [100_000, 40_000]
    assert [record_of(custody, trader) for trader in (carol, dan)] == [(1_000, 1_000, 1), (1_000, 400, 1)]
    assert pair.locked_upoints() == 0


def test_a_failing_delivery_stops_the_whole_call(settlement, pair, alice):
    proof, ([(reading, place)], _) = pair.delivery(0, 1)
    changed = Reading.unpack(reading)._replace(exported_wh=1).pack()
    with reverts_with("Metering_UnknownReading", place[0], place[1]):
        settlement.settleLate(pair.id, [pair.delivery(0, 0), (proof, ([(changed, place)], []))], by(alice))
    assert not settlement.isSettled(pair.id, (0, 0))
    assert pair.locked_upoints() == 200_000


def test_shares_the_export_of_a_divisible_order(custody, community, alice, bob, carol):
    market = community.open_market(mode=1)
    market.post([buy(alice, energy_wh=600), buy(bob, energy_wh=400), sell(carol)], [alice, bob, carol])
    market.clear()
    market.report({carol.device: 500})
    community.open_market().report({carol.device: 1})
    market.settle_late([(0, 0), (0, 1)])
    assert money_of(custody, alice) == (ENDOWMENT_UPOINTS - 30_000, 0)
    assert money_of(custody, bob) == (ENDOWMENT_UPOINTS - 20_000, 0)
    assert money_of(custody, carol) == (ENDOWMENT_UPOINTS + 50_000, 0)
