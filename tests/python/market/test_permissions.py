"""What a member may order: bounds of energy, and the rule of sides and carriers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from powerpact.credentials.attributes import PERMISSIONS
from powerpact.errors import BadChoice
from powerpact.market.orders import Order, Side
from powerpact.market.permissions import EVERYTHING, Permission, most_energy_code, most_energy_wh, refusal_of
from powerpact.market.schema import Carrier

SOMEBODY = "0x" + "00" * 19 + "0A"


def order(side, energy_wh=1_000):
    return Order(side, SOMEBODY, energy_wh=energy_wh, price_upoints_per_kwh=1)


@given(st.integers(1, 2**64))
def test_the_most_energy_is_never_rounded_up(most_wh):
    permitted_wh = most_energy_wh(most_energy_code(most_wh))
    if permitted_wh is None:
        assert most_wh >= 2**64 - 1
    else:
        assert permitted_wh <= most_wh < 2 * permitted_wh + 1 or permitted_wh == 2**63 - 1


def test_a_bound_that_permits_no_order_is_refused():
    with pytest.raises(BadChoice, match="permits no order"):
        most_energy_code(0)


@pytest.mark.parametrize("side", Side)
@pytest.mark.parametrize("carrier", Carrier)
def test_who_may_do_one_thing_may_nothing_else(side, carrier):
    may = Permission.of_side(side) | Permission.of_carrier(carrier)
    assert refusal_of(may, 0, order(side), carrier) == ""
    assert refusal_of(may, 0, order(Side(1 - side)), carrier) == "Order_SideNotPermitted"
    for other in set(Carrier) - {carrier}:
        assert refusal_of(may, 0, order(side), other) == "Order_CarrierNotPermitted"


@pytest.mark.parametrize("side", Side)
def test_the_bound_is_the_most_that_is_permitted(side):
    assert refusal_of(EVERYTHING, 10, order(side, 1_023), Carrier.GAS) == ""
    assert refusal_of(EVERYTHING, 10, order(side, 1_024), Carrier.GAS) == "Order_EnergyNotPermitted"
    assert refusal_of(EVERYTHING, 0, order(side, 2**64 - 1), Carrier.GAS) == ""


def test_credentials_have_the_same_bits():
    assert [one.name.lower() for one in Permission] == [name.removeprefix("may_") for name in PERMISSIONS]
