// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {Admission} from "../../contracts/types/Attested.sol";
import {PackedCandidate} from "../../contracts/types/Candidates.sol";
import {Carrier} from "../../contracts/types/Markets.sol";
import {PackedOrder} from "../../contracts/types/Orders.sol";
import {Ppm} from "../../contracts/types/Units.sol";
import {IMotions} from "./IMotions.sol";

/// @title Who may trade
/// @notice People apply with the hash of an attribute set; k of n auditors audit and announce them, and whom the members do not
/// stop (IMotions) is admitted. One person, one membership: the person tag is unique, and suspensions hang on it, not on the
/// account, so that leaving and coming back washes nothing off. A member can have more accounts. Auditors attest the credit
/// report as credibility, may suspend for a stated time, and can do nothing else: no order, trade or balance is within their
/// reach.
/// @dev Trust assumptions.
/// Safety: fewer than `threshold` auditors collude, or the members use their windows (IMotions); a colluding majority can suspend
/// anyone, and give the membership of a person to another account if the members let it, but never moves money. The authority
/// computes tags from legal identities, and k auditors confirm them.
/// Liveness: `threshold` auditors audit applications. An exit needs nobody, unless members object.
interface IParticipantRegistry {
    enum Status {
        None,
        Applied,
        Active,
        Rejected,
        Leaving,
        Left,
        Linked
    }

    /// @dev slot 0: 1 + 1 + 4 + 4 + 5 + 5 + 2 + 1 + 1 + 1 + 1 + 1 + 5 = 32
    struct Participant {
        Status status;
        /// Whether an application is open, for the first time, again, or for a renewal.
        bool hasApplied;
        /// Attested credit report, ppm.
        Ppm credibility;
        /// Number of the person, from 1; 0 before the first admission. It never changes.
        uint32 person;
        /// No trading before, Unix seconds; 0 if never suspended.
        uint40 suspendedUntil;
        /// Time of the last change of status, Unix seconds.
        uint40 since;
        /// Number of applications and links so far, at most 65 535; votes and signatures count for one only.
        uint16 application;
        /// Code of the most energy of one buy order: it is less than 2^code Wh, and 0 permits none; 64: as much as fits.
        uint8 mostBought;
        /// The same of one sell order.
        uint8 mostSold;
        /// See PackedCandidate.
        uint8 userType;
        uint8 grade;
        /// Bit c: may trade Carrier c.
        uint8 carriers;
        /// Not active from then on, Unix seconds.
        uint40 expiry;
    }

    // Events

    /// @notice Someone applied; `attributesHash` commits to the attribute set that the auditors are shown.
    event Applied(address indexed applicant, uint32 indexed application, bytes32 attributesHash);

    /// @notice An auditor voted to reject an application.
    event RejectionVoted(address indexed applicant, uint32 indexed application, address indexed auditor, uint8 reason);

    /// @notice An applicant was admitted, or an admission renewed, as a motion said.
    event Admitted(
        address indexed participant, uint32 indexed person, uint32 indexed motion, PackedCandidate candidate
    );

    /// @notice An application was rejected, by the auditors or by the members.
    event Rejected(address indexed applicant, uint32 indexed application);

    /// @notice A person was suspended until a time, Unix seconds.
    event Suspended(address indexed participant, uint32 indexed person, uint40 until, string reason);

    /// @notice A participant announced the exit; members may object until its notice has run (IMotions).
    event ExitRequested(address indexed participant);

    /// @notice A participant withdrew the announcement of its exit.
    event Stayed(address indexed participant);

    /// @notice A participant left, or its person goes on with another account.
    event Left(address indexed participant, uint32 indexed person);

    /// @notice An account is one of a member's from now on.
    event Linked(address indexed account, uint32 indexed person);

    /// @notice An account is a member's no more.
    event Unlinked(address indexed account, uint32 indexed person);

    // Errors

    /// @notice Thrown when a participant's status is not the one that the call needs.
    error Registry_WrongStatus(address participant, Status have, Status needed);

    /// @notice Thrown when an application is not the open one.
    error Registry_WrongApplication(address applicant, uint32 have, uint32 given);

    /// @notice Thrown when somebody applies again before the application was decided.
    error Registry_HasApplied(address applicant);

    /// @notice Thrown when the hash of an application is zero.
    error Registry_EmptyAttributes(address applicant);

    /// @notice Thrown when a vote has no reason.
    error Registry_EmptyReason(address participant);

    /// @notice Thrown when a suspension would end before now or after `latest`, Unix seconds.
    error Registry_BadSuspension(address participant, uint40 until, uint40 latest);

    /// @notice Thrown when what the auditors attest of a candidate expired before it was admitted, Unix seconds.
    error Registry_CandidateExpired(address applicant, uint40 expiry);

    /// @notice Thrown when none of the candidates has an open application.
    error Registry_NothingToDo(uint32 motion);

    /// @notice Thrown when an account is or was another person's: `have` is its number, `given` the one of the candidate's
    /// tag or of the member.
    error Registry_OtherPerson(address account, uint32 have, uint32 given);

    /// @notice Thrown when a person would have more than `most` accounts beside the first.
    error Registry_TooManyAccounts(uint32 person, uint256 most);

    /// @notice Thrown when a person would be admitted beyond the `most` that orders can tell apart.
    error Registry_TooManyPersons(uint32 most);

    /// @notice Thrown when the account to be linked did not sign that.
    error Registry_BadSignature(address account);

    /// @notice Thrown when an account is none of the sender's further ones.
    error Registry_NotLinked(address account);

    /// @notice Thrown when an account has `held` micro-points in orders, trades or bonds.
    error Registry_OpenObligations(address participant, uint256 held);

    // Join and leave: anyone, for oneself

    /// @notice Applies, for the first time, again after rejection or exit, or for a renewal of the admission.
    /// Reverts if: the sender is leaving, is one of a member's further accounts, or has an open application; the hash is zero.
    /// @param attributesHash Commitment to the salted attribute set that the applicant shows to the auditors; not zero.
    function applyFor(bytes32 attributesHash) external;

    /// @notice Announces the exit: the sender and its further accounts stop being active at once, and members may object.
    /// Reverts if: the sender is not active.
    function requestExit() external;

    /// @notice Withdraws the announcement: the sender is active again.
    /// Reverts if: the sender has not announced its exit.
    function stay() external;

    /// @notice Completes the exit, of all accounts. Tag and record stay.
    /// Reverts if: the sender has not announced it; the notice is still running; members refused it; some of the points of one
    /// of the accounts are held.
    function exit() external;

    /// @notice Makes another account one of the sender's, with the sender's admission.
    /// Reverts if: the sender is not active; the account has applied, is admitted or linked, or was another person's; there are 8;
    /// it did not sign this with its next application number:
    /// Link(address member,address account,uint32 application).
    /// @param account Which.
    /// @param signature Of its key, or what the contract there takes (ERC-1271).
    function link(address account, bytes calldata signature) external;

    /// @notice Ends what `link` made.
    /// Reverts if: the account is not linked, or the sender is neither it nor its member; some of its points are held.
    /// @param account Which.
    function unlink(address account) external;

    // Admit and suspend

    /// @notice Votes to reject an application. The vote that reaches the threshold rejects, whatever the reasons.
    /// Reverts if: the caller is not an auditor or has voted for this; the application is not the open one; there is no
    /// reason.
    /// @param applicant Who applied.
    /// @param application Number of the application, from 1.
    /// @param reason Code of why; not 0.
    function reject(address applicant, uint32 application, uint8 reason) external;

    /// @notice Admits candidates whom members did not stop, once the window of their motion is over: anyone. Those without the
    /// application that was audited are passed over.
    /// Reverts if: there is no such motion, or its window is open; a candidate is not in it, was refused, or expired; an account
    /// was another person's; there are as many persons as orders can tell apart; nobody is admitted.
    /// @param motion Number of the motion.
    /// @param outcomes Candidates with their proofs.
    function admit(uint32 motion, IMotions.Outcome[] calldata outcomes) external;

    /// @notice Rejects a candidate whom members refused: anyone, from the objection on that reaches the quorum.
    /// Reverts if: there is no such motion, or no such candidate in it; the objections did not reach the quorum; the application
    /// is not the open one.
    /// @param motion Number of the motion.
    /// @param outcome The candidate with its proof.
    function refuse(uint32 motion, IMotions.Outcome calldata outcome) external;

    /// @notice Votes to suspend an active participant. The vote that reaches the threshold for the same time and reason
    /// suspends the person; a later suspension replaces an earlier one, and may end sooner. Exit and a new application do not end
    /// it. Existing orders and trades are not affected, nor is the voice of a member. Slots that start meanwhile earn the
    /// participant no certificates (IDeliveries).
    /// Reverts if: the caller is not an auditor or has voted for this; the participant is not active; the time is past or
    /// too far ahead; there is no reason.
    /// @param account Whom; the person's first account.
    /// @param until End of the suspension, Unix seconds, at most 30 days ahead.
    /// @param reason Why, in words; not empty.
    function suspend(address account, uint40 until, string calldata reason) external;

    // Look

    /// @notice Whether an account may trade now: admitted, not expired, and not suspended.
    /// @param account Whose.
    function isActive(address account) external view returns (bool);

    /// @notice Whether the auditors had suspended the person of an account at a time: by the last decision up to it. It is known
    /// for good once the time is past.
    /// @param account Whose.
    /// @param time Unix seconds.
    function isSuspendedAt(address account, uint40 time) external view returns (bool);

    /// @notice The admission of the trader of each order, and the person to whom it is: an account's person never changes.
    /// Reverts if, for any order whose trader is active, with its index: the trader may not buy, or sell; the energy is not below the
    /// bound that the auditors attested; the trader may not trade the carrier. These errors are IOrderBook's.
    /// @param carrier What the orders are about.
    /// @param orders A batch of orders.
    function admissionOf(Carrier carrier, PackedOrder[] calldata orders) external view returns (Admission[] memory);

    /// @notice What is recorded of an account; all zero if it never applied. What is attested of a linked account stands at the
    /// first one of its person.
    /// @param account Whose.
    function participant(address account) external view returns (Participant memory);

    /// @notice The country of the person of an account, ISO 3166-1 numeric, as the auditors attested it last; 0 if they stated none,
    /// or the account never was a person's. It stays when the person leaves.
    /// @param account Whose.
    function countryOf(address account) external view returns (uint16);

    /// @notice The person with a tag, 0 if there is none.
    /// @param tag The person tag.
    function personOf(bytes32 tag) external view returns (uint32 person);

    /// @notice Who audits, and who may object.
    function MOTIONS() external view returns (IMotions);

    /// @notice Persons so far.
    function personCount() external view returns (uint32);

    /// @notice The accounts of a person: the first one, which has its voice, and others that are linked to it.
    /// @param person Number of the person.
    function accountsOf(uint32 person) external view returns (address first, address[] memory others);
}
