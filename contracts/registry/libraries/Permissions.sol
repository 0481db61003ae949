// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {IOrderBook} from "../../../interfaces/market/IOrderBook.sol";
import {Admission} from "../../types/Attested.sol";
import {energyOf, sideOf, traderOf} from "../../types/Orders.sol";
import {Wh} from "../../types/Units.sol";

/// @title What a member may order
/// @dev Of a participant's word (ParticipantRegistry) it reads a code for each side: most sold 8 | most bought 8, from bit 184.
/// An order of that side has less than 2^code Wh: none at all for 0, any for 64.
library Permissions {
    uint256 private constant CODES_SHIFT = 184;
    uint8 private constant ANY = 64;

    /// @notice The codes of what auditors attested.
    /// @param permissions Bit 0: may buy; bit 1: may sell.
    /// @param mostEnergy Code of the most energy of one order; 0: as much as fits.
    function codesOf(uint8 permissions, uint8 mostEnergy) internal pure returns (uint8 mostBought, uint8 mostSold) {
        uint8 code = mostEnergy == 0 ? ANY : mostEnergy;
        (mostBought, mostSold) = (permissions & 1 == 0 ? 0 : code, permissions & 2 == 0 ? 0 : code);
    }

    /// @notice Whether the person with this participant's word may order what the first two words of an order say.
    function allow(uint256 word, uint256 head, uint256 terms) internal pure returns (bool) {
        return Wh.unwrap(energyOf(head)) >> _codeOf(word, terms) == 0;
    }

    /// @notice Refuse it, unless the person cannot trade at all: that is for the order book to say.
    /// Reverts if: the person may trade now.
    /// @param index The order's place in its batch, for the errors.
    function refuse(uint256 index, uint256 head, uint256 terms, uint256 word, Admission admission) internal pure {
        if (!admission.isActive()) return;
        uint256 code = _codeOf(word, terms);
        if (code == 0) revert IOrderBook.Order_SideNotPermitted(index, traderOf(head), sideOf(terms));
        Wh most = Wh.wrap(uint64((1 << code) - 1));
        revert IOrderBook.Order_EnergyNotPermitted(index, traderOf(head), energyOf(head), most);
    }

    /// @dev The code of the order's side.
    function _codeOf(uint256 word, uint256 terms) private pure returns (uint256) {
        // Eight bits further for a sell order.
        return uint8(word >> (CODES_SHIFT + (((terms >> 200) & 1) << 3)));
    }
}
