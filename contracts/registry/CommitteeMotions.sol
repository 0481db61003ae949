// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {IMotions} from "../../interfaces/registry/IMotions.sol";
import {Voice} from "../types/Voices.sol";
import {AdmissionMotions} from "./AdmissionMotions.sol";

/// @title Motions on the committee itself
/// @dev They have a place of their own, one at a time, so that admissions cannot keep them out. Neither auditors nor members can
/// keep the place: whoever announced the last change leaves a window to the others.
abstract contract CommitteeMotions is AdmissionMotions {
    /// @inheritdoc IMotions
    uint32 public changeCount;

    /// @dev Proposals so far.
    uint32 private _proposalCount;

    mapping(uint32 motion => CommitteeMotion) private _changes;

    mapping(uint32 proposal => ChangeProposal) private _proposals;

    /// @inheritdoc IMotions
    function voteChange(Change calldata change) external {
        _requireCanAnnounce(change, false);
        // Votes for what was decided never count again.
        bytes32 motion = keccak256(abi.encode(changeCount, change));
        if (_vote(msg.sender, change.auditor, motion)) _announce(change, false);
    }

    /// @inheritdoc IMotions
    function proposeChange(Change calldata change) external returns (uint32 proposal) {
        _requireChange(change.auditor, change.isAppointed, change.threshold);
        proposal = ++_proposalCount;
        _proposals[proposal].change = change;
        emit ChangeProposed(proposal, msg.sender, change);
        _support(proposal);
    }

    /// @inheritdoc IMotions
    function supportChange(uint32 proposal) external {
        _support(proposal);
    }

    /// @inheritdoc IMotions
    function announceChange(uint32 proposal) external {
        ChangeProposal storage found = _undecided(proposal);
        uint32 supporters = found.supporters;
        require(supporters >= SUPPORTERS, Motion_TooFewSupporters(proposal, supporters, SUPPORTERS));
        Change memory change = found.change;
        _requireCanAnnounce(change, true);
        found.isAnnounced = true;
        _announce(change, true);
    }

    /// @inheritdoc IMotions
    function objectToChange(uint32 motion) external {
        CommitteeMotion storage found = _changes[motion];
        (uint40 announcedAt, uint40 endsAt) = (found.announcedAt, found.endsAt);
        require(announcedAt != 0, Motion_Unknown(motion));
        require(block.timestamp < endsAt, Motion_WindowOver(motion, endsAt));
        Voice voice = _voiceAt(msg.sender, announcedAt);
        require(voice.committee() != motion, Motion_AlreadyObjected(msg.sender, motion));
        _voices[msg.sender] = voice.withObjectionToChange(motion);
        uint32 objections = ++found.objections;
        emit ChangeObjected(motion, msg.sender, objections);
    }

    /// @inheritdoc IMotions
    function enactChange(uint32 motion) external {
        CommitteeMotion storage found = _changes[motion];
        require(motion != 0 && motion <= changeCount, Motion_Unknown(motion));
        require(block.timestamp >= found.endsAt, Motion_WindowOpen(motion, found.endsAt));
        (uint32 objections, uint32 quorum) = (found.objections, found.quorum);
        require(objections < quorum, Motion_Refused(motion, objections, quorum));
        require(!found.isEnacted, Motion_AlreadyEnacted(motion));
        found.isEnacted = true;
        Change memory change = found.change;
        _changeCommittee(change.auditor, change.isAppointed, change.threshold);
    }

    /// @inheritdoc IMotions
    function changeOf(uint32 number) external view returns (CommitteeMotion memory) {
        return _changes[number];
    }

    /// @inheritdoc IMotions
    function proposalOf(uint32 number) external view returns (ChangeProposal memory) {
        return _proposals[number];
    }

    /// @dev Somebody is a member no more, and supports nothing.
    function _endVoice(address member) internal override {
        _takeSupport(_voices[member].supported());
        super._endVoice(member);
    }

    /// @dev Support a proposal, and no other.
    function _support(uint32 proposal) private {
        Voice voice = _voices[msg.sender];
        require(voice.isMember(), Motion_NotMember(msg.sender, uint40(block.timestamp)));
        ChangeProposal storage found = _undecided(proposal);
        require(voice.supported() != proposal, Motion_CannotSupport(proposal));
        _takeSupport(voice.supported());
        _voices[msg.sender] = voice.withSupport(proposal);
        uint32 supporters = ++found.supporters;
        emit ChangeSupported(proposal, msg.sender, supporters);
    }

    /// @dev The proposal, provided that there is one and it was not announced.
    function _undecided(uint32 proposal) private view returns (ChangeProposal storage found) {
        require(proposal != 0 && proposal <= _proposalCount, Motion_Unknown(proposal));
        found = _proposals[proposal];
        require(!found.isAnnounced, Motion_CannotSupport(proposal));
    }

    function _takeSupport(uint32 proposal) private {
        if (proposal != 0) --_proposals[proposal].supporters;
    }

    function _announce(Change memory change, bool isByMembers) private {
        uint32 motion = ++changeCount;
        CommitteeMotion storage made = _changes[motion];
        (uint40 announcedAt, uint40 endsAt) = (uint40(block.timestamp), uint40(block.timestamp) + COMMITTEE_WINDOW);
        (uint32 members, uint32 quorum) = (memberCount, _quorum(COMMITTEE_RATE, type(uint32).max));
        (made.announcedAt, made.endsAt, made.members, made.quorum) = (announcedAt, endsAt, members, quorum);
        (made.isByMembers, made.change) = (isByMembers, change);
        emit ChangeAnnounced(motion, change, endsAt, members, quorum);
    }

    /// Reverts if: the change cannot be made; the one announced last is undecided: its window is open, or it was neither refused
    /// nor enacted; it came from the same side, and the other has had less than a window to announce one.
    function _requireCanAnnounce(Change memory change, bool isByMembers) private view {
        _requireChange(change.auditor, change.isAppointed, change.threshold);
        uint32 motion = changeCount;
        if (motion == 0) return;
        CommitteeMotion storage last = _changes[motion];
        uint40 endsAt = last.endsAt;
        bool isDecided = last.isEnacted || last.objections >= last.quorum;
        require(block.timestamp >= endsAt && isDecided, Motion_ChangeUndecided(motion));
        uint40 until = endsAt + COMMITTEE_WINDOW;
        require(last.isByMembers != isByMembers || block.timestamp >= until, Motion_OthersTurn(motion, until));
    }
}
