// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {PackedTrade, TradeFields} from "../types/Trades.sol";

/// @title Hashes of trades: the leaf in a chunk's Merkle tree, and the id
library TradeHashing {
    using TradeFields for PackedTrade;

    /// @notice Leaf of the trade at `index` of its chunk.
    /// @dev Five words, so that no inner node (two words) can be taken for a leaf.
    function leaf(uint256 index, PackedTrade memory trade) internal pure returns (bytes32 hash) {
        // Equivalent to keccak256(abi.encode(index, trade)), without taking memory for good.
        assembly ("memory-safe") {
            let scratch := mload(0x40)
            mstore(scratch, index)
            mstore(add(scratch, 32), mload(trade))
            mstore(add(scratch, 64), mload(add(trade, 32)))
            mstore(add(scratch, 96), mload(add(trade, 64)))
            mstore(add(scratch, 128), mload(add(trade, 96)))
            hash := keccak256(scratch, 160)
        }
    }

    /// @notice As `leaf`, of a trade in the calldata.
    function leafOf(uint256 index, PackedTrade calldata trade) internal pure returns (bytes32 hash) {
        // Equivalent to keccak256(abi.encode(index, trade)), without taking memory for good.
        assembly ("memory-safe") {
            let scratch := mload(0x40)
            mstore(scratch, index)
            calldatacopy(add(scratch, 32), trade, 128)
            hash := keccak256(scratch, 160)
        }
    }

    /// @notice The id of a trade: a function of its orders, the agent and the market, as
    /// Rand = Hash(PU, BU, MTC) of Zhao et al. (2020).
    function id(bytes32 market, address agent, PackedTrade memory trade) internal pure returns (bytes32) {
        return keccak256(abi.encode(trade.sellId(), trade.buyId(), agent, market));
    }
}
