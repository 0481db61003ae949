"""What must hold of a statement: every figure that can be recomputed is, and compared with the chain."""

from __future__ import annotations

from collections.abc import Sequence

from eth_typing import ChecksumAddress

from powerpact.chain.client import Chain
from powerpact.chain.contracts import certificates, points
from powerpact.index.ledger import Entry, EntryKind
from powerpact.index.outcomes import EndedTrade, TradeOutcome
from powerpact.index.records import RoundRecord
from powerpact.market.orders import Side
from powerpact.market.payment import payment_upoints, share_wh
from powerpact.market.trades import Trade
from powerpact.statements.errors import StatementDisagrees
from powerpact.statements.readings import Place, Readings

CERTIFICATE_SIGNS = {
    EntryKind.CERTIFIED: 1,
    EntryKind.CERTIFICATES_RECEIVED: 1,
    EntryKind.CERTIFICATES_GIVEN: -1,
    EntryKind.RETIRED: -1,
}
"""Whether certificates come or go, by the kinds of entries that are about them."""


def check_trade(record: RoundRecord, ended: EndedTrade, readings: Readings) -> None:
    """Recompute what a trade that the meters ended delivered and paid (Deliveries.sol, Payout.sol).

    Raises
    ------
    StatementDisagrees
        If the chain says otherwise.
    """
    if ended.outcome is not TradeOutcome.PAID:
        return
    event, rules = record.ends[ended.id][0], record.market.rules
    place = event.block, event.position
    delivered_wh = _share(record, ended.trade, Side.SELL, readings, place)[0]
    used_wh = delivered_wh
    if rules.is_metered:
        imported_wh, is_whole = _share(record, ended.trade, Side.BUY, readings, place)
        used_wh = min(delivered_wh, imported_wh) if is_whole else delivered_wh
    expected = delivered_wh, *payment_upoints(ended.trade, delivered_wh, used_wh, rules)
    told = ended.delivered_wh, ended.paid_upoints, ended.penalty_upoints
    if told != expected:
        raise StatementDisagrees(
            "a trade pays what its readings and the market's rules say",
            f"trade 0x{ended.id.hex()[:8]} delivered, paid and lost {told} by the chain (Wh, micro-points), "
            f"{expected} by its readings",
        )


def _share(record: RoundRecord, trade: Trade, side: Side, readings: Readings, before: Place) -> tuple[int, bool]:
    """A trade's share of what a meter measured, and whether every interval was there when it was settled."""
    is_sale = side is Side.SELL
    device, order = (trade.device, trade.sell_id) if is_sale else (trade.meter, trade.buy_id)
    taken_wh = trade.sold_before_wh if is_sale else trade.bought_before_wh
    filled_wh = trade.seller_filled_before_wh if is_sale else trade.buyer_filled_before_wh
    energy_wh, is_whole = readings.counted_wh(device, record.market.rules.slot, side, before)
    total_wh, sharing = record.traded_wh[order], record.market.rules.sharing
    return share_wh(trade.energy_wh, filled_wh, total_wh, energy_wh - taken_wh, sharing), is_whole


def check_holdings(chain: Chain, accounts: Sequence[ChecksumAddress], history: Sequence[Entry]) -> None:
    """Compare what accounts have with what everything that ever happened to them adds up to.

    Raises
    ------
    StatementDisagrees
        If points or certificates differ.
    """
    outside = sum(points.balance_of(chain, account) for account in accounts)
    inside = sum(wallet.free_upoints + wallet.held_upoints for wallet in points.wallets_of(chain, accounts))
    booked = sum(entry.change_upoints for entry in history)
    if outside + inside != booked:
        raise StatementDisagrees(
            "points in custody and outside are the sum of all changes",
            f"{inside} and {outside} micro-points, of {booked}",
        )
    held = [place for place in certificates.holdings(chain) if place[0] in accounts]
    held_wh = sum(certificates.balances_of(chain, held))
    booked_wh = sum(CERTIFICATE_SIGNS.get(entry.kind, 0) * entry.energy_wh for entry in history)
    if held_wh != booked_wh:
        raise StatementDisagrees(
            "certificates held are those issued and received, less those given and retired",
            f"{held_wh} Wh held, {booked_wh} Wh by their history",
        )
