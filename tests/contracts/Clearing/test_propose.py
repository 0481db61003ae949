"""`propose`: trades are checked by the orders' own terms. Mutations of one valid claim: tests/contracts/failures."""

import pytest
from eth_utils import keccak

from powerpact.codec.packing import trade_tree
from powerpact.market.trades import Trade
from testkit.claims import NOTHING, claim
from testkit.contest import DRAFT, at
from testkit.market import ASK, DECLARED, Claims
from testkit.market_fixtures import by
from testkit.orders import buy, codes, lanes, sell
from testkit.refusals import refused
from testkit.reverts import reverts_with

ONE = 1_000_000


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


def test_refuses_an_unknown_market(clearing, alice):
    unknown = keccak(text="no market")
    with reverts_with("Market_Unknown", unknown):
        clearing.propose(unknown, [], [], b"", by(alice))


def test_refuses_while_the_gate_is_open(clearing, market, alice):
    at(market, market.rules.closes_at - 1)
    with reverts_with("Clearing_GateOpen", market.id, market.rules.closes_at):
        clearing.propose(market.id, [], [], b"", by(alice))


def test_refuses_when_the_time_is_over(clearing, posted, alice):
    at(posted, posted.rules.final_by + 1)
    with reverts_with("Clearing_TooLate", posted.id, posted.rules.final_by):
        clearing.propose(posted.id, [], [], b"", by(alice))


def test_takes_a_proposal_in_the_first_and_in_the_last_second(clearing, market, alice):
    at(market, market.rules.closes_at)
    clearing.propose(market.id, [], [], b"", by(alice))
    at(market, market.rules.final_by)
    clearing.propose(market.id, [], [], b"", by(alice))
    assert clearing.proposalCount() == 2


def test_refuses_when_the_round_is_final(clearing, traded, alice):
    with reverts_with("Clearing_AlreadyFinal", traded.id, traded.proposal):
        clearing.propose(traded.id, [], [], b"", by(alice))


def test_refuses_orders_without_trades(posted):
    orders, _ = claim(posted, [(0, 2)], {0: ONE})
    with refused("Clearing_EmptyChunk"):
        posted.propose(Claims(orders, []))


def test_refuses_trades_without_orders(posted):
    with refused("Clearing_BadLink", 0, 0):
        posted.propose(Claims([], [(0, 0, 1_000)]))


def test_refuses_a_chunk_of_129_trades(posted):
    orders, links = claim(posted, [(0, 2)], {0: ONE})
    with refused("Clearing_ChunkTooLarge", 129, 128):
        posted.propose(Claims(orders, links * 129))


@pytest.mark.parametrize("link", [(2, 1, 1_000), (0, 2, 1_000)], ids=["buy", "sell"])
def test_refuses_a_link_to_no_order(posted, link):
    orders, _ = claim(posted, [(0, 2)], {0: ONE})
    with refused("Clearing_BadLink", 0, 2):
        posted.propose(Claims(orders, [link]))


@pytest.mark.parametrize(("second", "twice"), [((0, 3), 0), ((1, 2), 2)], ids=["buy", "sell"])
def test_refuses_an_order_in_two_trades(posted, second, twice):
    with refused("Clearing_OrderUsedTwice", twice):
        posted.propose(claim(posted, [(0, 2), second], {0: ONE, 1: ONE}))


def test_refuses_an_order_given_twice(posted):
    orders, links = claim(posted, [(0, 2)], {0: ONE})
    with refused("Clearing_OrderUnused", 2):
        posted.propose(Claims([*orders, orders[1]], links))


def test_refuses_an_order_without_a_trade(posted):
    """It would be marked as trading, and no trade would show its dual price to a challenger."""
    orders, links = claim(posted, [(0, 2)], {0: ONE})
    with refused("Clearing_OrderUnused", 1):
        posted.propose(Claims([*orders, (posted.placed(1), 0, False)], links))


@pytest.mark.parametrize("energy_wh", [0, 699, 701, 1_500])
def test_refuses_another_energy_than_the_smaller_one(posted, energy_wh):
    with refused("Clearing_WrongEnergy", 1, 3, energy_wh, 700):
        posted.propose(claim(posted, [(1, 3, energy_wh)], {1: ONE}))


def test_refuses_a_cancelled_order(market, alice, carol):
    market.post([buy(alice), sell(carol)], [alice, carol])
    market.cancel(carol, 1)
    market.close()
    with refused("Clearing_OrderClosed", 1):
        market.propose(claim(market, [(0, 1)], {0: ONE}))


def test_a_trade_follows_from_its_orders(clearing, posted, bob, dan, stranger):
    """The smaller energy, the bid as the price, the value at the bid of what is traded as the reservation."""
    score = (90_000 - 70_001) * ONE // (100_000 - 70_001)
    duals = {1: 300_000, 3: score - 300_000}
    tx = clearing.propose(posted.id, *posted.told(claim(posted, [(1, 3)], duals)), b"", {"from": stranger})
    expected = Trade(1, 3, bob.address, dan.address, dan.device, 1_500, 700, 90_000, 63_000, 300_000, score - 300_000)
    assert [Trade.unpack(trade) for trade in tx.events["TradesProposed"]["trades"]] == [expected]
    proposed = tx.events["Proposed"]
    assert (proposed["proposal"], proposed["agent"]) == (1, stranger)
    assert bytes(proposed["market"]) == posted.id
    assert bytes(clearing.chunkRoot(1, 0)) == trade_tree([expected]).root
    state = clearing.proposal(1)
    assert bytes(state["market"]) == posted.id
    assert state["agent"] == stranger
    assert (state["objective"], state["bound"], state["tradeCount"], state["lastLink"]) == (
        score,
        score,
        1,
        3 << 40 | 1,
    )
    assert (state["chunkCount"], state["provenRows"], state["finalFrom"], state["status"]) == (1, 0, 0, DRAFT)


def test_the_midpoint_of_bid_and_minimum_is_rounded_down(community, bob, dan):
    market = community.open_market(price_rule=1)
    market.post([buy(bob, price_upoints_per_kwh=90_000), sell(dan, min_upoints_per_kwh=70_001)], [bob, dan])
    market.close()
    market.propose(claim(market, [(0, 1)], {0: ONE}))
    assert market.chunks[0][0].price_upoints_per_kwh == 80_000


def test_scores_attributes_and_classes_on_chain(community, clearing, alice, carol):
    """The worked example of the rules: t = 769 999, g = 1 000 000."""
    market = community.open_market([ASK, DECLARED], [False, True], category_count=2)
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
    market.propose(claim(market, [(0, 1)], {0: 1_769_999}))
    assert clearing.proposal(1)["objective"] == 1_769_999


def test_sums_up_over_trades(clearing, posted):
    """Dual prices above the scores count in the bound, not in the objective."""
    posted.propose(claim(posted, [(1, 2), (0, 3)], {1: 500_000, 3: ONE + 7}))
    state = clearing.proposal(1)
    assert (state["tradeCount"], state["lastLink"]) == (2, 3 << 40)
    assert [trade.reserved_upoints for trade in posted.chunks[0]] == [63_000, 100_000]
    assert (state["objective"], state["bound"]) == (1_500_000, 1_500_007)


def test_one_to_one_orders_are_never_continued(posted):
    """The flag belongs to divisible rounds; here an order trades once, whatever it says."""
    posted.propose(claim(posted, [(0, 2)], {0: ONE}, continued=[0, 2]))
    with refused("Clearing_OrderUsedTwice", 0):
        posted.extend(claim(posted, [(0, 3)], {0: ONE}))


def test_holds_no_more_than_the_trade_can_cost(market, alice, dan):
    """Alice wants 9 000 kWh and gets 1 Wh: the rest of her reservation is not in the trade."""
    market.post([buy(alice, energy_wh=9_000_000), sell(dan, energy_wh=1)], [alice, dan])
    market.close()
    market.propose(claim(market, [(0, 1)], {0: ONE}))
    trade = market.chunks[0][0]
    assert (trade.energy_wh, trade.reserved_upoints) == (1, 100)


@pytest.mark.parametrize("mode", [0, 1])
def test_nobody_trades_with_oneself(community, alice, carol, mode):
    """Alice's own offer is the only one for her, and no pair for anybody to show."""
    market = community.open_market(mode=mode)
    market.post([buy(alice), sell(alice), sell(carol)], [alice, alice, carol])
    market.close()
    with refused("Satisfaction_NotEligible", 0, 1):
        market.propose(claim(market, [(0, 1, 1_000)], {0: ONE, 1: ONE}))
    market.propose(claim(market, [(0, 2, 1_000)], {0: ONE}))


@pytest.mark.parametrize("side", ["buy", "sell"])
@pytest.mark.parametrize(
    ("least_ppm", "partner_wh", "suits"),
    [
        (0, 1, True),
        (1, 1, True),
        (500_000, 499, False),
        (500_000, 500, True),
        (500_001, 500, False),
        (ONE, 999, False),
        (ONE, 1_000, True),
        (ONE, 2**40, True),
    ],
)
def test_no_order_trades_less_than_it_asks_for(community, alice, carol, side, least_ppm, partner_wh, suits):
    """min(e, e') · 1 000 000 ≥ minFill · e; an order of 1 000 Wh, on either side."""
    market = community.open_market()
    asks, takes = {"energy_wh": 1_000, "min_fill_ppm": least_ppm}, {"energy_wh": min(partner_wh, 99_999)}
    bought, sold = (asks, takes) if side == "buy" else (takes, asks)
    market.post([buy(alice, **bought), sell(carol, **sold)], [alice, carol])
    market.close()
    if suits:
        market.propose(claim(market, [(0, 1)], {0: ONE}))
        assert market.chunks[0][0].energy_wh == min(1_000, partner_wh)
        return
    with refused("Satisfaction_NotEligible", 0, 1):
        market.propose(claim(market, [(0, 1)], {0: ONE}))


def test_a_pair_must_suit_both_of_its_orders(market, alice, bob, carol, dan):
    """Dan offers too little for Alice, Carol asks for more than Bob takes."""
    orders = [
        buy(alice, min_fill_ppm=600_000),
        buy(bob, energy_wh=500),
        sell(carol, min_fill_ppm=ONE),
        sell(dan, energy_wh=599),
    ]
    market.post(orders, [alice, bob, carol, dan])
    market.close()
    for buy_id, sell_id in ((0, 3), (1, 2)):
        with refused("Satisfaction_NotEligible", buy_id, sell_id):
            market.propose(claim(market, [(buy_id, sell_id)], {buy_id: ONE, sell_id: ONE}))
    market.propose(claim(market, [(0, 2), (1, 3)], {0: ONE, 1: ONE}))


@pytest.mark.parametrize("trades", [[(0, 3), (1, 2)], [(0, 2), (0, 2)]], ids=["falling", "twice"])
def test_links_rise_by_sell_order(posted, trades):
    """Nobody needs a list of all pairs to see that none trades twice."""
    with refused("Clearing_LinkNotRising", *trades[1]):
        posted.propose(claim(posted, trades, {0: ONE, 1: ONE, 2: ONE}))


def test_a_round_can_have_no_trades(clearing, posted):
    posted.propose(NOTHING)
    state = clearing.proposal(1)
    assert (state["objective"], state["bound"], state["chunkCount"], state["status"]) == (0, 0, 0, DRAFT)
    assert bytes(clearing.tradesHash(1)) == keccak(b"")


def test_proposals_do_not_get_in_each_others_way(clearing, posted, alice, bob):
    for agent in (alice, bob):
        posted.propose(claim(posted, [(0, 2), (1, 3)], {0: ONE, 1: ONE}), agent=agent.account)
    assert clearing.proposalCount() == 2
    assert [clearing.proposal(i)["agent"] for i in (1, 2)] == [alice.address, bob.address]
    assert (clearing.activeOf(posted.id), clearing.finalOf(posted.id)) == (0, 0)
