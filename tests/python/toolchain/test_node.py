"""The embedded node, with the real Anvil and Ganache."""

import os
import signal
import socket
import subprocess
import sys
import textwrap
import time

import pytest
from web3 import HTTPProvider, Web3

from powerpact.chain.local.errors import NodeDied, NodeError, NodeMissing, PortTaken
from powerpact.chain.local.node import Kind, Node
from powerpact.errors import PowerPactError

KINDS: list[Kind] = ["anvil", "ganache"]


def web3_of(node: Node) -> Web3:
    return Web3(HTTPProvider(node.rpc_url))


def is_alive(pid: int) -> bool:
    """Return whether a process runs; one that ended and waits for its parent to notice does not."""
    listing = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True)
    return listing.stdout.strip()[:1] not in ("", "Z")


def gone_within(pid: int, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while is_alive(pid):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def test_unknown_kind_is_refused():
    with pytest.raises(NodeError, match="unknown kind") as caught:
        Node(kind="geth")
    assert "anvil or ganache" in caught.value.remedy


@pytest.mark.parametrize("option", [{"mining": False}, {"base_fee_wei": 0}, {"tx_gas_limit": True}])
def test_ganache_refuses_what_it_cannot_do(option):
    with pytest.raises(NodeError, match=next(iter(option))):
        Node(kind="ganache", **option)


@pytest.mark.parametrize("kind", KINDS)
def test_missing_program_names_the_remedy(kind, monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("powerpact.chain.local.node._PROJECT", tmp_path)
    with pytest.raises(NodeMissing) as caught:
        Node(kind=kind).start()
    assert "./run setup" in caught.value.remedy
    assert isinstance(caught.value, PowerPactError)


@pytest.mark.parametrize("kind", KINDS)
def test_program_on_path_comes_first(kind, monkeypatch, tmp_path):
    fake = tmp_path / kind
    fake.write_text("#!/bin/sh\necho from the path; exit 3\n")
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    with pytest.raises(NodeDied, match="exit code 3") as caught:
        Node(kind=kind).start()
    assert caught.value.log_tail == "from the path"


@pytest.mark.parametrize("kind", KINDS)
def test_taken_port_is_named(kind):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(PortTaken, match=str(port)) as caught:
            Node(kind=kind, port=port).start()
    assert caught.value.port == port
    assert "another port" in caught.value.remedy


def test_port_lost_at_the_last_moment_is_named(monkeypatch):
    monkeypatch.setattr("powerpact.chain.local.node._is_free", lambda port: True)
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        with pytest.raises(PortTaken):
            Node(port=other.getsockname()[1]).start()


def test_bad_option_shows_what_the_node_wrote():
    node = Node(hardfork="nonsense")
    with pytest.raises(NodeDied, match="nonsense"):
        node.start()
    assert node.pid is None


def test_silent_node_is_given_up(monkeypatch, tmp_path):
    fake = tmp_path / "anvil"
    fake.write_text("#!/bin/sh\nexec sleep 60\n")
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    with pytest.raises(NodeDied, match=r"within 0\.2 s"):
        Node(start_timeout_s=0.2).start()


@pytest.mark.parametrize("kind", KINDS)
def test_starts_as_asked_and_leaves_nothing_behind(kind):
    start_s = 1_700_000_000
    with Node(kind=kind, chain_id=4711, accounts=3, gas_limit=40_000_000, timestamp_s=start_s) as node:
        web3, pid, folder = web3_of(node), node.pid, node._folder
        assert web3.eth.chain_id == 4711
        assert [account.address for account in node.funded_accounts()] == web3.eth.accounts
        assert len(web3.eth.accounts) == 3
        assert web3.eth.get_balance(web3.eth.accounts[0]) == 10_000 * 10**18
        genesis = web3.eth.get_block(0)
        assert genesis["gasLimit"] == 40_000_000
        assert 0 <= genesis["timestamp"] - start_s < 60
        node.check()
    assert gone_within(pid, 1)
    assert not folder.exists()
    assert node.pid is None
    node.stop()  # again does nothing
    with pytest.raises(NodeDied, match="not running"):
        node.check()


def test_two_at_a_time_have_their_own_chains():
    with Node() as one, Node() as other:
        assert one.port != other.port
        web3_of(one).provider.make_request("evm_mine", [])
        assert [web3_of(one).eth.block_number, web3_of(other).eth.block_number] == [1, 0]


def test_mining_on_demand():
    with Node(mining=False, base_fee_wei=0) as node:
        web3 = web3_of(node)
        sender, receiver = web3.eth.accounts[:2]
        sent = web3.eth.send_transaction({"from": sender, "to": receiver, "value": 1, "gasPrice": 0})
        time.sleep(0.2)
        assert web3.eth.block_number == 0
        web3.provider.make_request("evm_mine", [])
        receipt = web3.eth.wait_for_transaction_receipt(sent, timeout=5)
        assert receipt["effectiveGasPrice"] == 0
        assert web3.eth.get_block("latest")["baseFeePerGas"] == 0


@pytest.mark.parametrize("kind", KINDS)
def test_block_time(kind):
    with Node(kind=kind, block_time_s=1) as node:
        time.sleep(2.6)
        assert web3_of(node).eth.block_number in (2, 3)


@pytest.mark.parametrize(("capped", "accepted"), [(True, False), (False, True)])
def test_transaction_gas_cap(capped, accepted):
    with Node(tx_gas_limit=capped, hardfork="osaka") as node:
        web3 = web3_of(node)
        sender, receiver = web3.eth.accounts[:2]
        call = {"from": sender, "to": receiver, "value": hex(1), "gas": hex(16_777_217)}
        answer = web3.provider.make_request("eth_sendTransaction", [call])
        assert ("result" in answer) == accepted


@pytest.mark.parametrize("kind", KINDS)
def test_state_survives_a_restart(kind, tmp_path):
    state = tmp_path / "state"
    with Node(kind=kind, state=state) as node:
        web3 = web3_of(node)
        sender, receiver = web3.eth.accounts[:2]
        sent = web3.eth.send_transaction({"from": sender, "to": receiver, "value": 5})
        web3.eth.wait_for_transaction_receipt(sent, timeout=5)
        balance_wei = web3.eth.get_balance(receiver)
    with Node(kind=kind, state=state) as node:
        assert web3_of(node).eth.get_balance(receiver) == balance_wei


@pytest.mark.parametrize("kind", KINDS)
def test_death_is_noticed(kind):
    with Node(kind=kind) as node:
        os.kill(node.pid, signal.SIGKILL)
        time.sleep(0.2)
        with pytest.raises(NodeDied, match="signal 9"):
            node.check()


@pytest.mark.parametrize("signum", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_node_ends_with_its_parent(signum):
    script = """
        import time
        from powerpact.chain.local.node import Node
        with Node() as node:
            print(node.pid, flush=True)
            time.sleep(60)
    """
    parent = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(script)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    pid = int(parent.stdout.readline())
    assert is_alive(pid)
    parent.send_signal(signum)
    parent.communicate(timeout=10)
    assert gone_within(pid, 5), f"the node outlived its parent by more than 5 s after signal {signum.name}"
