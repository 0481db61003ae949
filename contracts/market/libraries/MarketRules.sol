// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {IMarkets} from "../../../interfaces/market/IMarkets.sol";
import {
    AttributeSource,
    CALL,
    Delivery,
    MOST_EXTENSIONS,
    Market,
    Mode,
    PriceRule,
    SATISFACTION
} from "../../types/Markets.sol";
import {MAX_ATTRIBUTES} from "../../types/Orders.sol";
import {ONE_PPM, Ppm, Wh} from "../../types/Units.sol";

/// @title What rules a market may have
library MarketRules {
    /// @dev What a deployment fixes, seconds.
    struct Lengths {
        uint32 base;
        uint32 longest;
        uint32 correctionWindow;
    }

    /// @dev The longest time beyond the earliest one at which the buyer of a trade can be refunded, seconds.
    uint256 internal constant MAX_REFUND_DELAY = 30 days;

    /// @dev The longest time from gate closure to the last moment for a proposal, seconds: reservations are bound that long.
    uint256 internal constant MAX_CONTEST = 30 days;

    /// @dev The least bond over the cost of a challenge: an eighth of it is twice that.
    uint256 internal constant BOND_OF_COST = 16;

    /// @dev The longest name of an attribute or category, bytes.
    uint256 internal constant MAX_NAME = 32;

    /// @dev The longest challenge window, seconds.
    uint256 internal constant MAX_WINDOW = 7 days;

    /// @dev The most endorsements that a proposal can need.
    uint256 internal constant MAX_ENDORSEMENTS = 32;

    /// @notice Check the rules of a market about to open.
    /// A round can be final as late as finalBy + challengeWindow, and two windows later with each refutation and the proposal
    /// after it, twice.
    /// Reverts if: not now < closesAt ≤ slotStart; not closesAt < finalBy ≤ closesAt + 30 days; refundFrom is earlier than
    /// `earliestRefund`, or more than 30 days later (sellers need time to be paid, buyers an end); slotStart is not a multiple of the slot length, or that not one of the base interval
    /// that divides the longest slot; a count is
    /// above 8 or differs from the number of names; a mask or list goes beyond its count; a source is
    /// unknown; the class that takes the device's source does not exist; there is no arbiter; a rate is
    /// above 1, or `underuse` not 1 where the export alone settles; an order may have no energy or reserve nothing; and what `_checkContest` and `_checkMechanism` list.
    /// @param lengths What the deployment fixes.
    function check(Market calldata rules, uint256 attributes, uint256 categories, Lengths memory lengths)
        internal
        view
    {
        (uint32 base, uint32 longest) = (lengths.base, lengths.longest);
        uint256 slotLength = rules.slotLength;
        require(
            slotLength != 0 && slotLength % base == 0 && longest % slotLength == 0 && rules.slotStart % slotLength == 0,
            IMarkets.Market_BadSlot(rules.slotStart, rules.slotLength, base, longest)
        );
        uint256 earliest = earliestRefund(rules, lengths);
        require(
            block.timestamp < rules.closesAt && rules.closesAt <= rules.slotStart && rules.closesAt < rules.finalBy
                && rules.finalBy <= rules.closesAt + MAX_CONTEST && earliest <= rules.refundFrom
                && rules.refundFrom <= earliest + MAX_REFUND_DELAY,
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
        require(
            Wh.unwrap(rules.leastEnergy) != 0 && rules.leastReservation != 0,
            IMarkets.Market_BadLeast(rules.leastEnergy, rules.leastReservation)
        );
        _checkContest(rules);
        _checkMechanism(rules);
    }

    /// @notice The earliest time at which buyers may be refunded, Unix seconds: one slot after the round can be final and the slot is
    /// over, and one longest slot after all that devices say of the slot is final, so that no reading that was lost shuts out a
    /// good one until then.
    function earliestRefund(Market calldata rules, Lengths memory lengths) internal pure returns (uint256) {
        uint256 isFinal = uint256(rules.finalBy) + (1 + 2 * uint256(MOST_EXTENSIONS)) * rules.challengeWindow;
        uint256 end = uint256(rules.slotStart) + rules.slotLength;
        return
            Math.max(
                Math.max(isFinal, end) + rules.slotLength, end + uint256(lengths.correctionWindow) + lengths.longest
            );
    }

    /// @notice Check the words of a market: people and programs read them.
    /// Reverts if: a name is not 1 to 32 printable characters of ASCII, without a backslash, or repeats another of its kind; the
    /// zone has another byte than such characters and the zeros after them.
    function checkNames(bytes24 zone, string[] calldata attributes, string[] calldata categories) internal pure {
        for (uint256 f = 0; f < attributes.length; ++f) {
            require(_isName(attributes, f), IMarkets.Market_BadAttributeName(f));
        }
        for (uint256 c = 0; c < categories.length; ++c) {
            require(_isName(categories, c), IMarkets.Market_BadCategoryName(c));
        }
        uint256 length = 24;
        while (length != 0 && zone[length - 1] == 0) --length;
        require(_isPrintable(abi.encodePacked(zone), length), IMarkets.Market_BadZone(zone));
    }

    /// @dev Whether the name at `index` is one, and none before it is the same.
    function _isName(string[] calldata names, uint256 index) private pure returns (bool) {
        bytes memory name = bytes(names[index]);
        if (name.length == 0 || name.length > MAX_NAME || !_isPrintable(name, name.length)) return false;
        for (uint256 k = 0; k < index; ++k) {
            if (keccak256(bytes(names[k])) == keccak256(name)) return false;
        }
        return true;
    }

    /// @dev Whether the first `length` bytes are printable characters of ASCII, none of them a backslash: programs escape with it.
    function _isPrintable(bytes memory text, uint256 length) private pure returns (bool) {
        for (uint256 i = 0; i < length; ++i) {
            if (text[i] < 0x20 || text[i] > 0x7e || text[i] == "\\") return false;
        }
        return true;
    }

    /// Reverts if: there is a challenge window without a bond, or longer than a week, or a bond without a window; there are
    /// endorsements without endorsers, or the other way round, or more than 32, or endorsements without a
    /// window; an eighth of the bond is less than twice the cost of a challenge, or that is not stated.
    function _checkContest(Market calldata rules) private pure {
        bool window = rules.challengeWindow != 0;
        bool endorsed = rules.endorsements != 0;
        uint64 bond = rules.bond;
        require(
            window == (bond != 0) && rules.challengeWindow <= MAX_WINDOW && endorsed == (rules.endorsers != 0)
                && rules.endorsements <= MAX_ENDORSEMENTS && (window || !endorsed),
            IMarkets.Market_BadContest(rules.challengeWindow, bond, rules.endorsements, rules.endorsers)
        );
        require(
            bond >= BOND_OF_COST * rules.challengeCost && window == (rules.challengeCost != 0),
            IMarkets.Market_BondTooLow(bond, rules.challengeCost)
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
