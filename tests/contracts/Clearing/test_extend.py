"""`extend`: an agent adds trades to its own draft, until the proof begins or it is sealed."""

import pytest
from eth_utils import keccak

from powerpact.codec.packing import trade_tree
from powerpact.market.trades import Trade
from testkit.claims import NOTHING, claim
from testkit.contest import ACTIVE, at, best
from testkit.market import Claims
from testkit.market_fixtures import by
from testkit.orders import buy, sell
from testkit.refusals import refused
from testkit.reverts import reverts_with

ONE = 1_000_000


@pytest.fixture
def begun(market, alice, bob, carol, dan):
    """Alice (order 0) and Bob (1) buy, Carol (2) and Dan (3) sell; the agent proposed 0 with 2."""
    market.post([buy(alice), buy(bob), sell(carol), sell(dan)], [alice, bob, carol, dan])
    market.close()
    market.propose(claim(market, [(0, 2)], {0: ONE}))
    return market


@pytest.fixture
def second(begun):
    """The other trade, 1 with 3."""
    return begun.told(claim(begun, [(1, 3)], {3: ONE}))


def test_refuses_an_unknown_proposal(clearing, community, second):
    with reverts_with("Clearing_UnknownProposal", 7):
        clearing.extend(7, *second, b"", by(community.agent))


def test_refuses_another_agent(clearing, community, begun, second, alice):
    with reverts_with("Clearing_NotAgent", begun.proposal, community.agent, alice):
        clearing.extend(begun.proposal, *second, b"", by(alice))


def test_refuses_once_the_proof_has_begun(begun, second):
    begun.prove(rows=1)
    with refused("Clearing_ProofBegun", begun.proposal, 1):
        begun.extend(second)


def test_refuses_once_it_is_sealed(contest):
    contest.propose(NOTHING)
    contest.seal()
    with refused("Clearing_WrongStatus", contest.proposal, ACTIVE):
        contest.extend(best(contest))


def test_refuses_when_the_time_is_over(begun, second):
    at(begun, begun.rules.final_by + 1)
    with refused("Clearing_TooLate", begun.id, begun.rules.final_by):
        begun.extend(second)


def test_refuses_when_the_round_is_final(begun, second):
    first = begun.proposal
    begun.propose(best(begun))
    begun.prove()
    quick, begun.proposal = begun.proposal, first
    with refused("Clearing_AlreadyFinal", begun.id, quick):
        begun.extend(second)


def test_refuses_an_order_of_an_earlier_chunk(begun):
    with refused("Clearing_OrderUsedTwice", 2):
        begun.extend(claim(begun, [(1, 2)], {1: ONE}))


def test_refuses_a_trade_that_stands_before_the_last_one(begun):
    """Links rise over the whole proposal."""
    begun.propose(claim(begun, [(1, 3)], {3: ONE}))
    with refused("Clearing_LinkNotRising", 0, 2):
        begun.extend(claim(begun, [(0, 2)], {0: ONE}))


def test_refuses_an_empty_chunk(begun):
    with refused("Clearing_EmptyChunk"):
        begun.extend(NOTHING)


def test_refuses_129_trades(begun, second):
    with refused("Clearing_ChunkTooLarge", 129, 128):
        begun.extend(Claims(second.orders, second.links * 129))


def test_adds_a_chunk(clearing, community, begun, second, bob, dan):
    first = begun.chunks[0]
    tx = clearing.extend(begun.proposal, *second, b"", by(community.agent))
    added = tx.events["TradesProposed"]
    trade = Trade(1, 3, bob.address, dan.address, dan.device, 1_000, 1_000, 100_000, 100_000, 0, ONE)
    assert (added["proposal"], added["chunk"]) == (begun.proposal, 1)
    assert [Trade.unpack(words) for words in added["trades"]] == [trade]
    roots = [trade_tree(first).root, trade_tree([trade]).root]
    assert [bytes(clearing.chunkRoot(begun.proposal, chunk)) for chunk in (0, 1)] == roots
    assert bytes(clearing.tradesHash(begun.proposal)) == keccak(b"".join(roots))
    state = clearing.proposal(begun.proposal)
    assert (state["objective"], state["bound"], state["tradeCount"]) == (2_000_000, 2_000_000, 2)
    assert (state["lastLink"], state["chunkCount"]) == (3 << 40 | 1, 2)
