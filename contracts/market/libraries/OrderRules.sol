// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {IEscrowWallets} from "../../../interfaces/IEscrowWallets.sol";
import {IOrderBook} from "../../../interfaces/IOrderBook.sol";
import {AttributeSource, Market} from "../../types/Markets.sol";
import {MAX_ATTRIBUTES, OrderFields, PackedOrder, Side} from "../../types/Orders.sol";
import {ONE_PPM, Ppm, Price, Wh} from "../../types/Units.sol";

/// @title What a well-formed order is, given the rules of its market
/// @dev Pure checks of the order's own fields; `index` is the order's place in its batch, for the errors.
library OrderRules {
    using OrderFields for PackedOrder;

    /// @notice Check the fields of an order as its trader signed it.
    /// Reverts if: energy or price is zero; a field that the side or the market does not use is set;
    /// and what `_checkBuyer` and `_checkSeller` list.
    function check(uint256 index, PackedOrder memory order, Market memory rules) internal pure {
        require(Wh.unwrap(order.energy()) != 0, IOrderBook.Order_ZeroEnergy(index));
        require(Price.unwrap(order.price()) != 0, IOrderBook.Order_ZeroPrice(index));
        // Above the fields of `terms`, in the classes that the market lacks, in the attributes that it lacks.
        uint256 unused = order.terms >> 201;
        unused |= uint64(order.classes()) & (type(uint64).max >> (8 * rules.classCount));
        uint256 shift = 32 * uint256(rules.attributeCount);
        if (shift < 256) unused |= (order.levels | order.limits | order.weights) >> shift;
        if (order.side() == Side.Buy) {
            unused |= order.device() | Price.unwrap(order.minPrice());
            _checkBuyer(index, order, rules);
        } else {
            unused |= order.limits | order.weights;
            _checkSeller(index, order);
        }
        require(unused == 0, IOrderBook.Order_UnusedFieldSet(index));
    }

    /// @notice The order with what is attested written into it.
    /// Reverts if: a class code is missing, or the seller set a level or class that is attested.
    /// @param source Code of the device's registered energy source.
    /// @param credibility Attested credibility of the seller.
    /// @param past What is known of the seller's trades.
    function attest(
        uint256 index,
        PackedOrder memory order,
        Market memory rules,
        uint8 source,
        Ppm credibility,
        IEscrowWallets.Reliability memory past
    ) internal pure {
        uint256 sources = uint64(rules.sources);
        uint256 levels = order.levels;
        // Cannot overflow: there are at most eight attributes.
        unchecked {
            uint256 end = 32 * uint256(rules.attributeCount);
            for (uint256 shift = 0; shift < end; shift += 32) {
                AttributeSource origin = AttributeSource(uint8(sources >> (56 - shift / 4)));
                if (origin == AttributeSource.Declared) continue;
                require(uint32(levels >> shift) == 0, IOrderBook.Order_UnusedFieldSet(index));
                uint256 value = past.trades;
                if (origin == AttributeSource.Ask) value = Price.unwrap(order.price());
                else if (origin == AttributeSource.Credibility) value = Ppm.unwrap(credibility);
                else if (origin == AttributeSource.Reliability) value = Ppm.unwrap(past.rate);
                levels |= value << shift;
            }
        }
        order.levels = levels;
        for (uint256 c = 0; c < rules.classCount; ++c) {
            bool attested = c + 1 == rules.sourceClass;
            bool given = order.classes()[c] != 0;
            if (!attested) {
                require(given, IOrderBook.Order_ClassMissing(index, c));
            } else {
                require(!given, IOrderBook.Order_UnusedFieldSet(index));
                order.terms |= uint256(source) << (104 + 8 * (MAX_ATTRIBUTES - 1 - c));
            }
        }
    }

    /// Reverts if: the weights do not sum to 1 000 000 (to zero in a market without attributes); an
    /// income attribute's limit is above its expectation, or a cost attribute's below.
    function _checkBuyer(uint256 index, PackedOrder memory order, Market memory rules) private pure {
        uint256 sum = 0;
        uint256 count = rules.attributeCount;
        uint256 incomes = rules.incomeMask;
        (uint256 expectations, uint256 limits, uint256 weights) = (order.levels, order.limits, order.weights);
        // Cannot overflow: there are at most eight attributes of at most 2^32 − 1.
        unchecked {
            for (uint256 f = 0; f < count; ++f) {
                uint256 shift = 32 * f;
                sum += uint32(weights >> shift);
                uint256 expectation = uint32(expectations >> shift);
                uint256 limit = uint32(limits >> shift);
                require(
                    (incomes >> f) & 1 != 0 ? limit <= expectation : expectation <= limit,
                    IOrderBook.Order_LimitBeyondExpectation(index, f)
                );
            }
        }
        require(sum == (count == 0 ? 0 : ONE_PPM), IOrderBook.Order_WeightsSum(index, sum));
    }

    /// Reverts if: the minimum is above the ask.
    function _checkSeller(uint256 index, PackedOrder memory order) private pure {
        require(
            !(order.minPrice() > order.price()),
            IOrderBook.Order_MinAboveAsk(index, Price.unwrap(order.minPrice()), Price.unwrap(order.price()))
        );
    }
}
