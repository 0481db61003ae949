"""Orders that are posted once, and told once they are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from powerpact.cli.session import done
from powerpact.market.wording import money

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
    raise EqualOrderOpen(id_text(equal), is_mandated=order.is_mandated)


def tell_posted(chain: Chain, market: bytes, order: Order, mined: Mined, *, was_posted: bool, as_json: bool) -> None:
    """Say that an order is posted: now, or by an earlier command."""
    from powerpact.chain.contracts.orders import batch_of
    from powerpact.market.orders import id_text, order_id

    id_ = id_text(order_id(batch_of(chain, mined), 0))
    what = f"order {id_} was posted by the command that was stopped; it is not posted again"
    data = {"market": f"0x{market.hex()}", "order": id_, "reserved_upoints": order.reservation_upoints}
    held = f", {money(order.reservation_upoints)} reserved" if order.reservation_upoints else ""
    done((what if was_posted else f"posted order {id_}") + held, [mined], data, as_json=as_json, result=id_)
