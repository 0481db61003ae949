// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {Wh} from "./Units.sol";

/// @dev What a device measured in one interval, in two words, as it is reported, hashed and logged:
///   head   version 16 | quality 8 | length 32 | previous start 40 | device 32 | start 40     = 168 bits
///   flows  exported 64 | imported 64 | export counter 64 | import counter 64                 = 256 bits
/// from the most significant bit downwards (head: 88 zero bits on top). The counters are those at the interval's end and
/// never fall; a counter less the interval's energy is at least the counter of the last reading.
struct PackedReading {
    uint256 head;
    uint256 flows;
}

/// @dev Bits of `head` that say which interval of which device it is: device and start.
uint256 constant INTERVAL_MASK = type(uint72).max;

/// @dev Quality of a reading that the device measured itself. Kept for later: 2 substituted, 3 estimated.
uint8 constant MEASURED = 1;

/// @notice The bits of `head` above device and start, of the first version of a measured interval of `length` seconds
/// that starts at `startAt` and directly follows another.
/// @dev Warning: `startAt` must be at least `length`.
function neutralHead(uint40 startAt, uint40 length) pure returns (uint256) {
    unchecked {
        return (1 << 152) | (uint256(MEASURED) << 144) | (uint256(length) << 112) | (uint256(startAt - length) << 72);
    }
}

/// @dev Reading the fields of a packed reading.
library ReadingFields {
    /// @dev Id of the device in the registry.
    function device(PackedReading memory reading) internal pure returns (uint32) {
        return uint32(reading.head >> 40);
    }

    /// @dev Start of the interval, Unix seconds.
    function startAt(PackedReading memory reading) internal pure returns (uint40) {
        return uint40(reading.head);
    }

    /// @dev Length of the interval, seconds.
    function length(PackedReading memory reading) internal pure returns (uint32) {
        return uint32(reading.head >> 112);
    }

    /// @dev Start of the interval that the device measured before this one, Unix seconds.
    function previousStartAt(PackedReading memory reading) internal pure returns (uint40) {
        return uint40(reading.head >> 72);
    }

    /// @dev 1 measured, 2 substituted, 3 estimated.
    function quality(PackedReading memory reading) internal pure returns (uint8) {
        return uint8(reading.head >> 144);
    }

    /// @dev 1 for what the device first said of the interval; each correction counts one more.
    function version(PackedReading memory reading) internal pure returns (uint16) {
        return uint16(reading.head >> 152);
    }

    /// @dev Energy fed into the network during the interval, Wh.
    function exported(PackedReading memory reading) internal pure returns (Wh) {
        return Wh.wrap(uint64(reading.flows >> 192));
    }

    /// @dev Energy drawn from the network during the interval, Wh.
    function imported(PackedReading memory reading) internal pure returns (Wh) {
        return Wh.wrap(uint64(reading.flows >> 128));
    }

    /// @dev Lifetime export at the end of the interval, Wh.
    function exportCounter(PackedReading memory reading) internal pure returns (Wh) {
        return Wh.wrap(uint64(reading.flows >> 64));
    }

    /// @dev Lifetime import at the end of the interval, Wh.
    function importCounter(PackedReading memory reading) internal pure returns (Wh) {
        return Wh.wrap(uint64(reading.flows));
    }
}
