"""Orders: signed by their traders, carried in batches by anybody, cancelled and released."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from eth_account.signers.local import LocalAccount
from eth_typing import ChecksumAddress

from powerpact.chain.client import Chain
from powerpact.chain.packing import Order, PackedOrder
from powerpact.chain.transactions import Call, Mined
from powerpact.eip712 import sign

Placed = tuple[int, PackedOrder, list[bytes]]
"""An order that stands in a batch, with its proof: id, words, siblings."""


@dataclass(frozen=True, slots=True)
class SignedOrder:
    """An order that anybody may carry to the chain.

    Attributes
    ----------
    order : Order
        What was signed.
    signature : bytes
        The trader's, 65 or 64 bytes.
    """

    order: Order
    signature: bytes


def sign_order(chain: Chain, account: LocalAccount, market: bytes, order: Order) -> SignedOrder:
    """Sign an order for a market."""
    primary_type, message = order.message(market)
    return SignedOrder(order, sign(account, chain.domain("OrderBook"), primary_type, message))


def place(chain: Chain, market: bytes, order: Order) -> Call:
    """Post the sender's own order."""
    return chain.call("post orders", "OrderBook", "place", market, order.pack())


def place_signed(chain: Chain, market: bytes, orders: Sequence[SignedOrder]) -> Call:
    """Post a batch of signed orders, all or nothing."""
    packed = [signed.order.pack() for signed in orders]
    signatures = [signed.signature for signed in orders]
    return chain.call("post orders", "OrderBook", "placeSigned", market, packed, signatures, items=len(orders))


def batch_of(chain: Chain, mined: Mined) -> int:
    """The number of the batch that a mined posting made."""
    return int(chain.event(mined, "OrdersPlaced").arguments["batch"])


def cancel(chain: Chain, market: bytes, placed: Placed) -> Call:
    """Cancel the sender's own order before the gate closes."""
    return chain.call("cancel order", "OrderBook", "cancel", market, placed)


def release(chain: Chain, market: bytes, placed: Sequence[Placed]) -> Call:
    """Free orders that did not trade."""
    return chain.call("release orders", "OrderBook", "release", market, placed, items=len(placed))


def unused_nonce(chain: Chain, trader: ChecksumAddress) -> int:
    """A nonce that the trader has neither used nor cancelled: the lowest, if they were used from 0 upwards.

    O(log n) questions to the node.
    """

    def is_used(nonce: int) -> bool:
        return bool(chain.read("OrderBook", "isNonceUsed", trader, nonce))

    used, unused = -1, 0
    while is_used(unused):
        used, unused = unused, 2 * unused + 1
    while unused - used > 1:
        middle = (used + unused) // 2
        if is_used(middle):
            used = middle
        else:
            unused = middle
    return unused
