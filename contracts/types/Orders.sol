// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {Ppm, Wh, Price} from "./Units.sol";

/// @dev The two sides of an order.
enum Side {
    Buy,
    Sell
}

/// @dev An order in five words, as it is posted, hashed, scored and logged. The first two words:
///   head   trader 160 | energy 64 | price 32                                          = 256 bits
///   terms  person 26 | mandated 1 | accept 1 | min fill 20 | side 8 | min price 32 | classes 64 | device 32 | nonce 32
///          | expiry 40                                                                = 256 bits
/// from the most significant bit downwards. `person` is zero as signed; in the book the number of the trader's person. The
/// nonce of a mandated order is the number of its mandate. `device` is the seller's device or the buyer's meter. In place of the min price a buy order has zero; in the book what its meter bought of the slot before, Wh.
/// Arrays of eight lie in one word, element 0 in the lowest 32 bits.
struct PackedOrder {
    uint256 head;
    uint256 terms;
    /// Buyer: expectation of each attribute, 8 × uint32. Seller: value of each attribute, 8 × uint32.
    uint256 levels;
    /// Buyer: limit of each attribute, 8 × uint32. Seller: zero as signed; in the book what its device sold of the slot
    /// before, Wh.
    uint256 limits;
    /// Buyer: weight of each attribute in ppm, 8 × uint32, summing to 1 000 000. Seller: zero.
    uint256 weights;
}

/// @dev The bit of `terms` that says that a delegate signed the order inside a mandate.
uint256 constant MANDATED = 1 << 229;

/// @dev Where the person lies in `terms`, above everything else.
uint256 constant PERSON_SHIFT = 230;

/// @dev The most persons that orders can tell apart.
uint32 constant MAX_PERSONS = (1 << 26) - 1;

/// @dev Where an order stands within its market: batch number << 8 | index in the batch.
type OrderId is uint40;

/// @dev The most orders in one batch, so that the state of a batch is one word of bits.
uint256 constant MAX_BATCH = 256;

/// @dev The most soft attributes of a market, and the most categories of hard constraints.
uint256 constant MAX_ATTRIBUTES = 8;

using {batchOf, bitOf, indexOf} for OrderId global;

/// @notice The number of the order's batch within its market.
function batchOf(OrderId id) pure returns (uint256) {
    return OrderId.unwrap(id) >> 8;
}

/// @notice The order's index within its batch, 0 to 255.
function indexOf(OrderId id) pure returns (uint256) {
    return OrderId.unwrap(id) & 0xff;
}

/// @notice The order's bit in its batch's word of state.
function bitOf(OrderId id) pure returns (uint256) {
    return 1 << (OrderId.unwrap(id) & 0xff);
}

/// @notice The id of the order at `index` of batch `batch`.
function orderIdAt(uint256 batch, uint256 index) pure returns (OrderId) {
    return OrderId.wrap(uint40((batch << 8) | index));
}

/// @notice The trader of an order, of its first word.
function traderOf(uint256 head) pure returns (address) {
    return address(uint160(head >> 96));
}

/// @notice The energy of an order, of its first word, Wh.
function energyOf(uint256 head) pure returns (Wh) {
    return Wh.wrap(uint64(head >> 32));
}

/// @notice The side of an order, of its second word.
function sideOf(uint256 terms) pure returns (Side) {
    return (terms >> 200) & 1 == 0 ? Side.Buy : Side.Sell;
}

/// @notice The device of a sell order or the meter of a buy order (0: none), of its second word.
function deviceOf(uint256 terms) pure returns (uint32) {
    return uint32(terms >> 72);
}

/// @dev Reading the fields of a packed order.
library OrderFields {
    function trader(PackedOrder memory order) internal pure returns (address) {
        return traderOf(order.head);
    }

    /// @dev Of an order in the book: the number of the trader's person (IParticipantRegistry), which never changes.
    function person(PackedOrder memory order) internal pure returns (uint256) {
        return order.terms >> PERSON_SHIFT;
    }

    /// @dev Wh.
    function energy(PackedOrder memory order) internal pure returns (Wh) {
        return energyOf(order.head);
    }

    /// @dev The buyer's bid or the seller's ask, micro-points per kWh.
    function price(PackedOrder memory order) internal pure returns (Price) {
        return Price.wrap(uint32(order.head));
    }

    function isBuy(PackedOrder memory order) internal pure returns (bool) {
        return (order.terms >> 200) & 1 == 0;
    }

    function side(PackedOrder memory order) internal pure returns (Side) {
        return isBuy(order) ? Side.Buy : Side.Sell;
    }

    /// @dev Of a sell order in the book: what its device had sold of the slot before it, Wh.
    function soldBefore(PackedOrder memory order) internal pure returns (Wh) {
        return Wh.wrap(uint48(order.limits));
    }

    /// @dev Of a buy order in the book: what its meter had bought of the slot before it, Wh. It takes the place of a sell
    /// order's minimum.
    function boughtBefore(PackedOrder memory order) internal pure returns (Wh) {
        return Wh.wrap(uint32(order.terms >> 168));
    }

    /// @dev The seller's minimum, micro-points per kWh; of a buy order see `boughtBefore`.
    function minPrice(PackedOrder memory order) internal pure returns (Price) {
        return Price.wrap(uint32(order.terms >> 168));
    }

    /// @dev One byte for each class, class 0 first. Seller: its codes, never 0 where the market has
    /// the class. Buyer: what it requires, 0 for nothing.
    function classes(PackedOrder memory order) internal pure returns (bytes8) {
        return bytes8(uint64(order.terms >> 104));
    }

    /// @dev The least share of its energy that a trade must give the order, ppm, 0 to 1 000 000.
    function minFill(PackedOrder memory order) internal pure returns (Ppm) {
        return Ppm.wrap(uint32(order.terms >> 208) & 0xfffff);
    }

    /// @dev Whether the order accepts any trade that the round gives it, in advance.
    function accept(PackedOrder memory order) internal pure returns (bool) {
        return (order.terms >> 228) & 1 == 1;
    }

    /// @dev Whether a delegate signed the order inside a mandate (IMandates).
    function isMandated(PackedOrder memory order) internal pure returns (bool) {
        return order.terms & MANDATED != 0;
    }

    /// @dev The id of the seller's device that delivers, or of the buyer's meter that measures what arrives (0: none).
    function device(PackedOrder memory order) internal pure returns (uint32) {
        return deviceOf(order.terms);
    }

    /// @dev Of the trader's orders of this side; of a mandated order the number of the mandate.
    function nonce(PackedOrder memory order) internal pure returns (uint32) {
        return uint32(order.terms >> 40);
    }

    /// @dev Unix seconds; the order cannot be posted later.
    function expiry(PackedOrder memory order) internal pure returns (uint40) {
        return uint40(order.terms);
    }
}
