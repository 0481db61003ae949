// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {OrderId} from "./Orders.sol";
import {Wh, Price, Points, Ppm} from "./Units.sol";

/// @dev A trade in four words, as Clearing commits to it. Its hash is a leaf of its chunk's Merkle tree.
///   purchase  buyer 160 | energy that the sell order offers 64 | dual price of the buy order 32   = 256 bits
///   sale      seller 160 | energy sold 64 | dual price of the sell order 32                       = 256 bits
///   terms     buy id 40 | sell id 40 | device 32 | price 32 | reserved 88                         = 232 bits
///   context   sold before by the device 48 | fill before of the sell order 48 | bought before by the buyer's meter 32
///             | energy that the buy order wants 32 | fill before of the buy order 64 | meter 32   = 256 bits
/// from the most significant bit downwards (terms: 24 zero bits on top). Without a meter, what it bought and what the buy
/// order wants are zero.
struct PackedTrade {
    uint256 purchase;
    uint256 sale;
    uint256 terms;
    uint256 context;
}

/// @dev Where a trade stands within a proposal.
struct TradePosition {
    uint32 chunk;
    uint8 index;
}

/// @dev The most trades in one chunk, so that the state of a chunk is one word, two bits a trade.
uint256 constant MAX_CHUNK = 128;

/// @notice Where a trade stands in the order of its proposal: sell id 40 | buy id 40. Links rise, so a pair trades at most once.
function linkOf(OrderId buyId, OrderId sellId) pure returns (uint80) {
    return (uint80(OrderId.unwrap(sellId)) << 40) | OrderId.unwrap(buyId);
}

/// @notice The seller's device that delivers, from a trade's terms.
function deviceIn(uint256 terms) pure returns (uint32) {
    return uint32(terms >> 120);
}

/// @notice The buyer's meter, from a trade's context; 0: none.
function meterIn(uint256 context) pure returns (uint32) {
    return uint32(context);
}

/// @dev Reading the fields of a packed trade.
library TradeFields {
    function buyer(PackedTrade memory trade) internal pure returns (address) {
        return address(uint160(trade.purchase >> 96));
    }

    /// @dev Energy that the sell order offers, Wh: at least what is sold.
    function offered(PackedTrade memory trade) internal pure returns (Wh) {
        return Wh.wrap(uint64(trade.purchase >> 32));
    }

    /// @dev Dual price of the buy order, ppm (one-to-one) or ppm per Wh (divisible).
    function buyerDual(PackedTrade memory trade) internal pure returns (Ppm) {
        return Ppm.wrap(uint32(trade.purchase));
    }

    function seller(PackedTrade memory trade) internal pure returns (address) {
        return address(uint160(trade.sale >> 96));
    }

    /// @dev Energy sold, Wh.
    function energy(PackedTrade memory trade) internal pure returns (Wh) {
        return Wh.wrap(uint64(trade.sale >> 32));
    }

    /// @dev Dual price of the sell order, in the buy order's unit.
    function sellerDual(PackedTrade memory trade) internal pure returns (Ppm) {
        return Ppm.wrap(uint32(trade.sale));
    }

    function buyId(PackedTrade memory trade) internal pure returns (OrderId) {
        return OrderId.wrap(uint40(trade.terms >> 192));
    }

    function sellId(PackedTrade memory trade) internal pure returns (OrderId) {
        return OrderId.wrap(uint40(trade.terms >> 152));
    }

    /// @dev Ids of its orders, buy and sell.
    function ids(PackedTrade memory trade) internal pure returns (OrderId, OrderId) {
        return (buyId(trade), sellId(trade));
    }

    /// @dev The seller's device that delivers.
    function device(PackedTrade memory trade) internal pure returns (uint32) {
        return deviceIn(trade.terms);
    }

    /// @dev Micro-points per kWh.
    function price(PackedTrade memory trade) internal pure returns (Price) {
        return Price.wrap(uint32(trade.terms >> 88));
    }

    /// @dev Money of the buyer that the trade holds until it ends, micro-points.
    function reserved(PackedTrade memory trade) internal pure returns (Points) {
        return Points.wrap(uint88(trade.terms));
    }

    /// @dev Energy of the slot that the device sold in orders decided before, Wh.
    function soldBefore(PackedTrade memory trade) internal pure returns (Wh) {
        return Wh.wrap(uint48(trade.context >> 208));
    }

    /// @dev Energy that the sell order sold in the trades before, in the order of the round, Wh.
    function sellerFilledBefore(PackedTrade memory trade) internal pure returns (Wh) {
        return Wh.wrap(uint48(trade.context >> 160));
    }

    /// @dev Energy of the slot that the buyer's meter bought in orders decided before, Wh.
    function boughtBefore(PackedTrade memory trade) internal pure returns (Wh) {
        return Wh.wrap(uint32(trade.context >> 128));
    }

    /// @dev Energy that the buy order wants, Wh: at least what is sold; 0 without a meter.
    function wanted(PackedTrade memory trade) internal pure returns (Wh) {
        return Wh.wrap(uint32(trade.context >> 96));
    }

    /// @dev Energy that the buy order bought in the trades before, in the order of the round, Wh.
    function buyerFilledBefore(PackedTrade memory trade) internal pure returns (Wh) {
        return Wh.wrap(uint64(trade.context >> 32));
    }

    /// @dev The buyer's meter; 0: none.
    function meter(PackedTrade memory trade) internal pure returns (uint32) {
        return meterIn(trade.context);
    }
}
