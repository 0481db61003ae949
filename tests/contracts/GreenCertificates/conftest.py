"""Certificates whose minter is an account."""

import pytest

from testkit.constants import LOT


@pytest.fixture(scope="session")
def minter(accounts):
    return accounts[9]


@pytest.fixture(scope="module")
def certificates(GreenCertificates, deployer, minter):
    return deployer.deploy(GreenCertificates, minter)


@pytest.fixture(scope="module")
def holder(certificates, minter, alice):
    """Alice with 1000 Wh."""
    certificates.mint([(alice, LOT, 1_000)], {"from": minter})
    return alice
