"""What people read: names, labels, points and moments, while JSON keeps addresses, codes and exact units."""

import csv
import re

import pytest

from powerpact.index import outcomes
from testkit.shell import sell_words, tag_of

MOMENT = r"\d{4}-\d\d-\d\d \d\d:\d\d(:\d\d)? [+-]\d\d:\d\d"


@pytest.fixture(scope="module", autouse=True)
def somewhere_else():
    """A time zone that is nobody's by chance."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("POWERPACT_ZONE", "Asia/Kolkata")
        yield


def test_a_market_shows_every_rule_with_its_meaning(shell, traded, accounts):
    opened, _ = traded
    shown = shell.ok("market", "show", opened["market"]).stdout
    assert f"market {opened['market']}, opened by alice" in shown
    for words in (
        "final: 2 orders traded, 1 of 1 trade ended, 1 cancelled",
        "Third key of each trade escrow.",
        "midpoint",
        "grade: A (1) or B (2)",
        "source: solar (1) or wind (2)",
        "storage (5)",
        "taken from the device",
        "credibility: more is better, attested by the auditors",
        "5%",  # the tolerance
        "+05:30",
    ):
        assert words in shown
    assert re.search(r"arbiter +arbiter ", shown)
    assert re.search(rf"closes at +{MOMENT} \(.+ ago\)", shown)
    data = shell.json("market", "show", opened["market"])
    assert (data["rules"]["arbiter"], data["rules"]["tolerance_ppm"]) == (accounts["arbiter"], 50_000)
    assert data["labels"]["source"]["5"] == "storage"
    assert data["rules"]["closes_at"] == opened["closes_at"]


def test_every_rule_is_shown(shell, traded):
    from powerpact.market.rules import ROWS

    shown = shell.ok("market", "show", traded[0]["market"]).stdout
    assert [name for name, row in ROWS.items() if row.option and name.replace("_", " ") not in shown] == []


def test_a_market_with_wrong_times_is_told_which(shell, admitted):
    refused = shell.refused("market", "open", "-a", "alice", "--arbiter", "arbiter", "--slot", 3_600).stderr
    assert "the gate, 1970-01-01 06:25 +05:30 (" in refused
    assert "is not ahead" in refused
    assert "refundFrom" not in refused


def test_a_seller_is_told_categories_labels_and_capacity(shell, admitted):
    market = shell.open_market()["market"]
    selling = ("order", "sell", market, "-a", "bob", "--ask", 100, "--min", 80, "--device", admitted)
    told = shell.refused(*selling, "--energy-wh", 100, "--class", "grade=A").stderr
    assert "class feeder: is missing" in told
    assert "--class feeder=north or south" in told
    both = ("--class", "grade=A", "--class", "feeder=south")
    assert "above the capacity of device 1, 20000 Wh" in shell.refused(*selling, *both, "--energy-wh", 20_001).stderr
    assert "device list" in shell.refused(*selling[:-1], 9, *both, "--energy-wh", 1).stderr


def test_markets_have_moments(shell, traded):
    opened, _ = traded
    shown = shell.ok("market", "list").stdout
    assert re.search(rf"{opened['market']} +{MOMENT} \(1 h ago\)", shown)
    listed = next(row for row in shell.json("market", "list") if row["market"] == opened["market"])
    assert (listed["slot_start"], listed["closes_at"], listed["state"]) == (
        opened["slot_start"],
        opened["closes_at"],
        "final",
    )


def test_a_round_says_what_happened(shell, traded):
    opened, before = traded
    assert before["status"].startswith("open: 2 orders, 1 cancelled\n")
    assert re.search(rf"gate +{MOMENT} \(in .+\)", before["status"])
    shown = shell.ok("round", "status", opened["market"]).stdout
    assert shown.startswith("final: 2 orders traded, 1 of 1 trade ended, 1 cancelled\n")
    assert "of agent is final: 1 trade, objective" in shown
    assert "proven best" in shown
    assert "1000 Wh at 95 micro-points per kWh (0.000095 points), from bob to alice, paid" in shown
    data = shell.json("round", "status", opened["market"])
    assert (data["orders"], data["traded_orders"]) == (3, 2)
    assert (data["trades"][0]["state"], data["trades"][0]["outcome"]) == ("settled", "paid")


def test_orders_say_whose_they_are_and_what_became_of_them(shell, traded, accounts):
    opened, before = traded
    assert re.search(r"1:0 +buy +alice +100 Wh .*cancelled", before["orders"])
    assert re.search(r"2:0 +sell +bob +1500 Wh +80 to 100 micro-points .*open", before["orders"])
    listed = shell.json("order", "list", opened["market"])
    assert {row["order"]: row["outcome"] for row in listed} == {"0:0": "traded", "1:0": "cancelled", "2:0": "traded"}
    assert {row["trader"] for row in listed} == {accounts["alice"], accounts["bob"]}
    assert [row["order"] for row in shell.json("order", "list", opened["market"], "--of", "bob")] == ["2:0"]
    assert len(shell.json("order", "list", "--mine")) >= 3


def test_mine_is_what_the_keystore_holds(shell, traded, monkeypatch, tmp_path):
    monkeypatch.setenv("POWERPACT_HOME", str(tmp_path))
    for words in (("order", "list"), ("trade", "list"), ("device", "list"), ("certificates", "list")):
        assert shell.json(*words, "--mine") == []
        assert shell.json(*words) != []
    assert re.search(r"2:0 +sell +0x[0-9a-fA-F]{40} ", shell.ok("order", "list", traded[0]["market"]).stdout)


def test_an_order_shows_what_was_signed(shell, traded):
    market = traded[0]["market"]
    bought = shell.ok("order", "show", market, "0:0").stdout
    for words in (
        "order 0:0: alice buys 1000 Wh, traded",
        "pays at most 110 micro-points per kWh (0.00011 points)",
        "reserved 110 micro-points (0.00011 points)",
        "requires grade=A",
        "price: expects 90 micro-points per kWh (0.00009 points), limit 120 micro-points",
        "weight 70%",
        "credibility: expects 90%, limit 50%, weight 30%",
        "trade from bob: 1000 Wh at 95 micro-points per kWh",
    ):
        assert words in bought
    assert "line-length" not in bought  # it does not matter to her
    sold = shell.ok("order", "show", market, "2:0").stdout
    for words in ("bob sells 1500 Wh", "accepts from 80 micro", "is source=solar, grade=A, feeder=south", "to alice"):
        assert words in sold
    data = shell.json("order", "show", market, "0:0")
    assert data["attributes"] == {
        "price": {"expect": 90, "limit": 120, "weight_ppm": 700_000},
        "credibility": {"expect": 900_000, "limit": 500_000, "weight_ppm": 300_000},
    }
    assert data["classes"]["grade"] == 1
    assert "powerpact order list" in shell.refused("order", "show", market, "7:0").stderr


def test_trades_say_who_traded_and_how_they_ended(shell, traded, accounts):
    opened, before = traded
    assert "waiting for its readings" in before["locked"]
    shown = shell.ok("trade", "list", "--mine").stdout
    assert re.search(r"2:0 -> 0:0 +bob +alice +1000 Wh +95 micro-points \(0.000095 points\) +paid +1000 Wh", shown)
    (trade,) = shell.json("trade", "list", opened["market"])
    assert (trade["seller"], trade["delivered_wh"], trade["paid_upoints"]) == (accounts["bob"], 1_000, 95)
    assert shell.json("trade", "list", "--of", "ann") == []


def test_devices_and_certificates_have_labels(shell, traded, admitted, accounts):
    assert re.search(rf"{admitted} +bob +meter +electricity +solar ", shell.ok("device", "list").stdout)
    assert shell.json("device", "list")[0]["source"] == 1
    (held,) = shell.json("certificates", "list", "alice")
    certificate = held["certificate"]
    assert isinstance(certificate, str)
    assert int(certificate) > 2**53
    assert held["holder"] == accounts["alice"]
    assert re.search(
        rf"{certificate} +{admitted} +{MOMENT}, 1 h +alice +1000 Wh", shell.ok("certificates", "list").stdout
    )
    traced = shell.ok("certificates", "trace", certificate).stdout
    assert f"device {admitted} of bob: electricity from solar, slot" in traced
    assert "1000 Wh minted to alice, transaction 0x" in traced


def test_certificates_are_given_away(shell, traded, admitted):
    certificate = shell.json("certificates", "list", "alice")[0]["certificate"]
    given = shell.json("certificates", "transfer", certificate, 400, "ann", "-a", "alice")
    assert (given["energy_wh"], given["left_wh"]) == (400, 600)
    assert shell.json("certificates", "list", "ann")[0]["energy_wh"] == 400
    assert "from alice to ann" in shell.ok("certificates", "trace", certificate).stdout
    shell.ok("certificates", "transfer", certificate, 400, "alice", "-a", "ann")
    assert (
        "ERC1155InsufficientBalance"
        in shell.refused("certificates", "transfer", certificate, 1, "bob", "-a", "ann").stderr
    )


def test_points_are_amounts_in_points_or_micro_points(shell, admitted):
    shell.ok("points", "mint", "ann", "5.5", "-a", "utility", "--reference", "in points")
    told = shell.ok("points", "transfer", "ben", "2.5", "-a", "ann").stderr
    assert "gave 2500000 micro-points (2.5 points) to ben; 3000000 micro-points (3 points) left" in told
    deposited = shell.json("deposit", "1.000001", "-a", "ann")
    assert (deposited["upoints"], deposited["free_upoints"]) == (1_000_001, 1_000_001)
    assert shell.json("withdraw", 1_000_001, "-a", "ann")["free_upoints"] == 0
    for amount, problem in (("5,5", "not an amount"), ("0.0000001", "fraction of a micro-point"), ("0", "above 0")):
        assert problem in shell.refused("deposit", amount, "-a", "ann").stderr


def test_a_balance_is_in_points_and_ether(shell, traded):
    shown = shell.ok("balance", "bob").stdout
    assert re.search(r"free +95 micro-points \(0.000095 points\)", shown)
    assert re.search(r"delivered +100% of 1 sale", shown)
    assert re.search(r"ether +99\.\d{1,6}\n", shown)
    assert isinstance(shell.json("balance", "bob")[0]["wei"], str)


def test_votes_that_differ_say_so(shell, deployed):
    shell.ok("members", "apply", "-a", "agent")
    again = shell.refused("members", "apply", "-a", "agent").stderr
    assert "applied already" in again
    assert "Wait for the auditors" in again
    approve = ("members", "approve", "agent", "--tag", tag_of("agent"), "--credibility-ppm")
    first = shell.ok(*approve, 900_000, "-a", "ann").stderr
    assert "1 of 2 votes\n" in first
    second = shell.ok(*approve, 800_000, "-a", "ben").stderr
    assert "1 of 2 votes; another auditor voted for credibility_ppm 900000: agree on one" in second
    agreed = shell.json(*approve, 800_000, "-a", "ann")
    assert (agreed["votes"], agreed["threshold"]) == (2, 2)
    early = shell.refused("members", "admit", agreed["motion"], "-a", "agent").stderr
    assert "can still be objected to" in early
    shell.ok("chain", "advance", agreed["ends_at"])
    assert "1 admitted" in shell.ok("members", "admit", agreed["motion"], "-a", "agent").stderr
    assert "nothing is left to do" in shell.ok("members", "admit", agreed["motion"], "-a", "agent").stderr
    assert shell.json("balance", "agent")[0]["admission"] == "active"


def test_errors_name_the_accounts_that_they_are_about(shell, admitted, accounts):
    refused = shell.refused("device", "retire", admitted, "-a", "alice").stderr
    assert f"{accounts['bob']} (bob)" in refused
    assert f"{accounts['alice']} (alice)" in refused


def test_an_overview_has_what_an_account_has_to_do(shell, traded, accounts):
    waiting = shell.open_market()
    shell.ok("order", "buy", waiting["market"], "-a", "alice", "--energy-wh", 50, "--bid", 20)
    shown = shell.ok("overview", "alice").stdout
    assert shown.startswith(f"alice  {accounts['alice']}\n  admission  active\n")
    assert re.search(r"1 open order\n.*0:0 buy 50 Wh", shown, re.DOTALL)
    assert re.search(r"1000 Wh of green energy in 1 certificate\n", shown)
    data = shell.json("overview", "bob")[0]
    assert (data["orders"], data["trades"], data["certificates_wh"]) == ([], [], 300)
    assert [device["device"] for device in data["devices"]] == [1]
    shell.ok("order", "cancel", waiting["market"], "0:0", "-a", "alice")


def test_an_overview_looks_at_each_round_once(shell, traded, monkeypatch):
    """Not once more for each account."""
    looked, state_of = [], outcomes.state_of
    monkeypatch.setattr(outcomes, "state_of", lambda record, now: looked.append(record) or state_of(record, now))
    shell.ok("overview")
    assert len(looked) == len({record.market.id for record in looked}) > 0


def test_an_audit_says_in_sentences_what_holds(shell, traded):
    shown = shell.ok("audit").stdout
    assert "True" not in shown
    assert re.search(r"^MON-1 holds: ", shown, re.MULTILINE)
    assert re.search(r"^\d+ laws checked, all hold$", shown, re.MULTILINE)


def test_a_history_sums_to_what_the_account_has(shell, traded, accounts):
    """Issued, deposited, traded, given, withdrawn and redeemed: nothing is left out and nothing counted twice."""
    shell.ok("points", "mint", "bob", 50, "-a", "utility", "--reference", "for the history")
    shell.ok("points", "transfer", "alice", 20, "-a", "bob")
    shell.ok("points", "redeem", 5, "-a", "bob", "--bill", "November")
    shell.ok("withdraw", 10, "-a", "bob")
    shell.ok("withdraw", 7, "-a", "bob", "--to", "ben")
    for name in ("alice", "bob", "ann", "ben", "utility"):
        entries = shell.json("account", "history", name)
        has = shell.json("balance", name)[0]
        assert sum(entry["change_upoints"] for entry in entries) == (
            has["points_upoints"] + has["free_upoints"] + has["held_upoints"]
        )
        assert [entry["time"] for entry in entries] == sorted(entry["time"] for entry in entries)
    told = [
        (entry["what"], entry["change_upoints"], entry["energy_wh"])
        for entry in shell.json("account", "history", "bob")
    ]
    for entry in (
        ("applied", 0, 0),
        ("admitted", 0, 0),
        ("device added", 0, 0),
        ("order posted", 0, 1_500),
        ("energy sold", 95, 1_000),
        ("points issued", 50, 0),
        ("points given", -20, 0),
        ("bill paid with points", -5, 0),
        ("points withdrawn", 0, 0),
        ("points withdrawn", -7, 0),
        ("certificates issued", 0, 300),
    ):
        assert entry in told
    assert ("points received", 7, 0) in [
        (entry["what"], entry["change_upoints"], entry["energy_wh"])
        for entry in shell.json("account", "history", "ben")
    ]


def test_a_history_is_read_and_exported(shell, traded, tmp_path):
    shown = shell.ok("account", "history", "alice").stdout
    assert re.search(rf"{MOMENT} +energy bought +-0.000095 +1000 Wh +bob +trade 0x", shown)
    file = tmp_path / "alice.csv"
    assert "lines about alice" in shell.ok("account", "history", "alice", "--csv", file).stderr
    with file.open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    (bought,) = [row for row in rows if row["what"] == "energy bought"]
    assert (bought["change_upoints"], bought["change_points"], bought["name"]) == ("-95", "-0.000095", "bob")
    assert bought["time"].endswith("Z")
    settled = next(
        entry["time"] for entry in shell.json("account", "history", "alice") if entry["what"] == "energy bought"
    )
    assert [
        entry["what"] for entry in shell.json("account", "history", "alice", "--since", settled, "--until", settled + 1)
    ]
    assert shell.json("account", "history", "alice", "--until", 1) == []


def test_what_traded_in_part_and_what_was_refunded_say_so(shell, traded, admitted):
    opened = shell.open_market("--mode", "divisible")
    market = opened["market"]
    shell.ok("order", "buy", market, "-a", "alice", "--energy-wh", 600, "--bid", 110)
    shell.ok("order", "buy", market, "-a", "alice", "--energy-wh", 600, "--bid", 10)  # below what Bob accepts
    shell.ok(*sell_words(market, admitted))
    shell.warp(opened["closes_at"])
    assert shell.ok("round", "status", market).stdout.startswith("closed: 3 orders\n")
    assert {row["outcome"] for row in shell.json("order", "list", market)} == {"waiting for the round"}
    shell.ok("round", "submit", market, "-a", "agent")
    shown = shell.ok("round", "status", market).stdout
    assert shown.startswith("final: 2 of 3 orders traded (1 in part), 0 of 1 trade ended\n")
    outcomes = {row["order"]: row["outcome"] for row in shell.json("order", "list", market)}
    assert outcomes == {"0:0": "traded", "1:0": "not traded", "2:0": "partly traded"}
    shell.warp(shell.json("round", "status", market)["refund_from"])
    shell.ok("refund", market, "-a", "agent")
    (trade,) = shell.json("trade", "list", market)
    assert (trade["outcome"], trade["paid_upoints"], trade["delivered_wh"]) == ("refunded", 0, 0)


def test_a_round_that_nobody_cleared_has_no_trades(shell, traded):
    opened = shell.open_market()
    shell.ok("order", "buy", opened["market"], "-a", "alice", "--energy-wh", 100, "--bid", 10)
    shell.warp(opened["final_by"] + 1)
    assert shell.ok("round", "status", opened["market"]).stdout.startswith("expired: 1 order, none traded\n")
    assert shell.json("order", "list", opened["market"])[0]["outcome"] == "not traded"
    shell.ok("refund", opened["market"], "-a", "agent")
