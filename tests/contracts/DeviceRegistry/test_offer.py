"""`offer`, `release`, `isSelling`: devices for sale in a slot, and what a batch of orders must know of them."""

from dataclasses import replace

import pytest

from powerpact.market.orders import Order, Side
from testkit.attested import SellerTerms, seller_terms, terms_word
from testkit.constants import SOLAR, SUBNET
from testkit.orders import buy
from testkit.reverts import reverts_with

METER = ELECTRICITY = 0
UNKNOWN = SellerTerms("0x" + "00" * 20, 0, 0, 0, 0, certified=False, retired=False)
NOBODY = "0x" + "00" * 20
SLOT = 7_200
OTHER_SLOT = 10_800


@pytest.fixture
def roof(admit, bind_device, certify, alice):
    """A certified device of alice."""
    admit(alice)
    device = bind_device(alice, "roof")
    certify(device)
    return device


@pytest.fixture
def offer(devices, order_book):
    """Offer devices in a slot as the order book does."""

    def _offer(slot, *ids):
        orders = [Order(Side.SELL, NOBODY, energy_wh=1, price_upoints_per_kwh=1, device=id_) for id_ in ids]
        return devices.offer(slot, [order.pack() for order in orders], {"from": order_book})

    return _offer


def test_offer_reverts_for_anyone_but_the_order_book(devices, settler, alice):
    for caller in (settler, alice):
        with reverts_with("Device_NotOrderBook", caller):
            devices.offer(SLOT, [], {"from": caller})


def test_release_reverts_for_anyone_but_the_market(devices, alice):
    with reverts_with("Device_NotMarket", alice):
        devices.release(1, SLOT, {"from": alice})


def test_of_no_orders_there_are_none(devices, order_book):
    assert seller_terms(devices, [], order_book) == []


def test_tells_each_device_in_its_place(devices, order_book, admit, bind_device, certify, alice, bob):
    for owner in (alice, bob):
        admit(owner)
    roof, barn, shed = bind_device(alice, "roof"), bind_device(bob, "barn"), bind_device(bob, "shed")
    for device in (roof, shed):
        certify(device)
    devices.retire(shed, {"from": bob})
    fit = SellerTerms(alice.address, SUBNET, METER, ELECTRICITY, SOLAR, certified=True, retired=False)
    new = fit._replace(owner=bob.address, certified=False)
    retired = fit._replace(owner=bob.address, retired=True)
    assert seller_terms(devices, [shed, roof, shed + 1, barn], order_book) == [retired, fit, UNKNOWN, new]


def test_is_zero_for_a_buy_order(devices, order_book, roof, alice):
    """Buy and sell orders stand side by side in a batch, and each has its word."""
    own = terms_word(SellerTerms(alice.address, SUBNET, METER, ELECTRICITY, SOLAR, certified=True, retired=False))
    orders = [buy(alice), replace(buy(alice), side=Side.SELL, device=roof), buy(alice)]
    assert list(devices.offer.call(SLOT, [order.pack() for order in orders], {"from": order_book})) == [0, own, 0]


def test_marks_the_devices_of_sell_orders_in_the_slot(devices, offer):
    offer(SLOT, 1, 255, 256, 2**32 - 1)
    assert [devices.isSelling(id_, SLOT) for id_ in (1, 255, 256, 2**32 - 1)] == [True] * 4
    assert not any(devices.isSelling(id_, SLOT) for id_ in (0, 2, 254, 257, 2**32 - 2))
    assert not devices.isSelling(1, OTHER_SLOT)


@pytest.mark.parametrize("ids", [(5, 9), (9, 9)])
def test_reverts_for_a_device_that_sells_already(offer, ids):
    if len(set(ids)) == 2:
        offer(SLOT, 9)
    with reverts_with("Device_AlreadySelling", 1, 9, SLOT):
        offer(SLOT, *ids)


@pytest.mark.parametrize("releaser", ["order_book", "settler"])
def test_a_released_device_can_be_offered_again(devices, offer, request, releaser):
    offer(SLOT, 9, 10)
    devices.release(9, SLOT, {"from": request.getfixturevalue(releaser)})
    assert [devices.isSelling(id_, SLOT) for id_ in (9, 10)] == [False, True]
    offer(SLOT, 9)
    assert devices.isSelling(9, SLOT)
