// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {IParticipantRegistry} from "../../interfaces/registry/IParticipantRegistry.sol";
import {Motions} from "../../contracts/registry/Motions.sol";
import {ParticipantRegistry} from "../../contracts/registry/ParticipantRegistry.sol";
import {AccountsStub} from "../../contracts/testing/AccountsStub.sol";
import {Admission} from "../../contracts/types/Attested.sol";
import {PackedCandidate} from "../../contracts/types/Candidates.sol";
import {Carrier} from "../../contracts/types/Markets.sol";
import {MAX_PERSONS, PackedOrder} from "../../contracts/types/Orders.sol";
import {Ppm} from "../../contracts/types/Units.sol";
import {Registries} from "./Registries.sol";

contract ParticipantRegistryTest is Registries {
    address private constant APPLICANT = address(0x0A11CE);
    uint256 private constant MOTIONS = 3;
    /// @dev Where the registry keeps the number of persons.
    bytes32 private constant PERSON_COUNT = bytes32(uint256(2));

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
        _deploy(size, needed);
        vm.prank(APPLICANT);
        participants.applyFor("attributes");

        uint256[MOTIONS] memory support;
        for (uint256 i = 0; i < ballots.length; ++i) {
            uint256 voter = fold(ballots[i], 0, size - 1);
            uint256 motion = fold(ballots[i] >> 128, 0, MOTIONS - 1);
            bool repeated = support[motion] >> voter & 1 == 1;
            assertTrue(_vote(motion, voter) != repeated, "a vote counts once");
            support[motion] |= 1 << voter;
            if (_count(support[motion]) == needed) {
                assertEq(_outcome(), motion + 1, "the motion must take effect at the vote that decides");
                return;
            }
            assertEq(_outcome(), 0, "no motion must take effect early");
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
        deployRegistries();
        admit(APPLICANT);
        vm.warp(block.timestamp + 4 days);
        uint40 a = uint40(block.timestamp + fold(first, 1, 30 days));
        uint40 b = uint40(block.timestamp + fold(second, 1, 30 days));
        vm.assume(a != b);

        _suspend(0, a);
        _suspend(0, b);
        _suspend(1, a);
        assertEq(participants.participant(APPLICANT).suspendedUntil, a, "two votes suspend");
        _suspend(1, b);
        assertEq(participants.participant(APPLICANT).suspendedUntil, a, "a vote from before must not count");
        _suspend(2, b);
        assertEq(participants.participant(APPLICANT).suspendedUntil, b, "two new votes suspend anew");
        _suspend(0, a);
        assertEq(participants.participant(APPLICANT).suspendedUntil, b, "one vote must not suspend");
        assertTrue(!participants.isActive(APPLICANT), "suspended until the end");
        vm.warp(b);
        assertTrue(participants.isActive(APPLICANT), "active from the end on");
    }

    /// The last person that orders can tell apart is admitted, and no further one; who is known already is.
    function test_noMorePersonsThanOrdersCanTellApart() public {
        deployRegistries();
        address stranger = address(0xB0B);
        admit(stranger);
        vm.store(address(participants), PERSON_COUNT, bytes32(uint256(MAX_PERSONS - 1)));
        assertEq(participants.personCount(), MAX_PERSONS - 1, "the number of persons lies in this slot");
        admit(APPLICANT);
        assertEq(participants.participant(APPLICANT).person, MAX_PERSONS, "the last number is given");
        try this.admitTo(address(0xCA7)) {
            assertTrue(false, "nobody new must be admitted");
        } catch (bytes memory reason) {
            bytes memory expected =
                abi.encodeWithSelector(IParticipantRegistry.Registry_TooManyPersons.selector, MAX_PERSONS);
            assertTrue(keccak256(reason) == keccak256(expected), "the error says why");
        }
        assertEq(participants.participant(stranger).person, 1, "who was there stays");
    }

    /// What the order book reads of a person: its number, whichever it is, above the credibility.
    function testFuzz_theLargestNumberFitsIntoTheWord(uint256 number) public {
        number = fold(number, 1, MAX_PERSONS);
        deployRegistries();
        vm.store(address(participants), PERSON_COUNT, bytes32(number - 1));
        admit(APPLICANT);
        vm.warp(block.timestamp + 4 days);
        PackedOrder[] memory orders = new PackedOrder[](1);
        orders[0].head = (uint256(uint160(APPLICANT)) << 96) | (1 << 32);
        Admission admission = participants.admissionOf(Carrier.Electricity, orders)[0];
        assertTrue(admission.isActive(), "the applicant is admitted");
        assertEq(admission.personInTerms(), number << 230, "the number lies where an order has it");
        assertEq(Ppm.unwrap(admission.credibility()), 900_000, "and the credibility below");
    }

    function admitTo(address account) external {
        admit(account);
    }

    function deploy(uint256 size, uint256 needed) external {
        _deploy(size, needed);
    }

    function _deploy(uint256 size, uint256 needed) private {
        address[] memory committee = new address[](size);
        for (uint256 i = 0; i < size; ++i) {
            committee[i] = auditor(i);
        }
        address stub = address(new AccountsStub());
        address registry = vm.computeCreateAddress(address(this), vm.getNonce(address(this)) + 1);
        motions = new Motions(committee, needed, membershipRules(), registry);
        participants = new ParticipantRegistry(address(motions), stub);
    }

    function _suspend(uint256 voter, uint40 until) private {
        vm.prank(auditor(voter));
        participants.suspend(APPLICANT, until, "reason");
    }

    /// Whether the vote is taken: motions 0 and 1 announce the applicant with a credibility of 1 and 2 ppm, motion 2 rejects.
    function _vote(uint256 motion, uint256 voter) private returns (bool done) {
        address target = address(motions);
        bytes memory call;
        if (motion == 2) {
            (target, call) = (address(participants), abi.encodeCall(participants.reject, (APPLICANT, 1, 1)));
        } else {
            call = abi.encodeCall(motions.nominate, (_candidates(motion + 1), 1));
        }
        vm.prank(auditor(voter));
        // slither-disable-next-line unused-return
        (done,) = target.call(call);
    }

    /// 1 + the motion that took effect, 0 if none.
    function _outcome() private view returns (uint256) {
        if (participants.participant(APPLICANT).status == IParticipantRegistry.Status.Rejected) return 3;
        if (motions.motionCount() == 0) return 0;
        bytes32 first = keccak256(abi.encode(0, _candidates(1)[0]));
        return motions.motionOf(1).root == first ? 1 : 2;
    }

    function _candidates(uint256 credibility) private pure returns (PackedCandidate[] memory candidates) {
        candidates = new PackedCandidate[](1);
        candidates[0] = candidateOf(APPLICANT);
        candidates[0].head = candidates[0].head & ~(uint256(0xfffff) << 44) | (credibility << 44);
    }

    function _count(uint256 votes) private pure returns (uint256 count) {
        for (uint256 i = 0; i < 5; ++i) {
            count += votes >> i & 1;
        }
    }
}
