// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {IOrderBook} from "../../../interfaces/market/IOrderBook.sol";
import {Admission} from "../../types/Attested.sol";
import {energyOf, sideOf, traderOf} from "../../types/Orders.sol";
import {Wh} from "../../types/Units.sol";

/// @title What a member may order
/// @dev Of a participant's word (ParticipantRegistry) it reads: permissions 8, from bit 192 | most energy 8, from bit 152.
library Permissions {
    /// @dev Where permissions and the code of the most energy lie in a participant's word.
    uint256 private constant PERMISSIONS_SHIFT = 192;
    uint256 private constant MOST_ENERGY_SHIFT = 152;

    /// @notice Check the first two words of an order of the person with this participant's word.
    /// Reverts if: the person may trade now, but not on this side, or not so much at once. Whoever cannot trade at all is for the
    /// order book to refuse.
    /// @param index The order's place in its batch, for the errors.
    function check(uint256 index, uint256 head, uint256 terms, uint256 word, Admission admission) internal pure {
        uint256 code = uint8(word >> MOST_ENERGY_SHIFT);
        // MAY_BUY is the lowest bit of the permissions, MAY_SELL the one above it: the XOR adds the side to an even number.
        bool isOnItsSide = (word >> (PERMISSIONS_SHIFT ^ ((terms >> 200) & 1))) & 1 != 0;
        if (isOnItsSide && (code == 0 || uint64(head >> 32) >> code == 0)) return;
        if (!admission.isActive()) return;
        if (!isOnItsSide) revert IOrderBook.Order_SideNotPermitted(index, traderOf(head), sideOf(terms));
        Wh most = Wh.wrap(uint64((uint256(1) << code) - 1));
        revert IOrderBook.Order_EnergyNotPermitted(index, traderOf(head), energyOf(head), most);
    }
}
