"""Who may trade with whom: nobody with oneself, and no order for less than the share of its energy that it accepts.

The expectations are restated here in fractions and by trying every matching, apart from rules, solver and verifier.
"""

import itertools
import json
from collections import Counter
from dataclasses import replace
from fractions import Fraction
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from powerpact.market.orders import SoftTerm
from powerpact.market.rules import Attribute, Kind, Mode
from powerpact.mechanisms.satisfaction import spec
from powerpact.mechanisms.satisfaction.round import Buyer, Round, Seller, Solution, Trade
from powerpact.mechanisms.satisfaction.solver import Threads, multiscale, solve
from powerpact.mechanisms.satisfaction.verifier import FaultKind, verify
from powerpact.mechanisms.satisfaction.verifier.cover import pair_scores
from powerpact.units import ENERGY, PPM
from testkit.roundfiles import parse_round
from testkit.rounds import large_round

SETTINGS = settings(max_examples=150, deadline=None)
MOST = ENERGY.maximum
PERSONS = ("ann", "bob", "cid")
NEAR = (0, 1, 2, 3, 499, 500, 501, 999_999, 1_000_000, 1_000_001, 2**53 - 1, 2**53, 2**53 + 1, MOST - 1, MOST)
"""Energies around those where shares and double precision round."""


def may_trade(mode, buyer, seller):
    """The rule of eligibility for orders without other terms."""
    if (buyer.person_id or buyer.trader or buyer.id) == (seller.person_id or seller.trader or seller.id):
        return False
    energies = [order.energy_wh for order in (buyer, seller) if order.energy_wh is not None]
    return mode is Mode.DIVISIBLE or all(
        order.energy_wh is None or Fraction(min(energies)) >= Fraction(order.min_fill_ppm, PPM) * order.energy_wh
        for order in (buyer, seller)
    )


def round_of(mode, buyers, sellers):
    """A round whose only attribute scores each pair by its seller."""
    return Round(mode, (Attribute("merit", Kind.INCOME),), (), tuple(buyers), tuple(sellers))


def buyer(i, energy_wh=None, trader=None, share_ppm=0, bid=10, person=None):
    return Buyer(f"b{i}", bid, (SoftTerm(100, 0, PPM),), (), energy_wh, trader, share_ppm, person)


def seller(j, energy_wh=None, trader=None, share_ppm=0, merit=50, person=None):
    return Seller(f"s{j}", 10, 0, (merit,), (), energy_wh, trader, share_ppm, person)


@st.composite
def small_rounds(draw, mode, energies):
    """Up to four orders a side, of few persons, some with several accounts."""
    trader = st.sampled_from((None, *PERSONS, "b0", "s1"))
    share = st.integers(0, PPM) | st.sampled_from((0, 1, 333_333, 500_000, 999_999, PPM))
    share = share if mode is Mode.ONE_TO_ONE else st.just(0)
    person = draw(st.sampled_from((st.none(), st.sampled_from((None, "one", "two", "ann", "s1")))))
    count = st.integers(0, 4)

    def common():
        return draw(energies), draw(trader), draw(share)

    return round_of(
        mode,
        [buyer(i, *common(), draw(st.integers(0, 10)), draw(person)) for i in range(draw(count))],
        [seller(j, *common(), draw(st.integers(0, 100)), draw(person)) for j in range(draw(count))],
    )


def score(buyer, seller):
    return seller.attributes[0] * PPM // 100 + buyer.bid_upoints_per_kwh * PPM // 10


def best_single(round_):
    """The optimum of a one-to-one round, of all matchings."""
    places = [*round_.sellers, *[None] * len(round_.buyers)]
    return max(
        sum(score(b, s) for b, s in zip(round_.buyers, chosen, strict=True) if s and may_trade(round_.mode, b, s))
        for chosen in itertools.permutations(places, len(round_.buyers))
    )


def best_divided(round_):
    """The optimum of a divisible round of few Wh, of all flows, buyer by buyer."""
    best = {tuple(order.energy_wh for order in round_.sellers): 0}
    for b in round_.buyers:
        reach = [b.energy_wh if may_trade(round_.mode, b, s) else 0 for s in round_.sellers]
        after = Counter()
        for left, worth in best.items():
            for taken in itertools.product(
                *(range(min(most, have) + 1) for most, have in zip(reach, left, strict=True))
            ):
                if sum(taken) <= b.energy_wh:
                    rest = tuple(have - wh for have, wh in zip(left, taken, strict=True))
                    gain = sum(wh * score(b, s) for wh, s in zip(taken, round_.sellers, strict=True))
                    after[rest] = max(after[rest], worth + gain)
        best = after
    return max(best.values())


def sampled(function):
    """Run the solver as for large rounds: by samples, candidates and pricing, with few candidates at that."""
    tight = {"DIRECT": 4, "STRIDE": 2, "TOPS": 2, "MOST_CANDIDATES": 2, "MOST_ADDED": 1}
    with patch.multiple(multiscale, **tight):
        return function()


def assert_best(round_, objective):
    """Rules and solver, directly and by samples, reach the objective; the verifier agrees; pairs rise and are once."""
    place = {id_: at for side in (round_.buyers, round_.sellers) for at, id_ in enumerate(side.ids)}
    for solution in (spec.match(round_), solve(round_), sampled(lambda: solve(round_))):
        assert solution.objective == objective
        assert verify(round_, solution) is None
        pairs = [(place[trade.seller], place[trade.buyer]) for trade in solution.trades]
        assert pairs == sorted(set(pairs))


@given(st.sampled_from(NEAR) | st.none(), st.sampled_from(NEAR) | st.none(), st.data())
@settings(max_examples=500, deadline=None)
def test_least_shares_are_exact_at_every_size(wanted_wh, offered_wh, data):
    edges = st.sampled_from((0, 1, 499_999, 500_000, 500_001, 999_999, PPM)) | st.integers(0, PPM)
    b, s = buyer(0, wanted_wh, None, data.draw(edges)), seller(0, offered_wh, None, data.draw(edges))
    round_ = round_of(Mode.ONE_TO_ONE, [b], [s])
    expected = score(b, s) if may_trade(round_.mode, b, s) else None
    assert spec.pair_score_ppm(round_, b, s) == expected
    assert pair_scores(round_, [0], [0]) == [expected]
    assert solve(round_).objective == (expected or 0)
    fault = verify(round_, Solution(0))
    assert (fault is None) == (expected is None)


@pytest.mark.parametrize("share_ppm", [1, 333_333, 500_000, 999_999, PPM])
@pytest.mark.parametrize("energy_wh", [1, 3, 1_000, 10**6 + 1, 2**53 + 1, MOST - 1, MOST])
def test_one_watt_hour_decides(share_ppm, energy_wh):
    least_wh = -(-energy_wh * share_ppm // PPM)
    for offered_wh in (least_wh - 1, least_wh):
        round_ = round_of(Mode.ONE_TO_ONE, [buyer(0, energy_wh, None, share_ppm)], [seller(0, offered_wh)])
        assert len(solve(round_).trades) == (offered_wh >= least_wh)
        mirrored = round_of(Mode.ONE_TO_ONE, [buyer(0, offered_wh)], [seller(0, energy_wh, None, share_ppm)])
        assert len(solve(mirrored).trades) == (offered_wh >= least_wh)


@given(small_rounds(Mode.ONE_TO_ONE, st.none() | st.integers(0, 6)))
@SETTINGS
def test_no_matching_of_a_one_to_one_round_is_better(round_):
    assert_best(round_, best_single(round_))


@given(small_rounds(Mode.ONE_TO_ONE, st.sampled_from((None, *NEAR))))
@SETTINGS
def test_no_matching_is_better_whatever_the_energies(round_):
    assert_best(round_, best_single(round_))


@given(small_rounds(Mode.DIVISIBLE, st.integers(0, 2)))
@SETTINGS
def test_no_flow_of_a_divisible_round_is_better(round_):
    assert_best(round_, best_divided(round_))


def barred(round_, persons, share_ppm=0, energy_wh=None):
    """The same round with a person for each place, a least share, and other energies."""

    def side(orders):
        return tuple(
            replace(
                order,
                trader=persons(k),
                min_fill_ppm=share_ppm,
                energy_wh=energy_wh(k) if energy_wh else order.energy_wh,
            )
            for k, order in enumerate(orders)
        )

    return replace(round_, buyers=side(round_.buyers), sellers=side(round_.sellers))


def plain(mode, n=260, m=230):
    """A round beyond the size at which the solver takes every pair as a candidate."""
    return large_round(mode, n, m, seed=7, ties=False)


HOSTILE = {
    "one person": barred(plain(Mode.ONE_TO_ONE), lambda _: "ann"),
    "one person, divisible": barred(plain(Mode.DIVISIBLE), lambda _: "ann"),
    "two persons": barred(plain(Mode.ONE_TO_ONE), lambda k: PERSONS[k % 2]),
    "two persons, divisible": barred(plain(Mode.DIVISIBLE), lambda k: PERSONS[k % 2]),
    "everybody on both sides": barred(plain(Mode.ONE_TO_ONE), lambda k: f"person {k}"),
    "everybody on both sides, divisible": barred(plain(Mode.DIVISIBLE), lambda k: f"person {k}"),
    "all or nothing": barred(plain(Mode.ONE_TO_ONE), lambda _: None, PPM, lambda k: 1 + k % 9),
    "all or nothing of different energies": barred(plain(Mode.ONE_TO_ONE), lambda _: None, PPM, lambda k: 1 + k),
    "half of the most": barred(plain(Mode.ONE_TO_ONE), lambda _: None, 500_000, lambda k: MOST >> k % 64),
    "nearly the most": barred(plain(Mode.ONE_TO_ONE), lambda _: None, PPM, lambda k: MOST - k % 5),
    "no energies": barred(plain(Mode.ONE_TO_ONE), lambda _: None, PPM, lambda _: None),
    "some energies": barred(plain(Mode.ONE_TO_ONE), lambda k: f"p{k % 50}", 900_000, lambda k: k % 11 or None),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_rounds_are_solved_on_any_number_of_threads(name):
    round_ = HOSTILE[name]
    solution = solve(round_, executor=Threads(1))
    assert solution == solve(round_, executor=Threads(3))
    assert verify(round_, solution) is None
    assert verify(round_, solution, executor=Threads(3)) is None
    orders = {order.id: order for side in (round_.buyers, round_.sellers) for order in side}
    assert all(may_trade(round_.mode, orders[t.buyer], orders[t.seller]) for t in solution.trades)
    assert bool(solution.trades) == (name not in ("one person", "one person, divisible"))


@pytest.mark.parametrize("name", ["two persons", "everybody on both sides", "all or nothing", "some energies"])
def test_a_round_solved_without_its_bars_is_refused(name):
    round_ = HOSTILE[name]
    free = barred(round_, lambda _: None)
    solution = solve(free)
    assert solution.objective > solve(round_).objective
    fault = verify(round_, solution)
    assert fault.kind is FaultKind.INELIGIBLE_PAIR
    assert verify(free, solve(round_)).kind is FaultKind.UNCOVERED_PAIR


SELF_TRADE = {
    "schema": "powerpact/round/1",
    "mode": "one-to-one",
    "attributes": [{"name": "price", "kind": "cost"}, {"name": "completed-trades", "kind": "income"}],
    "classes": [],
    "buyers": [
        {
            "id": id_,
            "energy": 2_000,
            "bid": bid,
            "soft": {
                "price": {"expect": 120, "limit": bid, "weight": 700_000},
                "completed-trades": {"expect": 5, "limit": 0, "weight": 300_000},
            },
        }
        for id_, bid in (("roof-4", 300), ("flat-9", 180))
    ],
    "sellers": [
        {
            "id": "roof-4",
            "energy": 2_000,
            "ask": 150,
            "min": 140,
            "class": {},
            "attributes": {"price": 150, "completed-trades": 4},
        }
    ],
}
"""A home that bids the most for its own energy, to fill its record of completed trades."""


def test_the_highest_bid_for_one_s_own_energy_buys_nothing():
    """Price 30/60 and trades 4/5 give flat-9 t = 350 000 + 240 000, and g is full; roof-4 itself would score more."""
    round_ = parse_round(json.dumps(SELF_TRADE))
    solution = solve(round_)
    assert solution.trades == (Trade("flat-9", "roof-4", 1_590_000, 2_000),)
    assert verify(round_, solution) is None
    own = Solution(1_823_333, (Trade("roof-4", "roof-4", 1_823_333, 2_000),), {}, {"roof-4": 1_823_333})
    assert verify(round_, own).kind is FaultKind.INELIGIBLE_PAIR
    names = dict(SELF_TRADE, sellers=[SELF_TRADE["sellers"][0] | {"trader": "somebody"}])
    assert verify(parse_round(json.dumps(names)), own) is None
