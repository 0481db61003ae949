"""A router commits to a file of readings; they are proved from it, listed and checked."""

import json

import pytest

from powerpact.cli.session import open_chain
from powerpact.codec.eip712 import sign
from powerpact.codec.packing import reading_tree
from powerpact.devices.log import append_log, read_log
from powerpact.keystore import Keystore
from testkit.shell import PASSWORD, Shell

HOUR_S = 3_600


@pytest.fixture(scope="module")
def router(shell, admitted):
    shell.json("account", "new", "router-key")
    words = ("--key", "router-key", "--capacity-wh", 20_000, "--kind", "router")
    device = shell.json("device", "add", "-a", "bob", *words)["device"]
    for auditor in ("ann", "ben"):
        shell.ok("device", "certify", device, "-a", auditor)
    return device


@pytest.fixture
def day(shell, router, tmp_path):
    """Five hours of two meters, hour by hour, that are over: the file and the first hour."""
    names = [f"meter-of-{tmp_path.name}-{number}" for number in range(2)]
    for name in names:
        shell.json("account", "new", name)
        shell.ok("device", "add", "-a", "bob", "--key", name, "--capacity-wh", 20_000)
    start = (shell.now() // HOUR_S + 1) * HOUR_S
    file = tmp_path / "day.jsonl"
    keys = [word for name in names for word in ("--key", name)]
    shell.ok("meter", "simulate", *keys, "--slot", start, "--slots", 5, "-o", file)
    shell.warp(start + 5 * HOUR_S)
    return file, start


def commit(shell: Shell, file) -> int:
    return shell.json("router", "commit", file, "--key", "router-key", "-a", "agent")["batch"]


def test_a_file_is_committed_and_its_readings_proved(shell, router, day):
    file, start = day
    readings = [signed.reading for signed in read_log(file)]
    committed = shell.json("router", "commit", file, "--key", "router-key", "-a", "agent")
    number, root = committed["batch"], f"0x{reading_tree(readings).root.hex()}"
    assert (committed["router"], committed["readings"], committed["root"]) == (router, 10, root)
    (listed,) = (row for row in shell.json("router", "batches") if row["batch"] == number)
    assert (listed["router"], listed["readings"], listed["root"]) == (router, 10, root)
    assert listed["committed_at"] <= shell.now()
    assert "agent" in shell.ok("router", "batches").stdout

    device = readings[0].device
    one = shell.json("router", "prove", file, "--batch", number, "--device", device, "--slot", start, "-a", "alice")
    assert one["places"] == [0]
    checked = shell.json("router", "check", file, "--batch", number)
    assert checked == {"batch": number, "is_root": True, "taken": [0], "differing": []}
    rest = shell.json("router", "prove", file, "--batch", number, "-a", "alice")
    assert rest["places"] == list(range(1, 10))
    assert shell.json("router", "check", file, "--batch", number)["taken"] == list(range(10))
    again = shell.json("router", "prove", file, "--batch", number, "-a", "alice")
    assert (again["places"], again["transactions"]) == ([], [])


def test_another_file_proves_nothing(shell, day):
    file, _ = day
    number = commit(shell, file)
    lines = file.read_text().splitlines(keepends=True)
    for changed in (lines[:-1], [lines[1], lines[0], *lines[2:]]):
        file.write_text("".join(changed))
        assert "roots differ" in shell.refused("router", "prove", file, "--batch", number, "-a", "alice").stderr
        checked = shell.run("router", "check", file, "--batch", number)
        assert checked.exit_code == 1
        assert "IS NOT THE FILE OF" in checked.stdout


def test_what_differs_from_the_chain_is_told(shell, day):
    """The first meter signs another reading than the router has; the router invents one of the second meter."""
    file, start = day
    chain = open_chain(shell.folder / "deployment.json")
    readings = read_log(file)
    for place, name in enumerate(("twice", "invented")):
        honest = readings[place]
        other = honest.reading._replace(imported_wh=0, exported_wh=0)
        key = Keystore.default().unlock("router-key", PASSWORD) if name == "invented" else own_key(file, 0)
        signature = sign(key, chain.domain("Metering"), "Reading", other.message())
        readings[place] = type(honest)(other, signature)
    false = file.with_name("false.jsonl")
    append_log(false, readings)
    number = commit(shell, false)
    honest_number = commit(shell, file)
    shell.ok("router", "prove", file, "--batch", honest_number, "--slot", start, "-a", "alice")

    found = shell.run("router", "check", false, "--batch", number, "--json")
    assert found.exit_code == 1
    rows = json.loads(found.stdout)["differing"]
    assert [(row["place"], row["against"]) for row in rows] == [(0, "device"), (1, "router")]
    assert rows[0]["committed"]["exported_wh"] == 0
    told = shell.run("router", "check", false, "--batch", number).stdout
    assert "evidence against the device" in told
    assert "evidence against the router" in told


def own_key(file, number: int):
    """The key of a meter of the day."""
    return Keystore.default().unlock(f"meter-of-{file.parent.name}-{number}", PASSWORD)


def test_a_file_out_of_order_is_not_committed(shell, day):
    file, _ = day
    lines = file.read_text().splitlines(keepends=True)
    for changed in ([*lines[2:], *lines[:2]], [*lines, lines[-1]]):
        file.write_text("".join(changed))
        refused = shell.refused("router", "commit", file, "--key", "router-key", "-a", "agent")
        assert "after the one from" in refused.stderr


def test_an_empty_file_is_no_batch(shell, router, tmp_path):
    (tmp_path / "empty.jsonl").write_text("")
    refused = shell.refused("router", "commit", tmp_path / "empty.jsonl", "--key", "router-key", "-a", "agent")
    assert "has no readings" in refused.stderr


def test_only_a_router_commits(shell, day):
    file, _ = day
    refused = shell.refused("router", "commit", file, "--key", "bob-meter", "-a", "agent")
    assert "Router_NotRouter" in refused.stderr
    refused = shell.refused("router", "commit", file, "--key", "alice", "-a", "agent")
    assert "belongs to no device" in refused.stderr


def test_what_is_not_there_is_told(shell, day):
    file, _ = day
    refused = shell.refused("router", "check", file, "--batch", 999)
    assert "the chain has no router's batch 999" in refused.stderr
    number = commit(shell, file)
    refused = shell.refused("router", "prove", file, "--batch", number, "--device", 999, "-a", "alice")
    assert "is not in the file" in refused.stderr
