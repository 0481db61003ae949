// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {Wh} from "./Units.sol";

/// @dev What a device measured in one delivery slot. The counters are those at the slot's end and
/// never fall; a counter less the slot's energy is at least the counter of the last reading.
struct Reading {
    uint32 device;
    /// Start of the slot, Unix seconds.
    uint40 slotStart;
    /// Energy fed into the network during the slot, Wh.
    Wh exported;
    /// Energy drawn from the network during the slot, Wh.
    Wh imported;
    /// Lifetime export at the end of the slot, Wh.
    Wh exportCounter;
    /// Lifetime import at the end of the slot, Wh.
    Wh importCounter;
}
