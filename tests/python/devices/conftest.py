"""A broker for each test, and meters on the chain of `tests/python/conftest.py`."""

import pytest

from powerpact.devices.broker import Broker
from testkit.broker import BrokerProcess
from testkit.gateways import make_gateway


@pytest.fixture
def broker(tmp_path):
    with BrokerProcess(tmp_path) as running:
        yield running


@pytest.fixture
def where(broker):
    return Broker.parse(broker.address, tls=False)


@pytest.fixture
def gateway(world):
    """Three meters with four readings each, in the order of the intervals."""
    return make_gateway(world, 3, 4)


@pytest.fixture
def folder(tmp_path):
    """Where the bridge keeps its index and journal."""
    return tmp_path / "data"
