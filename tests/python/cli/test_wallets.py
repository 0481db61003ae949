"""Orders that wallets sign: typed data with the next nonce, signatures as wallets give them, nonces that cannot be."""

import json

import pytest
from eth_account import Account
from eth_account.messages import encode_typed_data

from powerpact.keystore import Keystore
from testkit.shell import PASSWORD


def typed(shell, market, path, *more):
    words = ("--trader", "alice", "--energy-wh", 1_000, "--bid", 100, "-o", path)
    shell.ok("order", "typed-data", market, *words, *more)
    return json.loads(path.read_text())


def signature_of(data):
    """What a wallet answers to eth_signTypedData_v4."""
    told = {name: data[name] for name in ("types", "primaryType", "domain", "message")}
    key = Keystore.default().unlock("alice", PASSWORD).key
    return bytes(Account.sign_message(encode_typed_data(full_message=told), key).signature)


def nonces(shell, who="alice"):
    return {row["side"]: row for row in shell.json("order", "nonces", who)}


@pytest.mark.parametrize("form", ["usual", "v of 0 or 1", "64 bytes"])
def test_a_wallet_signs_what_is_printed_and_anybody_posts_it(shell, admitted, accounts, tmp_path, form):
    market = shell.open_market()["market"]
    data = typed(shell, market, tmp_path / "order.json")
    assert data["message"]["trader"] == accounts["alice"]
    assert data["message"]["nonce"] == nonces(shell)["buy"]["next"]
    signature = signature_of(data)
    if form == "v of 0 or 1":
        signature = signature[:64] + bytes([signature[64] - 27])
    if form == "64 bytes":
        s = int.from_bytes(signature[32:64], "big") | (signature[64] - 27) << 255
        signature = signature[:32] + s.to_bytes(32, "big")
    words = ("order", "relay", tmp_path / "order.json", "-a", "agent")
    assert "signature" in shell.refused(*words).stderr
    assert shell.json(*words, "--signature", f"0x{signature.hex()}")["orders"] == ["0:0"]
    assert nonces(shell)["buy"]["next"] == data["message"]["nonce"] + 1
    assert shell.json("order", "list", market)[0]["trader"] == accounts["alice"]


def test_the_side_of_typed_data_must_be_clear(shell, admitted, tmp_path):
    market = shell.open_market()["market"]
    words = ("order", "typed-data", market, "--trader", "alice", "--energy-wh", 1)
    assert "--bid to buy or --ask" in shell.refused(*words).stderr
    assert "--bid to buy or --ask" in shell.refused(*words, "--bid", 1, "--ask", 1).stderr
    classes = ("--class", "grade=A", "--class", "feeder=2")
    for option, price in (("--bid", "0"), ("--ask", "0.5 micro-points"), ("--bid", "0.0000005")):
        assert f"{option[2:]} " in shell.refused(*words, option, price).stderr
    sold = shell.ok(*words, "--ask", 100, "--min", 80, "--device", admitted, *classes)
    assert json.loads(sold.stdout)["primaryType"] == "SellOrder"


def test_prices_are_points_or_micro_points(shell, admitted):
    market = shell.open_market()["market"]
    words = ("order", "typed-data", market, "--trader", "alice", "--energy-wh", 1_000)
    data = [
        json.loads(shell.ok(*words, "--bid", bid, "--term", term).stdout)["message"]
        for bid, term in (("0.11", "price=0.09:0.12"), ("110000", "price=90000:120000"))
    ]
    assert data[0] == data[1]
    assert data[0]["bid"] == 110_000


def test_the_contract_judges_a_signature_of_any_length(shell, admitted, tmp_path):
    market = shell.open_market()["market"]
    typed(shell, market, tmp_path / "order.json")
    refused = shell.refused("order", "relay", tmp_path / "order.json", "-a", "agent", "--signature", "0x" + "5b" * 130)
    assert "Order_BadSignature" in refused.stderr


def test_an_order_for_another_deployment_is_told(shell, admitted, tmp_path):
    market = shell.open_market()["market"]
    data = typed(shell, market, tmp_path / "order.json")
    data["domain"]["chainId"] = 1
    data["signature"] = f"0x{signature_of(data).hex()}"
    (tmp_path / "order.json").write_text(json.dumps(data))
    assert "another deployment" in shell.refused("order", "relay", tmp_path / "order.json", "-a", "agent").stderr


@pytest.mark.parametrize("nonce", [3_141_592_653, 4_294_967_295])
def test_a_nonce_drawn_at_random_is_refused_before_anything_is_sent(shell, admitted, tmp_path, nonce):
    market = shell.open_market()["market"]
    following = nonces(shell)["buy"]
    buying = ("order", "buy", market, "-a", "alice", "--energy-wh", 1_000, "--bid", 100, "--nonce", nonce)
    for words in (buying, (*buying, "--sign-only", tmp_path / "never.json")):
        refused = shell.refused(*words)
        assert f"Use {following['next']}" in refused.stderr
    data = typed(shell, market, tmp_path / "order.json")
    data["message"]["nonce"] = nonce
    data["signature"] = f"0x{signature_of(data).hex()}"
    (tmp_path / "order.json").write_text(json.dumps(data))
    relaying = ("order", "relay", tmp_path / "order.json", "-a", "agent")
    assert f"Use {following['next']}" in shell.refused(*relaying).stderr
    revoking = ("order", "revoke", "-a", "alice", "--side", "buy", "--nonce", nonce)
    assert f"Use {following['next']}" in shell.refused(*revoking).stderr
    assert nonces(shell)["buy"] == following


def test_a_nonce_that_is_used_or_of_a_closed_page_is_refused(shell, admitted):
    market = shell.open_market()["market"]
    first = nonces(shell)["buy"]["first_open"]
    buying = ("order", "buy", market, "-a", "alice", "--energy-wh", 100, "--bid", 10, "--again")
    shell.ok(*buying, "--nonce", first + 32)
    assert "is used already" in shell.refused(*buying, "--nonce", first + 32).stderr
    assert "closed" in shell.refused(*buying, "--nonce", first).stderr
    shell.ok(*buying)
    assert nonces(shell)["buy"]["next"] == first + 34
