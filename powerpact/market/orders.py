"""Orders as the contracts hash and log them (contracts/types/Orders.sol).

An order is five words. From the most significant bit down:

======= =====================================================================================
head    trader 160, energy 64 (Wh), price 32 (micro-points per kWh)
terms   person 26, mandated 1, accept 1, min fill 20 (ppm), side 8, min price 32, classes 64, device 32, nonce 32,
        expiry 40 (Unix seconds); the person is zero as signed; in place of the min price a buy order in the book has
        what its meter bought of the slot before, Wh
levels  eight uint32, element 0 lowest: the buyer's expectations, the seller's values
limits  eight uint32: the buyer's limits; of a sell order in the book what its device sold of the slot before, Wh
weights eight uint32: the buyer's weights, ppm
======= =====================================================================================
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from eth_typing import ChecksumAddress
from eth_utils import to_checksum_address

from powerpact.errors import BadChoice
from powerpact.market.errors import BadOrderId, FieldWithoutRule
from powerpact.market.schema import Kind, Side
from powerpact.units import ATTRIBUTE, MAX_ATTRIBUTES, MAX_CATEGORIES, PPM, value_down_upoints

__all__ = [
    "MAX_BATCH",
    "MOST_PAGES",
    "NONCES_PER_PAGE",
    "ZEROS",
    "Order",
    "PackedOrder",
    "Placed",
    "Side",
    "SignedOrder",
    "SoftTerm",
    "equal_weights_ppm",
    "id_text",
    "indifferent",
    "lanes_of",
    "next_nonce",
    "order_id",
    "page_and_mask",
    "parse_id",
    "word_of",
]

MAX_BATCH: Final = 256
"""The most orders in one batch."""

NONCES_PER_PAGE: Final = 32
"""Nonces that can be used in any order, before a later one closes them."""

MOST_PAGES: Final = 1_024
"""The most pages that the nonces of an account move on at once (Nonces.sol)."""

TRADER_SHIFT: Final = 96
"""Of the trader in the head of an order."""

PERSON_SHIFT: Final = 230
"""Where the person lies in the terms of an order, above everything else."""

ZEROS: Final = (0,) * MAX_ATTRIBUTES


class PackedOrder(NamedTuple):
    """The five words of an order."""

    head: int
    terms: int
    levels: int
    limits: int
    weights: int


Placed = tuple[int, PackedOrder, list[bytes]]
"""A posted order with its proof: id, words, siblings."""


@dataclass(frozen=True, slots=True)
class Order:
    """An order with its fields apart.

    Attributes
    ----------
    side : Side
        Buy or sell.
    trader : ChecksumAddress
        Who signs and trades.
    energy_wh : int
        Energy wanted or offered.
    price_upoints_per_kwh : int
        The buyer's bid or the seller's ask.
    levels : tuple of 8 int
        The buyer's expectations or the seller's values, one for each attribute.
    limits : tuple of 8 int
        The buyer's limits; zeros for a seller.
    weights_ppm : tuple of 8 int
        The buyer's weights; zeros for a seller.
    min_upoints_per_kwh : int
        The seller's minimum; zero for a buyer as it signs, in the book what its meter bought of the slot before, Wh.
    classes : bytes
        Eight class codes: what the buyer requires (0 for nothing), what the seller is.
    device : int
        The seller's device that delivers, or the buyer's meter (0: none).
    nonce : int
        Of the trader's orders of this side. A buy order uses it when it is posted, a sell order when it is
        cancelled; a nonce of a later page of `NONCES_PER_PAGE` closes the earlier pages.
    expiry : int
        Unix seconds; the order cannot be posted later.
    min_fill_ppm : int
        The least share of its energy that a trade must give the order, in one-to-one mode; in divisible mode 0.
    accept : bool
        Whether the order accepts its trade in advance. The contracts take False only, for now.
    is_mandated : bool
        Whether a delegate signs it; then its nonce is the number of the mandate (`powerpact.market.mandates`).
    person : int
        Zero as signed; in the book the number of the trader's person, whose orders do not trade with each other.
    """

    side: Side
    trader: ChecksumAddress
    energy_wh: int
    price_upoints_per_kwh: int
    levels: tuple[int, ...] = ZEROS
    limits: tuple[int, ...] = ZEROS
    weights_ppm: tuple[int, ...] = ZEROS
    min_upoints_per_kwh: int = 0
    classes: bytes = bytes(MAX_CATEGORIES)
    device: int = 0
    nonce: int = 0
    expiry: int = 0
    min_fill_ppm: int = 0
    accept: bool = False
    is_mandated: bool = False
    person: int = 0

    @property
    def reservation_upoints(self) -> int:
        """Money that the order holds, micro-points: a buyer's energy at the bid, rounded down; 0 for a seller."""
        if self.side is Side.SELL:
            return 0
        return value_down_upoints(self.energy_wh, self.price_upoints_per_kwh)

    def check_neutral(self) -> None:
        """The field without a rule yet holds its neutral value: `accept`.

        Raises
        ------
        FieldWithoutRule
            If it does not.
        """
        if self.accept:
            raise FieldWithoutRule("accept", self.accept, False)

    def pack(self) -> PackedOrder:
        """The five words."""
        head = int(self.trader, 16) << TRADER_SHIFT | self.energy_wh << 32 | self.price_upoints_per_kwh
        terms = (
            self.person << PERSON_SHIFT
            | self.is_mandated << 229
            | self.accept << 228
            | self.min_fill_ppm << 208
            | self.side << 200
            | self.min_upoints_per_kwh << 168
            | int.from_bytes(self.classes, "big") << 104
            | self.device << 72
            | self.nonce << 40
            | self.expiry
        )
        return PackedOrder(head, terms, word_of(self.levels), word_of(self.limits), word_of(self.weights_ppm))

    @classmethod
    def unpack(cls, packed: Sequence[int]) -> Order:
        """The fields of five words."""
        head, terms, levels, limits, weights = packed
        return cls(
            side=Side(terms >> 200 & 0xFF),
            trader=to_checksum_address((head >> TRADER_SHIFT).to_bytes(20, "big")),
            energy_wh=head >> 32 & (1 << 64) - 1,
            price_upoints_per_kwh=head & (1 << 32) - 1,
            levels=lanes_of(levels),
            limits=lanes_of(limits),
            weights_ppm=lanes_of(weights),
            min_upoints_per_kwh=terms >> 168 & (1 << 32) - 1,
            classes=(terms >> 104 & (1 << 64) - 1).to_bytes(MAX_CATEGORIES, "big"),
            device=terms >> 72 & (1 << 32) - 1,
            nonce=terms >> 40 & (1 << 32) - 1,
            expiry=terms & (1 << 40) - 1,
            min_fill_ppm=terms >> 208 & (1 << 20) - 1,
            accept=bool(terms >> 228 & 1),
            is_mandated=bool(terms >> 229 & 1),
            person=terms >> PERSON_SHIFT,
        )

    def message(self, market: bytes) -> tuple[str, dict[str, Any]]:
        """The signed type's name and the message that the trader signs for the market with this id."""
        common = {
            "market": market,
            "trader": self.trader,
            "energyWh": self.energy_wh,
            "nonce": self.nonce,
            "expiry": self.expiry,
            "minFill": self.min_fill_ppm,
            "accept": self.accept,
        }
        if self.side is Side.BUY:
            return "BuyOrder", common | {
                "bid": self.price_upoints_per_kwh,
                "requires": self.classes,
                "meter": self.device,
                "expectations": self.levels,
                "limits": self.limits,
                "weights": self.weights_ppm,
            }
        return "SellOrder", common | {
            "ask": self.price_upoints_per_kwh,
            "minPrice": self.min_upoints_per_kwh,
            "classes": self.classes,
            "device": self.device,
            "attributes": self.levels,
        }


@dataclass(frozen=True, slots=True)
class SignedOrder:
    """An order that anyone may relay to the chain.

    Attributes
    ----------
    order : Order
        What was signed.
    signature : bytes
        The trader's, 65 or 64 bytes; of a contract account whatever it takes.
    """

    order: Order
    signature: bytes


@dataclass(frozen=True, slots=True)
class SoftTerm:
    """What a buyer wants of one attribute.

    Attributes
    ----------
    expect : int
        From here on the buyer is fully satisfied, attribute units.
    limit : int
        Beyond it the pair is eliminated, attribute units.
    weight_ppm : int
        Share of the attribute in the buyer's satisfaction.
    """

    expect: int
    limit: int
    weight_ppm: int


def indifferent(kind: Kind) -> tuple[int, int]:
    """Expectation and limit of a buyer who does not care about an attribute: every value satisfies it.

    Examples
    --------
    >>> indifferent(Kind.INCOME), indifferent(Kind.COST)
    ((0, 0), (4294967295, 4294967295))
    """
    bound = 0 if kind is Kind.INCOME else ATTRIBUTE.maximum
    return bound, bound


def equal_weights_ppm(count: int) -> tuple[int, ...]:
    """Weights of a buyer who states none: equal, the remainder one each to the first attributes.

    Parameters
    ----------
    count : int
        Number of attributes.

    Returns
    -------
    tuple of int
        Weights in ppm that sum to 1 000 000; empty without attributes.

    Examples
    --------
    >>> equal_weights_ppm(3)
    (333334, 333333, 333333)
    """
    if count == 0:
        return ()
    share_ppm, remainder = divmod(PPM, count)
    return tuple(share_ppm + (index < remainder) for index in range(count))


def next_nonce(word: int, first: int = 0) -> int:
    """The first nonce of a trader's page in use that is not used, or the first of the next page.

    Parameters
    ----------
    word : int
        The trader's nonces of one side as the chain keeps them (Nonces.sol): page, then 32 bits of used ones.
    first : int
        Where in the page to begin. Posting a sell order does not use its nonce, so sell orders that begin at places of
        their own seldom share one, and cancelling one seldom concerns another that is signed and not posted.

    Examples
    --------
    >>> next_nonce(2 << 32 | 0b11), next_nonce(2 << 32 | 0b11, first=7), next_nonce((1 << 32) - 1)
    (66, 71, 32)
    """
    page, used = word >> NONCES_PER_PAGE, word & (1 << NONCES_PER_PAGE) - 1
    places = ((first + step) % NONCES_PER_PAGE for step in range(NONCES_PER_PAGE))
    return page * NONCES_PER_PAGE + next((place for place in places if not used >> place & 1), NONCES_PER_PAGE)


def page_and_mask(nonces: Collection[int]) -> tuple[int, int]:
    """The page of some nonces and their bits in it, as ``cancelNonces`` takes them.

    Raises
    ------
    BadChoice
        If they are not all of one page.

    Examples
    --------
    >>> page_and_mask([32, 34, 34])
    (1, 5)
    """
    pages = {nonce // NONCES_PER_PAGE for nonce in nonces}
    if len(pages) != 1:
        remedy = f"Revoke those of one page of {NONCES_PER_PAGE} at a time, the lowest page first."
        raise BadChoice("nonces", ", ".join(map(str, nonces)), "are not of one page", remedy=remedy)
    return pages.pop(), sum(1 << place for place in {nonce % NONCES_PER_PAGE for nonce in nonces})


def order_id(batch: int, index: int) -> int:
    """The id of an order within its market: ``batch << 8 | index``."""
    return batch << 8 | index


def id_text(packed_id: int) -> str:
    """An order's id as people write it.

    Examples
    --------
    >>> id_text(order_id(3, 17))
    '3:17'
    """
    return f"{packed_id >> 8}:{packed_id & 0xFF}"


def parse_id(text: str) -> int:
    """The id that `id_text` wrote.

    Raises
    ------
    BadOrderId
        If the text is not ``batch:index`` with an index below 256.

    Examples
    --------
    >>> parse_id("3:17")
    785
    """
    batch, separator, index = text.partition(":")
    if not (separator and batch.isdecimal() and index.isdecimal() and int(index) < MAX_BATCH):
        raise BadOrderId(text)
    return order_id(int(batch), int(index))


def word_of(lanes: Sequence[int]) -> int:
    """Numbers of 32 bits in one word, the first lowest."""
    return sum(lane << 32 * position for position, lane in enumerate(lanes))


def lanes_of(word: int) -> tuple[int, ...]:
    """The eight numbers of 32 bits in a word, the lowest first."""
    return tuple(word >> 32 * position & (1 << 32) - 1 for position in range(MAX_ATTRIBUTES))
