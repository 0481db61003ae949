"""What the chain attests of the orders of a batch, one word each (contracts/types/Attested.sol)."""

from typing import NamedTuple

from eth_utils import to_checksum_address

from powerpact.market.orders import Order, Side
from powerpact.market.schema import Carrier
from powerpact.market.slots import Slot
from testkit.constants import SLOT_LENGTH_S
from testkit.orders import buy

FIRST_HOUR = Slot(SLOT_LENGTH_S, SLOT_LENGTH_S).pack()
"""A slot in which no device has sold anything."""


class SellerTerms(NamedTuple):
    """What decides whether a device may sell."""

    owner: str
    subnet: int
    kind: int
    carrier: int
    source: int
    certified: bool
    retired: bool
    sold_before_wh: int = 0


def admissions(participants, accounts):
    """For an order of each account: whether it may trade now, and its credibility, ppm."""
    words = participants.admissionOf(Carrier.ELECTRICITY, [buy(account).pack() for account in accounts])
    return [(bool(word >> 58), word & 0xFFFFFFFF) for word in words]


def persons(participants, accounts):
    """For an order of each account the number of its person."""
    words = participants.admissionOf(Carrier.ELECTRICITY, [buy(account).pack() for account in accounts])
    return [word >> 32 & (1 << 26) - 1 for word in words]


def terms_word(terms):
    """Energy 48 | retired 1 | certified 1 | kind 3 | carrier 3 | source 8 | subnet 32 | owner 160."""
    flags = terms.sold_before_wh << 208 | terms.retired << 207 | terms.certified << 206
    codes = terms.kind << 203 | terms.carrier << 200 | terms.source << 192
    return flags | codes | terms.subnet << 160 | int(terms.owner, 16)


def seller_terms(devices, ids, order_book, slot=FIRST_HOUR):
    """For a sell order of each device, whoever signs it, as the order book learns it."""
    nobody = "0x" + "00" * 20
    orders = [Order(Side.SELL, nobody, energy_wh=1, price_upoints_per_kwh=1, device=id_) for id_ in ids]
    packed = [order.pack() for order in orders]
    return [_terms(word) for word in devices.reserve.call(slot, packed, {"from": order_book})]


def _terms(word):
    terms = SellerTerms(
        owner=to_checksum_address((word & (1 << 160) - 1).to_bytes(20, "big")),
        subnet=word >> 160 & 0xFFFFFFFF,
        kind=word >> 203 & 7,
        carrier=word >> 200 & 7,
        source=word >> 192 & 0xFF,
        certified=bool(word >> 206 & 1),
        retired=bool(word >> 207 & 1),
        sold_before_wh=word >> 208,
    )
    assert terms_word(terms) == word, f"{word:#x} has bits beyond its fields"
    return terms
