"""Fixtures of the market's tests: a deployed community whose members have money.

A test says what it does to the contract under test through Brownie; everything before that is a step of `Community` and
`TestMarket`. Alice and Bob buy, Carol and Dan sell, and each of them has a certified solar device.
"""

import pytest
from brownie import accounts, web3

from powerpact.codec.packing import trade_id
from testkit.chains import NodeChain
from testkit.market import Community
from testkit.orders import buy, sell

POINT = 1_000_000
"""Micro-points in a point."""

ENDOWMENT_UPOINTS = 1_000 * POINT
CREDIBILITY_PPM = 900_000

__all__ = [
    "alice",
    "bob",
    "book",
    "carol",
    "clearing",
    "community",
    "custody",
    "dan",
    "devices",
    "market",
    "markets",
    "points",
    "refutations",
    "releases",
    "settlement",
    "traded",
]


def by(account):
    """Brownie's way to say who sends: a trader, a key, a contract or an address."""
    return {"from": accounts.at(getattr(account, "address", account), force=True)}


def money_of(custody, account):
    """What an account has in its wallet, free and held, micro-points."""
    return tuple(custody.walletOf(getattr(account, "address", account)))[:2]


def record_of(custody, seller):
    """A seller's track record: Wh promised, Wh delivered, trades."""
    return tuple(custody.trackRecordOf(seller.address))[:3]


def used_nonces(custody, trader, side, nonces):
    """Which of the nonces are used."""
    return [nonce for nonce in nonces if custody.isNonceUsed(trader.address, side, nonce)]


def trade_id_of(market, chunk=0, index=0):
    """The id of a trade of the latest proposal."""
    return trade_id(market.id, market.community.agent.address, market.chunks[chunk][index])


@pytest.fixture(scope="module")
def community(isolate_module):
    """Four traders, Alice, Bob, Carol and Dan, each with a certified device and points in the wallet."""
    made = Community(NodeChain(web3.provider.endpoint_uri), traders=4, credibilities_ppm=[CREDIBILITY_PPM])
    for trader in made.traders:
        made.endow(trader, ENDOWMENT_UPOINTS)
    return made


@pytest.fixture(scope="module")
def alice(community):
    return community.traders[0]


@pytest.fixture(scope="module")
def bob(community):
    return community.traders[1]


@pytest.fixture(scope="module")
def carol(community):
    return community.traders[2]


@pytest.fixture(scope="module")
def dan(community):
    return community.traders[3]


@pytest.fixture(scope="module")
def book(OrderBook, community):
    return OrderBook.at(community.addresses["OrderBook"])


@pytest.fixture(scope="module")
def markets(Markets, community):
    return Markets.at(community.addresses["Markets"])


@pytest.fixture(scope="module")
def clearing(Clearing, community):
    return Clearing.at(community.addresses["Clearing"])


@pytest.fixture(scope="module")
def custody(Accounts, community):
    return Accounts.at(community.addresses["Accounts"])


@pytest.fixture(scope="module")
def devices(DeviceRegistry, community):
    return DeviceRegistry.at(community.addresses["DeviceRegistry"])


@pytest.fixture(scope="module")
def settlement(Settlement, community):
    return Settlement.at(community.addresses["Settlement"])


@pytest.fixture(scope="module")
def releases(Releases, community):
    return Releases.at(community.addresses["Releases"])


@pytest.fixture(scope="module")
def refutations(Refutations, community):
    return Refutations.at(community.addresses["Refutations"])


@pytest.fixture(scope="module")
def points(PowerPoints, community):
    return PowerPoints.at(community.addresses["PowerPoints"])


@pytest.fixture
def market(community):
    """An open market without attributes and classes, paid as bid."""
    return community.open_market()


@pytest.fixture
def traded(market, alice, carol):
    """A market whose round is final: Alice (order 0) buys 1 kWh of Carol (order 1) at 0.1 points."""
    market.post([buy(alice), sell(carol)], [alice, carol])
    market.clear()
    return market
