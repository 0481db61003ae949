// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {IAuditors} from "../../interfaces/registry/IAuditors.sol";
import {Ballots} from "../shared/Ballots.sol";
import {Votes} from "../shared/Committee.sol";

/// @title The committee, and what it votes on
/// @dev A motion is the hash of everything that it decides; votes are one bit for each seat.
abstract contract Auditors is IAuditors {
    using Ballots for mapping(bytes32 key => Votes);

    /// @dev The most auditors.
    uint256 private constant MAX_AUDITORS = 32;

    /// @inheritdoc IAuditors
    uint256 public threshold;

    /// @inheritdoc IAuditors
    uint32 public committee;

    address[] private _auditors;

    /// @inheritdoc IAuditors
    mapping(address account => uint256) public seatOf;

    /// @dev By the hash of committee and motion.
    mapping(bytes32 key => Votes) private _votes;

    /// @dev Reverts if: there are no auditors or more than 32; the threshold is zero or above their number; an auditor is the
    /// zero address or named twice.
    constructor(address[] memory auditors_, uint256 threshold_) {
        _requireCommittee(auditors_.length, threshold_);
        for (uint256 i = 0; i < auditors_.length; ++i) {
            _requireNew(auditors_[i]);
            _seat(auditors_[i]);
        }
        threshold = threshold_;
    }

    /// @inheritdoc IAuditors
    function auditors() external view returns (address[] memory) {
        return _auditors;
    }

    /// @inheritdoc IAuditors
    function voting() external view returns (uint32, uint256) {
        return (committee, threshold);
    }

    /// @inheritdoc IAuditors
    function isAuditor(address account) public view returns (bool) {
        return seatOf[account] != 0;
    }

    /// @dev Count an auditor's vote. True when it decides the motion.
    /// Reverts if: it is not an auditor, or voted for the motion before.
    function _vote(address auditor, address subject, bytes32 motion) internal returns (bool decided) {
        uint256 seat = seatOf[auditor];
        require(seat != 0, Auditors_NotAuditor(auditor));
        bytes32 key = keccak256(abi.encode(committee, motion));
        (bool isNew, uint256 count) = _votes.vote(key, seat - 1);
        require(isNew, Auditors_AlreadyVoted(auditor, motion));
        emit VoteCast(auditor, subject, motion, count);
        return count == threshold;
    }

    /// @dev Change the committee by one auditor.
    function _changeCommittee(address auditor, bool isAppointed, uint256 threshold_) internal {
        _requireChange(auditor, isAppointed, threshold_);
        if (isAppointed) _seat(auditor);
        else _unseat(auditor);
        threshold = threshold_;
        emit CommitteeChanged(++committee, auditor, isAppointed, threshold_);
    }

    /// @dev Reverts if: the committee would be none; the auditor is one already, or is none.
    function _requireChange(address auditor, bool isAppointed, uint256 threshold_) internal view {
        uint256 count = _auditors.length;
        if (isAppointed) _requireNew(auditor);
        else require(isAuditor(auditor), Auditors_NotAuditor(auditor));
        _requireCommittee(isAppointed ? count + 1 : count - 1, threshold_);
    }

    function _seat(address auditor) private {
        _auditors.push(auditor);
        seatOf[auditor] = _auditors.length;
    }

    /// @dev The last auditor takes the place that becomes free.
    function _unseat(address auditor) private {
        uint256 seat = seatOf[auditor];
        address last = _auditors[_auditors.length - 1];
        _auditors[seat - 1] = last;
        seatOf[last] = seat;
        delete seatOf[auditor];
        _auditors.pop();
    }

    function _requireNew(address auditor) private view {
        require(auditor != address(0), Auditors_NotAuditor(auditor));
        require(!isAuditor(auditor), Auditors_DuplicateAuditor(auditor));
    }

    /// @dev A threshold from 1 to `count` means that there is an auditor.
    function _requireCommittee(uint256 count, uint256 threshold_) private pure {
        bool canDecide = count <= MAX_AUDITORS && threshold_ != 0 && threshold_ <= count;
        require(canDecide, Auditors_BadCommittee(count, threshold_));
    }
}
