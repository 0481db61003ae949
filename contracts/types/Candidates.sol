// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {Ppm} from "./Units.sol";

/// @dev What the auditors attest of one applicant, in two words:
///   head   account 160 | country 10 | most energy 6 | application 16 | credibility 20 | permissions 6 | user type 3 | grade 3
///          | expiry 32 = 256 bits
/// from the most significant bit downwards.
struct PackedCandidate {
    uint256 head;
    /// The person tag: a keyed hash of the legal identity, which the authority computes and the auditors confirm.
    bytes32 tag;
}

/// @dev Bits of `permissions`: the sides; above them one for each Carrier.
uint8 constant MAY_BUY = 1;
uint8 constant MAY_SELL = 2;
uint8 constant CARRIERS_SHIFT = 2;

/// @dev Reading the fields of a packed candidate.
library CandidateFields {
    function account(PackedCandidate calldata candidate) internal pure returns (address) {
        return address(uint160(candidate.head >> 96));
    }

    /// @dev Number of the application.
    function application(PackedCandidate calldata candidate) internal pure returns (uint32) {
        return uint16(candidate.head >> 64);
    }

    /// @dev Country of the legal identity, ISO 3166-1 numeric; 0: not stated.
    function country(PackedCandidate calldata candidate) internal pure returns (uint16) {
        return uint16(candidate.head >> 86) & 0x3ff;
    }

    /// @dev Code of the most energy of one order, below 64: it is less than 2^code Wh; 0: as much as fits.
    function mostEnergy(PackedCandidate calldata candidate) internal pure returns (uint8) {
        return uint8(candidate.head >> 80) & 0x3f;
    }

    /// @dev Attested credit report, ppm.
    function credibility(PackedCandidate calldata candidate) internal pure returns (Ppm) {
        return Ppm.wrap(uint32(candidate.head >> 44) & 0xfffff);
    }

    /// @dev `MAY_BUY`, `MAY_SELL`, or both.
    function sides(PackedCandidate calldata candidate) internal pure returns (uint8) {
        return uint8(candidate.head >> 38) & 3;
    }

    /// @dev Bit c: may trade Carrier c.
    function carriers(PackedCandidate calldata candidate) internal pure returns (uint8) {
        return uint8(candidate.head >> (38 + CARRIERS_SHIFT)) & 0xf;
    }

    /// @dev 1 consumer, 2 producer, 3 prosumer, 4 storage, 5 aggregator, 6 utility.
    function userType(PackedCandidate calldata candidate) internal pure returns (uint8) {
        return uint8(candidate.head >> 35) & 7;
    }

    /// @dev Credit grade, 0 to 7; 0: none, 1 the best.
    function grade(PackedCandidate calldata candidate) internal pure returns (uint8) {
        return uint8(candidate.head >> 32) & 7;
    }

    /// @dev Unix seconds; nobody is active from then on.
    function expiry(PackedCandidate calldata candidate) internal pure returns (uint40) {
        return uint32(candidate.head);
    }
}
