"""The end of trades: paid by the meter, by two of three signatures, or refunded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from eth_account.signers.local import LocalAccount
from eth_typing import ChecksumAddress

from powerpact.chain.client import Chain
from powerpact.chain.merkle import MerkleTree
from powerpact.chain.meters import ReadingProof
from powerpact.chain.packing import Reading, Trade
from powerpact.chain.rounds import chunks_of, final_of, trade_trees
from powerpact.chain.transactions import Call
from powerpact.eip712 import sign

TradeProof = tuple[Trade, tuple[int, int], list[bytes]]
"""A trade of a final round with its proof: trade, (chunk, index), siblings."""

Delivery = tuple[TradeProof, Reading, ReadingProof]
"""A trade with the reading that settles it."""


@dataclass(frozen=True, slots=True)
class FinalTrade:
    """A trade of a final round.

    Attributes
    ----------
    trade : Trade
        Its terms.
    chunk, index : int
        Where it stands.
    siblings : list of bytes
        Its Merkle proof.
    """

    trade: Trade
    chunk: int
    index: int
    siblings: list[bytes]

    @property
    def proof(self) -> TradeProof:
        """The trade as the contract takes it."""
        return self.trade, (self.chunk, self.index), self.siblings


def final_trades(chain: Chain, market_id: bytes) -> list[FinalTrade]:
    """The trades of a market's final round; none if it has no final round."""
    proposal_id = final_of(chain, market_id)
    if proposal_id == 0:
        return []
    chunks = chunks_of(chain, proposal_id)
    trees: list[MerkleTree] = trade_trees(chunks)
    return [
        FinalTrade(trade, c, i, trees[c].proof(i)) for c, chunk in enumerate(chunks) for i, trade in enumerate(chunk)
    ]


def is_settled(chain: Chain, market_id: bytes, trade: FinalTrade) -> bool:
    """Whether the trade has ended."""
    return bool(chain.read("EscrowWallets", "isSettled", market_id, (trade.chunk, trade.index)))


def settle(chain: Chain, market_id: bytes, deliveries: Sequence[Delivery]) -> Call:
    """Pay trades by their readings."""
    return chain.call("settle", "EscrowWallets", "settle", market_id, deliveries, items=len(deliveries))


def refund(chain: Chain, market_id: bytes, trades: Sequence[FinalTrade]) -> Call:
    """Give buyers the money of undelivered trades back, from the market's refund time on."""
    return chain.call("refund", "EscrowWallets", "refund", market_id, [t.proof for t in trades], items=len(trades))


def sign_release(chain: Chain, account: LocalAccount, id_: bytes, to_seller_upoints: int) -> bytes:
    """A party's signature that pays a trade by agreement."""
    message = {"tradeId": id_, "toSeller": to_seller_upoints}
    return sign(account, chain.domain("EscrowWallets"), "Release", message)


def settle_agreed(
    chain: Chain,
    market_id: bytes,
    trade: FinalTrade,
    to_seller_upoints: int,
    signatures: Sequence[tuple[ChecksumAddress, bytes]],
) -> Call:
    """Pay a trade as two of {buyer, seller, arbiter} signed."""
    signers = [signer for signer, _ in signatures]
    signed = [signature for _, signature in signatures]
    return chain.call(
        "settle", "EscrowWallets", "settleAgreed", market_id, trade.proof, to_seller_upoints, signers, signed
    )
