"""Call auctions on a real node: proven at once, sealed, in pieces, without trades, and refuted by one order."""

import pytest

from powerpact.agent import Agent
from powerpact.agent.errors import ProposalFalse
from powerpact.agent.watch import Watcher, require_right
from powerpact.audit import audit
from powerpact.chain.contracts import points, rounds, settlement
from powerpact.chain.contracts.rounds import ProposalStatus
from powerpact.chain.errors import ContractError
from powerpact.market.templates import AUCTION
from powerpact.mechanisms.call.posted import PriceWord
from powerpact.mechanisms.call.round import Round
from powerpact.mechanisms.registry import CALL
from testkit.world import BOND_UPOINTS, CONTEST, SLOT_S

pytestmark = pytest.mark.usefixtures("bonded")

PLAIN = {"levels": (0,) * 8, "classes": bytes(8)}
NO_TERMS = {**PLAIN, "limits": (0,) * 8, "weights_ppm": (0,) * 8}


def auction(world, bids=((110, 1_200), (105, 1_200), (95, 600)), minimums=((80, 1_500), (100, 1_500)), **changes):
    """A closed auction: bids of alice, carol and alice again, offers of bob and dave; ids 0:0 to 0:4."""
    market, rules = world.open_market(**AUCTION | CONTEST | changes)
    buys = [
        world.buy(name, rules, price_upoints_per_kwh=price, energy_wh=energy_wh, **NO_TERMS)
        for name, (price, energy_wh) in zip(("alice", "carol", "alice"), bids, strict=False)
    ]
    sells = [
        world.sell(name, rules, price_upoints_per_kwh=p, min_upoints_per_kwh=p, energy_wh=energy_wh, **PLAIN)
        for name, (p, energy_wh) in zip(("bob", "dave"), minimums, strict=False)
    ]
    world.post(market, *buys, *sells)
    world.warp(rules.closes_at)
    return market, rules


def agent(world, name="agent"):
    return Agent(world.chain, world.sender(name))


def watcher(world, report=lambda _: None):
    return Watcher(world.chain, world.sender("outsider"), report)


def seal_without(world, market, hidden):
    """Seal the result of a round from which the rival hides an order."""
    posted = rounds.read_round(world.chain, market)
    whole = posted.round()
    kept = [[order for order in orders if order.id != hidden] for orders in (whole.buyers, whole.sellers)]
    solution = CALL.solve(Round(whole.k_ppm, *kept), lambda _: None)
    matches, prices = posted.claimed(solution)
    return seal(world, posted, matches, prices)


def seal(world, posted, matches, prices):
    sender = world.sender("rival")
    mined = sender.send(rounds.propose(world.chain, posted, matches, prices=prices))
    proposal = world.chain.event(mined, "Proposed").arguments["proposal"]
    sender.send(rounds.seal(world.chain, proposal))
    return proposal


def status_of(world, proposal):
    return rounds.proposal(world.chain, proposal).status


def test_an_auction_that_fits_is_cleared_in_one_transaction(world):
    market, rules = auction(world)
    cleared = agent(world).clear(market)
    assert [mined.step for mined in cleared.transactions] == ["clear"]
    assert cleared.solution.certificate.price_upoints_per_kwh == 100
    assert rounds.final_of(world.chain, market) == cleared.proposal
    final = settlement.final_trades(world.chain, market)
    assert {trade.trade.price_upoints_per_kwh for trade in final} == {100}
    assert sum(trade.trade.energy_wh for trade in final) == 2_400
    word = PriceWord.decode(rounds.prices_of(world.chain, cleared.proposal))
    assert (word.price_upoints_per_kwh, word.level_wh, word.until) == (100, 900, 0)
    world.warp(rules.slot_start + SLOT_S)
    world.report(rules.slot_start, bob=1_500, dave=900)
    assert agent(world).settle(market).paid == len(final)
    assert all(finding.holds for finding in audit(world.chain))


def test_an_auction_that_does_not_fit_is_sealed_with_the_orders_that_set_its_price(world, sealing):
    market, _ = auction(world)
    cleared = agent(world).clear(market)
    assert [mined.step for mined in cleared.transactions] == ["propose", "seal"]
    assert cleared.status is ProposalStatus.ACTIVE
    told = []
    assert watcher(world, told.append).look() == []
    assert told[-1].endswith("no order refutes it")
    require_right(world.chain, cleared.proposal)
    assert agent(world).clear(market).transactions == ()
    world.warp(cleared.final_from)
    assert agent(world).finalize(market) is not None
    assert rounds.final_of(world.chain, market) == cleared.proposal


def test_an_auction_is_proposed_and_proven_in_pieces(world, sealing, monkeypatch):
    monkeypatch.setattr("powerpact.agent.pieces.GAS_TARGET", 0)
    market, _ = auction(world, challenge_window_s=0, bond_upoints=0)
    cleared = agent(world).clear(market)
    steps = [mined.step for mined in cleared.transactions]
    assert steps == ["propose"] * len(cleared.solution.trades) + ["prove"] * 5
    assert cleared.status is ProposalStatus.FINAL


@pytest.mark.parametrize("hidden", ["0:0", "0:1", "0:3", "0:4"])
def test_an_order_that_is_left_out_refutes_the_result_by_itself(world, hidden):
    market, _ = auction(world)
    proposal = seal_without(world, market, hidden)
    with pytest.raises(ProposalFalse):
        require_right(world.chain, proposal)
    (challenge,) = watcher(world).look()
    assert len(challenge.orders) == 1
    assert status_of(world, proposal) is ProposalStatus.REFUTED
    assert points.wallet_of(world.chain, world.address("rival")).free_upoints == BOND_UPOINTS
    assert agent(world).clear(market).status is ProposalStatus.FINAL


def test_a_lie_about_the_margin_is_refuted_by_the_order_that_it_concerns(world):
    market, _ = auction(world)
    posted = rounds.read_round(world.chain, market)
    matches, prices = posted.claimed(CALL.solve(posted.round(), lambda _: None))
    false = (int.from_bytes(prices) + (1 << 40)).to_bytes(32)  # one Wh more for each offer at the price
    proposal = seal(world, posted, matches, false)
    (challenge,) = watcher(world).look()
    assert challenge.orders == (4,)
    assert status_of(world, proposal) is ProposalStatus.REFUTED


def test_the_price_cannot_be_chosen_within_its_interval(world):
    market, _ = auction(world, bids=((110, 1_200),), minimums=((80, 1_200),))
    posted = rounds.read_round(world.chain, market)
    right = CALL.solve(posted.round(), lambda _: None)
    assert right.certificate.price_upoints_per_kwh == 95
    matches, prices = posted.claimed(right)
    dearer, narrower = ((int.from_bytes(prices) + (1 << shift)).to_bytes(32) for shift in (176, 144))
    sender = world.sender("rival")
    for call, error in (
        (rounds.propose(world.chain, posted, matches, prices=dearer), "Call_BadPrices"),
        (rounds.clear(world.chain, posted, matches, narrower), "Call_NotAttained"),
    ):
        with pytest.raises(ContractError) as refusal:
            sender.send(call)
        assert refusal.value.name == error
    with pytest.raises(ContractError) as refusal:
        seal(world, posted, matches, narrower)  # no order attains its low, so none can be shown
    assert refusal.value.name == "Mechanism_WrongExhibits"


def test_without_a_crossing_there_is_no_price(world):
    market, _ = auction(world, bids=((79, 1_200), (70, 600)), minimums=((80, 1_500),))
    cleared = agent(world).clear(market)
    assert cleared.status is ProposalStatus.FINAL
    assert cleared.solution.trades == ()
    assert cleared.solution.certificate.price_upoints_per_kwh is None
    assert settlement.final_trades(world.chain, market) == []
    assert all(finding.holds for finding in audit(world.chain))


@pytest.mark.parametrize("hidden", ["0:0", "0:1"])
def test_a_false_claim_that_nothing_crosses_is_refuted_by_one_order(world, hidden):
    market, _ = auction(world, bids=((110, 1_200),), minimums=((80, 1_500),))
    proposal = seal_without(world, market, hidden)
    (challenge,) = watcher(world).look()
    assert len(challenge.orders) == 1
    assert status_of(world, proposal) is ProposalStatus.REFUTED
