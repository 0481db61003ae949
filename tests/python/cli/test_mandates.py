"""Mandates at the command line: signed once by the trader, used slot after slot by the gateway."""

import json

import pytest

TERMS = ("--term", "price=90:120:1000000", "--most-wh-per-slot", 2_000, "--most-wh", 3_000)
UNTIL = ("--until", "2100-01-01T00:00Z")


@pytest.fixture(scope="module")
def gateway(shell, admitted):
    """The gateway's account, with ether and nothing else."""
    address = shell.json("account", "new", "gateway")["address"]
    shell.ok("chain", "fund", "gateway")
    return address


@pytest.fixture
def market(shell, admitted):
    return shell.open_market()["market"]


@pytest.fixture
def signed(shell, gateway, market, tmp_path):
    """Alice's mandate to buy."""
    path = tmp_path / "alice.mandate.json"
    words = ("mandate", "sign", market, "-a", "alice", "--delegate", "gateway", "--bid", 110)
    shell.ok(*words, *TERMS, *UNTIL, "--serial", int(market[2:8], 16), "-o", path)
    return path


def under(path, market, *more):
    return ("order", "buy", market, "-a", "gateway", "--mandate", path, "--energy-wh", 1_200, *more)


def test_the_gateway_orders_in_the_traders_name(shell, accounts, gateway, market, signed):
    assert shell.json("mandate", "show", signed)["number"] == 0
    posted = shell.json(*under(signed, market))
    (order,) = shell.json("order", "list", market)
    assert (order["order"], order["trader"]) == (posted["order"], accounts["alice"])
    shown = shell.json("mandate", "show", signed)
    assert (shown["used_wh"], shown["delegate"], shown["is_revoked"]) == (1_200, gateway, False)
    assert shell.json("mandate", "list", "alice")[-1]["number"] == shown["number"] > 0
    shell.ok("order", "cancel", market, posted["order"], "-a", "gateway")
    assert shell.json("mandate", "show", signed)["used_wh"] == 0
    assert shell.json(*under(signed, market, "--bid", 100))["reserved_upoints"] == 120


def test_what_the_mandate_fixes_is_not_stated_again(shell, market, signed):
    for words in (
        ("--require", "source=solar"),
        ("--nonce", 3),
        ("--min-fill-ppm", 0),
        ("--term", "price=1:2"),
        ("--again",),
    ):
        assert f"Leave {words[0]} out" in shell.refused(*under(signed, market, *words)).stderr
    assert "--bid" in shell.refused("order", "buy", market, "-a", "alice", "--energy-wh", 1).stderr
    assert "Bid 110 at most" in shell.refused(*under(signed, market, "--bid", 111)).stderr
    sold = ("order", "sell", market, "-a", "gateway", "--mandate", signed, "--energy-wh", 1)
    assert "for buy orders only" in shell.refused(*sold).stderr


def test_a_command_that_is_run_again_posts_nothing_twice(shell, market, signed):
    posted = shell.json(*under(signed, market))
    refused = shell.refused(*under(signed, market)).stderr
    assert f"is open: {posted['order']}" in refused
    assert "powerpact order cancel" in refused
    assert "--again" not in refused  # which is refused, too
    assert len(shell.json("order", "list", market)) == 1


def test_a_mandated_order_says_so(shell, market, signed):
    posted = shell.json(*under(signed, market))
    shown = shell.json("order", "show", market, posted["order"])
    number = shell.json("mandate", "show", signed)["number"]
    assert (shown["nonce"], shown["mandate"]) == (None, number)
    assert f"under mandate {number}" in shell.ok("order", "show", market, posted["order"]).stdout


def test_it_is_revoked_without_its_file(shell, market, signed):
    shell.ok(*under(signed, market))
    number = shell.json("mandate", "show", signed)["number"]
    assert "none of bob" in shell.refused("mandate", "revoke", number, "-a", "bob").stderr
    shell.ok("mandate", "revoke", number, "-a", "alice")
    assert shell.json("mandate", "show", signed)["is_revoked"]


def test_a_revoked_mandate_is_not_registered(shell, market, signed):
    shell.ok("mandate", "revoke", signed, "-a", "alice")
    refusal = shell.refused(*under(signed, market))
    assert "is revoked" in refusal.stderr
    assert shell.json("mandate", "show", signed)["number"] == 0


def test_times_that_cannot_be_are_refused(shell, market, gateway):
    words = ("mandate", "sign", market, "-a", "alice", "--delegate", "gateway", "--bid", 110, *TERMS)
    assert "later end" in shell.refused(*words, "--until", "2001-01-01T00:00Z").stderr
    assert "--longest-lead-s" in shell.refused(*words, *UNTIL, "--shortest-lead-s", 10**6).stderr


def test_a_mandate_shows_what_binds(shell, market, signed):
    told = shell.ok("mandate", "show", signed).stdout
    assert "by the trader's key" in told
    assert "weights, ppm" in told
    data = json.loads(signed.read_text())
    data["message"]["mostWh"] += 1
    signed.write_text(json.dumps(data))
    assert "not by the trader's key" in shell.ok("mandate", "show", signed).stdout


def test_another_delegate_is_refused(shell, market, signed):
    words = ("order", "buy", market, "-a", "bob", "--mandate", signed, "--energy-wh", 1_200)
    assert "not the mandate's delegate" in shell.refused(*words).stderr


def test_a_revoked_mandate_is_over(shell, market, signed):
    shell.ok(*under(signed, market))
    assert "revoked" in shell.ok("mandate", "revoke", signed, "-a", "alice").stderr
    assert shell.json("mandate", "list", "alice")[-1]["state"] == "revoked"
    assert "revoked" in shell.refused(*under(signed, market)).stderr


def test_a_seller_gives_a_mandate_for_its_device(shell, admitted, gateway, market, tmp_path):
    path = tmp_path / "bob.mandate.json"
    words = ("mandate", "sign", market, "-a", "bob", "--delegate", "gateway", "--min", 80)
    limits = ("--most-wh-per-slot", 2_000, "--most-wh", 3_000, *UNTIL)
    classes = ("--class", "grade=A", "--class", "feeder=2")
    assert "--device" in shell.refused(*words, *limits, *classes).stderr
    shell.ok(*words, *limits, *classes, "--device", admitted, "-o", path)
    sell = ("order", "sell", market, "-a", "gateway", "--mandate", path, "--energy-wh", 1_000)
    posted = shell.json(*sell, "--ask", 100)
    shown = shell.json("order", "show", market, posted["order"])
    assert (shown["min_upoints_per_kwh"], shown["device"]) == (80, admitted)
    rows = shell.ok("mandate", "show", path).stdout
    assert "sell" in rows
    assert "1000 of 3000 Wh" in rows


def test_a_mandate_of_another_deployment_is_refused(shell, signed, tmp_path):
    data = json.loads(signed.read_text())
    data["domain"]["chainId"] += 1
    other = tmp_path / "other.json"
    other.write_text(json.dumps(data))
    assert "another deployment" in shell.refused("mandate", "show", other).stderr


def test_a_mandate_is_for_a_side(shell, market, gateway):
    words = ("mandate", "sign", market, "-a", "alice", "--delegate", "gateway", *TERMS, *UNTIL)
    assert "--bid to buy, --min to sell" in shell.refused(*words).stderr
