"""A pair trades at most once in a proposal: links rise by sell order and then buy order, through all chunks."""

import pytest

from powerpact.chain.contracts.certificates import id_of
from powerpact.codec.packing import trade_id
from testkit.claims import claim
from testkit.divisible import *
from testkit.divisible import DUALS_PPM, TRADES, wallet
from testkit.orders import buy, sell
from testkit.refusals import refused

PARTS = [(0, 2, 600), (0, 2, 400)]


def test_a_pair_trades_once_in_a_chunk(market):
    """Parts of a pair would be rounded one by one, and share one id among them."""
    with refused("Clearing_LinkNotRising", 0, 2):
        market.propose(claim(market, PARTS, {0: 1_000_000}))


def test_a_pair_trades_once_in_a_proposal(market):
    """In the next chunk, or any later one."""
    market.propose(claim(market, PARTS[:1], {0: 250_000, 2: 750_000}, continued=[0, 2]))
    with refused("Clearing_LinkNotRising", 0, 2):
        market.extend(claim(market, PARTS[1:], {0: 250_000, 2: 750_000}))
    market.extend(claim(market, [(0, 3, 500)], DUALS_PPM, continued=[0, 3]))
    with refused("Clearing_LinkNotRising", 0, 2):
        market.extend(claim(market, PARTS[1:], {0: 250_000, 2: 750_000}))


@pytest.mark.parametrize("trades", [[(0, 3, 500), (0, 2, 400)], [(1, 2, 400), (0, 2, 400)]], ids=["sell", "buy"])
def test_trades_rise_by_sell_and_then_by_buy_order(market, trades):
    """Within a chunk and from one to the next; who is named second comes first."""
    (_, _, _), (buy_id, sell_id, _) = trades
    ids = {id_ for trade in trades for id_ in trade[:2]}
    duals = dict.fromkeys(ids, 1_000_000)
    with refused("Clearing_LinkNotRising", buy_id, sell_id):
        market.propose(claim(market, trades, duals))
    market.propose(claim(market, trades[:1], duals, continued=ids))
    with refused("Clearing_LinkNotRising", buy_id, sell_id):
        market.extend(claim(market, trades[1:], duals))


def test_keeps_where_the_last_trade_stands(clearing, market, halfway):
    """Sell id 40 | buy id 40."""
    assert clearing.proposal(halfway.proposal)["lastLink"] == 2 << 40 | 0
    halfway.extend(claim(market, TRADES[1:], DUALS_PPM))
    assert clearing.proposal(halfway.proposal)["lastLink"] == 3 << 40 | 1


def test_proposals_have_a_last_trade_each(market, halfway):
    """Another proposal begins with the lowest pair again."""
    halfway.extend(claim(market, TRADES[1:], DUALS_PPM))
    market.propose(claim(market, TRADES, DUALS_PPM))


def test_an_agent_cannot_split_a_pair_until_the_seller_is_paid_nothing(custody, community, alice, carol):
    """250 parts of 1 Wh, of which each is delivered ⌊249 / 250⌋: as one trade they are 249 Wh, within the tolerance."""
    market = community.open_market(mode=1, tolerance_ppm=50_000, penalty_ppm=1_000_000)
    market.post([buy(alice, energy_wh=250), sell(carol, energy_wh=250)], [alice, carol])
    market.close()
    with refused("Clearing_LinkNotRising", 0, 1):
        market.propose(claim(market, [(0, 1, 1)] * 125, {0: 1_000_000}, continued=[0, 1]), agent=alice.account)
    market.propose(claim(market, [(0, 1, 250)], {0: 1_000_000}), agent=alice.account)
    market.prove(agent=alice.account)
    market.report({carol.device: 249})
    market.settle()
    assert wallet(custody, carol) == (24_900, 0)
    lot = id_of(carol.device, market.slot)
    assert community.read("GreenCertificates", "balanceOf", alice.address, lot) == 249
    assert tuple(custody.reliabilityOf(carol.address)) == (996_000, 1)


def test_an_agreement_ends_all_that_a_pair_trades(custody, community, final, alice, carol):
    """No part of a pair is left without one, whoever was the agent."""
    parties = [alice.account, carol.account]
    final.settle_agreed((0, 0), 30_000, parties)
    first = final.chunks[0][0]
    with refused("Settlement_AlreadySettled", trade_id(final.id, community.agent.address, first)):
        final.settle_agreed((0, 0), 30_000, parties)
    assert wallet(custody, carol) == (30_000, 0)
    assert [trade[:2] for _, _, trade in final.trades()].count(first[:2]) == 1
