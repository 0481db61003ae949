"""Rounds of the clearing tests: the orders in them, and claims that are right, loose, false or poor."""

from powerpact.mechanisms.satisfaction.spec import match
from testkit.claims import claim
from testkit.market_fixtures import POINT
from testkit.orders import buy, sell

WINDOW_S = 600
"""How long a sealed proposal can be challenged."""

BOND_UPOINTS = 10 * POINT + 1
"""Odd, so that an eighth of it is rounded."""

EIGHTH_UPOINTS = BOND_UPOINTS // 8
REWARD_UPOINTS = 2 * EIGHTH_UPOINTS
"""What a refutation brings of the bond, to one or to two."""

BURNT_UPOINTS = BOND_UPOINTS - REWARD_UPOINTS

DRAFT, ACTIVE, OUTRANKED, REFUTED, FINAL = range(1, 6)
"""What a proposal is, as in IClearing."""


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
