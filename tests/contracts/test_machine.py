"""The machine on the chain that Brownie runs: every transaction mined, logged and traced."""

import pytest
from brownie import chain, web3

from testkit.chains import NodeChain
from testkit.stateful.machine import run_machine
from testkit.stateful.stage import RUNS, community_on

EXAMPLES = 30
STEPS = 20

WAY = "seal", "finalize", "clear", "refund", "release"
"""What a market day may consist of. That every rule has its turn is seen where steps are cheap, in process."""


@pytest.fixture
def community():
    """Brownie's chain, which is as it was afterwards."""
    chain.snapshot()
    yield community_on(NodeChain(web3.provider.endpoint_uri))
    chain.revert()


def test_the_market_holds(community):
    """The drawn examples are the same in each run, so that the counter of rules is, too."""
    RUNS.clear()
    run_machine(community, EXAMPLES, STEPS, shrink=False, derandomize=True)
    never = [name for name in WAY if not RUNS[name]]
    assert not never, f"never ran: {never}"
