// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {ContestTerms, Delivery, LeastTerms, Market, OrderTerms, PayTerms} from "../../contracts/types/Markets.sol";
import {Ppm, Wh} from "../../contracts/types/Units.sol";

/// @title Markets: a zone, a carrier and a delivery slot, with fixed rules
/// @notice Any active participant may open a market. Its rules never change: its id is their hash, so a trader who signs an
/// order for it signs the rules. Every other contract reads the rules here.
/// @dev Trust assumptions.
/// Safety: none in the opener of a market. OrderBook (fixed at deployment) numbers the batches.
/// Liveness: none.
interface IMarkets {
    /// @notice Emitted when a market opens.
    /// @param market The market's id.
    /// @param opener The participant who opened it.
    /// @param rules Its rules.
    /// @param attributes Names of the soft attributes, at most 8.
    /// @param categories Names of the categories, at most 8.
    event MarketOpened(
        bytes32 indexed market, address indexed opener, Market rules, string[] attributes, string[] categories
    );

    /// @notice Thrown when a market with the same rules and names is open already.
    error Market_AlreadyOpen(bytes32 market);

    /// @notice Thrown when there is no market with this id.
    error Market_Unknown(bytes32 market);

    /// @notice Thrown when the slot is not a multiple of the base interval that divides the longest slot, or does not begin at a
    /// multiple of its length, seconds.
    error Market_BadSlot(uint40 slotStart, uint32 slotLength, uint32 baseInterval, uint32 longestSlot);

    /// @notice Thrown when the rate of an under-use is above 1, or not 1 where the export alone settles.
    error Market_BadUnderuse(Delivery delivery, Ppm underuse);

    /// @notice Thrown when the times of the rules are not in order.
    error Market_BadTimes(uint40 closesAt, uint40 finalBy, uint40 slotStart, uint40 refundFrom);

    /// @notice Thrown when a count of the rules is above 8 or differs from the number of names, or a mask goes beyond its count.
    error Market_BadSchema(uint256 attributes, uint256 categories);

    /// @notice Thrown when the name of an attribute is not 1 to 32 printable characters of ASCII, or repeats another.
    /// @param index Place among the attributes.
    error Market_BadAttributeName(uint256 index);

    /// @notice Thrown when the name of a category is not 1 to 32 printable characters of ASCII, or repeats another.
    /// @param index Place among the categories.
    error Market_BadCategoryName(uint256 index);

    /// @notice Thrown when a zone is not printable characters of ASCII, followed by zeros.
    error Market_BadZone(bytes24 zone);

    /// @notice Thrown when orders may have no energy, Wh, or reserve nothing, micro-points.
    error Market_BadLeast(Wh leastEnergy, uint64 leastReservation);

    /// @notice Thrown when an eighth of the bond is less than twice what a challenge costs, micro-points, or that is zero where
    /// proposals can be challenged, or given where they cannot.
    error Market_BondTooLow(uint64 bond, uint64 challengeCost);

    /// @notice Thrown when the source of an attribute is unknown, or given for an attribute that the market lacks.
    error Market_BadSource(uint256 attribute);

    /// @notice Thrown when the rules name no arbiter.
    error Market_NoArbiter();

    /// @notice Thrown when a rate of the rules is above 1 000 000 ppm.
    error Market_RateAboveOne(uint32 rate);

    /// @notice Thrown when challenge window, bond and endorsers do not fit together.
    error Market_BadContest(uint32 challengeWindow, uint64 bond, uint8 endorsements, bytes32 endorsers);

    /// @notice Thrown when the rules name a mechanism that the deployment lacks.
    error Market_UnknownMechanism(uint8 mechanism);

    /// @notice Thrown when a rule is not what its mechanism needs: `k` is set for satisfaction matching; or, for the call
    /// auction, the mode is not divisible, or there is a price rule, an attribute or a category.
    error Market_UnfitForMechanism(uint8 mechanism);

    /// @notice Thrown when the opener is not an active participant.
    error Market_OpenerNotActive(address opener);

    /// @notice Thrown when an order is posted or cancelled after the gate of its market has closed.
    error Market_GateClosed(bytes32 market, uint40 closesAt);

    /// @notice Thrown when another contract than OrderBook takes a batch.
    error Market_NotOrderBook(address caller);

    // Opening a market

    /// @notice Opens a market with fixed rules. Names of attributes and categories are announced, and hashed
    /// into the id. Any active participant may call.
    /// Reverts if:
    /// - the sender is not active, or a market with these rules and names is open;
    /// - not now < closesAt ≤ slotStart, or not closesAt < finalBy ≤ closesAt + 30 days;
    /// - refundFrom is less than one slot, or more than one slot and 30 days, after both the end of the last challenge
    ///   window, extensions included, and the slot's end;
    /// - a name is not 1 to 32 printable characters of ASCII, or repeats another; the zone is not printable;
    /// - the least energy or the least reservation is zero;
    /// - the slot does not begin at a multiple of its length, or that is not a multiple of the base interval that divides the
    ///   longest slot;
    /// - a count is above 8 or differs from the names, or a source is unknown;
    /// - there is no arbiter, or a rate is above 1 000 000 ppm;
    /// - challenge window, bond and endorsers do not fit together, or an eighth of the bond is less than twice the cost of a
    ///   challenge;
    /// - the mechanism is unknown, or a rule is not what it needs.
    /// @param rules The rules; units and bounds as in contracts/types/Markets.
    /// @param attributes Names of the soft attributes, at most 8.
    /// @param categories Names of the categories, at most 8.
    /// @return market The market's id.
    function openMarket(Market calldata rules, string[] calldata attributes, string[] calldata categories)
        external
        returns (bytes32 market);

    /// @notice The id that these rules would have on this chain and contract.
    /// @param rules The rules.
    /// @param attributes Names of the soft attributes.
    /// @param categories Names of the categories.
    function marketId(Market calldata rules, string[] calldata attributes, string[] calldata categories)
        external
        view
        returns (bytes32);

    // Numbering batches

    /// @notice OrderBook only: takes the next batch of a market. Reverts if the market is unknown.
    /// @param market The market's id.
    /// @return contest What the contest asks of the rules.
    /// @return orders What an order must fit besides.
    /// @return least How large it must be.
    /// @return batch The batch's number, from 0.
    function takeBatch(bytes32 market)
        external
        returns (ContestTerms contest, OrderTerms orders, LeastTerms least, uint32 batch);

    /// @notice Number of batches of a market; 0 if it is unknown.
    /// @param market The market's id.
    function batchCount(bytes32 market) external view returns (uint256);

    // Reading the rules

    /// @notice The rules of a market. Reverts if it is unknown.
    /// @param market The market's id.
    function rulesOf(bytes32 market) external view returns (Market memory);

    /// @notice What the contest asks of the rules, in one word. Reverts if the market is unknown.
    /// @param market The market's id.
    function contestTermsOf(bytes32 market) external view returns (ContestTerms);

    /// @notice What an order must fit, in two words. Reverts if the market is unknown.
    /// @param market The market's id.
    function orderTermsOf(bytes32 market) external view returns (ContestTerms contest, OrderTerms orders);

    /// @notice What the settlement asks of the rules, in three words. Reverts if the market is unknown.
    /// @param market The market's id.
    function settlementTermsOf(bytes32 market)
        external
        view
        returns (ContestTerms contest, OrderTerms orders, PayTerms payment);

    /// @notice The design of a market: the hash that is its id, of its rules without closesAt, slotStart and refundFrom, and with
    /// finalBy − closesAt in place of finalBy. Markets of one design differ in nothing but when they are.
    /// @param market The market's id.
    /// @return Its design; 0 if there is no such market.
    function designOf(bytes32 market) external view returns (bytes32);

    /// @notice keccak256(abi.encode(address[])) of a market's endorsers; 0: none.
    /// @param market The market's id.
    function endorsersOf(bytes32 market) external view returns (bytes32);
}
