"""Mandates: given by traders, registered by anybody, and the orders that delegates sign inside them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from eth_account.signers.local import LocalAccount
from eth_typing import ChecksumAddress

from powerpact.chain.client import Chain
from powerpact.chain.transactions import Call
from powerpact.codec.eip712 import compact, is_by, sign, struct_hash
from powerpact.market.mandates import Mandate, SignedMandate, mandated_message
from powerpact.market.orders import Order, Side


@dataclass(frozen=True, slots=True)
class MandateState:
    """What the chain knows of a mandate.

    Attributes
    ----------
    number : int
        What its orders carry in place of a nonce; 0: it is not registered.
    used_wh : int
        Energy of its orders that are open or have traded.
    is_revoked : bool
        Whether its trader revoked it.
    """

    number: int
    used_wh: int
    is_revoked: bool


@dataclass(frozen=True, slots=True)
class MandatedOrder:
    """An order that a delegate signed, with its mandate.

    Attributes
    ----------
    order : Order
        With the number of the mandate in place of a nonce.
    mandate : Mandate
        The mandate.
    signature : bytes
        The delegate's, 65 bytes.
    """

    order: Order
    mandate: Mandate
    signature: bytes


def design_of(chain: Chain, market: bytes) -> bytes:
    """The design of a market: the hash of its rules without their times."""
    return bytes(chain.read_all([("Markets", "designOf", [market])])[0])


def sign_mandate(chain: Chain, account: LocalAccount, mandate: Mandate) -> SignedMandate:
    """Sign a mandate as its trader."""
    return SignedMandate(mandate, sign(account, chain.domain("Mandates"), *mandate.message()))


def is_signed_by_key(chain: Chain, signed: SignedMandate) -> bool:
    """Whether the key of the trader signed a mandate; if not, its contract may take the signature."""
    return is_by(signed.mandate.trader, chain.domain("Mandates"), *signed.mandate.message(), signed.signature)


def register(chain: Chain, signed: SignedMandate) -> Call:
    """Register a mandate; anyone may."""
    return chain.call("register mandate", "Mandates", "register", signed.mandate.pack(), signed.signature)


def revoke(chain: Chain, mandate: Mandate) -> Call:
    """Revoke a mandate of the sender, registered or not, for good."""
    return chain.call("revoke mandate", "Mandates", "revoke", mandate.pack())


def state_of(chain: Chain, mandate: Mandate) -> MandateState:
    """What the chain knows of a mandate."""
    return states_of(chain, [mandate])[0]


def states_of(chain: Chain, mandates: Sequence[Mandate]) -> list[MandateState]:
    """What the chain knows of mandates, each in its place."""
    reads = [("Mandates", "stateOf", [struct_hash(*mandate.message())]) for mandate in mandates]
    return [MandateState(number, used_wh, revoked) for number, used_wh, revoked, _ in chain.read_all(reads)]


def next_turn(chain: Chain, number: int, market: bytes, side: Side) -> int:
    """How many orders of a mandate, market and side there were: the turn of the next one."""
    return int(chain.read_all([("Mandates", "turnOf", [number, market, side])])[0][0])


def sign_mandated(
    chain: Chain, delegate: LocalAccount, mandate: Mandate, market: bytes, order: Order, turn: int
) -> MandatedOrder:
    """Sign an order as the delegate of a mandate, for the next turn."""
    signature = sign(delegate, chain.domain("Mandates"), *mandated_message(market, order, turn))
    return MandatedOrder(order, mandate, signature)


def place_mandated(chain: Chain, market: bytes, orders: Sequence[MandatedOrder]) -> Call:
    """Post a batch of orders that delegates signed, all or nothing."""
    packed = [mandated.order.pack() for mandated in orders]
    mandates = [mandated.mandate.pack() for mandated in orders]
    signatures = [compact(mandated.signature) for mandated in orders]
    call = ("OrderBook", "placeMandated", market, packed, mandates, signatures)
    return chain.call("post orders", *call, items=len(orders))


def mandates_of(chain: Chain, trader: ChecksumAddress) -> dict[int, Mandate]:
    """The registered mandates of a trader by their numbers, the oldest first."""
    events = chain.events("Mandates", "MandateRegistered", trader=trader)
    return {event.arguments["number"]: Mandate.unpack(event.arguments["terms"]) for event in events}
