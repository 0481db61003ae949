"""Generated rounds: random numbers of every size, and the edges on purpose."""

from __future__ import annotations

import itertools

from hypothesis import strategies as st

from powerpact.market.orders import SoftTerm, equal_weights_ppm
from powerpact.market.rules import Attribute, Kind, Mode
from powerpact.mechanisms.satisfaction.round import Buyer, Round, Seller
from powerpact.units import PPM

UINT32_MAX = 2**32 - 1
UINT64_MAX = 2**64 - 1

CLASSES = (None, "a", "b", "c")
"""What an order may require, or be; None for any, or not stated."""

HIGHEST = (1, 3, 12, 1_000, UINT32_MAX)
"""The largest value in a round: small ones make ties, E = L and bid = min = ask common."""

TRADERS = ((None,), (None, "b0", "s0"), ("ann", "bob", "cid", None), ("ann", "bob"), ("ann",))
"""Whose the orders of a round are; None for the order's id."""

PERSONS = ((None,), (None, "ann", "b0"), ("one", "two", None), ("one",))
"""To whom the traders of a round belong; None for the trader."""

SHARES_PPM = ((0,), (0, 500_000), (0, 1, 333_333, 999_999, PPM), (PPM,))
"""Least shares of the orders of a one-to-one round."""

ENERGIES = {
    "none": st.just(0),
    "few": st.integers(0, 4),
    "usual": st.integers(1, 5_000),
    "huge": st.integers(UINT64_MAX - 3, UINT64_MAX),
}


@st.composite
def rounds(draw, modes=tuple(Mode), most=6, barred=True):
    """Rounds of at most `most` orders a side and of one of the given modes; `barred` by persons and least shares."""
    mode = draw(st.sampled_from(modes))
    schema = draw(st.lists(st.sampled_from(tuple(Kind)), max_size=4))
    attributes = tuple(Attribute(f"f{f}", kind) for f, kind in enumerate(schema))
    categories = tuple(f"c{c}" for c in range(draw(st.integers(0, 2))))
    value = st.integers(0, draw(st.sampled_from(HIGHEST)))
    price = st.integers(0, draw(st.sampled_from(HIGHEST)))
    energy = draw(energies(mode))
    trader = st.sampled_from(draw(st.sampled_from(TRADERS))) if barred else st.none()
    person = st.sampled_from(draw(st.sampled_from(PERSONS))) if barred else st.none()
    has_shares = barred and mode is Mode.ONE_TO_ONE
    share = st.sampled_from(draw(st.sampled_from(SHARES_PPM))) if has_shares else st.just(0)

    def buyer(i):
        weights = draw(weights_ppm(len(schema)))
        soft = tuple(_term(draw, kind, value, weight) for kind, weight in zip(schema, weights, strict=True))
        require = tuple(draw(st.sampled_from((None, None, *CLASSES))) for _ in categories)
        common = draw(energy), draw(trader), draw(share), draw(person)
        return Buyer(f"b{i}", draw(price), soft, require, *common)

    def seller(j):
        minimum, ask = sorted((draw(price), draw(price)))
        classes = tuple(draw(st.sampled_from(CLASSES)) for _ in categories)
        values = tuple(draw(value) for _ in schema)
        common = draw(energy), draw(trader), draw(share), draw(person)
        return Seller(f"s{j}", ask, minimum, values, classes, *common)

    buyers = tuple(buyer(i) for i in range(draw(st.integers(0, most))))
    sellers = tuple(seller(j) for j in range(draw(st.integers(0, most))))
    return Round(mode, attributes, categories, buyers, sellers)


@st.composite
def weights_ppm(draw, count):
    """Weights that sum to one: equal, all on one attribute, or cut anywhere."""
    if count == 0:
        return ()
    kind = draw(st.sampled_from(("equal", "one", "cut")))
    if kind == "equal":
        return equal_weights_ppm(count)
    if kind == "one":
        chosen = draw(st.integers(0, count - 1))
        return tuple(PPM * (f == chosen) for f in range(count))
    cuts = [0, *sorted(draw(st.integers(0, PPM)) for _ in range(count - 1)), PPM]
    return tuple(high - low for low, high in itertools.pairwise(cuts))


@st.composite
def energies(draw, mode):
    """A strategy for the energies of one round; in one-to-one mode orders may state none."""
    stated = ENERGIES[draw(st.sampled_from(sorted(ENERGIES)))]
    return st.one_of(st.none(), stated) if mode is Mode.ONE_TO_ONE else stated


def _term(draw, kind, value, weight_ppm):
    low, high = sorted((draw(value), draw(value)))
    return SoftTerm(high, low, weight_ppm) if kind is Kind.INCOME else SoftTerm(low, high, weight_ppm)
