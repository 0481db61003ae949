// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {Ppm} from "./Units.sol";

/// @dev What an order says of its trader: trades now 1 | credibility 32, from the most significant bit down.
type Admission is uint40;

/// @dev What an order says of its seller's past: settled trades 32 | delivered energy of promised energy 32, ppm.
type Reliability is uint64;

/// @dev What decides whether a device may sell, the first storage word of IDeviceRegistry.Device:
///   retired 8 | certified 8 | source 8 | carrier 8 | kind 8 | subnet 32 | owner 160
/// from the most significant bit down.
type SellerTerms is uint256;

using {isActive, credibility} for Admission global;
using {trades, rate} for Reliability global;
using {isFit, source, carrier, subnet, owner} for SellerTerms global;

function packAdmission(bool active, Ppm credibility_) pure returns (Admission) {
    return Admission.wrap((active ? uint40(1) << 32 : 0) | Ppm.unwrap(credibility_));
}

/// @notice Whether the account may trade now.
function isActive(Admission admission) pure returns (bool) {
    return Admission.unwrap(admission) >> 32 != 0;
}

/// @notice The credibility that the auditors attested, ppm.
function credibility(Admission admission) pure returns (Ppm) {
    return Ppm.wrap(uint32(Admission.unwrap(admission)));
}

function packReliability(uint32 trades_, Ppm rate_) pure returns (Reliability) {
    return Reliability.wrap((uint64(trades_) << 32) | Ppm.unwrap(rate_));
}

/// @notice The number of settled trades.
function trades(Reliability past) pure returns (uint32) {
    return uint32(Reliability.unwrap(past) >> 32);
}

/// @notice Delivered energy of promised energy, ppm; 1 000 000 before the first trade.
function rate(Reliability past) pure returns (Ppm) {
    return Ppm.wrap(uint32(Reliability.unwrap(past)));
}

/// @notice Certified and not retired.
function isFit(SellerTerms terms) pure returns (bool) {
    return SellerTerms.unwrap(terms) >> 216 == 1;
}

/// @notice Code of the device's energy source.
function source(SellerTerms terms) pure returns (uint8) {
    return uint8(SellerTerms.unwrap(terms) >> 208);
}

/// @notice A Carrier.
function carrier(SellerTerms terms) pure returns (uint8) {
    return uint8(SellerTerms.unwrap(terms) >> 200);
}

function subnet(SellerTerms terms) pure returns (uint32) {
    return uint32(SellerTerms.unwrap(terms) >> 160);
}

function owner(SellerTerms terms) pure returns (address) {
    return address(uint160(SellerTerms.unwrap(terms)));
}
