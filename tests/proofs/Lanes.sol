// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {Lanes} from "../../contracts/shared/Lanes.sol";

/// @dev Eight values at a time are eight values, one at a time.
contract LanesProof {
    /// No lane borrows from its neighbour: the comparison is that of each lane.
    function check_noneBelow(uint256 a, uint256 b) public pure {
        bool expected = true;
        for (uint256 shift = 0; shift < 256; shift += 32) {
            expected = expected && uint32(a >> shift) >= uint32(b >> shift);
        }
        assert(Lanes.noneBelow(a, b) == expected);
    }

    /// Each of four values has a lane of its own, with a zero above it.
    function check_spread(uint256 word) public pure {
        uint256 spread = Lanes.spread(word);
        for (uint256 k = 0; k < 4; ++k) {
            assert(uint64(spread >> (64 * k)) == uint32(word >> (32 * k)));
        }
    }
}
