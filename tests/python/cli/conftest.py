"""A shell for each module: with the keys of some people, a deployment, and two of them admitted."""

import json

import pytest

from powerpact.chain.local.node import Node
from testkit.admitting import WINDOW_S
from testkit.shell import NAMES, PASSWORD, Shell, sell_words, tag_of


@pytest.fixture(scope="module")
def shell(tmp_path_factory):
    folder = tmp_path_factory.mktemp("cli")
    (folder / "password").write_text(PASSWORD + "\n")
    settings = {
        "POWERPACT_HOME": str(folder / "home"),
        "POWERPACT_PASSWORD_FILE": str(folder / "password"),
        "POWERPACT_DEPLOYMENT": str(folder / "deployment.json"),
    }
    with Node() as node, pytest.MonkeyPatch.context() as patch:
        patch.setenv("POWERPACT_RPC", node.rpc_url)
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
    (shell.folder / "membership.json").write_text(json.dumps({"admission_window_s": WINDOW_S, "supporters": 2}))
    options = ("--auditor", "ann", "--auditor", "ben", "--threshold", 2, "--membership", "membership.json")
    return shell.json("deploy", "-a", "utility", *options)


@pytest.fixture(scope="module")
def admitted(shell, deployed):
    for name in ("alice", "bob"):
        shell.ok("members", "apply", "-a", name, "--attribute", f"name={name}")
        for auditor in ("ann", "ben"):
            options = ("--tag", tag_of(name), "--credibility-ppm", 900_000, "--shown", f"{name}.application.json")
            voted = shell.json("members", "approve", name, "-a", auditor, *options)
    shell.ok("chain", "advance", voted["ends_at"])
    for motion in (1, 2):
        shell.ok("members", "admit", motion, "-a", "agent")
    device = shell.json("device", "add", "-a", "bob", "--key", "bob-meter", "--capacity-wh", 20_000)["device"]
    for auditor in ("ann", "ben"):
        certified = shell.json("device", "certify", device, "-a", auditor)
    assert certified["certified"]
    shell.ok("points", "mint", "alice", 1_000, "-a", "utility", "--reference", "transfer 1")
    shell.ok("deposit", 900, "-a", "alice")
    return device


@pytest.fixture(scope="module")
def traded(shell, admitted):
    """A market in which an order of three was cancelled and two made a trade, which is paid."""
    opened = shell.open_market()
    market = opened["market"]
    terms = ("--term", "price=90:120:700000", "--term", "credibility=900000:500000:300000", "--require", "grade=A")
    shell.ok("order", "buy", market, "-a", "alice", "--energy-wh", 1_000, "--bid", 110, *terms)
    shell.ok("order", "buy", market, "-a", "alice", "--energy-wh", 100, "--bid", 100)
    shell.ok("order", "cancel", market, "1:0", "-a", "alice")
    shell.ok(*sell_words(market, admitted))
    before = {
        "status": shell.ok("round", "status", market).stdout,
        "orders": shell.ok("order", "list", market).stdout,
    }
    shell.warp(opened["closes_at"])
    shell.ok("round", "submit", market, "-a", "agent")
    before["locked"] = shell.ok("trade", "list", market).stdout
    shell.warp(opened["slot_start"] + 3_600)
    shell.ok(
        "meter", "report", "-a", "bob", "--key", "bob-meter", "--slot", opened["slot_start"], "--exported-wh", 1_300
    )
    shell.ok("settle", market, "-a", "agent")
    return opened, before
