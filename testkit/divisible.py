"""A divisible contest: its orders, the best trades in it, and how far a proposal of them has come."""

import pytest

from testkit.claims import claim
from testkit.contest import BOND_UPOINTS, WINDOW_S
from testkit.market_fixtures import ENDOWMENT_UPOINTS
from testkit.orders import buy, sell

__all__ = ["final", "halfway", "market"]

DUALS_PPM = {0: 250_000, 1: 0, 2: 750_000, 3: 750_000}
"""A certificate, ppm per Wh: Bob gets a part only, so his order has none."""

OBJECTIVE = 1_000_000 * 1_500 + 750_000 * 500
TRADES = [(0, 2, 1_000), (0, 3, 500), (1, 3, 500)]
"""By rising sell order and then buy order, as a proposal takes them."""


@pytest.fixture
def market(community, agent, alice, bob, carol, dan):
    """Alice (order 0) buys 1 500 Wh, Bob (1) 900 Wh; Carol (2) and Dan (3) sell 1 000 Wh each; the gate is closed.

    Scores, ppm:      Carol      Dan
    Alice (0)     1 000 000  1 000 000
    Bob (1)         500 000    750 000
    """
    opened = community.open_market(mode=1, challenge_window_s=WINDOW_S, bond_upoints=BOND_UPOINTS)
    orders = [
        buy(alice, energy_wh=1_500),
        buy(bob, energy_wh=900, price_upoints_per_kwh=90_000),
        sell(carol),
        sell(dan, min_upoints_per_kwh=60_000),
    ]
    opened.post(orders, [alice, bob, carol, dan])
    opened.close()
    return opened


@pytest.fixture
def halfway(market):
    """A draft whose first chunk gives Alice 1 000 of her 1 500 Wh, the rest to follow."""
    market.propose(claim(market, TRADES[:1], DUALS_PPM, continued=[0]))
    return market


@pytest.fixture
def final(market):
    """The best matching in two chunks, proven."""
    market.propose(claim(market, TRADES[:1], DUALS_PPM, continued=[0]))
    market.extend(claim(market, TRADES[1:], DUALS_PPM))
    market.prove()
    return market


def wallet(custody, trader):
    """Free points less the endowment, and held points."""
    free, held, *_ = custody.walletOf(trader.address)
    return free - ENDOWMENT_UPOINTS, held
