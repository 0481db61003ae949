"""Fixtures of the clearing tests."""

import pytest

from tests.helpers.orders import buy, sell
from tests.unit.market_fixtures import *  # noqa: F403


@pytest.fixture
def posted(market, alice, bob, carol, dan):
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
