"""Fixtures of the clearing tests."""

import pytest

from testkit.contest import BOND_UPOINTS, WINDOW_S, post
from testkit.market_fixtures import *
from testkit.market_fixtures import ENDOWMENT_UPOINTS


@pytest.fixture(scope="module")
def agent(community):
    """The agent who proposes unless told, with money for bonds."""
    return _funded(community, "agent")


@pytest.fixture(scope="module")
def rival(community):
    """Another agent."""
    return _funded(community, "rival")


@pytest.fixture(scope="module")
def erin(community):
    """A fifth trader."""
    return _funded(community, "erin")


@pytest.fixture(scope="module")
def watcher(community):
    """Who challenges, without a wallet so far."""
    return community.arbiter


@pytest.fixture
def posted(market, alice, bob, carol, dan):
    """The orders of `post` in a market that is proven pair by pair, its gate open."""
    return post(market, alice, bob, carol, dan)


@pytest.fixture
def contest(community, agent, alice, bob, carol, dan):
    """The orders of `post` in a market with a challenge window, its gate closed."""
    market = community.open_market(challenge_window_s=WINDOW_S, bond_upoints=BOND_UPOINTS)
    post(market, alice, bob, carol, dan)
    market.close()
    return market


def _funded(community, name):
    made = community.join(name)
    community.endow(made, ENDOWMENT_UPOINTS)
    return made
