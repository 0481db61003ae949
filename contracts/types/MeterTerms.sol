// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {Wh} from "./Units.sol";

/// @dev What decides what becomes of a device's readings:
///   source 8 | changed 8 | stopped at 40 | capacity 40 | key 160
/// from the most significant bit down. The key is the account that signs them; once it, the owner or what was certified has
/// changed, or the key is no longer trusted, the registry says which key signs which interval. The capacity is the most
/// energy that the device can feed or draw in one base interval, Wh. It is stopped at 0 while it is in service, Unix seconds.
type MeterTerms is uint256;

using {key, capacity, stoppedAt, mintsUntil, hasChanged, isAlwaysKey, asStopped, asChangedTo} for MeterTerms global;

/// @dev Code of the energy source of a device that gives back what it took before: a battery.
uint8 constant STORAGE = 5;

uint256 constant CHANGED = 1 << 240;

/// @dev Warning: needs capacity < 2^40 Wh.
function packMeterTerms(address key_, Wh capacity_, uint8 source) pure returns (MeterTerms) {
    return MeterTerms.wrap((uint256(source) << 248) | (uint256(Wh.unwrap(capacity_)) << 160) | uint160(key_));
}

/// @notice The same terms of a device that was in service until now.
function asStopped(MeterTerms terms, uint40 time) pure returns (MeterTerms) {
    return MeterTerms.wrap(MeterTerms.unwrap(terms) | (uint256(time) << 200));
}

/// @notice The same terms with this key, of which the registry says for which intervals it signs.
function asChangedTo(MeterTerms terms, address key_) pure returns (MeterTerms) {
    return MeterTerms.wrap((MeterTerms.unwrap(terms) & ~uint256(type(uint160).max)) | CHANGED | uint160(key_));
}

/// @notice Whether the registry is to be asked which key signs an interval, and who gets its certificates.
function hasChanged(MeterTerms terms) pure returns (bool) {
    return MeterTerms.unwrap(terms) & CHANGED != 0;
}

/// @notice Whether this is the device's key, and the only one that it ever had; never so for the zero address.
function isAlwaysKey(MeterTerms terms, address signer) pure returns (bool) {
    return MeterTerms.unwrap(terms) & (CHANGED | type(uint160).max) == uint160(signer) && signer != address(0);
}

/// @notice The address of the key that signs the readings; zero if there is no such device.
function key(MeterTerms terms) pure returns (address) {
    return address(uint160(MeterTerms.unwrap(terms)));
}

function capacity(MeterTerms terms) pure returns (Wh) {
    return Wh.wrap(uint40(MeterTerms.unwrap(terms) >> 160));
}

/// @notice When the device was retired or decertified, Unix seconds; 0 if it was not.
function stoppedAt(MeterTerms terms) pure returns (uint40) {
    return uint40(MeterTerms.unwrap(terms) >> 200);
}

/// @notice Slots that start at this time or later earn no certificates, Unix seconds: the time at which the device was stopped,
/// 2^40 − 1 while it is in service; always 0 for a storage.
function mintsUntil(MeterTerms terms) pure returns (uint40) {
    if (MeterTerms.unwrap(terms) >> 248 == STORAGE) return 0;
    uint40 time = terms.stoppedAt();
    return time == 0 ? type(uint40).max : time;
}
