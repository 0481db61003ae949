"""`admissionOf`: what a batch of orders must know of its traders, in one call."""

from types import SimpleNamespace

import pytest

from powerpact.market.orders import Side
from powerpact.market.permissions import CARRIERS, SIDES, Permission
from powerpact.market.schema import Carrier
from testkit.attested import admissions, persons
from testkit.constants import ATTRIBUTES_HASH, CREDIBILITY_PPM
from testkit.orders import buy, sell
from testkit.reverts import reverts_with

DAY_S = 86_400
ELECTRICITY = Carrier.ELECTRICITY


def test_of_no_orders_there_are_none(participants):
    assert admissions(participants, []) == []


def test_tells_the_trader_of_each_order_in_its_place(participants, admit, alice, bob, stranger):
    admit(alice, 700_000)
    admit(bob, 800_000)
    expected = [(True, 800_000), (False, 0), (True, 700_000), (True, 800_000)]
    assert admissions(participants, [bob, stranger, alice, bob]) == expected


def test_is_one_word_for_each_order(participants, admit, alice, stranger):
    """Trades now 1 | person 26 | credibility 32, from the top down: what the order book reads."""
    admit(alice, 1_000_000)
    orders = [buy(alice).pack(), buy(stranger).pack()]
    assert list(participants.admissionOf(ELECTRICITY, orders)) == [1 << 58 | 1 << 32 | 1_000_000, 0]


def test_the_trader_alone_counts(participants, admit, alice):
    admit(alice, 700_000)
    order = buy(alice, energy_wh=2**64 - 1, price_upoints_per_kwh=2**32 - 1, nonce=2**32 - 1, levels=(2**32 - 1,) * 8)
    assert list(participants.admissionOf(ELECTRICITY, [order.pack()])) == [1 << 58 | 1 << 32 | 700_000]


def test_who_cannot_trade_keeps_the_credibility(participants, admit, auditors, alice, bob, stranger, now):
    admit(alice, 700_000)
    admit(bob, 800_000)
    participants.requestExit({"from": alice})
    until = now() + DAY_S
    for auditor in auditors[:2]:
        participants.suspend(bob, until, "under review", {"from": auditor})
    participants.applyFor(ATTRIBUTES_HASH, {"from": stranger})
    expected = [(False, 700_000), (False, 800_000), (False, 0)]
    assert admissions(participants, [alice, bob, stranger]) == expected


def test_a_suspension_ends_by_itself(participants, admit, auditors, alice, now, warp):
    admit(alice, 700_000)
    until = now() + DAY_S
    for auditor in auditors[:2]:
        participants.suspend(alice, until, "under review", {"from": auditor})
    warp(until - 1)
    assert admissions(participants, [alice]) == [(False, 700_000)]
    warp(until)
    assert admissions(participants, [alice]) == [(True, 700_000)]


def test_tells_the_person_of_each_order(participants, admit, alice, bob, stranger):
    admit(alice)
    admit(bob)
    participants.applyFor(ATTRIBUTES_HASH, {"from": stranger})
    assert persons(participants, [bob, stranger, alice, bob]) == [2, 0, 1, 2]


def device_of(account):
    """A trader with some device."""
    return SimpleNamespace(address=account.address, device=1)


@pytest.mark.parametrize(("may", "side"), [(Permission.BUY, Side.SELL), (Permission.SELL, Side.BUY)])
def test_reverts_for_a_side_that_is_not_permitted(participants, admit, alice, bob, may, side):
    admit(alice, permissions=may | CARRIERS)
    admit(bob)
    orders = {Side.BUY: buy(alice).pack(), Side.SELL: sell(device_of(alice)).pack()}
    with reverts_with("Order_SideNotPermitted", 1, alice, side):
        participants.admissionOf(ELECTRICITY, [buy(bob).pack(), orders[side]])
    participants.admissionOf(ELECTRICITY, [orders[1 - side], buy(bob).pack(), sell(device_of(bob)).pack()])


@pytest.mark.parametrize("code", [1, 10, 32, 63])
def test_reverts_from_two_to_the_code_wh_on(participants, admit, alice, code):
    admit(alice, most_energy=code)
    participants.admissionOf(ELECTRICITY, [buy(alice, energy_wh=2**code - 1).pack()])
    for energy_wh in (2**code, 2**code + 1, 2**64 - 1):
        with reverts_with("Order_EnergyNotPermitted", 0, alice, energy_wh, 2**code - 1):
            participants.admissionOf(ELECTRICITY, [buy(alice, energy_wh=energy_wh).pack()])
    with reverts_with("Order_EnergyNotPermitted", 0, alice, 2**code, 2**code - 1):
        participants.admissionOf(ELECTRICITY, [sell(device_of(alice), energy_wh=2**code).pack()])


@pytest.mark.parametrize("side", Side)
@pytest.mark.parametrize("carrier", Carrier)
def test_reverts_for_a_carrier_that_is_not_permitted(participants, admit, alice, bob, carrier, side):
    admit(alice, permissions=SIDES | Permission.of_carrier(carrier))
    admit(bob)
    orders = {Side.BUY: buy(alice).pack(), Side.SELL: sell(device_of(alice)).pack()}
    for other in set(Carrier) - {carrier}:
        with reverts_with("Order_CarrierNotPermitted", 1, alice, other):
            participants.admissionOf(other, [buy(bob).pack(), orders[side]])
    participants.admissionOf(carrier, [buy(bob).pack(), orders[side]])


def test_who_cannot_trade_is_for_the_order_book_to_refuse(participants, admit, alice):
    admit(alice, permissions=Permission.SELL | Permission.HEAT, most_energy=1)
    participants.requestExit({"from": alice})
    assert admissions(participants, [alice]) == [(False, CREDIBILITY_PPM)]
    assert persons(participants, [alice]) == [1]
