// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {IClearing} from "../../../../interfaces/clearing/IClearing.sol";
import {IRoundProver} from "../../../../interfaces/clearing/mechanisms/IRoundProver.sol";
import {ISatisfactionMatching} from "../../../../interfaces/clearing/mechanisms/ISatisfactionMatching.sol";
import {ContestTerms, MatchRules, PriceRule} from "../../../types/Markets.sol";
import {OrderFields, OrderId, PackedOrder} from "../../../types/Orders.sol";
import {PackedTrade} from "../../../types/Trades.sol";
import {Ppm, Price} from "../../../types/Units.sol";
import {Verdict, packVerdict} from "../../../types/Verdicts.sol";
import {CallData} from "../../libraries/CallData.sol";
import {ChunkAnswer} from "../../libraries/ChunkAnswer.sol";
import {Legs} from "../../libraries/Legs.sol";
import {Mechanism} from "../Mechanism.sol";
import {Satisfaction} from "./Satisfaction.sol";

/// @title SatisfactionMatching
/// @notice See ISatisfactionMatching for the specification.
contract SatisfactionMatching is ISatisfactionMatching, Mechanism {
    using OrderFields for PackedOrder;

    /// @dev The exhaustive proof, an IRoundProver.
    address public immutable PROVER;

    constructor(address markets, address orderBook, address prover) Mechanism(markets, orderBook) {
        PROVER = prover;
    }

    /// @dev There is nothing to complete.
    function _complete(Shown[] memory shown, bytes calldata) internal pure override {
        require(shown.length == 0, Mechanism_WrongExhibits(shown.length, 0));
    }

    /// @dev A pair with u + v < w.
    function _refute(MatchRules rules, Shown[] memory shown, bytes calldata) internal pure override {
        require(shown.length == 2, Mechanism_WrongExhibits(shown.length, 2));
        (Shown memory buy, Shown memory sell) = (shown[0], shown[1]);
        require(buy.order.isBuy(), IClearing.Clearing_WrongSide(buy.id));
        require(!sell.order.isBuy(), IClearing.Clearing_WrongSide(sell.id));
        (bool eligible, uint256 score) = _scoreOf(rules, buy.order, sell.order);
        uint256 duals = buy.dual + sell.dual;
        require(eligible && duals < score, Satisfaction_PairCovered(buy.id, sell.id, duals, score));
    }

    /// @dev Reverts if: the pair is not eligible; u + v < w.
    function _verdict(Legs.Pair memory pair) internal pure override returns (Verdict) {
        MatchRules rules = pair.terms.matching();
        (bool eligible, uint256 score) = _scoreOf(rules, pair.buy, pair.sell);
        require(eligible, Satisfaction_NotEligible(pair.buyer.id, pair.seller.id));
        _requireCovered(pair, score);
        return packVerdict(_priceOf(rules.priceRule(), pair.buy, pair.sell), uint40(score));
    }

    /// Reverts if: u + v < w.
    function _requireCovered(Legs.Pair memory pair, uint256 score) private pure {
        uint256 duals = uint256(Ppm.unwrap(pair.buyer.dual)) + Ppm.unwrap(pair.seller.dual);
        require(duals >= score, Satisfaction_DualsBelowScore(pair.buyer.id, pair.seller.id, duals, score));
    }

    /// @dev There are none.
    function _requirePrices(ContestTerms, uint256, bytes calldata prices) internal pure override {
        require(prices.length == 0, Mechanism_BadPrices(prices.length, 0));
    }

    /// @dev Each pair of a buyer in these rows and any seller has u + v ≥ w.
    function _prove(Task memory task, PackedOrder[][] calldata, PackedTrade[][] calldata, bytes calldata)
        internal
        view
        override
    {
        // It reverts, or answers nothing.
        // slither-disable-next-line unused-return
        CallData.ask(PROVER, IRoundProver.checkPart.selector, task.market);
    }

    /// @dev Each pair of a buyer and a seller has u + v ≥ w.
    function _proveChunk(Task memory task, PackedOrder[][] calldata, ChunkAnswer, bytes calldata)
        internal
        view
        override
    {
        // It reverts, or answers nothing.
        // slither-disable-next-line unused-return
        CallData.ask(PROVER, IRoundProver.checkRound.selector, task.market);
    }

    /// @dev Whether a pair is eligible, and its score w = t + g, ppm.
    function _scoreOf(MatchRules rules, PackedOrder memory buy, PackedOrder memory sell)
        private
        pure
        returns (bool eligible, uint256 score)
    {
        uint256 g;
        (eligible, score, g) = Satisfaction.score(buy, sell, _schemaOf(rules));
        score += g;
    }

    /// @dev Between the seller's minimum and the buyer's bid, since the pair is eligible.
    function _priceOf(PriceRule rule, PackedOrder memory buy, PackedOrder memory sell) private pure returns (Price) {
        return rule == PriceRule.PayAsBid ? buy.price() : buy.price().midpointDown(sell.minPrice());
    }

    function _schemaOf(MatchRules rules) private pure returns (Satisfaction.Schema memory) {
        return Satisfaction.Schema({count: rules.attributeCount(), incomeMask: rules.incomeMask()});
    }
}
