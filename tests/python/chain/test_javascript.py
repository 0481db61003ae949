"""The examples in JavaScript sign what Python signs, and post it, with the JSON that the package publishes."""

import json
import os
import subprocess

import pytest
from eth_account import Account

from powerpact.chain.contracts.orders import sign_order
from powerpact.market.orders import Order, Side
from toolchain.places import ROOT

EXAMPLES = ROOT / "docs/javascript"
PASSWORD = "correct horse"


@pytest.fixture
def keystore(world, tmp_path):
    """Write alice's key as the keystore does; return what the examples take it from."""
    encrypted = Account.encrypt(world.keys["alice"].key, PASSWORD, kdf="pbkdf2", iterations=1_000)
    (tmp_path / "alice.json").write_text(json.dumps(encrypted))
    (tmp_path / "password").write_text(f"{PASSWORD}\n")
    return {
        "PRIVATE_KEY": f"0x{world.keys['alice'].key.hex()}",
        "KEY_FILE": str(tmp_path / "alice.json"),
        "PASSWORD_FILE": str(tmp_path / "password"),
    }


def terms_of(order: Order) -> dict:
    """What the examples take an order's terms from: the members of BuyOrder, bytes in hexadecimal."""
    _, message = order.message(bytes(32))
    plain = {key: f"0x{value.hex()}" if isinstance(value, bytes) else value for key, value in message.items()}
    return {key: value for key, value in plain.items() if key not in ("market", "trader")}


def run_example(library, world, market, order, keystore, folder):
    """Let an example sign an order as alice and post it."""
    world.chain.deployment.save(folder / "deployment.json")
    (folder / "terms.json").write_text(json.dumps(terms_of(order)))
    command = ["node", str(EXAMPLES / f"{library}.mjs"), "deployment.json", f"0x{market.hex()}", "terms.json"]
    return subprocess.run(
        command, cwd=folder, env={**os.environ, **keystore}, capture_output=True, text=True, timeout=120
    )


@pytest.mark.parametrize("library", ["viem", "ethers"])
def test_an_order_is_signed_and_posted(library, world, keystore, tmp_path):
    market, rules = world.open_market()
    order = world.buy("alice", rules)
    done = run_example(library, world, market, order, keystore, tmp_path)
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    assert answer["trader"] == world.address("alice")
    assert (
        bytes.fromhex(answer["signature"][2:]) == sign_order(world.chain, world.keys["alice"], market, order).signature
    )
    receipt = world.chain.web3.eth.get_transaction_receipt(answer["hash"])
    [posted] = world.chain.events("OrderBook", "OrdersPlaced", market=market)
    assert posted.arguments["batch"] == answer["batch"]
    assert receipt["status"] == 1
    read = Order.unpack(posted.arguments["orders"][0])
    assert (read.side, read.trader, read.energy_wh) == (Side.BUY, order.trader, order.energy_wh)


def test_what_npm_would_publish():
    done = subprocess.run(
        ["npm", "pack", "--dry-run", "--json"], cwd=ROOT, capture_output=True, text=True, check=True, timeout=120
    )
    [package] = json.loads(done.stdout)
    published = {file["path"] for file in package["files"]}
    artifacts = {str(file.relative_to(ROOT)) for file in (ROOT / "powerpact/artifacts").glob("*.json")}
    assert published == artifacts | {"package.json", "README.md", "LICENSE"}


@pytest.mark.parametrize("library", ["viem", "ethers"])
def test_what_another_contract_refuses_is_told_by_its_name(library, world, keystore, tmp_path):
    """The order book passes on what the accounts say: its own interface has that error, too."""
    market, rules = world.open_market()
    order = world.buy("alice", rules, energy_wh=4_000_000_000)
    done = run_example(library, world, market, order, keystore, tmp_path)
    assert done.returncode != 0
    assert "Accounts_InsufficientBalance" in done.stderr
