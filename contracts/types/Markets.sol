// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {Points, Ppm} from "./Units.sol";

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

/// @dev The rules of a market: data, fixed when it opens. Its id is the hash of this struct and its
/// names, so that a signature on an order is a signature on the rules.
struct Market {
    // slot 0: 20 + 5 + 5 + 1 + 1 = 32
    /// Third key of each trade escrow.
    address arbiter;
    /// Start of the delivery slot, Unix seconds, a multiple of the deployment's slot length.
    uint40 slotStart;
    /// Gate closure: from then on the set of orders is fixed. Unix seconds.
    uint40 closesAt;
    Carrier carrier;
    PriceRule priceRule;
    // slot 1: 5 + 5 + 4 + 4 + 4 + 1 + 1 + 1 + 1 = 26
    /// Without a final round by then every reservation is free again. Unix seconds.
    uint40 finalBy;
    /// Without a settlement by then the buyer can take the money back. Unix seconds.
    uint40 refundFrom;
    /// The subnet whose devices may sell here; 0 for every subnet.
    uint32 subnet;
    /// Shortfall up to this rate of the energy sold is not penalised, ppm.
    Ppm tolerance;
    /// Penalty on the value of a shortfall beyond the tolerance, ppm.
    Ppm penalty;
    /// Number of soft attributes, 0 to 8.
    uint8 attributeCount;
    /// Bit f: attribute f is an income (more is better), else a cost.
    uint8 incomeMask;
    /// Number of categories for hard constraints, 0 to 8.
    uint8 categoryCount;
    /// 1 + index of the category that is filled with the device's registered energy source; 0: none.
    uint8 sourceCategory;
    // slot 2: 8 + 24 = 32
    /// One byte for each attribute, an AttributeSource; attribute 0 first.
    bytes8 sources;
    /// The local network, a label in ASCII.
    bytes24 zone;
    // slot 3: 1 + 1 + 4 + 16 = 22
    Mode mode;
    /// Endorsers who must sign a proposal before it is taken, at most 32; 0: none.
    uint8 endorsements;
    /// How long a sealed proposal can be challenged, seconds; 0: rounds are proven exhaustively only.
    uint32 challengeWindow;
    /// What an agent holds ready for a sealed proposal and loses when it is refuted, micro-points.
    Points bond;
    // slot 4: 32
    /// keccak256(abi.encode(address[])) of the endorsers; 0: none.
    bytes32 endorsers;
}
