// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {IMetering} from "../../../interfaces/metering/IMetering.sol";
import {IDeviceRegistry} from "../../../interfaces/registry/IDeviceRegistry.sol";
import {ESTIMATED, MEASURED, PackedReading, ReadingFields, SIGNED_BITS} from "../../types/Readings.sol";
import {Faults} from "../../shared/Faults.sol";
import {Wh} from "../../types/Units.sol";

/// @title What a reading must say by itself, and beside the last one
/// @dev Each function gives the fault that it finds first, none if there is none (see Faults).
library ReadingRules {
    using ReadingFields for PackedReading;

    /// @dev How long readings of intervals before a change of their device are taken after it, seconds.
    uint40 private constant GRACE = 7 days;

    /// @notice The fields of the head by themselves.
    /// Faults: a bit above what the device signs is set; the start is no multiple of the base interval, or the length another;
    /// the interval is not over; the quality is none of 1, 2 and 3; the version is 0; the predecessor does not end by the start.
    function faultOfHead(uint256 index, PackedReading memory reading, uint32 baseInterval)
        internal
        view
        returns (bytes memory fault)
    {
        (uint32 device, uint40 startAt) = (reading.device(), reading.startAt());
        if (startAt % baseInterval != 0) {
            return Faults.make(IMetering.Metering_SlotMisaligned.selector, index, device, startAt, baseInterval);
        }
        uint256 end = uint256(startAt) + baseInterval;
        if (end > block.timestamp) {
            return Faults.make(IMetering.Metering_SlotNotOver.selector, index, device, startAt, end);
        }
        if (reading.head >> SIGNED_BITS != 0) {
            return Faults.make(IMetering.Metering_UnusedBitsSet.selector, index, device, reading.head);
        }
        if (reading.length() != baseInterval) {
            return Faults.make(IMetering.Metering_LengthNotBase.selector, index, device, reading.length(), baseInterval);
        }
        if (reading.quality() < MEASURED || reading.quality() > ESTIMATED) {
            return Faults.make(IMetering.Metering_UnknownQuality.selector, index, device, reading.quality());
        }
        if (reading.version() == 0) {
            return Faults.make(IMetering.Metering_VersionZero.selector, index, device, startAt);
        }
        uint40 previous = reading.previousStartAt();
        if (previous != 0 && uint256(previous) + baseInterval > startAt) {
            return Faults.make(IMetering.Metering_PredecessorNotBefore.selector, index, device, previous, startAt);
        }
    }

    /// @notice The place of a reading in its device's chain: directly after the last one, or after a gap once no correction of the
    /// predecessor can come any more.
    ///   start > last start, and previous start = last start, or > last start and previous end + window ≤ now
    /// Faults: the interval is the last one, or before it; the predecessor is before the last one; it is missing, and still
    /// expected.
    function faultOfPlace(
        uint256 index,
        PackedReading memory reading,
        uint40 lastStart,
        uint32 baseInterval,
        uint32 window
    ) internal view returns (bytes memory fault) {
        (uint32 device, uint40 startAt) = (reading.device(), reading.startAt());
        if (startAt == lastStart) {
            return Faults.make(IMetering.Metering_AlreadyReported.selector, index, device, startAt);
        }
        if (startAt < lastStart) {
            return Faults.make(IMetering.Metering_SlotNotAfterLast.selector, index, device, startAt, lastStart);
        }
        uint40 previous = reading.previousStartAt();
        if (previous == lastStart) return fault;
        if (previous < lastStart) {
            return Faults.make(IMetering.Metering_PredecessorPassed.selector, index, device, previous, lastStart);
        }
        uint256 until = uint256(previous) + baseInterval + window;
        if (block.timestamp < until) {
            return Faults.make(IMetering.Metering_PredecessorMissing.selector, index, device, previous, until);
        }
    }

    /// @notice One of the flows.
    ///   energy ≤ capacity, energy ≤ counter, and counter − energy ≥ last counter
    /// Faults: one of them does not hold.
    function faultOfFlow(uint256 index, uint32 device, Wh energy, Wh counter, Wh lastCounter, Wh capacity)
        internal
        pure
        returns (bytes memory fault)
    {
        if (energy > capacity) {
            return Faults.make(
                IMetering.Metering_AboveCapacity.selector, index, device, Wh.unwrap(energy), Wh.unwrap(capacity)
            );
        }
        if (energy > counter) {
            return Faults.make(
                IMetering.Metering_CounterBelowEnergy.selector, index, device, Wh.unwrap(counter), Wh.unwrap(energy)
            );
        }
        if (lastCounter > counter - energy) {
            return Faults.make(
                IMetering.Metering_CounterFell.selector,
                index,
                device,
                Wh.unwrap(counter - energy),
                Wh.unwrap(lastCounter)
            );
        }
    }

    /// @notice Whether the device's key of an interval signed it, in the registry's words.
    /// Faults: another account signed, or nobody; the device was never certified with the key, though it changed; the key is
    /// not trusted at the end of the interval; the device changed since then, longer ago than the grace.
    function faultOfSigner(
        uint256 index,
        PackedReading memory reading,
        uint32 baseInterval,
        address signer,
        IDeviceRegistry devices
    ) internal view returns (bytes memory fault) {
        (uint32 device, uint40 startAt) = (reading.device(), reading.startAt());
        (address key, uint40 since, uint40 distrusted, uint40 past) = devices.signerAt(device, startAt);
        if (signer != key || signer == address(0)) {
            return Faults.make(IMetering.Metering_BadSignature.selector, index, device, uint160(signer));
        }
        if (since == 0) {
            return Faults.make(IMetering.Metering_KeyNotCertified.selector, index, device, uint160(key));
        }
        if (distrusted != 0 && startAt + baseInterval > distrusted) {
            return Faults.make(IMetering.Metering_KeyDistrusted.selector, index, device, uint160(key), distrusted);
        }
        if (past != 0 && block.timestamp > past + GRACE) {
            return Faults.make(IMetering.Metering_GraceOver.selector, index, device, startAt, past + GRACE);
        }
    }
}
