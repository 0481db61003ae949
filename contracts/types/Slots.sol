// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

/// @dev A delivery slot: length 32 (seconds) | start 40 (Unix seconds), from the most significant bit down.
type Slot is uint72;

using {startAt, length} for Slot global;

function slotOf(uint40 startAt_, uint32 length_) pure returns (Slot) {
    return Slot.wrap((uint72(length_) << 40) | startAt_);
}

/// @notice Start of the slot, Unix seconds.
function startAt(Slot slot) pure returns (uint40) {
    return uint40(Slot.unwrap(slot));
}

/// @notice Length of the slot, seconds.
function length(Slot slot) pure returns (uint32) {
    return uint32(Slot.unwrap(slot) >> 40);
}
