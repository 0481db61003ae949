// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {OrderId, PackedOrder} from "../contracts/types/Orders.sol";
import {Trade} from "../contracts/types/Trades.sol";
import {Points, Ppm} from "../contracts/types/Units.sol";
import {IOrderBook} from "./IOrderBook.sol";

/// @title Rounds: proposals of trades, and the proof that none is better
/// @notice One-to-one mode. Anyone may be the agent: a proposal is a list of trades with dual prices, and
/// becomes final only when it is proven that no feasible matching has a higher objective.
/// @dev The proof. For the linear programme max Σ w·x, Σ_j x_ij ≤ 1, Σ_i x_ij ≤ 1, x ≥ 0, any u, v ≥ 0
/// with u_i + v_j ≥ w_ij for each eligible pair bound every matching by Σu + Σv (weak duality). The
/// contract demands u_i + v_j = w_ij for each trade, and gives every order that does not trade the
/// dual price 0; then Σu + Σv equals the objective, so when no pair has u + v < w, none is better.
/// An order that the agent leaves out has dual price 0 too, which is how censorship shows.
///
/// Trust assumptions. Safety: none in the agent. Liveness: one agent submits before `finalBy`; else every
/// reservation is free again (IOrderBook.release).
///
/// Leaf of a trade: keccak256(abi.encode(index, trade)), as for orders.
interface IClearing {
    enum Status {
        None,
        Proposed,
        Final
    }

    /// @dev slot 0: 32; slot 1: 20 + 8 + 4 = 32; slot 2: 16 + 4 + 4 + 1 = 25
    struct Proposal {
        bytes32 market;
        address agent;
        /// Σ w over the trades, ppm; equals the dual bound.
        uint64 objective;
        uint32 tradeCount;
        /// Σ reservations of the buyers in the trades, micro-points.
        Points reserved;
        uint32 chunkCount;
        /// Orders of the round, in the order of their ids, whose pairs are proven.
        uint32 provenRows;
        Status status;
    }

    /// @dev A trade as the agent claims it. The seller's dual price is the pair's score less the buyer's.
    struct Claim {
        IOrderBook.Placed buy;
        IOrderBook.Placed sell;
        /// Dual price of the buyer's order, ppm.
        Ppm buyerDual;
    }

    /// @dev A trade by the ids of its orders, where the orders themselves are at hand.
    struct Pair {
        OrderId buyId;
        OrderId sellId;
        /// Dual price of the buyer's order, ppm.
        Ppm buyerDual;
    }

    event Proposed(uint64 indexed proposal, bytes32 indexed market, address indexed agent);
    event TradesProposed(uint64 indexed proposal, uint32 indexed chunk, Trade[] trades);
    event PairsProven(uint64 indexed proposal, uint32 provenRows, uint32 rows);
    event RoundFinalized(bytes32 indexed market, uint64 indexed proposal, address indexed agent, uint64 objective, uint32 tradeCount);

    error Clearing_GateOpen(bytes32 market, uint40 closesAt);
    error Clearing_TooLate(bytes32 market, uint40 finalBy);
    error Clearing_AlreadyFinal(bytes32 market, uint64 proposal);
    error Clearing_NotFinal(bytes32 market);
    error Clearing_UnknownProposal(uint64 proposal);
    error Clearing_NotAgent(uint64 proposal, address agent, address caller);
    error Clearing_ProofBegun(uint64 proposal, uint32 provenRows);
    error Clearing_ChunkTooLarge(uint256 have, uint256 most);
    error Clearing_OrderClosed(OrderId id);
    error Clearing_OrderUsedTwice(OrderId id);
    error Clearing_WrongSide(OrderId id);
    error Clearing_NotEligible(OrderId buyId, OrderId sellId);
    error Clearing_DualAboveScore(OrderId buyId, OrderId sellId, Ppm dual, Ppm score);
    error Clearing_WrongOrders(uint256 batch);
    error Clearing_WrongTrades(uint32 chunk);
    error Clearing_Incomplete(uint256 given, uint256 needed);
    error Clearing_BetterPair(OrderId buyId, OrderId sellId, uint256 duals, uint256 score);

    /// @notice Begin a proposal with its first trades (none for a round without eligible pairs).
    /// Reverts if: the gate is open; the time is over; the round is final. And for any claim: an order
    /// is not in the book, cancelled or used twice; the pair is not eligible by the orders' own terms;
    /// the buyer's dual price is above the score.
    function propose(bytes32 market, Claim[] calldata claims) external returns (uint64 id);

    /// @notice Add trades to one's own proposal, before its proof begins.
    function extend(uint64 id, Claim[] calldata claims) external;

    /// @notice Prove that no eligible pair of the next `rows` orders has u + v < w. When all orders are
    /// proven, the round is final and the money of its trades is locked. The proposal's agent only.
    /// Reverts if: the orders are not exactly those of the market, batch by batch, the trades not
    /// exactly those of the proposal, chunk by chunk; a pair has u + v < w (the error names it).
    /// @param orders All orders of the market, one array for each batch.
    /// @param trades All trades of the proposal, one array for each chunk.
    function prove(uint64 id, PackedOrder[][] calldata orders, Trade[][] calldata trades, uint256 rows) external;

    /// @notice Propose and prove a whole round in one transaction: `propose`, `prove` and their events for
    /// rounds that fit, at a fraction of the gas, since the orders prove themselves.
    /// Reverts if: `propose` or `prove` would.
    /// @param orders All orders of the market, one array for each batch.
    /// @param pairs All trades, at most 256.
    function clear(bytes32 market, PackedOrder[][] calldata orders, Pair[] calldata pairs)
        external
        returns (uint64 id);

    function proposal(uint64 id) external view returns (Proposal memory);

    /// @notice Number of proposals; the last id. Ids start at 1.
    function proposalCount() external view returns (uint64);

    /// @notice The final proposal of a market, 0 if there is none.
    function finalOf(bytes32 market) external view returns (uint64);

    /// @notice The final proposal of a market and its agent; reverts if there is none.
    function finalRound(bytes32 market) external view returns (uint64 id, address agent);

    /// @notice Whether the order trades in the final proposal of its market.
    function isTraded(bytes32 market, OrderId id) external view returns (bool);

    /// @notice Merkle root of a chunk of a proposal's trades.
    function chunkRoot(uint64 id, uint32 chunk) external view returns (bytes32);
}
