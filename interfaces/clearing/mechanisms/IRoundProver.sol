// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {PackedOrder} from "../../../contracts/types/Orders.sol";
import {PackedTrade} from "../../../contracts/types/Trades.sol";
import {IClearing} from "../IClearing.sol";

/// @title The exhaustive proof of satisfaction matching: every pair of a buyer and a seller is checked
/// @notice A part of SatisfactionMatching that would not fit into it. It has no state, and anyone may ask it.
/// @dev Its functions have the arguments of IMechanism, which passes its calldata through.
/// Trust assumptions: whoever asks has compared the orders with the book, and the trades with the proposal.
interface IRoundProver {
    /// @notice Reverts unless u + v ≥ w for each eligible pair of a buyer in the rows of `part` and any seller.
    /// Reverts if: a trade names an order that does not exist, or is cancelled; a pair has u + v < w (the error names it).
    /// @param market The market's id.
    /// @param orders All orders of the market, one array for each batch.
    /// @param trades All trades of the proposal, one array for each chunk.
    /// @param part The first row, and the most rows.
    /// @param prices Nothing.
    function checkPart(
        bytes32 market,
        PackedOrder[][] calldata orders,
        PackedTrade[][] calldata trades,
        IClearing.Part calldata part,
        bytes calldata prices
    ) external view;

    /// @notice Reverts unless u + v ≥ w for each eligible pair.
    /// Reverts if: an order that trades does not exist, or is cancelled; a pair has u + v < w (the error names it).
    /// @param market The market's id.
    /// @param orders All orders of the market, one array for each batch.
    /// @param priced The orders that trade, each with its dual price.
    /// @param links Nothing that is looked at.
    /// @param prices Nothing.
    function checkRound(
        bytes32 market,
        PackedOrder[][] calldata orders,
        IClearing.PricedId[] calldata priced,
        IClearing.Link[] calldata links,
        bytes calldata prices
    ) external view;
}
