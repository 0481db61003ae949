// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {IClearing} from "../../../../interfaces/clearing/IClearing.sol";
import {Market, Mode, PriceRule} from "../../../types/Markets.sol";
import {OrderFields, OrderId, PackedOrder, Side} from "../../../types/Orders.sol";
import {PackedTrade} from "../../../types/Trades.sol";
import {Points, Ppm, Price, Wh, valueDown} from "../../../types/Units.sol";
import {Satisfaction} from "./Satisfaction.sol";

/// @title Trades made from orders, by the orders' own terms
library TradeChunk {
    using OrderFields for PackedOrder;

    /// @dev An order while its trades are made.
    struct Leg {
        OrderId id;
        Ppm dual;
        /// Energy of its trades in earlier chunks, Wh.
        Wh before;
        /// Energy of its trades so far, Wh.
        Wh filled;
        /// Divisible mode: it trades in a later chunk, too.
        bool continued;
        PackedOrder order;
    }

    /// @notice The schema of a market's soft attributes.
    function schemaOf(Market memory rules) internal pure returns (Satisfaction.Schema memory) {
        return Satisfaction.Schema({count: rules.attributeCount, incomeMask: rules.incomeMask});
    }

    /// @notice What an order counts in the dual bound: c of IClearing.
    function capacityOf(Market memory rules, PackedOrder memory order) internal pure returns (uint256) {
        return rules.mode == Mode.Divisible ? Wh.unwrap(order.energy()) : 1;
    }

    /// @notice The trade of `energy` between two orders, and what it adds to the objective, w·x.
    /// Reverts if: a side is wrong; the pair is not eligible; u + v < w; the energy is not what the mode allows.
    function join(Market memory rules, Leg memory buy, Leg memory sell, Wh energy)
        internal
        pure
        returns (PackedTrade memory trade, uint256 worth)
    {
        require(buy.order.side() == Side.Buy, IClearing.Clearing_WrongSide(buy.id));
        require(sell.order.side() == Side.Sell, IClearing.Clearing_WrongSide(sell.id));
        worth = _scoreOf(rules, buy, sell);
        Points reserved;
        if (rules.mode == Mode.Divisible) {
            require(Wh.unwrap(energy) != 0, IClearing.Clearing_WrongEnergy(buy.id, sell.id, energy, Wh.wrap(1)));
            worth *= Wh.unwrap(energy);
            reserved = _reserve(buy, energy);
            _fill(buy, energy);
            _fill(sell, energy);
        } else {
            Wh smaller = buy.order.energy().minWh(sell.order.energy());
            require(
                Wh.unwrap(energy) == Wh.unwrap(smaller),
                IClearing.Clearing_WrongEnergy(buy.id, sell.id, energy, smaller)
            );
            _fillOnce(buy, energy);
            _fillOnce(sell, energy);
            reserved = valueDown(buy.order.energy(), buy.order.price());
        }
        Price price = _priceOf(rules.priceRule, buy.order, sell.order);
        trade.purchase = _party(buy.order, sell.order.energy(), buy.dual);
        trade.sale = _party(sell.order, energy, sell.dual);
        trade.terms = (uint256(OrderId.unwrap(buy.id)) << 192) | (uint256(OrderId.unwrap(sell.id)) << 152)
            | (uint256(sell.order.device()) << 120) | (uint256(Price.unwrap(price)) << 88) | Points.unwrap(reserved);
    }

    /// @dev The score w of the pair.
    /// Reverts if: the pair is not eligible; u + v < w.
    function _scoreOf(Market memory rules, Leg memory buy, Leg memory sell) private pure returns (uint256 score) {
        (bool eligible, uint256 t, uint256 g) = Satisfaction.score(buy.order, sell.order, schemaOf(rules));
        require(eligible, IClearing.Clearing_NotEligible(buy.id, sell.id));
        score = t + g;
        uint256 duals = uint256(Ppm.unwrap(buy.dual)) + Ppm.unwrap(sell.dual);
        require(duals >= score, IClearing.Clearing_DualsBelowScore(buy.id, sell.id, duals, score));
    }

    /// @dev The buyer's money for the next `energy` of an order: the value at the bid of all so far with it, less that of
    /// all so far without it. So the parts sum to the value of the whole, and each is at least its trade's value.
    function _reserve(Leg memory buy, Wh energy) private pure returns (Points) {
        Price bid = buy.order.price();
        // An overfull order reverts in `_fill`.
        return valueDown(buy.filled.addCapped(energy), bid) - valueDown(buy.filled, bid);
    }

    /// Reverts if: the order would trade more than its energy (ORD-1).
    function _fill(Leg memory leg, Wh energy) private pure {
        Wh left = leg.order.energy() - leg.filled;
        require(!(energy > left), IClearing.Clearing_Overfilled(leg.id, left, energy));
        leg.filled = leg.filled + energy;
    }

    /// Reverts if: the order trades already (ORD-1).
    function _fillOnce(Leg memory leg, Wh energy) private pure {
        require(Wh.unwrap(leg.filled) == 0, IClearing.Clearing_OrderUsedTwice(leg.id));
        leg.filled = energy;
    }

    /// @dev Between the seller's minimum and the buyer's bid, since the pair is eligible (ORD-2).
    function _priceOf(PriceRule rule, PackedOrder memory buy, PackedOrder memory sell) private pure returns (Price) {
        return rule == PriceRule.PayAsBid ? buy.price() : buy.price().midpointDown(sell.minPrice());
    }

    /// @dev A word of PackedTrade: trader 160 | energy 64 | dual price 32.
    function _party(PackedOrder memory order, Wh energy, Ppm dual) private pure returns (uint256) {
        return ((order.head >> 96) << 96) | (uint256(Wh.unwrap(energy)) << 32) | Ppm.unwrap(dual);
    }
}
