"""Call auctions in process: each on a chain on which nothing else has happened."""

import pytest

from testkit import auctionmarket
from testkit.chains import EvmChain
from testkit.market import Community, Trader

TRADERS = 8
CONTEST = {"challenge_window_s": 600, "bond_upoints": 10**6}


@pytest.fixture(scope="module")
def auctioneers():
    """Traders who each buy and sell at most once, and an agent with a bond."""
    made = Community(EvmChain(), traders=TRADERS, capacity_wh=(1 << 40) - 1)
    for trader in (*made.traders, Trader(made.agent, made.agent, device=0)):
        made.endow(trader, auctionmarket.PURSE_UPOINTS)
    return made


@pytest.fixture(scope="module")
def fresh(auctioneers):
    """A closed auction with the orders of a round on a chain on which nothing else has happened."""
    start = auctioneers.chain.snapshot()

    def _fresh(round_, **changes):
        auctioneers.chain.revert(start)
        market = auctionmarket.open_auction(auctioneers, round_.k_ppm, **CONTEST | changes)
        auctionmarket.post(market, auctionmarket.postable(round_))
        return market

    return _fresh
