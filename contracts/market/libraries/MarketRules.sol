// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {IMarkets} from "../../../interfaces/market/IMarkets.sol";
import {AttributeSource, CALL, Delivery, Market, Mode, PriceRule, SATISFACTION} from "../../types/Markets.sol";
import {MAX_ATTRIBUTES} from "../../types/Orders.sol";
import {ONE_PPM, Ppm} from "../../types/Units.sol";

/// @title What rules a market may have
library MarketRules {
    /// @dev The longest time from when a trade can be paid to when its buyer can be refunded, seconds,
    /// beyond one slot.
    uint256 internal constant MAX_REFUND_DELAY = 30 days;

    /// @dev The longest challenge window, seconds.
    uint256 internal constant MAX_WINDOW = 7 days;

    /// @dev The most endorsements that a proposal can need.
    uint256 internal constant MAX_ENDORSEMENTS = 32;

    /// @notice Check the rules of a market about to open.
    /// A round can be final as late as finalBy + challengeWindow.
    /// Reverts if: not now < closesAt ≤ slotStart; not closesAt < finalBy; refundFrom is less than one slot,
    /// or more than one slot and 30 days, after the round can be final and the slot is over (sellers need
    /// time to be paid, buyers an end); slotStart is not a multiple of the slot length, or that not one of the base interval
    /// that divides the longest slot; a count is
    /// above 8 or differs from the number of names; a mask or list goes beyond its count; a source is
    /// unknown; the class that takes the device's source does not exist; there is no arbiter; a rate is
    /// above 1, or `underuse` not 1 where the export alone settles; and what `_checkContest` and `_checkMechanism` list.
    /// @param base The deployment's base interval, seconds.
    /// @param longest Its longest slot, seconds.
    function check(Market calldata rules, uint256 attributes, uint256 categories, uint32 base, uint32 longest)
        internal
        view
    {
        uint256 slotLength = rules.slotLength;
        require(
            slotLength != 0 && slotLength % base == 0 && longest % slotLength == 0 && rules.slotStart % slotLength == 0,
            IMarkets.Market_BadSlot(rules.slotStart, rules.slotLength, base, longest)
        );
        uint256 isFinal = uint256(rules.finalBy) + rules.challengeWindow;
        uint256 settled = Math.max(isFinal, uint256(rules.slotStart) + slotLength) + slotLength;
        require(
            block.timestamp < rules.closesAt && rules.closesAt <= rules.slotStart && rules.closesAt < rules.finalBy
                && settled <= rules.refundFrom && rules.refundFrom <= settled + MAX_REFUND_DELAY,
            IMarkets.Market_BadTimes(rules.closesAt, rules.finalBy, rules.slotStart, rules.refundFrom)
        );
        require(
            attributes <= MAX_ATTRIBUTES && categories <= MAX_ATTRIBUTES && rules.attributeCount == attributes
                && rules.categoryCount == categories && rules.sourceCategory <= categories
                && rules.incomeMask >> attributes == 0,
            IMarkets.Market_BadSchema(attributes, categories)
        );
        for (uint256 f = 0; f < MAX_ATTRIBUTES; ++f) {
            uint8 source = uint8(rules.sources[f]);
            require(
                source <= uint8(type(AttributeSource).max) && (f < attributes || source == 0),
                IMarkets.Market_BadSource(f)
            );
        }
        require(rules.arbiter != address(0), IMarkets.Market_NoArbiter());
        require(Ppm.unwrap(rules.tolerance) <= ONE_PPM, IMarkets.Market_RateAboveOne(Ppm.unwrap(rules.tolerance)));
        require(Ppm.unwrap(rules.penalty) <= ONE_PPM, IMarkets.Market_RateAboveOne(Ppm.unwrap(rules.penalty)));
        require(
            rules.delivery == Delivery.BothSides
                ? Ppm.unwrap(rules.underuse) <= ONE_PPM
                : Ppm.unwrap(rules.underuse) == ONE_PPM,
            IMarkets.Market_BadUnderuse(rules.delivery, rules.underuse)
        );
        _checkContest(rules);
        _checkMechanism(rules);
    }

    /// Reverts if: there is a challenge window without a bond, or longer than a week, or a bond without a window; there are
    /// endorsements without endorsers, or the other way round, or more than 32, or endorsements without a
    /// window.
    function _checkContest(Market calldata rules) private pure {
        bool window = rules.challengeWindow != 0;
        bool endorsed = rules.endorsements != 0;
        uint64 bond = rules.bond;
        require(
            window == (bond != 0) && rules.challengeWindow <= MAX_WINDOW && endorsed == (rules.endorsers != 0)
                && rules.endorsements <= MAX_ENDORSEMENTS && (window || !endorsed),
            IMarkets.Market_BadContest(rules.challengeWindow, bond, rules.endorsements, rules.endorsers)
        );
    }

    /// Reverts if: the mechanism is unknown; satisfaction matching has a `k`; in a call auction an order's parts are not
    /// divisible, there is a price rule, an attribute or a category, or `k` is above 1.
    function _checkMechanism(Market calldata rules) private pure {
        uint8 mechanism = rules.mechanism;
        uint32 k = Ppm.unwrap(rules.k);
        require(mechanism == SATISFACTION || mechanism == CALL, IMarkets.Market_UnknownMechanism(mechanism));
        require(k <= ONE_PPM, IMarkets.Market_RateAboveOne(k));
        if (mechanism == SATISFACTION) {
            require(k == 0, IMarkets.Market_UnfitForMechanism(mechanism));
        } else {
            require(
                rules.mode == Mode.Divisible && rules.priceRule == PriceRule.PayAsBid && rules.attributeCount == 0
                    && rules.categoryCount == 0,
                IMarkets.Market_UnfitForMechanism(mechanism)
            );
        }
    }
}
