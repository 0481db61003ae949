"""Where the import counts, silence pays neither side: each has a slot's length that the other cannot cut short."""

import pytest

from powerpact.market.schema import DeliveryRule
from testkit.market_fixtures import ENDOWMENT_UPOINTS, by, money_of, record_of, trade_id_of
from testkit.orders import buy, sell
from testkit.reverts import reverts_with


@pytest.fixture
def both(community, alice, carol):
    """A final round in which Alice bought 1 000 Wh of Carol, and both meters count."""
    market = community.open_market(delivery=DeliveryRule.BOTH_SIDES)
    market.post([buy(alice, device=alice.device), sell(carol)], [alice, carol])
    market.clear()
    return market


@pytest.fixture
def at(community):
    """The next transaction comes so many seconds after a time."""

    def put(time_s, after_s=0):
        community.chain.request("evm_setNextBlockTimestamp", time_s + after_s)

    return put


def slots_after(market, count):
    """So many slots after the market's refund time, Unix seconds."""
    return market.rules.refund_from + count * market.rules.slot_length_s


def test_a_silent_buyer_cannot_race_the_seller_to_the_money(settlement, community, both, at, alice, carol):
    both.report({carol.device: 1_000})
    id_ = trade_id_of(both)
    for count in (0, 1):
        at(slots_after(both, count))
        with reverts_with("Settlement_TooEarly", id_, slots_after(both, 2)):
            settlement.refund(both.id, [both.proof(0, 0)], by(alice))
    at(slots_after(both, 2), -1)
    with reverts_with("Settlement_TooEarly", id_, slots_after(both, 2)):
        settlement.refund(both.id, [both.proof(0, 0)], by(alice))


def test_a_late_seller_cannot_keep_the_buyers_reading_out(settlement, both, at, alice, carol):
    """Carol reports in the last second before the refund time: Alice has a slot left to settle with both readings."""
    both.report({alice.device: 0}, imported_wh={alice.device: 400})
    at(both.rules.refund_from, -1)
    both.report({carol.device: 1_000})
    proof, (exported, _) = both.delivery(0, 0)
    for time, after_s in ((both.rules.refund_from, 1), (slots_after(both, 1), -1)):
        at(time, after_s)
        with reverts_with("Settlement_ImportMissing", trade_id_of(both), slots_after(both, 1)):
            settlement.settleLate(both.id, [(proof, (exported, []))], by(carol))
    tx = settlement.settleLate(both.id, [both.delivery(0, 0)], by(alice))
    assert tx.events["EnergyUsed"]["used"] == 400


def test_the_seller_is_paid_without_the_buyers_reading(settlement, custody, both, at, carol):
    both.report({carol.device: 1_000})
    at(slots_after(both, 1))
    tx = settlement.settleLate(both.id, [both.delivery(0, 0)], by(carol))
    paid = both.chunks[0][0].price_upoints_per_kwh
    assert (tx.events["TradeSettled"]["delivered"], tx.events["TradeSettled"]["paid"]) == (1_000, paid)
    assert tx.events["EnergyUsed"]["used"] == 1_000
    assert money_of(custody, carol) == (ENDOWMENT_UPOINTS + paid, 0)


def test_a_silent_seller_is_waited_for_no_longer_than_elsewhere(settlement, custody, both, at, alice, carol):
    both.report({alice.device: 0}, imported_wh={alice.device: 400})
    at(both.rules.refund_from, -1)
    with reverts_with("Settlement_TooEarly", trade_id_of(both), both.rules.refund_from):
        settlement.refund(both.id, [both.proof(0, 0)], by(alice))
    at(both.rules.refund_from)
    settlement.refund(both.id, [both.proof(0, 0)], by(alice))
    assert money_of(custody, alice) == (ENDOWMENT_UPOINTS, 0)
    assert record_of(custody, carol) == (1_000, 0, 1)


def test_the_money_is_free_at_last_whatever_was_reported(settlement, community, custody, both, at, alice, carol):
    """Carol's device has passed over the slot, so that nothing can settle it any more."""
    community.open_market(slot_start=both.rules.slot_start + both.rules.slot_length_s).report({carol.device: 1})
    at(slots_after(both, 2), -1)
    with reverts_with("Settlement_TooEarly", trade_id_of(both), slots_after(both, 2)):
        settlement.refund(both.id, [both.proof(0, 0)], by(alice))
    at(slots_after(both, 2))
    settlement.refund(both.id, [both.proof(0, 0)], by(alice))
    assert money_of(custody, alice) == (ENDOWMENT_UPOINTS, 0)
    assert both.locked_upoints() == 0


def test_the_export_alone_waits_for_nobody(settlement, traded, at, alice, carol):
    traded.report({carol.device: 1_000})
    at(traded.rules.refund_from)
    settlement.refund(traded.id, [traded.proof(0, 0)], by(alice))


def test_a_buyer_who_loses_a_reading_pays_for_what_was_delivered(settlement, both, at, alice, carol):
    """The next reading of her meter shows that there is none of the slot: it counts as missing, not as no import."""
    both.report({carol.device: 1_000})
    both.report({alice.device: 0}, imported_wh={alice.device: 400}, start=both.slot_end)
    proof, (exported, lost) = both.delivery(0, 0)
    for count in (0, 1):
        at(slots_after(both, count))
        with reverts_with("Delivery_ImportNotMeasured", alice.device, both.slot.pack()):
            settlement.settleLate(both.id, [(proof, (exported, lost))], by(alice))
    tx = settlement.settleLate(both.id, [(proof, (exported, []))], by(carol))
    assert tx.events["TradeSettled"]["delivered"] == 1_000
    assert tx.events["EnergyUsed"]["used"] == 1_000
