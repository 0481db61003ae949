"""Sealed rounds on a real node: agents with bonds, watchers, endorsers, and orders that trade in parts."""

import pytest

from powerpact.agent import Agent
from powerpact.agent.errors import EndorsementsMissing, ProposalFalse
from powerpact.agent.pieces import GAS_TARGET
from powerpact.agent.watch import require_right
from powerpact.audit import audit
from powerpact.chain.connection import GAS_LIMIT
from powerpact.chain.contracts import markets, rounds, settlement
from powerpact.chain.contracts.rounds import ProposalStatus
from powerpact.chain.errors import ChainUnreachable, ContractError, GasLimitExceeded
from powerpact.chain.transactions import Sender
from powerpact.market.rules import Mode
from testkit.sealed import agent, closed_market, seal_without, state_of, wallet, watcher
from testkit.world import BOND_UPOINTS, CONTEST, SLOT_S, go_back, snapshot

pytestmark = pytest.mark.usefixtures("bonded")


@pytest.mark.parametrize("gas_target", [0, GAS_TARGET])
def test_each_call_of_a_sealed_round_is_estimated_once(world, monkeypatch, estimates, gas_target):
    """Of a proposal that fits: with proofs, and by whole batches; in pieces otherwise."""
    market, _ = closed_market(world)
    estimate = Sender.estimate

    def estimate_unless_at_once(sender, call):
        if call.step == "clear":
            raise GasLimitExceeded(call.step, GAS_LIMIT)
        return estimate(sender, call)

    monkeypatch.setattr(Sender, "estimate", estimate_unless_at_once)
    monkeypatch.setattr("powerpact.agent.pieces.GAS_TARGET", gas_target)
    estimates.clear()
    cleared = agent(world).clear(market)
    assert cleared.status is ProposalStatus.ACTIVE
    assert [mined.step for mined in cleared.transactions] == ["propose"] * (1 if gas_target else 2) + ["seal"]
    assert len(estimates) == len(set(estimates)) == (3 if gas_target else 4)


def test_a_round_that_does_not_fit_is_sealed_and_final_after_its_window(world, sealing):
    market, _ = closed_market(world)
    cleared = agent(world).clear(market)
    assert cleared.status is ProposalStatus.ACTIVE
    assert [mined.step for mined in cleared.transactions] == ["propose", "seal"]
    assert wallet(world, "agent") == (BOND_UPOINTS, BOND_UPOINTS)
    assert agent(world).finalize(market) is None
    assert agent(world).clear(market).transactions == ()  # it is active already
    world.warp(cleared.final_from)
    assert agent(world, "rival").finalize(market) is not None
    assert rounds.final_of(world.chain, market) == cleared.proposal
    assert wallet(world, "agent") == (2 * BOND_UPOINTS, 0)


def test_a_watcher_looks_again_after_a_reorganisation(world, sealing):
    """A proposal that was found right leaves the chain, and a false one gets its number."""
    market, _ = closed_market(world)
    point = snapshot(world.chain.web3)
    right = agent(world).clear(market).proposal
    watching = watcher(world)
    assert watching.look() == []
    go_back(world.chain.web3, point)
    assert watching.look() == []
    false = seal_without(world, market, {"0:0"})
    assert false == right
    assert [challenge.proposal for challenge in watching.look()] == [false]


def test_the_agent_waits_for_the_window_and_settles(world, sealing):
    market, rules = closed_market(world)
    told = []

    def pass_time(text):
        told.append(text)
        if text.startswith("the challenge window"):
            world.warp(rounds.proposal(world.chain, rounds.active_of(world.chain, market)).final_from)
        if text.startswith("the slot ends"):
            world.warp(rules.slot_start + SLOT_S)
        if text.startswith("2 trades wait"):
            world.report(rules.slot_start, bob=1_500, dave=1_500)

    settled = Agent(world.chain, world.sender("agent"), pass_time).run(market, poll_s=0.01)
    assert (settled.paid, settled.waiting) == (2, 0)
    assert any(text.startswith("making proposal") for text in told)


def test_a_watcher_lets_the_truth_stand(world, sealing):
    market, _ = closed_market(world)
    cleared = agent(world).clear(market)
    told = []
    watch = watcher(world, told.append)
    assert watch.look() == []
    assert told == [f"proposal {cleared.proposal} of market 0x{market.hex()[:8]}: no order refutes it"]
    assert watch.look() == []
    assert len(told) == 1  # it is not examined again
    assert state_of(world, cleared.proposal) is ProposalStatus.ACTIVE


@pytest.mark.parametrize("hidden", [{"0:0"}, {"0:1"}, {"0:0", "1:0"}, {"0:1", "1:1"}, {"0:0", "0:1", "1:0", "1:1"}])
def test_an_agent_who_hides_orders_loses_its_bond_to_a_watcher(world, sealing, hidden):
    market, _ = closed_market(world)
    supply = world.chain.read("PowerPoints", "totalSupply")
    proposal = seal_without(world, market, hidden)
    found = watcher(world).look()
    assert [challenge.proposal for challenge in found] == [proposal]
    assert state_of(world, proposal) is ProposalStatus.REFUTED
    assert wallet(world, "rival") == (BOND_UPOINTS, 0)
    assert wallet(world, "outsider") == (2 * (BOND_UPOINTS // 8), 0)
    assert world.chain.read("PowerPoints", "totalSupply") == supply - (BOND_UPOINTS - 2 * (BOND_UPOINTS // 8))
    cleared = agent(world).clear(market)  # the round takes proposals again
    world.warp(cleared.final_from)
    agent(world).finalize(market)
    assert rounds.final_of(world.chain, market) == cleared.proposal
    assert all(finding.holds for finding in audit(world.chain))


def test_a_better_matching_refutes_a_false_claim_by_itself(world, sealing):
    market, _ = closed_market(world)
    false = seal_without(world, market, {"0:0"})
    cleared = agent(world).clear(market)
    assert state_of(world, false) is ProposalStatus.REFUTED
    assert rounds.active_of(world.chain, market) == cleared.proposal
    assert wallet(world, "agent") == (BOND_UPOINTS + 2 * (BOND_UPOINTS // 8), BOND_UPOINTS)


def test_a_second_watcher_comes_too_late_and_goes_on(world, sealing, monkeypatch):
    market, _ = closed_market(world)
    proposal = seal_without(world, market, {"0:0"})
    told = []
    late = watcher(world, told.append)
    pair = {}

    def slow_pair(posted, chunks, prices, **options):
        found = real(posted, chunks, prices, **options)
        if not pair:
            pair["found"] = found
            watcher(world).examine(market, proposal)
        return found

    from powerpact.agent import watch

    real = watch.judge
    monkeypatch.setattr(watch, "judge", slow_pair)
    assert late.look() == []
    assert told[-1].endswith("is no longer active")


def test_a_watcher_survives_a_dropped_connection(world, sealing, monkeypatch):
    market, _ = closed_market(world)
    proposal = seal_without(world, market, {"0:0"})
    told, real, calls = [], world.chain.read_all, []

    class Enough(Exception):
        pass

    def read_all(reads):
        calls.append(reads)
        if len(calls) == 1:
            raise ChainUnreachable("http://node", "connection reset")
        return real(reads)

    def sleep(_):
        if state_of(world, proposal) is ProposalStatus.REFUTED:
            raise Enough

    monkeypatch.setattr(type(world.chain), "read_all", lambda _, reads: read_all(reads))
    monkeypatch.setattr("powerpact.agent.watch.time.sleep", sleep)
    with pytest.raises(Enough):
        watcher(world, told.append).run()
    assert any(text.endswith("trying again") for text in told)


def test_endorsers_sign_what_they_verified(world, sealing):
    endorsers = [world.address(name) for name in ("alice", "bob", "carol")]
    market, _ = closed_market(world, endorsements=2, endorsers=markets.endorsers_hash(endorsers))
    cleared = agent(world).clear(market)
    assert cleared.status is ProposalStatus.DRAFT
    with pytest.raises(EndorsementsMissing):
        agent(world).run(market)
    judged = require_right(world.chain, cleared.proposal)
    signers = {0: "alice", 2: "carol"}
    signatures = [
        (k, rounds.endorse(world.chain, world.keys[n], judged.state, judged.chunks)) for k, n in signers.items()
    ]
    with pytest.raises(ContractError) as refusal:
        world.sender("agent").send(rounds.seal(world.chain, cleared.proposal, endorsers, signatures[:1]))
    assert refusal.value.name == "Clearing_TooFewEndorsements"
    world.sender("agent").send(rounds.seal(world.chain, cleared.proposal, endorsers, signatures))
    assert state_of(world, cleared.proposal) is ProposalStatus.ACTIVE


def test_a_false_proposal_is_not_endorsed(world, sealing):
    market, _ = closed_market(world)
    with pytest.raises(ProposalFalse, match="0:0"):
        require_right(world.chain, seal_without(world, market, {"0:0", "1:0"}))


@pytest.mark.parametrize("chunk", [1, 256])
def test_a_divisible_round_goes_from_orders_to_payment(world, sealing, monkeypatch, chunk):
    """Alice, who bids more, gets her 2 000 Wh of Bob and Dave, and Carol what is left of 3 000."""
    monkeypatch.setattr("powerpact.agent.proposing.MAX_CHUNK", chunk)
    id_, rules = world.open_market(**CONTEST, mode=Mode.DIVISIBLE)
    world.post(id_, world.buy("alice", rules, energy_wh=2_000), world.sell("bob", rules))
    world.post(id_, world.buy("carol", rules, energy_wh=1_500, price_upoints_per_kwh=90), world.sell("dave", rules))
    world.warp(rules.closes_at)
    cleared = agent(world).clear(id_)
    assert len(rounds.chunks_of(world.chain, cleared.proposal)) == (3 if chunk == 1 else 1)
    assert watcher(world).look() == []
    world.warp(cleared.final_from)
    agent(world).finalize(id_)
    sold = sum(final.trade.energy_wh for final in settlement.final_trades(world.chain, id_))
    assert sold == 3_000
    world.warp(rules.slot_start + SLOT_S)
    world.report(rules.slot_start, bob=1_500, dave=1_000)
    settled = agent(world).settle(id_)
    assert (settled.waiting, settled.released) == (0, 1)
    assert all(held == 0 for _, held in (wallet(world, name) for name in ("alice", "carol")))
    assert all(finding.holds for finding in audit(world.chain))
