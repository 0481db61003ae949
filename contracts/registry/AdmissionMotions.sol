// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {MerkleProof} from "@openzeppelin/contracts/utils/cryptography/MerkleProof.sol";
import {IMotions} from "../../interfaces/registry/IMotions.sol";
import {BatchRoot} from "../shared/BatchRoot.sol";
import {Signatures} from "../shared/Signatures.sol";
import {CandidateFields, PackedCandidate} from "../types/Candidates.sol";
import {CompactSignature} from "../types/CompactSignature.sol";
import {ONE_PPM, Ppm} from "../types/Units.sol";
import {Voice} from "../types/Voices.sol";
import {Auditors} from "./Auditors.sol";

/// @title Motions on admissions and exits
/// @dev A member's voice is one word (Voices), an objection two writes: the same gas with a hundred members and a hundred thousand.
abstract contract AdmissionMotions is IMotions, Auditors, EIP712 {
    using CandidateFields for PackedCandidate;

    /// @dev The most candidates of a motion: one transaction can put them up.
    uint256 private constant MAX_CANDIDATES = 4_096;

    /// @dev The most motions that run at a time, as bits in a member's word.
    uint32 private constant MAX_RUNNING = 32;

    /// @dev The longest notice of an exit: a member's word has bits for 16 days of them.
    uint256 private constant MAX_EXIT_NOTICE = 14 days;

    /// @dev Codes of countries have three digits.
    uint16 private constant LAST_COUNTRY = 999;

    /// @dev The longest window, seconds.
    uint256 private constant MAX_WINDOW = 90 days;

    bytes32 private constant OBJECTION_TYPEHASH = keccak256("Objection(uint32 motion,uint16 candidate)");

    uint40 private immutable ADMISSION_WINDOW;
    uint40 internal immutable COMMITTEE_WINDOW;
    uint40 internal immutable EXIT_WINDOW;
    uint32 private immutable ADMISSION_RATE;
    uint32 private immutable ADMISSION_CAP;
    uint32 internal immutable COMMITTEE_RATE;
    uint32 internal immutable SUPPORTERS;

    /// @inheritdoc IMotions
    uint32 public memberCount;

    /// @inheritdoc IMotions
    uint32 public motionCount;

    mapping(uint32 motion => Motion) private _motions;

    /// @dev Number of candidates by root and committee; 0: not put up.
    mapping(bytes32 key => uint16) private _nominated;

    /// @dev Objections to candidates, 32 bits each, eight in a word.
    mapping(uint32 motion => mapping(uint256 word => uint256)) private _objections;

    mapping(address leaver => Exit) private _exits;

    mapping(address member => Voice) internal _voices;

    /// Reverts if: a rule is out of its range (IMotions.Rules).
    constructor(address[] memory auditors_, uint256 threshold_, Rules memory rules_)
        Auditors(auditors_, threshold_)
        EIP712("PowerPact", "1")
    {
        _requireIn(1, rules_.committeeWindow, MAX_WINDOW);
        _requireIn(0, rules_.admissionWindow, rules_.committeeWindow - 1);
        _requireIn(2, rules_.exitNotice, MAX_EXIT_NOTICE);
        _requireIn(3, rules_.admissionRate, ONE_PPM);
        _requireIn(4, rules_.admissionCap, type(uint32).max);
        _requireIn(5, rules_.committeeRate, ONE_PPM);
        _requireIn(6, rules_.supporters, type(uint32).max);
        (ADMISSION_WINDOW, COMMITTEE_WINDOW) = (rules_.admissionWindow, rules_.committeeWindow);
        (EXIT_WINDOW, SUPPORTERS) = (rules_.exitNotice, rules_.supporters);
        (ADMISSION_RATE, ADMISSION_CAP) = (rules_.admissionRate, rules_.admissionCap);
        COMMITTEE_RATE = rules_.committeeRate;
    }

    /// @inheritdoc IMotions
    function nominate(PackedCandidate[] calldata candidates, uint8 reason) external returns (bytes32 root) {
        uint256 count = candidates.length;
        require(count != 0 && count <= MAX_CANDIDATES, Motion_BadCount(count, MAX_CANDIDATES));
        bytes32[] memory leaves = new bytes32[](count);
        for (uint256 i = 0; i < count; ++i) {
            _requireWellFormed(i, candidates[i]);
            leaves[i] = _leafOf(i, candidates[i]);
        }
        root = BatchRoot.rootOf(leaves);
        _nominated[_nomination(root)] = uint16(count);
        emit Nominated(root, msg.sender, reason, candidates);
        _approve(root, count, reason);
    }

    /// @inheritdoc IMotions
    function approve(bytes32 root, uint8 reason) external {
        uint256 count = _nominated[_nomination(root)];
        require(count != 0, Motion_NotNominated(root));
        emit CandidatesApproved(root, msg.sender, reason);
        _approve(root, count, reason);
    }

    /// @inheritdoc IMotions
    function object(uint32 motion, uint16 candidate) external {
        (bool isNew, Voice voice) = _voiceAt(msg.sender, _running(motion, candidate)).withObjection(motion);
        require(isNew, Motion_AlreadyObjected(msg.sender, motion));
        _voices[msg.sender] = voice;
        address[] memory members = new address[](1);
        members[0] = msg.sender;
        _count(motion, candidate, members);
    }

    /// @inheritdoc IMotions
    function objectSigned(uint32 motion, uint16 candidate, CompactSignature[] calldata signatures) external {
        uint40 announcedAt = _running(motion, candidate);
        bytes32 digest = _hashTypedDataV4(keccak256(abi.encode(OBJECTION_TYPEHASH, motion, candidate)));
        address[] memory members = new address[](signatures.length);
        uint256 count = 0;
        for (uint256 i = 0; i < signatures.length; ++i) {
            address member = Signatures.recover(digest, signatures[i]);
            Voice voice = _voices[member];
            if (!voice.wasMemberAt(announcedAt)) continue;
            bool isNew;
            (isNew, voice) = voice.withObjection(motion);
            if (!isNew) continue;
            _voices[member] = voice;
            members[count++] = member;
        }
        require(count != 0, Motion_NoNewObjection(motion));
        // Equivalent to cutting the array to `count`: its length only shrinks.
        assembly ("memory-safe") {
            mstore(members, count)
        }
        _count(motion, candidate, members);
    }

    /// @inheritdoc IMotions
    function objectToExit(address leaver) external {
        Exit memory leaving = _exits[leaver];
        uint40 announcedAt = leaving.announcedAt;
        require(announcedAt != 0, Motion_NoExit(leaver));
        uint40 endsAt = announcedAt + EXIT_WINDOW;
        require(block.timestamp < endsAt, Motion_NoticeOver(leaver, endsAt));
        uint24 day = uint24(announcedAt / 1 days);
        (bool isNew, Voice voice) = _voiceAt(msg.sender, announcedAt).withObjectionToExit(day);
        require(isNew, Motion_AlreadyObjected(msg.sender, day));
        _voices[msg.sender] = voice;
        _exits[leaver].objections = ++leaving.objections;
        emit ExitObjected(leaver, msg.sender, leaving.objections);
    }

    /// @inheritdoc IMotions
    function rules() external view returns (Rules memory) {
        return Rules({
            admissionWindow: ADMISSION_WINDOW,
            committeeWindow: COMMITTEE_WINDOW,
            exitNotice: EXIT_WINDOW,
            admissionRate: ADMISSION_RATE,
            admissionCap: ADMISSION_CAP,
            committeeRate: COMMITTEE_RATE,
            supporters: SUPPORTERS
        });
    }

    /// @inheritdoc IMotions
    function motionOf(uint32 number) external view returns (Motion memory) {
        return _motions[number];
    }

    /// @inheritdoc IMotions
    function exitOf(address leaver) external view returns (Exit memory) {
        return _exits[leaver];
    }

    /// @inheritdoc IMotions
    function voiceOf(address member) external view returns (Voice) {
        return _voices[member];
    }

    /// @inheritdoc IMotions
    function requireMayExit(address leaver) external view {
        Exit memory leaving = _exits[leaver];
        uint40 leavesAt = leaving.announcedAt + EXIT_WINDOW;
        require(block.timestamp >= leavesAt, Motion_NoticeRunning(leaver, leavesAt));
        (uint32 objections, uint32 quorum) = (leaving.objections, leaving.quorum);
        require(objections < quorum, Motion_ExitRefused(leaver, objections, quorum));
    }

    /// @inheritdoc IMotions
    function requireOutcome(uint32 motion, Outcome calldata outcome, bool isRefused) external view {
        Motion storage found = _motions[motion];
        require(found.announcedAt != 0, Motion_Unknown(motion));
        uint256 index = outcome.index;
        bytes32 root = MerkleProof.processProofCalldata(outcome.siblings, _leafOf(index, outcome.candidate));
        require(index < found.candidates && root == found.root, Motion_UnknownCandidate(motion, index));
        (uint32 objections, uint32 quorum) = (objectionsTo(motion, index), found.quorum);
        if (isRefused) {
            require(objections >= quorum, Motion_NotRefused(motion, objections, quorum));
        } else {
            require(block.timestamp >= found.endsAt, Motion_WindowOpen(motion, found.endsAt));
            require(objections < quorum, Motion_Refused(motion, objections, quorum));
        }
    }

    /// @inheritdoc IMotions
    function objectionsTo(uint32 motion, uint256 candidate) public view returns (uint32) {
        return uint32(_objections[motion][candidate >> 3] >> ((candidate & 7) << 5));
    }

    /// @dev Somebody is a member from now on.
    function _giveVoice(address member) internal {
        _voices[member] = _voices[member].asMember(uint40(block.timestamp));
        ++memberCount;
    }

    /// @dev Somebody is a member no more.
    function _endVoice(address member) internal virtual {
        _voices[member] = _voices[member].asGone(uint40(block.timestamp));
        --memberCount;
    }

    /// @dev Members may object to an exit from now on.
    function _announceExit(address leaver) internal {
        _exits[leaver] = Exit(uint40(block.timestamp), _quorum(ADMISSION_RATE, ADMISSION_CAP), 0);
    }

    /// @dev The exit is over, one way or the other.
    function _endExit(address leaver) internal {
        delete _exits[leaver];
    }

    /// @dev So many of the members now refuse: `rate` ppm of them, rounded up, at least one and at most `cap`.
    function _quorum(uint32 rate, uint32 cap) internal view returns (uint32) {
        uint256 share = Math.ceilDiv(uint256(memberCount) * rate, ONE_PPM);
        // Cannot be cut: it is at most the number of members.
        return uint32(Math.max(Math.min(share, cap), 1));
    }

    /// @dev The word of somebody who was a member at a time.
    function _voiceAt(address account, uint40 time) internal view returns (Voice voice) {
        voice = _voices[account];
        require(voice.wasMemberAt(time), Motion_NotMember(account, time));
    }

    /// @dev Vote for candidates, and announce them if that decides.
    function _approve(bytes32 root, uint256 count, uint8 reason) private {
        require(reason != 0, Motion_EmptyReason());
        if (!_vote(msg.sender, address(0), root)) return;
        uint32 motion = ++motionCount;
        if (motion > MAX_RUNNING) {
            uint32 oldest = motion - MAX_RUNNING;
            uint40 until = _motions[oldest].endsAt;
            require(block.timestamp >= until, Motion_NoRoom(oldest, until));
        }
        uint32 quorum = _quorum(ADMISSION_RATE, ADMISSION_CAP);
        (uint40 announcedAt, uint32 members) = (uint40(block.timestamp), memberCount);
        uint40 endsAt = announcedAt + ADMISSION_WINDOW;
        _motions[motion] = Motion(announcedAt, endsAt, members, quorum, uint16(count), root);
        emit MotionAnnounced(motion, root, endsAt, members, quorum);
    }

    /// @dev Count objections to a candidate, and tell of them.
    function _count(uint32 motion, uint16 candidate, address[] memory members) private {
        // A lane cannot overflow: nobody objects twice, and there are fewer than 2^32 members.
        _objections[motion][candidate >> 3] += members.length << ((candidate & 7) << 5);
        emit CandidateObjected(motion, candidate, members, objectionsTo(motion, candidate));
    }

    /// @dev When a motion that can be objected to was announced.
    function _running(uint32 motion, uint16 candidate) private view returns (uint40 announcedAt) {
        Motion storage found = _motions[motion];
        uint40 endsAt;
        uint16 candidates;
        (announcedAt, endsAt, candidates) = (found.announcedAt, found.endsAt, found.candidates);
        require(announcedAt != 0, Motion_Unknown(motion));
        require(block.timestamp < endsAt, Motion_WindowOver(motion, endsAt));
        require(candidate < candidates, Motion_UnknownCandidate(motion, candidate));
    }

    /// @dev Under what candidates are kept until the committee changes.
    function _nomination(bytes32 root) private view returns (bytes32) {
        return keccak256(abi.encode(committee, root));
    }

    function _requireWellFormed(uint256 index, PackedCandidate calldata candidate) private view {
        uint8 userType = candidate.userType();
        require(
            candidate.account() != address(0) && candidate.tag != 0 && candidate.sides() != 0
                && candidate.carriers() != 0 && userType != 0 && userType <= 6
                && Ppm.unwrap(candidate.credibility()) <= ONE_PPM && candidate.expiry() > block.timestamp
                && candidate.country() <= LAST_COUNTRY,
            Motion_BadCandidate(index, candidate.account())
        );
    }

    /// @dev Leaf of the candidate at `index`: three words, so that no inner node (two words) can be taken for a leaf.
    function _leafOf(uint256 index, PackedCandidate calldata candidate) private pure returns (bytes32) {
        return keccak256(abi.encode(index, candidate.head, candidate.tag));
    }

    function _requireIn(uint256 rule, uint256 given, uint256 most) private pure {
        require(given != 0 && given <= most, Motion_BadRules(rule, given));
    }
}
