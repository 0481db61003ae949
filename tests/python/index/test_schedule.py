"""Schedules: the trades of a slot that stand, where their energy goes, and what is still open."""

import pytest

from powerpact.agent import Agent
from powerpact.chain.contracts import points, settlement
from powerpact.index.schedule import schedule_of
from powerpact.market.rules import Mode
from powerpact.market.schema import DeliveryRule
from testkit.world import SLOT_S


@pytest.fixture
def round_(world):
    """Alice buys of bob, dave with a meter of his own of bob, too; a second market of the slot is open."""
    dave = world.keys["dave"]
    world.sender("utility").send(points.mint(world.chain, dave.address, 500, points.reference("for energy")))
    world.sender("dave").send(points.deposit(world.chain, dave, 500))
    market, rules = world.open_market(mode=Mode.DIVISIBLE, delivery=DeliveryRule.BOTH_SIDES)
    meter = world.meters["dave"].device
    world.post(market, world.buy("dave", rules, energy_wh=600, device=meter), world.sell("bob", rules, energy_wh=600))
    world.warp(rules.closes_at)
    Agent(world.chain, world.sender("agent")).clear(market)
    return market, rules


def test_it_says_who_feeds_in_and_who_draws(world, round_):
    market, rules = round_
    (trade,) = settlement.final_trades(world.chain, market)
    found = schedule_of(world.chain, rules.slot_start)
    (flow,) = found.flows
    assert (flow.trade_id, flow.market, flow.energy_wh) == (trade.id, market, 600)
    assert (flow.seller, flow.source) == (world.address("bob"), world.meters["bob"].device)
    assert (flow.buyer, flow.sink) == (world.address("dave"), world.meters["dave"].device)
    assert (flow.slot, flow.zone) == (rules.slot, "test")
    assert found.data()["is_final"]
    assert found.data()["flows"][0]["trade"] == f"0x{trade.id.hex()}"


def test_only_the_slot_and_the_zone_that_are_asked_for(world, round_):
    _, rules = round_
    assert schedule_of(world.chain, rules.slot_start + SLOT_S).flows == ()
    assert schedule_of(world.chain, rules.slot_start, "elsewhere").flows == ()
    assert len(schedule_of(world.chain, rules.slot_start, "test").flows) == 1


def test_a_market_that_is_undecided_is_told(world):
    market, rules = world.open_market()
    found = schedule_of(world.chain, rules.slot_start)
    assert (found.flows, found.undecided) == ((), (market,))
    world.warp(rules.latest_final + 1)
    assert schedule_of(world.chain, rules.slot_start).undecided == ()


def test_a_trade_that_is_vetoed_is_left_out(world, round_):
    market, rules = round_
    (trade,) = settlement.final_trades(world.chain, market)
    for auditor in ("auditor", "second auditor"):
        world.sender(auditor).send(settlement.veto(world.chain, market, trade, "a reason"))
    assert schedule_of(world.chain, rules.slot_start).flows == ()


def test_without_a_meter_of_the_buyers_the_path_is_the_sellers_subnet(world):
    market, rules = world.open_market()
    world.post(market, world.buy("alice", rules), world.sell("bob", rules))
    world.warp(rules.closes_at)
    Agent(world.chain, world.sender("agent")).clear(market)
    (flow,) = schedule_of(world.chain, rules.slot_start).flows
    assert flow.sink == 0
    assert len(flow.path) == 1
