"""Every transaction of a day fails once, each in another way: the day ends with the same balances."""

import pytest

from powerpact.chain.local.node import Node
from testkit.faultyday import FAULTS, calm, day_with, rich_world

TRANSACTIONS = 11
"""Of the day."""


@pytest.fixture(scope="module")
def world():
    with Node() as node:
        yield rich_world(node)


@pytest.fixture(scope="module")
def expected(world):
    """What everybody has when nothing fails."""
    found, told, sent = day_with(world, calm, 0)
    assert (told, sent) == ([], TRANSACTIONS)
    return found


@pytest.mark.parametrize("at", range(TRANSACTIONS))
def test_the_day_ends_alike(world, expected, at):
    """As many faults as there are, in turn; all pairs of both take a campaign."""
    name = list(FAULTS)[at % len(FAULTS)]
    found, _, sent = day_with(world, FAULTS[name], at)
    assert found == expected, name
    assert sent >= TRANSACTIONS
