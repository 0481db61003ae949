"""Proofs of several leaves at once: with the nodes beside them they lead to the root, and to no other."""

import itertools

import pytest
from eth_utils import keccak

from powerpact.codec.merkle import MerkleTree, hash_pair


def tree_of(size):
    return MerkleTree.over([keccak(bytes([i])) for i in range(size)])


def root_of(leaves, size, siblings):
    """The root that follows from leaves by their places, and the siblings that are left over."""
    nodes, rest = dict(leaves), list(siblings)
    while size > 1:
        above = {}
        for place, node in sorted(nodes.items()):
            beside = place ^ 1
            if beside in nodes:
                above[place // 2] = hash_pair(node, nodes[beside])
            elif beside < size:
                above[place // 2] = hash_pair(node, rest.pop(0))
            else:
                above[place // 2] = node
        nodes, size = above, (size + 1) // 2
    return nodes[0], rest


@pytest.mark.parametrize("size", range(1, 11))
def test_every_set_of_leaves_has_a_proof(size):
    tree = tree_of(size)
    for count in range(1, size + 1):
        for places in itertools.combinations(range(size), count):
            leaves = {place: tree.levels[0][place] for place in places}
            assert root_of(leaves, size, tree.joint_proof(places)) == (tree.root, [])


@pytest.mark.parametrize("size", [1, 2, 7, 64, 100])
def test_the_proof_of_one_leaf_is_its_path(size):
    tree = tree_of(size)
    assert all(tree.joint_proof([place]) == tree.proof(place) for place in range(size))


def test_neighbours_share_their_nodes():
    tree = tree_of(64)
    assert len(tree.joint_proof(range(16, 32))) == 2
    assert len(tree.joint_proof(range(0, 64, 4))) == 32
    assert tree.joint_proof(range(64)) == []
