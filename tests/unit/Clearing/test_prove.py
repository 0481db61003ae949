"""`prove`: a round becomes final when no pair of its orders would do better, and never otherwise."""

import pytest

from powerpact.spec import match
from tests.helpers.market import key
from tests.helpers.orders import buy, sell
from tests.helpers.refusals import refused
from tests.helpers.reverts import reverts_with
from tests.unit.market_fixtures import by


@pytest.fixture
def proposed(posted):
    """The best matching, proposed in two chunks."""
    posted.close()
    claims = posted.claims(match(posted.round()))
    posted.propose(claims[:1])
    posted.extend(claims[1:])
    return posted


def test_refuses_an_unknown_proposal(clearing, proposed, alice):
    with reverts_with("Clearing_UnknownProposal", 9):
        clearing.prove(9, proposed.batches, proposed.chunks, 1, by(alice))


def test_refuses_another_agent(clearing, community, proposed, alice):
    with reverts_with("Clearing_NotAgent", proposed.proposal, community.agent, alice):
        clearing.prove(proposed.proposal, proposed.batches, proposed.chunks, 5, by(alice))


def test_refuses_when_the_time_is_over(clearing, community, proposed):
    community.chain.request("evm_setNextBlockTimestamp", proposed.rules.final_by + 1)
    with reverts_with("Clearing_TooLate", proposed.id, proposed.rules.final_by):
        clearing.prove(proposed.proposal, proposed.batches, proposed.chunks, 5, by(community.agent))


@pytest.mark.parametrize(
    ("forge", "error"),
    [
        (lambda b: [b[0][::-1], b[1]], ("Clearing_WrongOrders", 0)),
        (lambda b: [b[0][:-1], b[1]], ("Clearing_WrongOrders", 0)),
        (lambda b: [b[0], b[1] + b[1][:1]], ("Clearing_WrongOrders", 1)),
        (lambda b: [[b[0][0]._replace(head=b[0][0].head - 1), *b[0][1:]], b[1]], ("Clearing_WrongOrders", 0)),
        (lambda b: [b[1], b[0]], ("Clearing_WrongOrders", 0)),
        (lambda b: b[:1], ("Clearing_Incomplete", 1, 2)),
        (lambda b: [*b, b[0]], ("Clearing_Incomplete", 3, 2)),
        (lambda b: [b[0], []], ("BatchRoot_NoLeaves",)),
    ],
    ids=[
        "reordered", "order left out", "order added", "bid lowered", "batches swapped", "batch left out",
        "batch added", "batch emptied",
    ],
)
def test_refuses_orders_that_are_not_the_markets(proposed, forge, error):
    proposed.batches = forge(proposed.batches)
    with refused(*error):
        proposed.prove()


@pytest.mark.parametrize(
    ("forge", "error"),
    [
        (lambda c: [[c[0][0]._replace(buyer_dual_ppm=2_000_000)], c[1]], ("Clearing_WrongTrades", 0)),
        (lambda c: [c[0], [c[1][0]._replace(buy_id=2**40 - 1)]], ("Clearing_WrongTrades", 1)),
        (lambda c: [c[0] + c[1], c[1]], ("Clearing_WrongTrades", 0)),
        (lambda c: [c[1], c[0]], ("Clearing_WrongTrades", 0)),
        (lambda c: c[:1], ("Clearing_Incomplete", 1, 2)),
        (lambda c: [*c, c[0]], ("Clearing_Incomplete", 3, 2)),
        (lambda c: [c[0], []], ("BatchRoot_NoLeaves",)),
    ],
    ids=[
        "dual raised", "no such order", "trade added", "chunks swapped", "chunk left out", "chunk added",
        "chunk emptied",
    ],
)
def test_refuses_trades_that_are_not_the_proposals(proposed, forge, error):
    proposed.chunks = forge(proposed.chunks)
    with refused(*error):
        proposed.prove()


def test_refutes_an_agent_who_hides_the_best_order(clearing, posted):
    """Censorship shows: what is left out has dual price 0, and one pair with it refutes the proposal."""
    posted.close()
    posted.propose(posted.claims(match(posted.round(without=[0]))))
    with refused("Clearing_BetterPair", 0, 2, 0, 1_000_000):
        posted.prove()
    assert clearing.finalOf(posted.id) == 0


def test_refutes_an_empty_proposal(posted):
    posted.close()
    posted.propose([])
    with refused("Clearing_BetterPair", 0, 2, 0, 1_000_000):
        posted.prove()


def test_refutes_a_matching_that_is_not_the_best(posted):
    """Bob with Carol alone is feasible and worth 500 000, not 1 750 000."""
    posted.close()
    posted.propose([(posted.placed(1), posted.placed(2), 500_000)])
    with refused("Clearing_BetterPair", 0, 2, 0, 1_000_000):
        posted.prove()


def test_refutes_the_best_matching_with_wrong_duals(clearing, market, alice, bob, carol):
    """Both buyers score the same with Carol, so her dual must carry everything."""
    market.post([buy(alice), buy(bob), sell(carol)], [alice, bob, carol])
    market.close()
    market.propose([(market.placed(0), market.placed(2), 1)])
    with refused("Clearing_BetterPair", 1, 2, 999_999, 1_000_000):
        market.prove()
    market.propose([(market.placed(0), market.placed(2), 0)])
    market.prove()
    assert clearing.finalOf(market.id) == market.proposal


def test_the_last_pair_counts(clearing, proposed, posted):
    """Rows are proven one at a time; the pair that refutes is found in its own row and not before."""
    posted.propose([(posted.placed(0), posted.placed(2), 600_000), (posted.placed(1), posted.placed(256), 0)])
    better = match(posted.round())
    assert clearing.proposal(posted.proposal)["objective"] == better.objective
    posted.prove(rows=1)
    with refused("Clearing_BetterPair", 1, 2, 400_000, 500_000):
        posted.prove()


def test_finalises_at_once(clearing, escrow, community, proposed):
    tx = clearing.prove(proposed.proposal, proposed.batches, proposed.chunks, 2**256 - 1, by(community.agent))
    assert dict(tx.events["PairsProven"]) == {"proposal": proposed.proposal, "provenRows": 5, "rows": 5}
    final = tx.events["RoundFinalized"]
    assert bytes(final["market"]) == proposed.id
    assert (final["proposal"], final["agent"]) == (proposed.proposal, community.agent.address)
    assert (final["objective"], final["tradeCount"]) == (match(proposed.round()).objective, 2)
    assert clearing.proposal(proposed.proposal)["status"] == 2
    assert tuple(clearing.finalRound(proposed.id)) == (proposed.proposal, community.agent.address)
    assert escrow.lockedIn(proposed.id) == tx.events["RoundLocked"]["points"] == 190_000


def test_finalises_in_pieces(clearing, community, proposed):
    for rows, proven in [(0, 0), (2, 2), (1, 3), (1, 4)]:
        tx = clearing.prove(proposed.proposal, proposed.batches, proposed.chunks, rows, by(community.agent))
        assert tx.events["PairsProven"]["provenRows"] == proven
        assert clearing.proposal(proposed.proposal)["provenRows"] == proven
        assert clearing.finalOf(proposed.id) == 0
    clearing.prove(proposed.proposal, proposed.batches, proposed.chunks, 7, by(community.agent))
    assert clearing.finalOf(proposed.id) == proposed.proposal


def test_another_agent_may_be_faster(clearing, community, proposed):
    slow = proposed.proposal
    slow_chunks = proposed.chunks
    proposed.prove(rows=4)
    quick = key("quick agent")
    proposed.propose(proposed.claims(match(proposed.round())), agent=quick)
    proposed.prove(agent=quick)
    with reverts_with("Clearing_AlreadyFinal", proposed.id, proposed.proposal):
        clearing.prove(slow, proposed.batches, slow_chunks, 1, by(community.agent))
    assert clearing.finalRound(proposed.id)["agent"] == quick.address


def test_cancelled_orders_do_not_count(clearing, posted, alice, carol):
    """Without Carol and Alice's first order, Bob with Dan is the best there is."""
    posted.cancel(alice, 0)
    posted.cancel(carol, 2)
    solution = posted.clear()
    assert [(trade.buyer, trade.seller) for trade in solution.trades] == [("1", "256")]
    assert clearing.finalOf(posted.id) == posted.proposal


@pytest.mark.parametrize("sides", ["", "buyers", "sellers"])
def test_a_round_without_pairs_is_final_without_trades(clearing, escrow, market, alice, bob, carol, dan, sides):
    if sides == "buyers":
        market.post([buy(alice), buy(bob)], [alice, bob])
    if sides == "sellers":
        market.post([sell(carol), sell(dan)], [carol, dan])
    market.close()
    market.propose([])
    market.prove()
    assert clearing.finalOf(market.id) == market.proposal
    assert escrow.lockedIn(market.id) == 0


def test_is_final_in_the_last_second(clearing, community, proposed):
    community.chain.request("evm_setNextBlockTimestamp", proposed.rules.final_by)
    proposed.prove()
    assert clearing.finalOf(proposed.id) == proposed.proposal


def test_knows_which_orders_trade(clearing, proposed):
    traded = {int(id_) for trade in match(proposed.round()).trades for id_ in (trade.buyer, trade.seller)}
    assert not any(clearing.isTraded(proposed.id, id_) for id_ in (0, 1, 2, 256, 257))
    proposed.prove()
    assert {id_ for id_ in (0, 1, 2, 256, 257) if clearing.isTraded(proposed.id, id_)} == traded


def test_a_market_without_a_final_round_has_none(clearing, proposed):
    with reverts_with("Clearing_NotFinal", proposed.id):
        clearing.finalRound(proposed.id)
    assert bytes(clearing.chunkRoot(proposed.proposal, 2)) == bytes(32)
