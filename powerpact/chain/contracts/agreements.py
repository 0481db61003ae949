"""Agreements: two of buyer, seller and arbiter sign what the seller of a trade gets, and anybody relays that."""

from __future__ import annotations

from eth_account.signers.local import LocalAccount

from powerpact.chain.client import Chain
from powerpact.chain.contracts.markets import market
from powerpact.chain.contracts.settlement import FinalTrade, final_trades
from powerpact.chain.errors import NotOnChain
from powerpact.chain.transactions import Call
from powerpact.codec.eip712 import expand, is_by, sign
from powerpact.errors import BadChoice
from powerpact.market.orders import id_text
from powerpact.market.trades import SignedAgreement
from powerpact.units import value_down_upoints


def find_trade(chain: Chain, market_id: bytes, text: str) -> FinalTrade:
    """The trade of a market's final round with this id, or with this order.

    Parameters
    ----------
    text : str
        The trade's id, its first hexadecimal digits, or the id of either of its orders, such as ``3:17``.

    Raises
    ------
    NotOnChain
        If there is none, or the digits fit several.
    """
    digits = text.lower().removeprefix("0x")
    found = [
        final
        for final in final_trades(chain, market_id)
        if text in (id_text(final.trade.buy_id), id_text(final.trade.sell_id))
        or (digits and final.id.hex().startswith(digits))
    ]
    if len(found) != 1:
        raise NotOnChain(f"single trade {text!r} in this market's final round", remedy="See `powerpact round status`.")
    return found[0]


def sign_agreement(
    chain: Chain, account: LocalAccount, market_id: bytes, trade: FinalTrade, to_seller_upoints: int
) -> SignedAgreement:
    """Sign as a party of the trade.

    Raises
    ------
    BadChoice
        If the account is no party, or the sum is above the trade's value.
    """
    parties = (trade.trade.buyer, trade.trade.seller, market(chain, market_id).rules.arbiter)
    if account.address not in parties:
        raise BadChoice(
            "account",
            account.address,
            "is neither buyer nor seller nor arbiter of the trade",
            remedy=f"Sign as two of {', '.join(parties)}.",
        )
    most = value_down_upoints(trade.trade.energy_wh, trade.trade.price_upoints_per_kwh)
    if to_seller_upoints > most:
        raise BadChoice("sum", to_seller_upoints, "is above the trade's value", remedy=f"Agree on at most {most}.")
    message = {"tradeId": trade.id, "toSeller": to_seller_upoints}
    signature = sign(account, chain.domain("Settlement"), "Agreement", message)
    return SignedAgreement(market_id, trade.id, to_seller_upoints, account.address, signature)


def settle_agreed(chain: Chain, one: SignedAgreement, other: SignedAgreement) -> Call:
    """Pay a trade as two parties signed.

    Raises
    ------
    BadChoice
        If they did not sign the same.
    NotOnChain
        If there is no such trade.
    """
    terms = (one.market, one.trade, one.to_seller_upoints)
    if terms != (other.market, other.trade, other.to_seller_upoints):
        raise BadChoice(
            "agreement of", other.signer, "is not for the same trade and sum", remedy=f"Sign as {one.signer} did."
        )
    trade = find_trade(chain, one.market, one.trade.hex())
    signers, signatures = (one.signer, other.signer), (_usual(chain, one), _usual(chain, other))
    return chain.call(
        "settle", "Settlement", "settleAgreed", one.market, trade.proof, one.to_seller_upoints, signers, signatures
    )


def _usual(chain: Chain, agreement: SignedAgreement) -> bytes:
    """A key's signature in the form that the contract takes; that of a contract account as it is."""
    message = {"tradeId": agreement.trade, "toSeller": agreement.to_seller_upoints}
    is_of_key = is_by(agreement.signer, chain.domain("Settlement"), "Agreement", message, agreement.signature)
    return expand(agreement.signature) if is_of_key else agreement.signature
