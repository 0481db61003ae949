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
    /// @param keys Who knows signatures of P-256 keys.
    /// @param correctionWindow How long after its interval a reading can be corrected, seconds: at most 7 days less the longest slot.
    constructor(address devices, address keys, uint32 correctionWindow)
        MeterReadings(devices, keys, correctionWindow)
    {}

    /// @inheritdoc IMetering
    function energyOf(uint32 device, Slot slot, Side side, bool isLast, ProvenReading[] calldata measured)
        external
        view
        returns (Wh energy, bool isWhole, bool isCorrected)
    {
        uint40 next = slot.startAt();
        isWhole = true;
        for (uint256 k = 0; k < measured.length; ++k) {
            verify(measured[k].reading, measured[k].proof);
            PackedReading memory reading = measured[k].reading;
            _requireNext(reading, device, slot, next);
            isWhole = isWhole && reading.startAt() == next;
            next = reading.startAt() + BASE_INTERVAL;
            if (reading.startAt() >= _endOf(slot)) break;
            (Wh part, bool isMeasured, bool corrected) = _energyOf(reading, side, isLast);
            (energy, isWhole, isCorrected) = (energy + part, isWhole && isMeasured, isCorrected || corrected);
        }
        require(next >= _endOf(slot), Metering_NotWhole(device, slot, next));
    }

    /// @dev Reverts if: the reading is of another device; the slot is over before it; it is before `next`; there may be one
    /// between `next` and it.
    function _requireNext(PackedReading memory reading, uint32 device, Slot slot, uint40 next) private pure {
        uint40 startAt = reading.startAt();
        require(
            reading.device() == device && next < _endOf(slot) && startAt >= next
                && (startAt == next || reading.lastStart() < next),
            Metering_WrongReading(device, slot, reading.device(), startAt)
        );
    }

    function _endOf(Slot slot) private pure returns (uint40) {
        return slot.startAt() + slot.length();
    }

    /// @dev The energy of the interval of a reading that was reported first, whether it is measured, and whether it was corrected.
    function _energyOf(PackedReading memory reading, Side side, bool isLast) private view returns (Wh, bool, bool) {
        (uint32 device, uint40 startAt) = (reading.device(), reading.startAt());
        // Without a correction it stays what it is: zeros.
        // slither-disable-next-line uninitialized-local
        Correction memory found;
        if (correctionsOf[device] != 0) found = _corrections[device][startAt];
        (bool isCorrected, bool isSale) = (found.version != 0, side == Side.Sell);
        if (found.isMeasured) {
            if (isLast) return (isSale ? found.exported : found.imported, true, isCorrected);
            return (isSale ? found.firstExported : found.firstImported, true, isCorrected);
        }
        if (reading.quality() == MEASURED) {
            return (isSale ? reading.exported() : reading.imported(), true, isCorrected);
        }
        uint256 until = uint256(startAt) + BASE_INTERVAL + CORRECTION_WINDOW;
        require(block.timestamp >= until, Metering_NotMeasured(device, startAt, until));
        return (Wh.wrap(0), false, isCorrected);
    }
}
