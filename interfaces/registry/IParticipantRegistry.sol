// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {Admission} from "../../contracts/types/Attested.sol";
import {PackedOrder} from "../../contracts/types/Orders.sol";
import {Ppm} from "../../contracts/types/Units.sol";

/// @title Who may trade
/// @notice People apply with the hash of an attribute set; k of n auditors approve or reject; an active
/// participant may trade. Auditors attest the credit report as credibility, may suspend for a stated
/// time, and can do nothing else: no order, trade or balance is within their reach.
/// @dev Trust assumptions.
/// Safety: fewer than `threshold` auditors collude; a colluding majority can admit or suspend anyone
/// but never moves money.
/// Liveness: `threshold` auditors answer applications. Exit needs nobody.
interface IParticipantRegistry {
    enum Status {
        None,
        Applied,
        Active,
        Rejected,
        Leaving,
        Left
    }

    /// @dev slot 0: 1 + 4 + 5 + 5 + 4 = 19
    struct Participant {
        Status status;
        /// Attested credit report, ppm.
        Ppm credibility;
        /// No trading before, Unix seconds; 0 if never suspended.
        uint40 suspendedUntil;
        /// Time of the last change of status, Unix seconds.
        uint40 since;
        /// Number of applications so far; votes count for one application only.
        uint32 application;
    }

    // Events

    /// @notice Someone applied; `attributesHash` commits to the attribute set that the auditors are shown.
    event Applied(address indexed applicant, uint32 indexed application, bytes32 attributesHash);

    /// @notice An auditor voted for a motion, which now has `votes` votes.
    event VoteCast(address indexed auditor, address indexed subject, bytes32 indexed motion, uint256 votes);

    /// @notice An applicant was admitted with a credibility, ppm.
    event Approved(address indexed participant, Ppm credibility);

    /// @notice An applicant was rejected.
    event Rejected(address indexed applicant, string reason);

    /// @notice A participant was suspended until a time, Unix seconds.
    event Suspended(address indexed participant, uint40 until, string reason);

    /// @notice A participant announced the exit, which can be completed from `leavesAt` on, Unix seconds.
    event ExitRequested(address indexed participant, uint40 leavesAt);

    /// @notice A participant left.
    event Left(address indexed participant);

    // Errors

    /// @notice Thrown when the caller is not an auditor, or a named auditor is the zero address.
    error Registry_NotAuditor(address caller);

    /// @notice Thrown when a deployment has no auditors, too many, or a threshold that they cannot reach.
    error Registry_BadCommittee(uint256 auditors, uint256 threshold);

    /// @notice Thrown when a deployment names an auditor twice.
    error Registry_DuplicateAuditor(address auditor);

    /// @notice Thrown when a participant's status is not the one that the call needs.
    error Registry_WrongStatus(address participant, Status have, Status needed);

    /// @notice Thrown when a vote is for another application than the open one.
    error Registry_WrongApplication(address applicant, uint32 have, uint32 given);

    /// @notice Thrown when the hash of an application is zero.
    error Registry_EmptyAttributes(address applicant);

    /// @notice Thrown when a rejection or a suspension has no reason.
    error Registry_EmptyReason(address participant);

    /// @notice Thrown when an auditor votes for a motion a second time.
    error Registry_AlreadyVoted(address auditor, bytes32 motion);

    /// @notice Thrown when a credibility is above 1 000 000 ppm.
    error Registry_CredibilityAboveOne(address applicant, Ppm given);

    /// @notice Thrown when a suspension would end before now or after `latest`, Unix seconds.
    error Registry_BadSuspension(address participant, uint40 until, uint40 latest);

    /// @notice Thrown when an exit is completed before its notice has run, at `until`, Unix seconds.
    error Registry_NoticeRunning(address participant, uint40 until);

    /// @notice Thrown when a participant who wants to leave has `held` micro-points in orders, trades or bonds.
    error Registry_OpenObligations(address participant, uint256 held);

    // Join and leave: anyone, for oneself

    /// @notice Applies, for the first time or again after rejection or exit.
    /// Reverts if: the sender is active, leaving or has applied; the hash is zero.
    /// @param attributesHash Commitment to the salted attribute set that the applicant shows to the auditors; not zero.
    function applyFor(bytes32 attributesHash) external;

    /// @notice Announces the exit: the sender stops being active at once.
    /// Reverts if: the sender is not active.
    function requestExit() external;

    /// @notice Completes the exit.
    /// Reverts if: the sender has not announced it; the notice is still running; some of the sender's points are held.
    function exit() external;

    // Admit and suspend: auditors

    /// @notice Votes to admit an applicant. The vote that reaches the threshold for the same application and credibility
    /// admits.
    /// Reverts if: the caller is not an auditor or has voted for this; the application is not the open one; the credibility
    /// is above 1 000 000 ppm.
    /// @param applicant Who applied.
    /// @param application Number of the application, from 1.
    /// @param credibility What the credit report says, ppm, at most 1 000 000.
    function approve(address applicant, uint32 application, Ppm credibility) external;

    /// @notice Votes to reject an applicant. The vote that reaches the threshold for the same application and the same
    /// reason, to the letter, rejects.
    /// Reverts if: the caller is not an auditor or has voted for this; the application is not the open one; there is no
    /// reason.
    /// @param applicant Who applied.
    /// @param application Number of the application, from 1.
    /// @param reason Why, in words; not empty.
    function reject(address applicant, uint32 application, string calldata reason) external;

    /// @notice Votes to suspend an active participant. The vote that reaches the threshold for the same time and reason
    /// suspends; a later suspension replaces an earlier one, and may end sooner. Exit and a new application do not end it.
    /// Existing orders and trades are not affected. Slots that start meanwhile earn the participant no certificates
    /// (IMetering).
    /// Reverts if: the caller is not an auditor or has voted for this; the participant is not active; the time is past or
    /// too far ahead; there is no reason.
    /// @param account Whom.
    /// @param until End of the suspension, Unix seconds, at most 30 days ahead.
    /// @param reason Why, in words; not empty.
    function suspend(address account, uint40 until, string calldata reason) external;

    // Look

    /// @notice Whether an account may trade now: admitted, and not suspended.
    /// @param account Whose.
    function isActive(address account) external view returns (bool);

    /// @notice Whether the auditors had suspended an account at a time: by the last decision up to it. It is known for good once the
    /// time is past.
    /// @param account Whose.
    /// @param time Unix seconds.
    function isSuspendedAt(address account, uint40 time) external view returns (bool);

    /// @notice The admission of the trader of each order.
    /// @param orders A batch of orders.
    function admissionOf(PackedOrder[] calldata orders) external view returns (Admission[] memory);

    /// @notice What is recorded of an account; all zero if it never applied.
    /// @param account Whose.
    function participant(address account) external view returns (Participant memory);

    /// @notice Whether an account is an auditor.
    /// @param account Whose.
    function isAuditor(address account) external view returns (bool);

    /// @notice 1 + the index of an auditor, 1 to 32; 0 for everybody else.
    /// @param account Whose.
    function seatOf(address account) external view returns (uint256);

    /// @notice All auditors, in the order of their index.
    function auditors() external view returns (address[] memory);

    /// @notice Votes that decide.
    function threshold() external view returns (uint256);

    /// @notice Seconds between the request to exit and the exit.
    function EXIT_NOTICE() external view returns (uint40);
}
