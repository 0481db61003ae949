"""Mandates in nine words, and the orders inside them."""

from dataclasses import fields

import pytest
from eth_utils import to_checksum_address
from hypothesis import given
from hypothesis import strategies as st

from powerpact.codec.eip712 import Domain, sign
from powerpact.codec.errors import BadSignedFile
from powerpact.codec.mandatefile import format_mandate, parse_mandate
from powerpact.errors import BadChoice
from powerpact.market.mandates import Mandate, SignedMandate
from powerpact.market.orders import Side
from testkit.market import key

DOMAIN = Domain(31337, key("the contract").address)


def bits(count):
    return st.integers(0, (1 << count) - 1)


ADDRESSES = st.binary(min_size=20, max_size=20).map(to_checksum_address)
CODES = st.binary(min_size=8, max_size=8)
EIGHT = st.tuples(*[bits(32)] * 8)
MANDATES = st.builds(
    Mandate,
    trader=ADDRESSES,
    delegate=ADDRESSES,
    design=st.binary(min_size=32, max_size=32),
    buys=st.booleans(),
    sells=st.booleans(),
    device=bits(32),
    most_wh_per_slot=bits(64),
    most_wh=bits(64),
    highest_bid_upoints_per_kwh=bits(32),
    lowest_min_upoints_per_kwh=bits(32),
    min_fill_ppm=bits(32),
    from_s=bits(40),
    until_s=bits(40),
    shortest_lead_s=bits(32),
    longest_lead_s=bits(32),
    shortest_refund_s=bits(32),
    longest_refund_s=bits(32),
    longest_ahead_s=bits(32),
    serial=bits(32),
    requires=CODES,
    classes=CODES,
    expectations=EIGHT,
    limits=EIGHT,
    weights_ppm=EIGHT,
    attributes=EIGHT,
)


@given(MANDATES)
def test_packing_loses_nothing(mandate):
    assert Mandate.unpack(mandate.pack()) == mandate
    assert all(0 <= word < 1 << 256 for word in mandate.pack() if isinstance(word, int))


@given(MANDATES)
def test_every_field_is_signed(mandate):
    _, message = mandate.message()
    assert len(message) == len(fields(Mandate))
    assert Mandate.of_message(message) == mandate


@given(MANDATES)
def test_the_file_keeps_everything(mandate):
    signed = SignedMandate(mandate, sign(key("anybody"), DOMAIN, *mandate.message()))
    text = format_mandate(DOMAIN, signed)
    assert parse_mandate("a file", text, domain=DOMAIN) == signed
    with pytest.raises(BadSignedFile, match="chainId"):
        parse_mandate("a file", text, domain=Domain(1, DOMAIN.contract))


def example(**changes):
    terms = {
        "buys": True,
        "sells": True,
        "device": 7,
        "most_wh_per_slot": 10,
        "most_wh": 10,
        "highest_bid_upoints_per_kwh": 110,
        "lowest_min_upoints_per_kwh": 80,
        "min_fill_ppm": 5,
        "from_s": 0,
        "until_s": 10,
        "shortest_lead_s": 0,
        "longest_lead_s": 10,
        "shortest_refund_s": 0,
        "longest_refund_s": 10,
        "longest_ahead_s": 10,
    }
    return Mandate(trader=key("a").address, delegate=key("b").address, design=bytes(32), **terms | changes)


def test_orders_take_their_terms_from_the_mandate():
    mandate = example(expectations=(1,) * 8, attributes=(2,) * 8, requires=bytes([3] * 8), classes=bytes([4] * 8))
    bought, sold = mandate.buy_order(9, 100, 5, 110), mandate.sell_order(9, 100, 5, 90, 80)
    for order, levels, codes in ((bought, 1, 3), (sold, 2, 4)):
        assert (order.trader, order.nonce, order.is_mandated, order.min_fill_ppm) == (mandate.trader, 9, True, 5)
        assert (order.levels, order.classes) == ((levels,) * 8, bytes([codes] * 8))
    assert (bought.side, bought.device, sold.side, sold.device) == (Side.BUY, 0, Side.SELL, 7)


def test_orders_outside_are_refused_before_they_are_signed():
    with pytest.raises(BadChoice, match="above the mandate's 110"):
        example().buy_order(1, 1, 1, 111)
    with pytest.raises(BadChoice, match="below the mandate's 80"):
        example().sell_order(1, 1, 1, 100, 79)
    with pytest.raises(BadChoice, match="not in the mandate"):
        example(buys=False).buy_order(1, 1, 1, 1)
    with pytest.raises(BadChoice, match="not in the mandate"):
        example(sells=False).sell_order(1, 1, 1, 100, 100)
