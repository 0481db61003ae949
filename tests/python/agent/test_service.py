"""The agent: from the closed gate to the end of every trade, from wherever it was interrupted."""

from dataclasses import replace

import pytest

from powerpact.agent import Agent, Settled
from powerpact.agent.errors import GateStillOpen, RoundExpired, SolutionRefuted
from powerpact.agent.gate import wait_until
from powerpact.agent.pieces import GAS_TARGET, send_in_pieces
from powerpact.chain.connection import GAS_LIMIT
from powerpact.chain.contracts import certificates, meters, points, rounds, settlement
from powerpact.chain.contracts.rounds import ProposalStatus
from powerpact.chain.errors import ContractError, GasLimitExceeded
from powerpact.chain.transactions import Call
from powerpact.market.schema import Side
from powerpact.mechanisms.registry import SATISFACTION
from powerpact.mechanisms.satisfaction.round import Solution
from testkit.world import HELD_UPOINTS, SLOT_S, go_back, snapshot


@pytest.fixture
def agent(world):
    return Agent(world.chain, world.sender("agent"))


@pytest.fixture
def tight(monkeypatch):
    """Transactions that have room for one item each."""
    monkeypatch.setattr("powerpact.agent.pieces.GAS_TARGET", 0)


@pytest.fixture
def market(world):
    """A market with two buyers and two sellers, its gate closed."""
    id_, rules = world.open_market()
    world.post(id_, world.buy("alice", rules), world.sell("bob", rules))
    world.post(id_, world.buy("carol", rules, price_upoints_per_kwh=105), world.sell("dave", rules))
    world.warp(rules.closes_at)
    return id_


def matches_of(world, market):
    posted = rounds.read_round(world.chain, market)
    return posted, posted.claimed_trades(SATISFACTION.solve(posted.round(), lambda _: None))


def held(world, name):
    return points.wallet_of(world.chain, world.address(name)).held_upoints


def test_an_open_gate_is_waited_for(world, agent):
    market, rules = world.open_market()
    with pytest.raises(GateStillOpen) as refusal:
        agent.clear(market)
    assert (refusal.value.closes_at, refusal.value.market) == (rules.closes_at, market)


def test_a_round_whose_time_is_over_is_left(world, agent):
    market, rules = world.open_market()
    world.post(market, world.buy("alice", rules))
    world.warp(rules.final_by + 1)
    with pytest.raises(RoundExpired):
        agent.clear(market)
    assert agent.refund(market).released == 1
    assert held(world, "alice") == 0


def assert_final(world, market, cleared):
    assert len(cleared.solution.trades) == 2
    state = rounds.proposal(world.chain, cleared.proposal)
    assert (state.status, state.objective, state.proven_rows) == (ProposalStatus.FINAL, cleared.solution.objective, 4)
    assert rounds.final_of(world.chain, market) == cleared.proposal


def test_a_round_that_fits_is_cleared_in_one_transaction(world, agent, market):
    cleared = agent.clear(market)
    assert_final(world, market, cleared)
    assert [(mined.step, mined.items) for mined in cleared.transactions] == [("clear", 4)]


def test_a_round_that_needs_more_gas_is_proposed_and_proven_in_pieces(world, agent, market, tight):
    cleared = agent.clear(market)
    assert_final(world, market, cleared)
    assert [(mined.step, mined.items) for mined in cleared.transactions] == [("propose", 1)] * 2 + [("prove", 1)] * 4


def test_a_round_with_more_trades_is_proposed_in_chunks(world, agent, market, monkeypatch):
    monkeypatch.setattr("powerpact.agent.proposing.MAX_CHUNK", 1)
    cleared = agent.clear(market)
    assert_final(world, market, cleared)
    assert [(mined.step, mined.items) for mined in cleared.transactions] == [("propose", 1)] * 2 + [("prove", 4)]
    assert [len(chunk) for chunk in rounds.chunks_of(world.chain, cleared.proposal)] == [1, 1]


@pytest.mark.parametrize("gas_target", [0, GAS_TARGET])
def test_each_call_is_estimated_once(agent, market, monkeypatch, estimates, gas_target):
    """Whether it is sent or found too large."""
    monkeypatch.setattr("powerpact.agent.pieces.GAS_TARGET", gas_target)
    cleared = agent.clear(market)
    assert len(estimates) == len(set(estimates)) == (1 if gas_target else 10)
    assert len(cleared.transactions) == (1 if gas_target else 6)


def test_both_ways_give_the_same_trades(world, agent, market, monkeypatch):
    def trades():
        return [trade.trade for trade in settlement.final_trades(world.chain, market)]

    point = snapshot(world.chain.web3)
    agent.clear(market)
    at_once = trades()
    go_back(world.chain.web3, point)
    monkeypatch.setattr("powerpact.agent.pieces.GAS_TARGET", 0)
    agent.clear(market)
    assert trades() == at_once != []


def test_clearing_again_sends_nothing(agent, market):
    first = agent.clear(market)
    again = agent.clear(market)
    assert (again.proposal, again.solution, again.transactions) == (first.proposal, None, ())


@pytest.mark.parametrize("orders", ["none", "a buyer alone", "a pair that does not match"])
def test_a_round_without_trades_is_final_too(world, agent, orders):
    market, rules = world.open_market()
    if orders == "a buyer alone":
        world.post(market, world.buy("alice", rules))
    elif orders == "a pair that does not match":
        world.post(market, world.buy("alice", rules, price_upoints_per_kwh=79), world.sell("bob", rules))
    world.warp(rules.closes_at)
    cleared = agent.clear(market)
    assert cleared.solution == Solution(0)
    assert rounds.final_of(world.chain, market) == cleared.proposal
    assert agent.settle(market).released == {"none": 0, "a buyer alone": 1}.get(orders, 2)
    assert held(world, "alice") == 0


@pytest.mark.parametrize("done", [0, 1, 2])
def test_a_proposal_that_was_begun_is_continued(world, agent, market, done):
    posted, matches = matches_of(world, market)
    begun = agent.sender.send(rounds.propose(world.chain, posted, matches[:done]))
    proposal = world.chain.event(begun, "Proposed").arguments["proposal"]
    cleared = agent.clear(market)
    assert cleared.proposal == proposal
    assert [mined.step for mined in cleared.transactions] == ["propose"] * (done < 2) + ["prove"]


def test_a_proof_that_was_begun_is_continued(world, agent, market):
    posted, matches = matches_of(world, market)
    begun = agent.sender.send(rounds.propose(world.chain, posted, matches))
    proposal = world.chain.event(begun, "Proposed").arguments["proposal"]
    chunks = rounds.chunks_of(world.chain, proposal)
    agent.sender.send(rounds.prove(world.chain, proposal, posted.batches, chunks, 0, 3))
    assert rounds.proposal(world.chain, proposal).proven_rows == 3
    cleared = agent.clear(market)
    assert (cleared.proposal, [mined.items for mined in cleared.transactions]) == (proposal, [1])


def test_a_proposal_with_other_trades_is_left_alone(world, agent, market):
    posted, matches = matches_of(world, market)
    crossed = [matches[0]._replace(sell_id=matches[1].sell_id, seller_dual_ppm=2_000_000)]
    agent.sender.send(rounds.propose(world.chain, posted, crossed))
    cleared = agent.clear(market)
    assert cleared.proposal == 2
    assert posted.order_count == rounds.proposal(world.chain, 2).proven_rows


def test_a_proof_that_fails_is_not_continued(world, agent, market):
    """A half proven proposal with fewer trades cannot be extended, so a new one is begun."""
    posted, matches = matches_of(world, market)
    agent.sender.send(rounds.propose(world.chain, posted, []))
    with pytest.raises(ContractError) as refusal:
        agent.sender.send(rounds.prove(world.chain, 1, posted.batches, [], 0, 4))
    assert refusal.value.name == "Satisfaction_BetterPair"
    assert agent.clear(market).proposal == 1  # nothing was proven, so the trades could still be added
    assert len(matches) == 2


def test_pieces_are_continued_after_an_interruption(world, agent, market, tight, monkeypatch):
    """Interrupted after the second row, the agent does not begin another proposal."""
    send = agent.sender.send
    left = iter(range(4))

    def send_four(call):
        if next(left, None) is None:
            raise KeyboardInterrupt
        return send(call)

    with monkeypatch.context() as patch:
        patch.setattr(agent.sender, "send", send_four)
        with pytest.raises(KeyboardInterrupt):
            agent.clear(market)
    assert rounds.proposal(world.chain, 1).proven_rows == 2
    assert agent.clear(market).proposal == 1
    assert len(rounds.proposals_of(world.chain, market)) == 1


@pytest.mark.parametrize("step", ["clear", "propose", "prove"])
def test_another_agent_may_be_faster(world, agent, market, monkeypatch, step):
    rival = Agent(world.chain, world.sender("rival"))
    begin = getattr(rounds, step)
    late = iter([True])
    if step != "clear":
        monkeypatch.setattr("powerpact.agent.pieces.GAS_TARGET", 0)

    def begin_too_late(*arguments, **named):
        if next(late, False):
            rival.clear(market)
        return begin(*arguments, **named)

    monkeypatch.setattr(rounds, step, begin_too_late)
    cleared = agent.clear(market)
    assert cleared.solution is None
    assert rounds.proposal(world.chain, cleared.proposal).agent == world.address("rival")


def test_what_the_verifier_refutes_is_not_sent(world, market):
    lazy = replace(SATISFACTION, solve=lambda _round, _step: Solution(0))
    agent = Agent(world.chain, world.sender("agent"), mechanism=lazy)
    with pytest.raises(SolutionRefuted):
        agent.clear(market)
    assert rounds.proposals_of(world.chain, market) == []


def test_trades_are_paid_by_their_readings_and_the_rest_waits(world, agent, market):
    rules = rounds.read_round(world.chain, market).market.rules
    agent.clear(market)
    assert agent.settle(market) == Settled(waiting=2)
    world.warp(rules.slot_start + SLOT_S)
    world.report(rules.slot_start, bob=900)
    settled = agent.settle(market)
    assert (settled.paid, settled.refunded, settled.waiting) == (1, 0, 1)
    record = points.reliability_of(world.chain, world.address("bob"))
    assert record == (750_000, 1)
    id_ = certificates.id_of(world.meters["bob"].device, rules.slot)
    assert sum(energy for (_, lot), energy in certificates.holdings(world.chain).items() if lot == id_) == 900
    world.warp(rules.refund_from)
    settled = agent.settle(market)
    assert (settled.paid, settled.refunded, settled.waiting) == (0, 1, 0)
    assert agent.settle(market) == Settled()
    assert (held(world, "alice"), held(world, "carol")) == (0, 0)


def test_a_device_sells_the_rest_of_a_slot_in_a_second_market(world, agent, market):
    rules, bob = rounds.read_round(world.chain, market).market.rules, world.meters["bob"].device
    agent.clear(market)
    gate = rules.closes_at + 1_200
    times = {
        "slot_start": rules.slot_start,
        "closes_at": gate,
        "final_by": gate + 600,
        "refund_from": rules.refund_from,
    }
    second, later = world.open_market(zone="intraday", **times)
    with pytest.raises(ContractError, match="Device_Undecided"):
        world.post(second, world.sell("bob", later, energy_wh=300))
    assert len(agent.decide(market, bob)) == 1
    assert agent.decide(market, bob) == []
    assert meters.promised_of(world.chain, bob, Side.SELL, rules.slot) == (False, 1_200)
    assert meters.promised_of(world.chain, world.meters["dave"].device, Side.SELL, rules.slot) == (True, 0)
    world.post(second, world.buy("carol", later, energy_wh=300), world.sell("bob", later, energy_wh=300))
    world.warp(later.closes_at)
    agent.clear(second)
    (sold,) = settlement.final_trades(world.chain, second)
    assert (sold.trade.sold_before_wh, sold.trade.energy_wh) == (1_200, 300)
    world.warp(rules.slot_start + SLOT_S)
    world.report(rules.slot_start, bob=1_400)
    id_ = certificates.id_of(bob, rules.slot)
    assert agent.settle(second).paid == 1
    assert certificates.holdings(world.chain)[world.address("carol"), id_] == 200
    assert agent.settle(market).paid == 1
    assert sum(energy for (_, lot), energy in certificates.holdings(world.chain).items() if lot == id_) == 1_400


def test_what_a_refunded_trade_no_longer_sells_is_certified_to_its_seller(world, agent, market):
    rules = rounds.read_round(world.chain, market).market.rules
    agent.clear(market)
    world.warp(rules.refund_from)
    assert agent.settle(market).refunded == 2
    assert agent.certify(market) == []  # nothing is measured yet
    world.report(rules.slot_start, bob=1_300)
    assert len(agent.certify(market)) == 1
    assert agent.certify(market) == []
    id_ = certificates.id_of(world.meters["bob"].device, rules.slot)
    assert certificates.holdings(world.chain)[world.address("bob"), id_] == 1_300


def test_what_did_not_trade_is_released(world, agent):
    market, rules = world.open_market()
    world.post(market, world.buy("alice", rules), world.buy("carol", rules), world.sell("bob", rules))
    world.warp(rules.closes_at)
    agent.clear(market)
    assert held(world, "alice") + held(world, "carol") == 2 * HELD_UPOINTS
    assert agent.settle(market).released == 1
    assert held(world, "alice") + held(world, "carol") == HELD_UPOINTS


def test_the_agent_runs_a_round_to_its_end(world, market):
    """Time passes and the meters report while the agent waits."""
    rules = rounds.read_round(world.chain, market).market.rules
    told = []

    def pass_time(text):
        told.append(text)
        if text.startswith("the slot ends"):
            world.warp(rules.slot_start + SLOT_S)
        if text.startswith("2 trades wait"):
            world.report(rules.slot_start, bob=1_500, dave=1_500)

    settled = Agent(world.chain, world.sender("agent"), pass_time).run(market, poll_s=0.01)
    assert (settled.paid, settled.waiting) == (2, 0)
    assert any(text.startswith("2 trades wait") for text in told)
    assert all(
        settlement.is_settled(world.chain, market, t.position) for t in settlement.final_trades(world.chain, market)
    )


def test_waiting_tells_how_long_and_ends_when_the_time_has_come(world):
    now, told = world.chain.now(), []

    def pass_time(text):
        told.append(text)
        world.warp(now + 50)

    wait_until(world.chain, now + 50, "it happens", pass_time, poll_s=0.01)
    assert told == ["it happens in 50 s"]


class CountingSender:
    """Estimates `gas_per_item` for each item; refuses what is above the limit, and what was not estimated."""

    def __init__(self, gas_per_item):
        self.gas_per_item = gas_per_item
        self.sent = []

    def estimate(self, call):
        gas = self.gas_per_item * call.items
        if gas > GAS_LIMIT:
            raise GasLimitExceeded(call.step, GAS_LIMIT)
        return gas

    def send(self, call):
        assert call.estimated_gas == self.gas_per_item * call.items
        self.sent.append(call.items)
        return call


@pytest.mark.parametrize(
    ("items", "most", "gas_per_item", "sizes"),
    [
        (0, 256, 1, []),
        (5, 256, 1, [5]),
        (5, 2, 1, [2, 2, 1]),
        (7, 256, GAS_TARGET // 2, [2, 2, 2, 1]),
        (3, 256, GAS_LIMIT, [1, 1, 1]),
    ],
)
def test_work_is_cut_into_pieces_that_fit(items, most, gas_per_item, sizes):
    sender = CountingSender(gas_per_item)
    calls = send_in_pieces(sender, range(items), most, lambda piece: Call("work", None, bytes(piece), len(piece)))
    assert sender.sent == sizes
    assert b"".join(call.data for call in calls) == bytes(range(items))


def test_an_item_that_no_transaction_can_hold_is_refused():
    with pytest.raises(GasLimitExceeded):
        send_in_pieces(CountingSender(GAS_LIMIT + 1), range(8), 8, lambda piece: Call("work", None, b"", len(piece)))
