// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {MeterWord} from "../../contracts/types/MeterWords.sol";
import {Side} from "../../contracts/types/Orders.sol";
import {PackedReading, ProvenReading, ReadingProof} from "../../contracts/types/Readings.sol";
import {Slot} from "../../contracts/types/Slots.sol";
import {PackedTrade} from "../../contracts/types/Trades.sol";
import {Wh} from "../../contracts/types/Units.sol";
import {ICorrections} from "./ICorrections.sol";

/// @title Signed readings
/// @notice Anyone may relay readings that devices signed. A batch is kept as a Merkle root; a reading is used later with its proof.
/// @dev Trust assumptions.
/// Safety: device keys sign what was measured (see IDeviceRegistry).
/// Liveness: somebody relays the reading before the market's refund time.
/// Leaf of a reading: keccak256(abi.encode(index, reading)); pairs are hashed in sorted order, an odd
/// node moves up unpaired (contracts/shared/BatchRoot).
interface IMetering is ICorrections {
    /// @notice A batch of readings was taken.
    /// @param batch Number of the batch.
    /// @param relayer Who reported it.
    /// @param readings As they are in the batch's tree: with what is known of a gap in the upper bits of the head (see
    /// contracts/types/Readings), and two words of zero in the place of each that was refused.
    event ReadingsReported(uint64 indexed batch, address indexed relayer, PackedReading[] readings);
    /// @notice A reading of a batch was refused; others of it were taken. `fault` is the error that it alone would have reverted with.
    event ReadingRefused(uint64 indexed batch, uint32 indexed device, uint40 startAt, bytes fault);

    /// @notice The reading of this interval is the first one after an exchange of the device's meter: the counters of the one before
    /// ended with the first two, Wh, and those of the new one began with the others.
    event CountersRestarted(
        uint32 indexed device, uint40 indexed startAt, Wh lastExported, Wh lastImported, Wh exported, Wh imported
    );

    /// @notice Thrown when a batch has no reading.
    error Metering_EmptyBatch();
    /// @notice Thrown when a batch has more than `most` readings.
    error Metering_BatchTooLarge(uint256 have, uint256 most);
    /// @notice Thrown when the reading at `index` is not signed by the device's key; `recovered` is who signed, zero if nobody.
    error Metering_BadSignature(uint256 index, uint32 device, address recovered);
    /// @notice Thrown when the device of the reading at `index` changed, and was never certified with its key of the interval.
    error Metering_KeyNotCertified(uint256 index, uint32 device, address key);
    /// @notice Thrown when the interval of the reading at `index` ends after its key ceased to be trusted, Unix seconds.
    error Metering_KeyDistrusted(uint256 index, uint32 device, address key, uint40 since);
    /// @notice Thrown when the interval of the reading at `index` is before a change of its device, and what held then could be
    /// reported until `until`, Unix seconds.
    error Metering_GraceOver(uint256 index, uint32 device, uint40 slotStart, uint40 until);
    /// @notice Thrown when readings and signatures differ in number.
    error Metering_LengthMismatch(uint256 readings, uint256 signatures);
    /// @notice Thrown when the interval of the reading at `index` ends later than now, Unix seconds.
    error Metering_SlotNotOver(uint256 index, uint32 device, uint40 slotStart, uint256 slotEnd);
    /// @notice Thrown when the interval of the reading at `index` does not start at a multiple of the base interval.
    error Metering_SlotMisaligned(uint256 index, uint32 device, uint40 slotStart, uint40 slotLength);
    /// @notice Thrown when the interval of the reading at `index` is the device's last one: it is reported.
    error Metering_AlreadyReported(uint256 index, uint32 device, uint40 slotStart);
    /// @notice Thrown when the interval of the reading at `index` is before the device's last one, Unix seconds: whether it was
    /// reported or passed over as a gap, nothing more is taken of it.
    error Metering_SlotNotAfterLast(uint256 index, uint32 device, uint40 slotStart, uint40 last);
    /// @notice Thrown when the reading at `index` names a predecessor that ends after it starts, Unix seconds.
    error Metering_PredecessorNotBefore(uint256 index, uint32 device, uint40 previousStartAt, uint40 slotStart);
    /// @notice Thrown when the reading at `index` names a predecessor before the device's last interval, Unix seconds.
    error Metering_PredecessorPassed(uint256 index, uint32 device, uint40 previousStartAt, uint40 last);
    /// @notice Thrown when the predecessor of the reading at `index` is not reported and still can be, until `until`, Unix seconds.
    error Metering_PredecessorMissing(uint256 index, uint32 device, uint40 previousStartAt, uint256 until);
    /// @notice Thrown when a bit above the fields of a reading's head is set.
    /// @param index Place in the batch.
    /// @param device Id of the device.
    /// @param head The reading's first word.
    error Metering_UnusedBitsSet(uint256 index, uint32 device, uint256 head);
    /// @notice Thrown when a reading's interval does not have the base interval, which is the only length for now.
    /// @param index Place in the batch.
    /// @param device Id of the device.
    /// @param length The reading's length, seconds.
    /// @param needed The base interval, seconds.
    error Metering_LengthNotBase(uint256 index, uint32 device, uint32 length, uint40 needed);
    /// @notice Thrown when a reading's quality is none of 1 (measured), 2 (substituted) and 3 (estimated).
    error Metering_UnknownQuality(uint256 index, uint32 device, uint8 quality);
    /// @notice Thrown when a reading's version is 0; versions count from 1.
    error Metering_VersionZero(uint256 index, uint32 device, uint40 slotStart);
    /// @notice Thrown when the counter at the start of the interval is below the one at the end of the last, Wh.
    error Metering_CounterFell(uint256 index, uint32 device, Wh opening, Wh last);
    /// @notice Thrown when the counter at the end of the interval is below the interval's energy, Wh.
    error Metering_CounterBelowEnergy(uint256 index, uint32 device, Wh counter, Wh energy);
    /// @notice Thrown when export or import is above the device's capacity in one interval, Wh.
    error Metering_AboveCapacity(uint256 index, uint32 device, Wh energy, Wh capacity);
    /// @notice Thrown when a proof does not lead to the root of the batch.
    error Metering_UnknownReading(uint64 batch, uint16 index);
    /// @notice Thrown when the readings of a slot end before it does: those from `next` on are missing, or one that shows that there are
    /// none.
    error Metering_NotWhole(uint32 device, Slot slot, uint40 next);
    /// @notice Thrown when a reading is of another device, before the slot or out of order, or does not show that there are none before it.
    error Metering_WrongReading(uint32 device, Slot slot, uint32 readDevice, uint40 readStartAt);
    /// @notice Thrown when a reading is substituted or estimated, and can be corrected until `until`, Unix seconds.
    error Metering_NotMeasured(uint32 device, uint40 slotStart, uint256 until);
    /// @notice Thrown when readings could be corrected for so long that this and one longest slot are more than `most`, seconds.
    error Metering_WindowTooLong(uint32 window, uint256 have, uint256 most);
    /// @notice Report readings, 1 to 256 of them, each with the device's EIP-712 signature over
    /// Reading(uint32 device,uint40 startAt,uint32 lengthSeconds,uint40 previousStartAt,uint64 exportedWh,
    /// uint64 importedWh,uint64 exportCounterWh,uint64 importCounterWh,uint8 quality,uint16 version).
    /// One by itself reverts if: the start is not a multiple of the base interval, or the length another; the interval is not over; a
    /// bit above the fields is set; the quality is none of 1, 2 and 3, or the version 0; the interval is the device's last one, or
    /// before it; the predecessor is none (0 for the first), or passed over, or missing and still expected; the signer is not
    /// the device's key of then, or that is not trusted or not certified; the device changed since, longer than a week ago;
    /// export or import is above the device's capacity; a counter is below the interval's energy, or less that energy below
    /// the last counter. In a batch such a reading is left out, and told with its fault; none of the others suffers, and who
    /// relays one of them first spoils nothing. Where all are refused the call reverts with the first fault.
    /// A reading names its predecessor: the interval that the device measured before. It is taken directly after that one, or once the
    /// predecessor's correction window is over without it, as a gap: then nothing between is taken any more. So whoever holds a
    /// later reading cannot shut out an earlier one that is on its way, and a reading that is lost delays those after it and blocks none.
    /// @param readings Packed as in contracts/types/Readings, 1 to 256.
    /// @param signatures One for each: 64 or 65 bytes of secp256k1, or 128 bytes of P-256, as IDeviceKeys takes them.
    function report(PackedReading[] calldata readings, bytes[] calldata signatures) external returns (uint64 batch);

    /// @notice Reverts unless `proof` shows that `reading` was reported.
    /// @param reading The reading.
    /// @param proof Where it is.
    function verify(PackedReading calldata reading, ReadingProof calldata proof) external view;

    /// @notice The device's last interval (Unix seconds), its export and import in it and its counters at the end of it (Wh), and
    /// what a trade of it is settled by.
    /// @param device Id of the device.
    function last(uint32 device)
        external
        view
        returns (uint40 startAt, Wh exported, Wh imported, Wh exportCounter, Wh importCounter, uint8 use);

    /// @notice The energy of a slot, Wh, whether all of its intervals are measured, and whether a reading of it was corrected. The energy
    /// is the sum of what is stated as measured of its own intervals. An interval counts as nothing once nothing measured can come any more: the reading after it shows that there is
    /// none, or what there is, is substituted or estimated, and its correction window is over.
    /// Reverts if: a reading is unknown, of another device, before the slot or out of order, or does not show that there are
    /// none between it and the one before; readings are missing at the end; one that is not measured can still be corrected.
    /// @param device Id of the device.
    /// @param slot The slot, length 32 | start 40.
    /// @param side Whether its export (sell) or its import (buy) is asked for.
    /// @param isLast Whether the last measured version of an interval counts, not the first.
    /// @param measured The readings of the slot's intervals, those that there are, in their order, as they were first reported. Where some
    /// are missing at its end, the reading after them, too.
    function energyOf(uint32 device, Slot slot, Side side, bool isLast, ProvenReading[] calldata measured)
        external
        view
        returns (Wh energy, bool isWhole, bool isCorrected);

    /// @notice The last words of the devices of trades, as in contracts/types/MeterWords; 0 of one that reported nothing.
    /// @param trades The trades.
    /// @param withMeters Whether those of the buyers' meters are asked for, too: they stand behind those of all devices.
    function lastOf(PackedTrade[] calldata trades, bool withMeters) external view returns (MeterWord[] memory words);

    /// @notice Merkle root of a batch of readings, 0 if there is none. Batches count from 0.
    /// @param batch Number of the batch.
    function rootOf(uint64 batch) external view returns (bytes32);

    /// @notice Number of batches of readings.
    function batchCount() external view returns (uint64);

    /// @notice The most readings in one batch: 256 devices that report for the first time cost 9 million gas.
    function MAX_READINGS() external view returns (uint256);

    /// @notice Length of the interval of every reading of this deployment, seconds.
    function BASE_INTERVAL() external view returns (uint32);

    /// @notice How long after its interval a reading can be corrected, and one that is missing is waited for, seconds. After that
    /// it is final.
    function CORRECTION_WINDOW() external view returns (uint32);

    /// @notice The longest delivery slot of this deployment, seconds: a multiple of the base interval.
    function LONGEST_SLOT() external view returns (uint32);
}
