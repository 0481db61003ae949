// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {Slot, slotOf} from "./Slots.sol";
import {Points, Ppm, Wh} from "./Units.sol";

/// @dev How energy is matched.
enum Mode {
    /// Each order trades at most once, the smaller energy of the two (BC-TMS).
    OneToOne,
    /// Whole Wh, each order in as many trades as its energy allows.
    Divisible
}

/// @dev What flows.
enum Carrier {
    Electricity,
    Heat,
    Cold,
    Gas
}

/// @dev How the price of a trade follows from its orders.
enum PriceRule {
    /// The buyer's bid (BC-TMS).
    PayAsBid,
    /// The midpoint of the buyer's bid and the seller's minimum, rounded down.
    Midpoint
}

/// @dev Where the value of a seller's soft attribute comes from.
enum AttributeSource {
    /// The seller states it in the signed order.
    Declared,
    /// The seller's ask, micro-points per kWh.
    Ask,
    /// The credibility that the auditors attested, ppm.
    Credibility,
    /// Energy delivered of energy promised so far, ppm; 1 000 000 before the first trade.
    Reliability,
    /// The number of trades that the seller has settled.
    CompletedTrades
}

/// @dev What settles a trade.
enum Delivery {
    /// The seller's share of its device's export.
    Export,
    /// The least of the seller's share of the export and the buyer's share of its meter's import.
    BothSides
}

/// @dev How the trades of an order share what was delivered of it.
enum Sharing {
    /// In proportion to their energies.
    ProRata,
    /// One after the other, in the order of the round.
    FirstInFirstOut
}

/// @dev The mechanisms of a deployment, as a market's rules name them: satisfaction matching by pairs, and the call auction
/// with one price.
uint8 constant SATISFACTION = 0;
uint8 constant CALL = 1;

/// @dev How often refutations can put off the last moment for a proposal, each time by at most one challenge window.
uint8 constant MOST_EXTENSIONS = 2;

/// @dev The rules of a market: data, fixed when it opens. Its id is the hash of this struct and its
/// names, so that a signature on an order is a signature on the rules.
/// Slot 0 is what the contest asks for (ContestTerms), slot 1 what the orders need besides (OrderTerms), slot 2 what the
/// settlement needs besides, slot 5 what keeps dust out (LeastTerms).
struct Market {
    // slot 0: 1 + 1 + 1 + 1 + 1 + 1 + 5 + 5 + 4 + 4 + 8 = 32
    /// The mechanism that decides which trades are made, and at what price: SATISFACTION or CALL.
    uint8 mechanism;
    Mode mode;
    PriceRule priceRule;
    /// Number of soft attributes, 0 to 8.
    uint8 attributeCount;
    /// Bit f: attribute f is an income (more is better), else a cost.
    uint8 incomeMask;
    /// Endorsers who must sign a proposal before it is taken, at most 32; 0: none.
    uint8 endorsements;
    /// Gate closure: from then on the set of orders is fixed. Unix seconds.
    uint40 closesAt;
    /// Without a final round by then every reservation is free again. Unix seconds.
    uint40 finalBy;
    /// How long a sealed proposal can be challenged, seconds; 0: rounds are proven exhaustively only.
    uint32 challengeWindow;
    /// Call auction: where the price lies between the lowest and the highest that clear the market, ppm. Else 0.
    Ppm k;
    /// What an agent holds ready for a sealed proposal and loses when it is refuted, micro-points.
    uint64 bond;
    // slot 1: 5 + 5 + 4 + 1 + 1 + 1 + 8 + 4 + 1 + 1 = 31
    /// Start of the delivery slot, Unix seconds, a multiple of its length.
    uint40 slotStart;
    /// Without a settlement by then the buyer can take the money back (ISettlement.refund). Unix seconds.
    uint40 refundFrom;
    /// The subnet whose devices may sell here; 0 for every subnet.
    uint32 subnet;
    Carrier carrier;
    /// Number of categories for hard constraints, 0 to 8.
    uint8 categoryCount;
    /// 1 + index of the category that is filled with the device's registered energy source; 0: none.
    uint8 sourceCategory;
    /// One byte for each attribute, an AttributeSource; attribute 0 first.
    bytes8 sources;
    /// Length of the delivery slot, seconds: a multiple of the deployment's base interval that divides its longest slot.
    uint32 slotLength;
    Delivery delivery;
    Sharing sharing;
    // slot 2: 20 + 4 + 4 + 4 = 32
    /// Third key of each trade escrow.
    address arbiter;
    /// Shortfall up to this rate of the energy sold is not penalised, ppm.
    Ppm tolerance;
    /// Penalty on the value of a shortfall beyond the tolerance, ppm.
    Ppm penalty;
    /// Delivery on both sides: what the buyer pays of the value of what was delivered for it and not used, ppm. Else 1 000 000.
    Ppm underuse;
    // slot 3: 24
    /// The local network, a label in ASCII.
    bytes24 zone;
    // slot 4: 32
    /// keccak256(abi.encode(address[])) of the endorsers; 0: none.
    bytes32 endorsers;
    // slot 5: 8 + 8 + 8 = 24
    /// The least energy of an order, Wh, at least 1.
    Wh leastEnergy;
    /// The least that a buy order reserves, micro-points, at least 1.
    uint64 leastReservation;
    /// What it costs to refute a proposal, micro-points: an eighth of the bond is at least twice as much.
    uint64 challengeCost;
}

/// @dev What a mechanism needs to judge single orders, the lowest 40 bits of ContestTerms:
///   incomes 8 | attributes 8 | price rule 8 | mode 8 | mechanism 8
/// from the most significant bit down.
type MatchRules is uint40;

/// @dev What the contest asks of a market's rules, the first storage word of Market:
///   bond 64 | k 32 | challenge window 32 | final by 40 | closes at 40 | endorsements 8 | MatchRules 40
/// from the most significant bit down.
type ContestTerms is uint256;

/// @dev What an order must fit besides, the second storage word of Market:
///   sharing 8 | delivery 8 | slot length 32 | sources 64 | source category 8 | categories 8 | carrier 8 | subnet 32 | refund from 40 | slot start 40
/// from the most significant bit down.
type OrderTerms is uint256;

/// @dev How large an order must be, the sixth storage word of Market: challenge cost 64 | reservation 64 | energy 64, from the
/// most significant bit down (64 zero bits on top).
type LeastTerms is uint256;

using {leastEnergy, leastReservation} for LeastTerms global;
using {mechanism, mode, priceRule, attributeCount, incomeMask} for MatchRules global;
using {matching, endorsements, closesAt, finalBy, challengeWindow, k, bond} for ContestTerms global;
using {slot, delivery, subnet, carrier, categoryCount, sourceCategory, sourceAt} for OrderTerms global;
using {refundFrom, measuring} for OrderTerms global;
using {arbiter, tolerance, penalty, underuse} for PayTerms global;
using {deliverySlot, isBothSides, isFirstInFirstOut} for DeliveryTerms global;

/// @dev What of a market's rules says how its trades are measured: sharing 8 | delivery 8 | Slot 72, from the most significant
/// bit down.
type DeliveryTerms is uint88;

/// @dev What the settlement asks of a market's rules, the third storage word of Market:
///   underuse 32 | penalty 32 | tolerance 32 | arbiter 160
/// from the most significant bit down.
type PayTerms is uint256;

/// @notice The least energy of an order, Wh.
function leastEnergy(LeastTerms terms) pure returns (Wh) {
    return Wh.wrap(uint64(LeastTerms.unwrap(terms)));
}

/// @notice The least that a buy order reserves, micro-points.
function leastReservation(LeastTerms terms) pure returns (Points) {
    return Points.wrap(uint64(LeastTerms.unwrap(terms) >> 64));
}

/// @notice Third key of each trade escrow.
function arbiter(PayTerms terms) pure returns (address) {
    return address(uint160(PayTerms.unwrap(terms)));
}

/// @notice Shortfall up to this rate of the energy sold is not penalised, ppm.
function tolerance(PayTerms terms) pure returns (Ppm) {
    return Ppm.wrap(uint32(PayTerms.unwrap(terms) >> 160));
}

/// @notice Penalty on the value of a shortfall beyond the tolerance, ppm.
function penalty(PayTerms terms) pure returns (Ppm) {
    return Ppm.wrap(uint32(PayTerms.unwrap(terms) >> 192));
}

/// @notice What the buyer pays of the value of what was delivered for it and not used, ppm.
function underuse(PayTerms terms) pure returns (Ppm) {
    return Ppm.wrap(uint32(PayTerms.unwrap(terms) >> 224));
}

/// @notice From then on the buyer can take the money back, Unix seconds.
function refundFrom(OrderTerms terms) pure returns (uint40) {
    return uint40(OrderTerms.unwrap(terms) >> 40);
}

/// @notice How the trades of a market are measured.
function measuring(OrderTerms terms) pure returns (DeliveryTerms) {
    uint256 rules = (OrderTerms.unwrap(terms) >> 232) << 72;
    return DeliveryTerms.wrap(uint88(rules | Slot.unwrap(slot(terms))));
}

/// @notice The delivery slot.
function deliverySlot(DeliveryTerms terms) pure returns (Slot) {
    return Slot.wrap(uint72(DeliveryTerms.unwrap(terms)));
}

/// @notice Whether the buyers' meters count, too.
function isBothSides(DeliveryTerms terms) pure returns (bool) {
    return uint8(DeliveryTerms.unwrap(terms) >> 72) == uint8(Delivery.BothSides);
}

/// @notice Whether an order's trades are served one after the other.
function isFirstInFirstOut(DeliveryTerms terms) pure returns (bool) {
    return DeliveryTerms.unwrap(terms) >> 80 == uint88(Sharing.FirstInFirstOut);
}

/// @notice The number of the mechanism.
function mechanism(MatchRules rules) pure returns (uint8) {
    return uint8(MatchRules.unwrap(rules));
}

function mode(MatchRules rules) pure returns (Mode) {
    return Mode(uint8(MatchRules.unwrap(rules) >> 8));
}

function priceRule(MatchRules rules) pure returns (PriceRule) {
    return PriceRule(uint8(MatchRules.unwrap(rules) >> 16));
}

/// @notice The number of soft attributes.
function attributeCount(MatchRules rules) pure returns (uint8) {
    return uint8(MatchRules.unwrap(rules) >> 24);
}

/// @notice Bit f: attribute f is an income, else a cost.
function incomeMask(MatchRules rules) pure returns (uint8) {
    return uint8(MatchRules.unwrap(rules) >> 32);
}

/// @notice What the mechanism needs of the terms to judge single orders.
function matching(ContestTerms terms) pure returns (MatchRules) {
    return MatchRules.wrap(uint40(ContestTerms.unwrap(terms)));
}

/// @notice Endorsers who must sign a proposal.
function endorsements(ContestTerms terms) pure returns (uint8) {
    return uint8(ContestTerms.unwrap(terms) >> 40);
}

/// @notice Gate closure, Unix seconds; 0 if there is no such market.
function closesAt(ContestTerms terms) pure returns (uint40) {
    return uint40(ContestTerms.unwrap(terms) >> 48);
}

/// @notice The end of the time for proposals, Unix seconds.
function finalBy(ContestTerms terms) pure returns (uint40) {
    return uint40(ContestTerms.unwrap(terms) >> 88);
}

/// @notice Seconds; 0: proofs only.
function challengeWindow(ContestTerms terms) pure returns (uint32) {
    return uint32(ContestTerms.unwrap(terms) >> 128);
}

/// @notice Where a uniform price lies in its interval, ppm.
function k(ContestTerms terms) pure returns (Ppm) {
    return Ppm.wrap(uint32(ContestTerms.unwrap(terms) >> 160));
}

/// @notice The bond of a sealed proposal, micro-points.
function bond(ContestTerms terms) pure returns (uint64) {
    return uint64(ContestTerms.unwrap(terms) >> 192);
}

/// @notice The delivery slot.
function slot(OrderTerms terms) pure returns (Slot) {
    return slotOf(uint40(OrderTerms.unwrap(terms)), uint32(OrderTerms.unwrap(terms) >> 200));
}

/// @notice What settles a trade.
function delivery(OrderTerms terms) pure returns (Delivery) {
    return Delivery(uint8(OrderTerms.unwrap(terms) >> 232));
}

/// @notice The subnet of the sellers' devices; 0: any.
function subnet(OrderTerms terms) pure returns (uint32) {
    return uint32(OrderTerms.unwrap(terms) >> 80);
}

/// @notice A Carrier.
function carrier(OrderTerms terms) pure returns (uint8) {
    return uint8(OrderTerms.unwrap(terms) >> 112);
}

/// @notice The number of categories.
function categoryCount(OrderTerms terms) pure returns (uint8) {
    return uint8(OrderTerms.unwrap(terms) >> 120);
}

/// @notice 1 + index of the category that is attested; 0: none.
function sourceCategory(OrderTerms terms) pure returns (uint8) {
    return uint8(OrderTerms.unwrap(terms) >> 128);
}

/// @notice Where the value of an attribute comes from.
function sourceAt(OrderTerms terms, uint256 attribute) pure returns (AttributeSource) {
    return AttributeSource(uint8(OrderTerms.unwrap(terms) >> (192 - 8 * attribute)));
}
