"""The facade for tokens of others."""

import pytest


@pytest.fixture(scope="module")
def membership(Membership, participants, deployer):
    return deployer.deploy(Membership, participants)
