// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {PackedCandidate} from "../../contracts/types/Candidates.sol";
import {CompactSignature} from "../../contracts/types/CompactSignature.sol";
import {Voice} from "../../contracts/types/Voices.sol";
import {IAuditors} from "./IAuditors.sol";

/// @title What auditors announce and members can stop
/// @notice Silence is consent: what k of n auditors audited is announced, and comes true after its window unless so many members
/// object that they reach the quorum. A motion freezes window, quorum and number of members when it is announced; whoever was
/// a member then may object, whatever happens to that person later.
/// Admissions come in batches of up to 4 096 candidates, of which at most 32 run at a time. A member objects once a motion, to
/// one candidate. Auditors are appointed and removed by motions with a place of their own, one at a time, which auditors or a
/// stated number of members announce.
/// @dev Trust assumptions.
/// Safety: fewer than `threshold` auditors collude, or the members use their windows. A colluding majority admits whom the
/// members do not stop; it never moves orders, and money only back to the buyer of a trade: one that it
/// vetoes before its slot (ISettlement), or whose readings it has refused before they are taken (IDeviceChanges).
/// Liveness: `threshold` auditors audit; the members' way to another committee needs no auditor.
interface IMotions is IAuditors {
    /// @dev What a deployment fixes. Windows in seconds, rates in ppm of the members at the announcement, rounded up.
    struct Rules {
        /// In which members may object to candidates; shorter than the window on the committee.
        uint40 admissionWindow;
        /// In which they may object to a change of the committee.
        uint40 committeeWindow;
        /// Notice of an exit, in which they may object to it; at most 14 days.
        uint40 exitNotice;
        /// A candidate or an exit is refused by this share of the members,
        uint32 admissionRate;
        /// or by as many members, if that is less.
        uint32 admissionCap;
        /// A change of the committee is refused by this share of the members.
        uint32 committeeRate;
        /// So many members who support the same change of the committee announce it.
        uint32 supporters;
    }

    /// @dev slot 0: 5 + 5 + 4 + 4 + 2 = 20; slot 1: 32
    struct Motion {
        /// Unix seconds.
        uint40 announcedAt;
        /// Nobody can object from then on, Unix seconds.
        uint40 endsAt;
        /// Members when it was announced.
        uint32 members;
        /// So many objections refuse a candidate.
        uint32 quorum;
        /// Number of candidates.
        uint16 candidates;
        /// Merkle root of the candidates.
        bytes32 root;
    }

    /// @dev slot 0: 20 + 1 + 2 = 23
    struct Change {
        address auditor;
        /// Whether it joins the committee, else it leaves it.
        bool isAppointed;
        /// Votes that decide afterwards.
        uint16 threshold;
    }

    /// @dev slot 0: 5 + 5 + 4 + 4 + 4 + 1 + 1 = 24; slot 1: 32
    struct CommitteeMotion {
        uint40 announcedAt;
        uint40 endsAt;
        uint32 members;
        uint32 quorum;
        uint32 objections;
        /// Whether members announced it, else auditors.
        bool isByMembers;
        /// Whether it was enacted.
        bool isEnacted;
        Change change;
    }

    /// @dev slot 0: 4 + 1 = 5; slot 1: 32
    struct ChangeProposal {
        uint32 supporters;
        /// Whether it was announced: nobody can support it any more.
        bool isAnnounced;
        Change change;
    }

    /// @dev slot 0: 5 + 4 + 4 = 13
    struct Exit {
        /// Unix seconds; 0: none is announced.
        uint40 announcedAt;
        uint32 quorum;
        uint32 objections;
    }

    /// @dev A candidate with its proof.
    struct Outcome {
        /// Index of the candidate in the motion.
        uint16 index;
        PackedCandidate candidate;
        bytes32[] siblings;
    }

    // Events

    /// @notice An auditor put up candidates, whose root the auditors vote on.
    event Nominated(bytes32 indexed root, address indexed auditor, uint8 reason, PackedCandidate[] candidates);

    /// @notice An auditor approved candidates that another one put up.
    event CandidatesApproved(bytes32 indexed root, address indexed auditor, uint8 reason);

    /// @notice Members may object to candidates until `endsAt`, Unix seconds.
    event MotionAnnounced(uint32 indexed motion, bytes32 indexed root, uint40 endsAt, uint32 members, uint32 quorum);

    /// @notice Members objected to a candidate, who now has `objections`.
    event CandidateObjected(uint32 indexed motion, uint16 indexed candidate, address[] members, uint32 objections);

    /// @notice A member objected to an exit, which now has `objections`.
    event ExitObjected(address indexed leaver, address indexed member, uint32 objections);

    /// @notice A member proposed a change of the committee.
    event ChangeProposed(uint32 indexed proposal, address indexed member, Change change);

    /// @notice A member supports a proposal from now on, and no other.
    event ChangeSupported(uint32 indexed proposal, address indexed member, uint32 supporters);

    /// @notice Members may object to a change of the committee until `endsAt`, Unix seconds.
    event ChangeAnnounced(uint32 indexed motion, Change change, uint40 endsAt, uint32 members, uint32 quorum);

    /// @notice A member objected to a change of the committee, which now has `objections`.
    event ChangeObjected(uint32 indexed motion, address indexed member, uint32 objections);

    // Errors

    /// @notice Thrown when a rule of the deployment is out of its range; `rule` counts from 0 in the order of `Rules`.
    error Motion_BadRules(uint256 rule, uint256 given);

    /// @notice Thrown when there are no candidates, or more than `most`.
    error Motion_BadCount(uint256 given, uint256 most);

    /// @notice Thrown when a candidate has no account, no tag, no side or carrier that it may trade, no user type, a credibility
    /// above one, an expiry that is past or a country of more than three digits.
    error Motion_BadCandidate(uint256 index, address account);

    /// @notice Thrown when an auditor gives no reason.
    error Motion_EmptyReason();

    /// @notice Thrown when nobody put up candidates with this root since the committee last changed.
    error Motion_NotNominated(bytes32 root);

    /// @notice Thrown when as many motions run as there is room for; the oldest ends at `endsAt`, Unix seconds.
    error Motion_NoRoom(uint32 motion, uint40 endsAt);

    /// @notice Thrown when there is no such motion or proposal.
    error Motion_Unknown(uint256 number);

    /// @notice Thrown when no exit is announced.
    error Motion_NoExit(address leaver);

    /// @notice Thrown when the notice of an exit has run, since `endedAt`, Unix seconds.
    error Motion_NoticeOver(address leaver, uint40 endedAt);

    /// @notice Thrown when an exit is completed before its notice has run, at `until`, Unix seconds.
    error Motion_NoticeRunning(address leaver, uint40 until);

    /// @notice Thrown when members refused an exit.
    error Motion_ExitRefused(address leaver, uint32 objections, uint32 quorum);

    /// @notice Thrown when the window is over, since `endedAt`, Unix seconds.
    error Motion_WindowOver(uint32 motion, uint40 endedAt);

    /// @notice Thrown when the window is still open, until `endsAt`, Unix seconds.
    error Motion_WindowOpen(uint32 motion, uint40 endsAt);

    /// @notice Thrown when a motion has no candidate with this index.
    error Motion_UnknownCandidate(uint32 motion, uint256 candidate);

    /// @notice Thrown when the caller was no member at the announcement.
    error Motion_NotMember(address account, uint40 announcedAt);

    /// @notice Thrown when a member objected to the motion, or to an exit of the same day, before.
    error Motion_AlreadyObjected(address member, uint256 motion);

    /// @notice Thrown when no signature is of a member who can object and has not.
    error Motion_NoNewObjection(uint32 motion);

    /// @notice Thrown when the objections reached the quorum.
    error Motion_Refused(uint32 motion, uint32 objections, uint32 quorum);

    /// @notice Thrown when the objections did not reach the quorum.
    error Motion_NotRefused(uint32 motion, uint32 objections, uint32 quorum);

    /// @notice Thrown when a change of the committee is undecided.
    error Motion_ChangeUndecided(uint32 motion);

    /// @notice Thrown when auditors or members would announce a change after one of their own; the others have until `until`, Unix
    /// seconds, to announce theirs.
    error Motion_OthersTurn(uint32 motion, uint40 until);

    /// @notice Thrown when a change of the committee was enacted before.
    error Motion_AlreadyEnacted(uint32 motion);

    /// @notice Thrown when a proposal was announced, or the member supports it already.
    error Motion_CannotSupport(uint32 proposal);

    /// @notice Thrown when fewer members than needed support a proposal.
    error Motion_TooFewSupporters(uint32 proposal, uint32 have, uint32 needed);

    /// @notice Thrown when anyone but the registry calls a function that is for it.
    error Motion_NotRegistry(address caller);

    // Audit: auditors

    /// @notice Puts up candidates and votes for them; the vote that reaches the threshold announces the motion.
    /// Reverts if: the caller is not an auditor or put up or approved the same before; there are none, or more than 4 096; one is
    /// not well formed; there is no reason; the motion would be announced and 32 run.
    /// @param candidates Who, with what the auditors attest.
    /// @param reason Code of what the auditor relied on; not 0.
    /// @return root Merkle root of the candidates.
    function nominate(PackedCandidate[] calldata candidates, uint8 reason) external returns (bytes32 root);

    /// @notice Votes for candidates that another auditor put up; the vote that reaches the threshold announces the motion.
    /// Reverts if: the caller is not an auditor or put up or approved them before; nobody put them up; there is no reason; the
    /// motion would be announced and 32 run.
    /// @param root Merkle root of the candidates.
    /// @param reason Code of what the auditor relied on; not 0.
    function approve(bytes32 root, uint8 reason) external;

    /// @notice Votes for a change of the committee; the vote that reaches the threshold announces it.
    /// Reverts if: the caller is not an auditor or voted for it before; the change cannot be made; another one is undecided;
    /// auditors announced the last one, and the members' window to announce one is open.
    /// @param change What changes.
    function voteChange(Change calldata change) external;

    // Object and propose: members

    /// @notice Objects to a candidate.
    /// Reverts if: the motion is unknown or its window over; it has no such candidate; the sender was no member when it was
    /// announced, or objected to the motion before.
    /// @param motion Number of the motion.
    /// @param candidate Index of the candidate.
    function object(uint32 motion, uint16 candidate) external;

    /// @notice Objects to a candidate for members who signed Objection(uint32 motion,uint16 candidate); whoever cannot object any
    /// more is passed over.
    /// Reverts if: the motion is unknown or its window over; it has no such candidate; no signature counts.
    /// @param motion Number of the motion.
    /// @param candidate Index of the candidate.
    /// @param signatures Of members' keys; contract accounts object by themselves.
    function objectSigned(uint32 motion, uint16 candidate, CompactSignature[] calldata signatures) external;

    /// @notice Objects to an exit, for instance because the leaver owes something.
    /// Reverts if: no exit is announced, or its notice has run; the sender was no member when it was announced, or objected to an
    /// exit of the same day before.
    /// @param leaver Whose exit.
    function objectToExit(address leaver) external;

    /// @notice Proposes a change of the committee, and supports it.
    /// Reverts if: the sender is no member; the change cannot be made.
    /// @param change What changes.
    /// @return proposal Number of the proposal.
    function proposeChange(Change calldata change) external returns (uint32 proposal);

    /// @notice Supports a proposal, and from then on no other.
    /// Reverts if: the sender is no member, or supports it already; it is unknown or was announced.
    /// @param proposal Number of the proposal.
    function supportChange(uint32 proposal) external;

    /// @notice Objects to the change of the committee.
    /// Reverts if: it is unknown or its window over; the sender was no member when it was announced, or objected before.
    /// @param motion Number of the motion on the committee.
    function objectToChange(uint32 motion) external;

    // Carry out: anyone

    /// @notice Announces a proposal that enough members support.
    /// Reverts if: it is unknown or was announced; too few support it; the change cannot be made; another one is
    /// undecided; members announced the last one, and the auditors' window to announce one is open.
    /// @param proposal Number of the proposal.
    function announceChange(uint32 proposal) external;

    /// @notice Enacts a change of the committee, once its window is over.
    /// Reverts if: there is none; its window is open; members refused it; it was enacted.
    /// @param motion Number of the motion on the committee.
    function enactChange(uint32 motion) external;

    // For the registry

    /// @notice Counts an auditor's vote; true when it decides the motion.
    /// Reverts if: the caller is not the registry; it is not an auditor, or voted for the motion before.
    /// @param auditor Who called the registry.
    /// @param subject Whom it is about.
    /// @param motion Hash of everything that it decides.
    function vote(address auditor, address subject, bytes32 motion) external returns (bool decided);

    /// @notice Somebody is a member from now on.
    /// Reverts if: the caller is not the registry.
    /// @param member Who.
    function giveVoice(address member) external;

    /// @notice Somebody is a member no more.
    /// Reverts if: the caller is not the registry.
    /// @param member Who.
    function endVoice(address member) external;

    /// @notice Members may object to an exit from now on.
    /// Reverts if: the caller is not the registry.
    /// @param leaver Whose.
    function announceExit(address leaver) external;

    /// @notice The exit is withdrawn.
    /// Reverts if: the caller is not the registry.
    /// @param leaver Whose.
    function endExit(address leaver) external;

    // Look

    /// @notice Reverts if: the notice of the exit is running, or members refused it.
    /// @param leaver Whose.
    function requireMayExit(address leaver) external view;

    /// @notice Admitted is who was not refused when the window is over; refused is who has as many objections as the quorum, at
    /// once.
    /// Reverts if: there is no such motion, or no such candidate in it; it is not admitted, or not refused.
    /// @param motion Number of the motion.
    /// @param outcome The candidate with its proof.
    /// @param isRefused Whether it is to be refused, else admitted.
    function requireOutcome(uint32 motion, Outcome calldata outcome, bool isRefused) external view;

    /// @notice What the deployment fixed.
    function rules() external view returns (Rules memory);

    /// @notice Members now.
    function memberCount() external view returns (uint32);

    /// @notice Motions on admissions so far; they are numbered from 1.
    function motionCount() external view returns (uint32);

    /// @notice A motion; all zero if there is none.
    /// @param number From 1.
    function motionOf(uint32 number) external view returns (Motion memory);

    /// @notice Objections to a candidate.
    /// @param motion Number of the motion.
    /// @param candidate Index of the candidate.
    function objectionsTo(uint32 motion, uint256 candidate) external view returns (uint32);

    /// @notice Motions on the committee so far; they are numbered from 1.
    function changeCount() external view returns (uint32);

    /// @notice A motion on the committee; all zero if there is none.
    /// @param number From 1.
    function changeOf(uint32 number) external view returns (CommitteeMotion memory);

    /// @notice A proposal of members; all zero if there is none.
    /// @param number From 1.
    function proposalOf(uint32 number) external view returns (ChangeProposal memory);

    /// @notice An announced exit; all zero if there is none.
    /// @param leaver Whose.
    function exitOf(address leaver) external view returns (Exit memory);

    /// @notice A member's word (Voices.sol).
    /// @param member Whose.
    function voiceOf(address member) external view returns (Voice);
}
