from testkit.market_fixtures import *
