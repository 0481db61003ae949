"""One node and one deployment for all tests that need a chain; every test starts from there."""

import pytest

from powerpact.chain.connection import connect
from powerpact.chain.contracts import points
from powerpact.chain.local.node import Node
from testkit.world import BOND_UPOINTS, go_back, make_world, snapshot


@pytest.fixture(scope="session")
def node():
    with Node() as running:
        yield running


@pytest.fixture(scope="session")
def web3(node):
    return connect(node.rpc_url)


@pytest.fixture(scope="session")
def first_world(web3):
    return make_world(web3)


@pytest.fixture
def world(first_world, web3):
    """The world as it was when it was made."""
    point = snapshot(web3)
    yield first_world.again()
    go_back(web3, point)


@pytest.fixture
def chain(world):
    return world.chain


@pytest.fixture
def bonded(world):
    """Agent and rival have points for two bonds each."""
    for name in ("agent", "rival"):
        mint = points.mint(world.chain, world.address(name), 10_000, points.reference(f"bonds of {name}"))
        world.sender("utility").send(mint)
        world.sender(name).send(points.deposit(world.chain, world.keys[name], 2 * BOND_UPOINTS))


@pytest.fixture
def estimates(web3, monkeypatch):
    """What the node is asked to estimate: the latest block and the calldata of each question."""
    ask, asked = web3.eth.estimate_gas, []

    def estimate_gas(transaction):
        asked.append((web3.eth.block_number, bytes(transaction["data"])))
        return ask(transaction)

    monkeypatch.setattr(web3.eth, "estimate_gas", estimate_gas)
    return asked
