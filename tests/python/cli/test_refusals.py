"""What commands refuse, and what they say about it; every command shows an example."""

import re

import pytest
from typer.main import get_command
from typer.testing import CliRunner

from powerpact.chain.remedies import ADVICE
from powerpact.cli import app


def test_what_a_contract_refuses_is_told_with_why_and_remedy(shell, admitted):
    refused = shell.refused("withdraw", 10**9, "-a", "alice")
    advice = ADVICE["Accounts_InsufficientBalance"]
    assert refused.exit_code == 1
    assert "Accounts_InsufficientBalance(trader=" in refused.stderr
    assert advice.why in refused.stderr
    assert advice.remedy in refused.stderr


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("order", "list", "0xffff"), "no such market"),
        (("market", "open", "-a", "alice", "--arbiter", "ann", "--slot", "noon"), "is not a time"),
        (("market", "open", "-a", "alice", "--arbiter", "ann", "--slot", "0", "--attribute", "x"), "NAME:KIND:SOURCE"),
        (
            ("market", "open", "-a", "alice", "--arbiter", "ann", "--slot", "7200", "--zone", "x" * 25),
            "24 printable ASCII",
        ),
        (
            ("market", "open", "-a", "alice", "--arbiter", "ann", "--slot", "0", "--source-category", "x"),
            "not a category",
        ),
        (("market", "open", "-a", "alice", "--arbiter", "ann", "--slot", "0", "--price-rule", "x"), "pay-as-bid"),
        (("members", "apply", "-a", "alice", "--attribute", "x"), "KEY=VALUE"),
        (("certificates", "trace", "1"), "no certificate 1"),
        (("balance", "nobody"), "powerpact account new nobody"),
        (("order", "relay", "missing.json", "-a", "agent"), "missing.json"),
        (("meter", "report", "-a", "bob", "--key", "alice", "--slot", "0", "--exported-wh", "1"), "no device"),
        (("device", "add", "-a", "bob", "--key", "alice", "--capacity-wh", "1", "--source", "coal"), "solar"),
    ],
)
def test_bad_input_is_told(shell, admitted, words, told):
    assert told in shell.refused(*words).stderr


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--term", "price"), "NAME=VALUE"),
        (("--term", "colour=1:2"), "schema"),
        (("--term", "price=1"), "2 or 3 numbers"),
        (("--term", "price=0.0000001:1"), "fraction of a micro-point"),
        (("--term", "line-length=0.5:1"), "2 or 3 numbers"),
        (("--term", "price=1:2:1000000", "--term", "reliability=1:0"), "weights"),
        (("--require", "source=coal"), "no such code"),
        (("--require", "source=256"), "no such code"),
        (("--term", "price=2:1"), "limit before"),
        (("--term", "price=1:2:999999"), "sum of the weights"),
        (("--min-fill-ppm", 1_000_001), "min-fill-ppm"),
        (("--accept",), "accept"),
        (("--meter", 1), "meter"),
    ],
)
def test_bad_terms_are_told(shell, admitted, words, told):
    market = shell.open_market()["market"]
    buying = ("order", "buy", market, "-a", "alice", "--energy-wh", 1_000, "--bid", 1)
    assert told in shell.refused(*buying, *words).stderr


def test_a_divisible_market_knows_no_least_fill(shell, admitted):
    market = shell.open_market("--mode", "divisible")["market"]
    buying = ("order", "buy", market, "-a", "alice", "--energy-wh", 1_000, "--bid", 1)
    assert "min_fill_ppm" in shell.refused(*buying, "--min-fill-ppm", 1).stderr


def test_an_order_below_the_least_of_its_market_is_told(shell, admitted):
    market = shell.open_market("--least-energy-wh", 20, "--least-reservation-upoints", 300)["market"]
    buying = ("order", "buy", market, "-a", "alice", "--bid", 10)
    assert "energy 19 Wh" in shell.refused(*buying, "--energy-wh", 19).stderr
    assert "reservation 299" in shell.refused(*buying, "--energy-wh", 29_999).stderr


def test_the_usual_least_fill_is_told(shell, admitted):
    market = shell.open_market()["market"]
    buying = ("order", "buy", market, "-a", "alice", "--energy-wh", 1_000, "--bid", 1, "--sign-only", "usual.json")
    assert "trades from 50% of its energy on" in shell.ok(*buying).stderr
    assert "trades from" not in shell.ok(*buying, "--min-fill-ppm", 0).stderr


def test_orders_of_two_markets_are_not_carried_together(shell, admitted, tmp_path):
    files = []
    for _ in range(2):
        market = shell.open_market()
        files.append(tmp_path / f"{market['market']}.json")
        buying = ("order", "buy", market["market"], "-a", "alice", "--energy-wh", 1_000, "--bid", 100)
        shell.ok(*buying, "--sign-only", files[-1])
    assert "another market" in shell.refused("order", "relay", *files, "-a", "agent").stderr


def test_a_deployment_that_is_not_there_is_told(shell, deployed, monkeypatch):
    monkeypatch.setenv("POWERPACT_DEPLOYMENT", "none.json")
    refused = shell.refused("market", "list")
    assert "none.json" in refused.stderr
    assert "powerpact deploy" in refused.stderr


def test_a_dead_node_is_told(shell, deployed, monkeypatch):
    monkeypatch.setenv("POWERPACT_RPC", "http://127.0.0.1:9")
    monkeypatch.setattr("powerpact.chain.connection.RETRIES", 1)
    assert "powerpact chain up" in shell.refused("market", "list").stderr


def commands(group, path=()):
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from commands(command, (*path, name))
        else:
            yield (*path, name)


@pytest.mark.parametrize("words", list(commands(get_command(app))), ids=" ".join)
def test_every_command_shows_an_example(words):
    shown = CliRunner().invoke(app, [*words, "--help"], env={"COLUMNS": "200"})
    assert shown.exit_code == 0
    assert re.search(rf"Example:\S* powerpact {' '.join(words)}\b", re.sub(r"\x1b\[[0-9;]*m", "", shown.output))
