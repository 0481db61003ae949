// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {Hashes} from "@openzeppelin/contracts/utils/cryptography/Hashes.sol";
import {BatchProof} from "../../contracts/shared/BatchProof.sol";
import {BatchRoot} from "../../contracts/shared/BatchRoot.sol";
import {ForgeTest} from "./Vm.sol";

contract BatchProofTest is ForgeTest {
    /// Every size up to 9 and every set of leaves: the nodes beside them lead to the root, and none is left.
    function test_everySetOfLeavesHasAProof() public view {
        for (uint256 size = 1; size <= 9; ++size) {
            bytes32 root = BatchRoot.rootOf(_leaves(size, 0));
            for (uint256 mask = 1; mask < 1 << size; ++mask) {
                _check(_leaves(size, 0), mask, root);
            }
        }
    }

    function testFuzz_anySetOfLeavesHasAProof(uint256 seed, uint256 size, uint256 mask, uint256 thinned) public view {
        size = fold(size, 1, 256);
        mask &= thinned;
        if (size < 256) mask &= (1 << size) - 1;
        vm.assume(mask != 0);
        _check(_leaves(size, seed), mask, BatchRoot.rootOf(_leaves(size, seed)));
    }

    /// A leaf that is not in the tree leads elsewhere, and so does another sibling.
    function testFuzz_anythingElseLeadsElsewhere(uint256 seed, uint256 size, uint256 mask, uint256 which, bytes32 other)
        public
        view
    {
        size = fold(size, 2, 256);
        if (size < 256) mask &= (1 << size) - 1;
        vm.assume(mask != 0);
        bytes32[] memory leaves = _leaves(size, seed);
        bytes32[] memory siblings = _siblings(_leaves(size, seed), mask);
        bytes32[] memory nodes = _nodes(leaves, mask);
        which = fold(which, 0, nodes.length / 2 + siblings.length - 1);
        if (which < nodes.length / 2) {
            vm.assume(nodes[2 * which + 1] != other);
            nodes[2 * which + 1] = other;
        } else {
            vm.assume(siblings[which - nodes.length / 2] != other);
            siblings[which - nodes.length / 2] = other;
        }
        (bytes32 root, uint256 needed) = this.rootOf(nodes, size, siblings);
        assertTrue(root != BatchRoot.rootOf(leaves), "another node, another root");
        assertTrue(needed == siblings.length, "as many siblings whatever they are");
    }

    /// How many siblings are needed depends on the places alone, so that none can be left out or added.
    function testFuzz_theNumberOfSiblingsIsThatOfThePlaces(uint256 seed, uint256 size, uint256 mask, uint256 given)
        public
        view
    {
        size = fold(size, 1, 256);
        if (size < 256) mask &= (1 << size) - 1;
        vm.assume(mask != 0);
        bytes32[] memory leaves = _leaves(size, seed);
        uint256 enough = _siblings(_leaves(size, seed), mask).length;
        (, uint256 needed) = this.rootOf(_nodes(leaves, mask), size, new bytes32[](fold(given, 0, 20)));
        assertTrue(needed == enough, "the number of siblings must follow from the places");
    }

    function rootOf(bytes32[] memory nodes, uint256 count, bytes32[] calldata siblings)
        external
        pure
        returns (bytes32, uint256)
    {
        return BatchProof.rootOf(nodes, count, siblings);
    }

    function _check(bytes32[] memory leaves, uint256 mask, bytes32 root) private view {
        uint256 size = leaves.length;
        bytes32[] memory nodes = _nodes(leaves, mask);
        bytes32[] memory siblings = _siblings(leaves, mask);
        (bytes32 found, uint256 needed) = this.rootOf(nodes, size, siblings);
        assertTrue(found == root, "the proof must lead to the root");
        assertTrue(needed == siblings.length, "the proof must have what is needed and no more");
    }

    /// Place and hash of the leaves in `mask`.
    function _nodes(bytes32[] memory leaves, uint256 mask) private pure returns (bytes32[] memory nodes) {
        uint256 count;
        for (uint256 i = 0; i < leaves.length; ++i) {
            count += (mask >> i) & 1;
        }
        nodes = new bytes32[](2 * count);
        uint256 next;
        for (uint256 i = 0; i < leaves.length; ++i) {
            if ((mask >> i) & 1 == 0) continue;
            (nodes[next], nodes[next + 1]) = (bytes32(i), leaves[i]);
            next += 2;
        }
    }

    /// The nodes beside those that follow from the leaves in `mask`, read off the levels of the tree.
    function _siblings(bytes32[] memory level, uint256 mask) private pure returns (bytes32[] memory siblings) {
        bytes32[] memory found = new bytes32[](level.length);
        uint256 count;
        while (level.length > 1) {
            bytes32[] memory above = new bytes32[]((level.length + 1) / 2);
            uint256 maskAbove;
            for (uint256 i = 0; i < level.length; ++i) {
                if ((mask >> i) & 1 == 1) maskAbove |= 1 << (i / 2);
                else if ((i ^ 1) < level.length && (mask >> (i ^ 1)) & 1 == 1) found[count++] = level[i];
                if (i % 2 == 1) above[i / 2] = Hashes.commutativeKeccak256(level[i - 1], level[i]);
                else if (i + 1 == level.length) above[i / 2] = level[i];
            }
            (level, mask) = (above, maskAbove);
        }
        siblings = new bytes32[](count);
        for (uint256 i = 0; i < count; ++i) {
            siblings[i] = found[i];
        }
    }

    function _leaves(uint256 size, uint256 seed) private pure returns (bytes32[] memory leaves) {
        leaves = new bytes32[](size);
        for (uint256 i = 0; i < size; ++i) {
            leaves[i] = keccak256(abi.encode(i, seed, "leaf"));
        }
    }
}
