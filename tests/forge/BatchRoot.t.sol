// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {MerkleProof} from "@openzeppelin/contracts/utils/cryptography/MerkleProof.sol";
import {BatchRoot} from "../../contracts/shared/BatchRoot.sol";
import {ForgeTest} from "./Vm.sol";

contract BatchRootTest is ForgeTest {
    /// Every size up to 64 and every index: the proof read off the levels of the tree is one that
    /// OpenZeppelin accepts for the root, and for no neighbouring leaf.
    function test_everyLeafHasAProof() public pure {
        for (uint256 size = 1; size <= 64; ++size) {
            bytes32 root = BatchRoot.rootOf(_leaves(size, 0));
            for (uint256 index = 0; index < size; ++index) {
                bytes32[] memory siblings = siblingsOf(_leaves(size, 0), index);
                assertTrue(MerkleProof.verify(siblings, root, _leaf(0, index)), "a leaf must have a proof");
                assertTrue(!MerkleProof.verify(siblings, root, _leaf(0, index + 1)), "only this leaf has it");
            }
        }
    }

    function testFuzz_rootNamesEveryLeaf(uint256 seed, uint256 size, uint256 index, bytes32 other) public pure {
        size = fold(size, 1, 256);
        index = fold(index, 0, size - 1);
        bytes32[] memory changed = _leaves(size, seed);
        vm.assume(changed[index] != other);
        changed[index] = other;
        assertTrue(BatchRoot.rootOf(changed) != BatchRoot.rootOf(_leaves(size, seed)), "another leaf, another root");
    }

    function test_noLeavesHaveNoRoot() public {
        vm.expectRevert(abi.encodeWithSelector(BatchRoot.BatchRoot_NoLeaves.selector));
        this.rootOf(new bytes32[](0));
    }

    function rootOf(bytes32[] memory leaves) external pure returns (bytes32) {
        return BatchRoot.rootOf(leaves);
    }

    function _leaf(uint256 seed, uint256 index) private pure returns (bytes32) {
        return keccak256(abi.encode(index, seed, "leaf"));
    }

    function _leaves(uint256 size, uint256 seed) private pure returns (bytes32[] memory leaves) {
        leaves = new bytes32[](size);
        for (uint256 i = 0; i < size; ++i) {
            leaves[i] = _leaf(seed, i);
        }
    }
}
