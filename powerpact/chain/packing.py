"""Orders, trades and readings as the contracts store, hash and log them (contracts/types/*.sol).

An order is five words. From the most significant bit down:

======= =====================================================================================
head    trader 160, energy 64 (Wh), price 32 (micro-points per kWh)
terms   zero 48, side 8, min price 32, classes 64, device 32, nonce 32, expiry 40 (Unix seconds)
levels  eight uint32, element 0 lowest: the buyer's expectations, the seller's values
limits  eight uint32: the buyer's limits
weights eight uint32: the buyer's weights, ppm
======= =====================================================================================

A trade is three words:

======== ====================================================================================
purchase buyer 160, energy that the sell order offers 64 (Wh), dual price of the buy order 32
sale     seller 160, energy sold 64 (Wh), dual price of the sell order 32
terms    zero 24, buy id 40, sell id 40, device 32, price 32 (micro-points per kWh), reserved 88
======== ====================================================================================
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, Final, NamedTuple

from eth_abi.abi import encode
from eth_typing import ChecksumAddress
from eth_utils import keccak, to_checksum_address

from powerpact.chain.errors import BadOrderId
from powerpact.chain.merkle import MerkleTree
from powerpact.units import MAX_ATTRIBUTES, MAX_CATEGORIES, value_down_upoints

MAX_BATCH: Final = 256
"""The most orders in one batch, and the most trades in one chunk."""

NONCES_PER_PAGE: Final = 32
"""Nonces that can be used in any order, before a later one closes them."""

ZEROS: Final = (0,) * MAX_ATTRIBUTES


class Side(IntEnum):
    """The two sides of an order, as in Orders.sol."""

    BUY = 0
    SELL = 1


class PackedOrder(NamedTuple):
    """The five words of an order."""

    head: int
    terms: int
    levels: int
    limits: int
    weights: int


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
        The seller's minimum; zero for a buyer.
    classes : bytes
        Eight class codes: what the buyer requires (0 for nothing), what the seller is.
    device : int
        The seller's device; zero for a buyer.
    nonce : int
        Of the trader's orders of this side. A buy order uses it when it is posted, a sell order when it is
        cancelled; a nonce of a later page of `NONCES_PER_PAGE` closes the earlier pages.
    expiry : int
        Unix seconds; the order cannot be posted later.
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

    @property
    def reservation_upoints(self) -> int:
        """Money that the order holds, micro-points: a buyer's energy at the bid, rounded down; 0 for a seller."""
        if self.side is Side.SELL:
            return 0
        return value_down_upoints(self.energy_wh, self.price_upoints_per_kwh)

    def pack(self) -> PackedOrder:
        """The five words."""
        head = int(self.trader, 16) << 96 | self.energy_wh << 32 | self.price_upoints_per_kwh
        terms = (
            self.side << 200
            | self.min_upoints_per_kwh << 168
            | int.from_bytes(self.classes, "big") << 104
            | self.device << 72
            | self.nonce << 40
            | self.expiry
        )
        return PackedOrder(head, terms, _word(self.levels), _word(self.limits), _word(self.weights_ppm))

    @classmethod
    def unpack(cls, packed: Sequence[int]) -> Order:
        """The fields of five words."""
        head, terms, levels, limits, weights = packed
        return cls(
            side=Side(terms >> 200 & 0xFF),
            trader=to_checksum_address((head >> 96).to_bytes(20, "big")),
            energy_wh=head >> 32 & (1 << 64) - 1,
            price_upoints_per_kwh=head & (1 << 32) - 1,
            levels=_lanes(levels),
            limits=_lanes(limits),
            weights_ppm=_lanes(weights),
            min_upoints_per_kwh=terms >> 168 & (1 << 32) - 1,
            classes=(terms >> 104 & (1 << 64) - 1).to_bytes(MAX_CATEGORIES, "big"),
            device=terms >> 72 & (1 << 32) - 1,
            nonce=terms >> 40 & (1 << 32) - 1,
            expiry=terms & (1 << 40) - 1,
        )

    def message(self, market: bytes) -> tuple[str, dict[str, Any]]:
        """The signed type's name and the message that the trader signs for the market with this id."""
        common = {
            "market": market,
            "trader": self.trader,
            "energyWh": self.energy_wh,
            "nonce": self.nonce,
            "expiry": self.expiry,
        }
        if self.side is Side.BUY:
            return "BuyOrder", common | {
                "bid": self.price_upoints_per_kwh,
                "requires": self.classes,
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


class PackedTrade(NamedTuple):
    """The three words of a trade."""

    purchase: int
    sale: int
    terms: int


class Trade(NamedTuple):
    """A trade as Clearing commits to it (Trades.sol): energy in Wh, price in micro-points per kWh, duals in ppm.

    Dual prices of a divisible round are per Wh. `offered_wh` is the energy of the sell order, `reserved_upoints` the
    buyer's money that the trade holds.
    """

    buy_id: int
    sell_id: int
    buyer: ChecksumAddress
    seller: ChecksumAddress
    device: int
    offered_wh: int
    energy_wh: int
    price_upoints_per_kwh: int
    reserved_upoints: int
    buyer_dual_ppm: int
    seller_dual_ppm: int

    def pack(self) -> PackedTrade:
        """The three words."""
        return PackedTrade(
            int(self.buyer, 16) << 96 | self.offered_wh << 32 | self.buyer_dual_ppm,
            int(self.seller, 16) << 96 | self.energy_wh << 32 | self.seller_dual_ppm,
            self.buy_id << 192
            | self.sell_id << 152
            | self.device << 120
            | self.price_upoints_per_kwh << 88
            | self.reserved_upoints,
        )

    @classmethod
    def unpack(cls, packed: Sequence[int]) -> Trade:
        """The fields of three words."""
        purchase, sale, terms = packed
        return cls(
            buy_id=terms >> 192 & (1 << 40) - 1,
            sell_id=terms >> 152 & (1 << 40) - 1,
            buyer=to_checksum_address((purchase >> 96).to_bytes(20, "big")),
            seller=to_checksum_address((sale >> 96).to_bytes(20, "big")),
            device=terms >> 120 & (1 << 32) - 1,
            offered_wh=purchase >> 32 & (1 << 64) - 1,
            energy_wh=sale >> 32 & (1 << 64) - 1,
            price_upoints_per_kwh=terms >> 88 & (1 << 32) - 1,
            reserved_upoints=terms & (1 << 88) - 1,
            buyer_dual_ppm=purchase & (1 << 32) - 1,
            seller_dual_ppm=sale & (1 << 32) - 1,
        )


class Reading(NamedTuple):
    """What a device measured in one delivery slot (Readings.sol): energies and lifetime counters in Wh."""

    device: int
    slot_start: int
    exported_wh: int
    imported_wh: int
    export_counter_wh: int
    import_counter_wh: int

    def message(self) -> dict[str, int]:
        """The message that the device signs."""
        return {
            "device": self.device,
            "slotStart": self.slot_start,
            "exportedWh": self.exported_wh,
            "importedWh": self.imported_wh,
            "exportCounterWh": self.export_counter_wh,
            "importCounterWh": self.import_counter_wh,
        }


def order_tree(orders: Sequence[PackedOrder]) -> MerkleTree:
    """The tree of a batch of orders."""
    return _tree(["uint256"] * 5, orders)


def trade_tree(trades: Sequence[Trade]) -> MerkleTree:
    """The tree of a chunk of trades."""
    return _tree(["uint256"] * 3, [trade.pack() for trade in trades])


def reading_tree(readings: Sequence[Reading]) -> MerkleTree:
    """The tree of a batch of readings."""
    return _tree(["uint256"] * 6, readings)


def trade_id(market: bytes, agent: ChecksumAddress, trade: Trade) -> bytes:
    """The id of a trade in an agent's proposal: ``keccak256(abi.encode(sellId, buyId, agent, market))``, 32 bytes."""
    return keccak(encode(["uint40", "uint40", "address", "bytes32"], [trade.sell_id, trade.buy_id, agent, market]))


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


def _tree(types: list[str], items: Sequence[Sequence[Any]]) -> MerkleTree:
    return MerkleTree.over([keccak(encode(["uint256", *types], [i, *item])) for i, item in enumerate(items)])


def _word(lanes: Sequence[int]) -> int:
    return sum(lane << 32 * position for position, lane in enumerate(lanes))


def _lanes(word: int) -> tuple[int, ...]:
    return tuple(word >> 32 * position & (1 << 32) - 1 for position in range(MAX_ATTRIBUTES))
