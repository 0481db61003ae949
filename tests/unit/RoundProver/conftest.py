from tests.unit.market_fixtures import *  # noqa: F403
