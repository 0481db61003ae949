"""`sellerTermsOf`: what a batch of orders must know of the sellers' devices, in one call."""

from dataclasses import replace

from powerpact.market.orders import Side
from testkit.attested import SellerTerms, seller_terms, terms_word
from testkit.constants import SOLAR, SUBNET
from testkit.orders import buy

METER = ELECTRICITY = 0
UNKNOWN = SellerTerms("0x" + "00" * 20, 0, 0, 0, 0, certified=False, retired=False)


def test_of_no_orders_there_are_none(devices):
    assert seller_terms(devices, []) == []


def test_tells_each_device_in_its_place(devices, admit, bind_device, certify, alice, bob):
    for owner in (alice, bob):
        admit(owner)
    roof, barn, shed = bind_device(alice, "roof"), bind_device(bob, "barn"), bind_device(bob, "shed")
    for device in (roof, shed):
        certify(device)
    devices.retire(shed, {"from": bob})
    fit = SellerTerms(alice.address, SUBNET, METER, ELECTRICITY, SOLAR, certified=True, retired=False)
    new = fit._replace(owner=bob.address, certified=False)
    retired = fit._replace(owner=bob.address, retired=True)
    assert seller_terms(devices, [shed, roof, shed + 1, barn, roof]) == [retired, fit, UNKNOWN, new, fit]


def test_is_zero_for_a_buy_order(devices, admit, bind_device, certify, alice):
    """Buy and sell orders stand side by side in a batch, and each has its word."""
    admit(alice)
    roof = bind_device(alice, "roof")
    certify(roof)
    own = terms_word(SellerTerms(alice.address, SUBNET, METER, ELECTRICITY, SOLAR, certified=True, retired=False))
    orders = [buy(alice), replace(buy(alice), side=Side.SELL, device=roof), buy(alice)]
    assert list(devices.sellerTermsOf([order.pack() for order in orders])) == [0, own, 0]
