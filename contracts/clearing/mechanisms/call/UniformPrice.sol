// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {OrderFields, OrderId, PackedOrder} from "../../../types/Orders.sol";
import {ONE_PPM, Ppm, Price, Wh} from "../../../types/Units.sol";

/// @dev What a call auction says of all orders: price 32 | low 32 | high 32 | side 8 | level 64 | until 40, from the most
/// significant bit down (48 zero bits on top).
///   price  what every trade costs, micro-points per kWh
///   low    the lowest price that clears the market, micro-points per kWh
///   high   the highest one
///   side   whose orders at the price are not all full: NEITHER, BUYERS or SELLERS
///   level  what each of those gets, or its whole energy if that is less, Wh
///   until  those of them with a lower id get 1 Wh more, if they want more
/// Of a round without a trade, everything is zero but for the level: a threshold that no bid reaches and no minimum is below.
/// A round with a trade never says that: its price is above zero, since every minimum is.
type PriceWord is uint256;

/// @dev Which orders at the price are rationed.
uint256 constant NEITHER = 0;
uint256 constant BUYERS = 1;
uint256 constant SELLERS = 2;

using {UniformPrice.price, UniformPrice.low, UniformPrice.high} for PriceWord global;

/// @title The rule of the call auction: one price, and for each order what it must get
/// @notice Bids above the price and minimums below it are filled, others that are not at the price get nothing. At
/// the price one side at most is rationed, by equal increments. The price lies where the market's k says, between the
/// lowest and the highest that clear the market:
///   high = min(lowest bid with a fill, lowest minimum not full),  low = max(highest minimum with a fill, highest bid not full)
library UniformPrice {
    using OrderFields for PackedOrder;

    /// @dev The highest threshold: above every bid.
    uint256 private constant MOST_THRESHOLD = 1 << 32;

    function price(PriceWord word) internal pure returns (Price) {
        return Price.wrap(uint32(PriceWord.unwrap(word) >> 176));
    }

    function low(PriceWord word) internal pure returns (Price) {
        return Price.wrap(uint32(PriceWord.unwrap(word) >> 144));
    }

    function high(PriceWord word) internal pure returns (Price) {
        return Price.wrap(uint32(PriceWord.unwrap(word) >> 112));
    }

    /// @notice Whether a word is what a round with trades can say: low ≤ high, price = low + ⌊k · (high − low) / 1 000 000⌋,
    /// nobody is rationed unless a side is.
    function isFit(PriceWord word, Ppm k) internal pure returns (bool) {
        (uint256 lowest, uint256 highest) = (Price.unwrap(low(word)), Price.unwrap(high(word)));
        uint256 side = _side(word);
        if (PriceWord.unwrap(word) >> 208 != 0 || lowest > highest || side > SELLERS) return false;
        if (side == NEITHER && _level(word) + _until(word) != 0) return false;
        return Price.unwrap(price(word)) == lowest + (highest - lowest) * Ppm.unwrap(k) / ONE_PPM;
    }

    /// @notice Whether a word is what a round without a trade can say.
    function isThreshold(PriceWord word) internal pure returns (bool) {
        return PriceWord.unwrap(word) == _level(word) << 40 && _level(word) <= MOST_THRESHOLD;
    }

    /// @notice Whether an order crosses the threshold of a round without a trade.
    function crosses(PriceWord word, PackedOrder memory order) internal pure returns (bool) {
        uint256 limit = Price.unwrap(_limitOf(order));
        return order.isBuy() ? limit >= _level(word) : limit < _level(word);
    }

    /// @notice What an order must get in a round with trades, Wh.
    function fillOf(PriceWord word, OrderId id, PackedOrder memory order) internal pure returns (Wh) {
        (Price limit, Price at) = (_limitOf(order), price(word));
        bool isBuy = order.isBuy();
        if (isBuy ? at > limit : limit > at) return Wh.wrap(0);
        bool isAt = Price.unwrap(limit) == Price.unwrap(at);
        if (!isAt || _side(word) != (isBuy ? BUYERS : SELLERS)) return order.energy();
        uint256 most = _level(word) + (OrderId.unwrap(id) < _until(word) ? 1 : 0);
        return Wh.unwrap(order.energy()) < most ? order.energy() : Wh.wrap(uint64(most));
    }

    /// @notice Whether an order with this fill narrows the interval of prices.
    function narrows(PriceWord word, PackedOrder memory order, Wh filled) internal pure returns (bool) {
        Price limit = _limitOf(order);
        (bool hasFill, bool isFull) = _fillOf(order, filled);
        if (order.isBuy()) return (hasFill && high(word) > limit) || (!isFull && limit > low(word));
        return (hasFill && limit > low(word)) || (!isFull && high(word) > limit);
    }

    /// @notice Whether an order with this fill attains the upper end of the interval.
    function attainsHigh(PriceWord word, PackedOrder memory order, Wh filled) internal pure returns (bool) {
        (bool hasFill, bool isFull) = _fillOf(order, filled);
        return Price.unwrap(_limitOf(order)) == Price.unwrap(high(word)) && (order.isBuy() ? hasFill : !isFull);
    }

    /// @notice Whether an order with this fill attains the lower end of the interval.
    function attainsLow(PriceWord word, PackedOrder memory order, Wh filled) internal pure returns (bool) {
        (bool hasFill, bool isFull) = _fillOf(order, filled);
        return Price.unwrap(_limitOf(order)) == Price.unwrap(low(word)) && (order.isBuy() ? !isFull : hasFill);
    }

    /// @dev The bid, or the seller's minimum.
    function _limitOf(PackedOrder memory order) private pure returns (Price) {
        return order.isBuy() ? order.price() : order.minPrice();
    }

    function _fillOf(PackedOrder memory order, Wh filled) private pure returns (bool hasFill, bool isFull) {
        return (Wh.unwrap(filled) != 0, !(filled < order.energy()));
    }

    function _side(PriceWord word) private pure returns (uint256) {
        return uint8(PriceWord.unwrap(word) >> 104);
    }

    function _level(PriceWord word) private pure returns (uint256) {
        return uint64(PriceWord.unwrap(word) >> 40);
    }

    function _until(PriceWord word) private pure returns (uint256) {
        return uint40(PriceWord.unwrap(word));
    }
}
