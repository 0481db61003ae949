// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {Market} from "../../types/Markets.sol";
import {Points, Price, Wh, valueDown} from "../../types/Units.sol";

/// @title What a delivery pays
library Payout {
    /// @notice Pay for what was delivered, less the penalty on the shortfall beyond the tolerance.
    /// shortfall = sold − delivered; penalised = max(0, shortfall − ⌊sold · tolerance⌋);
    /// penalty = min(value(delivered), ⌊value(penalised) · rate⌋); paid = value(delivered) − penalty.
    /// @dev Requires delivered ≤ sold. paid ≤ value(sold) follows, since valueDown is monotone.
    function forDelivery(Wh sold, Wh delivered, Price price, Market memory rules)
        internal
        pure
        returns (Points paid, Points penalty)
    {
        Points worth = valueDown(delivered, price);
        Wh shortfall = sold - delivered;
        Wh tolerated = sold.rateDown(rules.tolerance);
        if (shortfall > tolerated) {
            penalty = valueDown(shortfall - tolerated, price).shareDown(rules.penalty);
            if (penalty > worth) penalty = worth;
        }
        paid = worth - penalty;
    }
}
