// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {Committee, Votes} from "../../contracts/shared/Committee.sol";
import {ForgeTest} from "./Vm.sol";

contract CommitteeTest is ForgeTest {
    /// Each member counts once, however often and in whatever order it votes.
    function testFuzz_everyMemberCountsOnce(uint8[] calldata seats) public pure {
        Votes votes = Votes.wrap(0);
        bool[256] memory voted;
        uint256 members = 0;
        for (uint256 i = 0; i < seats.length; ++i) {
            bool isNew;
            (isNew, votes) = votes.cast(seats[i]);
            assertTrue(isNew == !voted[seats[i]], "new is who has not voted");
            if (isNew) ++members;
            voted[seats[i]] = true;
            assertEq(votes.count(), members, "the members who voted");
        }
    }

    /// By rising seat, a vote is new if its seat is above all before.
    function testFuzz_votesByRisingSeat(uint8[] calldata seats) public pure {
        Votes votes = Votes.wrap(0);
        uint256 next = 0;
        for (uint256 i = 0; i < seats.length; ++i) {
            bool isNew;
            (isNew, votes) = votes.castAbove(seats[i]);
            assertTrue(isNew == (seats[i] >= next), "above every seat before");
            if (seats[i] >= next) next = uint256(seats[i]) + 1;
        }
    }

    function test_aWholeCommittee() public pure {
        assertEq(Votes.wrap(0).count(), 0, "nobody voted");
        assertEq(Votes.wrap(type(uint256).max).count(), 256, "all 256 voted");
    }
}
