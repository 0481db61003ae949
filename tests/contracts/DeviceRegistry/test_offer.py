"""`reserve`, `decide`, `promisedOf`: what devices sell of a slot, and what a batch of orders must know of them."""

from dataclasses import replace

import pytest

from powerpact.market.orders import Order, Side
from powerpact.market.slots import Slot
from testkit.attested import SellerTerms, seller_terms, terms_word
from testkit.constants import SLOT_LENGTH_S, SOLAR, SUBNET
from testkit.orders import buy
from testkit.reverts import reverts_with

METER = ELECTRICITY = 0
UNKNOWN = SellerTerms("0x" + "00" * 20, 0, 0, 0, 0, certified=False, retired=False)
NOBODY = "0x" + "00" * 20
SLOT = Slot(7_200, SLOT_LENGTH_S).pack()
OTHER_SLOT = Slot(10_800, SLOT_LENGTH_S).pack()


@pytest.fixture
def roof(admit, bind_device, certify, alice):
    """A certified device of alice."""
    admit(alice)
    device = bind_device(alice, "roof")
    certify(device)
    return device


@pytest.fixture
def fleet(admit, bind_device, alice):
    """Four devices of alice, of which the last has another capacity, Wh."""
    admit(alice)
    names = ("roof", "barn", "shed", "mill")
    return [bind_device(alice, name, capacity) for name, capacity in zip(names, (5_000, 5_000, 5_000, 10), strict=True)]


@pytest.fixture
def offer(devices, order_book):
    """Offer some Wh of devices in a slot as the order book does."""

    def _offer(slot, *ids, energy_wh=1):
        orders = [Order(Side.SELL, NOBODY, energy_wh=energy_wh, price_upoints_per_kwh=1, device=id_) for id_ in ids]
        return devices.reserve(slot, [order.pack() for order in orders], {"from": order_book})

    return _offer


def test_offer_reverts_for_anyone_but_the_order_book(devices, settler, alice):
    for caller in (settler, alice):
        with reverts_with("Device_NotOrderBook", caller):
            devices.reserve(SLOT, [], {"from": caller})


def test_decide_reverts_for_anyone_but_the_market(devices, fleet, offer, alice):
    offer(SLOT, fleet[0])
    with reverts_with("Device_NotMarket", alice):
        devices.decide(fleet[0], Side.SELL, SLOT, 0, 1, {"from": alice})


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
    assert list(devices.reserve.call(SLOT, [order.pack() for order in orders], {"from": order_book})) == [0, own, 0]


def test_marks_the_devices_of_sell_orders_in_the_slot(devices, fleet, offer):
    offer(SLOT, fleet[0], fleet[2])
    assert [tuple(devices.promisedOf(id_, Side.SELL, SLOT)) for id_ in fleet] == [
        (True, 0),
        (False, 0),
        (True, 0),
        (False, 0),
    ]
    assert tuple(devices.promisedOf(fleet[0], Side.SELL, OTHER_SLOT)) == (False, 0)


@pytest.mark.parametrize("places", [(0, 1), (1, 1)])
def test_reverts_for_a_device_with_an_undecided_order(fleet, offer, places):
    if len(set(places)) == 2:
        offer(SLOT, fleet[1])
    with reverts_with("Device_Undecided", 1, fleet[1], Side.SELL, SLOT):
        offer(SLOT, *(fleet[place] for place in places))


def test_reverts_above_the_capacity(fleet, offer):
    with reverts_with("Device_AboveCapacity", 1, fleet[3], 11, 10):
        offer(SLOT, fleet[0], fleet[3], energy_wh=11)
    offer(SLOT, fleet[3], energy_wh=10)


@pytest.mark.parametrize("decider", ["order_book", "settler"])
@pytest.mark.parametrize("sold", [0, 3])
def test_a_decided_device_can_be_offered_again(devices, fleet, offer, request, order_book, decider, sold):
    offer(SLOT, fleet[0], fleet[3])
    tx = devices.decide(fleet[3], Side.SELL, SLOT, 0, sold, {"from": request.getfixturevalue(decider)})
    assert ("OrderDecided" in tx.events) == (sold > 0)
    assert [tuple(devices.promisedOf(id_, Side.SELL, SLOT)) for id_ in (fleet[0], fleet[3])] == [
        (True, 0),
        (False, sold),
    ]
    with reverts_with("Device_AboveCapacity", 0, fleet[3], 11, 10):
        offer(SLOT, fleet[3], energy_wh=11 - sold)
    assert seller_terms(devices, [fleet[3]], order_book, SLOT)[0].sold_before_wh == sold
    offer(SLOT, fleet[3], energy_wh=10 - sold)


def test_what_decided_orders_sold_is_summed(devices, fleet, offer, settler):
    for before, sold in ((0, 3), (3, 4), (7, 3)):
        offer(SLOT, fleet[3], energy_wh=sold)
        tx = devices.decide(fleet[3], Side.SELL, SLOT, before, sold, {"from": settler})
        event = {"device": fleet[3], "side": Side.SELL, "slot": SLOT, "energy": sold, "total": before + sold}
        assert dict(tx.events["OrderDecided"]) == event


def test_decides_an_order_once(devices, fleet, offer, settler):
    with reverts_with("Device_NotUndecided", fleet[3], Side.SELL, SLOT, 0):
        devices.decide(fleet[3], Side.SELL, SLOT, 0, 3, {"from": settler})
    offer(SLOT, fleet[3])
    devices.decide(fleet[3], Side.SELL, SLOT, 0, 1, {"from": settler})
    offer(SLOT, fleet[3])
    with reverts_with("Device_NotUndecided", fleet[3], Side.SELL, SLOT, 0):
        devices.decide(fleet[3], Side.SELL, SLOT, 0, 1, {"from": settler})
    devices.decide(fleet[3], Side.SELL, SLOT, 1, 1, {"from": settler})
