"""Merkle trees over orders, trades, readings and candidates, ids of trades and channels, as the contracts hash them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from eth_abi.abi import encode
from eth_typing import ChecksumAddress
from eth_utils import keccak

from powerpact.codec.eip712 import Domain
from powerpact.codec.merkle import MerkleTree
from powerpact.market.candidates import Candidate
from powerpact.market.channels import MeteredTerms, MutualTerms
from powerpact.market.orders import PackedOrder
from powerpact.market.readings import Reading
from powerpact.market.trades import Trade


def order_tree(orders: Sequence[PackedOrder]) -> MerkleTree:
    """The tree of a batch of orders."""
    return _tree(["uint256"] * 5, orders)


def trade_tree(trades: Sequence[Trade]) -> MerkleTree:
    """The tree of a chunk of trades."""
    return _tree(["uint256"] * 4, [trade.pack() for trade in trades])


def reading_tree(readings: Sequence[Reading]) -> MerkleTree:
    """The tree of a batch of readings as they were taken; two words of zero, in a refused one's place, have no leaf."""
    words = [reading.pack() for reading in readings]
    leaves = [_leaf(["uint256"] * 2, i, pair) if any(pair) else bytes(32) for i, pair in enumerate(words)]
    return MerkleTree.over(leaves)


def candidate_tree(candidates: Sequence[Candidate]) -> MerkleTree:
    """The tree of the candidates of a motion."""
    return _tree(["uint256", "bytes32"], [candidate.pack() for candidate in candidates])


def trade_id(market: bytes, agent: ChecksumAddress, trade: Trade) -> bytes:
    """The id of a trade in an agent's proposal: ``keccak256(abi.encode(sellId, buyId, agent, market))``, 32 bytes."""
    return keccak(encode(["uint40", "uint40", "address", "bytes32"], [trade.sell_id, trade.buy_id, agent, market]))


def metered_id(domain: Domain, terms: MeteredTerms) -> bytes:
    """The id of a metered channel: ``keccak256(abi.encode(chain id, contract, terms))``, 32 bytes."""
    types = ["uint256", "address", "address", "address", "uint32", "uint32", "uint32", "uint64"]
    return keccak(encode(types, [domain.chain_id, domain.contract, *terms]))


def mutual_id(domain: Domain, terms: MutualTerms) -> bytes:
    """The id of a mutual channel: ``keccak256(abi.encode(chain id, contract, terms))``, 32 bytes."""
    types = ["uint256", "address", "address", "address", "uint32", "uint64"]
    return keccak(encode(types, [domain.chain_id, domain.contract, *terms]))


def _tree(types: list[str], items: Sequence[Sequence[Any]]) -> MerkleTree:
    return MerkleTree.over([_leaf(types, i, item) for i, item in enumerate(items)])


def _leaf(types: list[str], index: int, item: Sequence[Any]) -> bytes:
    return keccak(encode(["uint256", *types], [index, *item]))
