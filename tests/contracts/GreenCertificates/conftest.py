"""Certificates whose minter is an account, and so is who holds lots."""

import pytest

from testkit.constants import LOT


@pytest.fixture(scope="session")
def minter(accounts):
    return accounts[9]


@pytest.fixture(scope="session")
def warden(accounts):
    """Subnets, where an account stands in for it."""
    return accounts[8]


@pytest.fixture(scope="module")
def certificates(GreenCertificates, deployer, minter, warden):
    return deployer.deploy(GreenCertificates, minter, warden)


@pytest.fixture(scope="module")
def holder(certificates, minter, alice):
    """Alice with 1000 Wh."""
    certificates.mint([(alice, LOT, 1_000)], {"from": minter})
    return alice
