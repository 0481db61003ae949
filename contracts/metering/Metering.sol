// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {IMetering} from "../../interfaces/metering/IMetering.sol";
import {Side} from "../types/Orders.sol";
import {MEASURED, PackedReading, ProvenReading, ReadingFields} from "../types/Readings.sol";
import {Slot} from "../types/Slots.sol";
import {Wh} from "../types/Units.sol";
import {Corrections} from "./Corrections.sol";
import {MeterReadings} from "./MeterReadings.sol";

/// @title Metering
/// @notice See IMetering for the specification.
contract Metering is Corrections {
    using ReadingFields for PackedReading;

    /// @param devices The registry of devices, which is there already: it says how long intervals and slots are.
    /// @param correctionWindow How long after its interval a reading can be corrected, seconds: at most 30 days.
    constructor(address devices, uint32 correctionWindow) MeterReadings(devices, correctionWindow) {}

    /// @inheritdoc IMetering
    function energyOf(uint32 device, Slot slot, Side side, bool isLast, ProvenReading[] calldata measured)
        external
        view
        returns (Wh energy, bool isCorrected)
    {
        uint40 next = slot.startAt();
        uint40 end = next + slot.length();
        bool mayBeCorrected = correctionsOf[device] != 0;
        for (uint256 k = 0; k < measured.length; ++k) {
            PackedReading memory reading = measured[k].reading;
            verify(measured[k].reading, measured[k].proof);
            uint40 startAt = reading.startAt();
            require(
                reading.device() == device && next < end && startAt >= next
                    && (startAt == next || reading.lastStart() < next),
                Metering_WrongReading(device, slot, reading.device(), startAt)
            );
            next = startAt + BASE_INTERVAL;
            if (startAt >= end) break;
            Correction memory found;
            if (mayBeCorrected) found = _corrections[device][startAt];
            energy = energy + _energyOf(reading, found, side, isLast);
            isCorrected = isCorrected || found.version != 0;
        }
        require(next >= end, Metering_NotWhole(device, slot, next));
    }

    /// @dev The energy of one interval, of which the first reading and what is known of its corrections are given.
    function _energyOf(PackedReading memory reading, Correction memory found, Side side, bool isLast)
        private
        view
        returns (Wh)
    {
        bool isSale = side == Side.Sell;
        if (found.isMeasured) {
            if (isLast) return isSale ? found.exported : found.imported;
            return isSale ? found.firstExported : found.firstImported;
        }
        if (reading.quality() == MEASURED) return isSale ? reading.exported() : reading.imported();
        uint40 startAt = reading.startAt();
        uint256 until = uint256(startAt) + BASE_INTERVAL + CORRECTION_WINDOW;
        require(block.timestamp >= until, Metering_NotMeasured(reading.device(), startAt, until));
        return Wh.wrap(0);
    }
}
