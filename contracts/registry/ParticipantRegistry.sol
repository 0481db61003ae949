// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {Checkpoints} from "@openzeppelin/contracts/utils/structs/Checkpoints.sol";
import {IAccounts} from "../../interfaces/accounts/IAccounts.sol";
import {IMotions} from "../../interfaces/registry/IMotions.sol";
import {IParticipantRegistry} from "../../interfaces/registry/IParticipantRegistry.sol";
import {Signatures} from "../shared/Signatures.sol";
import {Admission} from "../types/Attested.sol";
import {CandidateFields, PackedCandidate} from "../types/Candidates.sol";
import {Carrier} from "../types/Markets.sol";
import {MAX_PERSONS, PackedOrder, traderOf} from "../types/Orders.sol";
import {Points} from "../types/Units.sol";
import {Permissions} from "./libraries/Permissions.sol";

/// @title Who may trade
/// @dev What is kept of a person hangs on its number, and the number on its tag: whoever leaves and comes back finds it again.
/// Motions to suspend name the number of suspensions so far, votes to reject that of the application: what was decided, or
/// overtaken by another, can never be voted on again.
contract ParticipantRegistry is IParticipantRegistry, EIP712 {
    using CandidateFields for PackedCandidate;
    using Checkpoints for Checkpoints.Trace208;

    /// @dev What stays of a person who leaves. slot 0: 20 + 2 = 22
    struct Person {
        /// The account with the person's voice.
        address first;
        /// ISO 3166-1 numeric; 0: not stated.
        uint16 country;
    }

    /// @dev The longest that one suspension can last, seconds.
    uint40 private constant MAX_SUSPENSION = 30 days;

    /// @dev The most accounts of a person beside the first.
    uint256 private constant MAX_LINKED = 8;

    bytes32 private constant LINK_TYPEHASH = keccak256("Link(address member,address account,uint32 application)");

    /// @inheritdoc IParticipantRegistry
    IMotions public immutable MOTIONS;

    IAccounts private immutable ACCOUNTS;

    /// @inheritdoc IParticipantRegistry
    uint32 public personCount;

    /// @inheritdoc IParticipantRegistry
    mapping(bytes32 tag => uint32 person) public personOf;

    mapping(address account => Participant) private _participants;

    mapping(uint32 person => Person) private _persons;

    /// @dev A person's other accounts.
    mapping(uint32 person => address[]) private _linked;

    /// @dev Number of suspensions so far.
    mapping(uint32 person => uint256) private _suspensions;

    /// @dev By the time of each decision, when the suspension ends, both in Unix seconds. Later decisions replace earlier ones from
    /// then on, so that what holds for a time in the past never changes.
    mapping(uint32 person => Checkpoints.Trace208) private _ends;

    /// @param motions Who audits, and who may object.
    /// @param accounts Who knows what is held of somebody's points.
    constructor(address motions, address accounts) EIP712("PowerPact", "1") {
        MOTIONS = IMotions(motions);
        ACCOUNTS = IAccounts(accounts);
    }

    /// @inheritdoc IParticipantRegistry
    function applyFor(bytes32 attributesHash) external {
        require(attributesHash != 0, Registry_EmptyAttributes(msg.sender));
        Participant storage applicant = _participants[msg.sender];
        // Who is admitted applies for a renewal, and stays admitted meanwhile.
        if (applicant.status == Status.Active) require(!applicant.hasApplied, Registry_HasApplied(msg.sender));
        else _requireOutside(msg.sender);
        if (applicant.status != Status.Active) _setStatus(applicant, Status.Applied);
        applicant.hasApplied = true;
        uint32 application = ++applicant.application;
        emit Applied(msg.sender, application, attributesHash);
    }

    /// @inheritdoc IParticipantRegistry
    // Motions is part of the deployment and calls nobody.
    // slither-disable-next-line reentrancy-no-eth
    function reject(address applicant, uint32 application, uint8 reason) external {
        require(reason != 0, Registry_EmptyReason(applicant));
        _requireApplied(applicant, application);
        emit RejectionVoted(applicant, application, msg.sender, reason);
        if (MOTIONS.vote(msg.sender, applicant, keccak256(abi.encode(applicant, application)))) {
            _turnDown(applicant, application);
        }
    }

    /// @inheritdoc IParticipantRegistry
    function admit(uint32 motion, IMotions.Outcome[] calldata outcomes) external {
        uint256 admitted = 0;
        for (uint256 i = 0; i < outcomes.length; ++i) {
            IMotions.Outcome calldata outcome = outcomes[i];
            MOTIONS.requireOutcome(motion, outcome, false);
            if (!_hasApplied(outcome.candidate.account(), outcome.candidate.application())) continue;
            _admit(motion, outcome.candidate);
            ++admitted;
        }
        require(admitted != 0, Registry_NothingToDo(motion));
    }

    /// @inheritdoc IParticipantRegistry
    function refuse(uint32 motion, IMotions.Outcome calldata outcome) external {
        MOTIONS.requireOutcome(motion, outcome, true);
        (address applicant, uint32 application) = (outcome.candidate.account(), outcome.candidate.application());
        _requireApplied(applicant, application);
        _turnDown(applicant, application);
    }

    /// @inheritdoc IParticipantRegistry
    // Motions is part of the deployment and calls nobody.
    // slither-disable-next-line reentrancy-no-eth
    function suspend(address account, uint40 until, string calldata reason) external {
        require(bytes(reason).length != 0, Registry_EmptyReason(account));
        uint40 latest = uint40(block.timestamp) + MAX_SUSPENSION;
        require(until > block.timestamp && until <= latest, Registry_BadSuspension(account, until, latest));
        _requireStatus(account, Status.Active);
        Participant storage subject = _participants[account];
        uint32 person = subject.person;
        uint256 suspension = _suspensions[person];
        bytes32 motion = keccak256(abi.encode(account, person, suspension, until, reason));
        if (MOTIONS.vote(msg.sender, account, motion)) {
            _suspensions[person] = suspension + 1;
            subject.suspendedUntil = until;
            // The registry does not need what it replaces.
            // slither-disable-next-line unused-return
            _ends[person].push(uint48(block.timestamp), until);
            emit Suspended(account, person, until, reason);
        }
    }

    /// @inheritdoc IParticipantRegistry
    function requestExit() external {
        _requireStatus(msg.sender, Status.Active);
        Participant storage leaver = _participants[msg.sender];
        _setStatus(leaver, Status.Leaving);
        leaver.hasApplied = false;
        emit ExitRequested(msg.sender);
        MOTIONS.announceExit(msg.sender);
    }

    /// @inheritdoc IParticipantRegistry
    function stay() external {
        _requireStatus(msg.sender, Status.Leaving);
        _setStatus(_participants[msg.sender], Status.Active);
        emit Stayed(msg.sender);
        MOTIONS.endExit(msg.sender);
    }

    /// @inheritdoc IParticipantRegistry
    function exit() external {
        _requireStatus(msg.sender, Status.Leaving);
        MOTIONS.requireMayExit(msg.sender);
        uint32 person = _participants[msg.sender].person;
        _requireNothingHeld(msg.sender);
        address[] storage others = _linked[person];
        while (others.length != 0) {
            address account = others[others.length - 1];
            _requireNothingHeld(account);
            others.pop();
            _unlink(account, person);
        }
        _leave(msg.sender, person);
    }

    /// @inheritdoc IParticipantRegistry
    function link(address account, bytes calldata signature) external {
        _requireStatus(msg.sender, Status.Active);
        uint32 person = _participants[msg.sender].person;
        _requireOutside(account);
        _requireSamePerson(account, person);
        require(_linked[person].length < MAX_LINKED, Registry_TooManyAccounts(person, MAX_LINKED));
        Participant storage other = _participants[account];
        uint32 application = ++other.application;
        bytes32 digest = _hashTypedDataV4(keccak256(abi.encode(LINK_TYPEHASH, msg.sender, account, application)));

        other.person = person;
        _setStatus(other, Status.Linked);
        _linked[person].push(account);
        emit Linked(account, person);
        // A contract account is asked last.
        require(Signatures.isValid(account, digest, signature), Registry_BadSignature(account));
    }

    /// @inheritdoc IParticipantRegistry
    function unlink(address account) external {
        uint32 person = _participants[account].person;
        require(_participants[account].status == Status.Linked, Registry_NotLinked(account));
        require(msg.sender == account || msg.sender == _persons[person].first, Registry_NotLinked(account));
        _requireNothingHeld(account);
        address[] storage others = _linked[person];
        uint256 place = 0;
        while (others[place] != account) ++place;
        others[place] = others[others.length - 1];
        others.pop();
        _unlink(account, person);
    }

    /// @inheritdoc IParticipantRegistry
    function isActive(address account) external view returns (bool) {
        uint256 word = _wordOf(account);
        if (uint8(word) == uint8(Status.Linked)) word = _firstWord(word);
        return Permissions.admissionOf(word).isActive();
    }

    /// @inheritdoc IParticipantRegistry
    function isSuspendedAt(address account, uint40 time) external view returns (bool) {
        Participant storage subject = _participants[account];
        // The usual case: it was never suspended, under any key.
        if (subject.suspendedUntil == 0 && subject.status == Status.Active) return false;
        return time < _ends[subject.person].upperLookupRecent(time);
    }

    /// @inheritdoc IParticipantRegistry
    function participant(address account) external view returns (Participant memory) {
        return _participants[account];
    }

    /// @inheritdoc IParticipantRegistry
    function countryOf(address account) external view returns (uint16) {
        return _persons[_participants[account].person].country;
    }

    /// @inheritdoc IParticipantRegistry
    function accountsOf(uint32 person) external view returns (address first, address[] memory others) {
        return (_persons[person].first, _linked[person]);
    }

    /// @inheritdoc IParticipantRegistry
    function admissionOf(Carrier carrier, PackedOrder[] calldata orders) external view returns (Admission[] memory) {
        uint256 carrierBit = Permissions.bitOf(carrier);
        uint256 start;
        // Equivalent to admissions = new Admission[](orders.length), as the ABI encodes it: encoding each anew costs more than
        // finding it out.
        assembly ("memory-safe") {
            start := mload(0x40)
            mstore(start, 32)
            mstore(add(start, 32), orders.length)
            mstore(0x40, add(start, add(64, mul(32, orders.length))))
        }
        for (uint256 i = 0; i < orders.length; ++i) {
            uint256 head;
            uint256 terms;
            // Equivalent to (orders[i].head, orders[i].terms).
            assembly ("memory-safe") {
                let place := add(orders.offset, mul(160, i))
                head := calldataload(place)
                terms := calldataload(add(place, 32))
            }
            uint256 word = _wordOf(traderOf(head));
            // What holds of a person holds of all its accounts.
            if (uint8(word) == uint8(Status.Linked)) word = _firstWord(word);
            Admission admission = Permissions.admissionOf(word);
            if (!Permissions.allow(word, carrierBit, head, terms)) {
                Permissions.refuse(i, carrier, head, terms, word, admission);
            }
            // Equivalent to admissions[i] = admission, which also clears what may lie above it in the word.
            assembly ("memory-safe") {
                mstore(add(start, add(64, mul(32, i))), and(admission, 0xffffffffffffffff))
            }
        }
        // Equivalent to return admissions.
        assembly ("memory-safe") {
            return(start, add(64, mul(32, orders.length)))
        }
    }

    /// @dev Admit a candidate who has applied: a new person, one who comes back or whose admission is renewed, or one with another
    /// account.
    // Motions is part of the deployment and calls nobody.
    // slither-disable-next-line reentrancy-no-eth
    function _admit(uint32 motion, PackedCandidate calldata candidate) private {
        address account = candidate.account();
        require(candidate.expiry() > block.timestamp, Registry_CandidateExpired(account, candidate.expiry()));
        uint32 person = _personOf(candidate.tag);
        _requireSamePerson(account, person);
        Participant storage subject = _participants[account];
        if (subject.status != Status.Active) {
            _replace(person);
            _setStatus(subject, Status.Active);
            MOTIONS.giveVoice(account);
        }
        subject.hasApplied = false;
        (subject.person, subject.credibility) = (person, candidate.credibility());
        (subject.mostBought, subject.mostSold) = Permissions.codesOf(candidate.sides(), candidate.mostEnergy());
        subject.carriers = candidate.carriers();
        subject.expiry = candidate.expiry();
        (subject.userType, subject.grade) = (candidate.userType(), candidate.grade());
        subject.suspendedUntil = uint40(_ends[person].latest());
        _persons[person] = Person(account, candidate.country());
        emit Admitted(account, person, motion, candidate);
    }

    /// @dev The person with this tag, who has a number from now on.
    function _personOf(bytes32 tag) private returns (uint32 person) {
        person = personOf[tag];
        if (person != 0) return person;
        person = personCount + 1;
        require(person <= MAX_PERSONS, Registry_TooManyPersons(MAX_PERSONS));
        // Each admission of a batch counts one.
        // slither-disable-next-line costly-loop
        personCount = person;
        personOf[tag] = person;
    }

    /// @dev If the person is still admitted with an account whose key it lost, another one takes its place.
    function _replace(uint32 person) private {
        address before = _persons[person].first;
        Status status = _participants[before].status;
        if (status != Status.Active && status != Status.Leaving) return;
        _leave(before, person);
    }

    function _turnDown(address account, uint32 application) private {
        Participant storage subject = _participants[account];
        subject.hasApplied = false;
        if (subject.status == Status.Applied) _setStatus(subject, Status.Rejected);
        emit Rejected(account, application);
    }

    function _leave(address account, uint32 person) private {
        Participant storage leaver = _participants[account];
        _setStatus(leaver, Status.Left);
        leaver.hasApplied = false;
        emit Left(account, person);
        MOTIONS.endVoice(account);
    }

    function _unlink(address account, uint32 person) private {
        _setStatus(_participants[account], Status.Left);
        emit Unlinked(account, person);
    }

    function _setStatus(Participant storage subject, Status status) private {
        subject.status = status;
        subject.since = uint40(block.timestamp);
    }

    /// @dev The word of the first account of a linked one's person.
    function _firstWord(uint256 word) private view returns (uint256) {
        return _wordOf(_persons[uint32(word >> 48)].first);
    }

    /// @dev A participant as it lies in its slot: expiry 40 | carriers 8 | grade 8 | user type 8 | most sold 8 | most bought 8 |
    /// application 16 | since 40 | suspended until 40 | person 32 | credibility 32 | has applied 8 | status 8.
    function _wordOf(address account) private view returns (uint256 word) {
        Participant storage subject = _participants[account];
        // Equivalent to reading the fields one by one, which takes a read of the storage for each.
        assembly ("memory-safe") {
            word := sload(subject.slot)
        }
    }

    function _hasApplied(address account, uint32 application) private view returns (bool) {
        Participant storage subject = _participants[account];
        return subject.hasApplied && subject.application == application;
    }

    /// Reverts if: this very application is not open.
    function _requireApplied(address account, uint32 application) private view {
        uint32 current = _participants[account].application;
        require(_hasApplied(account, application), Registry_WrongApplication(account, current, application));
    }

    /// Reverts if: the account has applied, is admitted, leaving, or one of a member's.
    function _requireOutside(address account) private view {
        Status status = _participants[account].status;
        require(
            status == Status.None || status == Status.Rejected || status == Status.Left,
            Registry_WrongStatus(account, status, Status.None)
        );
    }

    /// Reverts if: the account was another person's.
    function _requireSamePerson(address account, uint32 person) private view {
        uint32 before = _participants[account].person;
        require(before == 0 || before == person, Registry_OtherPerson(account, before, person));
    }

    /// Reverts if: some of the account's points are in orders, trades or bonds.
    function _requireNothingHeld(address account) private view {
        uint256 held = Points.unwrap(ACCOUNTS.heldOf(account));
        require(held == 0, Registry_OpenObligations(account, held));
    }

    function _requireStatus(address account, Status needed) private view {
        Status have = _participants[account].status;
        require(have == needed, Registry_WrongStatus(account, have, needed));
    }
}
