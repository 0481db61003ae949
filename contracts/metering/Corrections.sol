// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {ICorrections} from "../../interfaces/metering/ICorrections.sol";
import {Faults} from "../shared/Faults.sol";
import {MeterTerms} from "../types/MeterTerms.sol";
import {MeterWord} from "../types/MeterWords.sol";
import {MEASURED, PackedReading, ProvenReading, ReadingFields} from "../types/Readings.sol";
import {Wh} from "../types/Units.sol";
import {MeterReadings} from "./MeterReadings.sol";
import {ReadingRules} from "./libraries/ReadingRules.sol";

/// @title Corrections of readings, and what was measured in the end
abstract contract Corrections is MeterReadings {
    using ReadingFields for PackedReading;

    /// @inheritdoc ICorrections
    mapping(uint32 device => uint64) public correctionsOf;

    mapping(uint32 device => mapping(uint40 startAt => Correction)) internal _corrections;

    /// @inheritdoc ICorrections
    function correct(
        PackedReading calldata corrected,
        bytes calldata signature,
        ProvenReading calldata reported,
        ProvenReading[] calldata neighbours
    ) external {
        PackedReading memory reading = corrected;
        (uint32 device, uint40 startAt) = (reading.device(), reading.startAt());
        verify(reported.reading, reported.proof);
        Correction memory known = _known(reading, reported.reading);
        _requireReading(reading, signature);
        _requireBetween(reading, known, neighbours);

        if (_corrections[device][startAt].version == 0) ++correctionsOf[device];
        _corrections[device][startAt] = _corrected(known, reading);
        MeterWord word = _last[device];
        if (word.startAt() == startAt) {
            _last[device] = word.withCounters(reading.exportCounter(), reading.importCounter());
        }
        emit ReadingCorrected(device, startAt, msg.sender, corrected);
    }

    /// @inheritdoc ICorrections
    function correctionOf(uint32 device, uint40 startAt) external view returns (Correction memory) {
        return _corrections[device][startAt];
    }

    /// @dev What is known of the interval before this correction, its first one or not.
    /// Reverts if: it is of another interval, or names another predecessor; it comes too late; the version is not higher.
    function _known(PackedReading memory reading, PackedReading memory reported)
        private
        view
        returns (Correction memory known)
    {
        (uint32 device, uint40 startAt) = (reading.device(), reading.startAt());
        require(
            device == reported.device() && startAt == reported.startAt(),
            Correction_OtherInterval(device, startAt, reported.device(), reported.startAt())
        );
        (uint40 previous, uint40 needed) = (reading.previousStartAt(), reported.previousStartAt());
        require(previous == needed, Correction_OtherPredecessor(device, startAt, previous, needed));
        uint256 finalFrom = uint256(startAt) + BASE_INTERVAL + CORRECTION_WINDOW;
        require(block.timestamp < finalFrom, Correction_TooLate(device, startAt, finalFrom));
        known = _inForce(reported);
        (uint16 version, uint16 least) = (reading.version(), known.version);
        require(version > least, Correction_VersionNotHigher(device, startAt, version, least));
    }

    /// @dev What a proven reading says, or its last correction.
    function _inForce(PackedReading memory reported) private view returns (Correction memory known) {
        known = _corrections[reported.device()][reported.startAt()];
        // 0 is no version.
        // slither-disable-next-line incorrect-equality
        if (known.version == 0) known = _corrected(known, reported);
    }

    /// @dev What is known once another version is.
    function _corrected(Correction memory known, PackedReading memory reading)
        private
        pure
        returns (Correction memory)
    {
        (Wh exported, Wh imported) = (reading.exported(), reading.imported());
        known.version = reading.version();
        known.closing = Counters(reading.exportCounter(), reading.importCounter());
        known.opening = Counters(known.closing.exported - exported, known.closing.imported - imported);
        if (reading.quality() != MEASURED) return known;
        if (!known.isMeasured) {
            (known.isMeasured, known.firstExported, known.firstImported) = (true, exported, imported);
        }
        (known.exported, known.imported) = (exported, imported);
        return known;
    }

    /// @dev Reverts if: a field is not what a reading may say; the device's key of the interval did not sign; a flow is above the
    /// capacity, or above its counter.
    function _requireReading(PackedReading memory reading, bytes calldata signature) private view {
        Faults.raise(ReadingRules.faultOfHead(0, reading, BASE_INTERVAL));
        MeterTerms terms = DEVICES.meterTermsOf(reading.device());
        Faults.raise(_faultOfSigner(0, reading, signature, terms));
        Wh none = Wh.wrap(0);
        Faults.raise(_faultOfFlows(0, reading, none, none, terms.capacity()));
    }

    /// @dev Counters rise over the intervals: closing of the predecessor ≤ opening, closing ≤ opening of the successor.
    /// Reverts if: they do not; a neighbour is not reported, or none.
    function _requireBetween(PackedReading memory reading, Correction memory known, ProvenReading[] calldata neighbours)
        private
        view
    {
        (uint32 device, uint40 startAt) = (reading.device(), reading.startAt());
        (Counters memory least, Counters memory most) = (known.opening, known.closing);
        Wh any = Wh.wrap(type(uint64).max);
        if (_last[device].startAt() == startAt) most = Counters(any, any);
        for (uint256 k = 0; k < neighbours.length; ++k) {
            PackedReading memory other = neighbours[k].reading;
            verify(neighbours[k].reading, neighbours[k].proof);
            bool isBefore = other.startAt() == reading.previousStartAt();
            require(
                other.device() == device && (isBefore || other.previousStartAt() == startAt),
                Correction_NotNeighbour(device, startAt, other.device(), other.startAt())
            );
            if (isBefore) least = _leastAfter(device, startAt, other);
            else if (!_isExchanged(device, startAt, other.startAt())) most = _inForce(other).opening;
            else most = Counters(any, any);
        }
        _requireWithin(reading, least.exported, reading.exported(), reading.exportCounter(), most.exported);
        _requireWithin(reading, least.imported, reading.imported(), reading.importCounter(), most.imported);
    }

    /// @dev What the counters of an interval begin with at least: what its predecessor ended with, or the meter began with that was
    /// exchanged between them.
    function _leastAfter(uint32 device, uint40 startAt, PackedReading memory before)
        private
        view
        returns (Counters memory least)
    {
        (bool isExchanged, Wh exported, Wh imported) = DEVICES.lastOpening(device, before.startAt(), startAt);
        return isExchanged ? Counters(exported, imported) : _inForce(before).closing;
    }

    /// @dev Whether the meter was exchanged between two intervals.
    function _isExchanged(uint32 device, uint40 lastStart, uint40 startAt) private view returns (bool isExchanged) {
        // What the counters began with does not matter.
        // slither-disable-next-line unused-return
        (isExchanged,,) = DEVICES.lastOpening(device, lastStart, startAt);
    }

    function _requireWithin(PackedReading memory reading, Wh least, Wh energy, Wh counter, Wh most) private pure {
        (uint32 device, uint40 startAt) = (reading.device(), reading.startAt());
        require(!(least > counter - energy), Metering_CounterFell(0, device, counter - energy, least));
        require(!(counter > most), Correction_CounterOverlaps(device, startAt, counter, most));
    }
}
