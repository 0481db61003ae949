"""Fixtures of mandates: Alice's gateway, which may buy and sell for her in a market."""

import pytest

from testkit.mandates import Gateway, mandate_for
from testkit.market import key
from testkit.market_fixtures import *


@pytest.fixture(scope="module")
def delegate():
    """The gateway's key, which has no account."""
    return key("gateway")


@pytest.fixture
def market(community):
    return community.open_market()


@pytest.fixture
def unregistered(market, alice, delegate):
    """The gateway before its mandate is registered."""
    return Gateway(market, alice, delegate, mandate_for(market, alice, delegate))


@pytest.fixture
def gateway(unregistered):
    unregistered.register()
    return unregistered
