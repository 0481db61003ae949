"""Figures without a chain: identities that hold for every round, an outsider's welfare, and one round by hand."""

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import powerpact
from powerpact.errors import MalformedInput
from powerpact.market.orders import SoftTerm
from powerpact.market.rules import Attribute, Kind, Mode, PriceRule
from powerpact.mechanisms.call import round as call_round
from powerpact.mechanisms.metrics import PricedTrade, compare, jain_ppm, metrics, metrics_of, priced
from powerpact.mechanisms.satisfaction.round import Buyer, Round, Seller
from powerpact.mechanisms.satisfaction.spec import match
from testkit.strategies import rounds

FEW = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
SCHEMA = (Attribute("price", Kind.COST),)
ANY = SoftTerm(0, 2**32 - 1, 1_000_000)


def buyer(id_="b", bid=110_000, energy_wh=1_000, soft=(ANY,)):
    return Buyer(id_, bid, soft, (), energy_wh)


def seller(id_="s", ask=100_000, minimum=80_000, energy_wh=1_000, values=(100_000,)):
    return Seller(id_, ask, minimum, values, (), energy_wh)


def made(buyers, sellers, mode=Mode.DIVISIBLE):
    return Round(mode, SCHEMA, (), buyers, sellers)


def stated(round_):
    """The round, with an energy where none is stated."""
    sides = [
        [order if order.energy_wh is not None else replace(order, energy_wh=7) for order in side]
        for side in (round_.buyers, round_.sellers)
    ]
    return Round(round_.mode, round_.attributes, round_.categories, *sides)


def test_a_round_by_hand():
    """One buyer of 1 500 Wh at 110, two sellers from 80 and 90: prices 95 and 100, half of the welfare each."""
    round_ = made([buyer(energy_wh=1_500)], [seller("s", minimum=80_000), seller("t", minimum=90_000)])
    trades = [PricedTrade("b", "s", 1_000, 95_000), PricedTrade("b", "t", 500, 100_000)]
    found = metrics_of(round_, trades)
    assert (found.energy_wh, found.wanted_wh, found.offered_wh, found.trades) == (1_500, 1_500, 2_000, 2)
    assert found.money_upoints == 95_000 + 50_000
    assert found.welfare_upoints == found.best_welfare_upoints == 30_000 + 10_000
    assert (found.buyer_gain_upoints, found.seller_gain_upoints) == (15_000 + 5_000, 15_000 + 5_000)
    assert found.mean_price_upoints_per_kwh == (1_000 * 95_000 + 500 * 100_000) // 1_500
    assert (found.lowest_price_upoints_per_kwh, found.highest_price_upoints_per_kwh) == (95_000, 100_000)
    # Shares of energy 1, 1, 1/2: (5/2)^2 / (3 * 9/4). Gains for each Wh: 40/3, 15, 5.
    assert found.fairness_of_energy_ppm == 1_000_000 * 25 // 27
    gains = [Fraction(40, 3), Fraction(15), Fraction(5)]
    exact = sum(gains) ** 2 / (3 * sum(gain**2 for gain in gains))
    assert abs(found.fairness_of_gain_ppm - exact * 1_000_000) < 1
    assert found.seller_satisfaction_ppm == 1_000_000  # the bid is above both asks


def test_pay_as_bid_gives_the_sellers_everything():
    round_ = made([buyer()], [seller()])
    found = metrics(round_, match(round_), PriceRule.PAY_AS_BID)
    assert (found.buyer_gain_upoints, found.seller_gain_upoints, found.mean_price_upoints_per_kwh) == (
        0,
        30_000,
        110_000,
    )
    assert found.fairness_of_gain_ppm == 500_000


def test_nothing_traded_has_no_mean():
    found = metrics_of(made([buyer(bid=1)], [seller()]), [])
    assert (found.energy_wh, found.welfare_upoints, found.best_welfare_upoints) == (0, 0, 0)
    assert found.mean_price_upoints_per_kwh is None
    assert found.buyer_satisfaction_ppm is None
    assert found.fairness_of_energy_ppm is None
    assert metrics_of(made([], []), []).wanted_wh == 0


def test_energy_of_pairs_that_exclude_each_other_is_counted():
    picky = buyer("p", soft=(SoftTerm(10, 20, 1_000_000),))  # pays 110, but wants an ask of at most 20
    found = metrics_of(made([picky], [seller()]), [PricedTrade("p", "s", 600, 90_000)])
    assert (found.energy_wh, found.not_eligible_wh, found.buyer_satisfaction_ppm) == (600, 600, 0)


@given(rounds(most=5), st.sampled_from(PriceRule))
@FEW
def test_identities(round_, price_rule):
    round_ = stated(round_)
    solution = match(round_)
    found = metrics(round_, solution, price_rule)
    assert found.buyer_gain_upoints + found.seller_gain_upoints == found.welfare_upoints <= found.best_welfare_upoints
    assert found.buyer_gain_upoints >= 0
    assert found.energy_wh <= min(found.wanted_wh, found.offered_wh)
    assert found.not_eligible_wh == 0
    for index in (found.fairness_of_energy_ppm, found.fairness_of_gain_ppm):
        orders = sum(1 for side in (round_.buyers, round_.sellers) for order in side if order.energy_wh)
        assert index is None or 1_000_000 // orders <= index <= 1_000_000
    if round_.mode is Mode.DIVISIBLE and found.energy_wh:
        both = found.buyer_satisfaction_ppm + found.seller_satisfaction_ppm
        assert both <= Fraction(solution.objective, found.energy_wh) < both + 2


@given(rounds(most=5))
@FEW
def test_the_best_welfare_is_that_of_an_auction(round_):
    """The auction's own objective, which its verifier proves the best, is an outsider's figure."""
    round_ = stated(round_)
    auction = call_round.Round(
        500_000,
        [call_round.Order(order.id, order.bid_upoints_per_kwh, order.energy_wh) for order in round_.buyers],
        [call_round.Order(order.id, order.min_upoints_per_kwh, order.energy_wh) for order in round_.sellers],
    )
    cleared = powerpact.solve(auction)
    assert powerpact.verify(auction, cleared) is None
    found = metrics(auction, cleared)
    assert found.best_welfare_upoints == found.welfare_upoints == cleared.objective // 1_000
    assert metrics_of(round_, priced(auction, cleared)).best_welfare_upoints == found.best_welfare_upoints


def test_designs_are_compared_on_the_same_orders():
    """Two buyers and one large seller: one-to-one serves one of them, the others both."""
    designs = compare(made([buyer("a"), buyer("b")], [seller(energy_wh=2_000)]))
    assert list(designs) == ["one-to-one", "divisible", "call"]
    assert [found.energy_wh for found in designs.values()] == [1_000, 2_000, 2_000]
    assert designs["one-to-one"].fairness_of_energy_ppm < designs["divisible"].fairness_of_energy_ppm == 1_000_000
    demanding = replace(seller(energy_wh=2_000), min_fill_ppm=900_000)  # in one-to-one mode it would rather not trade
    designs = compare(made([buyer("a"), buyer("b")], [demanding], Mode.ONE_TO_ONE))
    assert [found.energy_wh for found in designs.values()] == [0, 2_000, 2_000]
    with pytest.raises(MalformedInput, match="satisfaction matching"):
        compare(powerpact.read_round("docs/example-call.json"))


@pytest.mark.parametrize(
    ("trade", "problem"),
    [
        (PricedTrade("x", "s", 1, 1), "trades\\[0\\].buyer: names 'x'"),
        (PricedTrade("b", "x", 1, 1), "trades\\[0\\].seller: names 'x'"),
        (PricedTrade("b", "s", 1.5, 1), "trades\\[0\\].energy_wh: is not a whole number"),
        (PricedTrade("b", "s", 1, 1.5), "trades\\[0\\].price_upoints_per_kwh: is not a whole number"),
    ],
)
def test_trades_that_are_none_are_refused(trade, problem):
    with pytest.raises(MalformedInput, match=problem):
        metrics_of(made([buyer()], [seller()]), [trade])


def test_energies_must_be_stated():
    round_ = made([replace(buyer(), energy_wh=None)], [seller()], Mode.ONE_TO_ONE)
    with pytest.raises(MalformedInput, match=r"buyers\[0\].energy_wh: is not stated"):
        metrics(round_, match(round_))


@given(st.lists(st.integers(0, 10**12), max_size=8))
def test_jain(shares):
    index = jain_ppm(shares)
    assert (index is None) == (not any(shares))
    if index is not None:
        array = np.array(shares, dtype=float)
        assert index == pytest.approx(1e6 * array.sum() ** 2 / (len(shares) * (array**2).sum()), abs=2)


@pytest.mark.parametrize(
    ("make", "problem"),
    [
        (lambda: Round("divisible", SCHEMA, (), [], []), "mode: is 'divisible', none of one-to-one, divisible"),
        (lambda: Round(Mode.DIVISIBLE, ("price",), (), [], []), r"attributes\[0\]: is 'price', no Attribute"),
        (lambda: made([buyer(bid=1.5)], []), "buyer b: bid_upoints_per_kwh: is 1.5, not a whole number"),
        (lambda: made([buyer(energy_wh=1e3)], []), "buyer b: energy_wh: is 1000.0, not a whole number"),
        (lambda: made([buyer(energy_wh=-1)], []), "buyer b: energy_wh: is -1, below 0"),
        (lambda: made([buyer(soft=(SoftTerm(0, 1, 1e6),))], []), r"buyer b: soft\[0\].weight_ppm: is 1000000.0"),
        (lambda: made([], [seller(ask="100")]), "seller s: ask_upoints_per_kwh: is '100'"),
        (lambda: made([], [seller(minimum=0.5)]), "seller s: min_upoints_per_kwh: is 0.5"),
        (lambda: made([], [seller(values=(0.5,))]), r"seller s: attributes\[0\]: is 0.5"),
        (lambda: call_round.Round(1, [call_round.Order("o", 1.5, 1)], []), "order o: price_upoints_per_kwh: is 1.5"),
        (lambda: call_round.Round(1, [call_round.Order("o", 1, 1.5)], []), "order o: energy_wh: is 1.5"),
    ],
)
def test_wrong_types_are_refused_with_the_field_named(make, problem):
    with pytest.raises(MalformedInput, match=problem):
        make()


def test_numbers_of_numpy_are_numbers():
    round_ = made([buyer(bid=np.int64(110_000), energy_wh=np.uint32(1_000))], [seller()])
    assert powerpact.solve(round_).objective > 0
