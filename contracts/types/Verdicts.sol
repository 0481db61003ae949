// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {Price} from "./Units.sol";

/// @dev What a mechanism says of a trade: worth 40 | price 32, from the most significant bit down.
///   worth  what the trade (one-to-one) or each Wh of it (divisible) adds to the objective, in the mechanism's unit
///   price  micro-points per kWh
type Verdict is uint256;

using {price, worth} for Verdict global;

function packVerdict(Price price_, uint40 worth_) pure returns (Verdict) {
    return Verdict.wrap((uint256(worth_) << 32) | Price.unwrap(price_));
}

/// @notice The trade's price, micro-points per kWh.
function price(Verdict verdict) pure returns (Price) {
    return Price.wrap(uint32(Verdict.unwrap(verdict)));
}

/// @notice What the trade, or each Wh of it, adds to the objective.
function worth(Verdict verdict) pure returns (uint40) {
    return uint40(Verdict.unwrap(verdict) >> 32);
}
