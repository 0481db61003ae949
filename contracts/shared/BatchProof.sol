// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

/// @title Proofs of several leaves of a batch at once
/// @notice For trees of BatchRoot, whose number of leaves is known. Leaves beside each other share the nodes above them.
library BatchProof {
    /// @notice The root that follows from some leaves of a tree and from the nodes beside them, and how many of these that needs.
    /// @dev Warning: works in place. Needs at least one leaf, and places that rise and are below `count`. With fewer siblings
    /// than needed, the root is of whatever follows them in the calldata.
    /// @param nodes Place and hash of each leaf, in turn.
    /// @param count Number of all leaves.
    /// @param siblings The nodes that are hashed with what follows from the leaves: level by level, from left to right.
    function rootOf(bytes32[] memory nodes, uint256 count, bytes32[] calldata siblings)
        internal
        pure
        returns (bytes32 root, uint256 needed)
    {
        (uint256 last, uint256 next) = _join(nodes, count, siblings);
        (root, next) = _climb(uint256(nodes[0]), nodes[1], last, next);
        uint256 start;
        // Equivalent to the place of siblings[0] in the calldata.
        assembly ("memory-safe") {
            start := siblings.offset
        }
        return (root, (next - start) / 32);
    }

    /// @dev Go up, level by level, until one node is left, the first in `nodes`.
    /// @return last The last place of its level.
    /// @return next Where in the calldata the next sibling is.
    // The xor in the assembly is one.
    // slither-disable-next-line incorrect-exp
    function _join(bytes32[] memory nodes, uint256 count, bytes32[] calldata siblings)
        private
        pure
        returns (uint256 last, uint256 next)
    {
        // Equivalent to, for each level: a node at `place` becomes its parent at place / 2, whose hash is
        // Hashes.commutativeKeccak256 of the node and of the one at place ^ 1, which is the next node if that is there, else the
        // next sibling; where place ^ 1 is beyond `last`, the hash stays. Then last = last / 2. Without assembly 24 leaves that
        // are apart cost 120 000 gas more.
        assembly ("memory-safe") {
            function parentOf(a, b) -> hash {
                let swap := mul(xor(a, b), lt(b, a))
                mstore(0, xor(a, swap))
                mstore(32, xor(b, swap))
                hash := keccak256(0, 64)
            }
            let first := add(nodes, 32)
            next := siblings.offset
            last := sub(count, 1)
            for { let end := add(first, shl(5, mload(nodes))) } gt(sub(end, first), 64) { last := shr(1, last) } {
                let parent := first
                for { let node := first } lt(node, end) { parent := add(parent, 64) } {
                    let place := mload(node)
                    let hash := mload(add(node, 32))
                    node := add(node, 64)
                    switch and(lt(node, end), eq(mload(node), xor(place, 1)))
                    case 1 {
                        hash := parentOf(hash, mload(add(node, 32)))
                        node := add(node, 64)
                    }
                    default {
                        if iszero(gt(xor(place, 1), last)) {
                            hash := parentOf(hash, calldataload(next))
                            next := add(next, 32)
                        }
                    }
                    mstore(parent, shr(1, place))
                    mstore(add(parent, 32), hash)
                }
                end := parent
            }
        }
    }

    /// @dev The root above the only node of a level, and where in the calldata the siblings end.
    // slither-disable-next-line incorrect-exp
    function _climb(uint256 place, bytes32 node, uint256 last, uint256 next) private pure returns (bytes32, uint256) {
        // Equivalent to `_join` of one node. Without assembly 14 levels cost 3 000 gas more.
        assembly ("memory-safe") {
            for {} last { last := shr(1, last) } {
                if iszero(gt(xor(place, 1), last)) {
                    let sibling := calldataload(next)
                    let swap := mul(xor(node, sibling), lt(sibling, node))
                    mstore(0, xor(node, swap))
                    mstore(32, xor(sibling, swap))
                    node := keccak256(0, 64)
                    next := add(next, 32)
                }
                place := shr(1, place)
            }
        }
        return (node, next);
    }
}
