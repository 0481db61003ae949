// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

/// @title The committee of auditors
/// @notice k of n: `threshold` of the auditors decide. The committee is named at deployment and changed by motions that the
/// members can stop (ICommitteeMotions), one auditor at a time.
/// @dev Votes count for one composition of the committee: after a change those for what is undecided start anew.
interface IAuditors {
    // Events

    /// @notice An auditor voted for a motion about `subject`, which now has `votes` votes.
    event VoteCast(address indexed auditor, address indexed subject, bytes32 indexed motion, uint256 votes);

    /// @notice The committee changed: `auditor` joined or left it, and `threshold` votes decide from now on.
    event CommitteeChanged(uint32 indexed committee, address indexed auditor, bool isAppointed, uint256 threshold);

    // Errors

    /// @notice Thrown when the caller is not an auditor, or a named auditor is the zero address.
    error Auditors_NotAuditor(address caller);

    /// @notice Thrown when there would be no auditors, too many, or a threshold that they cannot reach.
    error Auditors_BadCommittee(uint256 auditors, uint256 threshold);

    /// @notice Thrown when somebody would be an auditor twice.
    error Auditors_DuplicateAuditor(address auditor);

    /// @notice Thrown when an auditor votes for a motion a second time.
    error Auditors_AlreadyVoted(address auditor, bytes32 motion);

    // Look

    /// @notice Whether an account is an auditor.
    /// @param account Whose.
    function isAuditor(address account) external view returns (bool);

    /// @notice 1 + the index of an auditor, 1 to 32; 0 for everybody else. It can change with the committee.
    /// @param account Whose.
    function seatOf(address account) external view returns (uint256);

    /// @notice All auditors, in the order of their index.
    function auditors() external view returns (address[] memory);

    /// @notice Votes that decide.
    function threshold() external view returns (uint256);

    /// @notice Number of changes of the committee so far.
    function committee() external view returns (uint32);

    /// @notice `committee` and `threshold`, in one call: whose votes count, and how many decide.
    function voting() external view returns (uint32 ofCommittee, uint256 needed);
}
