"""An exchange that does not agree with what is inside its subnet: found, flagged and cleared, by commands."""

import pytest

HOUR_S = 3_600
FINDING = "the meter corrected its reading"


@pytest.fixture(scope="module")
def exchange(shell, admitted):
    shell.json("account", "new", "exchange-1")
    words = ("--key", "exchange-1", "--capacity-wh", 20_000, "--kind", "exchange")
    device = shell.json("device", "add", "-a", "bob", *words)["device"]
    for auditor in ("ann", "ben"):
        shell.ok("device", "certify", device, "-a", auditor)
    return device


@pytest.fixture(scope="module")
def street(shell, exchange):
    """The subnet of all devices."""
    words = ("subnet", "form", 1, "--exchange", exchange, "--tolerance-ppm", 20_000, "--floor-wh", 100)
    first = shell.json(*words, "-a", "ann")
    assert (first["votes"], first["is_formed"], first["revision"]) == (1, False, 0)
    assert "no subnet 1" in shell.refused("subnet", "show", 1).stderr
    second = shell.json(*words, "-a", "ben")
    assert (second["votes"], second["is_formed"], second["revision"]) == (2, True, 1)
    return exchange


@pytest.fixture
def hour(shell, street):
    """An hour that is over; the meter of bob fed in 700 Wh of it."""
    start = (shell.now() // HOUR_S + 1) * HOUR_S
    shell.warp(start + HOUR_S)
    report(shell, "bob-meter", start, 700)
    return start


def report(shell, key, start, exported_wh, command="report"):
    shell.ok("meter", command, "-a", "alice", "--key", key, "--slot", start, "--exported-wh", exported_wh)


def reconciled(shell, start):
    """The only interval of an hour."""
    (row,) = shell.json("subnet", "reconcile", 1, "--slot", start)
    return row


def test_a_subnet_is_listed_and_shown(shell, street, admitted):
    (row,) = shell.json("subnet", "list")
    assert row == {
        "subnet": 1,
        "parent": 0,
        "level": 1,
        "exchange": street,
        "carrier": "electricity",
        "tolerance_ppm": 20_000,
        "floor_wh": 100,
        "revision": 1,
    }
    shown = shell.json("subnet", "show", 1)
    assert (shown["meters"], shown["subnets"], shown["flags"]) == ([admitted], [], [])
    assert f"exchange: device {street}" in shell.ok("subnet", "show", 1).stdout


def test_without_the_exchange_nothing_is_said(shell, hour, street):
    found = reconciled(shell, hour)
    assert (found["verdict"], found["missing"], found["expected_wh"]) == ("incomplete", [street], -700)
    refused = shell.refused("subnet", "flag", 1, "--slot", hour, "-a", "ann")
    assert "shows no mismatch" in refused.stderr


def test_an_exchange_that_agrees_within_the_tolerance(shell, hour):
    report(shell, "exchange-1", hour, 600)
    found = reconciled(shell, hour)
    assert (found["verdict"], found["difference_wh"], found["tolerance_wh"]) == ("agrees", 100, 100)


def test_a_mismatch_is_flagged_corrected_and_cleared(shell, hour, street):
    report(shell, "exchange-1", hour, 400)
    mismatch = shell.run("subnet", "reconcile", 1, "--slot", hour)
    assert mismatch.exit_code == 1
    assert "mismatch" in mismatch.stdout
    lot = shell.json("certificates", "issue", 1, "--slot", hour, "-a", "bob")["certificate"]

    words = ("subnet", "flag", 1, "--slot", hour)
    first = shell.json(*words, "-a", "ann")
    assert (first["lots"], first["votes"], first["is_held"]) == ([lot], 1, False)
    second = shell.json(*words, "-a", "ben")
    assert (second["flag"], second["evidence"], second["is_held"]) == (first["flag"], first["evidence"], True)
    for command in (("transfer", lot, 10, "alice"), ("retire", lot, 10)):
        assert "Certificates_Held" in shell.refused("certificates", *command, "-a", "bob").stderr
    assert "has no certificates that can be held" in shell.refused(*words, "-a", "ann").stderr
    (flag,) = shell.json("subnet", "show", 1)["flags"]
    assert (flag["flag"], flag["state"], flag["lots"]) == (first["flag"], "held until", [lot])

    report(shell, "bob-meter", hour, 400, "correct")
    assert reconciled(shell, hour)["verdict"] == "agrees"
    words = ("subnet", "clear", first["flag"][:10], "--finding", FINDING)
    assert not shell.json(*words, "-a", "ann")["is_cleared"]
    assert shell.json(*words, "-a", "ben")["is_cleared"]
    shell.ok("certificates", "transfer", lot, 10, "alice", "-a", "bob")
    (flag,) = shell.json("subnet", "show", 1)["flags"]
    assert flag["state"] == "cleared"
    assert "one flag 0xffff" in shell.refused("subnet", "clear", "0xffff", "--finding", "x", "-a", "ann").stderr
