"""What agents claim: the best matching, and whatever a false agent may want to pass off as it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from powerpact.market.rules import Mode
from powerpact.mechanisms.satisfaction.round import Round, Solution, Trade
from powerpact.mechanisms.satisfaction.spec import match, pair_score_ppm
from testkit.market import Claims, TestMarket
from testkit.stateful.ghostmarket import GhostMarket

HONEST = "the best"
HIDING = "hiding an order", "hiding a trader"
DROPPING = "dropping a trade"
SHIFTED = "with false dual prices"
GAP = "with a gap"
KINDS = (HONEST, *HIDING, DROPPING, SHIFTED, GAP)
"""Ways to claim something, honest or not."""


def claim(market: GhostMarket, kind: str, which: int) -> Solution:
    """What an agent of a kind says about a round; `which` chooses the order, trader or trade that it tampers with."""
    round_ = market.market.round()
    hidden: list[int] = []
    if kind in HIDING and market.orders:
        victim = list(market.orders)[which % len(market.orders)]
        trader = market.orders[victim].trader
        everything = kind == "hiding a trader"
        hidden = [id_ for id_, e in market.orders.items() if id_ == victim or (everything and e.trader is trader)]
    best = match(market.market.round(hidden))
    trades = list(best.trades)
    if kind == DROPPING and trades:
        del trades[which % len(trades)]
    buyer_duals = {trade.buyer: best.buyer_duals_ppm.get(trade.buyer, 0) for trade in trades}
    seller_duals = {trade.seller: best.seller_duals_ppm.get(trade.seller, 0) for trade in trades}
    if kind == SHIFTED:
        _shift(trades, buyer_duals, seller_duals, which)
    if kind == GAP and trades:
        buyer_duals[trades[which % len(trades)].buyer] += 1 + which % 3 * 1_000
    return solution(round_, trades, buyer_duals, seller_duals)


def solution(
    round_: Round, trades: Iterable[Trade], buyer_duals_ppm: dict[str, int], seller_duals_ppm: dict[str, int]
) -> Solution:
    """Trades and dual prices with the objective that follows from the orders' own terms."""
    trades = tuple(trades)
    buyers = {buyer.id: buyer for buyer in round_.buyers}
    sellers = {seller.id: seller for seller in round_.sellers}
    scores = [pair_score_ppm(round_, buyers[trade.buyer], sellers[trade.seller]) or 0 for trade in trades]
    units = [trade.energy_wh or 0 if round_.mode is Mode.DIVISIBLE else 1 for trade in trades]
    objective = sum(w * x for w, x in zip(scores, units, strict=True))
    return Solution(objective, trades, buyer_duals_ppm, seller_duals_ppm)


def chunks_of(market: TestMarket, claimed: Solution, pieces: int) -> list[Claims]:
    """The claims of a solution in at most so many chunks; an order that trades in a later one, too, is continued."""
    trades = sorted(claimed.trades, key=lambda trade: (int(trade.seller), int(trade.buyer)))
    size = -(-len(trades) // pieces) or 1
    parts = [tuple(trades[first : first + size]) for first in range(0, len(trades), size)]
    chunks = []
    for k, part in enumerate(parts):
        later = {int(id_) for after in parts[k + 1 :] for trade in after for id_ in (trade.buyer, trade.seller)}
        orders, links = market.claims(replace(claimed, trades=part))
        chunks.append(Claims([(placed, dual, placed[0] in later) for placed, dual, _ in orders], links))
    return chunks


def _shift(trades: list[Trade], buyer_duals: dict[str, int], seller_duals: dict[str, int], which: int) -> None:
    """Put the whole price of every trade on one side: trades stay covered, pairs with other orders hardly do."""
    side, duals, others = ("seller", seller_duals, buyer_duals) if which % 2 else ("buyer", buyer_duals, seller_duals)
    others.update(dict.fromkeys(others, 0))
    for trade in trades:
        id_ = getattr(trade, side)
        duals[id_] = max(duals[id_], trade.score_ppm)
