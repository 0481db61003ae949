// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {Points, Wh} from "./Units.sol";

/// @dev How a trade ends, in three words:
///   debit   buyer 160 | micro-points that the buyer's account holds for the trade 96    = 256 bits
///   credit  seller 160 | micro-points for the seller, at most the held ones 96          = 256 bits
///   record  energy promised by the seller, Wh 64 | energy delivered of it, Wh 64        = 128 bits
/// from the most significant bit downwards (record: 128 zero bits on top; all zero: the trade does not count).
struct PackedPayment {
    uint256 debit;
    uint256 credit;
    uint256 record;
}

/// @notice The account of a debit or credit.
function accountOf(uint256 entry) pure returns (address) {
    return address(uint160(entry >> 96));
}

/// @notice The micro-points of a debit or credit.
function pointsOf(uint256 entry) pure returns (uint96) {
    return uint96(entry);
}

/// @notice Energy promised, Wh.
function promisedOf(uint256 record) pure returns (Wh) {
    return Wh.wrap(uint64(record >> 64));
}

/// @notice Energy delivered of it, Wh.
function deliveredOf(uint256 record) pure returns (Wh) {
    return Wh.wrap(uint64(record));
}

/// @notice A debit or credit.
/// @dev Warning: needs points < 2^96.
function entryOf(address account, Points points) pure returns (uint256) {
    return (uint256(uint160(account)) << 96) | Points.unwrap(points);
}

/// @notice What a track record counts of a trade.
function recordOf(Wh promised, Wh delivered) pure returns (uint256) {
    return (uint256(Wh.unwrap(promised)) << 64) | Wh.unwrap(delivered);
}
