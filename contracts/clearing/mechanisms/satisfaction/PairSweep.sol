// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {OrderFields, PackedOrder} from "../../../types/Orders.sol";
import {Price} from "../../../types/Units.sol";
import {GUARDS, Lanes} from "../../../shared/Lanes.sol";
import {Satisfaction} from "./Satisfaction.sol";

/// @title One buyer against all sellers: which pairs need a closer look
/// @notice Most pairs of a round are covered, u + v ≥ w, by a wide margin. The sweep passes over a seller
/// only where it knows that: from the classes, the prices, the limits, or an upper bound on w. Whatever it
/// stops at is for `Satisfaction.covers` to decide.
/// @dev The bound. With h the seller's value, E and L the buyer's expectation and limit, and x = max(0, E − h),
/// an attribute takes at least weight · x / (E − L) ppm from the buyer's satisfaction. With
///   slope = min(⌊weight · 2^16 / (E − L)⌋, 2^30 − 1),   loss = Σ slope · x ≤ 2^16 · Σ weight · x / (E − L)
/// it follows that t ≤ 1 000 000 − loss / 2^16, and so
///   loss > 2^16 · (999 999 + g − u − v)  ⇒  t ≤ u + v − g  ⇒  the pair is covered.
/// Four attributes stand in one word, 64 bits each, bit 32 of a lane tells which of two values is larger,
/// and one multiplication with the slopes in reverse order adds up the four products in the top lane. A cost
/// attribute is turned round, x → 2^32 − 1 − x, and is an income attribute from then on.
library PairSweep {
    using OrderFields for PackedOrder;

    /// @dev Sellers one after the other, SELLER_WORDS each:
    ///   row | dual | classes | ask | min | values of attributes 0 to 3 | values of attributes 4 to 7
    struct Sellers {
        uint256[] table;
        uint256 count;
        /// All ones in the lanes of the cost attributes.
        uint256 costs;
    }

    error PairSweep_Full(uint256 sellers);

    /// @dev No seller is left.
    uint256 internal constant NONE = type(uint256).max;

    /// @dev Bits of the fraction of a slope.
    uint256 internal constant SLOPE_SHIFT = 16;

    uint256 private constant SELLER_WORDS = 7;

    uint256 private constant MAX_SLOPE = (1 << 30) - 1;

    /// @notice An empty table with room for `most` sellers.
    function make(uint256 most, Satisfaction.Schema memory schema) internal pure returns (Sellers memory sellers) {
        sellers.table = new uint256[](most * SELLER_WORDS);
        for (uint256 f = 0; f < schema.count; ++f) {
            if ((schema.incomeMask >> f) & 1 == 0) sellers.costs |= uint256(type(uint32).max) << (32 * f);
        }
    }

    /// @notice Add the seller in `row` of the round, with its dual price in ppm.
    /// Reverts if: there is no room.
    function add(Sellers memory sellers, uint256 row, uint256 dual, PackedOrder memory order) internal pure {
        uint256[] memory table = sellers.table;
        uint256 place = sellers.count++;
        require(SELLER_WORDS * place < table.length, PairSweep_Full(place));
        uint256 values = order.levels ^ sellers.costs;
        (uint256 low, uint256 high) = (Lanes.spread(values), Lanes.spread(values >> 128));
        uint256 classes = uint64(order.classes());
        (uint256 ask, uint256 least) = (Price.unwrap(order.price()), Price.unwrap(order.minPrice()));
        // Equivalent to table[7 · place] = row, table[7 · place + 1] = dual, and so on.
        assembly ("memory-safe") {
            let seller := add(add(table, 32), mul(place, 224))
            mstore(seller, row)
            mstore(add(seller, 32), dual)
            mstore(add(seller, 64), classes)
            mstore(add(seller, 96), ask)
            mstore(add(seller, 128), least)
            mstore(add(seller, 160), low)
            mstore(add(seller, 192), high)
        }
    }

    /// @notice Lay a buyer out, with its dual price in ppm:
    ///   dual | bid | classes required | their mask | then for attributes 0 to 3 and for 4 to 7:
    ///   limits | expectations, with bit 32 of each lane set | slopes in reverse order
    function layOut(Sellers memory sellers, uint256[10] memory buyer, uint256 dual, PackedOrder memory order)
        internal
        pure
    {
        uint256 required = uint64(order.classes());
        buyer[0] = dual;
        buyer[1] = Price.unwrap(order.price());
        buyer[2] = required;
        buyer[3] = Satisfaction.maskOf(required);
        uint256 limits = order.limits ^ sellers.costs;
        uint256 expectations = order.levels ^ sellers.costs;
        uint256 slopes = _slopes(limits, expectations, order.weights);
        buyer[4] = Lanes.spread(limits);
        buyer[5] = Lanes.spread(expectations) | GUARDS;
        buyer[6] = Lanes.spread(slopes >> 128);
        buyer[7] = Lanes.spread(limits >> 128);
        buyer[8] = Lanes.spread(expectations >> 128) | GUARDS;
        buyer[9] = Lanes.spread(slopes);
    }

    /// @notice The first seller from `cursor` on that may not be covered: its number, and its row. NONE if
    /// there is none.
    function nextDoubtful(Sellers memory sellers, uint256[10] memory buyer, uint256 cursor)
        internal
        pure
        returns (uint256 found, uint256 row)
    {
        uint256[] memory table = sellers.table;
        found = _skip(table, SELLER_WORDS * cursor, SELLER_WORDS * sellers.count, buyer);
        if (found == NONE) return (NONE, NONE);
        row = table[found];
        found /= SELLER_WORDS;
    }

    /// @dev The first word, from `start` on and before `end`, of a seller that may not be covered; else NONE.
    function _skip(uint256[] memory table, uint256 start, uint256 end, uint256[10] memory buyer)
        private
        pure
        returns (uint256 found)
    {
        found = NONE;
        // Equivalent to, for each seller in turn: go on to the next one if a class that the buyer requires
        // is not the seller's; if the bid is below the minimum; if
        // loss > 2^16 · (999 999 + g − u − v); if a value is beyond its limit. No lane overflows into the
        // next one if all values are within their limits: the top lane of a product is at most
        // 2^16 · Σ weight, and no lane below it exceeds 3 · 2^32 · MAX_SLOPE < 2^64. If a value is beyond its
        // limit the loss may be anything, and whatever follows from it is right: the pair is not eligible.
        assembly ("memory-safe") {
            let room := sub(999999, mload(buyer))
            let bid := mload(add(buyer, 32))
            let required := mload(add(buyer, 64))
            let mask := mload(add(buyer, 96))
            let seller := add(table, add(32, mul(32, start)))
            end := add(table, add(32, mul(32, end)))
            for {} lt(seller, end) { seller := add(seller, 224) } {
                if and(xor(required, mload(add(seller, 64))), mask) { continue }
                let slack := 1000000
                {
                    let ask := mload(add(seller, 96))
                    if lt(bid, ask) {
                        let least := mload(add(seller, 128))
                        if lt(bid, least) { continue }
                        slack := div(mul(sub(bid, least), 1000000), sub(ask, least))
                    }
                }
                // 2^16 · (999 999 + g − u − v), which may be negative, less the losses.
                slack := shl(SLOPE_SHIFT, sub(add(slack, room), mload(add(seller, 32))))
                {
                    let x := sub(mload(add(buyer, 160)), mload(add(seller, 160)))
                    let above := and(x, GUARDS)
                    slack := sub(slack, shr(192, mul(and(x, sub(above, shr(32, above))), mload(add(buyer, 192)))))
                    if slt(slack, 0) { continue }
                    x := sub(mload(add(buyer, 256)), mload(add(seller, 192)))
                    above := and(x, GUARDS)
                    slack := sub(slack, shr(192, mul(and(x, sub(above, shr(32, above))), mload(add(buyer, 288)))))
                    if slt(slack, 0) { continue }
                }
                if lt(and(sub(or(mload(add(seller, 160)), GUARDS), mload(add(buyer, 128))), GUARDS), GUARDS) {
                    continue
                }
                if lt(and(sub(or(mload(add(seller, 192)), GUARDS), mload(add(buyer, 224))), GUARDS), GUARDS) {
                    continue
                }
                found := div(sub(sub(seller, table), 32), 32)
                break
            }
        }
    }

    /// @dev The slopes of the attributes, 32 bits each, attribute 0 in the highest.
    function _slopes(uint256 limits, uint256 expectations, uint256 weights) private pure returns (uint256 slopes) {
        // Nothing overflows: weights are at most 10^6, and an order in the book has limit ≤ expectation.
        unchecked {
            for (uint256 shift = 0; weights >> shift != 0; shift += 32) {
                uint256 span = uint256(uint32(expectations >> shift)) - uint32(limits >> shift);
                if (span == 0) continue;
                uint256 slope = (uint256(uint32(weights >> shift)) << SLOPE_SHIFT) / span;
                slopes |= (slope > MAX_SLOPE ? MAX_SLOPE : slope) << (224 - shift);
            }
        }
    }
}
