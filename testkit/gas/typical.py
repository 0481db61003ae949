"""A typical round: n buyers and n sellers, five soft attributes, two classes, preferences that differ."""

from __future__ import annotations

from random import Random
from typing import Any

from powerpact.market.orders import Order, Side
from testkit.market import ASK, CREDIBILITY, DECLARED, PPM, RELIABILITY, Community, TestMarket

SOURCES = (ASK, CREDIBILITY, RELIABILITY, DECLARED, DECLARED)
INCOME = (False, True, True, True, False)
CREDIBILITIES_PPM = (800_000, 850_000, 900_000, 950_000, 999_000)
SOLAR = 1
GRADES = (1, 2)


def open_typical_market(community: Community, **changes: Any) -> TestMarket:
    """A market with price, credibility, reliability and two declared attributes; class 0 is the energy source."""
    return community.open_market(
        SOURCES,
        INCOME,
        category_count=2,
        source_category=1,
        tolerance_ppm=50_000,
        penalty_ppm=200_000,
        challenge_window_s=600,
        bond_upoints=100_000_000,
        **changes,
    )


def typical_buyer(community: Community, market: TestMarket, index: int, nonce: int, random: Random) -> Order:
    """A buyer who may require solar energy, or a grade."""
    shares = [random.randrange(1, 100) for _ in SOURCES]
    weights = [share * PPM // sum(shares) for share in shares]
    weights[0] += PPM - sum(weights)
    return Order(
        side=Side.BUY,
        trader=community.traders[index].address,
        energy_wh=random.randrange(500, 3_000),
        price_upoints_per_kwh=random.randrange(100_000, 150_000),
        levels=_lanes(
            random.randrange(60_000, 100_000),
            random.randrange(850_000, PPM),
            random.randrange(900_000, PPM),
            random.randrange(50, 100),
            random.randrange(1, 50),
        ),
        limits=_lanes(
            random.randrange(120_000, 200_000),
            random.randrange(500_000, 800_000),
            random.randrange(500_000, 900_000),
            random.randrange(0, 30),
            random.randrange(60, 100),
        ),
        weights_ppm=_lanes(*weights),
        classes=bytes([random.choice((0, SOLAR)), (0, *GRADES)[index % 3]]).ljust(8, b"\0"),
        nonce=nonce,
        expiry=market.rules.closes_at,
    )


def typical_seller(community: Community, market: TestMarket, index: int, nonce: int, random: Random) -> Order:
    """A seller with a grade, who asks a little less than most buyers bid: each order finds its trade."""
    ask = random.randrange(80_000, 120_000)
    return Order(
        side=Side.SELL,
        trader=community.traders[index].address,
        energy_wh=random.randrange(500, 3_000),
        price_upoints_per_kwh=ask,
        min_upoints_per_kwh=ask * 9 // 10,
        levels=_lanes(0, 0, 0, random.randrange(20, 110), random.randrange(1, 80)),
        classes=bytes([0, GRADES[index % 2]]).ljust(8, b"\0"),
        device=community.traders[index].device,
        nonce=nonce,
        expiry=market.rules.closes_at,
    )


def _lanes(*values: int) -> tuple[int, ...]:
    return values + (0,) * (8 - len(values))
