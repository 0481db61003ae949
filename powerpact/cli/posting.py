"""Whether an order was posted before."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from powerpact.chain.client import Chain
    from powerpact.chain.transactions import Mined, Sender
    from powerpact.market.orders import Order


def posted_before(chain: Chain, sender: Sender, market: bytes, order: Order) -> Mined | None:
    """The transaction of an earlier command, stopped before it said so, that posted an equal order; None for none.

    Raises
    ------
    EqualOrderOpen
        If an equal order is open that a command told of.
    """
    from powerpact.chain.contracts import orders, rounds
    from powerpact.chain.errors import EqualOrderOpen
    from powerpact.market.orders import id_text

    equal = orders.equal_open(rounds.read_round(chain, market), order)
    if equal is None:
        return None
    for _, mined in sender.left:
        posted = [event.arguments for event in chain.decode(mined) if event.name == "OrdersPlaced"]
        if any(event["market"] == market and event["batch"] == equal >> 8 for event in posted):
            return mined
    raise EqualOrderOpen(id_text(equal))
