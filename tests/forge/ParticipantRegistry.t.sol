// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {IParticipantRegistry} from "../../interfaces/registry/IParticipantRegistry.sol";
import {ParticipantRegistry} from "../../contracts/registry/ParticipantRegistry.sol";
import {AccountsStub} from "../../contracts/testing/AccountsStub.sol";
import {Ppm} from "../../contracts/types/Units.sol";
import {ForgeTest} from "./Vm.sol";

contract ParticipantRegistryTest is ForgeTest {
    address private constant APPLICANT = address(0x0A11CE);
    uint256 private constant MOTIONS = 3;

    function setUp() public {
        vm.warp(1_700_000_000);
    }

    /// Any committee, any order of votes on three motions: the first that `threshold` different auditors
    /// support takes effect, at that vote, and a second vote for one motion is refused.
    function testFuzz_firstMotionWithEnoughVotesDecides(uint256 size, uint256 needed, uint256[24] memory ballots)
        public
    {
        size = fold(size, 1, 5);
        needed = fold(needed, 1, size);
        ParticipantRegistry registry = _registry(size, needed);
        vm.prank(APPLICANT);
        registry.applyFor("attributes");

        uint256[MOTIONS] memory support;
        for (uint256 i = 0; i < ballots.length; ++i) {
            uint256 voter = fold(ballots[i], 0, size - 1);
            uint256 motion = fold(ballots[i] >> 128, 0, MOTIONS - 1);
            bool repeated = support[motion] >> voter & 1 == 1;
            vm.prank(_auditor(voter));
            (bool taken,) = address(registry).call(_call(motion));
            assertTrue(taken != repeated, "a vote counts once");
            support[motion] |= 1 << voter;
            if (_count(support[motion]) == needed) {
                assertTrue(_outcome(registry) == motion + 1, "the motion must take effect at the vote that decides");
                return;
            }
            assertTrue(_outcome(registry) == 0, "no motion must take effect early");
        }
    }

    /// A committee of every size is taken exactly with a threshold from 1 to its size, and 32 seats at most.
    function testFuzz_committeeBounds(uint256 size, uint256 needed) public {
        size = fold(size, 0, 34);
        needed = fold(needed, 0, 35);
        bool expected = size >= 1 && size <= 32 && needed >= 1 && needed <= size;
        try this.deploy(size, needed) {
            assertTrue(expected, "this committee must be refused");
        } catch {
            assertTrue(!expected, "this committee must be taken");
        }
    }

    /// Two suspensions, A then B then A again: the votes of the first A count for nothing later.
    function testFuzz_oldVotesNeverCount(uint256 first, uint256 second) public {
        uint40 a = uint40(block.timestamp + fold(first, 1, 30 days));
        uint40 b = uint40(block.timestamp + fold(second, 1, 30 days));
        vm.assume(a != b);
        ParticipantRegistry registry = _registry(4, 2);
        vm.prank(APPLICANT);
        registry.applyFor("attributes");
        _vote(registry, 0, _call(0));
        _vote(registry, 1, _call(0));

        _suspend(registry, 0, a);
        _suspend(registry, 0, b);
        _suspend(registry, 1, a);
        assertEq(registry.participant(APPLICANT).suspendedUntil, a, "two votes suspend");
        _suspend(registry, 1, b);
        assertEq(registry.participant(APPLICANT).suspendedUntil, a, "a vote from before must not count");
        _suspend(registry, 2, b);
        assertEq(registry.participant(APPLICANT).suspendedUntil, b, "two new votes suspend anew");
        _suspend(registry, 3, a);
        assertEq(registry.participant(APPLICANT).suspendedUntil, b, "a motion that passed must not pass again");
        assertTrue(!registry.isActive(APPLICANT), "suspended until the end");
        vm.warp(b);
        assertTrue(registry.isActive(APPLICANT), "active from the end on");
    }

    function deploy(uint256 size, uint256 needed) external returns (ParticipantRegistry) {
        return _registry(size, needed);
    }

    function _registry(uint256 size, uint256 needed) private returns (ParticipantRegistry) {
        address[] memory committee = new address[](size);
        for (uint256 i = 0; i < size; ++i) {
            committee[i] = _auditor(i);
        }
        return new ParticipantRegistry(committee, needed, address(new AccountsStub()));
    }

    function _suspend(ParticipantRegistry registry, uint256 voter, uint40 until) private {
        _vote(registry, voter, abi.encodeCall(registry.suspend, (APPLICANT, until, "reason")));
    }

    function _vote(ParticipantRegistry registry, uint256 voter, bytes memory call) private {
        vm.prank(_auditor(voter));
        (bool done,) = address(registry).call(call);
        assertTrue(done, "the vote must be taken");
    }

    /// 1 + the motion that took effect, 0 if none.
    function _outcome(ParticipantRegistry registry) private view returns (uint256) {
        IParticipantRegistry.Participant memory subject = registry.participant(APPLICANT);
        if (subject.status == IParticipantRegistry.Status.Rejected) return 3;
        if (subject.status == IParticipantRegistry.Status.Active) return Ppm.unwrap(subject.credibility);
        return 0;
    }

    /// Motion 0 and 1 approve with a credibility of 1 and 2 ppm, motion 2 rejects.
    function _call(uint256 motion) private pure returns (bytes memory) {
        return motion < 2
            ? abi.encodeCall(IParticipantRegistry.approve, (APPLICANT, 1, Ppm.wrap(uint32(motion + 1))))
            : abi.encodeCall(IParticipantRegistry.reject, (APPLICANT, 1, "reason"));
    }

    function _auditor(uint256 index) private pure returns (address) {
        return address(uint160(0xA0D00 + index));
    }

    function _count(uint256 votes) private pure returns (uint256 count) {
        for (uint256 i = 0; i < 5; ++i) {
            count += votes >> i & 1;
        }
    }
}
