// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {Ballots} from "../../contracts/shared/Ballots.sol";
import {Votes} from "../../contracts/shared/Committee.sol";
import {ForgeTest} from "./Vm.sol";

contract BallotsTest is ForgeTest {
    using Ballots for mapping(bytes32 motion => Votes);

    uint256 private constant MOTIONS = 4;

    mapping(bytes32 motion => Votes) private _motions;
    mapping(bytes32 motion => mapping(uint256 seat => bool)) private _voted;
    mapping(bytes32 motion => uint256) private _members;

    /// Each member counts once for each motion, and votes for one are none for another.
    function testFuzz_everyMemberCountsOnceForAMotion(uint16[] calldata ballots) public {
        for (uint256 i = 0; i < ballots.length; ++i) {
            (bytes32 motion, uint256 seat) = (keccak256(abi.encode(ballots[i] % MOTIONS)), ballots[i] >> 8);
            (bool isNew, uint256 count) = _motions.vote(motion, seat);
            assertTrue(isNew == !_voted[motion][seat], "new is who has not voted for it");
            if (isNew) ++_members[motion];
            _voted[motion][seat] = true;
            assertEq(count, _members[motion], "the members who voted for it");
        }
    }
}
