"""`prove`: a round becomes final when no pair of its orders would do better, and never otherwise."""

import pytest
from eth_utils import keccak

from powerpact.codec.packing import trade_tree
from powerpact.mechanisms.satisfaction.spec import match
from testkit.claims import NOTHING, claim
from testkit.contest import (
    ACTIVE,
    BOND_UPOINTS,
    BURNT_UPOINTS,
    FINAL,
    OUTRANKED,
    REFUTED,
    REWARD_UPOINTS,
    at,
    best,
    false,
    loose,
    poor,
    stand,
)
from testkit.market import Claims
from testkit.market_fixtures import ENDOWMENT_UPOINTS, by
from testkit.orders import buy, sell
from testkit.refusals import refused
from testkit.reverts import reverts_with

ALL = 2**256 - 1


@pytest.fixture
def proposed(posted):
    """The best matching, proposed in two chunks."""
    posted.close()
    duals = match(posted.round())
    duals_ppm = {int(id_): dual for id_, dual in (duals.buyer_duals_ppm | duals.seller_duals_ppm).items()}
    posted.propose(claim(posted, [(0, 2)], duals_ppm))
    posted.extend(claim(posted, [(1, 256)], duals_ppm))
    return posted


def packed(chunks):
    return [[trade.pack() for trade in chunk] for chunk in chunks]


def test_refuses_an_unknown_proposal(clearing, proposed, alice):
    with reverts_with("Clearing_UnknownProposal", 9):
        clearing.prove(9, proposed.batches, packed(proposed.chunks), proposed.part(1), b"", by(alice))


def test_refuses_another_agent(proposed, community, alice):
    with refused("Clearing_NotAgent", proposed.proposal, community.agent.address, alice.address):
        proposed.prove(agent=alice.account)


def test_refuses_when_the_time_is_over(proposed):
    at(proposed, proposed.rules.final_by + 1)
    with refused("Clearing_TooLate", proposed.id, proposed.rules.final_by):
        proposed.prove()


def test_refuses_dual_prices_that_are_no_certificate(posted):
    """They cover every pair, but their sum is above the objective."""
    posted.close()
    posted.propose(loose(posted))
    with refused("Clearing_NotExact", posted.proposal, 1_750_000, 1_750_001):
        posted.prove()


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
        (lambda b: [b[0], []], ("Clearing_WrongOrders", 1)),
    ],
    ids=[
        "reordered",
        "order left out",
        "order added",
        "bid lowered",
        "batches swapped",
        "batch left out",
        "batch added",
        "batch emptied",
    ],
)
def test_refuses_orders_that_are_not_the_markets(proposed, forge, error):
    proposed.batches = forge(proposed.batches)
    with refused(*error):
        proposed.prove()


@pytest.mark.parametrize(
    "forge",
    [
        lambda c: [[c[0][0]._replace(buyer_dual_ppm=2_000_000)], c[1]],
        lambda c: [c[0], [c[1][0]._replace(buy_id=2**40 - 1)]],
        lambda c: [c[0] + c[1], c[1]],
        lambda c: [c[1], c[0]],
        lambda c: c[:1],
        lambda c: [*c, c[0]],
    ],
    ids=[
        "dual raised",
        "no such order",
        "trade added",
        "chunks swapped",
        "chunk left out",
        "chunk added",
    ],
)
def test_refuses_trades_that_are_not_the_proposals(clearing, proposed, forge):
    """Whether the agent says what they hash to, or what the proposal's do."""
    needed = bytes(clearing.tradesHash(proposed.proposal))
    proposed.chunks = forge(proposed.chunks)
    given = keccak(b"".join(trade_tree(chunk).root for chunk in proposed.chunks))
    with refused("Clearing_WrongTrades", given, needed):
        proposed.prove()
    with refused("Clearing_WrongTrades", given, needed):
        proposed.prove(part=(given, 0, 1))


def test_refuses_a_chunk_without_trades(proposed):
    proposed.chunks = [proposed.chunks[0], []]
    with refused("BatchRoot_NoLeaves"):
        proposed.prove()


@pytest.mark.parametrize(("proven", "given"), [(0, 1), (2, 0), (2, 3), (2, 2**256 - 1)])
def test_refuses_another_first_row_than_the_next(clearing, proposed, proven, given):
    proposed.prove(rows=proven)
    with refused("Clearing_WrongRow", proposed.proposal, given, proven):
        proposed.prove(part=(bytes(clearing.tradesHash(proposed.proposal)), given, 1))


def test_refutes_an_agent_who_hides_the_best_order(clearing, posted):
    """Censorship shows: what is left out has dual price 0, and one pair with it refutes the proposal."""
    posted.close()
    posted.propose(posted.claims(match(posted.round(without=[0]))))
    with refused("Satisfaction_BetterPair", 0, 2, 0, 1_000_000):
        posted.prove()
    assert clearing.finalOf(posted.id) == 0


def test_refutes_an_empty_proposal(posted):
    posted.close()
    posted.propose(NOTHING)
    with refused("Satisfaction_BetterPair", 0, 2, 0, 1_000_000):
        posted.prove()


def test_refutes_a_matching_that_is_not_the_best(posted):
    """Bob with Carol alone is feasible and worth 500 000, not 1 750 000."""
    posted.close()
    posted.propose(poor(posted))
    with refused("Satisfaction_BetterPair", 0, 2, 0, 1_000_000):
        posted.prove()


def test_refutes_the_best_matching_with_wrong_duals(clearing, market, alice, bob, carol):
    """Both buyers score the same with Carol, so her dual must relay everything."""
    market.post([buy(alice), buy(bob), sell(carol)], [alice, bob, carol])
    market.close()
    market.propose(claim(market, [(0, 2)], {0: 1, 2: 999_999}))
    with refused("Satisfaction_BetterPair", 1, 2, 999_999, 1_000_000):
        market.prove()
    market.propose(claim(market, [(0, 2)], {2: 1_000_000}))
    market.prove()
    assert clearing.finalOf(market.id) == market.proposal


def test_the_last_pair_counts(clearing, posted):
    """Rows are proven one at a time; the pair that refutes is found in its own row and not before."""
    posted.close()
    posted.propose(false(posted))
    assert clearing.proposal(posted.proposal)["objective"] == match(posted.round()).objective
    posted.prove(rows=1)
    with refused("Satisfaction_BetterPair", 1, 2, 400_000, 500_000):
        posted.prove()


def test_finalises_at_once(clearing, community, proposed):
    trades = packed(proposed.chunks)
    tx = clearing.prove(proposed.proposal, proposed.batches, trades, proposed.part(ALL), b"", by(community.agent))
    assert dict(tx.events["PairsProven"]) == {"proposal": proposed.proposal, "provenRows": 5, "rows": 5}
    final = tx.events["RoundFinalized"]
    assert bytes(final["market"]) == proposed.id
    assert (final["proposal"], final["agent"]) == (proposed.proposal, community.agent.address)
    assert final["objective"] == final["bound"] == match(proposed.round()).objective
    assert final["tradeCount"] == 2
    assert clearing.proposal(proposed.proposal)["status"] == FINAL
    assert tuple(clearing.finalRound(proposed.id)) == (proposed.proposal, community.agent.address)
    assert proposed.locked_upoints() == 190_000
    assert "BondReleased" not in tx.events


def test_finalises_in_pieces(clearing, community, proposed):
    trades = packed(proposed.chunks)
    for rows, proven in [(0, 0), (2, 2), (1, 3), (1, 4)]:
        tx = clearing.prove(proposed.proposal, proposed.batches, trades, proposed.part(rows), b"", by(community.agent))
        assert tx.events["PairsProven"]["provenRows"] == proven
        assert clearing.proposal(proposed.proposal)["provenRows"] == proven
        assert clearing.finalOf(proposed.id) == 0
    clearing.prove(proposed.proposal, proposed.batches, trades, proposed.part(7), b"", by(community.agent))
    assert clearing.finalOf(proposed.id) == proposed.proposal


def test_another_agent_may_be_faster(clearing, community, proposed, alice):
    slow, slow_chunks = proposed.proposal, packed(proposed.chunks)
    proposed.prove(rows=4)
    proposed.propose(best(proposed), agent=alice.account)
    proposed.prove(agent=alice.account)
    with reverts_with("Clearing_AlreadyFinal", proposed.id, proposed.proposal):
        clearing.prove(slow, proposed.batches, slow_chunks, proposed.part(1), b"", by(community.agent))
    assert clearing.finalRound(proposed.id)["agent"] == alice.address


def test_cancelled_orders_do_not_count(clearing, posted, alice, carol):
    """Without Carol and Alice's first order, Bob with Dan is the best there is."""
    posted.cancel(alice, 0)
    posted.cancel(carol, 2)
    solution = posted.clear()
    assert [(trade.buyer, trade.seller) for trade in solution.trades] == [("1", "256")]
    assert clearing.finalOf(posted.id) == posted.proposal


@pytest.mark.parametrize("sides", ["", "buyers", "sellers"])
def test_a_round_without_pairs_is_final_without_trades(clearing, market, alice, bob, carol, dan, sides):
    if sides == "buyers":
        market.post([buy(alice), buy(bob)], [alice, bob])
    if sides == "sellers":
        market.post([sell(carol), sell(dan)], [carol, dan])
    market.close()
    market.propose(NOTHING)
    market.prove()
    assert clearing.finalOf(market.id) == market.proposal
    assert market.locked_upoints() == 0


def test_is_final_in_the_last_second(clearing, proposed):
    at(proposed, proposed.rules.final_by)
    proposed.prove()
    assert clearing.finalOf(proposed.id) == proposed.proposal


def test_knows_which_orders_trade(clearing, proposed):
    """A draft knows, too; what they are bound to is what the final round says."""
    orders = {0: 1_000, 1: 1_000, 2: 1_000, 256: 1_000, 257: 1_000}
    filled = [1_000, 1_000, 1_000, 1_000, 0]
    assert [clearing.filledOf(proposed.proposal, id_, whole) for id_, whole in orders.items()] == filled
    assert not any(clearing.filledOf(clearing.finalOf(proposed.id), id_, whole) for id_, whole in orders.items())
    proposed.prove()
    assert [clearing.filledOf(clearing.finalOf(proposed.id), id_, whole) for id_, whole in orders.items()] == filled


def test_a_market_without_a_final_round_has_none(clearing, proposed):
    with reverts_with("Clearing_NotFinal", proposed.id):
        clearing.finalRound(proposed.id)
    assert bytes(clearing.chunkRoot(proposed.proposal, 2)) == bytes(32)


def test_a_proof_saves_the_window(clearing, custody, contest, agent):
    """A active proposal that its agent proves is final at once, and its bond free."""
    stand(contest, best(contest))
    contest.prove()
    assert (clearing.finalOf(contest.id), clearing.activeOf(contest.id)) == (contest.proposal, 0)
    assert tuple(custody.walletOf(agent.address))[:2] == (ENDOWMENT_UPOINTS, 0)


def test_a_proof_in_pieces_goes_on_after_sealing(clearing, contest):
    contest.propose(best(contest))
    contest.prove(rows=2)
    contest.seal()
    contest.prove(rows=2)
    assert clearing.proposal(contest.proposal)["status"] == ACTIVE
    contest.prove(rows=1)
    assert clearing.proposal(contest.proposal)["status"] == FINAL


@pytest.mark.parametrize("other", [best, loose, false], ids=["exact", "without a certificate", "falsely exact"])
def test_a_proof_outranks_a_standing_proposal_as_good(clearing, community, custody, contest, agent, rival, other):
    """Its bond is free: nobody showed that it was false."""
    active = stand(contest, other(contest))
    contest.propose(best(contest), agent=rival.account)
    receipt = contest.prove(agent=rival.account)
    assert community.events(receipt, "ProposalOutranked") == [
        {"market": contest.id, "proposal": active, "by": contest.proposal}
    ]
    assert clearing.proposal(active)["status"] == OUTRANKED
    assert (clearing.finalOf(contest.id), clearing.activeOf(contest.id)) == (contest.proposal, 0)
    for wallet in (agent, rival):
        assert tuple(custody.walletOf(wallet.address))[:2] == (ENDOWMENT_UPOINTS, 0)
    with refused("Clearing_AlreadyFinal", contest.id, contest.proposal):
        contest.seal(proposal=active)


def test_a_proof_refutes_a_standing_claim_to_be_the_best(clearing, custody, points, contest, agent, rival):
    supply = points.totalSupply()
    active = stand(contest, poor(contest))
    contest.propose(best(contest), agent=rival.account)
    contest.prove(agent=rival.account)
    assert clearing.proposal(active)["status"] == REFUTED
    assert tuple(custody.walletOf(agent.address))[:2] == (ENDOWMENT_UPOINTS - BOND_UPOINTS, 0)
    assert tuple(custody.walletOf(rival.address))[:2] == (ENDOWMENT_UPOINTS + REWARD_UPOINTS, 0)
    assert supply - points.totalSupply() == BURNT_UPOINTS


def test_refuses_what_was_refuted_or_outranked(contest, rival):
    outranked = stand(contest, loose(contest))
    outranked_chunks = contest.chunks
    refuted = stand(contest, false(contest), rival)
    refuted_chunks = contest.chunks
    contest.proposal, contest.chunks = outranked, outranked_chunks
    with refused("Clearing_WrongStatus", outranked, OUTRANKED):
        contest.prove()
    contest.proposal, contest.chunks = refuted, refuted_chunks
    contest.challenge(1, 2)
    with refused("Clearing_WrongStatus", refuted, REFUTED):
        contest.prove(agent=rival.account)


def test_a_dual_price_beyond_every_score_is_no_certificate(posted):
    """The largest dual price that fits: the sum does not wrap."""
    posted.close()
    most = 2**32 - 1
    posted.propose(Claims([(posted.placed(0), most, False), (posted.placed(2), most, False)], [(0, 1, 1_000)]))
    with refused("Clearing_NotExact", posted.proposal, 1_000_000, 2 * most):
        posted.prove()
