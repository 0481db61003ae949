// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {PERSON_SHIFT} from "./Orders.sol";
import {Ppm, Wh} from "./Units.sol";

/// @dev What an order says of its trader: trades now 1 | person 26 | credibility 32, from the most significant bit down.
type Admission is uint64;

/// @dev What an order says of its seller's past: settled trades 32 | delivered energy of promised energy 32, ppm.
type Reliability is uint64;

/// @dev What decides whether a device may sell:
///   energy 48 | retired 1 | certified 1 | kind 3 | carrier 3 | source 8 | subnet 32 | owner 160
/// from the most significant bit down. `energy`, Wh: in the registry's storage the device's capacity in one slot, in its
/// answer to the order book what the device sold in the slot before.
type SellerTerms is uint256;

using {isActive, personInTerms, credibility} for Admission global;
using {trades, rate} for Reliability global;
using {withEnergy, asCertified, asUncertifiedOf, asRetired} for SellerTerms global;
using {energy, isFit, isCertified, isRetired, source, carrier, kind, subnet, owner} for SellerTerms global;

/// @dev An admission of person 32 | credibility 32. Warning: needs person ≤ MAX_PERSONS.
function admissionIn(uint64 personAndCredibility, bool active) pure returns (Admission) {
    uint256 bit;
    // Equivalent to active ? 1 : 0.
    assembly ("memory-safe") {
        bit := active
    }
    return Admission.wrap(uint64(bit << 58) | personAndCredibility);
}

/// @notice Whether the account may trade now.
function isActive(Admission admission) pure returns (bool) {
    return Admission.unwrap(admission) >> 58 != 0;
}

/// @notice The number of the account's person where an order has it (PERSON_SHIFT); 0 before its first admission.
function personInTerms(Admission admission) pure returns (uint256) {
    // The bit above the person leaves the word.
    return (uint256(Admission.unwrap(admission)) >> 32) << PERSON_SHIFT;
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

function packSellerTerms(address owner_, uint32 subnet_, uint8 source_, uint8 carrier_, uint8 kind_, Wh energy_)
    pure
    returns (SellerTerms)
{
    uint256 codes = (uint256(kind_) << 203) | (uint256(carrier_) << 200) | (uint256(source_) << 192);
    return SellerTerms.wrap((uint256(Wh.unwrap(energy_)) << 208) | codes | (uint256(subnet_) << 160) | uint160(owner_));
}

/// @notice The same terms with another energy.
/// @dev Warning: needs energy < 2^48 Wh.
function withEnergy(SellerTerms terms, Wh energy_) pure returns (SellerTerms) {
    uint256 rest = SellerTerms.unwrap(terms) & type(uint208).max;
    return SellerTerms.wrap((uint256(Wh.unwrap(energy_)) << 208) | rest);
}

function asCertified(SellerTerms terms) pure returns (SellerTerms) {
    return SellerTerms.wrap(SellerTerms.unwrap(terms) | (1 << 206));
}

/// @notice The same terms of a device of this owner that is to be certified anew.
function asUncertifiedOf(SellerTerms terms, address owner_) pure returns (SellerTerms) {
    uint256 rest = SellerTerms.unwrap(terms) & ~(uint256(1) << 206 | type(uint160).max);
    return SellerTerms.wrap(rest | uint160(owner_));
}

function asRetired(SellerTerms terms) pure returns (SellerTerms) {
    return SellerTerms.wrap(SellerTerms.unwrap(terms) | (1 << 207));
}

/// @notice Capacity or what was sold before, Wh.
function energy(SellerTerms terms) pure returns (Wh) {
    return Wh.wrap(uint48(SellerTerms.unwrap(terms) >> 208));
}

/// @notice Certified and not retired.
function isFit(SellerTerms terms) pure returns (bool) {
    return (SellerTerms.unwrap(terms) >> 206) & 3 == 1;
}

function isCertified(SellerTerms terms) pure returns (bool) {
    return (SellerTerms.unwrap(terms) >> 206) & 1 == 1;
}

function isRetired(SellerTerms terms) pure returns (bool) {
    return (SellerTerms.unwrap(terms) >> 207) & 1 == 1;
}

/// @notice Code of the device's energy source.
function source(SellerTerms terms) pure returns (uint8) {
    return uint8(SellerTerms.unwrap(terms) >> 192);
}

/// @notice A Carrier.
function carrier(SellerTerms terms) pure returns (uint8) {
    return uint8(SellerTerms.unwrap(terms) >> 200) & 7;
}

/// @notice An IDeviceRegistry.Kind.
function kind(SellerTerms terms) pure returns (uint8) {
    return uint8(SellerTerms.unwrap(terms) >> 203) & 7;
}

function subnet(SellerTerms terms) pure returns (uint32) {
    return uint32(SellerTerms.unwrap(terms) >> 160);
}

function owner(SellerTerms terms) pure returns (address) {
    return address(uint160(SellerTerms.unwrap(terms)));
}
