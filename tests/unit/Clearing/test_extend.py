"""`extend`: an agent adds trades to its own proposal, until the proof begins."""

import pytest

from powerpact.chain.packing import Trade, trade_tree
from tests.helpers.orders import buy, sell
from tests.helpers.reverts import reverts_with
from tests.unit.market_fixtures import by


@pytest.fixture
def begun(market, community, alice, bob, carol, dan):
    """Alice (order 0) and Bob (1) buy, Carol (2) and Dan (3) sell; the agent proposed 0 with 2."""
    market.post([buy(alice), buy(bob), sell(carol), sell(dan)], [alice, bob, carol, dan])
    market.close()
    market.propose([(market.placed(0), market.placed(2), 1_000_000)])
    return market


@pytest.fixture
def second(begun):
    """The other trade, 1 with 3."""
    return [(begun.placed(1), begun.placed(3), 0)]


def test_refuses_an_unknown_proposal(clearing, community, second):
    with reverts_with("Clearing_UnknownProposal", 7):
        clearing.extend(7, second, by(community.agent))


def test_refuses_another_agent(clearing, community, begun, second, alice):
    with reverts_with("Clearing_NotAgent", begun.proposal, community.agent, alice):
        clearing.extend(begun.proposal, second, by(alice))


def test_refuses_once_the_proof_has_begun(clearing, community, begun, second):
    begun.prove(rows=1)
    with reverts_with("Clearing_ProofBegun", begun.proposal, 1):
        clearing.extend(begun.proposal, second, by(community.agent))


def test_refuses_when_the_time_is_over(clearing, community, begun, second):
    community.chain.request("evm_setNextBlockTimestamp", begun.rules.final_by + 1)
    with reverts_with("Clearing_TooLate", begun.id, begun.rules.final_by):
        clearing.extend(begun.proposal, second, by(community.agent))


def test_refuses_an_order_of_an_earlier_chunk(clearing, community, begun):
    with reverts_with("Clearing_OrderUsedTwice", 2):
        clearing.extend(begun.proposal, [(begun.placed(1), begun.placed(2), 0)], by(community.agent))


def test_refuses_an_empty_chunk(clearing, community, begun):
    with reverts_with("BatchRoot_NoLeaves"):
        clearing.extend(begun.proposal, [], by(community.agent))


def test_refuses_257_trades(clearing, community, begun, second):
    with reverts_with("Clearing_ChunkTooLarge", 257, 256):
        clearing.extend(begun.proposal, [((0, (0,) * 5, []), (0, (0,) * 5, []), 0)] * 257, by(community.agent))


def test_adds_a_chunk(clearing, community, begun, second, bob, dan):
    tx = clearing.extend(begun.proposal, second, by(community.agent))
    added = tx.events["TradesProposed"]
    trade = Trade(1, 3, bob.address, dan.address, dan.device, 1_000, 100_000, 100_000, 0, 1_000_000)
    assert (added["proposal"], added["chunk"]) == (begun.proposal, 1)
    assert [Trade(*words) for words in added["trades"]] == [trade]
    assert bytes(clearing.chunkRoot(begun.proposal, 1)) == trade_tree([trade]).root
    state = clearing.proposal(begun.proposal)
    assert (state["objective"], state["tradeCount"]) == (2_000_000, 2)
    assert (state["reserved"], state["chunkCount"]) == (200_000, 2)
