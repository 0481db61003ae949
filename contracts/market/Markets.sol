// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {IMarkets} from "../../interfaces/market/IMarkets.sol";
import {IMetering} from "../../interfaces/metering/IMetering.sol";
import {IParticipantRegistry} from "../../interfaces/registry/IParticipantRegistry.sol";
import {ContestTerms, LeastTerms, Market, OrderTerms, PayTerms} from "../types/Markets.sol";
import {MarketRules} from "./libraries/MarketRules.sol";

/// @title Markets
/// @notice See IMarkets for the specification.
contract Markets is IMarkets {
    IParticipantRegistry public immutable PARTICIPANTS;
    IMetering public immutable METERING;
    address public immutable ORDER_BOOK;

    mapping(bytes32 market => Market) private _markets;
    /// @dev 1 + the number of batches: written when the market opens, so that no batch pays for a fresh word.
    mapping(bytes32 market => uint256) private _nextBatch;

    /// @inheritdoc IMarkets
    mapping(bytes32 market => bytes32) public designOf;

    constructor(address participants, address metering, address orderBook) {
        PARTICIPANTS = IParticipantRegistry(participants);
        METERING = IMetering(metering);
        ORDER_BOOK = orderBook;
    }

    /// @inheritdoc IMarkets
    function openMarket(Market calldata rules, string[] calldata attributes, string[] calldata categories)
        external
        returns (bytes32 market)
    {
        require(PARTICIPANTS.isActive(msg.sender), Market_OpenerNotActive(msg.sender));
        market = marketId(rules, attributes, categories);
        require(_markets[market].closesAt == 0, Market_AlreadyOpen(market));
        MarketRules.Lengths memory lengths =
            MarketRules.Lengths(METERING.BASE_INTERVAL(), METERING.LONGEST_SLOT(), METERING.CORRECTION_WINDOW());
        MarketRules.check(rules, attributes.length, categories.length, lengths);
        MarketRules.checkNames(rules.zone, attributes, categories);

        _markets[market] = rules;
        _nextBatch[market] = 1;
        designOf[market] = _designOf(rules, attributes, categories);
        emit MarketOpened(market, msg.sender, rules, attributes, categories);
    }

    /// @inheritdoc IMarkets
    function takeBatch(bytes32 market)
        external
        returns (ContestTerms contest, OrderTerms orders, LeastTerms least, uint32 batch)
    {
        require(msg.sender == ORDER_BOOK, Market_NotOrderBook(msg.sender));
        (contest, orders) = orderTermsOf(market);
        Market storage rules = _markets[market];
        // Equivalent to packing leastEnergy, leastReservation and challengeCost again.
        assembly ("memory-safe") {
            least := sload(add(rules.slot, 5))
        }

        uint256 next = _nextBatch[market];
        _nextBatch[market] = next + 1;
        batch = uint32(next - 1);
    }

    /// @inheritdoc IMarkets
    function rulesOf(bytes32 market) external view returns (Market memory rules) {
        rules = _markets[market];
        require(rules.closesAt != 0, Market_Unknown(market));
    }

    /// @inheritdoc IMarkets
    function contestTermsOf(bytes32 market) public view returns (ContestTerms terms) {
        Market storage rules = _markets[market];
        // Equivalent to packing mechanism, mode, …, bond again.
        assembly ("memory-safe") {
            terms := sload(rules.slot)
        }
        require(terms.closesAt() != 0, Market_Unknown(market));
    }

    /// @inheritdoc IMarkets
    function orderTermsOf(bytes32 market) public view returns (ContestTerms contest, OrderTerms orders) {
        contest = contestTermsOf(market);
        Market storage rules = _markets[market];
        // Equivalent to packing slotStart, refundFrom, …, sources again.
        assembly ("memory-safe") {
            orders := sload(add(rules.slot, 1))
        }
    }

    /// @inheritdoc IMarkets
    function settlementTermsOf(bytes32 market)
        external
        view
        returns (ContestTerms contest, OrderTerms orders, PayTerms payment)
    {
        (contest, orders) = orderTermsOf(market);
        Market storage rules = _markets[market];
        // Equivalent to packing arbiter, tolerance, penalty and underuse again.
        assembly ("memory-safe") {
            payment := sload(add(rules.slot, 2))
        }
    }

    /// @inheritdoc IMarkets
    function endorsersOf(bytes32 market) external view returns (bytes32) {
        return _markets[market].endorsers;
    }

    /// @inheritdoc IMarkets
    function batchCount(bytes32 market) external view returns (uint256) {
        uint256 next = _nextBatch[market];
        return next == 0 ? 0 : next - 1;
    }

    /// @inheritdoc IMarkets
    function marketId(Market calldata rules, string[] calldata attributes, string[] calldata categories)
        public
        view
        returns (bytes32)
    {
        return keccak256(abi.encode(block.chainid, address(this), rules, attributes, categories));
    }

    /// @dev As `marketId`, of the rules with the time for proposals in place of all times.
    function _designOf(Market memory rules, string[] calldata attributes, string[] calldata categories)
        private
        view
        returns (bytes32)
    {
        rules.finalBy -= rules.closesAt;
        (rules.closesAt, rules.slotStart, rules.refundFrom) = (0, 0, 0);
        return keccak256(abi.encode(block.chainid, address(this), rules, attributes, categories));
    }
}
