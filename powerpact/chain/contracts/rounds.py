"""Rounds: the orders of a market as the chain has them, proposals of trades, and their proof."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from functools import cached_property
from typing import NamedTuple

from eth_account.signers.local import LocalAccount
from eth_typing import ChecksumAddress
from eth_utils import keccak

from powerpact.chain.client import Chain
from powerpact.chain.contracts.markets import Market, market
from powerpact.chain.errors import NotOnChain
from powerpact.chain.transactions import Call
from powerpact.codec.eip712 import sign
from powerpact.codec.merkle import MerkleTree
from powerpact.codec.packing import order_tree, trade_tree
from powerpact.market.orders import Order, PackedOrder, Placed, Side, SoftTerm, id_text, order_id, parse_id
from powerpact.market.rules import Mode
from powerpact.market.trades import PackedTrade, Trade
from powerpact.mechanisms.satisfaction.round import Buyer, Round, Seller, Solution


class ClaimedTrade(NamedTuple):
    """A trade as an agent claims it: orders by id, energy in Wh, both dual prices in ppm (per Wh in divisible mode)."""

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
"""An order that trades, its dual price in ppm, whether a later chunk has it too, and its trades in earlier ones, Wh."""

Exhibit = tuple[Placed, int, PackedTrade, tuple[int, int], bytes, list[bytes]]
"""An order that is shown, its energy that trades in the proposal, Wh, and one of its trades with the proof, if any."""


class ProposalStatus(IntEnum):
    """State of a proposal, as in IClearing."""

    NONE = 0
    DRAFT = 1
    ACTIVE = 2
    OUTRANKED = 3
    REFUTED = 4
    FINAL = 5


@dataclass(frozen=True, slots=True)
class Proposal:
    """What the chain says about a proposal.

    Attributes
    ----------
    market : bytes
        Its market.
    agent : ChecksumAddress
        Who proposed.
    trade_count : int
        Number of trades.
    chunk_count : int
        Number of chunks of trades.
    proven_rows : int
        Orders of the round whose pairs are proven.
    objective : int
        Σ w·x over the trades, ppm (one-to-one) or ppm Wh (divisible).
    bound : int
        Σ u·c + Σ v·c; the proposal is exact if it equals the objective.
    reserved_upoints : int
        Σ reservations of the buyers in the trades.
    bond_upoints : int
        What its agent holds ready, and loses when it is refuted.
    mechanism : int
        The number of its market's mechanism.
    has_prices : bool
        Whether it has public prices.
    final_from : int
        When an active proposal can be made final, Unix seconds.
    status : ProposalStatus
        State.
    """

    market: bytes
    agent: ChecksumAddress
    trade_count: int
    chunk_count: int
    proven_rows: int
    objective: int
    bound: int
    reserved_upoints: int
    bond_upoints: int
    mechanism: int
    has_prices: bool
    final_from: int
    status: ProposalStatus

    @property
    def is_exact(self) -> bool:
        """Whether it claims that no matching is better."""
        return self.objective == self.bound


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
        terms, categories = len(rules.attributes), len(rules.categories)
        buyers, sellers = [], []
        for id_, order in self.open_orders():
            codes = tuple(str(code) if code else None for code in order.classes[:categories])
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
        return Round(rules.mode, rules.schema, rules.categories, tuple(buyers), tuple(sellers))

    def claimed_trades(self, solution: Solution) -> list[ClaimedTrade]:
        """The trades of a solution of this round; those of one order close together, so that few chunks share one."""
        u, v = solution.buyer_duals_ppm, solution.seller_duals_ppm
        found = {
            (parse_id(trade.buyer), parse_id(trade.seller)): ClaimedTrade(
                parse_id(trade.buyer),
                parse_id(trade.seller),
                trade.energy_wh or 0,
                u.get(trade.buyer, 0),
                v.get(trade.seller, 0),
            )
            for trade in solution.trades
        }
        return [found[pair] for pair in walk(found)]

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
        priced, links = _numbered(matches)
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
            return self.placed(id_), 0, PackedTrade(0, 0, 0), (0, 0), bytes(32), []
        filled_wh = sum(chunks[c][k].energy_wh for c, k in found)
        if self.market.rules.mode is Mode.ONE_TO_ONE:
            filled_wh = self.orders[id_].energy_wh  # An order that trades is bound as a whole.
        c, k = found[0]
        return self.placed(id_), filled_wh, chunks[c][k].pack(), (c, k), trees[c].root, trees[c].proof(k)


def walk(pairs: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Pairs of orders in the order of a walk along them: depth first, lowest ids first.

    Examples
    --------
    >>> walk([(1, 7), (2, 8), (3, 7)])
    [(1, 7), (3, 7), (2, 8)]
    """
    left = sorted(pairs, reverse=True)
    neighbours: dict[int, list[tuple[int, int]]] = {}
    for pair in left:
        for id_ in pair:
            neighbours.setdefault(id_, []).append(pair)
    seen: set[tuple[int, int]] = set()
    walked = []
    while left:
        stack = [left.pop()]
        while stack:
            pair = stack.pop()
            if pair not in seen:
                seen.add(pair)
                walked.append(pair)
                stack += [near for id_ in pair for near in neighbours[id_] if near not in seen]
    return walked


def _numbered(matches: Sequence[ClaimedTrade]) -> tuple[list[tuple[int, int]], list[Link]]:
    """The orders of trades with their dual prices, by id, and the trades between their places."""
    duals = {match.buy_id: match.buyer_dual_ppm for match in matches}
    duals |= {match.sell_id: match.seller_dual_ppm for match in matches}
    place = {id_: k for k, id_ in enumerate(sorted(duals))}
    links = [(place[match.buy_id], place[match.sell_id], match.energy_wh) for match in matches]
    return sorted(duals.items()), links


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


def clear(chain: Chain, posted: PostedRound, matches: Sequence[ClaimedTrade]) -> Call:
    """Propose and prove a whole round; the contract takes at most `MAX_CHUNK` trades."""
    priced, links = _numbered(matches)
    return chain.call(
        "clear", "Clearing", "clear", posted.market.id, posted.batches, priced, links, b"", items=posted.order_count
    )


def propose(
    chain: Chain, posted: PostedRound, matches: Sequence[ClaimedTrade], later: Sequence[ClaimedTrade] = ()
) -> Call:
    """Begin a proposal with its first trades; `later` are those still to come."""
    chunk = posted.chunk(matches, later)
    return chain.call("propose", "Clearing", "propose", posted.market.id, *chunk, b"", items=len(matches))


def propose_batches(chain: Chain, posted: PostedRound, matches: Sequence[ClaimedTrade]) -> Call:
    """Begin a proposal with all its trades, by whole batches instead of proofs; at most `MAX_CHUNK` trades."""
    priced, links = _numbered(matches)
    needed = {id_ >> 8 for id_, _ in priced}
    batches = [batch if b in needed else () for b, batch in enumerate(posted.batches)]
    return chain.call(
        "propose", "Clearing", "proposeBatches", posted.market.id, batches, priced, links, b"", items=len(matches)
    )


def extend(
    chain: Chain,
    posted: PostedRound,
    proposal_id: int,
    matches: Sequence[ClaimedTrade],
    later: Sequence[ClaimedTrade] = (),
    earlier: Sequence[ClaimedTrade] = (),
) -> Call:
    """Add trades to the sender's proposal; `later` are those still to come, `earlier` those that it holds."""
    chunk = posted.chunk(matches, later, earlier)
    return chain.call("propose", "Clearing", "extend", proposal_id, *chunk, b"", items=len(matches))


def seal(
    chain: Chain,
    proposal_id: int,
    endorsers: Sequence[ChecksumAddress] = (),
    endorsements: Sequence[tuple[int, bytes]] = (),
) -> Call:
    """Put the sender's proposal up for challenges; `endorsements` are seats and signatures, by rising seat."""
    return chain.call("seal", "Clearing", "seal", proposal_id, (list(endorsers), list(endorsements)), [], b"")


def endorse(chain: Chain, account: LocalAccount, proposal_id: int) -> bytes:
    """An endorser's signature of a proposal as it is now, 65 bytes."""
    state = proposal(chain, proposal_id)
    message = {
        "market": state.market,
        "agent": state.agent,
        "trades": _trades_hash(chunks_of(chain, proposal_id)),
        "objective": state.objective,
    }
    return sign(account, chain.domain("Clearing"), "Endorsement", message)


def challenge(chain: Chain, proposal_id: int, *shown: Exhibit) -> Call:
    """Refute an active proposal by a pair, the buy order first."""
    return chain.call("challenge", "Clearing", "challenge", proposal_id, list(shown), b"")


def finalize(chain: Chain, proposal_id: int) -> Call:
    """Make a proposal that stood its window final."""
    return chain.call("finalize", "Clearing", "finalize", proposal_id)


def prove(
    chain: Chain,
    proposal_id: int,
    orders: Sequence[Sequence[PackedOrder]],
    chunks: Sequence[Sequence[Trade]],
    first: int,
    rows: int,
) -> Call:
    """Prove the next rows of the sender's proposal, of which `first` are proven."""
    trades = [[trade.pack() for trade in chunk] for chunk in chunks]
    part = (_trades_hash(chunks), first, rows)
    return chain.call("prove", "Clearing", "prove", proposal_id, orders, trades, part, b"", items=rows)


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


def active_of(chain: Chain, market_id: bytes) -> int:
    """Id of the market's active proposal, 0 if there is none."""
    return int(chain.read("Clearing", "activeOf", market_id))


def chunks_of(chain: Chain, proposal_id: int) -> list[tuple[Trade, ...]]:
    """The trades of a proposal, chunk by chunk, as announced."""
    events = chain.events("Clearing", "TradesProposed", proposal=proposal_id)
    return [tuple(Trade.unpack(trade) for trade in event.arguments["trades"]) for event in events]


def _trades_hash(chunks: Sequence[Sequence[Trade]]) -> bytes:
    """What a proposal with these trades is known by: the hash of its chunks' roots."""
    return keccak(b"".join(tree.root for tree in trade_trees(chunks)))


def trade_trees(chunks: Sequence[Sequence[Trade]]) -> list[MerkleTree]:
    """The tree of each chunk."""
    return [trade_tree(chunk) for chunk in chunks]
