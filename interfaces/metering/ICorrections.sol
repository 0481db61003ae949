// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {PackedReading, ProvenReading} from "../../contracts/types/Readings.sol";
import {Wh} from "../../contracts/types/Units.sol";

/// @title Corrections of readings
/// @notice For a while after an interval its device can say again what it measured, by a higher version. Both versions are kept.
/// After that time the reading is final. A trade is settled by the first version that says "measured"; what a seller keeps is
/// certified by the last one.
/// @dev Trust assumptions.
/// Safety: device keys sign what was measured (see IDeviceRegistry). A correction moves no money and no certificate by itself, and
/// can neither add an interval nor overlap others' counters.
/// Liveness: somebody relays the correction inside its window.
interface ICorrections {
    /// @dev What is known of an interval that was corrected. slot 0: 2 + 1 + 8 + 8 + 8 = 27; slot 1: 8; slot 2: 32; slot 3: 32
    struct Correction {
        /// The last version, 0 if the interval was not corrected.
        uint16 version;
        /// Whether any version, the reported one among them, was measured.
        bool isMeasured;
        /// Export and import of the first measured version, Wh.
        Wh firstExported;
        Wh firstImported;
        /// Export and import of the last measured version, Wh.
        Wh exported;
        Wh imported;
        /// The counters at the interval's start and end by the last version, Wh.
        Counters opening;
        Counters closing;
    }

    /// @dev Lifetime export and import, Wh. slot 0: 8 + 8 = 16
    struct Counters {
        Wh exported;
        Wh imported;
    }

    /// @notice The reading of an interval was corrected. It was reported first in another version.
    event ReadingCorrected(
        uint32 indexed device, uint40 indexed startAt, address indexed relayer, PackedReading reading
    );

    /// @notice Thrown when the correction is of another interval, or of another device, than the reading that was reported.
    error Correction_OtherInterval(uint32 device, uint40 startAt, uint32 reportedDevice, uint40 reportedStartAt);
    /// @notice Thrown when the correction names another predecessor than the reading that was reported, Unix seconds.
    error Correction_OtherPredecessor(uint32 device, uint40 startAt, uint40 previousStartAt, uint40 needed);
    /// @notice Thrown when the reading was final from `finalFrom` on, Unix seconds.
    error Correction_TooLate(uint32 device, uint40 startAt, uint256 finalFrom);
    /// @notice Thrown when the version is not above the last one.
    error Correction_VersionNotHigher(uint32 device, uint40 startAt, uint16 version, uint16 last);
    /// @notice Thrown when a neighbour is neither the predecessor of the interval nor its successor.
    error Correction_NotNeighbour(uint32 device, uint40 startAt, uint32 otherDevice, uint40 otherStartAt);
    /// @notice Thrown when a counter at the end of the interval is above `most`, the one at the start of its successor, Wh.
    error Correction_CounterOverlaps(uint32 device, uint40 startAt, Wh counter, Wh most);

    /// @notice Correct the reading of an interval. Anyone may relay what the device signed.
    /// Reverts if: the reading of the interval is not proven to be reported; the correction is of another interval or names another
    /// predecessor; its window is over; its version is not above the last one; the device's key of then did not sign it, or
    /// that is not trusted or not certified; what `report` says of the fields of a reading does not hold; a counter at the start
    /// is below the one at the end of the predecessor, or one at the end above the one at the start of the successor.
    /// @dev A neighbour that is not shown leaves the bound where the last version has it, but for the device's last interval,
    /// which has no successor.
    /// @param corrected The correction, packed as in contracts/types/Readings.
    /// @param signature The device's, over the same message as of any reading.
    /// @param reported The reading of the interval that was reported first.
    /// @param neighbours The readings of its predecessor and successor that were reported first, none, one or both.
    function correct(
        PackedReading calldata corrected,
        bytes calldata signature,
        ProvenReading calldata reported,
        ProvenReading[] calldata neighbours
    ) external;

    /// @notice What is known of an interval of a device that was corrected; all zero if it was not.
    /// @param device Id of the device.
    /// @param startAt Start of the interval, Unix seconds.
    function correctionOf(uint32 device, uint40 startAt) external view returns (Correction memory);

    /// @notice Number of intervals of a device that were corrected.
    /// @param device Id of the device.
    function correctionsOf(uint32 device) external view returns (uint64);
}
