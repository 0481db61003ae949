"""A refutation late in a round puts off its last moment for proposals: what is told of the round follows."""

import json

import pytest
from typer.testing import CliRunner

from powerpact.chain.contracts import markets, rounds
from powerpact.cli import app
from powerpact.index.outcomes import RoundState, state_of
from powerpact.index.records import read_rounds
from testkit.sealed import closed_market, refuted, seal_without, watcher
from testkit.world import CONTEST

LEFT_S = 60
"""Between the refutation and the last moment of the rules, s: less than a challenge window."""


@pytest.fixture
def extended(world, bonded):
    """A round whose false proposal was refuted late; its market, its rules, and the new last moment for proposals."""
    market, rules = closed_market(world)
    proposal = seal_without(world, market, {"0:0"})
    world.warp(rules.final_by - LEFT_S)
    assert refuted(watcher(world).look()) == [proposal]
    until = rounds.final_by(world.chain, market)
    assert rules.final_by < until <= rules.final_by + CONTEST["challenge_window_s"]
    return market, rules, until


@pytest.fixture
def command(world, node, tmp_path, monkeypatch):
    """Run a command of the command line on the deployment; what it says, and its JSON."""
    world.chain.deployment.save(tmp_path / "deployment.json")
    monkeypatch.setenv("POWERPACT_DEPLOYMENT", str(tmp_path / "deployment.json"))
    monkeypatch.setenv("POWERPACT_RPC", node.rpc_url)
    monkeypatch.setenv("POWERPACT_ZONE", "UTC")

    def _command(*words):
        texts = [CliRunner().invoke(app, list(more), catch_exceptions=False) for more in (words, (*words, "--json"))]
        assert [text.exit_code for text in texts] == [0, 0]
        return texts[0].stdout, json.loads(texts[1].stdout)

    return _command


def record_of(world, market):
    (record,) = read_rounds(world.chain, [markets.market(world.chain, market)])
    return record


def test_a_round_without_refutation_ends_by_its_rules(world):
    market, rules = world.open_market()
    record = record_of(world, market)
    assert (record.put_off_to, record.last_moment) == (0, rules.final_by)
    assert state_of(record, rules.final_by) is RoundState.CLOSED
    assert state_of(record, rules.final_by + 1) is RoundState.EXPIRED


def test_the_record_knows_the_last_moment_of_the_contract(world, extended):
    market, rules, until = extended
    record = record_of(world, market)
    assert (record.put_off_to, record.last_moment) == (until, until)
    assert state_of(record, rules.final_by + 1) is RoundState.CLOSED
    assert state_of(record, until) is RoundState.CLOSED
    assert state_of(record, until + 1) is RoundState.EXPIRED


def test_the_commands_tell_of_it(world, command, extended):
    market, rules, until = extended
    world.warp(rules.final_by + 1)
    text, data = command("round", "status", market.hex())
    assert (data["state"], data["final_by"], data["put_off_to"]) == ("closed", rules.final_by, until)
    assert ", put off to " in text
    text, data = command("market", "show", market.hex())
    assert (data["state"], data["put_off_to"]) == ("closed", until)
    assert "proposals are taken until " in text
    assert command("market", "list")[1][-1]["state"] == "closed"
    world.warp(until + 1)
    assert command("market", "list")[1][-1]["state"] == "expired"


def test_the_list_of_markets_tells_of_an_active_proposal(world, bonded, command):
    market, rules = closed_market(world)
    seal_without(world, market, set())
    world.warp(rules.final_by + 1)
    assert command("market", "list")[1][-1]["state"] == "active"
    assert command("round", "status", market.hex())[1]["put_off_to"] is None
