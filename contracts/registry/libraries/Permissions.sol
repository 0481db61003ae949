// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {IOrderBook} from "../../../interfaces/market/IOrderBook.sol";
import {IParticipantRegistry} from "../../../interfaces/registry/IParticipantRegistry.sol";
import {Admission, admissionIn} from "../../types/Attested.sol";
import {MAY_BUY, MAY_SELL} from "../../types/Candidates.sol";
import {Carrier} from "../../types/Markets.sol";
import {energyOf, sideOf, traderOf} from "../../types/Orders.sol";
import {Wh} from "../../types/Units.sol";

/// @title What a member may order
/// @dev Of a participant's word (ParticipantRegistry) it reads a code for each side: most sold 8 | most bought 8, from bit 176.
/// An order of that side has less than 2^code Wh: none at all for 0, any for 64. And a bit for each carrier, from bit 208.
library Permissions {
    uint256 private constant CODES_SHIFT = 176;
    uint256 private constant CARRIERS_SHIFT = 208;
    uint8 private constant ANY = 64;

    /// @notice The codes of what auditors attested.
    /// @param sides MAY_BUY, MAY_SELL, or both.
    /// @param mostEnergy Code of the most energy of one order; 0: as much as fits.
    function codesOf(uint8 sides, uint8 mostEnergy) internal pure returns (uint8 mostBought, uint8 mostSold) {
        uint8 code = mostEnergy == 0 ? ANY : mostEnergy;
        (mostBought, mostSold) = (sides & MAY_BUY == 0 ? 0 : code, sides & MAY_SELL == 0 ? 0 : code);
    }

    /// @notice What a participant's word says of orders: person and credibility lie in it as in an Admission.
    function admissionOf(uint256 word) internal view returns (Admission) {
        uint256 active = uint256(IParticipantRegistry.Status.Active);
        bool isActiveNow;
        // Equivalent to uint8(word) == active && uint40(word >> 80) <= block.timestamp && word >> 216 > block.timestamp,
        // without a jump for each.
        assembly ("memory-safe") {
            let isUnsuspended := iszero(gt(and(shr(80, word), 0xffffffffff), timestamp()))
            isActiveNow := and(and(eq(and(word, 0xff), active), isUnsuspended), gt(shr(216, word), timestamp()))
        }
        return admissionIn(uint64(word >> 16), isActiveNow);
    }

    /// @notice The bit of a participant's word that says that it may trade a carrier.
    function bitOf(Carrier carrier) internal pure returns (uint256) {
        return 1 << (CARRIERS_SHIFT + uint8(carrier));
    }

    /// @notice Whether the person with this participant's word may order, of the carrier with this bit, what the first two words
    /// of an order say.
    function allow(uint256 word, uint256 carrierBit, uint256 head, uint256 terms) internal pure returns (bool) {
        // Both at once, since a jump for each costs 25 gas more.
        return (uint256(Wh.unwrap(energyOf(head))) >> _codeOf(word, terms)) | (carrierBit & ~word) == 0;
    }

    /// @notice Refuse it, unless the person cannot trade at all: that is for the order book to say.
    /// Reverts if: the person may trade now.
    /// @param index The order's place in its batch, for the errors.
    function refuse(uint256 index, Carrier carrier, uint256 head, uint256 terms, uint256 word, Admission admission)
        internal
        pure
    {
        if (!admission.isActive()) return;
        uint256 code = _codeOf(word, terms);
        if (code == 0) revert IOrderBook.Order_SideNotPermitted(index, traderOf(head), sideOf(terms));
        if (word & bitOf(carrier) == 0) revert IOrderBook.Order_CarrierNotPermitted(index, traderOf(head), carrier);
        Wh most = Wh.wrap(uint64((1 << code) - 1));
        revert IOrderBook.Order_EnergyNotPermitted(index, traderOf(head), energyOf(head), most);
    }

    /// @dev The code of the order's side.
    function _codeOf(uint256 word, uint256 terms) private pure returns (uint256) {
        // Eight bits further for a sell order.
        return uint8(word >> (CODES_SHIFT + (((terms >> 200) & 1) << 3)));
    }
}
