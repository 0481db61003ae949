"""Orders from what a trader says in the words of the market, and the choice of nonces."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from powerpact.errors import BadChoice
from powerpact.market.errors import FieldWithoutRule
from powerpact.market.orders import NONCES_PER_PAGE, Side, next_nonce, page_and_mask
from powerpact.market.schema import DeliveryRule, EnergySource, Mode
from powerpact.market.templates import rules_from
from powerpact.market.terms import (
    Common,
    Want,
    buy_order,
    buyer_terms,
    class_codes,
    require_capacity,
    require_classes,
    sell_order,
    usual_min_fill_ppm,
)
from powerpact.units import ATTRIBUTE, PPM

ARBITER = "0x90F79bf6EB2c4f870365E785982E1f101E93b906"
TRADER = "0x15d34AAf54267DB7D7c367839AAf71A00a2C6A65"
RULES = rules_from({"arbiter": ARBITER, "slot_start": 360_000}, 3_600)
COMMON = Common(trader=TRADER, energy_wh=1_200, nonce=3)
MOST = ATTRIBUTE.maximum


def test_a_buyer_who_wants_nothing_is_satisfied_by_everything():
    levels, limits, weights = buyer_terms(RULES, {})
    assert levels == limits == (MOST, 0, 0, 0, MOST, 0, 0, 0)
    assert weights == (200_000,) * 5 + (0,) * 3


def test_what_is_not_named_is_all_the_same_and_weighs_nothing():
    levels, limits, weights = buyer_terms(RULES, {"price": Want(90, 120), "credibility": Want(900_000, 500_000)})
    assert levels == (90, 900_000, 0, 0, MOST, 0, 0, 0)
    assert limits == (120, 500_000, 0, 0, MOST, 0, 0, 0)
    assert weights == (500_000, 500_000, 0, 0, 0, 0, 0, 0)


@given(st.integers(0, PPM))
def test_weights_are_as_stated(weight):
    wants = {"line-length": Want(100, 500, PPM - weight), "price": Want(90, 120, weight)}
    assert buyer_terms(RULES, wants)[2] == (weight, 0, 0, 0, PPM - weight, 0, 0, 0)


@pytest.mark.parametrize(
    ("wants", "problem"),
    [
        ({"colour": Want(1, 1)}, "not in the market's schema"),
        ({"price": Want(90, 120, 1), "credibility": Want(1, 1)}, "has no weight"),
        ({"price": Want(90, 120, 999_999)}, "sum of the weights"),
        ({"price": Want(121, 120)}, "limit before"),
        ({"credibility": Want(1, 2)}, "limit before"),
        ({"price": Want(90, MOST + 1)}, "is not from 0"),
    ],
)
def test_what_a_buyer_cannot_want_is_told(wants, problem):
    with pytest.raises(BadChoice, match=problem):
        buyer_terms(RULES, wants)


def test_a_buy_order():
    order = buy_order(RULES, COMMON, 110, wants={"price": Want(90, 120)}, require={"source": "wind", "grade": 7})
    assert (order.side, order.trader, order.energy_wh, order.nonce) == (Side.BUY, TRADER, 1_200, 3)
    assert (order.price_upoints_per_kwh, order.min_upoints_per_kwh, order.device) == (110, 0, 0)
    assert order.classes == bytes([2, 7, 0, 0, 0, 0, 0, 0])
    assert order.expiry == RULES.closes_at


def test_a_sell_order():
    common = Common(trader=TRADER, energy_wh=1_500, nonce=3, expiry=RULES.closes_at + 9)
    order = sell_order(RULES, common, 100, 80, 5, declared={"line-length": 200}, classes={"grade": "B", "feeder": "2"})
    assert (order.side, order.device, order.expiry) == (Side.SELL, 5, RULES.closes_at + 9)
    assert (order.price_upoints_per_kwh, order.min_upoints_per_kwh) == (100, 80)
    assert order.levels == (0, 0, 0, 0, 200, 0, 0, 0)
    assert order.limits == order.weights_ppm == (0,) * 8
    assert order.classes == bytes([0, 2, 2, 0, 0, 0, 0, 0])


@pytest.mark.parametrize(
    ("name", "value"), [("colour", 1), ("grade", "C"), ("grade", 0), ("grade", 256), ("grade", "")]
)
def test_a_class_that_is_none_is_told(name, value):
    with pytest.raises(BadChoice, match="class"):
        class_codes(RULES, {name: value})


@pytest.mark.parametrize(("label", "code"), [("solar", 1), ("wind", 2), ("hydro", 3), ("storage", 5), ("mixed", 6)])
def test_the_class_of_a_device_is_its_energy_source(label, code):
    """The contract fills the source category with the device's registered source, so its labels have those codes."""
    assert class_codes(RULES, {"source": label})[0] == EnergySource[label.upper()] == code


def test_a_seller_states_every_class_but_the_source():
    with pytest.raises(BadChoice, match=r"class grade, feeder: are missing") as missing:
        sell_order(RULES, COMMON, 100, 80, 5)
    assert "--class grade=A or B, --class feeder=north or south" in missing.value.remedy
    with pytest.raises(BadChoice, match="class feeder: is missing"):
        require_classes(RULES, bytes([0, 1, 0, 0, 0, 0, 0, 0]))
    require_classes(RULES, bytes([0, 1, 1, 0, 0, 0, 0, 0]))


def test_a_device_offers_what_it_can():
    require_capacity(5_000, 7, 1_250, 4)
    with pytest.raises(BadChoice, match="energy 5001 Wh: is above the capacity of device 7, 5000 Wh in the slot"):
        require_capacity(5_001, 7, 1_250, 4)


def test_an_attribute_that_is_none_is_told():
    with pytest.raises(BadChoice, match="colour"):
        sell_order(RULES, COMMON, 100, 80, 5, declared={"colour": 1})


CLASSES = {"grade": "A", "feeder": 1}


def test_a_field_without_a_rule_is_neutral():
    common = Common(trader=TRADER, energy_wh=1_000, nonce=0, accept=True)
    for build in (lambda: buy_order(RULES, common, 100), lambda: sell_order(RULES, common, 1, 1, 1, classes=CLASSES)):
        with pytest.raises(FieldWithoutRule) as refusal:
            build()
        assert refusal.value.field == "accept"


@pytest.mark.parametrize(
    ("field", "change", "mode"),
    [
        ("energy", {"energy_wh": RULES.least_energy_wh - 1}, Mode.ONE_TO_ONE),
        ("expiry", {"expiry": RULES.closes_at - 1}, Mode.ONE_TO_ONE),
        ("min_fill_ppm", {"min_fill_ppm": 1_000_001}, Mode.ONE_TO_ONE),
        ("min_fill_ppm", {"min_fill_ppm": 1}, Mode.DIVISIBLE),
    ],
)
def test_what_the_market_does_not_take_is_told(field, change, mode):
    rules, common = replace(RULES, mode=mode), Common(**{"trader": TRADER, "energy_wh": 1_000, "nonce": 0, **change})
    for build in (
        lambda: buy_order(rules, common, 100_000),
        lambda: sell_order(rules, common, 1, 1, 1, classes=CLASSES),
    ):
        with pytest.raises(BadChoice) as refusal:
            build()
        assert refusal.value.field == field


def test_a_buy_order_reserves_the_least_of_its_market():
    common = Common(trader=TRADER, energy_wh=1_000, nonce=0)
    assert buy_order(RULES, common, 100).reservation_upoints == RULES.least_reservation_upoints
    with pytest.raises(BadChoice, match="reservation 99"):
        buy_order(RULES, common, 99)


def test_half_of_the_energy_is_usual():
    assert usual_min_fill_ppm(Mode.ONE_TO_ONE) == 500_000
    assert usual_min_fill_ppm(Mode.DIVISIBLE) == 0


def test_a_buyer_names_a_meter_where_its_import_counts():
    metered = replace(RULES, delivery=DeliveryRule.BOTH_SIDES)
    assert buy_order(metered, COMMON, 100, meter=4).device == 4
    with pytest.raises(BadChoice, match="meter 0: is no meter"):
        buy_order(metered, COMMON, 100)
    with pytest.raises(BadChoice, match="meter 4: does not count in this market"):
        buy_order(RULES, COMMON, 100, meter=4)


@given(st.integers(0, 2**20), st.integers(0, 2**32 - 1), st.integers(0, 1_000))
def test_the_next_nonce_is_unused_and_of_the_page_in_use(page, used, first):
    nonce = next_nonce(page << 32 | used, first)
    if used == 2**32 - 1:
        assert nonce == (page + 1) * NONCES_PER_PAGE
    else:
        assert nonce // NONCES_PER_PAGE == page
        assert not used >> nonce % NONCES_PER_PAGE & 1
        place = first % NONCES_PER_PAGE
        assert used >> place & 1 or nonce % NONCES_PER_PAGE == place


@given(st.integers(0, 2**27 - 1), st.sets(st.integers(0, 31), min_size=1))
def test_nonces_of_a_page_are_a_mask(page, places):
    assert page_and_mask([page * 32 + place for place in places]) == (page, sum(1 << place for place in places))


@pytest.mark.parametrize("nonces", [[31, 32], []])
def test_nonces_of_several_pages_are_refused(nonces):
    with pytest.raises(BadChoice):
        page_and_mask(nonces)
