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

    event Applied(address indexed applicant, uint32 indexed application, bytes32 attributesHash);
    event VoteCast(address indexed auditor, address indexed subject, bytes32 indexed motion, uint256 votes);
    event Approved(address indexed participant, Ppm credibility);
    event Rejected(address indexed applicant, string reason);
    event Suspended(address indexed participant, uint40 until, string reason);
    event ExitRequested(address indexed participant, uint40 leavesAt);
    event Left(address indexed participant);

    error Registry_NotAuditor(address caller);
    error Registry_BadCommittee(uint256 auditors, uint256 threshold);
    error Registry_DuplicateAuditor(address auditor);
    error Registry_WrongStatus(address participant, Status have, Status needed);
    error Registry_WrongApplication(address applicant, uint32 have, uint32 given);
    error Registry_EmptyAttributes(address applicant);
    error Registry_EmptyReason(address participant);
    error Registry_AlreadyVoted(address auditor, bytes32 motion);
    error Registry_CredibilityAboveOne(address applicant, Ppm given);
    error Registry_BadSuspension(address participant, uint40 until, uint40 latest);
    error Registry_NoticeRunning(address participant, uint40 until);
    error Registry_OpenObligations(address participant, uint256 held);

    /// @notice Apply, or apply again after rejection or exit. `attributesHash` commits to the salted
    /// attribute set that the applicant shows to the auditors.
    /// Reverts if: the sender is active, leaving or already applied; the hash is zero.
    function applyFor(bytes32 attributesHash) external;

    /// @notice An auditor's vote to admit `applicant` with `credibility` ppm. The vote that reaches the
    /// threshold for the same application and credibility admits.
    function approve(address applicant, uint32 application, Ppm credibility) external;

    /// @notice An auditor's vote to reject. The vote that reaches the threshold for the same application
    /// and reason rejects: the auditors stand behind every word.
    function reject(address applicant, uint32 application, string calldata reason) external;

    /// @notice An auditor's vote to suspend an active participant until `until`, at most 30 days ahead.
    /// The vote that reaches the threshold for the same time and reason suspends; a later suspension
    /// replaces an earlier one, and may end sooner. Exit and a new application do not end it.
    /// Orders and trades that exist are not touched.
    function suspend(address account, uint40 until, string calldata reason) external;

    /// @notice Announce the exit: the sender stops being active at once.
    function requestExit() external;

    /// @notice Complete the exit when the notice has run and nothing of the sender's points is held.
    function exit() external;

    /// @notice Whether `account` may trade now.
    function isActive(address account) external view returns (bool);

    /// @notice The admission of the trader of each order.
    function admissionOf(PackedOrder[] calldata orders) external view returns (Admission[] memory);

    function participant(address account) external view returns (Participant memory);

    function isAuditor(address account) external view returns (bool);

    /// @notice 1 + the index of an auditor, 1 to 32; 0 for everybody else.
    function seatOf(address account) external view returns (uint256);

    /// @notice All auditors, in the order of their index.
    function auditors() external view returns (address[] memory);

    /// @notice Votes that decide.
    function threshold() external view returns (uint256);

    /// @notice Seconds between the request to exit and the exit.
    function EXIT_NOTICE() external view returns (uint40);
}
