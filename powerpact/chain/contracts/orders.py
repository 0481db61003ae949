"""Orders: signed by their traders, relayed in batches by anybody, cancelled and released."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Final

from eth_account.signers.local import LocalAccount
from eth_typing import ChecksumAddress

from powerpact.chain.client import Chain
from powerpact.chain.contracts.posted import PostedRound
from powerpact.chain.transactions import Call, Mined
from powerpact.codec.eip712 import Domain, is_by, sign, signature_words
from powerpact.errors import BadChoice
from powerpact.market.orders import (
    MOST_PAGES,
    NONCES_PER_PAGE,
    TRADER_SHIFT,
    Order,
    Placed,
    Side,
    SignedOrder,
    next_nonce,
)
from powerpact.market.trades import NO_TRADE, PackedTrade

TradeProof = tuple[PackedTrade, tuple[int, int], list[bytes]]
"""A trade of a final round with its proof: trade, (chunk, index), siblings."""

UNPROVEN: Final[TradeProof] = (NO_TRADE, (0, 0), [])
"""In the place of the trade of an order that has none, or several."""


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
    words, of_contracts = order_signatures(chain.domain("OrderBook"), market, orders)
    return chain.call("post orders", "OrderBook", "placeSigned", market, packed, words, of_contracts, items=len(orders))


def order_signatures(
    domain: Domain, market: bytes, orders: Sequence[SignedOrder]
) -> tuple[list[tuple[bytes, bytes]], list[bytes]]:
    """The signatures of orders as `placeSigned` takes them."""
    return signature_words([(signed.signature, _is_of_key(domain, market, signed)) for signed in orders])


def _is_of_key(domain: Domain, market: bytes, signed: SignedOrder) -> bool:
    """Whether the signature is by the key whose account the trader is."""
    return is_by(signed.order.trader, domain, *signed.order.message(market), signed.signature)


def batch_of(chain: Chain, mined: Mined) -> int:
    """The number of the batch that a mined posting made."""
    return int(chain.event(mined, "OrdersPlaced").arguments["batch"])


def cancel(chain: Chain, market: bytes, placed: Placed) -> Call:
    """Cancel the sender's own order before the gate closes."""
    return chain.call("cancel order", "OrderBook", "cancel", market, placed)


def release(chain: Chain, market: bytes, idle: Sequence[tuple[Placed, TradeProof]]) -> Call:
    """Release the untraded part of orders, each with its trade if it has one in a one-to-one round, else `UNPROVEN`."""
    placed, traded = [order for order, _ in idle], [proof for _, proof in idle]
    return chain.call("release orders", "Releases", "release", market, placed, traded, items=len(idle))


def cancel_nonces(chain: Chain, side: Side, page: int, mask: int) -> Call:
    """Use up nonces of the sender's orders of one side: those of `page` in `mask`, and all of the pages before."""
    return chain.call("cancel nonces", "OrderBook", "cancelNonces", side, page, mask)


def nonces_of(chain: Chain, trader: ChecksumAddress, side: Side) -> int:
    """The trader's nonces of one side as the chain keeps them (Nonces.sol): page, then 32 bits of used ones."""
    of_buys, of_sells = ("Accounts", "walletOf", [trader]), ("Accounts", "trackRecordOf", [trader])
    return int(chain.read_all([of_buys if side is Side.BUY else of_sells])[0][-1])


def unused_nonce(chain: Chain, trader: ChecksumAddress, side: Side, first: int = 0) -> int:
    """A nonce for the trader's next order of this side, see `powerpact.market.orders.next_nonce`."""
    return next_nonce(nonces_of(chain, trader, side), first)


def check_nonce(chain: Chain, trader: ChecksumAddress, side: Side, nonce: int) -> None:
    """Make sure that a trader's order can have a nonce: one that is not used, nor of a closed page or one far ahead.

    Raises
    ------
    BadChoice
        If it cannot, with the next nonce that can.
    """
    word = nonces_of(chain, trader, side)
    page, used = word >> NONCES_PER_PAGE, word & (1 << NONCES_PER_PAGE) - 1
    its_page, bit = divmod(nonce, NONCES_PER_PAGE)
    if its_page < page:
        raise _no_nonce(nonce, f"is of page {its_page}, which is closed: page {page} is in use", word)
    if its_page == page and used >> bit & 1:
        raise _no_nonce(nonce, "is used already", word)
    _require_near(word, its_page)


def check_page(chain: Chain, trader: ChecksumAddress, side: Side, page: int) -> None:
    """Make sure that a page of nonces is not so far ahead that using it would close too much of what is left.

    Raises
    ------
    BadChoice
        If it is, with the next nonce.
    """
    _require_near(nonces_of(chain, trader, side), page)


def _require_near(word: int, page: int) -> None:
    """`check_page`, for a trader whose nonces are known."""
    in_use = word >> NONCES_PER_PAGE
    if page > in_use + MOST_PAGES:
        problem = f"is of page {page}, more than {MOST_PAGES} pages of {NONCES_PER_PAGE} ahead of page {in_use}"
        raise _no_nonce(page * NONCES_PER_PAGE, problem, word)


def _no_nonce(nonce: int, problem: str, word: int) -> BadChoice:
    remedy = f"Use {next_nonce(word)}, the next one, or leave it out: nonces are counted, not drawn at random."
    return BadChoice("nonce", nonce, problem, remedy=remedy)


def equal_open(posted: PostedRound, order: Order) -> int | None:
    """The id of an open order of the same trader with the same terms, whatever its nonce and expiry; None for none.

    Parameters
    ----------
    posted : PostedRound
        The orders of the market.
    order : Order
        As its trader states it.
    """
    return next((id_ for id_, other in posted.open_orders() if _terms_of(other) == _terms_of(order)), None)


def _terms_of(order: Order) -> tuple[object, ...]:
    """What a trader states in an order, without what the contract adds to it."""
    stated: tuple[object, ...] = (order.side, order.trader, order.energy_wh, order.price_upoints_per_kwh)
    stated += (order.device, order.min_fill_ppm, order.is_mandated)
    if order.side is Side.SELL:
        return (*stated, order.min_upoints_per_kwh)
    return (*stated, order.classes, order.levels, order.limits, order.weights_ppm)


def markets_of(chain: Chain, accounts: Collection[str]) -> set[bytes]:
    """Ids of the markets in which any of the accounts has placed an order."""
    traders = {int(account, 16) for account in accounts}
    return {
        event.arguments["market"]
        for event in chain.events("OrderBook", "OrdersPlaced")
        if any(words[0] >> TRADER_SHIFT in traders for words in event.arguments["orders"])
    }
