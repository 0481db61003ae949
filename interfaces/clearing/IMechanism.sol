// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {PackedOrder} from "../../contracts/types/Orders.sol";
import {PackedTrade} from "../../contracts/types/Trades.sol";
import {IClearing} from "./IClearing.sol";

/// @title What a round's result must be: one rule, with its certificate and what refutes it
/// @notice The contest (IClearing) keeps proposals, times and bonds. A mechanism answers three questions: is this chunk of
/// trades right, and what is it worth; do these orders refute the proposal; do all orders of the round prove it. It has no
/// state, and anyone may ask it.
/// @dev Every mechanism makes trades in the same way (contracts/clearing/mechanisms/Mechanism): orders are those of the book
/// and not cancelled; no order trades more than its energy; a trade's price lies between the seller's minimum and the
/// buyer's bid. Its own rule says which of those trades it allows, at what price, and what each is worth.
/// A result's certificate is a dual price for each order that trades, and public prices, whose form is the mechanism's own.
/// The objective is Σ worth over the trades, the bound Σ dual price · capacity over the orders that trade, where the
/// capacity is 1 (one-to-one) or the order's energy (divisible). A mechanism is such that no feasible round has an objective
/// above the bound of a proposal that nothing refutes: so a higher objective refutes an exact proposal.
/// Its functions about chunks and proofs have the arguments of those of the contest, which passes its calldata through, with
/// the market in place of a proposal.
/// Trust assumptions: none.
interface IMechanism {
    /// @dev Trades that a mechanism made, and what there is to remember of them.
    struct Chunk {
        /// Merkle root of the trades; 0 if there are none.
        bytes32 root;
        /// What they are worth.
        uint256 objective;
        /// Σ dual price · capacity over the orders that trade for the first time.
        uint256 bound;
        /// The orders of the round that are proven with the chunk, cancelled ones included; 0 if it proves none.
        uint256 rows;
        /// What there is to remember of each order (contracts/clearing/libraries/ChunkAnswer).
        uint256[] entries;
        /// abi.encode(PackedTrade[]).
        bytes trades;
    }

    /// @notice Thrown when other orders are shown than the mechanism asks for.
    /// @param have The number of orders shown.
    /// @param needed The number that it asks for.
    error Mechanism_WrongExhibits(uint256 have, uint256 needed);

    /// @notice Thrown when public prices do not have the form that the mechanism gives them.
    /// @param have Their length, bytes.
    /// @param needed The length of that form, bytes.
    error Mechanism_BadPrices(uint256 have, uint256 needed);

    // Proposing

    /// @notice Makes the trades of a chunk from orders with their proofs.
    /// Reverts if:
    /// - an order is not in the book, cancelled, or has no trade;
    /// - there are orders and no trades, or more than 128 trades; a link names an order that is not there;
    /// - a side is wrong, or a price beyond an order's limits;
    /// - an order would trade more than its energy, in one-to-one mode more than once or not the smaller energy of the two;
    /// - links do not rise by sell order and then buy order, so that a pair would trade twice;
    /// - the rule does not allow a trade, its dual prices or the public prices.
    /// @param market The market's id.
    /// @param orders The orders that trade, each with its proof and its dual price.
    /// @param links The trades between them.
    /// @param prices Public prices; empty where the mechanism has none.
    /// @return chunk The chunk.
    function judge(
        bytes32 market,
        IClearing.PricedOrder[] calldata orders,
        IClearing.Link[] calldata links,
        bytes calldata prices
    ) external view returns (Chunk memory chunk);

    /// @notice `judge` with the orders in whole batches.
    /// Reverts if: `judge` would; the orders of a batch are not exactly those of the market.
    /// @param market The market's id.
    /// @param orders One array for each batch of the market up to the last one that is needed, empty where no trade needs it.
    /// @param priced The orders that trade, each with its dual price.
    /// @param links The trades between them.
    /// @param prices Public prices.
    function judgeBatches(
        bytes32 market,
        PackedOrder[][] calldata orders,
        IClearing.PricedId[] calldata priced,
        IClearing.Link[] calldata links,
        bytes calldata prices
    ) external view returns (Chunk memory chunk);

    // Sealing and refuting

    /// @notice Reverts unless the orders shown complete the certificate of a proposal to which no trade can be added: asked
    /// when a proposal with public prices is sealed.
    /// Reverts if: an order is not in the book, or cancelled; one has a fill, and the trade shown is not one of its trades, or
    /// not under its root.
    /// @param market The market's id.
    /// @param support What endorsers say; nothing that concerns a mechanism.
    /// @param shown Orders, with what the proposal says of them.
    /// @param prices The proposal's public prices.
    function complete(
        bytes32 market,
        IClearing.Support calldata support,
        IClearing.Exhibit[] calldata shown,
        bytes calldata prices
    ) external view;

    /// @notice Reverts unless the orders shown refute the proposal.
    /// Reverts if: as `complete`.
    /// @param market The market's id.
    /// @param shown Orders, with what the proposal says of them.
    /// @param prices The proposal's public prices.
    function refute(bytes32 market, IClearing.Exhibit[] calldata shown, bytes calldata prices) external view;

    // Proving exhaustively

    /// @notice Reverts unless the next rows of orders prove their part of a proposal. Orders are numbered through all batches, in
    /// the order of their ids: row r is the r-th.
    /// Reverts if: the orders are not exactly those of the market, batch by batch; the trades do not hash to what `part` says;
    /// a trade names a cancelled order; an order or a pair refutes the proposal (the error names it).
    /// @param market The market's id.
    /// @param orders All orders of the market, one array for each batch.
    /// @param trades All trades of the proposal, one array for each chunk.
    /// @param part The first row, the most rows, and the hash of the trades (IClearing.tradesHash).
    /// @param prices The proposal's public prices.
    /// @return to The row after the last one checked.
    /// @return count The number of rows, cancelled orders included.
    function prove(
        bytes32 market,
        PackedOrder[][] calldata orders,
        PackedTrade[][] calldata trades,
        IClearing.Part calldata part,
        bytes calldata prices
    ) external view returns (uint256 to, uint256 count);

    /// @notice `judgeBatches` for a round of a single chunk, and its proof.
    /// Reverts if: `judgeBatches` or `prove` would; the bound is not the objective.
    /// @param market The market's id.
    /// @param orders All orders of the market, one array for each batch.
    /// @param priced The orders that trade, each with its dual price.
    /// @param links The trades between them.
    /// @param prices Public prices.
    /// @return chunk The chunk.
    function proveAtOnce(
        bytes32 market,
        PackedOrder[][] calldata orders,
        IClearing.PricedId[] calldata priced,
        IClearing.Link[] calldata links,
        bytes calldata prices
    ) external view returns (Chunk memory chunk);
}
