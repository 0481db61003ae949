// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {OrderId} from "../../../contracts/types/Orders.sol";
import {IMechanism} from "../IMechanism.sol";

/// @title Satisfaction matching (BC-TMS): the trades that satisfy both sides best, proven by dual prices
/// @notice A trade is worth the score w = t + g of its pair, buyer and seller satisfaction in ppm. One pair with u + v < w
/// refutes a proposal, where u and v are dual prices, 0 for an order that does not trade.
/// @dev The proof. Let c be 1 in one-to-one mode and an order's energy in divisible mode. For the linear programme
/// max Σ w·x, Σ_j x_ij ≤ c_i, Σ_i x_ij ≤ c_j, x ≥ 0, any u, v ≥ 0 with u_i + v_j ≥ w_ij for each eligible pair bound
/// every matching by Σ u·c + Σ v·c (weak duality). An order that does not trade has dual price 0, so an order that the
/// agent leaves out is refuted like any other.
/// Dual prices are in ppm (one-to-one) or ppm per Wh (divisible). There are no public prices. Two orders are shown, the buy
/// order first.
interface ISatisfactionMatching is IMechanism {
    /// @notice Thrown when a trade is proposed between orders whose own terms exclude one another.
    error Satisfaction_NotEligible(OrderId buyId, OrderId sellId);

    /// @notice Thrown when the dual prices of a trade sum to less than its score, ppm.
    error Satisfaction_DualsBelowScore(OrderId buyId, OrderId sellId, uint256 duals, uint256 score);

    /// @notice Thrown when a pair that is shown refutes nothing: it is not eligible (score 0), or u + v ≥ w, ppm.
    error Satisfaction_PairCovered(OrderId buyId, OrderId sellId, uint256 duals, uint256 score);

    /// @notice Thrown when a round is not proven, since this pair has u + v < w, ppm.
    error Satisfaction_BetterPair(OrderId buyId, OrderId sellId, uint256 duals, uint256 score);
}
