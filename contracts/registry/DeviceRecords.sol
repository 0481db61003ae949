// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {IAuditors} from "../../interfaces/registry/IAuditors.sol";
import {IDeviceChanges} from "../../interfaces/registry/IDeviceChanges.sol";
import {IDeviceKeys} from "../../interfaces/registry/IDeviceKeys.sol";
import {IDeviceRegistry} from "../../interfaces/registry/IDeviceRegistry.sol";
import {IParticipantRegistry} from "../../interfaces/registry/IParticipantRegistry.sol";
import {SellerTerms, packSellerTerms} from "../types/Attested.sol";
import {Carrier} from "../types/Markets.sol";
import {MeterTerms, packMeterTerms} from "../types/MeterTerms.sol";
import {Ballots} from "../shared/Ballots.sol";
import {Committee, Votes} from "../shared/Committee.sol";
import {Signatures} from "../shared/Signatures.sol";
import {Wh} from "../types/Units.sol";

/// @title What is on record of devices, and what the auditors certified of it
/// @dev The record says what holds now. What held before a change is kept as a tenure, and found by the time of a slot.
abstract contract DeviceRecords is IDeviceRegistry, EIP712 {
    using Ballots for mapping(bytes32 motion => Votes);

    /// @dev slot 0: 32; slot 1: 32
    struct Entry {
        /// What decides whether the device may sell, with its capacity.
        SellerTerms terms;
        /// What decides what becomes of its readings: capacity and source once more, beside the key.
        MeterTerms meter;
    }

    /// @dev slot 0: 5 + 4 + 1 + 4 + 5 + 5 + 5 = 29
    struct Certification {
        /// Time of certification, Unix seconds; 0 before, and after a change.
        uint40 since;
        /// Votes for it so far, one bit for each of at most 32 auditors.
        uint32 votes;
        /// Whether the auditors took it back.
        bool withdrawn;
        /// Number of the committee whose votes these are.
        uint32 committee;
        /// When the device was first certified with this key, Unix seconds; 0 before.
        uint40 keySince;
        /// When the last change takes effect, and when the owner's time began, Unix seconds; 0 if nothing changed.
        uint40 from;
        uint40 ownedFrom;
    }

    /// @dev What held before a change. slot 0: 20 + 5 + 5 = 30; slot 1: 20 + 5 = 25
    struct Tenure {
        address owner;
        /// When the change took effect, Unix seconds.
        uint40 until;
        /// Certification in this time, Unix seconds; 0 if there was none.
        uint40 since;
        address key;
        /// When the device was first certified with this key, Unix seconds; 0 if it was not.
        uint40 keySince;
    }

    /// @dev What the counters of a meter begin with. slot 0: 5 + 8 + 8 = 21
    struct Opening {
        /// When the exchange takes effect, Unix seconds.
        uint40 from;
        /// Lifetime counters, Wh.
        Wh exported;
        Wh imported;
    }

    /// @dev The largest capacity, Wh: a meter's word has 40 bits for what was fed, and as many for what was drawn.
    uint256 private constant MOST_CAPACITY = type(uint40).max;

    bytes32 private constant DEVICE_TYPEHASH =
        keccak256("Device(address owner,uint8 kind,uint8 carrier,uint8 source,uint32 subnet,uint64 capacityWh)");

    /// @inheritdoc IDeviceRegistry
    uint32 public deviceCount;

    /// @inheritdoc IDeviceRegistry
    mapping(address key => uint32) public deviceOf;

    /// @inheritdoc IDeviceChanges
    mapping(uint32 id => bytes32) public descriptionOf;

    /// @inheritdoc IDeviceChanges
    mapping(address key => uint40) public distrustedAt;

    IParticipantRegistry internal immutable PARTICIPANTS;
    IAuditors internal immutable MOTIONS;
    IDeviceKeys internal immutable KEYS;

    mapping(uint32 id => Entry) internal _devices;

    mapping(uint32 id => Certification) internal _certifications;

    /// @dev Votes to decertify, and not to trust a key. A motion is the hash of all that it says.
    mapping(bytes32 motion => Votes) internal _motions;

    /// @dev What held before each change of a device, in their order.
    mapping(uint32 id => Tenure[]) internal _tenures;

    constructor(address participants, address motions, address keys) EIP712("PowerPact", "1") {
        PARTICIPANTS = IParticipantRegistry(participants);
        MOTIONS = IAuditors(motions);
        KEYS = IDeviceKeys(keys);
    }

    /// @inheritdoc IDeviceRegistry
    function add(
        address key,
        Kind kind,
        Carrier carrier,
        uint8 source,
        uint32 subnet,
        Wh capacity,
        bytes calldata signature
    ) external returns (uint32 id) {
        require(PARTICIPANTS.isActive(msg.sender), Device_OwnerNotActive(msg.sender));
        require(
            source != 0 && Wh.unwrap(capacity) != 0 && Wh.unwrap(capacity) <= MOST_CAPACITY,
            Device_BadParameters(source, capacity)
        );
        require(deviceOf[key] == 0, Device_KeyTaken(key, deviceOf[key]));
        {
            bytes memory message = abi.encode(DEVICE_TYPEHASH, msg.sender, kind, carrier, source, subnet, capacity);
            _requireSigned(key, keccak256(message), signature);
        }

        id = ++deviceCount;
        deviceOf[key] = id;
        SellerTerms terms = packSellerTerms(msg.sender, subnet, source, uint8(carrier), uint8(kind), capacity);
        _devices[id] = Entry(terms, packMeterTerms(key, capacity, source));
        emit DeviceAdded(id, msg.sender, key, kind, carrier, source, subnet, capacity);
    }

    /// @inheritdoc IDeviceRegistry
    function certify(uint32 id, bytes32 content) external {
        (uint256 seat, SellerTerms terms) = _seenByAuditor(id, content);
        require(!terms.isCertified(), Device_AlreadyCertified(id));
        address key = _devices[id].meter.key();
        require(distrustedAt[key] == 0, Device_KeyDistrusted(id, key, distrustedAt[key]));
        Certification storage certification = _certifications[id];
        require(certification.from <= block.timestamp, Device_ChangePending(id, certification.from));
        (uint32 committee, uint256 threshold) = MOTIONS.voting();
        // Votes of another committee count no more: its seats were others'.
        uint32 before = certification.committee == committee ? certification.votes : 0;
        (bool isNew, Votes votes) = Votes.wrap(before).cast(seat);
        require(isNew, Device_AlreadyVoted(id, msg.sender));

        // Cannot be cut: the committee has at most 32 seats.
        (certification.votes, certification.committee) = (uint32(Votes.unwrap(votes)), committee);
        uint256 count = votes.count();
        emit CertificationVoted(id, msg.sender, count);
        if (count == threshold) {
            _devices[id].terms = terms.asCertified();
            certification.since = uint40(block.timestamp);
            // 0 is never, and no time.
            // slither-disable-next-line incorrect-equality
            if (certification.keySince == 0) certification.keySince = uint40(block.timestamp);
            emit DeviceCertified(id);
        }
    }

    /// @inheritdoc IDeviceRegistry
    function decertify(uint32 id, bytes32 content, string calldata reason) external {
        require(bytes(reason).length != 0, Device_EmptyReason(id));
        (uint256 seat, SellerTerms terms) = _seenByAuditor(id, content);
        require(terms.isCertified(), Device_NotCertified(id));
        (uint32 committee, uint256 threshold) = MOTIONS.voting();
        bytes32 motion = keccak256(abi.encode(committee, id, content, reason));
        (bool isNew, uint256 count) = _motions.vote(motion, seat);
        require(isNew, Device_AlreadyVoted(id, msg.sender));

        emit DecertificationVoted(id, msg.sender, motion, count);
        if (count == threshold) {
            _certifications[id].withdrawn = true;
            _stop(id, terms);
            emit DeviceDecertified(id, reason);
        }
    }

    /// @inheritdoc IDeviceRegistry
    function retire(uint32 id) external {
        _stop(id, _ownInService(id));
        emit DeviceRetired(id);
    }

    /// @inheritdoc IDeviceRegistry
    function device(uint32 id) external view returns (Device memory) {
        Entry storage entry = _devices[id];
        SellerTerms terms = entry.terms;
        bool withdrawn = _certifications[id].withdrawn;
        return Device({
            owner: terms.owner(),
            subnet: terms.subnet(),
            kind: Kind(terms.kind()),
            carrier: Carrier(terms.carrier()),
            source: terms.source(),
            certified: terms.isCertified() && !withdrawn,
            retired: terms.isRetired() && !withdrawn,
            decertified: withdrawn,
            key: entry.meter.key(),
            capacity: entry.meter.capacity(),
            stoppedAt: entry.meter.stoppedAt(),
            changedAt: _certifications[id].from,
            distrustedAt: distrustedAt[entry.meter.key()]
        });
    }

    /// @inheritdoc IDeviceRegistry
    function meterTermsOf(uint32 id) external view returns (MeterTerms) {
        return _devices[id].meter;
    }

    /// @inheritdoc IDeviceRegistry
    function certificationOf(uint32 id) external view returns (address owner, uint40 since, uint40 until) {
        return (_devices[id].terms.owner(), _certifications[id].since, _devices[id].meter.mintsUntil());
    }

    /// @inheritdoc IDeviceChanges
    function certificationAt(uint32 id, uint40 time)
        public
        view
        returns (address owner, uint40 since, uint40 keySince, uint40 until)
    {
        (Tenure memory tenure,) = _tenureAt(id, time);
        return (tenure.owner, tenure.since, tenure.keySince, _devices[id].meter.mintsUntil());
    }

    /// @inheritdoc IDeviceChanges
    function signerAt(uint32 id, uint40 startAt)
        external
        view
        returns (address key, uint40 since, uint40 distrusted, uint40 past)
    {
        (Tenure memory tenure, bool isPast) = _tenureAt(id, startAt);
        return (tenure.key, tenure.keySince, distrustedAt[tenure.key], isPast ? tenure.until : 0);
    }

    /// @inheritdoc IDeviceRegistry
    function contentOf(uint32 id) public view returns (bytes32) {
        Entry storage entry = _devices[id];
        SellerTerms terms = entry.terms;
        return keccak256(
            abi.encode(
                id,
                terms.owner(),
                entry.meter.key(),
                terms.kind(),
                terms.carrier(),
                terms.source(),
                terms.subnet(),
                terms.energy(),
                descriptionOf[id]
            )
        );
    }

    /// @dev What held at a time, Unix seconds, and whether it held only until a change.
    function _tenureAt(uint32 id, uint40 time) internal view returns (Tenure memory, bool isPast) {
        Certification storage certification = _certifications[id];
        if (time >= certification.from) {
            Entry storage entry = _devices[id];
            (address owner, address key) = (entry.terms.owner(), entry.meter.key());
            return (Tenure(owner, 0, certification.since, key, certification.keySince), false);
        }
        // The first that ends after the time; the last one does.
        Tenure[] storage tenures = _tenures[id];
        (uint256 low, uint256 high) = (0, tenures.length - 1);
        while (low < high) {
            uint256 middle = (low + high) / 2;
            if (tenures[middle].until > time) high = middle;
            else low = middle + 1;
        }
        return (tenures[low], true);
    }

    /// @dev The device, provided that it is the sender's and in service.
    function _ownInService(uint32 id) internal view returns (SellerTerms terms) {
        terms = _inService(id);
        require(msg.sender == terms.owner(), Device_NotOwner(id, terms.owner(), msg.sender));
    }

    /// @dev The auditor's seat, from 0.
    function _seat() internal view returns (uint256 seat) {
        seat = MOTIONS.seatOf(msg.sender);
        require(seat != 0, Device_NotAuditor(msg.sender));
        --seat;
    }

    /// @dev The device, provided that it exists and is neither retired nor decertified.
    function _inService(uint32 id) internal view returns (SellerTerms terms) {
        terms = _devices[id].terms;
        require(terms.owner() != address(0), Device_Unknown(id));
        require(!terms.isRetired(), Device_Retired(id));
    }

    /// @dev The seat of the auditor who calls, from 0, and the device of which the auditor saw this content.
    function _seenByAuditor(uint32 id, bytes32 content) private view returns (uint256 seat, SellerTerms terms) {
        seat = _seat();
        terms = _inService(id);
        _requireContent(id, content);
    }

    /// Reverts if: the key did not sign the struct of this hash.
    function _requireSigned(address key, bytes32 structHash, bytes calldata signature) internal view {
        address signer = Signatures.recover(KEYS, _hashTypedDataV4(structHash), signature);
        require(signer == key && signer != address(0), Device_BadSignature(key, signer));
    }

    /// Reverts if: the device has another content.
    function _requireContent(uint32 id, bytes32 content) internal view {
        bytes32 have = contentOf(id);
        require(content == have, Device_OtherContent(id, have, content));
    }

    /// @dev Out of service from now on, permanently.
    function _stop(uint32 id, SellerTerms terms) private {
        _devices[id].terms = terms.asRetired();
        _devices[id].meter = _devices[id].meter.asStopped(uint40(block.timestamp));
    }
}
