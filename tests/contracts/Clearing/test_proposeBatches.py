"""`proposeBatches`: what `propose` does, with whole batches in place of proofs."""

import pytest

from powerpact.codec.packing import trade_tree
from powerpact.mechanisms.satisfaction.spec import match
from testkit.claims import NOTHING
from testkit.contest import ACTIVE, DRAFT, at
from testkit.market import Claims
from testkit.refusals import refused


@pytest.fixture
def links(contest):
    """The best matching: Alice (0) buys of Carol (2), Bob (1) of Dan (256)."""
    return contest.links(match(contest.round()))


def test_refuses_while_the_gate_is_open(posted):
    at(posted, posted.rules.closes_at - 1)
    with refused("Clearing_GateOpen", posted.id, posted.rules.closes_at):
        posted.propose_batches(NOTHING)


def test_takes_a_proposal_without_trades(clearing, contest):
    contest.propose_batches(NOTHING)
    proposal = clearing.proposal(contest.proposal)
    assert (proposal["tradeCount"], proposal["chunkCount"], proposal["objective"]) == (0, 0, 0)


@pytest.mark.parametrize("forge", [lambda b: b[0].pop(), lambda b: b[0].reverse(), lambda b: b[0].append(b[1][0])])
def test_refuses_orders_that_are_not_those_of_the_batch(contest, links, forge):
    true = contest.batches
    contest.batches = [list(batch) for batch in true]
    forge(contest.batches)
    with refused("Clearing_WrongOrders", 0):
        contest.propose_batches(links)
    contest.batches = true


@pytest.mark.parametrize("id_", [3, 2 << 8, 511])
def test_refuses_an_order_that_is_not_in_the_book(contest, links, id_):
    with refused("Clearing_UnknownOrder", id_):
        contest.propose_batches(Claims([(id_, 0), *links.orders[1:]], links.links))


def test_refuses_an_order_of_a_batch_that_is_not_given(contest, links):
    contest.batches = [contest.batches[0], []]
    with refused("Clearing_UnknownOrder", 256):
        contest.propose_batches(links)


def test_refuses_a_cancelled_order(posted, alice):
    links = posted.links(match(posted.round()))
    posted.cancel(alice, 0)
    posted.close()
    with refused("Clearing_OrderClosed", 0):
        posted.propose_batches(links)


def test_makes_the_trades_that_propose_makes(contest, clearing, links):
    contest.propose(contest.claims(match(contest.round())))
    first, trades = contest.proposal, contest.chunks
    contest.propose_batches(links)
    assert contest.chunks == trades
    root = f"0x{trade_tree(trades[0]).root.hex()}"
    assert clearing.chunkRoot(contest.proposal, 0) == clearing.chunkRoot(first, 0) == root
    assert clearing.proposal(contest.proposal)["status"] == DRAFT
    contest.seal()
    assert clearing.proposal(contest.proposal)["status"] == ACTIVE


def test_needs_no_batch_without_a_trade(contest, clearing, links):
    """Alice buys of Carol: the second batch is left out."""
    orders = [links.orders[0], next(priced for priced in links.orders if priced[0] == 2)]
    contest.batches = contest.batches[:1]
    contest.propose_batches(Claims(orders, [(0, 1, 1_000)]))
    assert clearing.proposal(contest.proposal)[2] == 1
