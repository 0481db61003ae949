"""The agent where slots have several intervals and the buyers' meters count."""

import pytest

from powerpact.agent import Agent, Settled
from powerpact.audit import audit
from powerpact.chain.contracts import certificates, meters, points, rounds
from powerpact.market.schema import DeliveryRule, Side
from powerpact.market.slots import Slot
from powerpact.statements import Period, draw_up
from testkit.world import SLOT_S, go_back, make_world, snapshot

QUARTER_S = 900
HALF_S = 1_800


@pytest.fixture(scope="module")
def first_quarters(web3):
    """A deployment whose meters report quarters of an hour; dave has money, too."""
    world = make_world(web3, QUARTER_S)
    dave = world.keys["dave"]
    world.sender("utility").send(points.mint(world.chain, dave.address, 10_000, points.reference("deposit of dave")))
    world.sender("dave").send(points.deposit(world.chain, dave, 1_000))
    return world


@pytest.fixture
def quarters(first_quarters, web3):
    """However a test ends trades, everybody's statement pays them again from their readings, and agrees."""
    point = snapshot(web3)
    world = first_quarters.again()
    yield world
    period = Period(world.chain.time_of(world.chain.deployment.block), world.chain.now() + 1)
    for name in ("bob", "dave"):
        draw_up(world.chain, world.address(name), period)
    go_back(web3, point)


@pytest.fixture
def agent(quarters):
    return Agent(quarters.chain, quarters.sender("agent"))


@pytest.fixture
def market(quarters, agent):
    """A final round of half an hour: dave buys of bob, and both meters count."""
    id_, rules = quarters.open_market(slot_length_s=HALF_S, delivery=DeliveryRule.BOTH_SIDES)
    bought = quarters.buy("dave", rules, device=quarters.meters["dave"].device)
    quarters.post(id_, bought, quarters.sell("bob", rules))
    quarters.warp(rules.closes_at)
    agent.clear(id_)
    return id_, rules


def test_a_slot_is_settled_when_all_intervals_of_both_sides_are_read(quarters, agent, market):
    id_, rules = market
    quarters.warp(rules.slot.end)
    quarters.report(rules.slot_start, bob=700)
    assert agent.settle(id_) == Settled(waiting=1)
    quarters.report(rules.slot_start + QUARTER_S, bob=600)
    assert agent.settle(id_) == Settled(waiting=1)
    for start, imported_wh in ((rules.slot_start, 500), (rules.slot_start + QUARTER_S, 400)):
        quarters.report_import(start, dave=imported_wh)
    assert agent.settle(id_).paid == 1
    lot = certificates.id_of(quarters.meters["bob"].device, rules.slot)
    held = certificates.holdings(quarters.chain)
    assert (held[quarters.address("dave"), lot], held[quarters.address("bob"), lot]) == (900, 400)
    used = [event.arguments["used"] for event in quarters.chain.events("Settlement", "EnergyUsed")]
    assert used == [900]
    assert all(finding.holds for finding in audit(quarters.chain))


def test_silence_of_the_buyer_does_not_pay(quarters, agent, market):
    id_, rules = market
    before = points.wallet_of(quarters.chain, quarters.address("bob")).free_upoints
    quarters.warp(rules.slot.end)
    for start in rules.slot.intervals(QUARTER_S):
        quarters.report(start, bob=600)
    for time in (rules.slot.end, rules.refund_from, rules.import_until - 60):
        quarters.warp(time)
        assert agent.refund(id_) == Settled(waiting=1)
        assert agent.settle(id_) == Settled(waiting=1)
    details = {finding.law: finding.detail for finding in audit(quarters.chain)}
    assert f"free by {rules.refunded_by} at the latest" in details["MON-2"]
    quarters.warp(rules.import_until)
    assert agent.settle(id_).paid == 1
    price = rounds.chunks_of(quarters.chain, 1)[0][0].price_upoints_per_kwh
    after = points.wallet_of(quarters.chain, quarters.address("bob")).free_upoints
    assert after - before == 1_200 * price // 1_000
    lot = certificates.id_of(quarters.meters["bob"].device, rules.slot)
    assert certificates.holdings(quarters.chain) == {(quarters.address("bob"), lot): 1_200}


@pytest.mark.parametrize("is_read", [False, True], ids=["nothing is read", "a part is read"])
def test_a_silent_seller_is_refunded_at_the_refund_time(quarters, agent, market, is_read):
    """A device that has not reported the last interval may settle nothing."""
    id_, rules = market
    quarters.warp(rules.slot.end)
    if is_read:
        quarters.report(rules.slot_start, bob=600)
    quarters.warp(rules.refund_from - 60)
    assert agent.refund(id_) == Settled(waiting=1)
    quarters.warp(rules.refund_from)
    assert agent.refund(id_).refunded == 1


def test_what_was_measured_is_paid_though_an_interval_was_lost(quarters, agent, market):
    """The device reported the last interval, which shows that there is no first one; the buyer's meter is silent."""
    id_, rules = market
    quarters.warp(rules.slot.end)
    quarters.report(rules.slot_start + QUARTER_S, bob=600)
    quarters.warp(rules.import_until - 60)
    assert agent.settle(id_) == Settled(waiting=1)
    quarters.warp(rules.import_until)
    assert agent.settle(id_).paid == 1
    lot = certificates.id_of(quarters.meters["bob"].device, rules.slot)
    assert sum(wh for (_, id_), wh in certificates.holdings(quarters.chain).items() if id_ == lot) == 600


def test_a_buyers_meter_of_which_a_reading_was_lost_counts_as_missing(quarters, agent, market):
    id_, rules = market
    quarters.warp(rules.slot.end)
    for start in rules.slot.intervals(QUARTER_S):
        quarters.report(start, bob=600)
    quarters.report_import(rules.slot_start + QUARTER_S, dave=400)
    assert agent.settle(id_) == Settled(waiting=1)
    quarters.warp(rules.import_until)
    assert agent.settle(id_).paid == 1


def test_decides_what_devices_and_meters_traded(quarters, agent, market):
    id_, rules = market
    assert len(agent.decide(id_)) == 2
    assert agent.decide(id_) == []
    chain, slot = quarters.chain, rules.slot
    assert meters.promised_of(chain, quarters.meters["bob"].device, Side.SELL, slot) == (False, 1_200)
    assert meters.promised_of(chain, quarters.meters["dave"].device, Side.BUY, slot) == (False, 1_200)


def test_a_device_keeps_to_one_length_of_slots(quarters, market):
    _, rules = market
    device = quarters.meters["bob"].device
    quarters.warp(rules.slot_start + SLOT_S)
    for start in rules.slot.intervals(QUARTER_S):
        quarters.report(start, bob=100)
    quarter = Slot(rules.slot_start, QUARTER_S)
    measured = meters.measured_in(quarters.chain, quarter)[device]
    with pytest.raises(Exception, match="Device_OtherLength"):
        quarters.sender("bob").send(meters.issue(quarters.chain, quarter, measured))
