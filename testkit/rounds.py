"""Rounds turned into the orders that represent them on chain, and rounds drawn as wide as the contracts allow."""

from __future__ import annotations

import random
from collections.abc import Sequence

from eth_typing import ChecksumAddress
from hypothesis import strategies as st

from powerpact.market.orders import Order, Side, SoftTerm
from powerpact.market.rules import Attribute, Kind, Mode
from powerpact.mechanisms.satisfaction.round import Buyer, Round, Seller
from powerpact.units import MAX_ATTRIBUTES, MAX_CATEGORIES, PPM, value_down_upoints
from testkit.orders import FOREVER, codes, lanes
from testkit.strategies import UINT32_MAX, weights_ppm

UNSTATED = 255
"""Class code of a seller who states none: an order on chain must, and no buyer asks for this one."""

CLASSES = ("a", "b", "c")
"""The classes that orders are drawn from."""


def order_of_buyer(round_: Round, buyer: Buyer, trader: ChecksumAddress, nonce: int = 0, *, person: int = 0) -> Order:
    """The order that says on chain what the buyer says in the round."""
    return Order(
        side=Side.BUY,
        trader=trader,
        energy_wh=1_000 if buyer.energy_wh is None else buyer.energy_wh,
        price_upoints_per_kwh=buyer.bid_upoints_per_kwh,
        levels=lanes(*(term.expect for term in buyer.soft)),
        limits=lanes(*(term.limit for term in buyer.soft)),
        weights_ppm=lanes(*(term.weight_ppm for term in buyer.soft)),
        classes=codes(*(_code(round_, required, 0) for required in buyer.require)),
        min_fill_ppm=buyer.min_fill_ppm,
        nonce=nonce,
        expiry=FOREVER,
        person=person,
    )


def order_of_seller(
    round_: Round, seller: Seller, trader: ChecksumAddress, device: int = 0, nonce: int = 0, *, person: int = 0
) -> Order:
    """The order that says on chain what the seller says in the round."""
    return Order(
        side=Side.SELL,
        trader=trader,
        energy_wh=1_000 if seller.energy_wh is None else seller.energy_wh,
        price_upoints_per_kwh=seller.ask_upoints_per_kwh,
        min_upoints_per_kwh=seller.min_upoints_per_kwh,
        levels=lanes(*seller.attributes),
        classes=codes(*(_code(round_, stated, UNSTATED) for stated in seller.classes)),
        min_fill_ppm=seller.min_fill_ppm,
        device=device,
        nonce=nonce,
        expiry=FOREVER,
        person=person,
    )


def income_mask(attributes: Sequence[Attribute]) -> int:
    """Bit f: attribute f is an income."""
    return sum(1 << f for f, attribute in enumerate(attributes) if attribute.kind is Kind.INCOME)


@st.composite
def rounds(draw, most: int = 5, largest_price: int = UINT32_MAX, modes: Sequence[Mode] = (Mode.ONE_TO_ONE,)):
    """Rounds of at most `most` orders a side, with up to eight attributes and classes and no price or energy of zero.

    A buyer's energy is worth a micro-point at least, which is the least that an order reserves.

    Values come from a few steps, so that ties, E = L and bid = min = ask are common, or from the whole range. In three
    rounds of four, limits and requirements leave most pairs eligible.
    """
    mode = draw(st.sampled_from(modes))
    lenient = draw(st.integers(0, 3)) > 0
    picky = mode is Mode.ONE_TO_ONE and draw(st.booleans())
    least_fills_ppm = st.sampled_from([0, 1, PPM // 2, PPM]) if picky else st.just(0)
    energies = st.integers(1, draw(st.sampled_from([3, 5_000])))
    schema = draw(st.lists(st.sampled_from(Kind), max_size=MAX_ATTRIBUTES))
    categories = draw(st.integers(0, MAX_CATEGORIES))
    highest = draw(st.sampled_from([4, 1_000, UINT32_MAX]))
    values = st.integers(0, highest)
    prices = st.integers(1, draw(st.sampled_from([4, largest_price])))
    required = st.none() if lenient else st.sampled_from([None, None, None, *CLASSES[:2]])
    sizes = st.integers(min(2, most), most) if lenient else st.integers(0, most)

    def term(kind: Kind, weight_ppm: int) -> SoftTerm:
        expect = draw(values)
        if kind is Kind.INCOME:
            return SoftTerm(expect, 0 if lenient else draw(st.integers(0, expect)), weight_ppm)
        return SoftTerm(expect, highest if lenient else draw(st.integers(expect, highest)), weight_ppm)

    def buyer(i: int) -> Buyer:
        weights = draw(weights_ppm(len(schema)))
        bid = max(draw(prices), draw(prices)) if lenient else draw(prices)
        soft = tuple(term(kind, weight) for kind, weight in zip(schema, weights, strict=True))
        energy_wh = draw(energies)
        if value_down_upoints(energy_wh, bid) == 0:
            energy_wh *= 1_000
        require = tuple(draw(required) for _ in range(categories))
        return Buyer(f"b{i}", bid, soft, require, energy_wh, min_fill_ppm=draw(least_fills_ppm))

    def seller(j: int) -> Seller:
        least, ask = sorted((draw(prices), draw(prices)))
        classes = tuple(draw(st.sampled_from([*CLASSES, None])) for _ in range(categories))
        given = tuple(draw(values) for _ in schema)
        return Seller(f"s{j}", ask, least, given, classes, draw(energies), min_fill_ppm=draw(least_fills_ppm))

    return Round(
        mode=mode,
        attributes=tuple(Attribute(f"attribute {f}", kind) for f, kind in enumerate(schema)),
        categories=tuple(f"category {c}" for c in range(categories)),
        buyers=tuple(buyer(i) for i in range(draw(sizes))),
        sellers=tuple(seller(j) for j in range(draw(sizes))),
    )


def _code(round_: Round, class_: str | None, none: int) -> int:
    """The number of a class among those of the round, from 1; `none` for none."""
    if class_ is None:
        return none
    named = {c for b in round_.buyers for c in b.require} | {c for s in round_.sellers for c in s.classes}
    return 1 + sorted(filter(None, named)).index(class_)


def large_round(mode: Mode, n: int, m: int, seed: int, ties: bool) -> Round:
    """A round of n buyers and m sellers with values from few steps, if `ties`, or from the whole range."""
    chance = random.Random(seed)
    step = 250_000 if ties else 1
    kinds = (Kind.COST, Kind.INCOME, Kind.INCOME)

    def value(low, high):
        return chance.randrange(low, high) // step * step

    def energy():
        return chance.randint(1, 9) if mode is Mode.DIVISIBLE else None

    def term(kind):
        expect, limit = value(400_000, 1_000_000), value(0, 400_000)
        return (limit, expect) if kind is Kind.COST else (expect, limit)

    def buyer(i):
        weights = chance.choice([(1_000_000, 0, 0), (333_334, 333_333, 333_333), (200_000, 500_000, 300_000)])
        soft = tuple(SoftTerm(*term(kind), weight) for kind, weight in zip(kinds, weights, strict=True))
        return Buyer(f"b{i}", value(400_000, 900_000), soft, (chance.choice((None, "x", "y")),), energy())

    def seller(j):
        ask = value(300_000, 900_000)
        values = tuple(value(0, 1_000_000) for _ in kinds)
        return Seller(f"s{j}", ask, ask // 2, values, (chance.choice(("x", "y")),), energy())

    return Round(
        mode,
        tuple(Attribute(f"f{k}", kind) for k, kind in enumerate(kinds)),
        ("class",),
        tuple(buyer(i) for i in range(n)),
        tuple(seller(j) for j in range(m)),
    )
