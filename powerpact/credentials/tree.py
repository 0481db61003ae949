"""EAS ``PrivateData``: a salted Merkle tree over fields, of which some can be shown and the others stay hidden.

The tree is OpenZeppelin's ``StandardMerkleTree`` over the leaves ``(string type, string name, bytes value, bytes32
salt)``, where value is the ABI encoding: a leaf is ``keccak256(keccak256(abi.encode(type, name, value, salt)))``, the
leaves are sorted by hash, and node i of the array has the children 2i + 1 and 2i + 2. A multiproof is what OpenZeppelin
``MerkleProof.multiProofVerify`` and the EAS SDK check (eas-sdk ``src/private-data.ts``).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from eth_abi.abi import encode
from eth_utils import keccak

from powerpact.codec.errors import EmptyBatch
from powerpact.codec.merkle import hash_pair

SALT_BYTES: Final = 32

_LEAF: Final = ("string", "string", "bytes", "bytes32")


@dataclass(frozen=True, slots=True)
class SaltedField:
    """A field with its salt.

    Attributes
    ----------
    type : str
        Solidity type of the value.
    name : str
        Name of the field.
    value : object
        Its value.
    salt : bytes
        32 random bytes, without which the value cannot be guessed from its hash.
    """

    type: str
    name: str
    value: Any
    salt: bytes

    @property
    def leaf(self) -> bytes:
        """The hash of the leaf, 32 bytes."""
        encoded = encode([self.type], [self.value])
        return keccak(keccak(encode(_LEAF, (self.type, self.name, encoded, self.salt))))


@dataclass(frozen=True, slots=True)
class Multiproof:
    """That some fields are in a tree.

    Attributes
    ----------
    fields : tuple of SaltedField
        What is shown, in the order in which the proof needs it.
    proof : tuple of bytes
        Nodes of 32 bytes that are not computed from what is shown.
    flags : tuple of bool
        Whether each step pairs two known nodes, or one with the next of the proof.
    """

    fields: tuple[SaltedField, ...]
    proof: tuple[bytes, ...]
    flags: tuple[bool, ...]


def root_of(fields: Sequence[SaltedField]) -> bytes:
    """The root over fields, 32 bytes, O(n log n).

    Raises
    ------
    EmptyBatch
        If there are none.
    """
    return _nodes(sorted(field.leaf for field in fields))[0]


def prove(fields: Sequence[SaltedField], names: Sequence[str]) -> Multiproof:
    """The multiproof of the fields with these names, O(n log n).

    Raises
    ------
    EmptyBatch
        If no field has one of the names.
    """
    by_leaf = {field.leaf: field for field in fields}
    nodes = _nodes(sorted(by_leaf))
    first = len(nodes) - len(by_leaf)
    shown = [i for i in reversed(range(first, len(nodes))) if by_leaf[nodes[i]].name in names]
    if not shown:
        raise EmptyBatch
    waiting, proof, flags = list(shown), [], []
    while waiting[0] > 0:
        node = waiting.pop(0)
        sibling = node + 1 if node % 2 else node - 1
        is_known = bool(waiting) and waiting[0] == sibling
        if is_known:
            waiting.pop(0)
        else:
            proof.append(nodes[sibling])
        flags.append(is_known)
        waiting.append((node - 1) // 2)
    return Multiproof(tuple(by_leaf[nodes[i]] for i in shown), tuple(proof), tuple(flags))


def is_proven(root: bytes, shown: Multiproof) -> bool:
    """Whether the shown fields, at least one, are in the tree with this root, O(n)."""
    leaves = [field.leaf for field in shown.fields]
    if not leaves or len(leaves) + len(shown.proof) != len(shown.flags) + 1:
        return False
    if shown.flags.count(False) != len(shown.proof):
        return False
    known, proof = deque(leaves), deque(shown.proof)
    for is_known in shown.flags:
        if len(known) < 1 + is_known:
            return False
        node = known.popleft()
        known.append(hash_pair(node, known.popleft() if is_known else proof.popleft()))
    return known[0] == root


def _nodes(leaves: list[bytes]) -> list[bytes]:
    """All nodes, the root first, from sorted leaves, which come last and backwards."""
    if not leaves:
        raise EmptyBatch
    inner = [b""] * (len(leaves) - 1)
    nodes = inner + leaves[::-1]
    for i in reversed(range(len(inner))):
        nodes[i] = hash_pair(nodes[2 * i + 1], nodes[2 * i + 2])
    return nodes
