"""Commands that were stopped, or are run twice: nothing is sent twice, and nothing is overwritten."""

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager

import pytest

from powerpact.chain.connection import connect
from powerpact.chain.local.clock import request
from powerpact.chain.local.node import Node
from testkit.proxy import Proxy
from testkit.shell import sell_words, tag_of

COMMAND = (sys.executable, "-c", "from powerpact.cli import main; main()")


def buying(market, *more):
    return ("order", "buy", market, "-a", "alice", "--energy-wh", 1_000, "--bid", 100, *more)


@contextmanager
def no_mining(node_url):
    """No block comes inside."""
    web3 = connect(node_url)
    request(web3, "evm_setAutomine", False)
    try:
        yield
    finally:
        request(web3, "evm_setAutomine", True)
        request(web3, "evm_mine")


def stopped(node_url, words, kill=signal.SIGINT, after=1):
    """Run a command in a process of its own and stop it once it has sent `after` transactions."""
    with Proxy(node_url) as proxy:
        environment = {**os.environ, "POWERPACT_RPC": proxy.url}
        process = subprocess.Popen(
            [*COMMAND, *map(str, words)], env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        while proxy.answered["eth_sendRawTransaction"] < after:
            assert process.poll() is None, process.stderr.read()
            time.sleep(0.01)
        process.send_signal(kill)
        output, talk = process.communicate(timeout=30)
    assert process.returncode != 0
    assert output == ""
    return talk


def open_ids(shell, market):
    return [order["order"] for order in shell.json("order", "list", market) if order["state"] == "open"]


def test_an_equal_order_is_posted_again_only_if_that_is_said(shell, admitted):
    market = shell.open_market()["market"]
    assert shell.ok(*buying(market)).stdout == "0:0\n"
    refused = shell.refused(*buying(market))
    assert "0:0" in refused.stderr
    assert "--again" in refused.stderr
    assert shell.ok(*buying(market, "--again")).stdout == "1:0\n"
    assert shell.ok(*buying(market, "--require", "source=solar")).stdout == "2:0\n"
    assert open_ids(shell, market) == ["0:0", "1:0", "2:0"]


def test_an_order_that_was_cancelled_is_not_in_the_way(shell, admitted):
    market = shell.open_market()["market"]
    shell.ok(*sell_words(market, admitted))
    assert "--again" in shell.refused(*sell_words(market, admitted)).stderr
    shell.ok("order", "cancel", market, "0:0", "-a", "bob")
    assert shell.ok(*sell_words(market, admitted)).stdout == "1:0\n"
    shell.ok("order", "cancel", market, "1:0", "-a", "bob")


@pytest.mark.parametrize("kill", [signal.SIGINT, signal.SIGKILL])
def test_an_order_that_was_stopped_is_posted_once(shell, admitted, kill):
    market = shell.open_market()["market"]
    with no_mining(shell.node.rpc_url):
        talk = stopped(shell.node.rpc_url, buying(market), kill)
    if kill == signal.SIGINT:
        assert "stopped" in talk
        assert "0x" in talk
        assert "run the same command again" in talk
    again = shell.ok(*buying(market))
    assert again.stdout == "0:0\n"
    assert "not posted again" in again.stderr
    assert open_ids(shell, market) == ["0:0"]
    assert "--again" in shell.refused(*buying(market)).stderr


def test_an_order_that_still_waits_is_waited_for(shell, admitted):
    market = shell.open_market()["market"]
    with no_mining(shell.node.rpc_url):
        stopped(shell.node.rpc_url, buying(market))
        second = subprocess.Popen(
            [*COMMAND, *map(str, buying(market))], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        assert "waiting for transaction" in second.stderr.readline()
    output, talk = second.communicate(timeout=60)
    assert (second.returncode, output) == (0, "0:0\n"), talk
    assert open_ids(shell, market) == ["0:0"]


@pytest.mark.parametrize(
    "words",
    [("deposit", 7, "-a", "alice"), ("members", "apply", "-a", "agent", "--attribute", "x=y")],
    ids=lambda words: words[0],
)
def test_a_command_that_was_stopped_is_done_once(shell, admitted, words):
    before = shell.json("balance", "alice")[0]
    with no_mining(shell.node.rpc_url):
        stopped(shell.node.rpc_url, words)
    assert "not sent again" in shell.ok(*words).stderr
    after = shell.json("balance", "alice")[0]
    changed = {"deposit": 7, "members": 0}[words[0]]
    assert after["free_upoints"] - before["free_upoints"] == changed
    if words[0] == "members":
        voted = ("members", "approve", "agent", "-a", "ann", "--tag", tag_of("agent"), "--credibility-ppm", 1)
        shell.ok(*voted, "--shown", "agent.application.json")  # the file has the salt of what is in the chain


def test_two_terminals_take_turns(shell, admitted):
    market = shell.open_market()["market"]
    many = [[*COMMAND, *map(str, buying(market)[:-1]), str(90 + k)] for k in range(2)]
    running = [subprocess.Popen(one, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for one in many]
    told = [process.communicate(timeout=150) for process in running]
    assert [process.returncode for process in running] == [0, 0], told
    assert sorted(open_ids(shell, market)) == sorted(output.strip() for output, _ in told) == ["0:0", "1:0"]


DEPLOYING = ("deploy", "-a", "utility", "--auditor", "ann", "--threshold", 1)


def test_a_deployment_file_is_never_overwritten(shell, deployed):
    file = shell.folder / "deployment.json"
    before = file.read_bytes()
    refused = shell.refused(*DEPLOYING)
    assert "exists already" in refused.stderr
    assert "--force" in refused.stderr
    assert file.read_bytes() == before
    other = shell.folder / "other.json"
    other.write_text("mine")
    forced = shell.ok(*DEPLOYING, "--deployment", other, "--force")
    assert "other.json.1" in forced.stderr
    assert (shell.folder / "other.json.1").read_text() == "mine"
    assert json.loads(other.read_text())["schema"] == "powerpact/deployment/1"


def test_a_deployment_that_was_stopped_goes_on(shell, accounts, tmp_path, monkeypatch):
    with Node() as node:
        monkeypatch.setenv("POWERPACT_RPC", node.rpc_url)
        shell.ok("chain", "fund", "utility")
        file = tmp_path / "deployment.json"
        words = (*DEPLOYING, "--deployment", file)
        for after in (3, 2):
            stopped(node.rpc_url, words, signal.SIGKILL, after)
            assert not file.exists()
        done = shell.json(*words)
        web3 = connect(node.rpc_url)
        assert web3.eth.get_transaction_count(accounts["utility"]) == len(done["addresses"])
        shell.ok("market", "list", "--deployment", file)
        assert "exists already" in shell.refused(*words).stderr
        other = tmp_path / "other.json"
        anew = shell.json(*DEPLOYING, "--deployment", other)
        assert not set(anew["addresses"].values()) & set(done["addresses"].values())


def test_a_deployment_that_cannot_be_completed_begins_anew(shell, accounts, tmp_path, monkeypatch):
    with Node() as node:
        monkeypatch.setenv("POWERPACT_RPC", node.rpc_url)
        shell.ok("chain", "fund", "utility", "ann")
        words = (*DEPLOYING, "--deployment", tmp_path / "deployment.json")
        stopped(node.rpc_url, words, signal.SIGKILL, 3)
        done = shell.ok(*words[:-3], 1, "--utility", "ann", *words[-2:])
        assert "anew" in done.stderr
        web3 = connect(node.rpc_url)
        assert web3.eth.get_transaction_count(accounts["utility"]) > 13
