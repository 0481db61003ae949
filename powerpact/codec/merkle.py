"""Merkle trees over batches of orders, trades, readings and candidates, as the contracts build them.

Leaf ``i`` is ``keccak256(abi.encode(i, item))``. Two nodes are hashed in sorted order; an odd last node of a level
moves up unpaired. Proofs are those of OpenZeppelin's ``MerkleProof``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from eth_utils import keccak

from powerpact.codec.errors import EmptyBatch


def hash_pair(a: bytes, b: bytes) -> bytes:
    """``keccak256`` of the two nodes, the smaller first."""
    return keccak(a + b if a < b else b + a)


@dataclass(frozen=True, slots=True)
class MerkleTree:
    """All levels of a tree, leaves first, the root last.

    Attributes
    ----------
    levels : tuple of tuple of bytes
        Nodes of 32 bytes; the last level has one.
    """

    levels: tuple[tuple[bytes, ...], ...]

    @classmethod
    def over(cls, leaves: Sequence[bytes]) -> MerkleTree:
        """Build the tree over leaf hashes, O(n).

        Raises
        ------
        EmptyBatch
            If there are no leaves.
        """
        if not leaves:
            raise EmptyBatch
        levels = [tuple(leaves)]
        while len(below := levels[-1]) > 1:
            paired = [hash_pair(a, b) for a, b in zip(below[0::2], below[1::2], strict=False)]
            levels.append((*paired, *below[2 * len(paired) :]))
        return cls(tuple(levels))

    @property
    def root(self) -> bytes:
        """The commitment to all leaves, 32 bytes."""
        return self.levels[-1][0]

    def proof(self, index: int) -> list[bytes]:
        """The siblings on the way from leaf ``index`` to the root, O(log n)."""
        siblings = []
        for level in self.levels[:-1]:
            sibling = index ^ 1
            if sibling < len(level):
                siblings.append(level[sibling])
            index //= 2
        return siblings

    def joint_proof(self, indices: Sequence[int]) -> list[bytes]:
        """The nodes that, with some leaves, lead to the root, O(k log n): level by level, each from left to right.

        What follows from the leaves themselves is not among them. That of one leaf is `proof`.

        Parameters
        ----------
        indices : sequence of int
            The leaves, rising.

        Examples
        --------
        >>> tree = MerkleTree.over([bytes([i] * 32) for i in range(5)])
        >>> tree.joint_proof([1]) == tree.proof(1)
        True
        >>> tree.joint_proof([0, 1, 4]) == [tree.levels[1][1]]
        True
        """
        siblings = []
        nodes = list(indices)
        for level in self.levels[:-1]:
            known = set(nodes)
            siblings += [level[i ^ 1] for i in nodes if i ^ 1 not in known and i ^ 1 < len(level)]
            nodes = list(dict.fromkeys(i // 2 for i in nodes))
        return siblings
