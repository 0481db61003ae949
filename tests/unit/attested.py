"""What the registries and the escrow attest of the orders of a batch, one word each (contracts/types/Attested.sol)."""

from typing import NamedTuple

from eth_utils import to_checksum_address

from powerpact.chain.packing import Order, Side
from tests.helpers.orders import buy


class SellerTerms(NamedTuple):
    """What decides whether a device may sell."""

    owner: str
    subnet: int
    carrier: int
    source: int
    fit: bool


def standings(participants, accounts):
    """For an order of each account: whether it may trade now, and its credibility, ppm."""
    words = participants.standingsOf([buy(account).pack() for account in accounts])
    return [(bool(word >> 32), word & 0xFFFFFFFF) for word in words]


def terms_word(terms):
    """fit 8 | source 8 | carrier 8 | subnet 32 | owner 160, from the top down."""
    return terms.fit << 208 | terms.source << 200 | terms.carrier << 192 | terms.subnet << 160 | int(terms.owner, 16)


def seller_terms(devices, ids):
    """For a sell order of each device, whoever signs it."""
    nobody = "0x" + "00" * 20
    orders = [Order(Side.SELL, nobody, energy_wh=1, price_upoints_per_kwh=1, device=id_) for id_ in ids]
    return [_terms(word) for word in devices.sellerTermsOf([order.pack() for order in orders])]


def _terms(word):
    terms = SellerTerms(
        owner=to_checksum_address((word & (1 << 160) - 1).to_bytes(20, "big")),
        subnet=word >> 160 & 0xFFFFFFFF,
        carrier=word >> 192 & 0xFF,
        source=word >> 200 & 0xFF,
        fit=bool(word >> 208),
    )
    assert terms_word(terms) == word, f"{word:#x} has bits beyond its fields"
    return terms
