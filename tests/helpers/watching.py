"""What an honest watcher finds in the latest proposal of a test's market."""

from __future__ import annotations

from powerpact.verifier.cover import uncovered_pair
from tests.helpers.market import TestMarket


def refuting_pair(market: TestMarket) -> tuple[int, int] | None:
    """A pair with u + v < w by the independent verifier: ids of the buy and the sell order; None if there is none."""
    trades = [trade for _, _, trade in market.trades()]
    pair = uncovered_pair(
        market.round(),
        {str(trade.buy_id): trade.buyer_dual_ppm for trade in trades},
        {str(trade.sell_id): trade.seller_dual_ppm for trade in trades},
    )
    return None if pair is None else (int(pair[0].id), int(pair[1].id))
