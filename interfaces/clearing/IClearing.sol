// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {OrderId, PackedOrder} from "../../contracts/types/Orders.sol";
import {PackedTrade, TradePosition} from "../../contracts/types/Trades.sol";
import {Points, Ppm, Wh} from "../../contracts/types/Units.sol";
import {IOrderBook} from "../market/IOrderBook.sol";

/// @title Rounds: proposals of trades with dual prices, and the proof that no matching is better
/// @notice Anyone may be the agent. A proposal is a list of trades and of dual prices. It becomes final when every pair
/// of orders is checked on chain (`prove`, `clear`), or when it is sealed with a bond and nobody refutes it within the
/// market's challenge window. One pair refutes it, at a cost that does not grow with the round.
/// @dev The proof. Let c be 1 in one-to-one mode and an order's energy in divisible mode. For the linear programme
/// max Σ w·x, Σ_j x_ij ≤ c_i, Σ_i x_ij ≤ c_j, x ≥ 0, any u, v ≥ 0 with u_i + v_j ≥ w_ij for each eligible pair bound
/// every matching by Σ u·c + Σ v·c (weak duality). An order that does not trade has dual price 0, so an order that the
/// agent leaves out is refuted like any other. A proposal whose bound equals its objective is *exact*: unless a pair has
/// u + v < w, none is better. Trades are feasible by the contract's own check, so of two exact claims the lower one is
/// refuted by the other's objective alone.
///
/// Life of a proposal: Draft (`propose`, `extend`) → Active (`seal`) → Final (`finalize`), or from Draft or Active
/// straight to Final (`prove`). At most one proposal of a market stands. A active one is Outranked by a better one and may be
/// sealed again, or Refuted by a pair (`challenge`) or, if exact, by a higher objective; then its bond is lost, half to who showed it, half burnt.
/// An exact proposal ends the contest: nothing outranks it but what refutes it. Others wait for better ones until `finalBy`.
///
/// Trust assumptions. Safety, of rounds that are proven: none. Safety, of rounds that are sealed: one honest watcher
/// sees the round's events and gets one transaction mined within the challenge window; and a bond that is worth more than
/// what a false matching brings. Endorsers, where a market asks for them, can refuse a proposal but not make one better.
/// Liveness: one agent seals or proves before `finalBy`; else every reservation is free again (IOrderBook.release).
///
/// Leaf of a trade: keccak256(abi.encode(index, trade)), as for orders.
///
/// Signed type, in this contract's EIP-712 domain ("PowerPact", "1"); `trades` is the hash of the proposal's chunk roots:
/// Endorsement(bytes32 market,address agent,bytes32 trades,uint128 objective)
interface IClearing {
    enum Status {
        None,
        Draft,
        Active,
        Outranked,
        Refuted,
        Final
    }

    /// @dev Kept for each proposal in four words, whose sums are above their first fields.
    struct Proposal {
        // slot 0: 32
        bytes32 market;
        // slot 1: 20 + 4 + 4 + 4 = 32
        address agent;
        uint32 tradeCount;
        uint32 chunkCount;
        /// Orders of the round, in the order of their ids, whose pairs are proven.
        uint32 provenRows;
        // slot 2: 16 + 16 = 32
        /// Σ w·x over the trades: ppm (one-to-one) or ppm · Wh (divisible).
        uint128 objective;
        /// Σ u·c + Σ v·c over the orders that trade, in the objective's unit. Exact if equal to the objective.
        uint128 bound;
        // slot 3: 12 + 12 + 1 + 1 + 5 + 1 = 32
        /// Σ reservations of the buyers in the trades, micro-points: part of all wallets, which fit.
        uint96 reserved;
        /// What a challenge needs of the market's rules: the bond, micro-points, and its soft attributes.
        uint96 bond;
        uint8 attributeCount;
        uint8 incomeMask;
        /// When an active proposal can be made final, Unix seconds.
        uint40 finalFrom;
        Status status;
    }

    /// @dev An order that trades, with its dual price.
    struct PricedOrder {
        IOrderBook.Placed placed;
        /// ppm (one-to-one) or ppm per Wh (divisible).
        Ppm dual;
        /// Divisible mode: the order trades in a later chunk, too.
        bool continued;
    }

    /// @dev The same where the order itself is at hand.
    struct PricedId {
        OrderId id;
        Ppm dual;
    }

    /// @dev A trade between two orders, by their places in the list that comes with it.
    struct Link {
        uint16 buy;
        uint16 sell;
        /// Energy sold, Wh. In one-to-one mode the smaller energy of the two orders.
        Wh energy;
    }

    /// @dev An order in a challenge. If it trades in the proposal: any trade of it there, with its proof; else nothing.
    struct Exhibit {
        IOrderBook.Placed placed;
        PackedTrade trade;
        TradePosition position;
        bytes32[] siblings;
    }

    /// @dev A signature of the endorser at `seat` of the market's list.
    struct Endorsement {
        uint8 seat;
        bytes signature;
    }

    event Proposed(uint64 indexed proposal, bytes32 indexed market, address indexed agent);
    event TradesProposed(uint64 indexed proposal, uint32 indexed chunk, PackedTrade[] trades);
    event PairsProven(uint64 indexed proposal, uint32 provenRows, uint32 rows);
    event ProposalSealed(
        bytes32 indexed market,
        uint64 indexed proposal,
        address indexed agent,
        uint128 objective,
        uint128 bound,
        uint40 finalFrom
    );
    event ProposalOutranked(bytes32 indexed market, uint64 indexed proposal, uint64 indexed by);
    event ProposalRefuted(bytes32 indexed market, uint64 indexed proposal, address indexed challenger, Points bond);
    event RoundFinalized(
        bytes32 indexed market,
        uint64 indexed proposal,
        address indexed agent,
        uint128 objective,
        uint128 bound,
        uint32 tradeCount
    );

    error Clearing_GateOpen(bytes32 market, uint40 closesAt);
    error Clearing_TooLate(bytes32 market, uint40 finalBy);
    error Clearing_AlreadyFinal(bytes32 market, uint64 proposal);
    error Clearing_NotFinal(bytes32 market);
    error Clearing_UnknownProposal(uint64 proposal);
    error Clearing_NotAgent(uint64 proposal, address agent, address caller);
    error Clearing_WrongStatus(uint64 proposal, Status have);
    error Clearing_ProofBegun(uint64 proposal, uint32 provenRows);
    error Clearing_ChunkTooLarge(uint256 have, uint256 most);
    error Clearing_EmptyChunk();
    error Clearing_BadLink(uint256 link, uint256 orders);
    error Clearing_OrderClosed(OrderId id);
    error Clearing_OrderUsedTwice(OrderId id);
    error Clearing_OrderUnused(OrderId id);
    error Clearing_DualChanged(OrderId id, Ppm have, Ppm given);
    error Clearing_WrongSide(OrderId id);
    error Clearing_WrongEnergy(OrderId buyId, OrderId sellId, Wh given, Wh needed);
    error Clearing_Overfilled(OrderId id, Wh have, Wh needed);
    error Clearing_NotEligible(OrderId buyId, OrderId sellId);
    error Clearing_DualsBelowScore(OrderId buyId, OrderId sellId, uint256 duals, uint256 score);
    error Clearing_WrongOrders(uint256 batch);
    error Clearing_WrongTrades(uint32 chunk);
    error Clearing_Incomplete(uint256 given, uint256 needed);
    error Clearing_NotExact(uint64 proposal, uint128 objective, uint128 bound);
    error Clearing_BetterPair(OrderId buyId, OrderId sellId, uint256 duals, uint256 score);
    error Clearing_ProofOnly(bytes32 market);
    error Clearing_NotBetter(uint64 proposal, uint64 active, uint128 objective, uint128 needed);
    error Clearing_WindowOpen(uint64 proposal, uint40 finalFrom);
    error Clearing_WrongEndorsers(bytes32 market);
    error Clearing_BadEndorsement(address endorser);
    error Clearing_TooFewEndorsements(bytes32 market, uint256 have, uint256 needed);
    error Clearing_UnknownTrade(uint64 proposal, uint32 chunk, uint8 index);
    error Clearing_ForeignTrade(OrderId id);
    error Clearing_PairCovered(OrderId buyId, OrderId sellId, uint256 duals, uint256 score);

    /// @notice Begin a proposal with its first trades (none for a round without eligible pairs).
    /// Reverts if: the gate is open; the time is over; the round is final. And for any order: it is not in the book,
    /// cancelled, given without a trade, or traded in an earlier chunk that did not say `continued`; then its dual price
    /// is another. And for any trade: a side is wrong; the pair is not eligible by the orders' own terms; u + v < w; an
    /// order would trade more than its energy, in one-to-one mode more than once or not the smaller energy of the two.
    function propose(bytes32 market, PricedOrder[] calldata orders, Link[] calldata links) external returns (uint64 id);

    /// @notice `propose` with whole batches in place of proofs: cheaper where most orders of the batches trade.
    /// Reverts if: `propose` would; the orders of a batch are not exactly those of the market.
    /// @param orders One array for each batch of the market up to the last one that is needed: all its orders, or none
    /// where no trade needs it.
    /// @param priced The orders that trade; `links` name them by their places here.
    function proposeBatches(
        bytes32 market,
        PackedOrder[][] calldata orders,
        PricedId[] calldata priced,
        Link[] calldata links
    ) external returns (uint64 id);

    /// @notice Add trades to one's own draft, before its proof begins.
    function extend(uint64 id, PricedOrder[] calldata orders, Link[] calldata links) external;

    /// @notice Put one's own draft, or one that was outranked, up as the result of the round: it stands until the
    /// challenge window is over. The market's bond is held in the sender's wallet.
    /// Reverts if: it is too late; the market has no challenge window; endorsements are missing or false; an active
    /// proposal is as good (an exact one that stands is beaten by a higher objective only); the bond is not there.
    /// @param endorsers The market's endorsers, as hashed in its rules; none if it asks for none.
    /// @param endorsements Signatures of at least as many of them as the market asks for, by rising seat.
    function seal(uint64 id, address[] calldata endorsers, Endorsement[] calldata endorsements) external;

    /// @notice Refute an active proposal by one pair with u + v < w, an order that does not trade having dual price
    /// zero. Half of the agent's bond goes to the sender's wallet, the rest is burnt, and the round takes proposals again.
    /// Reverts if: the proposal does not stand; an order is not in the book or cancelled; a trade is not of this proposal
    /// or not of this order; the pair is not eligible or u + v ≥ w. A challenge that reverts changes nothing.
    function challenge(uint64 id, Exhibit calldata buy, Exhibit calldata sell) external;

    /// @notice Make an active proposal final after its window: an exact one from the window's end, another when the
    /// time for proposals is over, too. Anyone may call.
    function finalize(uint64 id) external;

    /// @notice Prove that no eligible pair of the next `rows` orders has u + v < w. When all orders are
    /// proven, the round is final and the money of its trades is locked. The proposal's agent only.
    /// Reverts if: it is too late; the proposal is not exact, or neither draft nor active; the market asks for
    /// endorsements and it does not stand; the orders are not exactly those of the market, batch by batch, the trades not
    /// exactly those of the proposal, chunk by chunk; a pair has u + v < w (the error names it).
    /// @param orders All orders of the market, one array for each batch.
    /// @param trades All trades of the proposal, one array for each chunk.
    function prove(uint64 id, PackedOrder[][] calldata orders, PackedTrade[][] calldata trades, uint256 rows) external;

    /// @notice Propose and prove a whole round in one transaction: `propose`, `prove` and their events for
    /// rounds that fit, at a fraction of the gas, since the orders prove themselves.
    /// Reverts if: `propose` or `prove` would.
    /// @param orders All orders of the market, one array for each batch.
    /// @param priced The orders that trade; `links` name them by their places here.
    /// @param links All trades, at most 256.
    function clear(bytes32 market, PackedOrder[][] calldata orders, PricedId[] calldata priced, Link[] calldata links)
        external
        returns (uint64 id);

    function proposal(uint64 id) external view returns (Proposal memory);

    /// @notice Number of proposals; the last id. Ids start at 1.
    function proposalCount() external view returns (uint64);

    /// @notice The final proposal of a market, 0 if there is none.
    function finalOf(bytes32 market) external view returns (uint64);

    /// @notice The active proposal of a market, 0 if there is none.
    function activeOf(bytes32 market) external view returns (uint64);

    /// @notice The final proposal of a market and its agent; reverts if there is none.
    function finalRound(bytes32 market) external view returns (uint64 id, address agent);

    /// @notice Whether the order trades in this proposal.
    function isTraded(uint64 id, OrderId order) external view returns (bool);

    /// @notice How much of the energy of an order trades in the final proposal of its market, Wh: 0, `whole`, or in
    /// divisible mode a part. In one-to-one mode an order that trades is bound as a whole.
    function boundEnergy(bytes32 market, OrderId order, Wh whole) external view returns (Wh);

    /// @notice Merkle root of a chunk of a proposal's trades.
    function chunkRoot(uint64 id, uint32 chunk) external view returns (bytes32);

    /// @notice What endorsers sign as `trades`: the hash of the proposal's chunk roots.
    function tradesHash(uint64 id) external view returns (bytes32);
}
