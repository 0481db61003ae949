"""What a utility gets of a period: every meter, everything that was traded, once."""

import csv
import io

import pytest

from powerpact.agent import Agent
from powerpact.chain.contracts import devicechanges
from powerpact.market.rules import Mode
from powerpact.statements import Period, deliveries
from powerpact.statements.errors import StatementDisagrees
from powerpact.statements.export import COLUMNS, export_period
from testkit.world import SLOT_S


@pytest.fixture
def hour(world):
    """Bob and dave sell to alice and carol, who have no meters."""
    market, rules = world.open_market(mode=Mode.DIVISIBLE)
    world.post(market, world.buy("alice", rules, energy_wh=701), world.sell("bob", rules, energy_wh=1_001))
    world.post(market, world.buy("carol", rules, energy_wh=800), world.sell("dave", rules, energy_wh=500))
    world.warp(rules.closes_at)
    agent = Agent(world.chain, world.sender("agent"))
    agent.clear(market)
    world.warp(rules.slot_start + SLOT_S)
    world.report(rules.slot_start, bob=667, dave=1_200)
    agent.settle(market)
    return Period(rules.slot_start, rules.slot_start + SLOT_S)


def test_every_meter_has_a_row(world, hour):
    found = export_period(world.chain, hour)
    rows = {row["owner"]: row for row in found.rows}
    bob, dave = (rows[world.address(name)] for name in ("bob", "dave"))
    assert (bob["exported_wh"], bob["sold_wh"], bob["surplus_wh"], bob["grid_id"]) == (667, 667, 0, "")
    assert (dave["exported_wh"], dave["sold_wh"], dave["surplus_wh"]) == (1_200, 500, 700)
    assert found.unmetered_wh == 667 + 500
    assert len(found.pending) == 1
    assert found.data()["schema"] == "powerpact/settlement/1"


def test_it_is_final_once_nothing_can_change(world, hour):
    parameters = world.chain.deployment.parameters
    world.warp(hour.until + parameters.base_interval_s + parameters.correction_window_s)
    assert export_period(world.chain, hour).data()["is_final"]


def test_a_meter_has_its_number_from_when_it_is_on_record(world):
    record = devicechanges.Record(grid_id="AT0010000000000000000000000000001")
    world.sender("bob").send(devicechanges.describe(world.chain, world.meters["bob"].device, record))
    begins = world.chain.events("DeviceRegistry", "DeviceDescribed")[-1].arguments["from"]
    world.warp(begins + SLOT_S)
    for start in (begins - SLOT_S, begins):
        world.report(start, bob=1)
    found = export_period(world.chain, Period(begins - SLOT_S, begins + SLOT_S))
    assert [row["grid_id"] for row in found.rows] == ["", record.grid_id]


def test_the_csv_has_every_row(world, hour):
    rows = list(csv.DictReader(io.StringIO(export_period(world.chain, hour).csv(str))))
    assert tuple(rows[0]) == COLUMNS
    assert sorted(int(row["sold_wh"]) for row in rows) == [500, 667]


def test_what_was_sold_and_not_bought_is_refused(world, hour, monkeypatch):
    sides = deliveries._sides
    monkeypatch.setattr(deliveries, "_sides", lambda *asked: list(sides(*asked))[1:])
    with pytest.raises(StatementDisagrees, match="what all meters sold was bought"):
        export_period(world.chain, hour)
