// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";

/// @dev The id of the certificates of a device and slot: device 32 | slot start 40, from the top down.
function lotId(uint32 device, uint40 slotStart) pure returns (uint256) {
    return (uint256(device) << 40) | slotStart;
}

/// @dev The device and the slot of an id. Reverts if: the id has more than 72 bits.
function lotOfId(uint256 id) pure returns (uint32 device, uint40 slotStart) {
    return (SafeCast.toUint32(id >> 40), uint40(id));
}
