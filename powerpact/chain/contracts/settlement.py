"""The end of trades: paid by the meter, refunded or vetoed; by agreement in `powerpact.chain.contracts.agreements`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from powerpact.chain.client import Chain
from powerpact.chain.contracts.meters import ProvenReading, packed
from powerpact.chain.contracts.orders import TradeProof
from powerpact.chain.contracts.rounds import chunks_of, trade_trees
from powerpact.chain.transactions import Call
from powerpact.codec.merkle import MerkleTree
from powerpact.codec.packing import trade_id
from powerpact.market.trades import Trade

Position = tuple[int, int]
"""Chunk and index of a trade in its proposal."""

Delivery = tuple[TradeProof, Sequence[ProvenReading], Sequence[ProvenReading]]
"""A trade with the readings that settle it: of the seller's device, and of the buyer's meter where it counts."""


class End(IntEnum):
    """How a trade ended, as `Outcome` in ISettlement."""

    DELIVERED = 0
    AGREED = 1
    REFUNDED = 2
    VETOED = 3


@dataclass(frozen=True, slots=True)
class FinalTrade:
    """A trade of a final round.

    Attributes
    ----------
    id : bytes
        Its id.
    trade : Trade
        Its terms.
    chunk, index : int
        Its place.
    siblings : list of bytes
        Its Merkle proof.
    """

    id: bytes
    trade: Trade
    chunk: int
    index: int
    siblings: list[bytes]

    @property
    def position(self) -> tuple[int, int]:
        """Chunk and index."""
        return self.chunk, self.index

    @property
    def proof(self) -> TradeProof:
        """The trade as the contract takes it."""
        return self.trade.pack(), self.position, self.siblings


def final_trades(chain: Chain, market_id: bytes) -> list[FinalTrade]:
    """The trades of a market's final round; none if it has no final round."""
    with chain.reading():
        finals = chain.events("Clearing", "RoundFinalized", market=market_id)
        if not finals:
            return []
        agent, chunks = finals[0].arguments["agent"], chunks_of(chain, finals[0].arguments["proposal"])
    trees: list[MerkleTree] = trade_trees(chunks)
    return [
        FinalTrade(trade_id(market_id, agent, trade), trade, c, i, trees[c].proof(i))
        for c, chunk in enumerate(chunks)
        for i, trade in enumerate(chunk)
    ]


def is_settled(chain: Chain, market_id: bytes, position: tuple[int, int]) -> bool:
    """Whether the trade at this chunk and index of a market's final round has ended."""
    return bool(chain.read("Settlement", "isSettled", market_id, position))


def ended(chain: Chain, trades: Mapping[Position, bytes]) -> set[Position]:
    """Those trades of final rounds that have ended.

    Parameters
    ----------
    chain : Chain
        The deployment.
    trades : mapping of Position to bytes
        Ids of the trades by their position.
    """
    with chain.reading():
        return {place for place, id_ in trades.items() if chain.events("Settlement", "TradeSettled", tradeId=id_)}


def unsold(chain: Chain, market_id: bytes, positions: Sequence[Position]) -> set[Position]:
    """Those trades of a market's final round that ended and whose share is not certified, in one request."""
    names = ("isSettled", "isCertified")
    answers = iter(chain.read_all([("Settlement", name, [market_id, place]) for place in positions for name in names]))
    return {place for place in positions if (next(answers), next(answers)) == (True, False)}


def settle(chain: Chain, market_id: bytes, chunk: int, trades: Sequence[Trade]) -> Call:
    """Pay the trades of a chunk, all given, by their devices' last readings."""
    words = [trade.pack() for trade in trades]
    return chain.call("settle", "Settlement", "settle", market_id, chunk, words, items=len(words))


def settle_late(chain: Chain, market_id: bytes, deliveries: Sequence[Delivery]) -> Call:
    """Pay trades whose devices have reported later intervals, or whose slot has several."""
    return chain.call("settle", "Settlement", "settleLate", market_id, _packed(deliveries), items=len(deliveries))


def certify(chain: Chain, market_id: bytes, deliveries: Sequence[Delivery]) -> Call:
    """Certify to the sellers what trades that ended by agreement, refund or veto no longer sell."""
    return chain.call("certify", "Settlement", "certify", market_id, _packed(deliveries), items=len(deliveries))


def decide(chain: Chain, market_id: bytes, trades: Sequence[FinalTrade]) -> Call:
    """Decide the sell orders of trades, so that their devices may sell more of the slot."""
    return chain.call("decide orders", "Settlement", "decide", market_id, [t.proof for t in trades], items=len(trades))


def decide_purchases(chain: Chain, market_id: bytes, trades: Sequence[FinalTrade]) -> Call:
    """Decide the buy orders of trades, so that their meters may buy more of the slot."""
    proofs = [trade.proof for trade in trades]
    return chain.call("decide orders", "Settlement", "decidePurchases", market_id, proofs, items=len(trades))


def refund(chain: Chain, market_id: bytes, trades: Sequence[FinalTrade]) -> Call:
    """Give buyers the money of undelivered trades back, from the market's refund time on."""
    return chain.call("refund", "Settlement", "refund", market_id, [t.proof for t in trades], items=len(trades))


def flag(chain: Chain, market_id: bytes, trade: FinalTrade, reason: str) -> Call:
    """An auditor's doubt about a trade, for everybody to see."""
    return chain.call("flag", "Settlement", "flag", market_id, trade.proof, reason)


def veto(chain: Chain, market_id: bytes, trade: FinalTrade, reason: str) -> Call:
    """An auditor's vote to veto a trade, before its slot starts."""
    return chain.call("veto", "Settlement", "veto", market_id, trade.proof, reason)


def _packed(deliveries: Sequence[Delivery]) -> list[Any]:
    return [(trade, (packed(exported), packed(imported))) for trade, exported, imported in deliveries]
