// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {Trade} from "../../types/Trades.sol";

/// @title Hashes of trades: the leaf in a chunk's Merkle tree, and the id
library TradeHashing {
    /// @notice Leaf of the trade at `index` of its chunk.
    /// @dev Eleven words, so that no inner node (two words) can be taken for a leaf.
    function leaf(uint256 index, Trade memory trade) internal pure returns (bytes32) {
        return keccak256(abi.encode(index, trade));
    }

    /// @notice The same leaf, hashed from the calldata as they are.
    /// @dev A word with bits beyond its field gives a leaf that stands in no tree.
    function leafOf(uint256 index, Trade calldata trade) internal pure returns (bytes32 hash) {
        // Equivalent to keccak256(abi.encode(index, trade)), without taking memory for good.
        assembly ("memory-safe") {
            let scratch := mload(0x40)
            mstore(scratch, index)
            calldatacopy(add(scratch, 32), trade, 320)
            hash := keccak256(scratch, 352)
        }
    }

    /// @notice The id of a trade: a function of its orders, the agent and the market, as
    /// Rand = Hash(PU, BU, MTC) of Zhao et al. (2020).
    function id(bytes32 market, address agent, Trade memory trade) internal pure returns (bytes32) {
        return keccak256(abi.encode(trade.sellId, trade.buyId, agent, market));
    }
}
