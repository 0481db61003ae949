"""Alice pays Bob; each has points in the wallet."""

import pytest

from powerpact.market.channels import ChannelState
from testkit.market_fixtures import *
from testkit.market_fixtures import POINT, by
from testkit.paying.channels import CHANNELS, Metered, Mutual

LOCKED = 10 * POINT


@pytest.fixture(scope="module")
def channels(PaymentChannels, community):
    return PaymentChannels.at(community.addresses[CHANNELS])


@pytest.fixture(scope="module")
def domain(community):
    return community.domain(CHANNELS)


@pytest.fixture(scope="module")
def metered(alice, bob, domain):
    """Alice pays Bob for his readings; not open yet."""
    return Metered(alice.account, bob.account, domain)


@pytest.fixture
def paying(channels, metered, alice):
    """Their open channel, in which ten points are locked."""
    channels.openMetered(metered.terms, LOCKED, by(alice))
    return metered


@pytest.fixture(scope="module")
def mutual(alice, bob, domain):
    """Alice and Bob, who pay each other; not open yet."""
    return Mutual(alice.account, bob.account, domain)


@pytest.fixture
def shared(channels, mutual, alice, bob):
    """Their open channel: ten points are locked for Alice, five for Bob."""
    channels.openMutual(mutual.terms, LOCKED, by(alice))
    channels.fundMutual(mutual.terms, LOCKED // 2, by(bob))
    return mutual


@pytest.fixture(scope="module")
def state():
    """A state of that channel: Alice has so much."""

    def _state(version, to_one, **changes):
        return ChannelState(version, to_one, 15 * POINT - to_one, LOCKED, LOCKED // 2)._replace(**changes)

    return _state
