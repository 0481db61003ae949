"""The watcher against an enemy and a bad node: what is hostile or missing neither ends, blinds nor drains it."""

import pytest

from powerpact.agent.errors import ProposalFalse
from powerpact.agent.rewards import REWARD_SHARE
from powerpact.agent.watch import require_right
from powerpact.chain.connection import connect
from powerpact.chain.contracts.rounds import ProposalStatus
from powerpact.chain.errors import ChainUnreachable, InsufficientEther, TransactionTimeout
from powerpact.chain.local.clock import request
from powerpact.chain.node_errors import LogsIncomplete
from powerpact.chain.transactions import Sender
from powerpact.index import attach
from testkit.badlogs import topic
from testkit.proxy import Proxy
from testkit.sealed import (
    agent,
    closed_market,
    closed_markets,
    follower,
    refuted,
    seal_without,
    state_of,
    wallet,
    watcher,
)
from testkit.world import BOND_UPOINTS, go_back, snapshot

pytestmark = pytest.mark.usefixtures("bonded", "sealing")

NO_TEXT = b"\xff".ljust(24, b"\0")
HIDDEN = {"0:0", "0:1"}


@pytest.fixture
def gate(node):
    with Proxy(node.rpc_url) as proxy:
        yield proxy


@pytest.fixture
def outside(world, gate, tmp_path):
    """The deployment as a watcher on another machine sees it."""
    return attach(connect(gate.url), world.chain.deployment, tmp_path, patience_s=0.05)


@pytest.fixture
def told():
    return []


def hide(gate, chain, contract, event, keep=0):
    """Let the node lose the entries of an event, but for the first few."""
    wanted, kept = f"0x{topic(chain, contract, event).hex()}", []

    def is_lost(entry):
        if entry["topics"][0] != wanted or entry["transactionHash"] in kept:
            return False
        if len(kept) < keep:
            kept.append(entry["transactionHash"])
            return False
        return True

    gate.hidden = is_lost


# Incomplete logs


LOGS = [
    ("OrderBook", "OrdersPlaced", 0),
    ("OrderBook", "OrdersPlaced", 1),
    ("Clearing", "TradesProposed", 0),
    ("Markets", "MarketOpened", 0),
]


@pytest.mark.parametrize(("contract", "event", "keep"), LOGS)
def test_no_verdict_on_incomplete_logs(world, gate, outside, told, contract, event, keep):
    """The machine that has the logs comes back: the same watcher, on the same index, refutes at once."""
    market, _ = closed_market(world)
    false = seal_without(world, market, HIDDEN)
    hide(gate, outside, contract, event, keep)
    watching = follower(world, outside, told)
    assert watching.look() == []
    assert any("are incomplete" in line for line in told)
    assert not any("no order refutes it" in line for line in told)
    gate.hidden = None
    watching._failures[false].again_at = 0.0
    assert refuted(watching.look()) == [false]


@pytest.mark.parametrize(("contract", "event", "keep"), LOGS)
def test_what_is_right_is_not_refuted_for_missing_logs(world, gate, outside, told, contract, event, keep):
    market, _ = closed_market(world)
    right = agent(world).clear(market).proposal
    hide(gate, outside, contract, event, keep)
    watching = follower(world, outside, told)
    assert watching.look() == []
    assert state_of(world, right) is ProposalStatus.ACTIVE
    gate.hidden = None
    watching._failures[right].again_at = 0.0
    assert watching.look() == []
    assert told[-1].endswith("no order refutes it")


def test_a_seal_whose_log_is_missing_hides_nothing(world, gate, outside, told):
    market, _ = closed_market(world)
    false = seal_without(world, market, HIDDEN)
    hide(gate, outside, "Clearing", "ProposalSealed")
    assert refuted(follower(world, outside, told).look()) == [false]


@pytest.mark.parametrize(("contract", "event", "keep"), LOGS)
def test_nobody_endorses_what_the_logs_do_not_show_whole(world, gate, outside, contract, event, keep):
    market, _ = closed_market(world)
    proposal = seal_without(world, market, {"1:0", "1:1"})  # the newest batch
    hide(gate, outside, contract, event, keep)
    with pytest.raises(LogsIncomplete):
        require_right(outside, proposal)
    gate.hidden = None
    with pytest.raises(ProposalFalse):
        require_right(outside, proposal)


# A chain that goes back


def test_another_program_on_the_same_index_may_have_seen_the_reorganisation(world, web3, tmp_path, told):
    market, _ = closed_market(world)
    mine, other = (attach(web3, world.chain.deployment, tmp_path, patience_s=0.05) for _ in range(2))
    before = snapshot(web3)
    right = agent(world).clear(market).proposal
    watching = follower(world, mine, told)
    assert watching.look() == []
    go_back(web3, before)
    false = seal_without(world, market, HIDDEN)
    other.log.follow()  # it is the other one that undoes the blocks
    assert false == right
    assert refuted(watching.look()) == [false]


def test_a_head_that_goes_back_for_a_while_is_survived(world, gate, outside, told):
    market, _ = closed_market(world)
    watching = follower(world, outside, told)
    watching.look()
    false = seal_without(world, market, HIDDEN)
    gate.lag = 2
    assert watching.look() == []
    gate.lag = 0
    assert refuted(watching.look()) == [false]


# Purse


def test_a_small_reward_is_left_alone_and_told_once(world, web3, told):
    cheap, _ = closed_market(world, bond_upoints=16)
    false = seal_without(world, cheap, HIDDEN)
    ether = web3.eth.get_balance(world.address("outsider"))
    watching = follower(world, world.chain, told, least_reward_upoints=3)
    for _ in range(3):
        assert watching.look() == []
        request(web3, "evm_mine")
    assert [line for line in told if "left alone" in line] == [
        f"proposal {false} of market 0x{cheap.hex()[:8]} is false, orders 0:0 and 0:1 refute it; its challenge earns 2 "
        "micro-points, less than 3: left alone"
    ]
    assert web3.eth.get_balance(world.address("outsider")) == ether
    assert refuted(follower(world, world.chain, told, least_reward_upoints=0).look()) == [false]
    assert wallet(world, "outsider") == (2 * 2, 0)  # nobody committed before


def test_the_least_reward_is_what_the_watcher_gets(world, told):
    market, _ = closed_market(world)
    false = seal_without(world, market, HIDDEN)
    reward = BOND_UPOINTS // REWARD_SHARE
    assert follower(world, world.chain, told, least_reward_upoints=reward + 1).look() == []
    assert refuted(follower(world, world.chain, told, least_reward_upoints=reward).look()) == [false]
    assert wallet(world, "outsider") == (2 * reward, 0)  # nobody committed before


def test_a_watcher_may_choose_its_markets(world, told):
    (mine, _), (other, _) = closed_markets(world, 2)
    falsities = [seal_without(world, id_, HIDDEN) for id_ in (other, mine)]
    assert refuted(follower(world, world.chain, told, markets=[mine]).look()) == falsities[1:]
    assert state_of(world, falsities[0]) is ProposalStatus.ACTIVE


def test_without_ether_it_goes_on_and_refutes_once_it_has_some(world, web3, told):
    falsities = [seal_without(world, id_, HIDDEN) for id_, _ in closed_markets(world, 2)]
    balance = web3.eth.get_balance(world.address("outsider"))
    request(web3, "anvil_setBalance", world.address("outsider"), hex(1))
    watching = watcher(world, told.append)
    assert watching.look() == []
    assert sum("has 1 wei" in line for line in told) == 2
    request(web3, "anvil_setBalance", world.address("outsider"), hex(balance))
    for failure in watching._failures.values():
        failure.again_at = 0.0
    assert refuted(watching.look()) == falsities


@pytest.mark.parametrize(
    "error", [TransactionTimeout(f"0x{'00' * 32}", 120.0), InsufficientEther("0x", 1, 2), ChainUnreachable("http", "")]
)
def test_a_challenge_that_is_not_mined_does_not_keep_the_next_one(world, told, monkeypatch, error):
    falsities = [seal_without(world, id_, HIDDEN) for id_, _ in closed_markets(world, 2)]
    send, failed = Sender.send, []

    def send_late(sender, call):
        if not failed:
            failed.append(call)
            raise error
        return send(sender, call)

    monkeypatch.setattr(Sender, "send", send_late)
    watching = watcher(world, told.append)
    first = refuted(watching.look())
    assert first == falsities[1:]
    watching._failures[falsities[0]].again_at = 0.0
    assert refuted(watching.look()) == falsities[:1]


def test_a_challenge_that_waits_to_be_mined_is_not_sent_twice(world, web3, told, monkeypatch):
    market, _ = closed_market(world)
    false = seal_without(world, market, HIDDEN)
    watching = watcher(world, told.append)
    monkeypatch.setattr(watching.sender, "wait_s", 0.2)
    request(web3, "evm_setAutomine", False)
    try:
        assert watching.look() == []
        nonce = web3.eth.get_transaction_count(world.address("outsider"), "pending")
        for _ in range(2):
            watching._failures[false].again_at = 0.0
            assert watching.look() == []
        assert web3.eth.get_transaction_count(world.address("outsider"), "pending") == nonce
        assert any("waits to be mined" in line for line in told)
    finally:
        request(web3, "evm_setAutomine", True)
        request(web3, "evm_mine")
    assert watching.look() == []
    assert state_of(world, false) is ProposalStatus.REFUTED


# Cost


def test_what_is_final_costs_a_look_nothing(world, web3, gate, outside, told):
    """The same questions for each new block, however many rounds are over."""
    watching, counts = follower(world, outside, told), []
    for _ in range(3):
        market, _ = closed_market(world)
        cleared = agent(world).clear(market)
        world.warp(cleared.final_from)
        agent(world).finalize(market)
        watching.look()
        request(web3, "evm_mine")
        gate.calls.clear()
        watching.look()
        counts.append(dict(gate.calls))
    assert counts[0] == counts[1] == counts[2]
    assert counts[0]["eth_call"] == 1
