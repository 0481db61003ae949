// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {IMetering} from "../../../interfaces/metering/IMetering.sol";
import {IDeviceRegistry} from "../../../interfaces/registry/IDeviceRegistry.sol";
import {INTERVAL_MASK, MEASURED, PackedReading, ReadingFields, neutralHead} from "../../types/Readings.sol";
import {Wh} from "../../types/Units.sol";

/// @title What a reading must say by itself, and beside the last one
library ReadingRules {
    using ReadingFields for PackedReading;

    /// @dev How long readings of intervals before a change of their device are taken after it, seconds.
    uint40 private constant GRACE = 7 days;

    /// @notice Fields whose rules are not built yet hold their neutral value. `startAt` is a multiple of the base interval
    /// and not 0, so that an interval precedes it.
    /// Reverts if: a bit above the fields is set; the length is not the base interval; the predecessor is not the interval
    /// directly before; the quality is not "measured"; it is not the first version.
    function checkHead(uint256 index, PackedReading memory reading, uint40 startAt, uint32 baseInterval) internal pure {
        if (reading.head & ~INTERVAL_MASK == neutralHead(startAt, baseInterval)) return;
        uint32 device = reading.device();
        if (reading.head >> 168 != 0) revert IMetering.Metering_UnusedBitsSet(index, device, reading.head);
        if (reading.length() != baseInterval) {
            revert IMetering.Metering_LengthNotBase(index, device, reading.length(), baseInterval);
        }
        uint40 preceding = startAt - baseInterval;
        if (reading.previousStartAt() != preceding) {
            revert IMetering.Metering_PredecessorNotAdjacent(index, device, reading.previousStartAt(), preceding);
        }
        if (reading.quality() != MEASURED) {
            revert IMetering.Metering_QualityNotMeasured(index, device, reading.quality());
        }
        revert IMetering.Metering_VersionNotFirst(index, device, reading.version());
    }

    /// @notice energy ≤ capacity and counter − energy ≥ last counter.
    /// Reverts if: either does not hold.
    function checkFlow(uint256 index, uint32 device, Wh energy, Wh counter, Wh lastCounter, Wh capacity) internal pure {
        if (energy > capacity) revert IMetering.Metering_AboveCapacity(index, device, energy, capacity);
        if (energy > counter) revert IMetering.Metering_CounterBelowEnergy(index, device, counter, energy);
        if (lastCounter > counter - energy) {
            revert IMetering.Metering_CounterFell(index, device, counter - energy, lastCounter);
        }
    }

    /// @notice Whether the device's key of an interval signed it, in the registry's words.
    /// Reverts if: another account signed, or nobody; the device was never certified with the key, though it changed; the key is
    /// not trusted at the end of the interval; the device changed since then, longer ago than the grace.
    function checkSigner(
        uint256 index,
        PackedReading memory reading,
        uint32 baseInterval,
        address signer,
        IDeviceRegistry devices
    ) internal view {
        (uint32 device, uint40 startAt) = (reading.device(), reading.startAt());
        (address key, uint40 since, uint40 distrusted, uint40 past) = devices.signerAt(device, startAt);
        if (signer != key || signer == address(0)) revert IMetering.Metering_BadSignature(index, device, signer);
        if (since == 0) revert IMetering.Metering_KeyNotCertified(index, device, key);
        if (distrusted != 0 && startAt + baseInterval > distrusted) {
            revert IMetering.Metering_KeyDistrusted(index, device, key, distrusted);
        }
        if (past != 0 && block.timestamp > past + GRACE) {
            revert IMetering.Metering_GraceOver(index, device, startAt, past + GRACE);
        }
    }
}
