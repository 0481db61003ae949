"""`clear`: a whole round in one transaction does what `propose` and `prove` do in two."""

import pytest
from eth_utils import keccak

from powerpact.spec import match
from tests.helpers.refusals import refused
from tests.helpers.reverts import reverts_with
from tests.unit.market_fixtures import by


@pytest.fixture
def closed(posted):
    posted.close()
    return posted


@pytest.fixture
def pairs(closed):
    """The best matching: Alice (0) buys of Carol (2), Bob (1) of Dan (256)."""
    return closed.pairs(match(closed.round()))


def test_refuses_an_unknown_market(clearing, alice):
    unknown = keccak(text="no market")
    with reverts_with("Market_Unknown", unknown):
        clearing.clear(unknown, [], [], by(alice))


def test_refuses_while_the_gate_is_open(clearing, community, posted, alice):
    community.chain.request("evm_setNextBlockTimestamp", posted.rules.closes_at - 1)
    with reverts_with("Clearing_GateOpen", posted.id, posted.rules.closes_at):
        clearing.clear(posted.id, posted.batches, [], by(alice))


def test_refuses_when_the_time_is_over(clearing, community, closed, pairs, alice):
    community.chain.request("evm_setNextBlockTimestamp", closed.rules.final_by + 1)
    with reverts_with("Clearing_TooLate", closed.id, closed.rules.final_by):
        clearing.clear(closed.id, closed.batches, pairs, by(alice))


def test_refuses_when_the_round_is_final(clearing, traded, alice):
    with reverts_with("Clearing_AlreadyFinal", traded.id, traded.proposal):
        clearing.clear(traded.id, traded.batches, [], by(alice))


@pytest.mark.parametrize(
    ("forge", "error"),
    [
        (lambda b: [b[0][::-1], b[1]], ("Clearing_WrongOrders", 0)),
        (lambda b: [b[0], b[1][:1]], ("Clearing_WrongOrders", 1)),
        (lambda b: [b[0]], ("Clearing_Incomplete", 1, 2)),
        (lambda b: [b[0], [b[1][0], b[1][1]._replace(head=b[1][1].head + 1)]], ("Clearing_WrongOrders", 1)),
    ],
    ids=["in another order", "one left out", "a batch left out", "with another price"],
)
def test_refuses_other_orders_than_those_of_the_market(clearing, closed, pairs, alice, forge, error):
    with reverts_with(*error):
        clearing.clear(closed.id, forge(closed.batches), pairs, by(alice))


@pytest.mark.parametrize("id_", [3, 258, 512], ids=["beyond its batch", "beyond the last batch", "in no batch"])
def test_refuses_an_order_that_is_not_there(closed, id_):
    with refused("Order_Unknown", closed.id, id_):
        closed.clear_at_once([(0, id_, 0)])


def test_refuses_a_cancelled_order(posted, bob):
    posted.cancel(bob, 1)
    posted.close()
    with refused("Clearing_OrderClosed", 1):
        posted.clear_at_once([(1, 2, 0)])


@pytest.mark.parametrize(("second", "twice"), [((0, 256, 0), 0), ((1, 2, 0), 2)], ids=["buy", "sell"])
def test_refuses_an_order_used_twice(closed, second, twice):
    with refused("Clearing_OrderUsedTwice", twice):
        closed.clear_at_once([(0, 2, 0), second])


@pytest.mark.parametrize(("pair", "wrong"), [((2, 256, 0), 2), ((0, 1, 0), 1)], ids=["two sellers", "two buyers"])
def test_refuses_an_order_on_the_wrong_side(closed, pair, wrong):
    with refused("Clearing_WrongSide", wrong):
        closed.clear_at_once([pair])


def test_refuses_a_pair_that_is_not_eligible(closed):
    with refused("Clearing_NotEligible", 257, 2):
        closed.clear_at_once([(257, 2, 0)])


def test_refuses_a_dual_price_above_the_score(closed):
    with refused("Clearing_DualAboveScore", 0, 2, 1_000_001, 1_000_000):
        closed.clear_at_once([(0, 2, 1_000_001)])


def test_refuses_a_matching_that_can_be_improved(closed):
    with refused("Clearing_BetterPair", 0, 2, 500_000, 1_000_000):
        closed.clear_at_once([(1, 2, 500_000), (0, 256, 500_000)])


def test_refuses_to_leave_an_order_out(closed):
    with refused("Clearing_BetterPair", 1, 2, 0, 500_000):
        closed.clear_at_once([(0, 2, 1_000_000)])


def test_does_what_proposing_and_proving_do(clearing, community, closed, pairs):
    start = community.chain.snapshot()
    closed.propose(closed.claims(match(closed.round())))
    closed.prove()
    in_steps = (clearing.proposal(1), clearing.chunkRoot(1, 0), clearing.finalOf(closed.id), closed.chunks)
    locked = community.read("EscrowWallets", "lockedIn", closed.id)
    community.chain.revert(start)
    receipt = closed.clear_at_once(pairs)
    assert (clearing.proposal(1), clearing.chunkRoot(1, 0), clearing.finalOf(closed.id), closed.chunks) == in_steps
    assert community.read("EscrowWallets", "lockedIn", closed.id) == locked > 0
    assert [clearing.isTraded(closed.id, id_) for id_ in (0, 1, 2, 256, 257)] == [True, True, True, True, False]
    assert community.events(receipt, "RoundFinalized") == [
        {
            "market": closed.id,
            "proposal": 1,
            "agent": community.agent.address,
            "objective": 1_750_000,
            "tradeCount": 2,
        }
    ]


def test_clears_a_market_without_orders(clearing, market):
    market.close()
    market.clear_at_once([])
    assert clearing.finalOf(market.id) == 1
    assert clearing.proposal(1)["tradeCount"] == 0
