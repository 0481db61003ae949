// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {IOrderBook} from "../../../interfaces/IOrderBook.sol";
import {AttributeSource, Market} from "../../types/Markets.sol";
import {MAX_ATTRIBUTES} from "../../types/Orders.sol";
import {ONE_PPM, Ppm} from "../../types/Units.sol";

/// @title What rules a market may have
library MarketRules {
    /// @dev The longest time from when a trade can be paid to when its buyer can be refunded, seconds,
    /// beyond one slot.
    uint256 internal constant MAX_REFUND_DELAY = 30 days;

    /// @notice Check the rules of a market about to open.
    /// Reverts if: not now < closesAt ≤ slotStart; not closesAt < finalBy; refundFrom is less than one slot,
    /// or more than one slot and 30 days, after the round can be final and the slot is over (sellers need
    /// time to be paid, buyers an end); slotStart is not a multiple of the slot length; a count is
    /// above 8 or differs from the number of names; a mask or list goes beyond its count; a source is
    /// unknown; the class that takes the device's source does not exist; there is no arbiter; a rate is
    /// above 1.
    function check(Market calldata rules, uint256 attributes, uint256 classes, uint40 slotLength) internal view {
        uint256 settled = Math.max(rules.finalBy, uint256(rules.slotStart) + slotLength) + slotLength;
        require(
            block.timestamp < rules.closesAt && rules.closesAt <= rules.slotStart && rules.closesAt < rules.finalBy
                && settled <= rules.refundFrom && rules.refundFrom <= settled + MAX_REFUND_DELAY
                && rules.slotStart % slotLength == 0,
            IOrderBook.Market_BadTimes(rules.closesAt, rules.finalBy, rules.slotStart, rules.refundFrom)
        );
        require(
            attributes <= MAX_ATTRIBUTES && classes <= MAX_ATTRIBUTES && rules.attributeCount == attributes
                && rules.classCount == classes && rules.sourceClass <= classes && rules.incomeMask >> attributes == 0,
            IOrderBook.Market_BadSchema(attributes, classes)
        );
        for (uint256 f = 0; f < MAX_ATTRIBUTES; ++f) {
            uint8 source = uint8(rules.sources[f]);
            require(
                source <= uint8(type(AttributeSource).max) && (f < attributes || source == 0),
                IOrderBook.Market_BadSource(f)
            );
        }
        require(rules.arbiter != address(0), IOrderBook.Market_NoArbiter());
        require(Ppm.unwrap(rules.tolerance) <= ONE_PPM, IOrderBook.Market_RateAboveOne(Ppm.unwrap(rules.tolerance)));
        require(Ppm.unwrap(rules.penalty) <= ONE_PPM, IOrderBook.Market_RateAboveOne(Ppm.unwrap(rules.penalty)));
    }
}
