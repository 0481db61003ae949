"""The command line of the market: a story from the first key to the retired certificate, and what can go wrong."""

import itertools
import json
import os
import re
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command
from typer.testing import CliRunner

from powerpact.chain.connection import connect
from powerpact.chain.local.clock import ChainClock
from powerpact.chain.local.node import Node
from powerpact.chain.remedies import ADVICE
from powerpact.cli import app
from powerpact.keystore import Keystore, KeystoreError

PASSWORD = "correct horse battery staple"
NAMES = ("utility", "ann", "ben", "arbiter", "alice", "bob", "bob-meter", "agent")
ZONES = itertools.count()


@dataclass
class Shell:
    """Runs commands in a folder of its own, with a keystore of its own."""

    folder: Path
    node: Node

    def run(self, *words: object) -> Any:
        return CliRunner().invoke(app, [str(word) for word in words], catch_exceptions=False)

    def ok(self, *words: object) -> Any:
        result = self.run(*words)
        assert result.exit_code == 0, result.output
        return result

    def json(self, *words: object):
        return json.loads(self.ok(*words, "--json").stdout)

    def refused(self, *words: object) -> Any:
        result = self.run(*words)
        assert result.exit_code != 0
        assert result.stdout == ""
        return result


@pytest.fixture(scope="module")
def node():
    with Node() as running:
        yield running


@pytest.fixture(scope="module")
def shell(tmp_path_factory, node):
    folder = tmp_path_factory.mktemp("cli")
    (folder / "password").write_text(PASSWORD + "\n")
    settings = {
        "POWERPACT_HOME": str(folder / "home"),
        "POWERPACT_PASSWORD_FILE": str(folder / "password"),
        "POWERPACT_DEPLOYMENT": str(folder / "deployment.json"),
        "POWERPACT_RPC": node.rpc_url,
    }
    with pytest.MonkeyPatch.context() as patch:
        for name, value in settings.items():
            patch.setenv(name, value)
        patch.delenv("POWERPACT_ACCOUNT", raising=False)
        patch.chdir(folder)
        patch.setattr("powerpact.keystore.SCRYPT_COST", 1 << 10)  # opening a key takes a millisecond here
        yield Shell(folder, node)


@pytest.fixture(scope="module")
def accounts(shell):
    return {name: shell.json("account", "new", name)["address"] for name in NAMES}


@pytest.fixture(scope="module")
def deployed(shell, accounts):
    shell.ok("chain", "fund", *(name for name in NAMES if name != "bob-meter"))
    options = ("--auditor", "ann", "--auditor", "ben", "--threshold", 2)
    return shell.json("deploy", "-a", "utility", *options)


@pytest.fixture(scope="module")
def admitted(shell, deployed):
    for name in ("alice", "bob"):
        shell.ok("apply", "-a", name, "--attribute", f"name={name}")
        for auditor in ("ann", "ben"):
            options = ("--credibility-ppm", 900_000, "--shown", f"{name}.application.json")
            voted = shell.json("approve", name, "-a", auditor, *options)
    assert voted["status"] == "active"
    device = shell.json("device", "add", "-a", "bob", "--key", "bob-meter", "--capacity-wh", 20_000)["device"]
    for auditor in ("ann", "ben"):
        certified = shell.json("device", "certify", device, "-a", auditor)
    assert certified["certified"]
    shell.ok("points", "mint", "alice", 1_000, "-a", "utility", "--reference", "transfer 1")
    shell.ok("deposit", 900, "-a", "alice")
    return device


def warp(shell, time_s):
    shell.ok("chain", "advance", time_s, "--rpc", shell.node.rpc_url)


def open_market(shell, *more):
    now = ChainClock(connect(shell.node.rpc_url)).now()
    slot = (now // 3_600 + 2) * 3_600
    words = ("--arbiter", "arbiter", "--slot", slot, "--zone", f"zone {next(ZONES)}")
    return shell.json("market", "open", "-a", "alice", *words, *more)


def sell_words(market, device):
    classes = ("--class", "grade=A", "--class", "feeder=2")
    prices = ("--ask", 100, "--min", 80)
    return ("order", "sell", market, "-a", "bob", "--energy-wh", 1_500, *prices, "--device", device, *classes)


def test_from_the_first_key_to_the_retired_certificate(shell, admitted, accounts):
    opened = open_market(shell)
    market, short = opened["market"], opened["market"][:12]
    assert shell.json("market", "list")[-1]["state"] == "open"

    # alice signs and the agent relays; bob posts by himself, changes his mind, and sells again.
    terms = ("--term", "price=90:120:700000", "--term", "line-length=100:500:300000", "--require", "source=solar")
    buying = ("order", "buy", short, "-a", "alice", "--energy-wh", 1_200, "--bid", 110, *terms)
    shell.ok(*buying, "--sign-only", "alice.order.json")
    relayed = shell.json("order", "relay", "alice.order.json", "-a", "agent")
    assert relayed["orders"] == ["0:0"]
    selling = sell_words(short, admitted)
    assert shell.ok(*selling, "--attribute", "line-length=200").stdout == "1:0\n"
    shell.ok("order", "cancel", short, "1:0", "-a", "bob")
    assert shell.json(*selling, "--attribute", "line-length=300")["order"] == "2:0"
    listed = {order["order"]: order["state"] for order in shell.json("order", "list", short)}
    assert listed == {"0:0": "open", "1:0": "closed", "2:0": "open"}
    assert shell.json("balance", "alice")[0]["held_upoints"] == 132

    assert "closes at" in shell.refused("round", "close", short, "--no-wait").stderr
    warp(shell, opened["closes_at"])
    assert shell.json("round", "close", short)["buys"] == 1
    shell.ok("round", "solve", short, "--round", "round.json", "-o", "solution.json")
    shell.ok("verify", "round.json", "solution.json")
    submitted = shell.json("round", "submit", short, "-a", "agent")
    objective = json.loads(Path("solution.json").read_text())["objective"]
    assert (submitted["trades"], submitted["objective_ppm"]) == (1, objective)
    status = shell.json("round", "status", short)
    assert status["state"] == "final"
    assert [(trade["buy"], trade["sell"], trade["state"]) for trade in status["trades"]] == [("0:0", "2:0", "locked")]
    assert "2:0 -> 0:0 1200 Wh at 95" in shell.ok("round", "status", short).stdout

    assert shell.json("settle", short, "-a", "agent")["waiting"] == 1
    warp(shell, opened["slot_start"] + 3_600)
    reading = ("--slot", opened["slot_start"], "--exported-wh", 1_300)
    shell.ok("meter", "report", "-a", "bob", "--key", "bob-meter", *reading)
    settled = shell.json("settle", short, "-a", "agent")
    assert (settled["paid"], settled["waiting"]) == (1, 0)
    bob = shell.json("balance", "bob")[0]
    assert (bob["free_upoints"], bob["sales"], bob["reliability_ppm"]) == (114, 1, 1_000_000)

    held = shell.json("certificates", "list", "alice")
    assert [(lot["device"], lot["energy_wh"]) for lot in held] == [(admitted, 1_200)]
    certificate = held[0]["certificate"]
    shell.ok("certificates", "retire", certificate, 1_000, "-a", "alice", "--purpose", "tea")
    traced = shell.json("certificates", "trace", certificate)
    assert traced["exported_wh"] == 1_300
    assert traced["owner"] == accounts["bob"]
    assert [entry["energy_wh"] for entry in traced["transfers"]] == [1_200, 100, 1_000]
    assert [entry["purpose"] for entry in traced["retired"]] == ["tea"]
    assert "retired for" in shell.ok("certificates", "trace", certificate).stdout

    shell.ok("withdraw", 100, "-a", "bob")
    shell.ok("points", "redeem", 100, "-a", "bob", "--bill", "November")
    assert all(row["holds"] for row in shell.json("audit"))
    assert market == shell.json("round", "status", market)["market"]


def test_the_rules_of_a_market_open_another(shell, admitted, tmp_path):
    opened = open_market(shell, "--price-rule", "pay-as-bid", "--penalty-ppm", 7)
    file = tmp_path / "rules.json"
    shell.ok("market", "rules", opened["market"], "-o", file)
    assert "Market_AlreadyOpen" in shell.refused("market", "open", "-a", "alice", "--rules", file).stderr
    later = opened["slot_start"] + 3_600
    moved = shell.json("market", "open", "-a", "alice", "--rules", file, "--slot", later, "--mode", "divisible")
    assert moved["closes_at"] == opened["closes_at"] + 3_600
    rules = json.loads(shell.ok("market", "rules", moved["market"]).stdout)["rules"]
    assert (rules["price_rule"], rules["penalty_ppm"], rules["mode"]) == ("pay-as-bid", 7, "divisible")
    assert "arbiter" in shell.refused("market", "open", "-a", "alice", "--slot", later).stderr


def test_two_of_three_release_a_trade(shell, admitted):
    opened = open_market(shell)
    market = opened["market"]
    buying = ("order", "buy", market, "-a", "alice", "--energy-wh", 1_000, "--bid", 100)
    shell.ok(*buying)
    shell.ok(*sell_words(market, admitted))
    warp(shell, opened["closes_at"])
    shell.ok("round", "submit", market, "-a", "agent")
    (trade,) = shell.json("round", "status", market)["trades"]
    before = shell.json("balance", "bob")[0]["free_upoints"]

    # Bob's device may sell what is left of the slot in another market as soon as this order is decided.
    other = ("--slot", opened["slot_start"], "--gate-before", 60, "--zone", f"zone {next(ZONES)}")
    second = shell.json("market", "open", "-a", "alice", "--arbiter", "arbiter", *other)["market"]
    assert "round decide" in shell.refused(*sell_words(second, admitted)).stderr
    deciding = ("round", "decide", market, "--device", admitted, "-a", "agent")
    assert [shell.json(*deciding)["decided"] for _ in range(2)] == [1, 0]
    assert shell.json(*sell_words(second, admitted))["order"] == "0:0"
    shell.ok("order", "cancel", second, "0:0", "-a", "bob")

    signing = ("agreement", "sign", market, trade["sell"], "--to-seller")
    shell.ok(*signing, 60, "-a", "alice", "-o", "alice.agreement.json")
    shell.ok(*signing, 61, "-a", "bob", "-o", "bob.agreement.json")
    sending = ("agreement", "submit", "alice.agreement.json")
    assert "same trade and sum" in shell.refused(*sending, "bob.agreement.json", "-a", "agent").stderr
    assert "trade's value" in shell.refused(*signing, 91, "-a", "bob").stderr
    assert "arbiter" in shell.refused(*signing, 60, "-a", "agent").stderr
    assert "Settlement_BadSigners" in shell.refused(*sending, "alice.agreement.json", "-a", "agent").stderr

    arbitrated = shell.ok("agreement", "sign", market, trade["trade"], "--to-seller", 60, "-a", "arbiter")
    Path("arbiter.agreement.json").write_text(arbitrated.stdout)
    ended = shell.json(*sending, "arbiter.agreement.json", "-a", "agent")
    assert (ended["trade"], ended["to_seller_upoints"]) == (trade["trade"], 60)
    assert shell.json("round", "status", market)["trades"][0]["state"] == "settled"
    assert shell.json("balance", "bob")[0]["free_upoints"] == before + 60
    assert shell.json("balance", "alice")[0]["held_upoints"] == 0

    warp(shell, opened["slot_start"] + 3_600)
    reading = ("--slot", opened["slot_start"], "--exported-wh", 900)
    shell.ok("meter", "report", "-a", "bob", "--key", "bob-meter", *reading)
    certifying = ("round", "certify", market, "-a", "agent")
    assert [shell.json(*certifying)["certified"] for _ in range(2)] == [1, 0]
    assert 900 in [lot["energy_wh"] for lot in shell.json("certificates", "list", "bob")]


def test_a_signed_order_is_revoked(shell, admitted):
    market = open_market(shell)["market"]
    words = ("order", "buy", market, "-a", "alice", "--energy-wh", 1_000, "--bid", 50, "--sign-only")
    for nonce in (900, 901):
        shell.ok(*words, f"{nonce}.json", "--nonce", nonce)
    assert "one page" in shell.refused("order", "revoke", "-a", "alice", "--side", "buy", *nonces(900, 32)).stderr
    assert "'buy', 'sell'" in shell.refused("order", "revoke", "-a", "alice", "--side", "hold", *nonces(1)).stderr
    assert shell.json("order", "revoke", "-a", "alice", "--side", "buy", *nonces(900, 903))["nonces"] == [900, 903]
    assert "Accounts_NonceUsed" in shell.refused("order", "relay", "900.json", "-a", "agent").stderr
    assert shell.json("order", "relay", "901.json", "-a", "agent")["orders"] == ["0:0"]
    assert "Accounts_NonceUsed" in shell.refused(*words[:-1], "--nonce", 5).stderr  # an earlier page
    shell.ok("order", "cancel", market, "0:0", "-a", "alice")


def nonces(*numbers):
    return [word for number in numbers for word in ("--nonce", number)]


def test_money_of_a_round_that_nobody_cleared_comes_back(shell, admitted):
    opened = open_market(shell)
    buying = ("order", "buy", opened["market"], "-a", "alice", "--energy-wh", 1_000, "--bid", 100)
    assert shell.json(*buying)["reserved_upoints"] == 100
    warp(shell, opened["final_by"] + 1)
    assert shell.json("round", "status", opened["market"])["state"] == "expired"
    assert "powerpact refund" in shell.refused("round", "submit", opened["market"], "-a", "agent").stderr
    assert shell.json("refund", opened["market"], "-a", "agent")["released"] == 1
    assert shell.json("balance", "alice")[0]["held_upoints"] == 0


def test_a_sealed_round_is_endorsed_watched_and_made_final(shell, admitted):
    """Ann and Ben endorse; the agent seals; Alice watches; anybody makes the round final."""
    bond_upoints = 500
    endorsed = ("--endorser", "ann", "--endorser", "ben", "--endorsements", 2)
    opened = open_market(
        shell, "--mode", "divisible", "--challenge-window", 600, "--bond-upoints", bond_upoints, *endorsed
    )
    market = opened["market"]
    shell.ok("order", "buy", market, "-a", "alice", "--energy-wh", 1_000, "--bid", 100)
    shell.ok(*sell_words(market, admitted))
    warp(shell, opened["closes_at"])
    submitted = shell.json("round", "submit", market, "-a", "agent")
    assert (submitted["state"], submitted["trades"]) == ("draft", 1)
    proposal = submitted["proposal"]
    endorsements = [shell.ok("round", "endorse", proposal, "-a", name).stdout.strip() for name in ("ann", "ben")]
    sealing = ("round", "seal", proposal, "-a", "agent", "--endorser", "ann", "--endorser", "ben")
    assert "Clearing_TooFewEndorsements" in shell.refused(*sealing, "--endorsement", endorsements[1]).stderr
    assert "endorser" in shell.refused(*sealing, "--endorsement", "ann:0x12:34").stderr
    both = [word for text in endorsements for word in ("--endorsement", text)]
    assert "Accounts_InsufficientBalance" in shell.refused(*sealing, *both).stderr
    shell.ok("points", "mint", "agent", bond_upoints, "-a", "utility", "--reference", "bond")
    shell.ok("deposit", bond_upoints, "-a", "agent")
    final_from = shell.json(*sealing, *both)["final_from"]
    assert shell.json("round", "status", market)["state"] == "active"
    assert "final from" in shell.ok("round", "status", market).stdout
    assert shell.json("watch", "--once", "-a", "alice")["refuted"] == []
    assert shell.json("round", "finalize", market, "-a", "alice")["proposal"] is None
    warp(shell, final_from)
    assert shell.json("round", "finalize", market, "-a", "alice")["proposal"] == proposal
    assert shell.json("round", "status", market)["trades"][0]["energy_wh"] == 1_000
    assert shell.json("balance", "agent")[0]["free_upoints"] == bond_upoints


def test_a_round_is_run_in_one_go(shell, admitted, monkeypatch):
    opened = open_market(shell)
    shell.ok("order", "buy", opened["market"], "-a", "alice", "--energy-wh", 1_000, "--bid", 50)
    warp(shell, opened["slot_start"] - 299)
    ahead = ChainClock(connect(shell.node.rpc_url))
    monkeypatch.setattr("powerpact.agent.gate.time.sleep", lambda _: ahead.advance_to(opened["slot_start"] + 3_600))
    assert shell.json("round", "run", opened["market"], "-a", "agent")["released"] == 1


def test_the_attribute_set_is_checked_against_what_was_committed(shell, deployed, tmp_path):
    shell.ok("apply", "-a", "agent", "--attribute", "type=trader", "-o", tmp_path / "shown.json")
    shown = json.loads((tmp_path / "shown.json").read_text())
    shown["attributes"]["type"] = "saint"
    (tmp_path / "forged.json").write_text(json.dumps(shown))
    (tmp_path / "garbage.json").write_text("{}")
    vote = ("approve", "agent", "-a", "ann", "--credibility-ppm", 1)
    assert "committed" in shell.refused(*vote, "--shown", tmp_path / "forged.json").stderr
    assert "cannot be read" in shell.refused(*vote, "--shown", tmp_path / "garbage.json").stderr
    for auditor in ("ann", "ben"):
        rejected = shell.json("reject", "agent", "-a", auditor, "--reason", "no need")
    assert rejected["status"] == "rejected"


def test_participants_are_suspended_and_leave(shell, admitted):
    until = ChainClock(connect(shell.node.rpc_url)).now() + 86_400
    for auditor in ("ann", "ben"):
        suspended = shell.json("suspend", "bob", "-a", auditor, "--until", until, "--reason", "meter opened")
    assert suspended["suspended_until"] == until
    shell.ok("leave", "-a", "bob")
    refused = shell.refused("leave", "-a", "bob")
    assert "Registry_NoticeRunning" in refused.stderr
    assert ADVICE["Registry_NoticeRunning"].remedy in refused.stderr


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
        (("apply", "-a", "alice", "--attribute", "x"), "KEY=VALUE"),
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
        (("--term", "price=1:2:1000000", "--term", "reliability=1:0"), "weights"),
        (("--require", "source=coal"), "no such code"),
        (("--require", "source=256"), "no such code"),
        (("--term", "price=2:1"), "limit before"),
        (("--term", "price=1:2:999999"), "sum of the weights"),
        (("--min-fill-ppm", 1), "min_fill_ppm"),
        (("--accept",), "accept"),
        (("--meter", 1), "meter"),
    ],
)
def test_bad_terms_are_told(shell, admitted, words, told):
    market = open_market(shell)["market"]
    buying = ("order", "buy", market, "-a", "alice", "--energy-wh", 1, "--bid", 1)
    assert told in shell.refused(*buying, *words).stderr


def test_orders_of_two_markets_are_not_carried_together(shell, admitted, tmp_path):
    files = []
    for _ in range(2):
        market = open_market(shell)
        files.append(tmp_path / f"{market['market']}.json")
        buying = ("order", "buy", market["market"], "-a", "alice", "--energy-wh", 1_000, "--bid", 100)
        shell.ok(*buying, "--sign-only", files[-1])
    assert "another market" in shell.refused("order", "relay", *files, "-a", "agent").stderr


def test_keys_stay_secret(shell, accounts, deployed):
    keystore = Keystore.default()
    names = shell.json("account", "list")
    assert {entry["name"]: entry["address"] for entry in names} == accounts
    for name in NAMES:
        key = keystore.unlock(name, PASSWORD).key.hex()
        assert stat.S_IMODE((keystore.folder / f"{name}.json").stat().st_mode) == 0o600
        for file in shell.folder.rglob("*"):
            assert not file.is_file() or key not in file.read_text(errors="replace")


def test_the_keystore_refuses(shell, accounts, monkeypatch, tmp_path):
    keystore = Keystore.default()
    with pytest.raises(KeystoreError, match="wrong password"):
        keystore.unlock("alice", "guess")
    with pytest.raises(KeystoreError, match="exists"):
        keystore.create("alice", PASSWORD)
    with pytest.raises(KeystoreError, match="unfit"):
        keystore.create("../alice", PASSWORD)
    with pytest.raises(KeystoreError, match="empty"):
        keystore.create("eve", "")
    with pytest.raises(KeystoreError, match="not in"):
        keystore.address("../alice")
    (tmp_path / "file").write_text("")
    with pytest.raises(KeystoreError, match="written"):
        Keystore(tmp_path / "file" / "keystore").create("eve", PASSWORD)
    (tmp_path / "broken.json").write_text("{")
    with pytest.raises(KeystoreError, match="read"):
        Keystore(tmp_path).address("broken")


def test_a_password_comes_from_a_descriptor_or_the_terminal(shell, monkeypatch):
    monkeypatch.delenv("POWERPACT_PASSWORD_FILE")
    reading, writing = os.pipe()
    os.write(writing, b"from a pipe\n")
    os.close(writing)
    monkeypatch.setenv("POWERPACT_PASSWORD_FD", str(reading))
    shell.ok("account", "new", "piped")
    os.close(reading)
    assert Keystore.default().unlock("piped", "from a pipe")
    monkeypatch.delenv("POWERPACT_PASSWORD_FD")
    asked = CliRunner().invoke(app, ["account", "new", "asked"], input="typed\ntyped\n")
    assert asked.exit_code == 0
    assert "typed" not in asked.output
    assert Keystore.default().unlock("asked", "typed")


@pytest.mark.parametrize("name", ["POWERPACT_PASSWORD_FILE", "POWERPACT_PASSWORD_FD"])
def test_a_password_that_cannot_be_read_is_told(shell, accounts, monkeypatch, name):
    monkeypatch.delenv("POWERPACT_PASSWORD_FILE")
    monkeypatch.setenv(name, "/no/such/file")
    assert name in shell.refused("account", "new", "eve").stderr


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
