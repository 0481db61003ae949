// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {OrderId} from "../../contracts/types/Orders.sol";
import {IClearing} from "./IClearing.sol";

/// @title Who knew first that a proposal is false
/// @notice A refutation stands in the open before it is executed, and can be copied. So whoever finds that a proposal is
/// false can write down a hash first, and say how later. When the proposal falls, by whose transaction ever, an eighth of its
/// bond waits for the earliest of those who wrote it down in a block after the seal's and before the refutation's. An agent that
/// commits before it seals, or seals, commits and refutes at once, is not among them; one that knows its own false pairs
/// loses three quarters of its bond all the same.
/// @dev Trust assumptions.
/// Safety: Clearing (fixed at deployment) says what was refuted, and in which blocks.
/// Liveness: none. What is shown must refute the proposal still: orders that are released after the round refute nothing, so show
/// a commitment at once.
interface IRefutations {
    /// @dev A refutation of which an eighth of the bond waits for its winner. slot 0: 20 + 5 + 5 = 30; slot 1: 20 + 8 = 28
    struct Refutation {
        /// Who refuted the proposal.
        address challenger;
        /// The block in which it was made.
        uint40 madeIn;
        /// Until then commitments can be shown, Unix seconds.
        uint40 until;
        /// Who made the earliest commitment that was shown; 0: none was.
        address winner;
        /// The number of that commitment.
        uint64 number;
    }

    /// @notice Emitted when somebody writes down the hash of a refutation (`commitmentOf`).
    event RefutationCommitted(bytes32 indexed commitment, address indexed by);

    /// @notice Emitted when it is shown that `challenger` knew before the refutation that a proposal is false, earlier than all
    /// that were shown so far.
    event CommitmentRevealed(uint64 indexed proposal, address indexed challenger);

    /// @notice Thrown when another contract than Clearing opens a refutation.
    error Refutations_NotClearing(address caller);

    /// @notice Thrown when a hash is written down that is there already.
    error Refutations_CommittedBefore(bytes32 commitment);

    /// @notice Thrown when no eighth of the bond of this proposal waits for its winner.
    error Refutations_NothingOpen(uint64 proposal);

    /// @notice Thrown when a commitment is shown too late, Unix seconds.
    error Refutations_RevealOver(uint64 proposal, uint40 until);

    /// @notice Thrown when an eighth is to be awarded while commitments can be shown, Unix seconds.
    error Refutations_RevealRuns(uint64 proposal, uint40 until);

    /// @notice Thrown when there is no such commitment of a block after the seal's and before the refutation's.
    error Refutations_NotCommitted(uint64 proposal, address challenger);

    /// @notice Thrown when an earlier commitment was shown, or this one.
    error Refutations_CommittedLater(uint64 proposal, address winner);

    /// @notice Writes down that one knows a proposal to be false, without saying why. Anyone may call.
    /// Reverts if: the hash is written down already.
    /// @param commitment As `commitmentOf` says.
    function commit(bytes32 commitment) external;

    /// @notice Shows a commitment, within a day after the refutation. The earliest one shown wins an eighth of the bond. Anyone
    /// may call.
    /// Reverts if: nothing waits, or it is too late; the orders shown do not refute the proposal (IClearing.challenge);
    /// `challenger` has not committed to them in time, or later than one that was shown.
    /// @param id The proposal.
    /// @param shown The orders, as many as the mechanism asks for.
    /// @param prices The proposal's public prices.
    /// @param challenger Who committed.
    /// @param salt What was hashed with it.
    function reveal(
        uint64 id,
        IClearing.Exhibit[] calldata shown,
        bytes calldata prices,
        address challenger,
        bytes32 salt
    ) external;

    /// @notice Gives the second eighth of a lost bond to the earliest commitment that was shown, else to who refuted the
    /// proposal, once commitments cannot be shown any more. Anyone may call.
    /// Reverts if: nothing waits; it is too early.
    /// @param id The proposal.
    function award(uint64 id) external;

    /// @notice Clearing only: a proposal is refuted. Keeps it open if somebody may have known before.
    /// @param id The proposal.
    /// @param sealedIn The number of the block in which it was sealed, from 0.
    /// @param challenger Who refuted it.
    /// @return isOpen Whether an eighth of the bond waits.
    function open(uint64 id, uint40 sealedIn, address challenger) external returns (bool isOpen);

    /// @notice What of a lost bond waits for its winner; all zero if nothing does.
    /// @param id The proposal.
    function refutationOf(uint64 id) external view returns (Refutation memory);

    /// @notice keccak256(abi.encode(chain id, this contract, proposal, challenger, orders, salt)).
    /// @param id The proposal.
    /// @param challenger Who commits, and is rewarded.
    /// @param orders The orders that refute it, as `challenge` shows them.
    /// @param salt Drawn at random, and kept.
    function commitmentOf(uint64 id, address challenger, OrderId[] calldata orders, bytes32 salt)
        external
        view
        returns (bytes32);
}
