"""Fixtures of the clearing tests."""

import pytest

from powerpact.spec import match
from tests.helpers.claims import claim
from tests.helpers.orders import buy, sell
from tests.unit.market_fixtures import *  # noqa: F403
from tests.unit.market_fixtures import ENDOWMENT_UPOINTS, POINT

WINDOW_S = 600
"""How long a sealed proposal can be challenged."""

BOND_UPOINTS = 10 * POINT + 1
"""Odd, so that half of it is rounded."""

DRAFT, STANDING, OUTRANKED, REFUTED, FINAL = range(1, 6)
"""What a proposal is, as in IClearing."""


@pytest.fixture(scope="module")
def agent(community):
    """The agent who proposes unless told, with money for bonds."""
    return _funded(community, "agent")


@pytest.fixture(scope="module")
def rival(community):
    """Another agent."""
    return _funded(community, "rival")


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


def post(market, alice, bob, carol, dan):
    """Two batches. Alice (order 0) and Bob (1) buy, Carol (2) sells; Dan (256) sells, Alice (257) buys more.

    Scores, ppm:        Carol      Dan
    Alice (0)       1 000 000  1 000 000
    Bob (1)           500 000    750 000
    Alice (257)             -          0
    """
    market.post([buy(alice), buy(bob, price_upoints_per_kwh=90_000), sell(carol)], [alice, bob, carol])
    late = [sell(dan, min_upoints_per_kwh=60_000), buy(alice, nonce=2, price_upoints_per_kwh=60_000)]
    market.post(late, [dan, alice])
    return market


def best(market):
    """The best matching with its certificate."""
    return market.claims(match(market.round()))


def loose(market):
    """The best trades, dual prices 1 ppm too high: they cover every pair, and prove nothing."""
    return claim(market, [(0, 2), (1, 256)], {0: 500_001, 2: 500_000, 256: 750_000})


def false(market):
    """The best trades with a false certificate: Bob and Carol, who both trade, have 400 000 for a score of 500 000."""
    return claim(market, [(0, 2), (1, 256)], {0: 600_000, 2: 400_000, 256: 750_000})


def poor(market):
    """Bob and Carol alone, said to be the best: 500 000 instead of 1 750 000."""
    return claim(market, [(1, 2)], {1: 500_000})


def stand(market, claims, agent=None):
    """Propose and seal; return the proposal's number."""
    account = agent and agent.account
    market.propose(claims, agent=account)
    market.seal(agent=account)
    return market.proposal


def at(market, time_s):
    """Let the next transaction be mined at exactly this time, Unix seconds."""
    market.community.chain.request("evm_setNextBlockTimestamp", time_s)


def _funded(community, name):
    made = community.admit(name)
    community.endow(made, ENDOWMENT_UPOINTS)
    return made
