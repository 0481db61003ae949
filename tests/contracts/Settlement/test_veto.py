"""`veto`: before the slot, k of n auditors give a trade's money back to its buyer, and can do nothing else."""

import pytest

from powerpact.market.orders import Side
from powerpact.market.schema import DeliveryRule
from testkit.market import Claims
from testkit.market_fixtures import ENDOWMENT_UPOINTS, by, money_of, record_of, trade_id_of
from testkit.orders import buy, sell
from testkit.refusals import refused
from testkit.reverts import reverts_with

REASON = "the meter stood still"


@pytest.fixture
def vote(settlement):
    """Vote to veto a trade."""

    def _vote(market, auditor, reason=REASON, place=(0, 0)):
        return settlement.veto(market.id, market.proof(*place), reason, by(auditor))

    return _vote


@pytest.fixture
def vetoed(community, traded, vote):
    """The trade of 1 000 Wh is vetoed by as many auditors as decide."""
    for auditor in community.auditors[:2]:
        tx = vote(traded, auditor)
    return traded, tx


def test_reverts_before_the_round_is_final(settlement, community, traded):
    other = community.open_market(price_rule=1)
    with reverts_with("Clearing_NotFinal", other.id):
        settlement.veto(other.id, traded.proof(0, 0), REASON, by(community.auditors[0]))


@pytest.mark.parametrize(
    "forge",
    [
        lambda trade, position, siblings: (trade._replace(terms=trade.terms + 1), position, siblings),
        lambda trade, position, siblings: (trade, (0, 1), siblings),
        lambda trade, position, siblings: (trade, (1, 0), siblings),
        lambda trade, position, siblings: (trade, position, [b"\1" * 32]),
    ],
    ids=["more money", "other index", "other chunk", "other proof"],
)
def test_reverts_for_an_unknown_trade(settlement, community, traded, forge):
    forged = forge(*traded.proof(0, 0))
    with reverts_with("Settlement_UnknownTrade", traded.id, *forged[1]):
        settlement.veto(traded.id, forged, REASON, by(community.auditors[0]))


@pytest.mark.parametrize("who", ["alice", "carol", "stranger"])
def test_reverts_for_anyone_but_an_auditor(vote, traded, request, who):
    caller = request.getfixturevalue(who)
    with reverts_with("Settlement_NotAuditor", caller):
        vote(traded, caller)


def test_reverts_without_a_reason(vote, community, traded):
    with reverts_with("Settlement_EmptyReason", trade_id_of(traded)):
        vote(traded, community.auditors[0], "")


def test_reverts_for_a_second_vote(vote, community, traded):
    auditor = community.auditors[0]
    vote(traded, auditor)
    with reverts_with("Settlement_AlreadyVoted", trade_id_of(traded), auditor):
        vote(traded, auditor)


def test_reverts_for_what_is_settled(vote, community, traded, alice, carol):
    vote(traded, community.auditors[0])
    traded.settle_agreed((0, 0), 5, [alice.account, carol.account])
    with reverts_with("Settlement_AlreadySettled", trade_id_of(traded)):
        vote(traded, community.auditors[1])


def test_reverts_for_what_is_vetoed(vote, community, vetoed, alice, carol):
    traded, _ = vetoed
    with reverts_with("Settlement_AlreadySettled", trade_id_of(traded)):
        vote(traded, community.auditors[2])
    with reverts_with("Settlement_AlreadySettled", trade_id_of(traded)):
        vote(traded, community.auditors[2], "another reason")
    with refused("Settlement_AlreadySettled", trade_id_of(traded)):
        traded.settle_agreed((0, 0), 5, [alice.account, carol.account])


def test_reverts_from_the_start_of_the_slot_on(vote, community, traded):
    vote(traded, community.auditors[0])
    community.chain.request("evm_setNextBlockTimestamp", traded.rules.slot_start)
    with reverts_with("Settlement_VetoTooLate", trade_id_of(traded), traded.rules.slot_start):
        vote(traded, community.auditors[1])


def test_is_possible_in_the_last_second_before_the_slot(vote, community, traded, custody, alice):
    vote(traded, community.auditors[0])
    community.chain.request("evm_setNextBlockTimestamp", traded.rules.slot_start - 1)
    vote(traded, community.auditors[1])
    assert money_of(custody, alice) == (ENDOWMENT_UPOINTS, 0)


def test_a_round_that_is_final_after_its_slot_has_started_has_no_veto(vote, community, market, alice, carol):
    market.post([buy(alice), sell(carol)], [alice, carol])
    community.chain.warp(market.rules.slot_start + 1)
    market.clear()
    with reverts_with("Settlement_VetoTooLate", trade_id_of(market), market.rules.slot_start):
        vote(market, community.auditors[0])


def test_votes_for_different_reasons_do_not_add_up(vote, community, settlement, traded):
    vote(traded, community.auditors[0])
    vote(traded, community.auditors[1], REASON + ".")
    assert not settlement.isSettled(traded.id, (0, 0))
    vote(traded, community.auditors[1])
    assert settlement.isSettled(traded.id, (0, 0))


def test_votes_for_different_trades_do_not_add_up(vote, community, settlement, market, alice, bob, carol, dan):
    market.post([buy(alice), buy(bob), sell(carol), sell(dan)], [alice, bob, carol, dan])
    market.clear()
    vote(market, community.auditors[0])
    vote(market, community.auditors[1], place=(0, 1))
    assert [settlement.isSettled(market.id, (0, k)) for k in (0, 1)] == [False, False]
    vote(market, community.auditors[2], place=(0, 1))
    assert [settlement.isSettled(market.id, (0, k)) for k in (0, 1)] == [False, True]


def test_one_vote_less_than_decides_changes_nothing(vote, community, custody, settlement, traded, alice, carol):
    before = [money_of(custody, trader) for trader in (alice, carol)]
    tx = vote(traded, community.auditors[0])
    assert list(tx.events.keys()) == ["VetoVoted"]
    voted = tx.events["VetoVoted"]
    assert (bytes(voted["tradeId"]), voted["auditor"]) == (trade_id_of(traded), community.auditors[0].address)
    assert (voted["votes"], voted["reason"]) == (1, REASON)
    assert [money_of(custody, trader) for trader in (alice, carol)] == before
    assert not settlement.isSettled(traded.id, (0, 0))
    traded.report({carol.device: 1_000})
    traded.settle()
    assert money_of(custody, carol) == (ENDOWMENT_UPOINTS + 100_000, 0)


def test_the_deciding_vote_gives_the_money_back_and_does_nothing_else(
    devices, custody, settlement, vetoed, alice, carol
):
    traded, tx = vetoed
    assert list(tx.events.keys()) == ["VetoVoted", "TradeSettled"]
    assert tx.events["VetoVoted"]["votes"] == 2
    settled = tx.events["TradeSettled"]
    assert (bytes(settled["tradeId"]), settled["buyer"], settled["seller"]) == (
        trade_id_of(traded),
        alice.address,
        carol.address,
    )
    assert (settled["outcome"], settled["delivered"], settled["paid"], settled["penalty"]) == (3, 0, 0, 0)
    assert [money_of(custody, trader) for trader in (alice, carol)] == [(ENDOWMENT_UPOINTS, 0)] * 2
    assert traded.locked_upoints() == 0
    assert record_of(custody, carol) == (0, 0, 0)
    assert settlement.isSettled(traded.id, (0, 0))
    assert not settlement.isCertified(traded.id, (0, 0))
    assert tuple(devices.promisedOf(carol.device, Side.SELL, traded.slot.pack())) == (True, 0)


def test_nothing_pays_a_vetoed_trade_and_its_seller_keeps_the_certificates(
    community, settlement, custody, vetoed, alice, carol, stranger
):
    traded, _ = vetoed
    traded.report({carol.device: 1_300})
    with reverts_with("Settlement_NothingToSettle", traded.id, 0):
        settlement.settle(traded.id, 0, [traded.proof(0, 0)[0]], by(stranger))
    with reverts_with("Settlement_NothingLeft", traded.id):
        settlement.settleLate(traded.id, [traded.delivery(0, 0)], by(stranger))
    settlement.certify(traded.id, [traded.delivery(0, 0)], by(stranger))
    community.chain.warp(traded.rules.refund_from)
    with reverts_with("Settlement_NothingLeft", traded.id):
        settlement.refund(traded.id, [traded.proof(0, 0)], by(stranger))
    with reverts_with("Settlement_NothingLeft", traded.id):
        settlement.certify(traded.id, [traded.delivery(0, 0)], by(stranger))
    lot = community.read("GreenCertificates", "idOf", carol.device, traded.slot.pack())
    assert [community.read("GreenCertificates", "balanceOf", t.address, lot) for t in (alice, carol)] == [0, 1_300]
    assert [money_of(custody, trader) for trader in (alice, carol)] == [(ENDOWMENT_UPOINTS, 0)] * 2


def test_the_buyer_orders_anew_and_the_seller_sells_what_is_left(
    devices, custody, community, vetoed, alice, carol, dan
):
    """Carol's vetoed 1 000 Wh stay sold: of 1 300 Wh that she exports, her second order of 500 Wh gets 300."""
    first, _ = vetoed
    first.decide([(0, 0)])
    assert tuple(devices.promisedOf(carol.device, Side.SELL, first.slot.pack())) == (False, 1_000)
    slot = first.rules.slot_start
    second = community.open_market(slot_start=slot, closes_at=slot - 60, zone=b"intraday".ljust(24))
    second.post([buy(alice, nonce=2, energy_wh=500), sell(carol, nonce=2, energy_wh=500)], [alice, carol])
    second.close()
    second.propose(Claims([(second.placed(id_), 500_000, False) for id_ in (0, 1)], [(0, 1, 500)]))
    second.prove()
    second.report({carol.device: 1_300})
    first.measured.update(second.measured)
    second.settle()
    first.certify([(0, 0)])
    assert record_of(custody, carol) == (500, 300, 1)
    assert money_of(custody, alice) == (ENDOWMENT_UPOINTS - 30_000, 0)
    lot = community.read("GreenCertificates", "idOf", carol.device, first.slot.pack())
    assert [community.read("GreenCertificates", "balanceOf", t.address, lot) for t in (alice, carol)] == [300, 1_000]


def test_one_trade_of_a_divisible_round(custody, settlement, community, vote, alice, bob, carol):
    """Carol sells 600 Wh to Alice and 400 to Bob; the first trade is vetoed, and the share of the second is its own."""
    market = community.open_market(mode=1)
    market.post([buy(alice, energy_wh=600), buy(bob, energy_wh=400), sell(carol)], [alice, bob, carol])
    market.clear()
    places = {trade.buyer: (chunk, index) for chunk, index, trade in market.trades()}
    for auditor in community.auditors[1:]:
        vote(market, auditor, place=places[alice.address])
    assert [custody.heldOf(t.address) for t in (alice, bob)] == [0, 40_000]
    market.report({carol.device: 1_000})
    market.settle()
    market.certify([places[alice.address]])
    assert record_of(custody, carol) == (400, 400, 1)
    lot = community.read("GreenCertificates", "idOf", carol.device, market.slot.pack())
    held = [community.read("GreenCertificates", "balanceOf", t.address, lot) for t in (alice, bob, carol)]
    assert held == [0, 400, 600]
    assert money_of(custody, carol) == (ENDOWMENT_UPOINTS + 40_000, 0)


def test_where_the_import_counts_the_meter_may_buy_again(devices, community, vote, alice, carol):
    """What was vetoed stays bought, so that the meter buys behind it."""
    market = community.open_market(delivery=DeliveryRule.BOTH_SIDES)
    market.post([buy(alice, device=alice.device), sell(carol)], [alice, carol])
    market.clear()
    for auditor in community.auditors[:2]:
        vote(market, auditor)
    market.decide_purchases([(0, 0)])
    assert tuple(devices.promisedOf(alice.device, Side.BUY, market.slot.pack())) == (False, 1_000)
    slot = market.rules.slot_start
    second = community.open_market(
        slot_start=slot, closes_at=slot - 60, zone=b"intraday".ljust(24), delivery=DeliveryRule.BOTH_SIDES
    )
    second.post([buy(alice, nonce=2, energy_wh=300, device=alice.device)], [alice])
    assert tuple(devices.promisedOf(alice.device, Side.BUY, market.slot.pack())) == (True, 1_000)
