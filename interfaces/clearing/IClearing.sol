// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {OrderId, PackedOrder} from "../../contracts/types/Orders.sol";
import {PackedTrade, TradePosition} from "../../contracts/types/Trades.sol";
import {Points, Ppm, Price, Wh} from "../../contracts/types/Units.sol";
import {IOrderBook} from "../market/IOrderBook.sol";
import {IMechanism} from "./IMechanism.sol";

/// @title Rounds: proposals of trades with their certificate, and the contest for the best one
/// @notice Anyone may be the agent. A proposal is a list of trades, a dual price for each order that trades, and public
/// prices where the market's mechanism has some. It becomes final when all orders prove it on chain (`prove`, `clear`), or
/// when it is sealed with a bond and nobody refutes it within the market's challenge window. One or two orders refute it,
/// at a cost that does not grow with the round.
/// @dev The market's rules name the mechanism, which is asked about each chunk of trades, about what refutes and about what
/// proves (IMechanism). The contest itself checks that every order is in the book and not cancelled, that none trades more
/// than its energy or at a price beyond its limits, and counts: the objective is what the trades are worth, the bound is
/// Σ dual price · capacity over the orders that trade, where the capacity is 1 (one-to-one) or the order's energy (divisible).
/// A proposal whose bound equals its objective is *exact*: unless orders refute it, none is better. Trades are
/// feasible by the contract's own check, so of two exact claims the lower one is refuted by the other's objective alone.
///
/// Life of a proposal: Draft (`propose`, `extend`) → Active (`seal`) → Final (`finalize`), or from Draft or Active
/// straight to Final (`prove`). At most one proposal of a market is active. An active one is Outranked by a better one and
/// may be sealed again, or Refuted by orders (`challenge`) or, if exact, by a higher objective; then its bond is lost, half to
/// who showed it, half burnt. An exact proposal ends the contest: nothing outranks it but what refutes it. Others wait for
/// better ones until `finalBy`.
///
/// Trust assumptions. Safety, of rounds that are proven: none. Safety, of rounds that are sealed: one honest watcher
/// sees the round's events and gets one transaction mined within the challenge window; and a bond that is worth more than
/// what a false result brings. Endorsers, where a market asks for them, can refuse a proposal but not make one better.
/// Liveness: one agent seals or proves before `finalBy`; else every reservation can be released (`release`).
///
/// Leaf of a trade: keccak256(abi.encode(index, trade)), as for orders.
///
/// Signed type, in this contract's EIP-712 domain ("PowerPact", "1"); `trades` is the hash of the proposal's chunk roots:
/// Endorsement(bytes32 market,address agent,bytes32 trades,uint128 objective)
interface IClearing {
    /// @dev Where a proposal is in its life.
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
        /// Orders of the round, in the order of their ids, that are proven.
        uint32 provenRows;
        // slot 2: 16 + 16 = 32
        /// What the trades are worth, in the mechanism's unit.
        uint128 objective;
        /// Σ dual price · capacity over the orders that trade, in the objective's unit. Exact if equal to the objective.
        uint128 bound;
        // slot 3: 10 + 8 + 1 + 1 + 5 + 1 + 5 = 31
        /// Where its last trade stands: sell id 40 | buy id 40. Links rise.
        uint80 lastLink;
        /// What its agent loses when it is refuted, micro-points.
        uint64 bond;
        /// The number of its market's mechanism.
        uint8 mechanism;
        /// Whether it has public prices.
        bool hasPrices;
        /// When an active proposal can be made final, Unix seconds.
        uint40 finalFrom;
        Status status;
        /// The block in which it was sealed last.
        uint40 sealedIn;
    }

    /// @dev An order that trades, with its dual price.
    struct PricedOrder {
        IOrderBook.Placed placed;
        /// In the mechanism's unit: ppm, ppm per Wh, or micro-points per kWh.
        Ppm dual;
        /// Divisible mode: the order trades in a later chunk, too.
        bool continued;
        /// Divisible mode: energy of its trades in earlier chunks, Wh; else 0.
        Wh before;
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

    /// @dev An order that is shown. If it trades in the proposal: any trade of it there, with its proof; else nothing.
    struct Exhibit {
        IOrderBook.Placed placed;
        /// Energy of its trades, Wh, as `filledOf` says; 0 if it does not trade.
        Wh filled;
        PackedTrade trade;
        TradePosition position;
        /// Root of the trade's chunk.
        bytes32 root;
        bytes32[] siblings;
    }

    /// @dev A signature of the endorser at `seat` of the market's list.
    struct Endorsement {
        uint8 seat;
        bytes signature;
    }

    /// @dev What of a proposal is to be proven.
    struct Part {
        /// As `tradesHash` says.
        bytes32 trades;
        /// The number of orders that are proven, cancelled ones included.
        uint256 from;
        /// The most orders to prove.
        uint256 rows;
    }

    /// @dev What endorsers say of a proposal.
    struct Support {
        /// The market's endorsers, as hashed in its rules; none if it asks for none.
        address[] endorsers;
        /// Signatures of at least as many of them as the market asks for, by rising seat.
        Endorsement[] endorsements;
    }

    /// @notice Emitted when a proposal begins.
    event Proposed(uint64 indexed proposal, bytes32 indexed market, address indexed agent);

    /// @notice Emitted when a proposal begins that has public prices.
    event PricesProposed(uint64 indexed proposal, bytes prices);

    /// @notice Emitted with the trades of each chunk of a proposal, at most 128.
    event TradesProposed(uint64 indexed proposal, uint32 indexed chunk, PackedTrade[] trades);

    /// @notice Emitted when orders of a round are proven: the first `provenRows` of `rows` so far.
    event PairsProven(uint64 indexed proposal, uint32 provenRows, uint32 rows);

    /// @notice Emitted when a proposal becomes active; it can be made final from `finalFrom`, Unix seconds.
    event ProposalSealed(
        bytes32 indexed market,
        uint64 indexed proposal,
        address indexed agent,
        uint128 objective,
        uint128 bound,
        uint40 finalFrom
    );

    /// @notice Emitted when an active proposal gives way to a better one; its bond is released.
    event ProposalOutranked(bytes32 indexed market, uint64 indexed proposal, uint64 indexed by);

    /// @notice Emitted when a refutation leaves time for one more proposal, until `finalBy`, Unix seconds.
    event ProposalsExtended(bytes32 indexed market, uint40 finalBy);

    /// @notice Emitted when an active proposal is shown to be false; its bond, micro-points, is lost.
    event ProposalRefuted(bytes32 indexed market, uint64 indexed proposal, address indexed challenger, Points bond);

    /// @notice Emitted when a proposal becomes the result of its round.
    event RoundFinalized(
        bytes32 indexed market,
        uint64 indexed proposal,
        address indexed agent,
        uint128 objective,
        uint128 bound,
        uint32 tradeCount
    );

    /// @notice Thrown when a deployment has no mechanism, or more than there is room for.
    error Clearing_BadMechanisms(uint256 have, uint256 most);

    /// @notice Thrown when a market names a mechanism that the deployment lacks.
    error Clearing_UnknownMechanism(uint8 mechanism);

    /// @notice Thrown when a round is proposed before its gate closes, Unix seconds.
    error Clearing_GateOpen(bytes32 market, uint40 closesAt);

    /// @notice Thrown when the time for proposals is over, Unix seconds.
    error Clearing_TooLate(bytes32 market, uint40 finalBy);

    /// @notice Thrown when the round is final already.
    error Clearing_AlreadyFinal(bytes32 market, uint64 proposal);

    /// @notice Thrown when the round is not final yet.
    error Clearing_NotFinal(bytes32 market);

    /// @notice Thrown when there is no proposal with this id.
    error Clearing_UnknownProposal(uint64 proposal);

    /// @notice Thrown when someone else than the proposal's agent extends, seals or proves it.
    error Clearing_NotAgent(uint64 proposal, address agent, address caller);

    /// @notice Thrown when the proposal's status does not allow the step.
    error Clearing_WrongStatus(uint64 proposal, Status have);

    /// @notice Thrown when trades are added to a proposal of which orders are proven.
    error Clearing_ProofBegun(uint64 proposal, uint32 provenRows);

    /// @notice Thrown when a chunk has more trades than fit.
    error Clearing_ChunkTooLarge(uint256 have, uint256 most);

    /// @notice Thrown when a chunk has orders and no trade.
    error Clearing_EmptyChunk();

    /// @notice Thrown when a link names an order beyond the list that comes with it.
    error Clearing_BadLink(uint256 link, uint256 orders);

    /// @notice Thrown when a trade does not stand behind the one before it, by its sell order and then its buy order: a pair trades at
    /// most once in a proposal.
    error Clearing_LinkNotRising(OrderId buyId, OrderId sellId);

    /// @notice Thrown when the batches given have no order with this id.
    error Clearing_UnknownOrder(OrderId id);

    /// @notice Thrown when an order was cancelled before the gate closed.
    error Clearing_OrderClosed(OrderId id);

    /// @notice Thrown when an order trades more often than its mode or its last chunk allows.
    error Clearing_OrderUsedTwice(OrderId id);

    /// @notice Thrown when an order is given without a trade.
    error Clearing_OrderUnused(OrderId id);

    /// @notice Thrown when an order has another dual price than in an earlier chunk.
    error Clearing_DualChanged(OrderId id, Ppm have, Ppm given);

    /// @notice Thrown when an order's trades in earlier chunks are not what the chunk says, Wh.
    error Clearing_WrongFill(OrderId id, Wh have, Wh given);

    /// @notice Thrown when a sell order stands where a buy order must, or the other way round.
    error Clearing_WrongSide(OrderId id);

    /// @notice Thrown when a trade's energy is not what the mode allows, Wh.
    error Clearing_WrongEnergy(OrderId buyId, OrderId sellId, Wh given, Wh needed);

    /// @notice Thrown when an order would trade more than is left of its energy, Wh.
    error Clearing_Overfilled(OrderId id, Wh have, Wh needed);

    /// @notice Thrown when a trade's price is above the buyer's bid or below the seller's minimum.
    error Clearing_PriceBeyondLimits(OrderId buyId, OrderId sellId, Price price);

    /// @notice Thrown when the orders given are not exactly those of the batch.
    error Clearing_WrongOrders(uint256 batch);

    /// @notice Thrown when the trades given are not exactly those of the proposal, chunk by chunk, but hash to something else.
    error Clearing_WrongTrades(bytes32 given, bytes32 needed);

    /// @notice Thrown when a proof does not go on from the first order that is not proven.
    error Clearing_WrongRow(uint64 proposal, uint256 given, uint256 needed);

    /// @notice Thrown when a batch is missing, or there is one too many.
    error Clearing_Incomplete(uint256 given, uint256 needed);

    /// @notice Thrown when the public prices given are not those of the proposal.
    error Clearing_WrongPrices(uint64 proposal);

    /// @notice Thrown when a proposal is to be proven whose bound is not its objective; its id is 0 in `clear`.
    error Clearing_NotExact(uint64 proposal, uint128 objective, uint128 bound);

    /// @notice Thrown when a proposal is sealed in a market without a challenge window.
    error Clearing_ProofOnly(bytes32 market);

    /// @notice Thrown when a proposal is sealed that is not better than the active one.
    error Clearing_NotBetter(uint64 proposal, uint64 active, uint128 objective, uint128 needed);

    /// @notice Thrown when a proposal is made final within its challenge window, Unix seconds.
    error Clearing_WindowOpen(uint64 proposal, uint40 finalFrom);

    /// @notice Thrown when the endorsers given are not those of the market.
    error Clearing_WrongEndorsers(bytes32 market);

    /// @notice Thrown when a signature is not its endorser's; the zero address where a seat is out of order or unknown.
    error Clearing_BadEndorsement(address endorser);

    /// @notice Thrown when fewer endorsers signed than the market asks for.
    error Clearing_TooFewEndorsements(bytes32 market, uint256 have, uint256 needed);

    /// @notice Thrown when an order is shown with another fill than it has in the proposal, Wh.
    error Clearing_WrongExhibit(OrderId id, Wh given, Wh needed);

    /// @notice Thrown when a trade shown is not in the proposal.
    error Clearing_UnknownTrade(uint32 chunk, uint8 index);

    /// @notice Thrown when a trade shown is not one of the order's.
    error Clearing_ForeignTrade(OrderId id);

    // Proposing

    /// @notice Begins a proposal with its first trades (none for a round in which nothing can trade).
    /// Reverts if:
    /// - the gate is open, the time is over, or the round is final;
    /// - an order is not in the book, cancelled, given without a trade, or traded in an earlier chunk that did not say
    ///   `continued`; then its dual price is another;
    /// - a side is wrong, or a price beyond an order's limits;
    /// - an order would trade more than its energy, in one-to-one mode more than once or not the smaller energy of the two;
    /// - trades do not rise by their sell order and then their buy order, through all chunks;
    /// - the mechanism refuses a trade, a dual price or the public prices.
    /// @param market The market's id.
    /// @param orders The orders that trade, each with its proof and its dual price.
    /// @param links The trades between them, at most 128.
    /// @param prices Public prices, in the form of the market's mechanism; empty where it has none.
    /// @return id The proposal's id.
    function propose(bytes32 market, PricedOrder[] calldata orders, Link[] calldata links, bytes calldata prices)
        external
        returns (uint64 id);

    /// @notice `propose` with whole batches in place of proofs: cheaper where most orders of the batches trade.
    /// Reverts if: `propose` would; the orders of a batch are not exactly those of the market.
    /// @param market The market's id.
    /// @param orders One array for each batch of the market up to the last one that is needed: all its orders, or none
    /// where no trade needs it.
    /// @param priced The orders that trade; `links` name them by their places here.
    /// @param links The trades between them, at most 128.
    /// @param prices Public prices.
    /// @return id The proposal's id.
    function proposeBatches(
        bytes32 market,
        PackedOrder[][] calldata orders,
        PricedId[] calldata priced,
        Link[] calldata links,
        bytes calldata prices
    ) external returns (uint64 id);

    /// @notice Adds trades to one's own draft, before its proof begins.
    /// Reverts if: `propose` would; there are no trades; the public prices are not the proposal's.
    /// @param id The proposal.
    /// @param orders The orders that trade, each with its proof and its dual price.
    /// @param links The trades between them, at most 128.
    /// @param prices The proposal's public prices.
    function extend(uint64 id, PricedOrder[] calldata orders, Link[] calldata links, bytes calldata prices) external;

    // Sealing and refuting

    /// @notice Puts one's own draft, or one that was outranked, up as the result of the round until the challenge window is
    /// over. The market's bond is held in the sender's wallet.
    /// Reverts if:
    /// - it is too late, or the market has no challenge window;
    /// - endorsements are missing or false;
    /// - the mechanism asks for orders that complete the certificate, and those shown do not;
    /// - an active proposal is as good (an exact one is beaten by a higher objective only);
    /// - the bond is not there.
    /// @param id The proposal.
    /// @param support The market's endorsers and their signatures; nothing where it asks for none.
    /// @param shown Orders that complete the certificate; none where the mechanism asks for none.
    /// @param prices The proposal's public prices.
    function seal(uint64 id, Support calldata support, Exhibit[] calldata shown, bytes calldata prices) external;

    /// @notice Refutes an active proposal by the orders shown. Three quarters of the agent's bond are burnt. An eighth, rounded
    /// down, goes to the sender's wallet; another to whoever wrote down first that the proposal is false (IRefutations), else to
    /// the sender. The round takes proposals again; if less than a challenge window is left for them, it is extended to one, at most
    /// twice in a round.
    /// Reverts if:
    /// - the proposal is not active;
    /// - an order is not in the book, or cancelled;
    /// - an order's fill is another; a trade is not of this proposal, or not of this order;
    /// - the mechanism finds nothing wrong. A challenge that reverts changes nothing.
    /// @param id The proposal.
    /// @param shown The orders, as many as the mechanism asks for.
    /// @param prices The proposal's public prices.
    function challenge(uint64 id, Exhibit[] calldata shown, bytes calldata prices) external;

    /// @notice Reverts unless the orders shown refute a proposal, active or not; as `challenge` lists.
    /// @param id The proposal.
    /// @param shown The orders, as many as the mechanism asks for.
    /// @param prices The proposal's public prices.
    function requireRefuted(uint64 id, Exhibit[] calldata shown, bytes calldata prices) external view;

    // The end of a round

    /// @notice Makes an active proposal final after its window: an exact one from the window's end, another when the
    /// time for proposals is over, too. Anyone may call.
    /// @param id The proposal.
    function finalize(uint64 id) external;

    /// @notice Proves the next orders of a proposal. When all are proven, the round is final and the money of its
    /// trades is locked. The proposal's agent only.
    /// Reverts if:
    /// - it is too late, or the proposal is not exact, or neither draft nor active;
    /// - the market asks for endorsements and the proposal is not active;
    /// - `part` does not go on from the orders that are proven;
    /// - the orders are not exactly those of the market, batch by batch, or the trades not exactly those of the proposal, chunk
    ///   by chunk;
    /// - the mechanism finds an order or a pair that refutes it (the error names it).
    /// @param id The proposal.
    /// @param orders All orders of the market, one array for each batch.
    /// @param trades All trades of the proposal, one array for each chunk.
    /// @param part Which orders.
    /// @param prices The proposal's public prices.
    function prove(
        uint64 id,
        PackedOrder[][] calldata orders,
        PackedTrade[][] calldata trades,
        Part calldata part,
        bytes calldata prices
    ) external;

    /// @notice Proposes and proves a whole round in one transaction: `propose`, `prove` and their events for
    /// rounds that fit, at a fraction of the gas, since the orders prove themselves.
    /// Reverts if: `propose` or `prove` would.
    /// @param market The market's id.
    /// @param orders All orders of the market, one array for each batch.
    /// @param priced The orders that trade; `links` name them by their places here.
    /// @param links All trades, at most 128.
    /// @param prices Public prices.
    /// @return id The proposal's id.
    function clear(
        bytes32 market,
        PackedOrder[][] calldata orders,
        PricedId[] calldata priced,
        Link[] calldata links,
        bytes calldata prices
    ) external returns (uint64 id);

    // Looking up

    /// @notice A proposal; its status is None if there is none with this id.
    /// @param id Id of the proposal, from 1.
    function proposal(uint64 id) external view returns (Proposal memory);

    /// @notice Number of proposals; the last id. Ids start at 1.
    function proposalCount() external view returns (uint64);

    /// @notice The final proposal of a market, 0 if there is none.
    /// @param market The market's id.
    function finalOf(bytes32 market) external view returns (uint64);

    /// @notice The active proposal of a market, 0 if there is none.
    /// @param market The market's id.
    function activeOf(bytes32 market) external view returns (uint64);

    /// @notice The last moment for proposals of a market, extensions included, Unix seconds. Reverts if it is unknown.
    /// @param market The market's id.
    function finalByOf(bytes32 market) external view returns (uint40);

    /// @notice The final proposal of a market and its agent; reverts if there is none.
    /// @param market The market's id.
    function finalRound(bytes32 market) external view returns (uint64 id, address agent);

    /// @notice How much of the energy of an order trades in a proposal, Wh: 0, `whole`, or in divisible mode a part.
    /// @param id The proposal.
    /// @param order The order.
    /// @param whole The order's energy, Wh.
    function filledOf(uint64 id, OrderId order, Wh whole) external view returns (Wh);

    /// @notice Merkle root of a chunk of a proposal's trades; 0 if there is none.
    /// @param id Id of the proposal.
    /// @param chunk Number of the chunk, from 0.
    function chunkRoot(uint64 id, uint32 chunk) external view returns (bytes32);

    /// @notice What endorsers sign as `trades`: the hash of the proposal's chunk roots.
    /// @param id Id of the proposal.
    function tradesHash(uint64 id) external view returns (bytes32);

    /// @notice The mechanism with this number in a market's rules; reverts if there is none.
    /// @param number Number of the mechanism, from 0.
    function mechanismAt(uint8 number) external view returns (IMechanism);

    /// @notice The most mechanisms of a deployment.
    function MOST_MECHANISMS() external view returns (uint256);
}
