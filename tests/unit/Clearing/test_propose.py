"""`propose`: trades are checked by the orders' own terms. Mutations of one valid claim: tests/unit/failures."""

import pytest
from eth_utils import keccak

from powerpact.chain.packing import Trade, trade_tree
from tests.helpers.market import ASK, DECLARED
from tests.helpers.orders import buy, codes, lanes, sell
from tests.helpers.reverts import reverts_with
from tests.unit.market_fixtures import by


@pytest.fixture
def posted(market, alice, bob, carol, dan):
    """Alice (order 0) and Bob (1) buy, Carol (2) and Dan (3) sell; the gate is closed."""
    orders = [
        buy(alice),
        buy(bob, price_upoints_per_kwh=90_000, energy_wh=700),
        sell(carol),
        sell(dan, energy_wh=1_500, min_upoints_per_kwh=70_001),
    ]
    market.post(orders, [alice, bob, carol, dan])
    market.close()
    return market


def claim(market, buy_id, sell_id, buyer_dual_ppm=0):
    return market.placed(buy_id), market.placed(sell_id), buyer_dual_ppm


def test_refuses_an_unknown_market(clearing, alice):
    unknown = keccak(text="no market")
    with reverts_with("Market_Unknown", unknown):
        clearing.propose(unknown, [], by(alice))


def test_refuses_while_the_gate_is_open(clearing, community, market, alice):
    community.chain.request("evm_setNextBlockTimestamp", market.rules.closes_at - 1)
    with reverts_with("Clearing_GateOpen", market.id, market.rules.closes_at):
        clearing.propose(market.id, [], by(alice))


def test_refuses_when_the_time_is_over(clearing, community, posted, alice):
    community.chain.request("evm_setNextBlockTimestamp", posted.rules.final_by + 1)
    with reverts_with("Clearing_TooLate", posted.id, posted.rules.final_by):
        clearing.propose(posted.id, [], by(alice))


def test_takes_a_proposal_in_the_first_and_in_the_last_second(clearing, community, market, alice):
    community.chain.request("evm_setNextBlockTimestamp", market.rules.closes_at)
    clearing.propose(market.id, [], by(alice))
    community.chain.request("evm_setNextBlockTimestamp", market.rules.final_by)
    clearing.propose(market.id, [], by(alice))
    assert clearing.proposalCount() == 2


def test_refuses_when_the_round_is_final(clearing, traded, alice):
    with reverts_with("Clearing_AlreadyFinal", traded.id, traded.proposal):
        clearing.propose(traded.id, [], by(alice))


def test_refuses_a_chunk_of_257_trades(clearing, posted, alice):
    with reverts_with("Clearing_ChunkTooLarge", 257, 256):
        clearing.propose(posted.id, [((0, (0,) * 5, []), (0, (0,) * 5, []), 0)] * 257, by(alice))


def test_refuses_an_order_twice(clearing, posted, alice):
    with reverts_with("Clearing_OrderUsedTwice", 0):
        clearing.propose(posted.id, [claim(posted, 0, 2), claim(posted, 0, 3)], by(alice))
    with reverts_with("Clearing_OrderUsedTwice", 2):
        clearing.propose(posted.id, [claim(posted, 0, 2), claim(posted, 1, 2)], by(alice))


def test_refuses_a_cancelled_order(clearing, market, alice, carol):
    market.post([buy(alice), sell(carol)], [alice, carol])
    market.cancel(carol, 1)
    market.close()
    with reverts_with("Clearing_OrderClosed", 1):
        clearing.propose(market.id, [claim(market, 0, 1)], by(alice))


def test_a_trade_follows_from_its_orders(clearing, posted, alice, bob, dan, stranger):
    """The smaller energy, the bid as the price, the value of the whole order at the bid as the reservation."""
    tx = clearing.propose(posted.id, [claim(posted, 1, 3, 300_000)], {"from": stranger})
    score = (90_000 - 70_001) * 1_000_000 // (100_000 - 70_001)
    expected = Trade(1, 3, bob.address, dan.address, dan.device, 700, 90_000, 63_000, 300_000, score - 300_000)
    assert [Trade(*trade) for trade in tx.events["TradesProposed"]["trades"]] == [expected]
    proposed = tx.events["Proposed"]
    assert (proposed["proposal"], proposed["agent"]) == (1, stranger)
    assert bytes(proposed["market"]) == posted.id
    assert bytes(clearing.chunkRoot(1, 0)) == trade_tree([expected]).root
    state = clearing.proposal(1)
    assert bytes(state["market"]) == posted.id
    assert state["agent"] == stranger
    assert (state["objective"], state["tradeCount"], state["reserved"]) == (score, 1, 63_000)
    assert (state["chunkCount"], state["provenRows"], state["status"]) == (1, 0, 1)


def test_the_midpoint_of_bid_and_minimum_is_rounded_down(community, clearing, bob, dan):
    market = community.open_market(price_rule=1)
    market.post([buy(bob, price_upoints_per_kwh=90_000), sell(dan, min_upoints_per_kwh=70_001)], [bob, dan])
    market.close()
    tx = clearing.propose(market.id, [claim(market, 0, 1)], by(community.agent))
    assert Trade(*tx.events["TradesProposed"]["trades"][0]).price_upoints_per_kwh == 80_000


def test_scores_attributes_and_classes_on_chain(community, clearing, alice, carol):
    """The worked example of the rules: t = 769 999, g = 1 000 000."""
    market = community.open_market([ASK, DECLARED], [False, True], class_count=2)
    wanted = buy(
        alice,
        price_upoints_per_kwh=110_000,
        levels=lanes(90_000, 900_000),
        limits=lanes(120_000, 500_000),
        weights_ppm=lanes(600_000, 400_000),
        classes=codes(4, 0),
    )
    market.post([wanted, sell(carol, levels=lanes(0, 870_000), classes=codes(4, 9))], [alice, carol])
    market.close()
    tx = clearing.propose(market.id, [claim(market, 0, 1, 1_769_999)], by(alice))
    trade = Trade(*tx.events["TradesProposed"]["trades"][0])
    assert (trade.buyer_dual_ppm, trade.seller_dual_ppm) == (1_769_999, 0)
    assert clearing.proposal(1)["objective"] == 1_769_999


def test_sums_up_over_claims(clearing, posted, alice):
    clearing.propose(posted.id, [claim(posted, 1, 2), claim(posted, 0, 3)], by(alice))
    state = clearing.proposal(1)
    assert (state["tradeCount"], state["reserved"], state["objective"]) == (2, 163_000, 1_500_000)


def test_a_trader_may_trade_with_herself(clearing, market, alice):
    market.post([buy(alice), sell(alice, nonce=2)], [alice, alice])
    market.close()
    tx = clearing.propose(market.id, [claim(market, 0, 1)], by(alice))
    trade = Trade(*tx.events["TradesProposed"]["trades"][0])
    assert (trade.buyer, trade.seller) == (alice.address, alice.address)


def test_proposals_do_not_get_in_each_others_way(clearing, posted, alice, bob):
    for agent in (alice, bob):
        clearing.propose(posted.id, [claim(posted, 0, 2), claim(posted, 1, 3)], by(agent))
    assert clearing.proposalCount() == 2
    assert [clearing.proposal(i)["agent"] for i in (1, 2)] == [alice.address, bob.address]
    assert clearing.finalOf(posted.id) == 0
