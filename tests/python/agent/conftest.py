"""Agents with money for bonds, and rounds that do not fit into one transaction."""

import pytest

from powerpact.chain.contracts import points
from testkit.world import BOND_UPOINTS


@pytest.fixture
def bonded(world):
    """Agent and rival have points for two bonds each."""
    for name in ("agent", "rival"):
        mint = points.mint(world.chain, world.address(name), 10_000, points.reference(f"bonds of {name}"))
        world.sender("utility").send(mint)
        world.sender(name).send(points.deposit(world.chain, world.keys[name], 2 * BOND_UPOINTS))


@pytest.fixture
def sealing(monkeypatch):
    """No round fits into one transaction."""
    monkeypatch.setattr("powerpact.agent.proposing.fitting", lambda *_: None)
