"""The command line of a market: a story from the first key to the retired certificate, and other ways of a round."""

import json
from pathlib import Path

from powerpact.chain.connection import connect
from powerpact.chain.local.clock import ChainClock
from testkit.shell import sell_words


def post_orders(shell, market, device):
    """Alice signs and the agent relays; Bob posts by himself, changes his mind, and sells again."""
    terms = ("--term", "price=90:120:700000", "--term", "line-length=100:500:300000", "--require", "source=solar")
    buying = ("order", "buy", market, "-a", "alice", "--energy-wh", 1_200, "--bid", 110, *terms)
    shell.ok(*buying, "--sign-only", "alice.order.json")
    relayed = shell.json("order", "relay", "alice.order.json", "-a", "agent")
    assert relayed["orders"] == ["0:0"]
    selling = sell_words(market, device)
    assert shell.ok(*selling, "--attribute", "line-length=200").stdout == "1:0\n"
    shell.ok("order", "cancel", market, "1:0", "-a", "bob")
    assert shell.json(*selling, "--attribute", "line-length=300")["order"] == "2:0"
    listed = {order["order"]: order["state"] for order in shell.json("order", "list", market)}
    assert listed == {"0:0": "open", "1:0": "closed", "2:0": "open"}
    assert shell.json("balance", "alice")[0]["held_upoints"] == 132


def clear(shell, market, closes_at):
    """The gate closes; the agent solves, and the round is final."""
    assert "closes at" in shell.refused("round", "close", market, "--no-wait").stderr
    shell.warp(closes_at)
    assert shell.json("round", "close", market)["buys"] == 1
    shell.ok("round", "solve", market, "--round", "round.json", "-o", "solution.json")
    shell.ok("verify", "round.json", "solution.json")
    submitted = shell.json("round", "submit", market, "-a", "agent")
    objective = json.loads(Path("solution.json").read_text())["objective"]
    assert (submitted["trades"], submitted["objective_ppm"]) == (1, objective)
    status = shell.json("round", "status", market)
    assert status["state"] == "final"
    assert [(trade["buy"], trade["sell"], trade["state"]) for trade in status["trades"]] == [("0:0", "2:0", "locked")]
    assert "2:0 -> 0:0 1200 Wh at 95" in shell.ok("round", "status", market).stdout


def deliver(shell, market, slot_start):
    """Bob's meter reports more than he sold, and he is paid."""
    assert shell.json("settle", market, "-a", "agent")["waiting"] == 1
    shell.warp(slot_start + 3_600)
    reading = ("--slot", slot_start, "--exported-wh", 1_300)
    shell.ok("meter", "report", "-a", "bob", "--key", "bob-meter", *reading)
    settled = shell.json("settle", market, "-a", "agent")
    assert (settled["paid"], settled["waiting"]) == (1, 0)
    bob = shell.json("balance", "bob")[0]
    assert (bob["free_upoints"], bob["sales"], bob["reliability_ppm"]) == (114, 1, 1_000_000)


def test_from_the_first_key_to_the_retired_certificate(shell, admitted, accounts):
    opened = shell.open_market()
    market, short = opened["market"], opened["market"][:12]
    assert shell.json("market", "list")[-1]["state"] == "open"
    post_orders(shell, short, admitted)
    clear(shell, short, opened["closes_at"])
    deliver(shell, short, opened["slot_start"])

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

    unsold = opened["slot_start"] + 3_600
    issuing = ("certificates", "issue", admitted, "--slot", unsold, "-a", "agent")
    assert "meter report" in shell.refused(*issuing).stderr
    shell.warp(unsold + 3_600)
    shell.ok("meter", "report", "-a", "bob", "--key", "bob-meter", "--slot", unsold, "--exported-wh", 250)
    issued = shell.json(*issuing)
    assert issued["exported_wh"] == 250
    assert issued["certificate"] in [lot["certificate"] for lot in shell.json("certificates", "list", "bob")]

    shell.ok("withdraw", 100, "-a", "bob")
    shell.ok("points", "redeem", 100, "-a", "bob", "--bill", "November")
    assert all(row["holds"] for row in shell.json("audit"))
    assert market == shell.json("round", "status", market)["market"]


def test_the_rules_of_a_market_open_another(shell, admitted, tmp_path):
    opened = shell.open_market("--price-rule", "pay-as-bid", "--penalty-ppm", 7)
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
    opened = shell.open_market()
    market = opened["market"]
    buying = ("order", "buy", market, "-a", "alice", "--energy-wh", 1_000, "--bid", 100)
    shell.ok(*buying)
    shell.ok(*sell_words(market, admitted))
    shell.warp(opened["closes_at"])
    shell.ok("round", "submit", market, "-a", "agent")
    (trade,) = shell.json("round", "status", market)["trades"]
    before = shell.json("balance", "bob")[0]["free_upoints"]

    # Bob's device may sell what is left of the slot in another market as soon as this order is decided.
    other = ("--slot", opened["slot_start"], "--gate-before", 60, "--zone", "rest of the slot")
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

    shell.warp(opened["slot_start"] + 3_600)
    reading = ("--slot", opened["slot_start"], "--exported-wh", 900)
    shell.ok("meter", "report", "-a", "bob", "--key", "bob-meter", *reading)
    certifying = ("round", "certify", market, "-a", "agent")
    assert [shell.json(*certifying)["certified"] for _ in range(2)] == [1, 0]
    assert 900 in [lot["energy_wh"] for lot in shell.json("certificates", "list", "bob")]


def test_a_signed_order_is_revoked(shell, admitted):
    market = shell.open_market()["market"]
    words = ("order", "buy", market, "-a", "alice", "--energy-wh", 1_000, "--bid", 50, "--sign-only")
    for nonce in (900, 901):
        shell.ok(*words, f"{nonce}.json", "--nonce", nonce)
    assert "one page" in shell.refused("order", "revoke", "-a", "alice", "--side", "buy", *nonces(900, 32)).stderr
    assert "'buy', 'sell'" in shell.refused("order", "revoke", "-a", "alice", "--side", "hold", *nonces(1)).stderr
    assert shell.json("order", "revoke", "-a", "alice", "--side", "buy", *nonces(900, 903))["nonces"] == [900, 903]
    assert "is used already" in shell.refused("order", "relay", "900.json", "-a", "agent").stderr
    assert shell.json("order", "relay", "901.json", "-a", "agent")["orders"] == ["0:0"]
    assert "is of page 0, which is closed" in shell.refused(*words[:-1], "--nonce", 5).stderr
    shell.ok("order", "cancel", market, "0:0", "-a", "alice")


def nonces(*numbers):
    return [word for number in numbers for word in ("--nonce", number)]


def test_money_of_a_round_that_nobody_cleared_comes_back(shell, admitted):
    opened = shell.open_market()
    buying = ("order", "buy", opened["market"], "-a", "alice", "--energy-wh", 1_000, "--bid", 100)
    assert shell.json(*buying)["reserved_upoints"] == 100
    shell.warp(opened["final_by"] + 1)
    assert shell.json("round", "status", opened["market"])["state"] == "expired"
    assert "powerpact refund" in shell.refused("round", "submit", opened["market"], "-a", "agent").stderr
    assert shell.json("refund", opened["market"], "-a", "agent")["released"] == 1
    assert shell.json("balance", "alice")[0]["held_upoints"] == 0


def test_a_sealed_round_is_endorsed_watched_and_made_final(shell, admitted):
    """Ann and Ben endorse; the agent seals; Alice watches; anyone makes the round final."""
    bond_upoints = 500
    endorsed = ("--endorser", "ann", "--endorser", "ben", "--endorsements", 2)
    opened = shell.open_market(
        "--mode", "divisible", "--challenge-window", 600, "--bond-upoints", bond_upoints, *endorsed
    )
    market = opened["market"]
    shell.ok("order", "buy", market, "-a", "alice", "--energy-wh", 1_000, "--bid", 100)
    shell.ok(*sell_words(market, admitted))
    shell.warp(opened["closes_at"])
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
    shell.warp(final_from)
    assert shell.json("round", "finalize", market, "-a", "alice")["proposal"] == proposal
    assert shell.json("round", "status", market)["trades"][0]["energy_wh"] == 1_000
    assert shell.json("balance", "agent")[0]["free_upoints"] == bond_upoints


def test_a_round_is_run_in_one_go(shell, admitted, monkeypatch):
    opened = shell.open_market()
    shell.ok("order", "buy", opened["market"], "-a", "alice", "--energy-wh", 1_000, "--bid", 50)
    shell.warp(opened["slot_start"] - 299)
    ahead = ChainClock(connect(shell.node.rpc_url))
    monkeypatch.setattr("powerpact.agent.gate.time.sleep", lambda _: ahead.advance_to(opened["slot_start"] + 3_600))
    assert shell.json("round", "run", opened["market"], "-a", "agent")["released"] == 1
