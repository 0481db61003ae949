"""A round as an agent sees it before it settles: everything as of one block."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass

from powerpact.chain.client import Chain
from powerpact.chain.contracts import complete, rounds, settlement
from powerpact.chain.contracts.orders import UNPROVEN, TradeProof
from powerpact.chain.contracts.posted import PostedRound
from powerpact.chain.contracts.settlement import FinalTrade
from powerpact.market.orders import Order, Placed, Side
from powerpact.market.rules import Mode
from powerpact.market.trades import Trade


@dataclass(frozen=True, slots=True)
class Sight:
    """A round as an agent saw it at one block.

    Attributes
    ----------
    now : int
        Time of that block, Unix seconds.
    final_by : int
        The last moment for proposals, extensions included, Unix seconds.
    posted : PostedRound
        The orders.
    final, unsettled : list of FinalTrade
        The trades of the final round, and those that have not ended.
    is_final, is_active : bool
        Whether a proposal is final; whether one is active.
    """

    now: int
    final_by: int
    posted: PostedRound
    final: list[FinalTrade]
    unsettled: list[FinalTrade]
    is_final: bool
    is_active: bool

    @property
    def chunks(self) -> dict[int, list[Trade]]:
        """The trades of each chunk."""
        found: defaultdict[int, list[Trade]] = defaultdict(list)
        for trade in self.final:
            found[trade.chunk].append(trade.trade)
        return found

    def idle(self) -> list[tuple[Placed, TradeProof]]:
        """Open orders of which something can be released, each with its trade where that has to be shown.

        The round is final without them, or its time is over.
        """
        if not self.is_final and (self.now <= self.final_by or self.is_active):
            return []
        bound_wh: Counter[int] = Counter()
        shown: dict[int, TradeProof] = {}
        for final in self.final:
            for id_ in (final.trade.buy_id, final.trade.sell_id):
                bound_wh[id_] += final.trade.energy_wh
                if self.posted.market.rules.mode is Mode.ONE_TO_ONE:
                    shown[id_] = final.proof
        return [
            (self.posted.placed(id_), shown.get(id_, UNPROVEN))
            for id_, order in self.posted.open_orders()
            if not bound_wh[id_] or (_keeps_a_rest(order) and bound_wh[id_] < order.energy_wh)
        ]


def _keeps_a_rest(order: Order) -> bool:
    """Whether what did not trade of an order is held somewhere: as money, or as energy of a mandate."""
    return order.side is Side.BUY or order.is_mandated


def look(chain: Chain, market_id: bytes) -> Sight:
    """See a round and its trades, all of them, as of one block. Inside of `complete.whole`.

    Raises
    ------
    NotOnChain
        If there is no such market.
    LogsIncomplete
        If the node's logs lack orders, trades or readings, or the result of the round.
    """
    with chain.reading(state_too=True):
        posted = rounds.read_round(chain, market_id)
        final_id, since = rounds.final_of(chain, market_id), posted.market.block
        found = [*complete.orders_of(posted), complete.result_of(market_id, final_id, since)]
        if final_id:
            found.append(complete.hash_of(final_id, rounds.chunks_of(chain, final_id), since))
        complete.require(chain, [*found, complete.readings(chain)])
        final = settlement.final_trades(chain, market_id)
        ended = settlement.ended(chain, {trade.position: trade.id for trade in final})
        unsettled = [trade for trade in final if trade.position not in ended]
        is_active = not final_id and rounds.active_of(chain, market_id) != 0
        # Once a round is final, nothing depends on the last moment for proposals.
        final_by = posted.market.rules.final_by if final_id else rounds.final_by(chain, market_id)
        return Sight(chain.now(), final_by, posted, final, unsettled, final_id != 0, is_active)
