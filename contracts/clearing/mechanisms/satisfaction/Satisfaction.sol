// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {OrderFields, PERSON_SHIFT, PackedOrder} from "../../../types/Orders.sol";
import {ONE_PPM, Price} from "../../../types/Units.sol";

/// @title How well a pair of orders satisfies both sides
/// @notice The model of BC-TMS (Lu, Guan 2020): buyer satisfaction t over weighted income and cost
/// attributes, seller satisfaction g of the price, score w = t + g, each from what the traders signed.
/// All results are in ppm; every division rounds down.
library Satisfaction {
    using OrderFields for PackedOrder;

    /// @dev What a market says about its soft attributes.
    struct Schema {
        /// Number of attributes, 0 to 8.
        uint256 count;
        /// Bit f: attribute f is an income (more is better), else a cost.
        uint256 incomeMask;
    }

    /// @dev Where an order's least fill lies in its terms, and its bits.
    uint256 private constant FILL_SHIFT = 208;
    uint256 private constant ONE_FILL = 0xfffff;

    /// @dev Highest score of a pair, ppm: both sides fully satisfied.
    uint256 internal constant MAX_SCORE = 2 * uint256(ONE_PPM);

    /// @notice Satisfaction with one attribute of value `h`, expectation `e` and limit `l`.
    /// income: eliminated if h < l; 1 if h ≥ e; else (h − l) / (e − l).
    /// cost:   eliminated if h > l; 1 if h ≤ e; else (l − h) / (l − e).
    /// @dev No division by zero: with e = l the value is either eliminated or fully satisfying.
    function ofAttribute(bool income, uint256 h, uint256 e, uint256 l)
        internal
        pure
        returns (bool eligible, uint256 ppm)
    {
        // All values are below 2^32, so no product exceeds 2^52.
        unchecked {
            if (income) {
                if (h < l) return (false, 0);
                return (true, h >= e ? ONE_PPM : ((h - l) * ONE_PPM) / (e - l));
            }
            if (h > l) return (false, 0);
            return (true, h <= e ? ONE_PPM : ((l - h) * ONE_PPM) / (l - e));
        }
    }

    /// @notice Seller satisfaction g: eliminated if bid < min; 1 if bid ≥ ask; else (bid − min) / (ask − min).
    function ofSeller(Price bid, Price ask, Price min) internal pure returns (bool eligible, uint256 ppm) {
        return ofAttribute(true, Price.unwrap(bid), Price.unwrap(ask), Price.unwrap(min));
    }

    /// @notice Whether each class that the buyer requires (non-zero byte) equals the seller's.
    function meets(bytes8 requires, bytes8 classes) internal pure returns (bool) {
        uint256 r = uint64(requires);
        return (r ^ uint64(classes)) & maskOf(r) == 0;
    }

    /// @notice 0xff in each byte of eight in which `requires` is not zero.
    function maskOf(uint256 requires) internal pure returns (uint256) {
        unchecked {
            // The top bit of each byte: whether the byte is not zero. The sum cannot carry over.
            uint256 present = (((requires & 0x7f7f7f7f7f7f7f7f) + 0x7f7f7f7f7f7f7f7f) | requires) & 0x8080808080808080;
            return (present >> 7) * 0xff;
        }
    }

    /// @notice Whether the orders are of different persons, as attested when they were posted, and the smaller energy fills
    /// both as far as they ask:
    /// min(e, e') · 1 000 000 ≥ minFill · e, for each of the two. In divisible mode no order asks.
    function suits(PackedOrder memory buy, PackedOrder memory sell) internal pure returns (bool) {
        (uint256 buyTerms, uint256 sellTerms) = (buy.terms, sell.terms);
        // They agree in the bits of the person.
        if ((buyTerms ^ sellTerms) >> PERSON_SHIFT == 0) return false;
        if (((buyTerms | sellTerms) >> FILL_SHIFT) & ONE_FILL == 0) return true;
        // All factors are below 2^64 and 2^20.
        unchecked {
            (uint256 wanted, uint256 offered) = (uint64(buy.head >> 32), uint64(sell.head >> 32));
            uint256 traded = (wanted < offered ? wanted : offered) * ONE_PPM;
            return traded >= wanted * ((buyTerms >> FILL_SHIFT) & ONE_FILL)
                && traded >= offered * ((sellTerms >> FILL_SHIFT) & ONE_FILL);
        }
    }

    /// @notice Eligibility and scores of a pair: t = ⌊Σ weight · a / 1 000 000⌋ and g, ppm.
    function score(PackedOrder memory buy, PackedOrder memory sell, Schema memory schema)
        internal
        pure
        returns (bool eligible, uint256 t, uint256 g)
    {
        if (!suits(buy, sell) || !meets(buy.classes(), sell.classes())) return (false, 0, 0);
        (eligible, g) = ofSeller(buy.price(), sell.price(), sell.minPrice());
        if (!eligible) return (false, 0, 0);
        (eligible, t) = _weigh(buy, sell, schema, 0);
        if (!eligible) return (false, 0, 0);
        t /= ONE_PPM;
    }

    /// @notice Whether the dual prices of a pair, summing to `duals` ppm, cover its score: the pair is
    /// not eligible, or duals ≥ w.
    /// @dev Stops as soon as the answer is known, cheapest test first. With duals ≥ g:
    /// duals ≥ t + g ⇔ t ≤ duals − g ⇔ Σ weight · a < (duals − g + 1) · 1 000 000.
    function covers(PackedOrder memory buy, PackedOrder memory sell, Schema memory schema, uint256 duals)
        internal
        pure
        returns (bool)
    {
        if (duals >= MAX_SCORE) return true;
        if (!suits(buy, sell) || !meets(buy.classes(), sell.classes())) return true;
        (bool eligible, uint256 g) = ofSeller(buy.price(), sell.price(), sell.minPrice());
        if (!eligible) return true;
        unchecked {
            if (duals >= g + ONE_PPM) return true;
            uint256 enough = duals < g ? 0 : (duals - g + 1) * ONE_PPM;
            (eligible,) = _weigh(buy, sell, schema, enough);
            return !eligible;
        }
    }

    /// @dev Σ weight · a, scaled by 10^12, if the pair is eligible and the sum is at least `enough`;
    /// (false, 0) otherwise. Weights sum to 1 000 000, so the sum is what is left of 10^12 when each
    /// attribute takes away weight · (1 − a): a bound from above at every step.
    function _weigh(PackedOrder memory buy, PackedOrder memory sell, Schema memory schema, uint256 enough)
        private
        pure
        returns (bool, uint256 sum)
    {
        unchecked {
            uint256 count = schema.count;
            if (count != 0) sum = uint256(ONE_PPM) * ONE_PPM;
            if (sum < enough) return (false, 0);
            uint256 incomes = schema.incomeMask;
            (uint256 values, uint256 expectations) = (sell.levels, buy.levels);
            (uint256 limits, uint256 weights) = (buy.limits, buy.weights);
            for (; count != 0; --count) {
                (bool eligible, uint256 a) =
                    ofAttribute(incomes & 1 != 0, uint32(values), uint32(expectations), uint32(limits));
                if (!eligible) return (false, 0);
                sum -= uint32(weights) * (ONE_PPM - a);
                if (sum < enough) return (false, 0);
                (incomes, values, expectations) = (incomes >> 1, values >> 32, expectations >> 32);
                (limits, weights) = (limits >> 32, weights >> 32);
            }
            return (true, sum);
        }
    }
}
