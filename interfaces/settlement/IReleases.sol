// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {IOrderBook} from "../market/IOrderBook.sol";
import {ISettlement} from "./ISettlement.sol";

/// @title Releases: what did not trade is free again
/// @notice Once a round is over, whatever an order did not trade can be released by anyone: the reservation of that part goes
/// back to the buyer's free balance, and a device whose order sold nothing may sell the slot again. Money in a trade stays there
/// (ISettlement).
/// @dev Invariants: MON-2 every reservation has a way out that needs nobody's goodwill.
/// Trust assumptions.
/// Safety: IClearing says what trades, IOrderBook what was posted.
/// Liveness: none.
interface IReleases {
    /// @notice Thrown when there are not as many trades as orders.
    error Releases_LengthMismatch(uint256 orders, uint256 trades);

    /// @notice Thrown when the trade that is shown for a one-to-one order is not in the final proposal, or not its trade.
    error Releases_UnknownTrade(bytes32 market, uint32 chunk, uint8 index);

    /// @notice Releases the part of orders that did not trade, once the round is final, or once the time for proposals has passed
    /// and no proposal is active. Anyone may call. Orders that are closed already are passed over.
    /// Reverts if: it is too early, or all of an order trades; an order that trades in one-to-one mode comes with a trade that is not
    /// its own of the final proposal; an order is not in the book; all are closed already.
    /// @param market The market's id.
    /// @param placed The orders, each with its proof.
    /// @param traded For each order that trades in one-to-one mode its trade; what stands in the place of others is not looked at.
    function release(bytes32 market, IOrderBook.Placed[] calldata placed, ISettlement.TradeProof[] calldata traded)
        external;
}
