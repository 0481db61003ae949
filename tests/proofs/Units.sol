// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {Points, Price, Wh, midpointDown} from "../../contracts/types/Units.sol";

/// @dev Shares never exceed what is shared.
contract UnitsProof {
    /// The two eighths of a bond that are not burnt are at most a quarter.
    function check_eighths(uint128 bond) public pure {
        uint128 eighth = Points.unwrap(Points.wrap(bond).eighthDown());
        assert(uint256(eighth) * 8 <= bond && bond < (uint256(eighth) + 1) * 8);
    }

    /// Parts one after the other share the energy without a rest.
    function check_consecutiveShares(uint64 energy, uint64 first, uint64 second) public pure {
        if (uint256(first) + second > type(uint64).max) return;
        Wh whole = Wh.wrap(energy);
        uint256 one = Wh.unwrap(whole.consecutiveShare(Wh.wrap(0), Wh.wrap(first)));
        uint256 two = Wh.unwrap(whole.consecutiveShare(Wh.wrap(first), Wh.wrap(second)));
        uint256 sold = uint256(first) + second;
        assert(one <= first && two <= second);
        assert(one + two == (energy < sold ? energy : sold));
    }

    /// The midpoint is within the limits of both.
    function check_midpoint(uint32 bid, uint32 minimum) public pure {
        if (bid < minimum) return;
        uint32 price = Price.unwrap(midpointDown(Price.wrap(bid), Price.wrap(minimum)));
        assert(minimum <= price && price <= bid);
    }
}
