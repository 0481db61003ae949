// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {PayTerms} from "../../types/Markets.sol";
import {PackedTrade, TradeFields} from "../../types/Trades.sol";
import {Points, Price, Wh, valueDown} from "../../types/Units.sol";

/// @title What a delivery pays
library Payout {
    using TradeFields for PackedTrade;

    /// @notice Pay for what was delivered, less the penalty on the shortfall beyond the tolerance.
    /// worth = value(used) + ⌊(value(delivered) − value(used)) · underuse⌋;
    /// shortfall = sold − delivered; penalised = max(0, shortfall − ⌊sold · tolerance⌋);
    /// penalty = min(worth, ⌊value(penalised) · rate⌋); paid = worth − penalty.
    /// @dev Requires used ≤ delivered ≤ sold. paid ≤ value(sold) follows, since valueDown is monotone.
    function forDelivery(PackedTrade memory trade, Wh delivered, Wh used, PayTerms rules)
        internal
        pure
        returns (Points paid, Points penalty)
    {
        (Wh sold, Price price) = (trade.energy(), trade.price());
        Points worth = valueDown(delivered, price);
        if (delivered > used) {
            Points ofUsed = valueDown(used, price);
            worth = ofUsed + (worth - ofUsed).shareDown(rules.underuse());
        }
        Wh shortfall = sold - delivered;
        Wh tolerated = sold.rateDown(rules.tolerance());
        if (shortfall > tolerated) {
            penalty = valueDown(shortfall - tolerated, price).shareDown(rules.penalty());
            if (penalty > worth) penalty = worth;
        }
        paid = worth - penalty;
    }
}
