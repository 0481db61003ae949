// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {Slot} from "../types/Slots.sol";

/// @dev The id of the certificates of a device and slot: device 32 | slot length 32 | slot start 40, from the top down.
function lotId(uint32 device, Slot slot) pure returns (uint256) {
    return (uint256(device) << 72) | Slot.unwrap(slot);
}

/// @dev The device and the slot of an id. Reverts if: the id has more than 104 bits.
function lotOfId(uint256 id) pure returns (uint32 device, Slot slot) {
    return (SafeCast.toUint32(id >> 72), Slot.wrap(uint72(id)));
}
