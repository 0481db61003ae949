// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {Hashes} from "@openzeppelin/contracts/utils/cryptography/Hashes.sol";

/// @title Merkle roots of batches
/// @notice The commitment to a batch of orders, trades or readings.
/// @dev Leaf `i` is keccak256(abi.encode(i, item)): more than 64 bytes, so that no leaf is a node. Two
/// nodes are hashed in sorted order, so that a proof needs no directions, and an odd last node of a level
/// moves up unpaired. Proofs are those of OpenZeppelin's MerkleProof.
library BatchRoot {
    error BatchRoot_NoLeaves();

    /// @notice The root over `leaves`.
    /// @dev Warning: works in place; afterwards the array holds inner nodes.
    /// Reverts if: there are no leaves.
    function rootOf(bytes32[] memory leaves) internal pure returns (bytes32) {
        uint256 width = leaves.length;
        require(width != 0, BatchRoot_NoLeaves());
        while (width > 1) {
            uint256 pairs = width / 2;
            for (uint256 i = 0; i < pairs; ++i) {
                // Cannot overflow: 2 · i + 1 < width.
                unchecked {
                    leaves[i] = Hashes.commutativeKeccak256(leaves[2 * i], leaves[2 * i + 1]);
                }
            }
            if (width % 2 == 1) leaves[pairs] = leaves[width - 1];
            width -= pairs;
        }
        return leaves[0];
    }
}
