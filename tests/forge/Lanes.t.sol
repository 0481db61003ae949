// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {Lanes} from "../../contracts/shared/Lanes.sol";
import {ForgeTest} from "./Vm.sol";

/// @dev Eight values at a time against one value at a time.
contract LanesTest is ForgeTest {
    function testFuzz_noneBelowComparesEachLane(uint256 a, uint256 b) public pure {
        assertTrue(Lanes.noneBelow(a, b) == _noneBelow(a, b), "any lane below, and no other, counts");
    }

    /// Lanes that differ by little, one of them perhaps the wrong way round: what random words never are.
    function testFuzz_noneBelowSeesASingleUnit(uint256 a, uint256 seed, uint8 shift) public pure {
        uint256 b = 0;
        for (uint256 k = 0; k < 8; ++k) {
            uint256 value = uint32(a >> (32 * k));
            uint256 draw = (seed >> (8 * k)) % 4;
            if (draw == 1 && value != 0) --value;
            if (draw == 2) value = 0;
            b |= value << (32 * k);
        }
        assertTrue(Lanes.noneBelow(a, b), "no lane is below");
        uint256 place = 32 * uint256(shift % 8);
        if (uint32(a >> place) == type(uint32).max) return;
        uint256 above = (b & ~(uint256(type(uint32).max) << place)) | (uint256(uint32(a >> place) + 1) << place);
        assertTrue(!Lanes.noneBelow(a, above), "one lane is below by one");
    }

    /// The ends of a lane next to each other: nothing is borrowed from a neighbour.
    function test_lanesDoNotBorrow() public pure {
        for (uint256 k = 0; k < 8; ++k) {
            uint256 lane = uint256(type(uint32).max) << (32 * k);
            assertTrue(Lanes.noneBelow(lane, lane) && Lanes.noneBelow(lane, 0), "a lane is not below itself or zero");
            assertTrue(!Lanes.noneBelow(~lane, lane), "zero is below the most, whatever stands beside it");
            assertTrue(!Lanes.noneBelow(~lane, uint256(1) << (32 * k)), "zero is below one, whatever stands beside it");
        }
        assertTrue(Lanes.noneBelow(type(uint256).max, type(uint256).max) && Lanes.noneBelow(0, 0), "equal is not below");
    }

    function testFuzz_sumAddsEachLane(uint256 word) public pure {
        assertEq(Lanes.sum(word), _sum(word), "the sum of eight values");
    }

    /// Every set of full lanes: the largest sums, which need 35 bits.
    function test_sumOfFullLanes() public pure {
        for (uint256 set = 0; set < 256; ++set) {
            uint256 word = 0;
            for (uint256 k = 0; k < 8; ++k) {
                if ((set >> k) & 1 != 0) word |= uint256(type(uint32).max) << (32 * k);
            }
            assertEq(Lanes.sum(word), _sum(word), "the sum of full lanes");
        }
    }

    function testFuzz_spreadGivesEachValueALane(uint256 word) public pure {
        uint256 wide = Lanes.spread(word);
        for (uint256 k = 0; k < 4; ++k) {
            assertEq(
                uint256(uint64(wide >> (64 * k))), uint32(word >> (32 * k)), "a value in its lane, and nothing else"
            );
        }
    }

    function _noneBelow(uint256 a, uint256 b) private pure returns (bool) {
        for (uint256 k = 0; k < 8; ++k) {
            if (uint32(a >> (32 * k)) < uint32(b >> (32 * k))) return false;
        }
        return true;
    }

    function _sum(uint256 word) private pure returns (uint256 sum) {
        for (uint256 k = 0; k < 8; ++k) {
            sum += uint32(word >> (32 * k));
        }
    }
}
