// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {PackedReading, ReadingFields} from "../types/Readings.sol";

/// @title Hashes of readings: what the device signs, and the leaf in a batch's Merkle tree
library ReadingHashing {
    using ReadingFields for PackedReading;

    bytes32 internal constant READING_TYPEHASH = keccak256(
        "Reading(uint32 device,uint40 startAt,uint32 lengthSeconds,uint40 previousStartAt,uint64 exportedWh,"
        "uint64 importedWh,uint64 exportCounterWh,uint64 importCounterWh,uint8 quality,uint16 version)"
    );

    /// @notice EIP-712 struct hash of the reading as its device signs it.
    /// @dev Warning: the 88 bits on top of `head` are not part of it.
    function structHash(PackedReading memory reading) internal pure returns (bytes32) {
        return keccak256(
            abi.encode(
                READING_TYPEHASH,
                reading.device(),
                reading.startAt(),
                reading.length(),
                reading.previousStartAt(),
                reading.exported(),
                reading.imported(),
                reading.exportCounter(),
                reading.importCounter(),
                reading.quality(),
                reading.version()
            )
        );
    }

    /// @notice Leaf of the reading at `index` of its batch.
    /// @dev Three words, so that no inner node (two words) can be taken for a leaf.
    function leafOf(uint256 index, PackedReading memory reading) internal pure returns (bytes32) {
        return keccak256(abi.encode(index, reading));
    }
}
