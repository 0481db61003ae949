// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {DeliveryTerms} from "../../contracts/types/Markets.sol";
import {PackedReading} from "../../contracts/types/Readings.sol";
import {Slot} from "../../contracts/types/Slots.sol";
import {PackedTrade} from "../../contracts/types/Trades.sol";
import {Wh} from "../../contracts/types/Units.sol";

/// @title Signed readings, and the certificates that follow from them
/// @notice Anyone may relay readings that devices signed. A batch is kept as a Merkle root; a reading is
/// used later with its proof. Export of a certified device becomes green certificates, once: unless it is a storage, or the slot
/// starts after the device was retired or decertified, in which case it is settled in money alone. What the owner would keep is
/// not certified either while the owner is suspended; energy that was sold before is certified to its buyer.
/// @dev Trust assumptions.
/// Safety: device keys sign what was measured (see IDeviceRegistry). The settlement contract names the
/// buyer's share.
/// Liveness: somebody relays the reading before the market's refund time.
/// Leaf of a reading: keccak256(abi.encode(index, reading)); pairs are hashed in sorted order, an odd
/// node moves up unpaired (contracts/shared/BatchRoot).
interface IMetering {
    /// @dev Where a reading stands.
    struct ReadingProof {
        uint64 batch;
        uint16 index;
        bytes32[] siblings;
    }

    /// @dev A reading with its proof.
    struct ProvenReading {
        PackedReading reading;
        ReadingProof proof;
    }

    /// @dev The readings of a trade's slot, one for each of its base intervals, in their order.
    struct Measured {
        /// Of the seller's device.
        ProvenReading[] exported;
        /// Of the buyer's meter; none where it does not count, or is missing.
        ProvenReading[] imported;
    }

    /// @dev What the orders of trades traded in their round, Wh, one for each trade; none where a trade is all of it.
    struct Totals {
        Wh[] sold;
        /// None either where the buyers' meters do not count.
        Wh[] bought;
    }

    /// @dev What was delivered of trades, Wh, one for each trade.
    struct Shares {
        /// The share of the export.
        Wh[] delivered;
        /// The least of that and the share of the import; none where the buyers' meters do not count.
        Wh[] used;
    }

    /// @notice A batch of readings was taken.
    event ReadingsReported(uint64 indexed batch, address indexed relayer, PackedReading[] readings);

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
    /// @notice Thrown when the interval of the reading at `index` is not after the device's last one, Unix seconds.
    error Metering_SlotNotAfterLast(uint256 index, uint32 device, uint40 slotStart, uint40 last);
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
    /// @notice Thrown when a reading names another predecessor than the interval directly before its own.
    /// @param index Place in the batch.
    /// @param device Id of the device.
    /// @param previousStartAt Start of the predecessor that the reading names, Unix seconds.
    /// @param needed The reading's start less the base interval, Unix seconds.
    error Metering_PredecessorNotAdjacent(uint256 index, uint32 device, uint40 previousStartAt, uint40 needed);
    /// @notice Thrown when a reading's quality is not 1 (measured), the only quality for now.
    /// @param index Place in the batch.
    /// @param device Id of the device.
    /// @param quality The reading's quality.
    error Metering_QualityNotMeasured(uint256 index, uint32 device, uint8 quality);
    /// @notice Thrown when a reading is not the first version of its interval, the only version for now.
    /// @param index Place in the batch.
    /// @param device Id of the device.
    /// @param version The reading's version.
    error Metering_VersionNotFirst(uint256 index, uint32 device, uint16 version);
    /// @notice Thrown when the counter at the start of the interval is below the one at the end of the last, Wh.
    error Metering_CounterFell(uint256 index, uint32 device, Wh opening, Wh last);
    /// @notice Thrown when the counter at the end of the interval is below the interval's energy, Wh.
    error Metering_CounterBelowEnergy(uint256 index, uint32 device, Wh counter, Wh energy);
    /// @notice Thrown when export or import is above the device's capacity in one interval, Wh.
    error Metering_AboveCapacity(uint256 index, uint32 device, Wh energy, Wh capacity);
    /// @notice Thrown when a proof does not lead to the root of the batch.
    error Metering_UnknownReading(uint64 batch, uint16 index);
    /// @notice Thrown when the caller is not the settlement.
    error Metering_NotSettlement(address caller);
    /// @notice Thrown when the surplus of the device and slot is issued.
    error Metering_AlreadyIssued(uint32 device, Slot slot);
    /// @notice Thrown when an order of the device for the slot is undecided.
    error Metering_Undecided(uint32 device, Slot slot);
    /// @notice Thrown when the readings of a device and slot are not one for each base interval.
    error Metering_WrongCount(uint32 device, Slot slot, uint256 have, uint256 needed);
    /// @notice Thrown when a reading is of another device, or not of the next interval of the slot.
    error Metering_WrongReading(uint32 device, Slot slot, uint32 readDevice, uint40 readStartAt);
    /// @notice Thrown when the device was not certified when the slot began.
    error Metering_NotCertified(uint32 device);
    /// @notice Thrown when the device is a storage, whose energy earns no certificates.
    error Metering_Storage(uint32 device);
    /// @notice Thrown when the device was retired or decertified, at `stoppedAt`, before the slot began; both Unix seconds.
    error Metering_Stopped(uint32 device, uint40 slotStart, uint40 stoppedAt);
    /// @notice Thrown when the auditors had suspended the device's owner when the slot began, Unix seconds.
    error Metering_OwnerSuspended(uint32 device, uint40 slotStart, address owner);

    /// @notice Report readings, 1 to 256 of them, each with the device's EIP-712 signature over
    /// Reading(uint32 device,uint40 startAt,uint32 lengthSeconds,uint40 previousStartAt,uint64 exportedWh,
    /// uint64 importedWh,uint64 exportCounterWh,uint64 importCounterWh,uint8 quality,uint16 version).
    /// Reverts if, for any reading: the start is not a multiple of the base interval, the interval is not over, or is not
    /// after the device's last one; the signer is not the device's key of then, or that is not trusted or not certified; the device
    /// changed since, longer than a week ago; export or import is above the device's
    /// capacity; a counter is below the interval's energy, or less that energy below the last counter. The
    /// error names the index.
    /// Four fields take one value only: the length is the base interval, the predecessor starts one base interval before
    /// (whether or not the device reported it, and for its first reading, too), the quality is 1 (measured), and the
    /// version is 1. Another value reverts.
    /// @dev Warning: once the reading of a later slot is taken, an earlier one never is. A device hands
    /// out the reading of a slot only when those of the slots before are relayed.
    /// Whoever relays one of the readings first makes the rest of the batch fail; nothing but the gas
    /// of the batch is lost, for that reading is taken.
    /// @param readings Packed as in contracts/types/Readings, 1 to 256.
    /// @param signatures One for each, of 64 or 65 bytes.
    function report(PackedReading[] calldata readings, bytes[] calldata signatures) external returns (uint64 batch);

    /// @notice Turns what a device exported beyond all that it sold in a slot into certificates of its owner. Anyone may call;
    /// where the device could use slots of several lengths and none is fixed yet, its owner alone.
    /// Reverts if: the deployment has no such slot, or the device uses another length; the readings are not those of the slot's
    /// intervals, or unknown; the device was not certified when the slot began, was retired or decertified before, or is a
    /// storage; its owner was suspended then; the slot's surplus is issued; a sell order of the device for the slot is undecided
    /// (IOrderBook.release or ISettlement.decide decides it).
    /// @param slot The slot, length 32 | start 40.
    /// @param measured A reading for each base interval of the slot, in their order.
    function issue(Slot slot, ProvenReading[] calldata measured) external;

    /// @notice For the settlement alone: `deliver` for those trades that are asked for and whose devices' last readings are of
    /// this slot; nothing for the others, and nothing where a slot is longer than a base interval.
    /// Reverts if: the caller is not the settlement.
    /// @param terms How the market's trades are measured: sharing 8 | delivery 8 | slot 72.
    /// @param trades At most 128.
    /// @param totals As of `deliver`.
    /// @param wanted A mask: bit i is set if trade i is asked for.
    /// @return known Bit i: trade i is asked for, and its delivery is known.
    /// @return shares As of `deliver`; 0 where it is not known.
    function deliverLast(DeliveryTerms terms, PackedTrade[] calldata trades, Totals calldata totals, uint256 wanted)
        external
        returns (uint256 known, Shares memory shares);

    /// @notice For the settlement alone: issues the certificates of what was delivered and used in trades to their buyers, and of
    /// the rest of what was delivered to the sellers; and once for each slot, what was exported beyond all that was sold, to the
    /// seller, when no order of the device for the slot is undecided. A device that sells is certified before the gate closes
    /// (IOrderBook), so before the slot begins. There are no certificates where the device is a storage, or was retired,
    /// decertified or given another key before the slot began, and not certified with it by then; and none for a seller who was
    /// suspended then, or whose device had another owner or was not certified anew after a change (IDeviceChanges). Shares are the
    /// same.
    /// A trade's share: with S sold by the device before, the order that sold X gets D' = min(max(export − S, 0), X). A trade of
    /// e after b of the order's trades gets ⌊D' · (b + e) / X⌋ − ⌊D' · b / X⌋, or min(max(D' − b, 0), e) where trades are served
    /// one after the other: any subset of trades gets the same, and all of them D'. The buyer's side likewise, with its meter's
    /// import.
    /// Reverts if: the caller is not the settlement; the readings are not those of the slot's intervals, or unknown.
    /// @param terms How the market's trades are measured: sharing 8 | delivery 8 | slot 72.
    /// @param measured The readings of each trade; without any of the buyer's meter, its import counts as 0.
    /// @param trades As many trades.
    /// @param totals What the orders of each trade traded in the round, Wh, at least the trade's energy.
    /// @param toSellers Whether all certificates are the sellers'; shares of the export are then those that were certified.
    function deliver(
        DeliveryTerms terms,
        Measured[] calldata measured,
        PackedTrade[] calldata trades,
        Totals calldata totals,
        bool toSellers
    ) external returns (Shares memory shares);

    /// @notice Reverts unless `proof` shows that `reading` was reported.
    /// @param reading The reading.
    /// @param proof Where it is.
    function verify(PackedReading calldata reading, ReadingProof calldata proof) external view;

    /// @notice The device's last interval (Unix seconds), its export and import in it and its counters at the end of it (Wh), and
    /// whether the registry says for whom it earns certificates: a storage, or a device that was stopped before or has changed.
    /// @param device Id of the device.
    function last(uint32 device)
        external
        view
        returns (uint40 startAt, uint40 exported, uint40 imported, Wh exportCounter, Wh importCounter, bool isSpecial);

    /// @notice Whether the surplus of the device and slot is issued.
    /// @param device Id of the device.
    /// @param slot The slot, length 32 | start 40.
    function isIssued(uint32 device, Slot slot) external view returns (bool);

    /// @notice Merkle root of a batch of readings, 0 if there is none. Batches count from 0.
    /// @param batch Number of the batch.
    function rootOf(uint64 batch) external view returns (bytes32);

    /// @notice Number of batches of readings.
    function batchCount() external view returns (uint64);

    /// @notice The most readings in one batch: 256 devices that report for the first time cost 9 million gas.
    function MAX_READINGS() external view returns (uint256);

    /// @notice Length of the interval of every reading of this deployment, seconds.
    function BASE_INTERVAL() external view returns (uint32);

    /// @notice The longest delivery slot of this deployment, seconds: a multiple of the base interval.
    function LONGEST_SLOT() external view returns (uint32);
}
