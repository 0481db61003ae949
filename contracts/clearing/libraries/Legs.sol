// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {IClearing} from "../../../interfaces/clearing/IClearing.sol";
import {ContestTerms} from "../../types/Markets.sol";
import {OrderFields, OrderId, PackedOrder} from "../../types/Orders.sol";
import {PackedTrade} from "../../types/Trades.sol";
import {Points, Ppm, Price, Wh, valueDown} from "../../types/Units.sol";
import {Verdict} from "../../types/Verdicts.sol";
import {Entry, packEntry} from "./ChunkAnswer.sol";

/// @title The orders of a chunk while trades are made of them, by the orders' own terms
/// @notice Whatever a mechanism's rule says, no order trades more than its energy (ORD-1), and no trade's price lies outside
/// the seller's minimum and the buyer's bid (ORD-2).
library Legs {
    using OrderFields for PackedOrder;

    /// @dev An order while its trades are made.
    struct Leg {
        OrderId id;
        Ppm dual;
        /// Divisible mode: it trades in a later chunk, too.
        bool continued;
        /// Energy of its trades in earlier chunks, Wh.
        Wh before;
        /// Energy of its trades so far, Wh.
        Wh filled;
        /// Where the order lies in the calldata.
        uint256 place;
    }

    /// @dev Two orders that are about to trade. Each pair of a chunk uses the same memory.
    struct Pair {
        /// The market's rules, as far as they concern the contest.
        ContestTerms terms;
        /// The first word of the public prices; 0 if there are none.
        bytes32 prices;
        /// Energy of the trade, Wh.
        Wh energy;
        /// What the trades so far are worth.
        uint256 worth;
        Leg buyer;
        Leg seller;
        PackedOrder buy;
        PackedOrder sell;
        /// All orders of the chunk.
        Leg[] legs;
    }

    /// @notice Set the order of a leg.
    function set(Leg memory leg, OrderId id, Ppm dual, PackedOrder calldata order) internal pure {
        uint256 place;
        // Equivalent to the place of the order in the calldata.
        assembly ("memory-safe") {
            place := order
        }
        (leg.id, leg.dual, leg.place) = (id, dual, place);
    }

    /// @notice Set the orders of a pair, by their places in the chunk, and the energy that it trades.
    /// Reverts if: one is of the wrong side.
    function choose(Pair memory pair, uint256 buyerAt, uint256 sellerAt, Wh energy) internal pure {
        (Leg memory buyer, Leg memory seller) = (pair.legs[buyerAt], pair.legs[sellerAt]);
        (pair.buyer, pair.seller, pair.energy) = (buyer, seller, energy);
        (PackedOrder memory buy, PackedOrder memory sell) = (pair.buy, pair.sell);
        // Equivalent to copying the orders of the calldata word by word.
        assembly ("memory-safe") {
            calldatacopy(buy, mload(add(buyer, 160)), 160)
            calldatacopy(sell, mload(add(seller, 160)), 160)
        }
        require(buy.isBuy(), IClearing.Clearing_WrongSide(buyer.id));
        require(!sell.isBuy(), IClearing.Clearing_WrongSide(seller.id));
    }

    /// @notice Make the trade between the orders of a pair, and fill them: once, or in part.
    /// Reverts if: the energy is not what the mode allows; the price is outside the orders' limits.
    function join(Pair memory pair, Verdict verdict, PackedTrade memory trade, bool isOnce) internal pure {
        trade.context = _contextOf(pair);
        Points reserved = isOnce ? _joinWhole(pair) : _joinPart(pair);
        // In 256 bits: a worth of 40 bits times an energy of 64.
        uint256 worth = verdict.worth();
        pair.worth += isOnce ? worth : worth * Wh.unwrap(pair.energy);
        _write(trade, pair, verdict.price(), Points.unwrap(reserved));
    }

    /// @notice What there is to remember of an order when the chunk is made, and what it adds to the dual bound.
    /// Reverts if: it has no trade in the chunk. It would be marked without a trade that shows its dual price.
    function leave(Leg memory leg, bool isOnce) internal pure returns (Entry entry, uint256 bound) {
        require(leg.filled > leg.before, IClearing.Clearing_OrderUnused(leg.id));
        Wh whole = Wh.wrap(1);
        if (!isOnce) {
            uint256 place = leg.place;
            uint256 head;
            // Equivalent to order.head of the order in the calldata.
            assembly ("memory-safe") {
                head := calldataload(place)
            }
            whole = Wh.wrap(uint64(head >> 32));
        }
        entry = packEntry(
            leg.id, leg.dual, leg.before, leg.filled, !isOnce && leg.continued, !isOnce && whole > leg.filled
        );
        if (Wh.unwrap(leg.before) == 0) bound = uint256(Ppm.unwrap(leg.dual)) * Wh.unwrap(whole);
    }

    /// @dev Fill both orders in part; the buyer's money in the trade.
    /// Reverts if: the energy is zero, or more than an order has left.
    function _joinPart(Pair memory pair) private pure returns (Points reserved) {
        require(
            Wh.unwrap(pair.energy) != 0,
            IClearing.Clearing_WrongEnergy(pair.buyer.id, pair.seller.id, pair.energy, Wh.wrap(1))
        );
        reserved = _reserve(pair.buyer.filled, pair.energy, pair.buy.price());
        _fill(pair.buyer, pair.buy, pair.energy);
        _fill(pair.seller, pair.sell, pair.energy);
    }

    /// @dev Fill both orders at once; the buyer's money in the trade: what it reserved beyond can be released.
    /// Reverts if: the energy is not the smaller one of the two orders; one trades already.
    function _joinWhole(Pair memory pair) private pure returns (Points) {
        Wh smaller = pair.buy.energy().minWh(pair.sell.energy());
        require(
            Wh.unwrap(pair.energy) == Wh.unwrap(smaller),
            IClearing.Clearing_WrongEnergy(pair.buyer.id, pair.seller.id, pair.energy, smaller)
        );
        _fillOnce(pair.buyer, pair.energy);
        _fillOnce(pair.seller, pair.energy);
        return valueDown(pair.energy, pair.buy.price());
    }

    /// Reverts if: the price is outside the orders' limits (ORD-2).
    function _write(PackedTrade memory trade, Pair memory pair, Price price, uint256 reserved) private pure {
        _requireWithinLimits(pair, price);
        trade.purchase = _party(pair.buy, pair.sell.energy(), pair.buyer.dual);
        trade.sale = _party(pair.sell, pair.energy, pair.seller.dual);
        uint256 ids = (uint256(OrderId.unwrap(pair.buyer.id)) << 192) | (uint256(OrderId.unwrap(pair.seller.id)) << 152);
        trade.terms = ids | (uint256(pair.sell.device()) << 120) | (uint256(Price.unwrap(price)) << 88) | reserved;
    }

    /// @dev The fourth word of a trade that is about to be made: what was sold and bought before it.
    function _contextOf(Pair memory pair) private pure returns (uint256 word) {
        (uint256 sold, uint256 bought) = (Wh.unwrap(pair.seller.filled), Wh.unwrap(pair.buyer.filled));
        word = (pair.sell.limits << 208) | (sold << 160) | (bought << 32);
        uint256 meter = pair.buy.device();
        if (meter == 0) return word;
        uint256 wanted = Wh.unwrap(pair.buy.energy());
        return word | (uint256(Wh.unwrap(pair.buy.boughtBefore())) << 128) | (wanted << 96) | meter;
    }

    /// Reverts if: the price is above the bid or below the minimum.
    function _requireWithinLimits(Pair memory pair, Price price) private pure {
        require(
            !(price > pair.buy.price()) && !(pair.sell.minPrice() > price),
            IClearing.Clearing_PriceBeyondLimits(pair.buyer.id, pair.seller.id, price)
        );
    }

    /// @dev The buyer's money for the next `energy` of an order: the value at the bid of all so far with it, less that of
    /// all so far without it. So the parts sum to the value of the whole, and each is at least its trade's value.
    function _reserve(Wh filled, Wh energy, Price bid) private pure returns (Points) {
        // An overfull order reverts in `_fill`.
        return valueDown(filled.addCapped(energy), bid) - valueDown(filled, bid);
    }

    /// Reverts if: the order would trade more than its energy (ORD-1).
    function _fill(Leg memory leg, PackedOrder memory order, Wh energy) private pure {
        Wh left = order.energy() - leg.filled;
        require(!(energy > left), IClearing.Clearing_Overfilled(leg.id, left, energy));
        leg.filled = leg.filled + energy;
    }

    /// Reverts if: the order trades already (ORD-1).
    function _fillOnce(Leg memory leg, Wh energy) private pure {
        require(Wh.unwrap(leg.filled) == 0, IClearing.Clearing_OrderUsedTwice(leg.id));
        leg.filled = energy;
    }

    /// @dev A word of PackedTrade: trader 160 | energy 64 | dual price 32.
    function _party(PackedOrder memory order, Wh energy, Ppm dual) private pure returns (uint256) {
        return ((order.head >> 96) << 96) | (uint256(Wh.unwrap(energy)) << 32) | Ppm.unwrap(dual);
    }
}
