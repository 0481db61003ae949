// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {OrderId} from "./Orders.sol";
import {Wh, Price, Points, Ppm} from "./Units.sol";

/// @dev A trade as Clearing commits to it. Its hash is a leaf of its chunk's Merkle tree.
struct Trade {
    OrderId buyId;
    OrderId sellId;
    address buyer;
    address seller;
    /// The seller's device that delivers.
    uint32 device;
    /// Energy sold, Wh.
    Wh energy;
    /// Micro-points per kWh.
    Price price;
    /// Money that the buyer's order reserved: the value of its energy at its bid, micro-points.
    Points reserved;
    /// Dual price of the buyer's order, ppm.
    Ppm buyerDual;
    /// Dual price of the seller's order, ppm. The two sum to the score of the pair.
    Ppm sellerDual;
}

/// @dev Where a trade stands within a proposal.
struct TradePosition {
    uint32 chunk;
    uint8 index;
}

/// @dev The most trades in one chunk, so that the state of a chunk is one word of bits.
uint256 constant MAX_CHUNK = 256;
