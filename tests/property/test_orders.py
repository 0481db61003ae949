"""Orders in columns are the orders that they were made of."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from powerpact.errors import MalformedInput
from powerpact.market.orders import SoftTerm
from powerpact.market.rules import Attribute, Kind, Mode
from powerpact.mechanisms.satisfaction.round import Buyer, BuyOrders, Round, Seller, SellOrders
from powerpact.units import PPM
from testkit.strategies import CLASSES, UINT32_MAX, UINT64_MAX

UINT32 = st.integers(0, UINT32_MAX)
ENERGY = st.none() | st.integers(0, UINT64_MAX)
ATTRIBUTES, CATEGORIES = 2, 2


def pairs_of(item):
    return st.tuples(item, item)


TERM = st.builds(SoftTerm, UINT32, UINT32, UINT32)
LABELS = pairs_of(st.sampled_from(CLASSES))
COMMON = (LABELS, ENERGY, st.none() | st.text(), st.integers(0, PPM), st.none() | st.text())
BUYERS = st.lists(st.builds(Buyer, st.text(), UINT32, pairs_of(TERM), *COMMON), max_size=5).map(tuple)
SELLERS = st.lists(st.builds(Seller, st.text(), UINT32, UINT32, pairs_of(UINT32), *COMMON), max_size=5).map(tuple)
BUYER = Buyer("b", 1, (SoftTerm(2, 3, 4), SoftTerm(5, 6, 7)), (None, "a"), 8)
SELLER = Seller("s", 1, 2, (3, 4), ("a", None), None)


def round_of(buyers, sellers):
    attributes = (Attribute("price", Kind.COST), Attribute("credibility", Kind.INCOME))
    return Round(Mode.ONE_TO_ONE, attributes, ("source", "grade"), buyers, sellers)


@given(BUYERS, SELLERS, st.slices(5))
def test_orders_come_back_unchanged(buyers, sellers, some):
    columns = (
        (BuyOrders(buyers, ATTRIBUTES, CATEGORIES), buyers),
        (SellOrders(sellers, ATTRIBUTES, CATEGORIES), sellers),
    )
    for orders, objects in columns:
        assert len(orders) == len(objects)
        assert list(orders) == list(objects)
        assert orders[some] == objects[some]
        assert [orders[-1 - at] for at in range(len(orders))] == list(reversed(objects))
        assert repr(orders) == repr(objects)
        assert list(orders.persons) == [order.person for order in objects]
        with pytest.raises(IndexError):
            orders[len(objects)]


@given(BUYERS, BUYERS)
def test_orders_are_equal_if_each_of_them_is(some, others):
    orders = BuyOrders(some, ATTRIBUTES, CATEGORIES)
    assert (orders == others) == (orders == BuyOrders(others, ATTRIBUTES, CATEGORIES)) == (some == others)
    assert orders == some
    assert orders != list(some)


def test_a_round_takes_orders_from_anything_and_keeps_its_columns():
    round_ = round_of(iter([BUYER]), (order for order in [SELLER]))
    assert round_.buyers == (BUYER,)
    assert round_.sellers == (SELLER,)
    assert replace(round_, mode=Mode.DIVISIBLE).buyers is round_.buyers
    assert round_ == round_of([BUYER], [SELLER])
    assert round_ != round_of([BUYER], [])


@pytest.mark.parametrize(
    "buyer",
    [
        replace(BUYER, soft=BUYER.soft[:1]),
        replace(BUYER, require=()),
        replace(BUYER, bid_upoints_per_kwh=-1),
        replace(BUYER, soft=(SoftTerm(0, UINT32_MAX + 1, 0), BUYER.soft[1])),
        replace(BUYER, min_fill_ppm=-1),
        replace(BUYER, min_fill_ppm=PPM + 1),
    ],
)
def test_a_buyer_that_does_not_fit_its_round_is_refused(buyer):
    with pytest.raises(MalformedInput, match="buyer b: has"):
        round_of([BUYER, buyer], [SELLER])


@pytest.mark.parametrize(
    "seller",
    [
        replace(SELLER, attributes=(1, 2, 3)),
        replace(SELLER, classes=("a",)),
        replace(SELLER, attributes=(1, UINT32_MAX + 1)),
        replace(SELLER, min_fill_ppm=PPM + 1),
    ],
)
def test_a_seller_that_does_not_fit_its_round_is_refused(seller):
    with pytest.raises(MalformedInput, match="seller s: has"):
        round_of([BUYER], [seller])


def test_an_order_is_its_trader_s_or_else_its_id_s():
    assert replace(BUYER, trader="ann").person == "ann"
    assert BUYER.person == "b"
    assert replace(BUYER, trader="b") == BUYER
    assert replace(replace(SELLER, trader="s"), id="t").person == "t"
    assert replace(SELLER, trader="").person == ""


def test_an_order_is_its_trader_s_unless_it_states_a_person():
    assert replace(BUYER, person_id="ann").person == "ann"
    assert replace(BUYER, trader="shop", person_id="ann").person == "ann"
    assert replace(BUYER, person_id="b") == BUYER
    assert replace(BUYER, trader="ann", person_id="ann") == replace(BUYER, trader="ann")
    assert replace(replace(SELLER, trader="shop", person_id="ann"), trader="shed").person == "ann"
    orders = SellOrders([SELLER, replace(SELLER, id="t", person_id="ann")], ATTRIBUTES, CATEGORIES)
    assert list(orders.persons) == ["s", "ann"]


def test_equal_traders_are_kept_once():
    sellers = [replace(SELLER, id=f"s{j}", trader="".join(("tra", "der"))) for j in range(3)]
    orders = SellOrders([SELLER, *sellers], ATTRIBUTES, CATEGORIES)
    assert orders.traders == ["trader"]
    assert list(orders.trader) == [0, 1, 1, 1]


@pytest.mark.parametrize("side", ["buyers", "sellers"])
def test_a_divisible_round_has_no_least_shares(side):
    orders = {"buyers": [BUYER], "sellers": [SELLER]}
    orders[side] = [replace(orders[side][0], id="x", min_fill_ppm=1)]
    assert getattr(round_of(**orders), side)[0].min_fill_ppm == 1
    with pytest.raises(MalformedInput, match=f"{side[:-1]} x: has a least share of 1 ppm in a divisible round"):
        replace(round_of(**orders), mode=Mode.DIVISIBLE)
