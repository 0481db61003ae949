// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {MerkleProof} from "@openzeppelin/contracts/utils/cryptography/MerkleProof.sol";
import {IMetering} from "../../interfaces/metering/IMetering.sol";
import {IDeviceKeys} from "../../interfaces/registry/IDeviceKeys.sol";
import {IDeviceRegistry} from "../../interfaces/registry/IDeviceRegistry.sol";
import {BatchRoot} from "../shared/BatchRoot.sol";
import {Faults} from "../shared/Faults.sol";
import {ReadingHashing} from "../shared/ReadingHashing.sol";
import {Signatures} from "../shared/Signatures.sol";
import {MeterTerms} from "../types/MeterTerms.sol";
import {ASKED, BY_PROOF, MeterWord, WHOLE, packMeterWord} from "../types/MeterWords.sol";
import {MEASURED, PackedReading, ReadingFields, ReadingProof, gapAfter} from "../types/Readings.sol";
import {PackedTrade} from "../types/Trades.sol";
import {Wh} from "../types/Units.sol";
import {ReadingRules} from "./libraries/ReadingRules.sol";

/// @title What devices reported
/// @dev What is kept: one word for each device, and one root for each batch.
abstract contract MeterReadings is IMetering, EIP712 {
    using ReadingFields for PackedReading;

    /// @inheritdoc IMetering
    uint256 public constant MAX_READINGS = 256;

    /// @dev The longest time in which readings can be corrected, and one longest slot, seconds: readings of before a change are taken
    /// that long after it (ReadingRules).
    uint32 private constant MOST_WAIT = 7 days;

    /// @inheritdoc IMetering
    uint32 public immutable BASE_INTERVAL;

    /// @inheritdoc IMetering
    uint32 public immutable LONGEST_SLOT;

    /// @inheritdoc IMetering
    uint32 public immutable CORRECTION_WINDOW;

    IDeviceRegistry internal immutable DEVICES;
    IDeviceKeys private immutable KEYS;

    mapping(uint32 device => MeterWord) internal _last;

    bytes32[] private _roots;

    constructor(address devices, address keys, uint32 correctionWindow) EIP712("PowerPact", "1") {
        uint256 wait = uint256(correctionWindow) + IDeviceRegistry(devices).LONGEST_SLOT();
        require(wait <= MOST_WAIT, Metering_WindowTooLong(correctionWindow, wait, MOST_WAIT));
        BASE_INTERVAL = IDeviceRegistry(devices).BASE_INTERVAL();
        LONGEST_SLOT = IDeviceRegistry(devices).LONGEST_SLOT();
        CORRECTION_WINDOW = correctionWindow;
        DEVICES = IDeviceRegistry(devices);
        KEYS = IDeviceKeys(keys);
    }

    /// @inheritdoc IMetering
    function report(PackedReading[] calldata readings, bytes[] calldata signatures) external returns (uint64 batch) {
        uint256 count = readings.length;
        require(count != 0, Metering_EmptyBatch());
        require(count <= MAX_READINGS, Metering_BatchTooLarge(count, MAX_READINGS));
        require(count == signatures.length, Metering_LengthMismatch(count, signatures.length));
        batch = uint64(_roots.length);
        PackedReading[] memory taken = readings;
        bytes32[] memory leaves = new bytes32[](count);
        // It is used where there is one.
        // slither-disable-next-line uninitialized-local
        bytes memory firstFault;
        uint256 refused = 0;
        for (uint256 i = 0; i < count; ++i) {
            PackedReading memory reading = taken[i];
            bytes memory fault = _record(i, reading, signatures[i]);
            if (fault.length == 0) {
                leaves[i] = ReadingHashing.leafOf(i, reading);
                continue;
            }
            if (refused++ == 0) firstFault = fault;
            emit ReadingRefused(batch, reading.device(), reading.startAt(), fault);
            // Nothing has a leaf of zero: the place stays empty.
            (reading.head, reading.flows) = (0, 0);
        }
        if (refused == count) Faults.raise(firstFault);
        _roots.push(BatchRoot.rootOf(leaves));
        emit ReadingsReported(batch, msg.sender, taken);
    }

    /// @inheritdoc IMetering
    function last(uint32 device)
        external
        view
        returns (uint40 startAt, Wh exported, Wh imported, Wh exportCounter, Wh importCounter, uint8 use)
    {
        MeterWord word = _last[device];
        (startAt, exported, imported) = (word.startAt(), word.exported(), word.imported());
        (exportCounter, importCounter, use) = (word.exportCounter(), word.importCounter(), word.use());
    }

    /// @inheritdoc IMetering
    function lastOf(PackedTrade[] calldata trades, bool withMeters) external view returns (MeterWord[] memory words) {
        uint256 count = trades.length;
        words = new MeterWord[](withMeters ? 2 * count : count);
        // Equivalent to words[i] = _last[deviceIn(trades[i].terms)] and words[count + i] = _last[meterIn(trades[i].context)].
        assembly ("memory-safe") {
            mstore(32, _last.slot)
            let terms := add(trades.offset, 64)
            let end := add(terms, shl(7, count))
            let word := add(words, 32)
            for { let from := terms } lt(from, end) { from := add(from, 128) } {
                mstore(0, and(shr(120, calldataload(from)), 0xffffffff))
                mstore(word, sload(keccak256(0, 64)))
                word := add(word, 32)
            }
            if withMeters {
                for { let from := add(terms, 32) } lt(from, end) { from := add(from, 128) } {
                    mstore(0, and(calldataload(from), 0xffffffff))
                    mstore(word, sload(keccak256(0, 64)))
                    word := add(word, 32)
                }
            }
        }
    }

    /// @inheritdoc IMetering
    function batchCount() external view returns (uint64) {
        return uint64(_roots.length);
    }

    /// @inheritdoc IMetering
    function verify(PackedReading calldata reading, ReadingProof calldata proof) public view {
        bytes32 root = MerkleProof.processProofCalldata(proof.siblings, ReadingHashing.leafOf(proof.index, reading));
        require(root == rootOf(proof.batch), Metering_UnknownReading(proof.batch, proof.index));
    }

    /// @inheritdoc IMetering
    function rootOf(uint64 batch) public view returns (bytes32) {
        return batch < _roots.length ? _roots[batch] : bytes32(0);
    }

    /// @dev Take the reading at `index` of its batch: check it, then move the device's counters. Its head says a gap afterwards, if
    /// there is one.
    function _record(uint256 index, PackedReading memory reading, bytes calldata signature)
        private
        returns (bytes memory fault)
    {
        fault = ReadingRules.faultOfHead(index, reading, BASE_INTERVAL);
        if (fault.length != 0) return fault;
        uint32 device = reading.device();
        MeterWord word = _last[device];
        fault = ReadingRules.faultOfPlace(index, reading, word.startAt(), BASE_INTERVAL, CORRECTION_WINDOW);
        if (fault.length != 0) return fault;

        MeterTerms terms = DEVICES.meterTermsOf(device);
        address signer = _signerOf(reading, signature);
        fault = terms.isAlwaysKey(signer)
            ? _faultOfFlows(index, reading, word.exportCounter(), word.importCounter(), terms.capacity())
            : _takeChanged(index, reading, signer, word, terms.capacity());
        if (fault.length != 0) return fault;

        if (reading.previousStartAt() != word.startAt()) reading.head |= gapAfter(word.startAt());
        _last[device] = _wordOf(reading, terms);
    }

    /// @dev What is kept of a reading. It stays so: whoever stops or changes the device later does it after the interval began.
    function _wordOf(PackedReading memory reading, MeterTerms terms) private pure returns (MeterWord) {
        uint40 startAt = reading.startAt();
        bool isAsked = startAt >= terms.mintsUntil() || terms.hasChanged();
        uint8 use = reading.quality() != MEASURED ? BY_PROOF : isAsked ? ASKED : WHOLE;
        (Wh exported, Wh imported) = (reading.exported(), reading.imported());
        return packMeterWord(startAt, exported, imported, reading.exportCounter(), reading.importCounter(), use);
    }

    /// @dev What is to be known of a reading of a device that changed, or of one that its key did not sign. The first one after an
    /// exchange of the meter is held against the counters that the new one began with.
    /// Faults: as of `_faultOfSigner` and `_faultOfFlows`.
    function _takeChanged(uint256 index, PackedReading memory reading, address signer, MeterWord word, Wh capacity)
        private
        returns (bytes memory fault)
    {
        fault = ReadingRules.faultOfSigner(index, reading, BASE_INTERVAL, signer, DEVICES);
        if (fault.length != 0) return fault;
        (uint32 device, uint40 startAt) = (reading.device(), reading.startAt());
        (Wh lastExported, Wh lastImported) = (word.exportCounter(), word.importCounter());
        (bool isExchanged, Wh exported, Wh imported) = DEVICES.lastOpening(device, word.startAt(), startAt);
        if (!isExchanged) return _faultOfFlows(index, reading, lastExported, lastImported, capacity);
        fault = _faultOfFlows(index, reading, exported, imported, capacity);
        if (fault.length != 0) return fault;
        emit CountersRestarted(device, startAt, lastExported, lastImported, exported, imported);
    }

    /// @dev Who signed a reading, zero if nobody.
    function _signerOf(PackedReading memory reading, bytes calldata signature) private view returns (address) {
        return Signatures.recover(KEYS, _hashTypedDataV4(ReadingHashing.structHash(reading)), signature);
    }

    /// @dev Faults: the device's key of the interval did not sign.
    function _faultOfSigner(uint256 index, PackedReading memory reading, bytes calldata signature, MeterTerms terms)
        internal
        view
        returns (bytes memory fault)
    {
        address signer = _signerOf(reading, signature);
        if (terms.isAlwaysKey(signer)) return fault;
        return ReadingRules.faultOfSigner(index, reading, BASE_INTERVAL, signer, DEVICES);
    }

    /// @dev Faults: a flow is above the capacity, or its counter fell below `exported` or `imported`, Wh.
    function _faultOfFlows(uint256 index, PackedReading memory reading, Wh exported, Wh imported, Wh capacity)
        internal
        pure
        returns (bytes memory fault)
    {
        uint32 device = reading.device();
        (Wh energy, Wh counter) = (reading.exported(), reading.exportCounter());
        fault = ReadingRules.faultOfFlow(index, device, energy, counter, exported, capacity);
        if (fault.length != 0) return fault;
        (energy, counter) = (reading.imported(), reading.importCounter());
        fault = ReadingRules.faultOfFlow(index, device, energy, counter, imported, capacity);
    }
}
