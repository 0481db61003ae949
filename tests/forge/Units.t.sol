// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {Points, Wh} from "../../contracts/types/Units.sol";
import {ForgeTest} from "./Vm.sol";

contract UnitsTest is ForgeTest {
    /// ⌊energy · part / whole⌋: at most the energy and, the parts of a whole together, at most a Wh less for each.
    function testFuzz_proRataRoundsDown(uint64 energy, uint64 part, uint64 whole) public pure {
        whole = uint64(fold(whole, 1, type(uint64).max));
        part = uint64(fold(part, 0, whole));
        uint256 share = _share(energy, part, whole);
        assertTrue(share * whole <= uint256(energy) * part, "a share is rounded down");
        assertTrue((share + 1) * whole > uint256(energy) * part, "by less than one Wh");
        uint256 shares = share + _share(energy, whole - part, whole);
        assertTrue(shares <= energy && energy <= shares + 1, "two shares make up the energy, or one Wh less");
        assertEq(_share(energy, whole, whole), energy, "the whole has everything");
        assertEq(_share(energy, 0, whole), 0, "nothing has nothing");
    }

    /// Many parts of a whole never share more than there is.
    function testFuzz_sharesNeverExceedTheEnergy(uint64 energy, uint64[] calldata parts) public pure {
        uint256 whole = 1;
        for (uint256 i = 0; i < parts.length; ++i) {
            whole += parts[i] / (parts.length + 1);
        }
        uint256 shares = 0;
        for (uint256 i = 0; i < parts.length; ++i) {
            shares += _share(energy, uint64(parts[i] / (parts.length + 1)), uint64(whole));
        }
        assertTrue(shares <= energy, "shares must not exceed the energy");
    }

    /// Eight eighths are at most the whole, and less than eight micro-points below it.
    function testFuzz_eighthRoundsDown(uint128 whole) public pure {
        uint256 eighths = 8 * uint256(Points.unwrap(Points.wrap(whole).eighthDown()));
        assertTrue(eighths <= whole && whole < eighths + 8, "an eighth is rounded down by less than one micro-point");
    }

    function _share(uint64 energy, uint64 part, uint64 whole) private pure returns (uint256) {
        return Wh.unwrap(Wh.wrap(energy).proRataDown(Wh.wrap(part), Wh.wrap(whole)));
    }

    /// Consecutive parts share an energy without a rest, and none gets more than it promised of an energy up to the whole.
    function testFuzz_cumulativeSharesLeaveNoRest(uint64 energy, uint32[4] memory parts) public pure {
        uint256 whole = 1;
        for (uint256 i = 0; i < 4; ++i) {
            whole += parts[i];
        }
        uint256 before = 0;
        uint256 shared = 0;
        energy = uint64(fold(energy, 0, whole));
        for (uint256 i = 0; i < 5; ++i) {
            uint256 part = i < 4 ? parts[i] : 1;
            Wh share =
                Wh.wrap(energy).cumulativeShare(Wh.wrap(uint64(before)), Wh.wrap(uint64(part)), Wh.wrap(uint64(whole)));
            assertTrue(Wh.unwrap(share) <= part, "no part gets more than it is");
            before += part;
            shared += Wh.unwrap(share);
        }
        assertEq(shared, energy, "the parts share everything");
    }
}
