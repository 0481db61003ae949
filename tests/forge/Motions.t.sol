// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {IMotions} from "../../interfaces/registry/IMotions.sol";
import {IParticipantRegistry} from "../../interfaces/registry/IParticipantRegistry.sol";
import {CompactSignature} from "../../contracts/types/CompactSignature.sol";
import {PackedCandidate} from "../../contracts/types/Candidates.sol";
import {Voice} from "../../contracts/types/Voices.sol";
import {Registries} from "./Registries.sol";

/// Members, motions and objections in any order; the model keeps a bit for each pair of member and motion.
contract MotionsTest is Registries {
    uint256 private constant MEMBERS = 6;
    uint256 private constant CANDIDATES = 9;
    bytes32 private constant OBJECTION_TYPEHASH = keccak256("Objection(uint32 motion,uint16 candidate)");

    PackedCandidate[] private _candidates;

    function setUp() public {
        deployRegistries();
        for (uint256 i = 0; i < MEMBERS; ++i) {
            admit(vm.addr(_key(i)));
        }
        vm.warp(block.timestamp + 4 days);
        for (uint256 i = 0; i < CANDIDATES; ++i) {
            address applicant = vm.addr(0xCAFE + i);
            vm.prank(applicant);
            participants.applyFor("attributes");
            _candidates.push(candidateOf(applicant));
        }
    }

    /// A word of bits that moves along with the newest motion says of the last 32 motions exactly who objected.
    function testFuzz_aVoiceKnowsItsObjections(uint256[40] memory draws) public pure {
        Voice voice;
        bool[2_100] memory objected;
        uint256 newest = 1;
        for (uint256 i = 0; i < draws.length; ++i) {
            newest += fold(draws[i], 0, 50);
            uint256 back = fold(draws[i] >> 64, 0, newest > 31 ? 31 : newest - 1);
            uint256 motion = newest - back;
            bool isNew;
            (isNew, voice) = voice.withObjection(uint32(motion));
            require(isNew != objected[motion], "an objection counts once");
            objected[motion] = true;
        }
    }

    /// Likewise for the last 16 days of exits.
    function testFuzz_aVoiceKnowsItsObjectionsToExits(uint256[40] memory draws) public pure {
        Voice voice;
        bool[1_100] memory objected;
        uint256 today = 1;
        for (uint256 i = 0; i < draws.length; ++i) {
            today += fold(draws[i], 0, 25);
            uint256 back = fold(draws[i] >> 64, 0, today > 15 ? 15 : today - 1);
            uint256 day = today - back;
            bool isNew;
            (isNew, voice) = voice.withObjectionToExit(uint24(day));
            require(isNew != objected[day], "an objection counts once a day");
            objected[day] = true;
        }
    }

    /// Whoever objects, alone or by signature, counts once; exactly those candidates are admitted who have fewer objections than
    /// the quorum, and everybody else is refused.
    function testFuzz_membersStopWhomTheyObjectTo(uint256[12] memory draws) public {
        uint32 motion = _announce();
        uint256[CANDIDATES] memory counts;
        uint256 spoken = 0;
        for (uint256 i = 0; i < draws.length; ++i) {
            uint256 member = fold(draws[i], 0, MEMBERS - 1);
            uint16 candidate = uint16(fold(draws[i] >> 64, 0, CANDIDATES - 1));
            bool isFirst = spoken >> member & 1 == 0;
            assertTrue(
                _object(motion, candidate, member, draws[i] >> 255 == 1) == isFirst, "one objection for a motion"
            );
            if (isFirst) ++counts[candidate];
            spoken |= 1 << member;
        }
        vm.warp(block.timestamp + 3 days);
        uint256 quorum = motions.motionOf(motion).quorum;
        assertEq(quorum, 1, "5 percent of 6, rounded up");
        for (uint256 i = 0; i < CANDIDATES; ++i) {
            assertEq(motions.objectionsTo(motion, i), counts[i], "objections are counted for each candidate");
            assertTrue(
                _isTaken(abi.encodeCall(participants.refuse, (motion, _outcome(i)))) == (counts[i] >= quorum), "refused"
            );
            IMotions.Outcome[] memory one = new IMotions.Outcome[](1);
            one[0] = _outcome(i);
            assertTrue(_isTaken(abi.encodeCall(participants.admit, (motion, one))) == (counts[i] < quorum), "admitted");
        }
    }

    /// With any committee and rules in their range, a quorum is at least one and at most the cap.
    function testFuzz_quorumsAreFrozen(uint32 rate, uint32 cap, uint256 members) public {
        IMotions.Rules memory rules = membershipRules();
        (rules.admissionRate, rules.admissionCap) = (uint32(fold(rate, 1, 1_000_000)), cap == 0 ? 1 : cap);
        deployWith(rules);
        members = fold(members, 0, 5);
        for (uint256 i = 0; i < members; ++i) {
            admit(vm.addr(_key(i)));
        }
        for (uint256 i = 0; i < CANDIDATES; ++i) {
            vm.prank(address(uint160(_candidates[i].head >> 96)));
            participants.applyFor("attributes");
        }
        uint256 share = (members * rules.admissionRate + 999_999) / 1_000_000;
        uint256 expected = share < rules.admissionCap ? share : rules.admissionCap;
        if (expected == 0) expected = 1;
        uint32 motion = _announce();
        admit(vm.addr(0xFEED));
        IMotions.Motion memory found = motions.motionOf(motion);
        assertEq(found.quorum, expected, "the smaller of rate and number, at least one");
        assertEq(found.members, members, "members at the announcement");
    }

    function _announce() private returns (uint32) {
        vm.prank(auditor(0));
        bytes32 root = motions.nominate(_candidates, 1);
        vm.prank(auditor(1));
        motions.approve(root, 2);
        return motions.motionCount();
    }

    /// Whether a member's objection is taken, sent by itself or signed and brought by another.
    function _object(uint32 motion, uint16 candidate, uint256 member, bool isSigned) private returns (bool) {
        if (!isSigned) {
            vm.prank(vm.addr(_key(member)));
            (bool done,) = address(motions).call(abi.encodeCall(motions.object, (motion, candidate)));
            return done;
        }
        bytes memory signature =
            signed(_key(member), address(motions), keccak256(abi.encode(OBJECTION_TYPEHASH, motion, candidate)));
        CompactSignature[] memory signatures = new CompactSignature[](1);
        signatures[0] = compact(signature);
        return _isTakenBy(address(motions), abi.encodeCall(motions.objectSigned, (motion, candidate, signatures)));
    }

    function _outcome(uint256 index) private view returns (IMotions.Outcome memory) {
        bytes32[] memory leaves = new bytes32[](CANDIDATES);
        for (uint256 i = 0; i < CANDIDATES; ++i) {
            leaves[i] = keccak256(abi.encode(i, _candidates[i]));
        }
        return IMotions.Outcome(uint16(index), _candidates[index], siblingsOf(leaves, index));
    }

    function _isTaken(bytes memory call) private returns (bool) {
        return _isTakenBy(address(participants), call);
    }

    function _isTakenBy(address target, bytes memory call) private returns (bool done) {
        // What it answers is not needed.
        // slither-disable-next-line unused-return
        (done,) = target.call(call);
    }

    function _key(uint256 member) private pure returns (uint256) {
        return 0x3E3B + member;
    }
}
