"""Orders that a delegate posts under a mandate."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from powerpact.cli.output import read_input
from powerpact.cli.posting import posted_before, tell_posted
from powerpact.cli.session import market_of, open_chain, parse_time, tell, unlock
from powerpact.errors import BadChoice
from powerpact.market.schema import Side
from powerpact.market.wording import parse_price

if TYPE_CHECKING:
    from powerpact.chain.client import Chain
    from powerpact.chain.transactions import Sender
    from powerpact.market.mandates import Mandate, SignedMandate
    from powerpact.market.orders import Order
    from powerpact.market.rules import Rules


def read_mandate(chain: Chain, file: str) -> SignedMandate:
    """The mandate in a file, of this deployment."""
    from powerpact.codec.mandatefile import parse_mandate

    return parse_mandate(file, read_input(file), domain=chain.domain("Mandates"))


@dataclass(frozen=True, slots=True)
class Delegated:
    """What a delegate says of an order; the rest is the mandate's.

    Attributes
    ----------
    market, account : str
        The market, and the delegate's account.
    side : Side
        Of the order.
    energy_wh : int
        Its energy.
    bid, ask, minimum : str, optional
        Its prices. Left out, a bid is the mandate's highest, a minimum its lowest, and an ask the
        minimum.
    meter : int
        The buyer's meter, where the import counts; 0: the mandate's.
    expiry : str, optional
        When it expires; by default when the gate closes.
    """

    market: str
    account: str
    side: Side
    energy_wh: int
    bid: str | None = None
    ask: str | None = None
    minimum: str | None = None
    meter: int = 0
    expiry: str | None = None

    def order(self, mandate: Mandate, number: int, rules: Rules) -> Order:
        """The order, under a mandate with this number, in a market with these rules."""
        expires = parse_time(self.expiry) if self.expiry else rules.closes_at
        if self.side is Side.BUY:
            bid = mandate.highest_bid_upoints_per_kwh if self.bid is None else parse_price(self.bid, "bid")
            meter = self.meter or (mandate.device if rules.is_metered else 0)
            return mandate.buy_order(number, self.energy_wh, expires, bid, meter)
        lowest = mandate.lowest_min_upoints_per_kwh
        least = lowest if self.minimum is None else parse_price(self.minimum, "min", least=0)
        ask = max(least, 1) if self.ask is None else parse_price(self.ask, "ask")
        return mandate.sell_order(number, self.energy_wh, expires, ask, least)


def place_under(file: str, under: Delegated, deployment: Path, *, as_json: bool) -> None:
    """Sign an order as the delegate of a mandate and post it; the mandate is registered first if it is not yet."""
    from powerpact.chain.contracts import mandates
    from powerpact.chain.contracts.markets import market as find

    chain, key = open_chain(deployment), unlock(under.account)
    id_, sender = market_of(chain, under.market), chain.sender(key)
    signed = read_mandate(chain, file)
    if signed.mandate.delegate != key.address:
        remedy = f"That is {signed.mandate.delegate}."
        raise BadChoice("account", under.account, "is not the mandate's delegate", remedy=remedy)
    rules = find(chain, id_).rules
    with sender.turn():
        number = _registered(chain, sender, signed)
        order = under.order(signed.mandate, number, rules)
        mined = earlier = posted_before(chain, sender, id_, order)
        if mined is None:
            turn = mandates.next_turn(chain, number, id_, order.side)
            mandated = mandates.sign_mandated(chain, key, signed.mandate, id_, order, turn)
            mined = sender.send(mandates.place_mandated(chain, id_, [mandated]))
    tell_posted(chain, id_, order, mined, was_posted=earlier is not None, as_json=as_json)


def _registered(chain: Chain, sender: Sender, signed: SignedMandate) -> int:
    """The number of a mandate, which is registered now if it is not yet."""
    from powerpact.chain.contracts import mandates

    state = mandates.state_of(chain, signed.mandate)
    if state.is_revoked:
        raise BadChoice("mandate", state.number or "new", "is revoked", remedy="Have its trader sign another one.")
    if state.number:
        return state.number
    sender.send(mandates.register(chain, signed))
    number = mandates.state_of(chain, signed.mandate).number
    tell(f"registered the mandate, number {number}")
    return number
