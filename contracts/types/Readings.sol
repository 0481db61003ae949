// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {Wh} from "./Units.sol";

/// @dev What a device measured in one interval, in two words, as it is reported, hashed and logged:
///   head   zero 47 | gap 1 | last start 40 | version 16 | quality 8 | length 32 | previous start 40 | device 32 | start 40
///   flows  exported 64 | imported 64 | export counter 64 | import counter 64
/// from the most significant bit downwards. The device signs the lower 168 bits of `head` and `flows`; the upper ones are zero
/// when it is reported. Of a reading that was taken after a gap they say so, and where the last one before the gap started. The
/// counters are those at the interval's end.
struct PackedReading {
    uint256 head;
    uint256 flows;
}

/// @dev Where a reading stands.
struct ReadingProof {
    uint64 batch;
    uint16 index;
    bytes32[] siblings;
}

/// @dev A reading with its proof.
struct ProvenReading {
    PackedReading reading;
    ReadingProof proof;
}

/// @dev Qualities: the device measured the energy itself; it was put in place of what is missing, by a rule; it was estimated.
uint8 constant MEASURED = 1;
uint8 constant ESTIMATED = 3;

/// @dev Width of what a device signs of `head`, bits.
uint256 constant SIGNED_BITS = 168;

/// @notice The bits of `head` that say that a reading was taken after a gap, before which the last interval of the device started
/// at `lastStart`, Unix seconds, 0 if there was none.
function gapAfter(uint40 lastStart) pure returns (uint256) {
    return (1 << 208) | (uint256(lastStart) << SIGNED_BITS);
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

    /// @dev Start of the interval that the device measured before this one, Unix seconds; 0 if it was its first.
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

    /// @dev Start of the interval before which, and this one, there is none on the chain, nor ever will be; Unix seconds, 0 if
    /// there is none at all before it.
    function lastStart(PackedReading memory reading) internal pure returns (uint40) {
        return (reading.head >> 208) & 1 == 1 ? uint40(reading.head >> SIGNED_BITS) : previousStartAt(reading);
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
