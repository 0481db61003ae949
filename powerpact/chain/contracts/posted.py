"""The orders of a market as the chain has them, and how a proposal names them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple

from powerpact.chain.contracts.markets import Market
from powerpact.chain.errors import NotOnChain
from powerpact.codec.merkle import MerkleTree
from powerpact.codec.packing import order_tree
from powerpact.market.orders import Order, PackedOrder, Placed, id_text, order_id, parse_id
from powerpact.market.rules import Mode
from powerpact.market.trades import NO_TRADE, PackedTrade, Trade
from powerpact.mechanisms.registry import Mechanism, mechanism_of


class ClaimedTrade(NamedTuple):
    """A trade as an agent claims it: orders by id, energy in Wh, both dual prices in the mechanism's unit."""

    buy_id: int
    sell_id: int
    energy_wh: int
    buyer_dual_ppm: int
    seller_dual_ppm: int

    @classmethod
    def of(cls, trade: Trade) -> ClaimedTrade:
        """What was claimed of a trade."""
        return cls(trade.buy_id, trade.sell_id, trade.energy_wh, trade.buyer_dual_ppm, trade.seller_dual_ppm)


Link = tuple[int, int, int]
"""A trade between two orders of a list: their places in it, energy in Wh."""

PricedOrder = tuple[Placed, int, bool, int]
"""An order that trades, its dual price, whether a later chunk has it, too, and its trades in earlier ones, Wh."""

Exhibit = tuple[Placed, int, PackedTrade, tuple[int, int], bytes, list[bytes]]
"""An order that is shown, its energy that trades in the proposal, Wh, and one of its trades with the proof, if any."""


@dataclass(frozen=True)
class PostedRound:
    """The orders of a market as the chain has them.

    Attributes
    ----------
    market : Market
        The market.
    batches : tuple of tuple of PackedOrder
        All orders, batch by batch, as announced.
    closed : tuple of int
        For each batch the bits of its cancelled or released orders.
    """

    market: Market
    batches: tuple[tuple[PackedOrder, ...], ...]
    closed: tuple[int, ...]
    _trees: dict[int, MerkleTree] = field(default_factory=dict, repr=False, compare=False)

    @property
    def order_count(self) -> int:
        """Number of orders, closed ones included: the rows of the proof."""
        return sum(map(len, self.batches))

    @cached_property
    def orders(self) -> dict[int, Order]:
        """All orders by id, closed ones included."""
        return {
            order_id(b, i): Order.unpack(packed)
            for b, batch in enumerate(self.batches)
            for i, packed in enumerate(batch)
        }

    def is_closed(self, id_: int) -> bool:
        """Whether the order was cancelled or released."""
        return bool(self.closed[id_ >> 8] >> (id_ & 0xFF) & 1)

    def open_orders(self) -> Iterator[tuple[int, Order]]:
        """Orders that count, in the order of their ids."""
        return ((id_, order) for id_, order in self.orders.items() if not self.is_closed(id_))

    def placed(self, id_: int) -> Placed:
        """An order with its proof.

        Raises
        ------
        NotOnChain
            If there is none with this id.
        """
        batch, index = id_ >> 8, id_ & 0xFF
        if batch >= len(self.batches) or index >= len(self.batches[batch]):
            raise NotOnChain(f"order {id_text(id_)}", remedy="List the orders with `powerpact order list`.")
        return id_, self.batches[batch][index], self.tree(batch).proof(index)

    def tree(self, batch: int) -> MerkleTree:
        """The tree of a batch."""
        if batch not in self._trees:
            self._trees[batch] = order_tree(self.batches[batch])
        return self._trees[batch]

    @property
    def mechanism(self) -> Mechanism:
        """The mechanism that the market's rules name."""
        return mechanism_of(self.market.rules)

    def round(self) -> Any:
        """The round that the agent solves, of the market's mechanism: open orders, ids as ``batch:index``."""
        orders = ((id_text(id_), order) for id_, order in self.open_orders())
        return self.mechanism.round_of(self.market.rules, orders)

    def claimed_trades(self, solution: Any) -> list[ClaimedTrade]:
        """The trades of a solution of this round, by rising ids of sell and buy order over all its chunks."""
        return self.claimed(solution)[0]

    def claimed(self, solution: Any) -> tuple[list[ClaimedTrade], bytes]:
        """The trades of a solution, as `claimed_trades` orders them, and its public prices."""
        claims = self.mechanism.claims_of(self.round(), solution)
        found = [ClaimedTrade(parse_id(claim.buyer), parse_id(claim.seller), *claim[2:]) for claim in claims.trades]
        return sorted(found, key=lambda trade: (trade.sell_id, trade.buy_id)), claims.prices

    def chunk(
        self,
        matches: Sequence[ClaimedTrade],
        later: Sequence[ClaimedTrade] = (),
        earlier: Sequence[ClaimedTrade] = (),
    ) -> tuple[list[PricedOrder], list[Link]]:
        """Trades as one chunk for `propose`: orders with their proofs and dual prices, and the trades between them.

        Parameters
        ----------
        matches : sequence of ClaimedTrade
            The trades of the chunk.
        later : sequence of ClaimedTrade
            The trades of the chunks after it.
        earlier : sequence of ClaimedTrade
            The trades of the chunks before it.
        """
        priced, links = numbered(matches)
        continued = {id_ for match in later for id_ in match[:2]}
        before_wh: Counter[int] = Counter()
        for match in earlier:
            before_wh[match.buy_id] += match.energy_wh
            before_wh[match.sell_id] += match.energy_wh
        return [(self.placed(id_), dual, id_ in continued, before_wh[id_]) for id_, dual in priced], links

    def exhibit(self, id_: int, chunks: Sequence[Sequence[Trade]], trees: Sequence[MerkleTree]) -> Exhibit:
        """An order as a challenge of the proposal with these chunks shows it."""
        found = [(c, k) for c, chunk in enumerate(chunks) for k, trade in enumerate(chunk) if id_ in trade[:2]]
        if not found:
            return self.placed(id_), 0, NO_TRADE, (0, 0), bytes(32), []
        filled_wh = sum(chunks[c][k].energy_wh for c, k in found)
        if self.market.rules.mode is Mode.ONE_TO_ONE:
            filled_wh = self.orders[id_].energy_wh  # An order that trades is bound as a whole.
        c, k = found[0]
        return self.placed(id_), filled_wh, chunks[c][k].pack(), (c, k), trees[c].root, trees[c].proof(k)


def numbered(matches: Sequence[ClaimedTrade]) -> tuple[list[tuple[int, int]], list[Link]]:
    """The orders of trades with their dual prices, by id, and the trades between their places."""
    duals = {match.buy_id: match.buyer_dual_ppm for match in matches}
    duals |= {match.sell_id: match.seller_dual_ppm for match in matches}
    place = {id_: k for k, id_ in enumerate(sorted(duals))}
    links = [(place[match.buy_id], place[match.sell_id], match.energy_wh) for match in matches]
    return sorted(duals.items()), links
