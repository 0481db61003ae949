"""The ghost: a model of the whole market in a few dictionaries, told of every step and compared with the chain."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

from powerpact.chain.packing import Order, Trade
from powerpact.units import PPM, value_down_upoints
from tests.helpers.market import Community, Rules, TestMarket, Trader

Lot = tuple[int, int]
"""A device and the start of a slot."""


@dataclass(slots=True)
class Wallet:
    """Points of a trader, micro-points: outside the escrow, free in it, and held by it."""

    outside: int
    free: int
    held: int = 0


@dataclass(slots=True)
class GhostOrder:
    """An order in the book."""

    order: Order
    trader: Trader
    is_open: bool = True
    """Neither cancelled nor released."""
    is_traded: bool = False


@dataclass
class GhostMarket:
    """One market with its orders, its proposal and its trades."""

    market: TestMarket
    orders: dict[int, GhostOrder] = field(default_factory=dict)
    proven_rows: int | None = None
    """Rows that are proven of the pending proposal; None without a proposal."""
    buyer_duals_ppm: dict[str, int] = field(default_factory=dict)
    seller_duals_ppm: dict[str, int] = field(default_factory=dict)
    is_final: bool = False
    settled: set[tuple[int, int]] = field(default_factory=set)

    @property
    def rules(self) -> Rules:
        return self.market.rules

    def unsettled(self) -> list[tuple[int, int, Trade]]:
        """Chunk, index and trade of what is not settled in the final round."""
        if not self.is_final:
            return []
        return [trade for trade in self.market.trades() if trade[:2] not in self.settled]

    def locked_upoints(self) -> int:
        """Money locked in unsettled trades."""
        return sum(trade.reserved_upoints for _, _, trade in self.unsettled())

    def releasable(self, now: int) -> list[int]:
        """Orders whose reservation anyone may free now."""
        is_late = now > self.rules.final_by
        return [
            id_
            for id_, order in self.orders.items()
            if order.is_open and not order.is_traded and (self.is_final or is_late)
        ]


class Ghost:
    """What the chain should hold.

    Parameters
    ----------
    community : Community
        The people, in the state from which the run starts.
    outside_upoints, free_upoints : int
        Points of each trader outside the escrow and free in it.
    """

    def __init__(self, community: Community, outside_upoints: int, free_upoints: int) -> None:
        self.wallets = {trader.address: Wallet(outside_upoints, free_upoints) for trader in community.traders}
        self.records = {trader.address: (0, 0, 0) for trader in community.traders}
        self.markets: list[GhostMarket] = []
        self.selling: set[Lot] = set()
        self.exported_wh: dict[Lot, int] = {}
        self.issued: set[Lot] = set()
        self.certificates_wh: dict[Lot, dict[str, int]] = defaultdict(lambda: defaultdict(int))
        self.retired_wh: dict[Lot, dict[str, int]] = defaultdict(lambda: defaultdict(int))
        self.suspended_until: dict[str, int] = {}
        self.leaving: set[str] = set()
        self.used_nonces: dict[str, set[int]] = defaultdict(set)

    def may_trade(self, trader: Trader, now: int) -> bool:
        """Whether the trader is active at a time."""
        return trader.address not in self.leaving and self.suspended_until.get(trader.address, 0) <= now

    def next_nonce(self, trader: Trader) -> int:
        """The lowest nonce that is not used."""
        used = self.used_nonces[trader.address]
        return next(nonce for nonce in range(len(used) + 1) if nonce not in used)

    def posted(self, market: GhostMarket, id_: int, order: Order, trader: Trader) -> None:
        """An order is in the book."""
        market.orders[id_] = GhostOrder(order, trader)
        self.used_nonces[trader.address].add(order.nonce)
        if order.device:
            self.selling.add((order.device, market.rules.slot_start))
        self._hold(trader.address, order.reservation_upoints)

    def closed(self, market: GhostMarket, id_: int) -> None:
        """An order is cancelled or released."""
        entry = market.orders[id_]
        entry.is_open = False
        if entry.order.device:
            self.selling.discard((entry.order.device, market.rules.slot_start))
        self._hold(entry.trader.address, -entry.order.reservation_upoints)

    def finalized(self, market: GhostMarket) -> None:
        """The pending proposal is final."""
        market.is_final = True
        for _, _, trade in market.market.trades():
            market.orders[trade.buy_id].is_traded = True
            market.orders[trade.sell_id].is_traded = True

    def settled(self, market: GhostMarket, position: tuple[int, int], to_seller_upoints: int) -> Trade:
        """A trade has ended."""
        chunk, index = position
        trade = market.market.chunks[chunk][index]
        market.settled.add(position)
        buyer = self.wallets[trade.buyer]
        buyer.held -= trade.reserved_upoints
        buyer.free += trade.reserved_upoints - to_seller_upoints
        self.wallets[trade.seller].free += to_seller_upoints
        return trade

    def delivered(self, market: GhostMarket, position: tuple[int, int]) -> None:
        """A trade is settled by its reading."""
        chunk, index = position
        trade = market.market.chunks[chunk][index]
        lot = trade.device, market.rules.slot_start
        delivered_wh = min(trade.energy_wh, self.exported_wh[lot])
        self.settled(market, position, payment_upoints(trade, delivered_wh, market.rules))
        self.recorded(trade, delivered_wh)
        if lot not in self.issued:
            owner = trade.seller
            self.issued.add(lot)
            self.certificates_wh[lot][trade.buyer] += delivered_wh
            self.certificates_wh[lot][owner] += self.exported_wh[lot] - delivered_wh

    def recorded(self, trade: Trade, delivered_wh: int) -> None:
        """A trade counts for the seller's reliability."""
        promised, delivered, trades = self.records[trade.seller]
        self.records[trade.seller] = promised + trade.energy_wh, delivered + delivered_wh, trades + 1

    def _hold(self, address: str, upoints: int) -> None:
        self.wallets[address].free -= upoints
        self.wallets[address].held += upoints


def payment_upoints(trade: Trade, delivered_wh: int, rules: Rules) -> int:
    """What a delivery pays: its value less the penalty on the shortfall beyond the tolerance."""
    worth = value_down_upoints(delivered_wh, trade.price_upoints_per_kwh)
    penalised_wh = trade.energy_wh - delivered_wh - trade.energy_wh * rules.tolerance_ppm // PPM
    if penalised_wh <= 0:
        return worth
    penalty = value_down_upoints(penalised_wh, trade.price_upoints_per_kwh) * rules.penalty_ppm // PPM
    return max(0, worth - penalty)
