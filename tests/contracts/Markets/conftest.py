"""Fixtures of the markets."""

import pytest

from testkit.market_fixtures import *


@pytest.fixture
def rules(community):
    """Rules of a market that may open, for a slot that no market has yet."""
    return community.open_market().rules._replace(zone=b"elm street".ljust(24, b"\0"))
