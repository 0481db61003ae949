"""What does not fit into one transaction: pieces by measured gas, and what others were faster with."""

import pytest

from powerpact.agent import Agent
from powerpact.agent.pieces import send_in_pieces
from powerpact.chain.connection import _from_revert, connect
from powerpact.chain.contracts import meters, rounds, settlement
from powerpact.chain.errors import (
    ChainUnreachable,
    ContractError,
    GasLimitExceeded,
    InsufficientEther,
    NodeRefused,
    TransactionTimeout,
)
from powerpact.chain.node_errors import LogsIncomplete, RevertedEmpty
from powerpact.chain.transactions import Call, Sender
from powerpact.index import attach
from testkit.badlogs import topic
from testkit.proxy import Proxy
from testkit.sealed import posted_market
from testkit.world import SLOT_S


@pytest.fixture
def told():
    return []


@pytest.fixture
def agent(world, told):
    return Agent(world.chain, world.sender("agent"), told.append)


@pytest.fixture
def delivered(world, agent):
    """A final round whose two sellers have delivered."""
    market, rules = posted_market(world, challenge_window_s=0, bond_upoints=0)
    world.warp(rules.closes_at)
    agent.clear(market)
    world.warp(rules.slot_start + SLOT_S)
    world.report(rules.slot_start, bob=1_500, dave=1_500)
    return market


def refuse(monkeypatch, error, *steps):
    """Let estimates of these steps fail."""
    estimate = Sender.estimate

    def estimate_or_fail(sender, call):
        if call.step in steps:
            raise error(call)
        return estimate(sender, call)

    monkeypatch.setattr(Sender, "estimate", estimate_or_fail)


def without_a_word(call):
    return RevertedEmpty(call.step, "execution reverted")


@pytest.mark.parametrize(
    ("data", "message", "kind"),
    [
        (None, "execution reverted", RevertedEmpty),
        (None, "execution reverted: 0x", RevertedEmpty),
        (None, "VM Exception while processing transaction: revert", RevertedEmpty),
        (None, "out of gas: gas required exceeds allowance (16777216)", GasLimitExceeded),
        (None, "execution aborted", NodeRefused),
        (bytes.fromhex("12345678"), "execution reverted", ContractError),
    ],
)
def test_a_revert_without_a_word_is_no_refusal(data, message, kind):
    assert type(_from_revert("clear", data, message)) is kind


def test_a_round_whose_inner_call_runs_out_of_gas_is_proposed_and_proven(world, agent, monkeypatch):
    market, rules = posted_market(world, challenge_window_s=0, bond_upoints=0)
    world.warp(rules.closes_at)
    refuse(monkeypatch, without_a_word, "clear")
    assert {mined.step for mined in agent.clear(market).transactions} == {"propose", "prove"}
    assert rounds.final_of(world.chain, market)


@pytest.mark.usefixtures("bonded")
def test_a_proof_that_is_too_large_for_a_row_is_sealed_if_it_can_be(world, agent, told, monkeypatch):
    market, rules = posted_market(world)
    world.warp(rules.closes_at)
    refuse(monkeypatch, without_a_word, "clear", "prove", "seal")
    with pytest.raises(RevertedEmpty):
        agent.clear(market)  # begun: it waits for its seal
    monkeypatch.undo()
    assert [mined.step for mined in agent.clear(market).transactions] == ["seal"]


@pytest.mark.parametrize("error", [without_a_word, lambda call: GasLimitExceeded(call.step, 1)])
def test_a_chunk_that_is_too_large_is_settled_in_pieces(world, agent, delivered, told, monkeypatch, error):
    estimate = Sender.estimate

    def estimate_small(sender, call):
        if call.step == "settle" and call.data[:4] == whole[:4]:
            raise error(call)
        return estimate(sender, call)

    whole = settlement.settle(world.chain, delivered, 0, []).data
    monkeypatch.setattr(Sender, "estimate", estimate_small)
    settled = agent.settle(delivered)
    assert (settled.paid, settled.waiting) == (2, 0)
    assert any("in pieces" in line for line in told)


def test_what_another_one_settled_does_not_keep_the_others(world, agent, delivered, told, monkeypatch):
    """Between the agent's look and its transaction the first trade is settled by its seller."""
    first, second = settlement.final_trades(world.chain, delivered)
    send, taken = Sender.send, []

    def send_second(sender, call):
        if not taken:
            taken.append(call)
            measured = meters.measured_in(world.chain, rules.slot)
            late = settlement.settle_late(world.chain, delivered, [(first.proof, measured[first.trade.device], [])])
            send(world.sender("bob"), late)
        return send(sender, call)

    rules = rounds.read_round(world.chain, delivered).market.rules
    monkeypatch.setattr("powerpact.agent.settling.settled_at_once", lambda *_: set())
    monkeypatch.setattr(Sender, "send", send_second)
    assert agent.settle(delivered).waiting == 0
    both = {final.position: final.id for final in (first, second)}
    assert settlement.ended(world.chain, both) == set(both)


def test_an_item_that_is_refused_is_found_by_halving_and_passed_over():
    sent = []

    class Refuser:
        def estimate(self, call):
            if b"x" in call.data:
                raise ContractError("Settlement_AlreadySettled", {}, why="", remedy="")
            return 1

        def send(self, call):
            sent.append(call.data)
            return call.data

    skipped = []
    items = [bytes([c]) for c in b"abcxdefgxh"]
    send_in_pieces(
        Refuser(), items, 8, lambda piece: Call("settle", None, b"".join(piece)), lambda item, _: skipped.append(item)
    )
    assert skipped == [b"x", b"x"]
    assert b"".join(sent) == b"abcdefgh"


def test_the_agent_goes_on_while_the_node_is_in_trouble(world, told, monkeypatch):
    market, rules = posted_market(world, challenge_window_s=0, bond_upoints=0)
    world.warp(rules.closes_at)
    trouble = [
        ChainUnreachable("http://node", "reset"),
        LogsIncomplete("the orders", "2, the logs make 1", 1),
        TransactionTimeout("0x00", 120.0),
        InsufficientEther("0x", 1, 2),
    ]
    clear = Agent.clear

    def clear_at_last(agent, id_):
        if trouble:
            raise trouble.pop(0)
        return clear(agent, id_)

    def pass_time(text):
        told.append(text)
        if text.startswith("the slot ends"):
            world.warp(rules.slot_start + SLOT_S)
            world.report(rules.slot_start, bob=1_500, dave=1_500)

    monkeypatch.setattr(Agent, "clear", clear_at_last)
    settled = Agent(world.chain, world.sender("agent"), pass_time).run(market, poll_s=0.01)
    assert (settled.paid, settled.waiting) == (2, 0)
    assert sum("trying again" in line for line in told) == 4


@pytest.fixture
def gate(node):
    with Proxy(node.rpc_url) as proxy:
        yield proxy


@pytest.fixture
def outside(world, gate):
    """An agent on another machine, whose node may have lost logs."""
    chain = attach(connect(gate.url), world.chain.deployment, patience_s=0.05)
    return Agent(chain, chain.sender(world.keys["rival"]))


def lose(gate, chain, contract, event, since=0):
    lost = f"0x{topic(chain, contract, event).hex()}"
    gate.hidden = lambda entry: entry["topics"][0] == lost and int(entry["blockNumber"], 16) >= since


def test_nothing_is_proposed_from_half_the_orders(world, gate, outside):
    market, rules = posted_market(world, challenge_window_s=0, bond_upoints=0)
    newest = world.chain.events("OrderBook", "OrdersPlaced", market=market)[-1].block
    world.warp(rules.closes_at)
    lose(gate, world.chain, "OrderBook", "OrdersPlaced", newest)
    with pytest.raises(LogsIncomplete, match="batchCount is 2, the logs make 1"):
        outside.clear(market)
    assert rounds.proposals_of(world.chain, market) == []
    gate.hidden = None
    assert len(outside.clear(market).solution.trades) == 2


@pytest.mark.parametrize("event", ["ReadingsReported", "TradesProposed", "RoundFinalized"])
def test_a_reading_that_the_node_has_lost_is_no_silence(world, gate, outside, delivered, event):
    """At the refund time a trade without a reading goes back to the buyer: not for a machine's loss."""
    world.warp(rounds.read_round(world.chain, delivered).market.rules.refund_from)
    lose(gate, world.chain, "Metering" if event.startswith("Reading") else "Clearing", event)
    for end in (outside.settle, outside.refund):
        with pytest.raises(LogsIncomplete):
            end(delivered)
    gate.hidden = None
    refunded = outside.refund(delivered)
    assert (refunded.refunded, refunded.waiting) == (0, 2)  # the meters have spoken
    assert outside.settle(delivered).paid == 2
