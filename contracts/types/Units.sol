// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

/// @dev Energy in watt-hours. Unit: 1 Wh. 1 kWh = 1 000 Wh.
type Wh is uint64;

/// @dev Price in micro-points per kWh. Unit: 1e-6 points / kWh.
type Price is uint32;

/// @dev Money in micro-points, the smallest unit of the 6-decimal token. Unit: 1e-6 points.
type Points is uint128;

/// @dev Satisfaction, weight, rate or dual price in parts per million. Unit: 1e-6; 1 000 000 = 1.
type Ppm is uint32;

/// @dev One, in ppm.
uint32 constant ONE_PPM = 1_000_000;

/// @dev Watt-hours in a kilowatt-hour.
uint256 constant WH_PER_KWH = 1_000;

using {
    addWh as +,
    subWh as -,
    gtWh as >,
    ltWh as <,
    addCapped,
    minWh,
    rateDown,
    proRataDown,
    cumulativeShare,
    consecutiveShare
} for Wh global;
using {gtPrice as >, midpointDown} for Price global;
using {addPoints as +, subPoints as -, gtPoints as >, shareDown, eighthDown} for Points global;

/// @notice Value of `energy` at `price`, rounded down to a whole micro-point: in the buyer's favour.
/// @dev The one place where energy meets price. value = energy · price / 1000; cannot overflow:
/// 2^64 · 2^32 / 1000 < 2^87.
function valueDown(Wh energy, Price price) pure returns (Points) {
    return Points.wrap(uint128((uint256(Wh.unwrap(energy)) * Price.unwrap(price)) / WH_PER_KWH));
}

function addWh(Wh a, Wh b) pure returns (Wh) {
    return Wh.wrap(Wh.unwrap(a) + Wh.unwrap(b));
}

/// @notice The sum of two energies, or the largest energy if the sum exceeds it.
function addCapped(Wh a, Wh b) pure returns (Wh) {
    uint256 sum = uint256(Wh.unwrap(a)) + Wh.unwrap(b);
    return Wh.wrap(sum > type(uint64).max ? type(uint64).max : uint64(sum));
}

function subWh(Wh a, Wh b) pure returns (Wh) {
    return Wh.wrap(Wh.unwrap(a) - Wh.unwrap(b));
}

function gtWh(Wh a, Wh b) pure returns (bool) {
    return Wh.unwrap(a) > Wh.unwrap(b);
}

function ltWh(Wh a, Wh b) pure returns (bool) {
    return Wh.unwrap(a) < Wh.unwrap(b);
}

/// @notice The smaller of two energies.
function minWh(Wh a, Wh b) pure returns (Wh) {
    return Wh.unwrap(a) < Wh.unwrap(b) ? a : b;
}

/// @notice `rate` of `energy`, rounded down to a whole Wh. The rate must be at most 1.
function rateDown(Wh energy, Ppm rate) pure returns (Wh) {
    return Wh.wrap(uint64((uint256(Wh.unwrap(energy)) * Ppm.unwrap(rate)) / ONE_PPM));
}

function gtPrice(Price a, Price b) pure returns (bool) {
    return Price.unwrap(a) > Price.unwrap(b);
}

/// @notice The part of `energy` that falls to `part` of `whole` Wh, rounded down to a whole Wh. Needs part ≤ whole, whole > 0.
function proRataDown(Wh energy, Wh part, Wh whole) pure returns (Wh) {
    return Wh.wrap(uint64((uint256(Wh.unwrap(energy)) * Wh.unwrap(part)) / Wh.unwrap(whole)));
}

/// @notice The part of `energy` that falls to `part` after `before` of `whole` Wh, by cumulative rounding:
/// ⌊energy · (before + part) / whole⌋ − ⌊energy · before / whole⌋. Consecutive parts share `energy` without a rest. Needs
/// before + part ≤ whole, whole > 0.
function cumulativeShare(Wh energy, Wh before, Wh part, Wh whole) pure returns (Wh) {
    return energy.proRataDown(before + part, whole) - energy.proRataDown(before, whole);
}

/// @notice The part of `energy` that falls to `part` after `before`, one after the other. Parts in a row share `energy`
/// without a rest.
function consecutiveShare(Wh energy, Wh before, Wh part) pure returns (Wh) {
    if (!(energy > before)) return Wh.wrap(0);
    return (energy - before).minWh(part);
}

/// @notice The midpoint of two prices, rounded down: in the buyer's favour.
function midpointDown(Price a, Price b) pure returns (Price) {
    return Price.wrap(uint32((uint256(Price.unwrap(a)) + Price.unwrap(b)) / 2));
}

function addPoints(Points a, Points b) pure returns (Points) {
    return Points.wrap(Points.unwrap(a) + Points.unwrap(b));
}

function subPoints(Points a, Points b) pure returns (Points) {
    return Points.wrap(Points.unwrap(a) - Points.unwrap(b));
}

function gtPoints(Points a, Points b) pure returns (bool) {
    return Points.unwrap(a) > Points.unwrap(b);
}

/// @notice `rate` of `whole`, rounded down to a whole micro-point.
function shareDown(Points whole, Ppm rate) pure returns (Points) {
    return Points.wrap(uint128((uint256(Points.unwrap(whole)) * Ppm.unwrap(rate)) / ONE_PPM));
}

/// @notice An eighth of `whole`, rounded down to a whole micro-point.
function eighthDown(Points whole) pure returns (Points) {
    return Points.wrap(Points.unwrap(whole) / 8);
}
