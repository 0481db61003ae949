// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {Satisfaction} from "../clearing/mechanisms/satisfaction/Satisfaction.sol";
import {PackedOrder} from "../types/Orders.sol";

/// @title Satisfaction as a contract, so that other implementations of the rules can be held against it
contract SatisfactionHarness {
    /// @notice What `Satisfaction.score` says of each pair: buy order i and sell order j at i · sells.length + j.
    function scores(PackedOrder[] memory buys, PackedOrder[] memory sells, Satisfaction.Schema memory schema)
        external
        pure
        returns (bool[] memory eligible, uint256[] memory t, uint256[] memory g)
    {
        uint256 pairs = buys.length * sells.length;
        (eligible, t, g) = (new bool[](pairs), new uint256[](pairs), new uint256[](pairs));
        for (uint256 p = 0; p < pairs; ++p) {
            (eligible[p], t[p], g[p]) = Satisfaction.score(buys[p / sells.length], sells[p % sells.length], schema);
        }
    }

    /// @notice What `Satisfaction.covers` says of one pair for each sum of dual prices, ppm.
    function covers(
        PackedOrder memory buy,
        PackedOrder memory sell,
        Satisfaction.Schema memory schema,
        uint256[] memory duals
    ) external pure returns (bool[] memory covered) {
        covered = new bool[](duals.length);
        for (uint256 i = 0; i < duals.length; ++i) {
            covered[i] = Satisfaction.covers(buy, sell, schema, duals[i]);
        }
    }
}
