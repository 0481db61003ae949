"""How often the node is asked: JSON-RPC calls as it receives them, a batch of n counted as n."""

import pytest

from powerpact.agent import Agent
from powerpact.agent.watch import Watcher
from powerpact.audit import audit
from powerpact.chain.connection import connect
from powerpact.index import attach
from testkit.proxy import Proxy

FOR_A_TRANSACTION = 4
FOR_A_ROUND = 12
"""Two of them compare the logs with the contracts: before the round is solved, and before it is settled."""


@pytest.fixture
def gate(node):
    with Proxy(node.rpc_url) as proxy:
        yield proxy


@pytest.fixture
def chain(world, gate, tmp_path):
    """The deployment as another program sees it, its index up to date."""
    opened = attach(connect(gate.url), world.chain.deployment, tmp_path)
    opened.log.follow()
    return opened


@pytest.fixture
def market(world):
    """Two buyers and two sellers, the gate closed."""
    id_, rules = world.open_market()
    world.post(id_, world.buy("alice", rules), world.sell("bob", rules))
    world.post(id_, world.buy("carol", rules, price_upoints_per_kwh=105), world.sell("dave", rules))
    world.warp(rules.closes_at)
    return id_, rules


def test_a_round_from_its_gate_to_its_payouts(world, chain, gate, market):
    id_, rules = market
    agent = Agent(chain, chain.sender(world.keys["rival"]))
    gate.calls.clear()
    sent = len(agent.clear(id_).transactions)
    cleared = gate.total
    world.warp(rules.slot_start + 3_600)
    world.report(rules.slot_start, bob=1_500, dave=1_500)
    settled = agent.settle(id_)
    sent += len(settled.transactions)
    assert (settled.paid, settled.waiting) == (2, 0)
    assert gate.total <= FOR_A_TRANSACTION * sent + FOR_A_ROUND
    assert gate.total - cleared <= FOR_A_TRANSACTION * settled.paid + FOR_A_TRANSACTION


def test_a_round_in_pieces(world, chain, gate, market, monkeypatch):
    monkeypatch.setattr("powerpact.agent.pieces.GAS_TARGET", 0)
    agent = Agent(chain, chain.sender(world.keys["rival"]))
    gate.calls.clear()
    cleared = agent.clear(market[0])
    assert len(cleared.transactions) > 2
    extra_estimates = gate.calls["eth_estimateGas"] - len(cleared.transactions)
    assert gate.total - extra_estimates <= FOR_A_TRANSACTION * len(cleared.transactions) + FOR_A_ROUND


def test_what_is_over_is_looked_at_for_little(world, chain, gate, market):
    agent = Agent(chain, chain.sender(world.keys["rival"]))
    agent.clear(market[0])
    chain.log.follow()
    gate.calls.clear()
    assert agent.clear(market[0]).transactions == ()
    assert gate.total == 1


def test_a_watcher_asks_once_for_each_look_while_nothing_happens(world, chain, gate):
    watcher = Watcher(chain, chain.sender(world.keys["outsider"]))
    watcher.look()
    gate.calls.clear()
    for _ in range(3):
        assert watcher.look() == []
    assert gate.total == 3


def test_an_audit_does_not_ask_for_each_trader_or_trade(world, chain, gate, market):
    id_, rules = market
    agent = Agent(chain, chain.sender(world.keys["rival"]))
    agent.clear(id_)
    world.warp(rules.slot_start + 3_600)
    world.report(rules.slot_start, bob=1_500, dave=1_500)
    agent.settle(id_)
    gate.calls.clear()
    assert all(finding.holds for finding in audit(chain))
    assert gate.total <= 15
