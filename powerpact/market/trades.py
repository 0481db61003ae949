"""Trades as the contracts hash and log them (contracts/types/Trades.sol).

A trade is four words:

======== ====================================================================================
purchase buyer 160, energy that the sell order offers 64 (Wh), dual price of the buy order 32
sale     seller 160, energy sold 64 (Wh), dual price of the sell order 32
terms    zero 24, buy id 40, sell id 40, device 32, price 32 (micro-points per kWh), reserved 88
context  sold before by the device 48, fill before of the sell order 48, bought before by the buyer's meter 32,
         energy that the buy order wants 32, fill before of the buy order 64 (all Wh), buyer's meter 32
======== ====================================================================================
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from eth_typing import ChecksumAddress
from eth_utils import to_checksum_address

MAX_CHUNK: Final = 128
"""The most trades in one chunk."""


class PackedTrade(NamedTuple):
    """The four words of a trade."""

    purchase: int
    sale: int
    terms: int
    context: int = 0


NO_TRADE: Final = PackedTrade(0, 0, 0)
"""In the place of a trade where there is none."""


class Trade(NamedTuple):
    """A trade as Clearing commits to it (Trades.sol): energy in Wh, price in micro-points per kWh, duals in ppm.

    Dual prices of a divisible round are per Wh. `offered_wh` is the energy of the sell order, `wanted_wh` that of the
    buy order, and `reserved_upoints` the buyer's money that the trade holds. `sold_before_wh` is what the device sold
    of the slot in orders decided before, `bought_before_wh` what the buyer's meter bought. The fills before are what
    the two orders traded before this trade, in the order of the round. Without a meter, `bought_before_wh` and
    `wanted_wh` are 0.
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
    sold_before_wh: int = 0
    seller_filled_before_wh: int = 0
    buyer_filled_before_wh: int = 0
    bought_before_wh: int = 0
    wanted_wh: int = 0
    meter: int = 0

    def pack(self) -> PackedTrade:
        """The four words."""
        return PackedTrade(
            int(self.buyer, 16) << 96 | self.offered_wh << 32 | self.buyer_dual_ppm,
            int(self.seller, 16) << 96 | self.energy_wh << 32 | self.seller_dual_ppm,
            self.buy_id << 192
            | self.sell_id << 152
            | self.device << 120
            | self.price_upoints_per_kwh << 88
            | self.reserved_upoints,
            self.sold_before_wh << 208
            | self.seller_filled_before_wh << 160
            | self.bought_before_wh << 128
            | self.wanted_wh << 96
            | self.buyer_filled_before_wh << 32
            | self.meter,
        )

    @classmethod
    def unpack(cls, packed: Sequence[int]) -> Trade:
        """The fields of four words."""
        purchase, sale, terms, context = packed
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
            sold_before_wh=context >> 208,
            seller_filled_before_wh=context >> 160 & (1 << 48) - 1,
            buyer_filled_before_wh=context >> 32 & (1 << 64) - 1,
            bought_before_wh=context >> 128 & (1 << 32) - 1,
            wanted_wh=context >> 96 & (1 << 32) - 1,
            meter=context & (1 << 32) - 1,
        )


@dataclass(frozen=True, slots=True)
class SignedAgreement:
    """What one party agrees to; the rest of the buyer's reservation goes back to the buyer.

    Attributes
    ----------
    market : bytes
        The trade's market.
    trade : bytes
        The trade's id.
    to_seller_upoints : int
        What the seller gets, micro-points.
    signer : ChecksumAddress
        The party.
    signature : bytes
        The party's, 65 or 64 bytes.
    """

    market: bytes
    trade: bytes
    to_seller_upoints: int
    signer: ChecksumAddress
    signature: bytes
