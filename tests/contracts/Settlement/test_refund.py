"""`refund`: after a stated time the buyer's money comes back, whoever is silent and whatever went before."""

import pytest

from powerpact.market.orders import Side
from powerpact.market.trades import Trade
from testkit.market import Claims
from testkit.market_fixtures import ENDOWMENT_UPOINTS, by, money_of, record_of, trade_id_of
from testkit.orders import buy, sell
from testkit.reverts import reverts_with


def changed(trade, **changes):
    """A packed trade with other fields."""
    return Trade.unpack(trade)._replace(**changes).pack()


def test_refuses_before_the_refund_time(settlement, community, traded, alice):
    community.chain.request("evm_setNextBlockTimestamp", traded.rules.refund_from - 1)
    with reverts_with("Settlement_TooEarly", trade_id_of(traded), traded.rules.refund_from):
        settlement.refund(traded.id, [traded.proof(0, 0)], by(alice))


def test_refuses_a_market_without_a_final_round(settlement, community, market, traded, alice):
    other = community.open_market(price_rule=1)
    with reverts_with("Clearing_NotFinal", other.id):
        settlement.refund(other.id, [traded.proof(0, 0)], by(alice))


@pytest.mark.parametrize(
    "forge",
    [
        lambda trade, position, siblings: (changed(trade, reserved_upoints=200_000), position, siblings),
        lambda trade, position, siblings: (changed(trade, buyer="0x" + "11" * 20), position, siblings),
        lambda trade, position, siblings: (trade, (0, 1), siblings),
        lambda trade, position, siblings: (trade, (1, 0), siblings),
        lambda trade, position, siblings: (trade, position, [b"\1" * 32]),
    ],
    ids=["more money", "other buyer", "other index", "other chunk", "other proof"],
)
def test_refuses_a_trade_that_is_not_in_the_round(settlement, community, traded, alice, forge):
    community.chain.warp(traded.rules.refund_from)
    forged = forge(*traded.proof(0, 0))
    with reverts_with("Settlement_UnknownTrade", traded.id, *forged[1]):
        settlement.refund(traded.id, [forged], by(alice))


def test_refuses_what_is_settled(settlement, community, traded, alice, carol):
    traded.report({carol.device: 1_000})
    traded.settle()
    community.chain.warp(traded.rules.refund_from)
    for count in (1, 2, 0):
        with reverts_with("Settlement_NothingLeft", traded.id):
            settlement.refund(traded.id, [traded.proof(0, 0)] * count, by(alice))


def test_refunds_a_trade_once(custody, settlement, community, traded, alice, carol):
    """Twice in one call, and once more."""
    community.chain.warp(traded.rules.refund_from)
    tx = settlement.refund(traded.id, [traded.proof(0, 0)] * 2, by(alice))
    assert len(tx.events["TradeSettled"]) == 1
    with reverts_with("Settlement_NothingLeft", traded.id):
        settlement.refund(traded.id, [traded.proof(0, 0)], by(alice))
    assert money_of(custody, alice) == (ENDOWMENT_UPOINTS, 0)
    assert record_of(custody, carol) == (1_000, 0, 1)


def test_a_trade_that_has_ended_is_passed_over_before_its_time_too(settlement, traded, alice, carol):
    """Whoever ends a trade first spoils no batch in which it is."""
    traded.settle_agreed((0, 0), 5, [alice.account, carol.account])
    with reverts_with("Settlement_NothingLeft", traded.id):
        settlement.refund(traded.id, [traded.proof(0, 0)], by(alice))


def test_returns_the_money_and_counts_as_not_delivered(
    devices, custody, settlement, community, traded, alice, carol, stranger
):
    community.chain.request("evm_setNextBlockTimestamp", traded.rules.refund_from)
    tx = settlement.refund(traded.id, [traded.proof(0, 0)], {"from": stranger})
    settled = tx.events["TradeSettled"]
    assert bytes(settled["tradeId"]) == trade_id_of(traded)
    assert (settled["outcome"], settled["delivered"], settled["paid"], settled["penalty"]) == (2, 0, 0, 0)
    assert money_of(custody, alice) == (ENDOWMENT_UPOINTS, 0)
    assert money_of(custody, carol) == (ENDOWMENT_UPOINTS, 0)
    assert traded.locked_upoints() == 0
    assert record_of(custody, carol) == (1_000, 0, 1)
    assert tuple(devices.promisedOf(carol.device, Side.SELL, traded.slot.pack())) == (True, 0)


def test_returns_the_money_of_several_trades(custody, settlement, community, market, alice, bob, carol, dan, stranger):
    market.post([buy(alice), buy(bob), sell(carol), sell(dan)], [alice, bob, carol, dan])
    market.clear()
    community.chain.warp(market.rules.refund_from)
    settlement.refund(market.id, [market.proof(0, 1)], {"from": stranger})
    assert market.locked_upoints() == 100_000
    settlement.refund(market.id, [market.proof(0, 0)], {"from": stranger})
    assert [custody.heldOf(t.address) for t in (alice, bob)] == [0, 0]
    assert market.locked_upoints() == 0


@pytest.fixture
def two_chunks(market, alice, bob, carol, dan):
    """A final round with one trade in each of two chunks."""
    market.post([buy(alice), buy(bob), sell(carol), sell(dan)], [alice, bob, carol, dan])
    market.close()
    for add, buy_id, sell_id in ((market.propose, 0, 2), (market.extend, 1, 3)):
        legs = [(market.placed(id_), 500_000, False) for id_ in (buy_id, sell_id)]
        add(Claims(legs, [(0, 1, 1_000)]))
    market.prove()
    return market


def test_returns_the_money_of_trades_in_several_chunks(
    custody, settlement, community, two_chunks, alice, bob, stranger
):
    community.chain.warp(two_chunks.rules.refund_from)
    settlement.refund(two_chunks.id, [two_chunks.proof(1, 0), two_chunks.proof(0, 0)], {"from": stranger})
    assert [custody.heldOf(t.address) for t in (alice, bob)] == [0, 0]
    assert [settlement.isSettled(two_chunks.id, (chunk, 0)) for chunk in (0, 1)] == [True, True]


@pytest.mark.parametrize("ended", [0, 1])
def test_one_refund_carried_first_does_not_spoil_a_batch(
    custody, settlement, community, two_chunks, alice, bob, stranger, ended
):
    community.chain.warp(two_chunks.rules.refund_from)
    two_chunks.refund([(ended, 0)])
    proofs = [two_chunks.proof(chunk, 0) for chunk in (0, 1)]
    tx = settlement.refund(two_chunks.id, proofs, {"from": stranger})
    assert [bytes(event["tradeId"]) for event in tx.events["TradeSettled"]] == [trade_id_of(two_chunks, 1 - ended)]
    assert [money_of(custody, trader) for trader in (alice, bob)] == [(ENDOWMENT_UPOINTS, 0)] * 2


def test_a_trade_counts_in_its_own_chunk_only(settlement, community, two_chunks, stranger):
    """The trade of one chunk, offered once more as one of the next: it would be paid twice."""
    community.chain.warp(two_chunks.rules.refund_from)
    trade, _, siblings = proof = two_chunks.proof(0, 0)
    with reverts_with("Settlement_UnknownTrade", two_chunks.id, 1, 0):
        settlement.refund(two_chunks.id, [proof, (trade, (1, 0), siblings)], {"from": stranger})


def test_a_reading_after_the_refund_brings_certificates_but_no_money(settlement, community, traded, alice, carol):
    community.chain.warp(traded.rules.refund_from)
    traded.refund([(0, 0)])
    traded.report({carol.device: 1_000})
    with reverts_with("Settlement_NothingToSettle", traded.id, 0):
        settlement.settle(traded.id, 0, [traded.proof(0, 0)[0]], by(carol))
    with reverts_with("Settlement_NothingLeft", traded.id):
        settlement.settleLate(traded.id, [traded.delivery(0, 0)], by(carol))
    settlement.certify(traded.id, [traded.delivery(0, 0)], by(carol))
    lot = community.read("GreenCertificates", "idOf", carol.device, traded.slot.pack())
    assert community.read("GreenCertificates", "balanceOf", carol.address, lot) == 1_000
