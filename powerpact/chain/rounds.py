"""Rounds: the orders of a market as the chain has them, proposals of trades, and their proof."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from functools import cached_property

from eth_typing import ChecksumAddress

from powerpact.chain.client import Chain
from powerpact.chain.errors import NotOnChain
from powerpact.chain.markets import Market, market
from powerpact.chain.merkle import MerkleTree
from powerpact.chain.orders import Placed
from powerpact.chain.packing import (
    Order,
    PackedOrder,
    Side,
    Trade,
    id_text,
    order_id,
    order_tree,
    parse_id,
    trade_tree,
)
from powerpact.chain.transactions import Call
from powerpact.types import Buyer, Mode, Round, Seller, SoftTerm, Solution

Claim = tuple[Placed, Placed, int]
"""A trade as an agent claims it: buy order, sell order, the buyer's dual price in ppm."""

Pair = tuple[int, int, int]
"""A claim by the orders' ids alone: buy order, sell order, the buyer's dual price in ppm."""


class ProposalStatus(IntEnum):
    """State of a proposal, as in IClearing."""

    NONE = 0
    PROPOSED = 1
    FINAL = 2


@dataclass(frozen=True, slots=True)
class Proposal:
    """What the chain says about a proposal.

    Attributes
    ----------
    market : bytes
        Its market.
    agent : ChecksumAddress
        Who proposed.
    objective : int
        Σ w over the trades, ppm; equals the dual bound.
    trade_count : int
        Number of trades.
    reserved_upoints : int
        Σ reservations of the buyers in the trades.
    chunk_count : int
        Number of chunks of trades.
    proven_rows : int
        Orders of the round whose pairs are proven.
    status : ProposalStatus
        State.
    """

    market: bytes
    agent: ChecksumAddress
    objective: int
    trade_count: int
    reserved_upoints: int
    chunk_count: int
    proven_rows: int
    status: ProposalStatus


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
        if batch not in self._trees:
            self._trees[batch] = order_tree(self.batches[batch])
        return id_, self.batches[batch][index], self._trees[batch].proof(index)

    def round(self) -> Round:
        """The round that the agent solves: open orders, ids as ``batch:index``, class codes as decimal text."""
        rules = self.market.rules
        terms, classes = len(rules.attributes), len(rules.classes)
        buyers, sellers = [], []
        for id_, order in self.open_orders():
            codes = tuple(str(code) if code else None for code in order.classes[:classes])
            if order.side is Side.BUY:
                soft = zip(order.levels[:terms], order.limits[:terms], order.weights_ppm[:terms], strict=True)
                buyers.append(
                    Buyer(
                        id=id_text(id_),
                        bid_upoints_per_kwh=order.price_upoints_per_kwh,
                        soft=tuple(SoftTerm(expect, limit, weight) for expect, limit, weight in soft),
                        require=codes,
                        energy_wh=order.energy_wh,
                    )
                )
            else:
                sellers.append(
                    Seller(
                        id=id_text(id_),
                        ask_upoints_per_kwh=order.price_upoints_per_kwh,
                        min_upoints_per_kwh=order.min_upoints_per_kwh,
                        attributes=order.levels[:terms],
                        classes=codes,
                        energy_wh=order.energy_wh,
                    )
                )
        return Round(Mode.ONE_TO_ONE, rules.schema, rules.classes, tuple(buyers), tuple(sellers))

    def pairs(self, solution: Solution) -> list[Pair]:
        """A solution of this round as pairs for `clear`, in the order of the buyers' ids."""
        duals = solution.buyer_duals_ppm
        ids = sorted((parse_id(trade.buyer), parse_id(trade.seller)) for trade in solution.trades)
        return [(buy, sell, duals.get(id_text(buy), 0)) for buy, sell in ids]

    def claims(self, pairs: Sequence[Pair]) -> list[Claim]:
        """Pairs of this round with the proofs of their orders, for `propose`."""
        return [(self.placed(buy), self.placed(sell), dual) for buy, sell, dual in pairs]


def read_round(chain: Chain, market_id: bytes) -> PostedRound:
    """Read a market's orders back from the chain.

    Raises
    ------
    NotOnChain
        If there is no such market.
    """
    found = market(chain, market_id)
    events = chain.events("OrderBook", "OrdersPlaced", market=market_id)
    batches = tuple(tuple(PackedOrder(*words) for words in event.arguments["orders"]) for event in events)
    closed = tuple(chain.read("OrderBook", "batchState", market_id, batch)[1] for batch in range(len(batches)))
    return PostedRound(found, batches, closed)


def clear(chain: Chain, market_id: bytes, orders: Sequence[Sequence[PackedOrder]], pairs: Sequence[Pair]) -> Call:
    """Propose and prove a whole round; the contract takes at most `MAX_BATCH` pairs."""
    return chain.call("clear", "Clearing", "clear", market_id, orders, pairs, items=sum(map(len, orders)))


def propose(chain: Chain, market_id: bytes, claims: Sequence[Claim]) -> Call:
    """Begin a proposal with its first trades."""
    return chain.call("propose", "Clearing", "propose", market_id, claims, items=len(claims))


def extend(chain: Chain, proposal_id: int, claims: Sequence[Claim]) -> Call:
    """Add trades to the sender's proposal."""
    return chain.call("propose", "Clearing", "extend", proposal_id, claims, items=len(claims))


def prove(
    chain: Chain,
    proposal_id: int,
    orders: Sequence[Sequence[PackedOrder]],
    chunks: Sequence[Sequence[Trade]],
    rows: int,
) -> Call:
    """Prove the next rows of the sender's proposal."""
    return chain.call("prove", "Clearing", "prove", proposal_id, orders, chunks, rows, items=rows)


def proposal(chain: Chain, proposal_id: int) -> Proposal:
    """A proposal; its status is NONE if there is none with this id."""
    values = list(chain.read("Clearing", "proposal", proposal_id))
    values[-1] = ProposalStatus(values[-1])
    return Proposal(*values)


def proposals_of(chain: Chain, market_id: bytes) -> list[tuple[int, ChecksumAddress]]:
    """Ids and agents of a market's proposals, oldest first."""
    events = chain.events("Clearing", "Proposed", market=market_id)
    return [(event.arguments["proposal"], event.arguments["agent"]) for event in events]


def final_of(chain: Chain, market_id: bytes) -> int:
    """Id of the market's final proposal, 0 if there is none."""
    return int(chain.read("Clearing", "finalOf", market_id))


def chunks_of(chain: Chain, proposal_id: int) -> list[tuple[Trade, ...]]:
    """The trades of a proposal, chunk by chunk, as announced."""
    events = chain.events("Clearing", "TradesProposed", proposal=proposal_id)
    return [tuple(Trade(*trade) for trade in event.arguments["trades"]) for event in events]


def trade_trees(chunks: Sequence[Sequence[Trade]]) -> list[MerkleTree]:
    """The tree of each chunk."""
    return [trade_tree(chunk) for chunk in chunks]
