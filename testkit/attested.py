"""What the chain attests of the orders of a batch, one word each (contracts/types/Attested.sol)."""

from typing import NamedTuple

from eth_utils import to_checksum_address

from powerpact.market.orders import Order, Side
from testkit.orders import buy


class SellerTerms(NamedTuple):
    """What decides whether a device may sell."""

    owner: str
    subnet: int
    kind: int
    carrier: int
    source: int
    certified: bool
    retired: bool


def admissions(participants, accounts):
    """For an order of each account: whether it may trade now, and its credibility, ppm."""
    words = participants.admissionOf([buy(account).pack() for account in accounts])
    return [(bool(word >> 32), word & 0xFFFFFFFF) for word in words]


def terms_word(terms):
    """Retired 8 | certified 8 | source 8 | carrier 8 | kind 8 | subnet 32 | owner 160, from the top down."""
    flags = terms.retired << 224 | terms.certified << 216
    codes = terms.source << 208 | terms.carrier << 200 | terms.kind << 192
    return flags | codes | terms.subnet << 160 | int(terms.owner, 16)


def seller_terms(devices, ids, order_book, slot_start=0):
    """For a sell order of each device, whoever signs it, as the order book learns it."""
    nobody = "0x" + "00" * 20
    orders = [Order(Side.SELL, nobody, energy_wh=1, price_upoints_per_kwh=1, device=id_) for id_ in ids]
    packed = [order.pack() for order in orders]
    return [_terms(word) for word in devices.offer.call(slot_start, packed, {"from": order_book})]


def _terms(word):
    terms = SellerTerms(
        owner=to_checksum_address((word & (1 << 160) - 1).to_bytes(20, "big")),
        subnet=word >> 160 & 0xFFFFFFFF,
        kind=word >> 192 & 0xFF,
        carrier=word >> 200 & 0xFF,
        source=word >> 208 & 0xFF,
        certified=bool(word >> 216 & 0xFF),
        retired=bool(word >> 224),
    )
    assert terms_word(terms) == word, f"{word:#x} has bits beyond its fields"
    return terms
