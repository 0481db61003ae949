"""Rounds of five families, the same for each seed: four synthetic ones, and homes like those of the data."""

from __future__ import annotations

from dataclasses import replace
from random import Random

from benchmarks.homes import make_homes
from powerpact.market.orders import SoftTerm
from powerpact.market.rules import Attribute, Kind, Mode
from powerpact.mechanisms.satisfaction.round import Buyer, Round, Seller
from powerpact.units import PPM

ATTRIBUTES = tuple(
    Attribute(name, kind)
    for name, kind in (
        ("price", Kind.COST),
        ("credibility", Kind.INCOME),
        ("reliability", Kind.INCOME),
        ("line-length", Kind.COST),
        ("carbon", Kind.COST),
    )
)
ENERGY_WH = (500, 3_000)
"""Least and most energy of an order of a synthetic family."""

FAMILIES = {
    "mid": "two required classes leave about a sixth of the pairs",
    "dense": "every pair is eligible",
    "sat": "about a tenth of all pairs tie at the highest score",
    "corner": "one attribute decides, values in few steps, many duplicates",
    "homes": "homes like those of the data, each with its own preferences",
}


def make(family: str, orders: int, mode: Mode = Mode.ONE_TO_ONE, seed: int = 1) -> Round:
    """Make a round.

    Parameters
    ----------
    family : str
        A key of `FAMILIES`.
    orders : int
        Orders of each side.
    mode : Mode
        One-to-one or divisible; the orders are the same.
    seed : int
        The same seed gives the same round.
    """
    return replace(make_homes(orders, seed) if family == "homes" else _make_synthetic(family, orders, seed), mode=mode)


def _make_synthetic(family: str, orders: int, seed: int) -> Round:
    random, energy = Random(f"{family} {orders} {seed}"), Random(f"energy {family} {orders} {seed}")
    buyers = (_buyer(f"b{i}", family, random) for i in range(orders))
    sellers = (_seller(f"s{j}", family, random) for j in range(orders))
    return Round(
        mode=Mode.ONE_TO_ONE,
        attributes=ATTRIBUTES,
        categories=("source", "grade"),
        buyers=(replace(buyer, energy_wh=energy.randint(*ENERGY_WH)) for buyer in buyers),
        sellers=(replace(seller, energy_wh=energy.randint(*ENERGY_WH)) for seller in sellers),
    )


def _buyer(id_: str, family: str, random: Random) -> Buyer:
    bid = random.randint(100_000, 140_000)
    require: tuple[str | None, str | None] = (None, None)
    if family == "mid":
        require = (f"source {random.randint(1, 3)}", f"grade {random.randint(1, 2)}")
    if family == "corner":
        favourite = random.randrange(len(ATTRIBUTES))
        weights = [PPM if f == favourite else 0 for f in range(len(ATTRIBUTES))]
        soft = (SoftTerm(0, 200_000, weights[0]), *_stepped(weights[1:]))
        return Buyer(id_, 120_000 + 10_000 * random.randint(0, 2), soft, require)
    weights = _weights(random)
    if family == "sat":
        # Each attribute of each seller contents 55% of the buyers, whose price suits everyone.
        levels = [100 * random.randint(1, 10) for _ in range(4)]
        terms = [(100_000, 200_000), *((e, 0) for e in levels[:2]), *((e, 2_000) for e in levels[2:])]
        return Buyer(id_, bid, _soft(terms, weights), require)
    income = [(random.randint(700, 1_000), random.randint(0, 100)) for _ in range(2)]
    cost = [(random.randint(0, 300), random.randint(1_000, 2_000)) for _ in range(2)]
    terms = [(random.randint(60_000, 90_000), 200_000), *income, *cost]
    return Buyer(id_, bid, _soft(terms, weights), require)


def _seller(id_: str, family: str, random: Random) -> Seller:
    ask = random.randint(80_000, 130_000)
    minimum = min(ask, random.randint(60_000, 100_000))
    values = tuple(random.randint(100, 1_000) for _ in ATTRIBUTES[1:])
    classes = (f"source {random.randint(1, 3)}", f"grade {random.randint(1, 2)}")
    if family == "sat":
        ask, minimum = random.randint(80_000, 100_000), 60_000
        values = tuple(100 * random.randint(1, 10) for _ in ATTRIBUTES[1:])
    if family == "corner":
        ask, minimum = 100_000 + 10_000 * random.randint(0, 3), 100_000
        values = tuple(250 * random.randint(0, 4) for _ in ATTRIBUTES[1:])
    return Seller(id_, ask, minimum, (ask, *values), classes)


def _soft(terms: list[tuple[int, int]], weights: list[int]) -> tuple[SoftTerm, ...]:
    """Terms of (expectation, limit), and their weights."""
    return tuple(SoftTerm(expect, limit, weight) for (expect, limit), weight in zip(terms, weights, strict=True))


def _weights(random: Random) -> list[int]:
    """Weights that sum to 1 000 000 ppm."""
    shares = [random.randint(1, 100) for _ in ATTRIBUTES]
    weights = [share * PPM // sum(shares) for share in shares]
    weights[0] += PPM - sum(weights)
    return weights


def _stepped(weights: list[int]) -> tuple[SoftTerm, ...]:
    """Terms of the attributes after the price, income first, over the whole range."""
    ranges = ((1_000, 0), (1_000, 0), (0, 1_000), (0, 1_000))
    return _soft(list(ranges), weights)
