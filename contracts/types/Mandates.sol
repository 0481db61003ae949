// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {Price, Wh} from "./Units.sol";

/// @dev A mandate in nine words: what a delegate may order in a trader's name.
///   head    trader 160 | most energy of a slot 64 (Wh) | highest bid 32                        = 256 bits
///   keys    delegate 160 | lowest minimum 32 | device 32 | min fill 32                         = 256 bits
///   times   shortest refund 32 | serial 32 | sides 8 | longest refund 32 | longest lead 32 | shortest lead 32 | until 40 | from 40
///           = 248 bits
///   amounts longest ahead 32 | most energy 64 (Wh) | requires 64 | classes 64                  = 224 bits
/// from the most significant bit downwards, prices in micro-points per kWh, lengths in seconds, times in Unix seconds; zeros
/// on top. Arrays of eight lie in one word, element 0 in the lowest 32 bits.
struct PackedMandate {
    uint256 head;
    uint256 keys;
    uint256 times;
    uint256 amounts;
    /// The design of the markets (IMarkets.designOf).
    bytes32 design;
    /// Of the buy orders: expectations, limits and weights, 8 × uint32 each.
    uint256 expectations;
    uint256 limits;
    uint256 weights;
    /// Of the sell orders: values of the attributes, 8 × uint32.
    uint256 attributes;
}

/// @dev Reading the fields of a packed mandate.
library MandateFields {
    /// @dev Who gives the mandate, and trades.
    function trader(PackedMandate calldata mandate) internal pure returns (address) {
        return address(uint160(mandate.head >> 96));
    }

    /// @dev The most energy of its orders of one delivery slot, of both sides, Wh.
    function mostPerSlot(PackedMandate calldata mandate) internal pure returns (Wh) {
        return Wh.wrap(uint64(mandate.head >> 32));
    }

    /// @dev The highest bid of its buy orders, micro-points per kWh.
    function highestBid(PackedMandate calldata mandate) internal pure returns (Price) {
        return Price.wrap(uint32(mandate.head));
    }

    /// @dev Whose key signs its orders.
    function delegate(PackedMandate calldata mandate) internal pure returns (address) {
        return address(uint160(mandate.keys >> 96));
    }

    /// @dev The lowest minimum of its sell orders, micro-points per kWh.
    function lowestMinimum(PackedMandate calldata mandate) internal pure returns (Price) {
        return Price.wrap(uint32(mandate.keys >> 64));
    }

    /// @dev The device of its sell orders, and the meter of its buy orders where one counts; 0: none.
    function device(PackedMandate calldata mandate) internal pure returns (uint32) {
        return uint32(mandate.keys >> 32);
    }

    /// @dev The min fill of its orders, ppm.
    function minFill(PackedMandate calldata mandate) internal pure returns (uint32) {
        return uint32(mandate.keys);
    }

    /// @dev From when on delivery slots may begin, Unix seconds.
    function from(PackedMandate calldata mandate) internal pure returns (uint40) {
        return uint40(mandate.times);
    }

    /// @dev When delivery slots have ended, Unix seconds.
    function until(PackedMandate calldata mandate) internal pure returns (uint40) {
        return uint40(mandate.times >> 40);
    }

    /// @dev The shortest time from gate closure to the slot, seconds.
    function shortestLead(PackedMandate calldata mandate) internal pure returns (uint32) {
        return uint32(mandate.times >> 80);
    }

    /// @dev The longest time from gate closure to the slot, seconds.
    function longestLead(PackedMandate calldata mandate) internal pure returns (uint32) {
        return uint32(mandate.times >> 112);
    }

    /// @dev The longest time from the start of the slot to when a buyer can take the money back, seconds.
    function longestRefund(PackedMandate calldata mandate) internal pure returns (uint32) {
        return uint32(mandate.times >> 144);
    }

    /// @dev The shortest time from the start of the slot to when a buyer can take the money back, seconds.
    function shortestRefund(PackedMandate calldata mandate) internal pure returns (uint32) {
        return uint32(mandate.times >> 216);
    }

    /// @dev The longest time from when an order is posted to its slot, seconds.
    function longestAhead(PackedMandate calldata mandate) internal pure returns (uint32) {
        return uint32(mandate.amounts >> 192);
    }

    /// @dev Whether it is for buy orders.
    function buys(PackedMandate calldata mandate) internal pure returns (bool) {
        return (mandate.times >> 176) & 1 == 1;
    }

    /// @dev Whether it is for sell orders.
    function sells(PackedMandate calldata mandate) internal pure returns (bool) {
        return (mandate.times >> 177) & 1 == 1;
    }

    /// @dev Tells equal mandates apart.
    function serial(PackedMandate calldata mandate) internal pure returns (uint32) {
        return uint32(mandate.times >> 184);
    }

    /// @dev The classes of its sell orders.
    function classes(PackedMandate calldata mandate) internal pure returns (bytes8) {
        return bytes8(uint64(mandate.amounts));
    }

    /// @dev What its buy orders require of the classes.
    function requires(PackedMandate calldata mandate) internal pure returns (bytes8) {
        return bytes8(uint64(mandate.amounts >> 64));
    }

    /// @dev The most energy of all its orders that are open or have traded, Wh.
    function most(PackedMandate calldata mandate) internal pure returns (Wh) {
        return Wh.wrap(uint64(mandate.amounts >> 128));
    }
}
