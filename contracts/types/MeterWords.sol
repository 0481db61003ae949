// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {Wh} from "./Units.sol";

/// @dev The last interval that a device reported:
///   use 8 | import counter 64 | export counter 64 | imported 40 | exported 40 | start 40
/// from the most significant bit down. Start in Unix seconds, energies and lifetime counters at its end in Wh.
type MeterWord is uint256;

/// @dev Uses, what a trade of the interval is settled by. The word alone.
uint8 constant WHOLE = 0;
/// @dev The word, but the registry says for whom the interval earns certificates: of a storage, or of a device that was stopped
/// before or has changed.
uint8 constant ASKED = 1;
/// @dev Proofs alone: the reading was not measured, or was corrected.
uint8 constant BY_PROOF = 2;

using {startAt, exported, imported, exportCounter, importCounter, use, withCounters} for MeterWord global;

/// @dev Warning: needs energies < 2^40 Wh; they are at most a capacity.
function packMeterWord(uint40 startAt_, Wh exported_, Wh imported_, Wh exportCounter_, Wh importCounter_, uint8 use_)
    pure
    returns (MeterWord)
{
    return MeterWord.wrap(
        (uint256(use_) << 248) | (uint256(Wh.unwrap(importCounter_)) << 184)
            | (uint256(Wh.unwrap(exportCounter_)) << 120) | (uint256(Wh.unwrap(imported_)) << 80)
            | (uint256(Wh.unwrap(exported_)) << 40) | startAt_
    );
}

/// @notice The same interval with other counters, to be settled by proofs.
function withCounters(MeterWord word, Wh exportCounter_, Wh importCounter_) pure returns (MeterWord) {
    return packMeterWord(word.startAt(), word.exported(), word.imported(), exportCounter_, importCounter_, BY_PROOF);
}

function startAt(MeterWord word) pure returns (uint40) {
    return uint40(MeterWord.unwrap(word));
}

function exported(MeterWord word) pure returns (Wh) {
    return Wh.wrap(uint40(MeterWord.unwrap(word) >> 40));
}

function imported(MeterWord word) pure returns (Wh) {
    return Wh.wrap(uint40(MeterWord.unwrap(word) >> 80));
}

function exportCounter(MeterWord word) pure returns (Wh) {
    return Wh.wrap(uint64(MeterWord.unwrap(word) >> 120));
}

function importCounter(MeterWord word) pure returns (Wh) {
    return Wh.wrap(uint64(MeterWord.unwrap(word) >> 184));
}

function use(MeterWord word) pure returns (uint8) {
    return uint8(MeterWord.unwrap(word) >> 248);
}
