// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {PackedReading} from "../../contracts/types/Readings.sol";
import {IDeviceRegistry} from "../registry/IDeviceRegistry.sol";

/// @title Batches of readings that energy routers committed to, with little gas
/// @notice A router collects readings of many meters, signs the Merkle root of a batch of up to 65 536, and anyone submits it. That
/// is a claim only: it occupies no interval and moves no counter, and nothing is settled by it. A reading counts once it is proved
/// to be in the batch and its device's signature is shown: then it goes to IMetering.report like every other.
/// So a router can neither make a reading count that the device did not sign, nor shut a device out, which can always report by
/// itself. A reading of the batch that differs from the one that was taken of the same device and interval is evidence against
/// the router, or against the device if it signed both.
/// @dev Trust assumptions.
/// Safety: none beyond those of IMetering.
/// Liveness: whoever wants to prove a reading needs the readings of the batch, or the siblings of the reading, which only the log of
/// the router has.
/// Leaf of a reading: keccak256(abi.encode(place, reading)); pairs are hashed in sorted order, an odd node moves up unpaired
/// (contracts/shared/BatchRoot).
interface IRouterBatches {
    /// @dev What a router signs beside the root.
    struct Batch {
        /// The router's id in the registry of devices.
        uint32 router;
        /// How many batches the router committed to before.
        uint32 turn;
        /// Number of readings, 1 to 65 536.
        uint32 count;
    }

    /// @notice A router committed to a batch of readings; numbers of all routers' batches from 1, time in Unix seconds.
    event BatchCommitted(
        uint64 indexed number,
        uint32 indexed router,
        address indexed submitter,
        uint32 turn,
        uint32 count,
        uint40 committedAt,
        bytes32 root
    );

    /// @notice Readings at these places of a router's batch were handed to the metering, as its batch `metered`, in this order.
    /// Which of them it took its own events say.
    event ReadingsProved(uint64 indexed number, uint64 indexed metered, uint16[] places);

    /// @notice Thrown when the device is no router, or there is none with this id.
    error Router_NotRouter(uint32 device, IDeviceRegistry.Kind kind);
    /// @notice Thrown when the router was retired or decertified, Unix seconds.
    error Router_Stopped(uint32 router, uint40 stoppedAt);
    /// @notice Thrown when the router is not certified as it is now, or never was with the key that it has now.
    error Router_NotCertified(uint32 router);
    /// @notice Thrown when the router's key is not trusted from `since` on, Unix seconds.
    error Router_KeyDistrusted(uint32 router, address key, uint40 since);
    /// @notice Thrown when another key than the router's signed the batch; `recovered` is whose, zero if nobody's.
    error Router_BadSignature(uint32 router, address key, address recovered);
    /// @notice Thrown when a batch is not the router's next one.
    error Router_WrongTurn(uint32 router, uint32 next, uint32 named);
    /// @notice Thrown when a batch has no readings, or more than `most`.
    error Router_BadCount(uint32 router, uint32 count, uint256 most);
    /// @notice Thrown when no reading is shown.
    error Router_NothingShown(uint32 router, uint32 turn);
    /// @notice Thrown when readings and places differ in number.
    error Router_LengthMismatch(uint256 readings, uint256 places);
    /// @notice Thrown when a place is not in the batch, or not after the place before; `index` is that of the reading shown.
    error Router_BadPlace(uint256 index, uint256 place, uint256 least, uint256 count);
    /// @notice Thrown when the number of siblings is not the one that the places ask for.
    error Router_WrongSiblings(uint256 have, uint256 needed);
    /// @notice Thrown when the router committed to no such batch: the readings shown lead to another root.
    error Router_NotCommitted(uint32 router, uint32 turn, bytes32 root);

    /// @notice Commits a router to a batch of readings. `signature` is the router's key's EIP-712 signature over
    /// RouterBatch(uint32 router,uint32 turn,bytes32 root,uint32 count). Anyone may submit it.
    /// Reverts if: the device is no router, is out of service, or not certified; the signer is not its key of now, or that is
    /// not trusted or was never certified; the turn is not the router's next one; there are no readings, or too many.
    /// @param batch The batch.
    /// @param root The root of the readings' Merkle tree.
    /// @param signature The router's, of 64 or 65 bytes.
    /// @return number The batch's number, from 1.
    function commit(Batch calldata batch, bytes32 root, bytes calldata signature) external returns (uint64 number);

    /// @notice Shows readings of a batch with their devices' signatures, and hands them to IMetering.report. Anyone may call.
    /// Reverts if: the readings are not in the batch (`verify`); the metering takes none of them.
    /// @param readings Packed as in contracts/types/Readings, as many as the metering takes at once.
    /// @param signatures One for each reading: its device's, of 64 or 65 bytes.
    /// @param batch The batch.
    /// @param places Where the readings are in it, from 0, rising; at most 65 535.
    /// @param siblings The nodes that are needed beside them, as in `verify`.
    /// @return metered The metering's batch.
    function prove(
        PackedReading[] calldata readings,
        bytes[] calldata signatures,
        Batch calldata batch,
        uint16[] calldata places,
        bytes32[] calldata siblings
    ) external returns (uint64 metered);

    /// @notice The number of the batch in which these readings are.
    /// Reverts if: none is shown; there are not as many places; they do not rise, or leave the batch; the siblings are too few or
    /// too many; the router has not committed to such a batch.
    /// @param batch The batch.
    /// @param places Where the readings are in it, from 0, rising; at most 65 535.
    /// @param readings The readings.
    /// @param siblings The nodes beside those that follow from the readings, level by level from the leaves, from left to right.
    function verify(
        Batch calldata batch,
        uint16[] calldata places,
        PackedReading[] calldata readings,
        bytes32[] calldata siblings
    ) external view returns (uint64 number);

    /// @notice Number of a batch, and when the router committed to it, Unix seconds; zeros if it did not.
    /// @param batch The batch.
    /// @param root The root of the readings' Merkle tree.
    function commitmentOf(Batch calldata batch, bytes32 root) external view returns (uint64 number, uint40 committedAt);

    /// @notice How many batches a router committed to; the turn of its next one.
    /// @param router The router's id.
    function turnOf(uint32 router) external view returns (uint32);

    /// @notice How many batches all routers committed to.
    function batchCount() external view returns (uint64);

    /// @notice The most readings in one batch.
    function MAX_COUNT() external view returns (uint256);
}
