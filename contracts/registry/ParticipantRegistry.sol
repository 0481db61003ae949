// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {Checkpoints} from "@openzeppelin/contracts/utils/structs/Checkpoints.sol";
import {IAccounts} from "../../interfaces/accounts/IAccounts.sol";
import {IParticipantRegistry} from "../../interfaces/registry/IParticipantRegistry.sol";
import {Committee, Votes} from "../shared/Committee.sol";
import {Admission, packAdmission} from "../types/Attested.sol";
import {PackedOrder, traderOf} from "../types/Orders.sol";
import {ONE_PPM, Points, Ppm} from "../types/Units.sol";

/// @title Who may trade
/// @dev The committee is fixed at deployment. A motion is the hash of everything that it decides; votes are
/// one bit for each auditor. Motions on an application name its number, motions to suspend the number
/// of suspensions so far: a motion that was decided, or overtaken by another, can never be voted on again.
contract ParticipantRegistry is IParticipantRegistry {
    using Checkpoints for Checkpoints.Trace208;

    /// @dev What a motion would do.
    enum Kind {
        Approve,
        Reject,
        Suspend
    }

    /// @dev The most auditors.
    uint256 private constant MAX_AUDITORS = 32;

    /// @dev The longest that one suspension can last, seconds.
    uint40 private constant MAX_SUSPENSION = 30 days;

    /// @inheritdoc IParticipantRegistry
    uint40 public constant EXIT_NOTICE = 7 days;

    /// @inheritdoc IParticipantRegistry
    uint256 public immutable threshold;

    IAccounts private immutable ACCOUNTS;

    address[] private _auditors;

    /// @inheritdoc IParticipantRegistry
    mapping(address account => uint256) public seatOf;

    mapping(address account => Participant) private _participants;

    /// @dev Number of suspensions so far.
    mapping(address account => uint256) private _suspensions;

    /// @dev By the time of each decision, when the suspension ends, both in Unix seconds. Later decisions replace earlier ones from
    /// then on, so that what holds for a time in the past never changes.
    mapping(address account => Checkpoints.Trace208) private _ends;

    mapping(bytes32 motion => Votes) private _votes;

    modifier onlyAuditor() {
        require(isAuditor(msg.sender), Registry_NotAuditor(msg.sender));
        _;
    }

    /// @dev Reverts if: there are no auditors or more than 32; the threshold is zero or above their
    /// number; an auditor is the zero address or named twice.
    constructor(address[] memory auditors_, uint256 threshold_, address accounts) {
        uint256 count = auditors_.length;
        require(count != 0 && count <= MAX_AUDITORS, Registry_BadCommittee(count, threshold_));
        require(threshold_ != 0 && threshold_ <= count, Registry_BadCommittee(count, threshold_));
        for (uint256 i = 0; i < count; ++i) {
            address auditor = auditors_[i];
            require(auditor != address(0), Registry_NotAuditor(auditor));
            require(!isAuditor(auditor), Registry_DuplicateAuditor(auditor));
            seatOf[auditor] = i + 1;
        }
        _auditors = auditors_;
        threshold = threshold_;
        ACCOUNTS = IAccounts(accounts);
    }

    /// @inheritdoc IParticipantRegistry
    function applyFor(bytes32 attributesHash) external {
        require(attributesHash != 0, Registry_EmptyAttributes(msg.sender));
        Participant storage applicant = _participants[msg.sender];
        Status status = applicant.status;
        require(
            status == Status.None || status == Status.Rejected || status == Status.Left,
            Registry_WrongStatus(msg.sender, status, Status.None)
        );
        _setStatus(applicant, Status.Applied);
        uint32 application = ++applicant.application;
        emit Applied(msg.sender, application, attributesHash);
    }

    /// @inheritdoc IParticipantRegistry
    function approve(address applicant, uint32 application, Ppm credibility) external onlyAuditor {
        require(Ppm.unwrap(credibility) <= ONE_PPM, Registry_CredibilityAboveOne(applicant, credibility));
        Participant storage subject = _applicant(applicant, application);
        if (_vote(applicant, keccak256(abi.encode(Kind.Approve, applicant, application, credibility)))) {
            _setStatus(subject, Status.Active);
            subject.credibility = credibility;
            emit Approved(applicant, credibility);
        }
    }

    /// @inheritdoc IParticipantRegistry
    function reject(address applicant, uint32 application, string calldata reason) external onlyAuditor {
        require(bytes(reason).length != 0, Registry_EmptyReason(applicant));
        Participant storage subject = _applicant(applicant, application);
        if (_vote(applicant, keccak256(abi.encode(Kind.Reject, applicant, application, reason)))) {
            _setStatus(subject, Status.Rejected);
            emit Rejected(applicant, reason);
        }
    }

    /// @inheritdoc IParticipantRegistry
    function suspend(address account, uint40 until, string calldata reason) external onlyAuditor {
        require(bytes(reason).length != 0, Registry_EmptyReason(account));
        uint40 latest = uint40(block.timestamp) + MAX_SUSPENSION;
        require(until > block.timestamp && until <= latest, Registry_BadSuspension(account, until, latest));
        Participant storage subject = _participants[account];
        _requireStatus(account, Status.Active);
        uint256 suspension = _suspensions[account];
        bytes32 motion = keccak256(abi.encode(Kind.Suspend, account, subject.application, suspension, until, reason));
        if (_vote(account, motion)) {
            _suspensions[account] = suspension + 1;
            subject.suspendedUntil = until;
            // The registry does not need what it replaces.
            // slither-disable-next-line unused-return
            _ends[account].push(uint48(block.timestamp), until);
            emit Suspended(account, until, reason);
        }
    }

    /// @inheritdoc IParticipantRegistry
    function requestExit() external {
        _requireStatus(msg.sender, Status.Active);
        _setStatus(_participants[msg.sender], Status.Leaving);
        emit ExitRequested(msg.sender, uint40(block.timestamp) + EXIT_NOTICE);
    }

    /// @inheritdoc IParticipantRegistry
    function exit() external {
        _requireStatus(msg.sender, Status.Leaving);
        Participant storage leaver = _participants[msg.sender];
        uint40 leavesAt = leaver.since + EXIT_NOTICE;
        require(block.timestamp >= leavesAt, Registry_NoticeRunning(msg.sender, leavesAt));
        uint256 held = Points.unwrap(ACCOUNTS.heldOf(msg.sender));
        require(held == 0, Registry_OpenObligations(msg.sender, held));
        _setStatus(leaver, Status.Left);
        emit Left(msg.sender);
    }

    /// @inheritdoc IParticipantRegistry
    function isActive(address account) external view returns (bool) {
        return _admissionOf(account).isActive();
    }

    /// @inheritdoc IParticipantRegistry
    function isSuspendedAt(address account, uint40 time) external view returns (bool) {
        return time < _ends[account].upperLookupRecent(time);
    }

    /// @inheritdoc IParticipantRegistry
    function participant(address account) external view returns (Participant memory) {
        return _participants[account];
    }

    /// @inheritdoc IParticipantRegistry
    function auditors() external view returns (address[] memory) {
        return _auditors;
    }

    /// @inheritdoc IParticipantRegistry
    function admissionOf(PackedOrder[] calldata orders) external view returns (Admission[] memory admissions) {
        admissions = new Admission[](orders.length);
        for (uint256 i = 0; i < orders.length; ++i) {
            admissions[i] = _admissionOf(traderOf(orders[i].head));
        }
    }

    /// @inheritdoc IParticipantRegistry
    function isAuditor(address account) public view returns (bool) {
        return seatOf[account] != 0;
    }

    /// @dev Count the sender's vote. True when it decides the motion.
    function _vote(address subject, bytes32 motion) private returns (bool decided) {
        (bool isNew, Votes votes) = _votes[motion].cast(seatOf[msg.sender] - 1);
        require(isNew, Registry_AlreadyVoted(msg.sender, motion));
        _votes[motion] = votes;
        uint256 count = votes.count();
        emit VoteCast(msg.sender, subject, motion, count);
        return count == threshold;
    }

    function _setStatus(Participant storage subject, Status status) private {
        subject.status = status;
        subject.since = uint40(block.timestamp);
    }

    function _admissionOf(address account) private view returns (Admission) {
        Participant storage subject = _participants[account];
        (Status status, Ppm credibility, uint40 suspendedUntil) =
            (subject.status, subject.credibility, subject.suspendedUntil);
        return packAdmission(status == Status.Active && suspendedUntil <= block.timestamp, credibility);
    }

    /// @dev The applicant, provided that this very application is open.
    function _applicant(address account, uint32 application) private view returns (Participant storage subject) {
        _requireStatus(account, Status.Applied);
        subject = _participants[account];
        uint32 current = subject.application;
        require(application == current, Registry_WrongApplication(account, current, application));
    }

    function _requireStatus(address account, Status needed) private view {
        Status have = _participants[account].status;
        require(have == needed, Registry_WrongStatus(account, have, needed));
    }
}
