"""`clear`: a whole round in one transaction does what `propose` and `prove` do in two."""

import pytest
from eth_utils import keccak

from powerpact.mechanisms.satisfaction.spec import match
from testkit.claims import NOTHING
from testkit.contest import OUTRANKED, at, loose, stand
from testkit.market import Claims
from testkit.market_fixtures import ENDOWMENT_UPOINTS, by
from testkit.refusals import refused
from testkit.reverts import reverts_with

ONE = 1_000_000


@pytest.fixture
def closed(posted):
    posted.close()
    return posted


@pytest.fixture
def links(closed):
    """The best matching: Alice (0) buys of Carol (2), Bob (1) of Dan (256)."""
    return closed.links(match(closed.round()))


def pairs(trades, duals_ppm):
    """Trades of 1 kWh, each a buy id and a sell id, between orders with dual prices."""
    ids = list(duals_ppm)
    return Claims(list(duals_ppm.items()), [(ids.index(buy), ids.index(sell), 1_000) for buy, sell in trades])


def test_refuses_an_unknown_market(clearing, alice):
    unknown = keccak(text="no market")
    with reverts_with("Market_Unknown", unknown):
        clearing.clear(unknown, [], [], [], b"", by(alice))


def test_refuses_while_the_gate_is_open(posted):
    at(posted, posted.rules.closes_at - 1)
    with refused("Clearing_GateOpen", posted.id, posted.rules.closes_at):
        posted.clear_at_once(NOTHING)


def test_refuses_when_the_time_is_over(closed, links):
    at(closed, closed.rules.final_by + 1)
    with refused("Clearing_TooLate", closed.id, closed.rules.final_by):
        closed.clear_at_once(links)


def test_refuses_when_the_round_is_final(traded):
    with refused("Clearing_AlreadyFinal", traded.id, traded.proposal):
        traded.clear_at_once(NOTHING)


@pytest.mark.parametrize(
    ("forge", "error"),
    [
        (lambda b: [b[0], b[1][::-1]], ("Clearing_WrongOrders", 1)),
        (lambda b: [b[0], b[1][:1]], ("Clearing_WrongOrders", 1)),
        (lambda b: [b[0]], ("Clearing_Incomplete", 1, 2)),
        (lambda b: [*b, b[1]], ("Clearing_Incomplete", 3, 2)),
        (lambda b: [b[0], [b[1][0], b[1][1]._replace(head=b[1][1].head + 1)]], ("Clearing_WrongOrders", 1)),
        (lambda b: [[b[0][0]._replace(weights=1), *b[0][1:]], b[1]], ("Clearing_WrongOrders", 0)),
    ],
    ids=["in another order", "one left out", "a batch left out", "a batch added", "with another price", "forged"],
)
def test_refuses_other_orders_than_those_of_the_market(closed, forge, error):
    closed.batches = forge(closed.batches)
    with refused(*error):
        closed.clear_at_once(pairs([(0, 2)], {0: ONE, 2: 0}))


@pytest.mark.parametrize("id_", [3, 258, 512], ids=["beyond its batch", "beyond the last batch", "in no batch"])
def test_refuses_an_order_that_is_not_there(closed, id_):
    with refused("Clearing_UnknownOrder", id_):
        closed.clear_at_once(pairs([(0, id_)], {0: ONE, id_: 0}))


def test_refuses_a_cancelled_order(posted, bob):
    posted.cancel(bob, 1)
    posted.close()
    with refused("Clearing_OrderClosed", 1):
        posted.clear_at_once(pairs([(1, 2)], {1: 500_000, 2: 0}))


@pytest.mark.parametrize(("second", "twice"), [((0, 256), 0), ((1, 2), 2)], ids=["buy", "sell"])
def test_refuses_an_order_used_twice(closed, second, twice):
    with refused("Clearing_OrderUsedTwice", twice):
        closed.clear_at_once(pairs([(0, 2), second], {0: ONE, 2: 0, second[0]: ONE, second[1]: 0}))


def test_refuses_an_order_without_a_trade(closed):
    with refused("Clearing_OrderUnused", 1):
        closed.clear_at_once(pairs([(0, 2)], {0: ONE, 2: 0, 1: 0}))


def test_refuses_orders_without_trades(closed):
    with refused("Clearing_EmptyChunk"):
        closed.clear_at_once(pairs([], {0: ONE, 2: 0}))


@pytest.mark.parametrize(("pair", "wrong"), [((2, 256), 2), ((0, 1), 1)], ids=["two sellers", "two buyers"])
def test_refuses_an_order_on_the_wrong_side(closed, pair, wrong):
    with refused("Clearing_WrongSide", wrong):
        closed.clear_at_once(pairs([pair], dict.fromkeys(pair, ONE)))


def test_refuses_a_pair_that_is_not_eligible(closed):
    with refused("Satisfaction_NotEligible", 257, 2):
        closed.clear_at_once(pairs([(257, 2)], {257: ONE, 2: ONE}))


def test_refuses_dual_prices_below_the_score(closed):
    with refused("Satisfaction_DualsBelowScore", 0, 2, 999_999, ONE):
        closed.clear_at_once(pairs([(0, 2)], {0: 999_999, 2: 0}))


def test_refuses_dual_prices_that_are_no_certificate(closed):
    with refused("Clearing_NotExact", 0, ONE, ONE + 1):
        closed.clear_at_once(pairs([(0, 2)], {0: ONE, 2: 1}))


def test_refuses_a_matching_that_can_be_improved(closed):
    with refused("Satisfaction_BetterPair", 0, 2, 500_000, ONE):
        closed.clear_at_once(pairs([(1, 2), (0, 256)], {1: 500_000, 2: 0, 0: 500_000, 256: 500_000}))


def test_refuses_to_leave_an_order_out(closed):
    with refused("Satisfaction_BetterPair", 1, 2, 0, 500_000):
        closed.clear_at_once(pairs([(0, 2)], {0: ONE, 2: 0}))


def test_does_what_proposing_and_proving_do(clearing, community, closed, links):
    start = community.chain.snapshot()
    closed.propose(closed.claims(match(closed.round())))
    closed.prove()
    in_steps = (clearing.proposal(1), clearing.chunkRoot(1, 0), clearing.finalOf(closed.id), closed.chunks)
    locked = closed.locked_upoints()
    community.chain.revert(start)
    receipt = closed.clear_at_once(links)
    assert (clearing.proposal(1), clearing.chunkRoot(1, 0), clearing.finalOf(closed.id), closed.chunks) == in_steps
    assert closed.locked_upoints() == locked > 0
    assert [clearing.filledOf(1, id_, 1_000) for id_ in (0, 1, 2, 256, 257)] == [1_000] * 4 + [0]
    assert community.events(receipt, "RoundFinalized") == [
        {
            "market": closed.id,
            "proposal": 1,
            "agent": community.agent.address,
            "objective": 1_750_000,
            "bound": 1_750_000,
            "tradeCount": 2,
        }
    ]


def test_clears_beside_a_standing_proposal(clearing, custody, contest, agent, rival):
    active = stand(contest, loose(contest))
    contest.clear_at_once(contest.links(match(contest.round())), agent=rival.account)
    assert clearing.proposal(active)["status"] == OUTRANKED
    assert (clearing.finalOf(contest.id), clearing.activeOf(contest.id)) == (contest.proposal, 0)
    assert tuple(custody.walletOf(agent.address))[:2] == (ENDOWMENT_UPOINTS, 0)


def test_clears_a_market_without_orders(clearing, market):
    market.close()
    market.clear_at_once(NOTHING)
    assert clearing.finalOf(market.id) == 1
    assert clearing.proposal(1)["tradeCount"] == 0
