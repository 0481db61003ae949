// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

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
        // Equivalent to, while width > 1: leaves[i] = Hashes.commutativeKeccak256(leaves[2 · i], leaves[2 · i + 1])
        // for each pair, leaves[width / 2] = leaves[width - 1] if width is odd, width = (width + 1) / 2.
        assembly ("memory-safe") {
            let first := add(leaves, 32)
            for {} gt(width, 1) { width := shr(1, add(width, 1)) } {
                let child := first
                let end := add(first, shl(5, shr(1, width)))
                for { let parent := first } lt(parent, end) { parent := add(parent, 32) } {
                    let a := mload(child)
                    let b := mload(add(child, 32))
                    let swap := mul(xor(a, b), lt(b, a))
                    mstore(0, xor(a, swap))
                    mstore(32, xor(b, swap))
                    mstore(parent, keccak256(0, 64))
                    child := add(child, 64)
                }
                if and(width, 1) { mstore(end, mload(child)) }
            }
        }
        return leaves[0];
    }
}
