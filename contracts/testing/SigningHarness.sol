// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {OrderHashing} from "../shared/OrderHashing.sol";
import {ReadingHashing} from "../shared/ReadingHashing.sol";
import {PackedOrder} from "../types/Orders.sol";
import {PackedReading} from "../types/Readings.sol";

/// @title The hashes that are signed, as a contract, so that other implementations can be held against them
contract SigningHarness {
    /// @notice EIP-712 struct hash of the order as its trader signs it for `market`.
    function orderHash(bytes32 market, PackedOrder memory order) external pure returns (bytes32) {
        return OrderHashing.structHash(market, order);
    }

    /// @notice Leaf of the order at `index` of its batch.
    function orderLeaf(uint256 index, PackedOrder calldata order) external pure returns (bytes32) {
        return OrderHashing.leafOf(index, order);
    }

    /// @notice EIP-712 struct hash of the reading as its device signs it.
    function readingHash(PackedReading memory reading) external pure returns (bytes32) {
        return ReadingHashing.structHash(reading);
    }

    /// @notice Leaf of the reading at `index` of its batch.
    function readingLeaf(uint256 index, PackedReading memory reading) external pure returns (bytes32) {
        return ReadingHashing.leafOf(index, reading);
    }
}
