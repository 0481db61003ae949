"""``powerpact chain up``: a chain that lives until Ctrl-C."""

import os
import signal
import subprocess
import sys
import time

import pytest

from powerpact.chain.connection import connect
from powerpact.chain.errors import ChainUnreachable
from powerpact.chain.local.node import free_port

NOBODY = "0x1111111111111111111111111111111111111111"
COMMAND = (sys.executable, "-c", "from powerpact.cli import main; main()", "chain", "up")


@pytest.fixture
def up(tmp_path):
    """Start the command with these options; it is ended after the test."""
    started = []

    def start(*options):
        environment = {**os.environ, "POWERPACT_HOME": str(tmp_path)}
        process = subprocess.Popen(
            [*COMMAND, *map(str, options)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


def test_the_chain_is_up_until_it_is_stopped(up):
    port = free_port()
    process = up("--port", port, "--fund", NOBODY)
    url = process.stdout.readline().strip()
    assert url == f"http://127.0.0.1:{port}"
    web3 = connect(url)
    assert web3.eth.get_balance(NOBODY) == 100 * 10**18
    process.send_signal(signal.SIGINT)
    _, talk = process.communicate(timeout=20)
    assert process.returncode == 130
    assert "stopped" in talk
    for _ in range(50):
        try:
            connect(url, retries=1)
        except ChainUnreachable:
            return
        time.sleep(0.1)
    pytest.fail("the node outlived the command")


def test_a_taken_port_is_told(up):
    port = free_port()
    first = up("--port", port)
    first.stdout.readline()
    second = up("--port", port)
    output, talk = second.communicate(timeout=60)
    assert second.returncode == 1
    assert output == ""
    assert str(port) in talk
