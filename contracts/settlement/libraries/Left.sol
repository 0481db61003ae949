// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {IDeliveries} from "../../../interfaces/metering/IDeliveries.sol";
import {ISettlement} from "../../../interfaces/settlement/ISettlement.sol";
import {PackedPayment} from "../../types/Payments.sol";
import {PackedTrade} from "../../types/Trades.sol";

/// @title What a call is left to do once it has passed over what is done already
library Left {
    /// Reverts if: nothing is left.
    function requireSome(uint256 count, bytes32 market) internal pure {
        require(count != 0, ISettlement.Settlement_NothingLeft(market));
    }

    /// @notice The first `count` trades and what was measured of them, in the same arrays.
    function first(uint256 count, PackedTrade[] memory trades, IDeliveries.Measured[] memory measured)
        internal
        pure
        returns (PackedTrade[] memory, IDeliveries.Measured[] memory)
    {
        // Equivalent to cutting the arrays to `count`: their length only shrinks.
        assembly ("memory-safe") {
            mstore(trades, count)
            mstore(measured, count)
        }
        return (trades, measured);
    }

    /// @notice The first `count` payments, in the same array.
    function first(uint256 count, PackedPayment[] memory payments) internal pure returns (PackedPayment[] memory) {
        // Equivalent to cutting the array to `count`: its length only shrinks.
        assembly ("memory-safe") {
            mstore(payments, count)
        }
        return payments;
    }
}
