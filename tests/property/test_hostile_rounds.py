"""Rounds made to be hard: the solver stays exact on each, takes a bounded time, and does not depend on threads."""

import random
import time
from dataclasses import replace

import numpy as np
import pytest
from scipy.optimize import linear_sum_assignment

from powerpact.market.orders import SoftTerm
from powerpact.market.rules import Attribute, Kind, Mode
from powerpact.mechanisms.satisfaction.round import Buyer, Round, Seller
from powerpact.mechanisms.satisfaction.solver import Threads, solve
from powerpact.mechanisms.satisfaction.spec import pair_score_ppm
from powerpact.mechanisms.satisfaction.verifier import verify
from powerpact.units import ATTRIBUTE, ENERGY, PPM, PRICE

ORDERS = 210
"""Of each side: more pairs than the solver takes as candidates at once."""

MOST_TIMES_SLOWER = 30
"""Than a plain round of the same size, in processor time."""

ATTRIBUTES = (Attribute("credibility", Kind.INCOME), Attribute("carbon", Kind.COST))


def buyer(i, bid=100, income=(10, 0), cost=(0, 10), weights=(500_000, 500_000), require=None):
    """A buyer, terms as (expectation, limit)."""
    soft = (SoftTerm(*income, weights[0]), SoftTerm(*cost, weights[1]))
    return Buyer(f"b{i}", bid, soft, (require,), 1 + i % 7)


def seller(j, ask=100, least=50, income=5, cost=5, class_="x"):
    """A seller."""
    return Seller(f"s{j}", ask, least, (income, cost), (class_,), 1 + j % 5)


def of(buyers, sellers):
    """A one-to-one round."""
    return Round(Mode.ONE_TO_ONE, ATTRIBUTES, ("class",), tuple(buyers), tuple(sellers))


def plain(n=ORDERS, m=ORDERS):
    """Values from wide ranges."""
    chance = random.Random(n * m)
    draw = chance.randrange
    return of(
        (
            buyer(i, draw(80, 160), (draw(500, 1_000), draw(300)), (draw(200), draw(600, 999)), (draw(PPM), 0))
            for i in range(n)
        ),
        (seller(j, draw(90, 140), draw(40, 90), draw(300, 999), draw(600)) for j in range(m)),
    )


def weighted(round_):
    """The same round with weights that sum to 1 000 000."""
    return replace(
        round_,
        buyers=tuple(
            replace(order, soft=(order.soft[0], replace(order.soft[1], weight_ppm=PPM - order.soft[0].weight_ppm)))
            for order in round_.buyers
        ),
    )


def one_attribute():
    """All weight on one attribute with few values: most pairs tie."""
    return of((buyer(i, weights=(PPM, 0)) for i in range(ORDERS)), (seller(j, income=j % 4) for j in range(ORDERS)))


def equal_scores():
    """All pairs score the same."""
    return of((buyer(i) for i in range(ORDERS)), (seller(j) for j in range(ORDERS)))


def two_scores():
    """Each pair is perfect or worthless, a tenth of them perfect."""
    chance = random.Random(5)
    return of(
        (buyer(i, 100, (level := chance.randrange(1, 100), level), (0, 10**6), (PPM, 0)) for i in range(ORDERS)),
        (seller(j, income=chance.randrange(20)) for j in range(ORDERS)),
    )


def chain():
    """Each seller suits two buyers, by gains that shrink geometrically: one more buyer moves all the prices."""
    scale = 2**30
    return of(
        (
            buyer(i, 100, (max(2, scale >> (i % 31)) * 2, max(1, scale >> (i % 31))), weights=(PPM, 0))
            for i in range(ORDERS)
        ),
        (seller(j, income=(scale >> (j % 31)) + j) for j in range(ORDERS)),
    )


def ladder():
    """Seller j is within the bids of buyers j and above only, and the dearest are the best."""
    return of(
        (buyer(i, bid=1_000 + i, income=(ORDERS, 0)) for i in range(ORDERS)),
        (seller(j, ask=2_000 + j, least=1_000 + j, income=j) for j in range(ORDERS)),
    )


def product():
    """Scores grow like i·j: the prices of all orders depend on each other."""
    return of(
        (buyer(i, income=(10**6, 0), weights=(i * PPM // ORDERS, PPM - i * PPM // ORDERS)) for i in range(ORDERS)),
        (seller(j, income=j * 10**6 // ORDERS, cost=10) for j in range(ORDERS)),
    )


def crowded_class():
    """All sellers are of the class that one buyer requires; the others require one that nobody has."""
    return of((buyer(i, require="x" if i == 0 else "y") for i in range(ORDERS)), (seller(j) for j in range(ORDERS)))


def own_class():
    """Each order has its own class."""
    return of((buyer(i, require=f"c{i}") for i in range(ORDERS)), (seller(j, class_=f"c{j}") for j in range(ORDERS)))


def widest():
    """Numbers at the ends of their ranges."""
    top = ATTRIBUTE.maximum
    return of(
        (buyer(i, PRICE.maximum - i, (top - i, i), (i, top - i), (1 + i, PPM - 1 - i)) for i in range(ORDERS)),
        (seller(j, PRICE.maximum, j, top - j * 19_000_000, j * 17_000_000) for j in range(ORDERS)),
    )


HOSTILE = {
    "one attribute": one_attribute(),
    "equal scores": equal_scores(),
    "two scores": two_scores(),
    "chain": chain(),
    "ladder": ladder(),
    "product": product(),
    "crowded class": crowded_class(),
    "own class": own_class(),
    "widest": widest(),
    "many buyers": weighted(plain(2_500, 25)),
    "many sellers": weighted(plain(25, 2_500)),
    "no buyers": replace(equal_scores(), buyers=()),
    "no sellers": replace(equal_scores(), sellers=()),
}
ENERGIES_WH = {
    "mixed": lambda k: 1 + k * 37 % 101,
    "equal": lambda _: 1_000,
    "the most": lambda k: ENERGY.maximum - k,
    "powers of ten": lambda k: 10 ** (k % 20),
}


def divisible(round_, energy_wh):
    """The same round, divisible."""
    buyers, sellers = (
        tuple(replace(order, energy_wh=energy_wh(k)) for k, order in enumerate(side))
        for side in (round_.buyers, round_.sellers)
    )
    return replace(round_, mode=Mode.DIVISIBLE, buyers=buyers, sellers=sellers)


def best(round_):
    """The optimum by SciPy."""
    scores = [[pair_score_ppm(round_, b, s) or 0 for s in round_.sellers] for b in round_.buyers]
    table = np.array(scores).reshape(len(round_.buyers), len(round_.sellers))
    return int(table[linear_sum_assignment(table, maximize=True)].sum())


@pytest.mark.parametrize("name", HOSTILE)
def test_one_to_one_stays_exact(name):
    solution = solve(HOSTILE[name])
    assert solution.objective == best(HOSTILE[name])
    assert verify(HOSTILE[name], solution) is None


@pytest.mark.parametrize("energies", ENERGIES_WH)
@pytest.mark.parametrize("name", HOSTILE)
def test_divisible_stays_exact(name, energies):
    round_ = divisible(HOSTILE[name], ENERGIES_WH[energies])
    assert verify(round_, solve(round_)) is None


@pytest.mark.parametrize("mode", list(Mode))
def test_the_time_is_bounded(mode):
    rounds = {"plain": weighted(plain()), **HOSTILE}
    if mode is Mode.DIVISIBLE:
        rounds = {name: divisible(round_, ENERGIES_WH["mixed"]) for name, round_ in rounds.items()}
    solve(rounds["plain"])
    seconds = {name: processor_seconds(round_) for name, round_ in rounds.items()}
    slowest = max(seconds, key=lambda name: seconds[name])
    assert seconds[slowest] <= MOST_TIMES_SLOWER * seconds["plain"], (slowest, seconds)


def processor_seconds(round_):
    """The least of three."""
    begins = []
    for _ in range(3):
        begin = time.process_time()
        solve(round_)
        begins.append(time.process_time() - begin)
    return min(begins)


@pytest.mark.parametrize("mode", list(Mode))
@pytest.mark.parametrize("name", ["many buyers", "many sellers", "two scores", "large"])
def test_threads_do_not_matter(name, mode):
    round_ = weighted(plain(700, 600)) if name == "large" else HOSTILE[name]
    if mode is Mode.DIVISIBLE:
        round_ = divisible(round_, ENERGIES_WH["mixed"])
    assert solve(round_, executor=Threads(1)) == solve(round_, executor=Threads(2))
