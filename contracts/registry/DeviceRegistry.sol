// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {IDeviceRegistry} from "../../interfaces/registry/IDeviceRegistry.sol";
import {IParticipantRegistry} from "../../interfaces/registry/IParticipantRegistry.sol";
import {SellerTerms} from "../types/Attested.sol";
import {Carrier} from "../types/Markets.sol";
import {PackedOrder, deviceOf as deviceIn} from "../types/Orders.sol";
import {Signatures} from "../shared/Signatures.sol";
import {Wh} from "../types/Units.sol";

/// @title Meters, routers, exchanges and interfaces, each with a key of its own
contract DeviceRegistry is IDeviceRegistry, EIP712 {
    /// @dev slot 0: 5 + 4 = 9
    struct Certification {
        /// Time of certification, Unix seconds; 0 before.
        uint40 since;
        /// Auditors who voted for it so far.
        uint32 votes;
    }

    bytes32 private constant DEVICE_TYPEHASH =
        keccak256("Device(address owner,uint8 kind,uint8 carrier,uint8 source,uint32 subnet,uint64 capacityWh)");

    IParticipantRegistry private immutable PARTICIPANTS;

    /// @inheritdoc IDeviceRegistry
    uint32 public deviceCount;

    /// @inheritdoc IDeviceRegistry
    mapping(address key => uint32) public deviceOf;

    mapping(uint32 id => Device) private _devices;

    mapping(uint32 id => Certification) private _certifications;

    mapping(uint32 id => mapping(address auditor => bool)) private _hasVoted;

    constructor(address participants) EIP712("PowerPact", "1") {
        PARTICIPANTS = IParticipantRegistry(participants);
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
        require(source != 0 && Wh.unwrap(capacity) != 0, Device_BadParameters(source, capacity));
        require(deviceOf[key] == 0, Device_KeyTaken(key, deviceOf[key]));
        bytes32 structHash = keccak256(abi.encode(DEVICE_TYPEHASH, msg.sender, kind, carrier, source, subnet, capacity));
        address signer = Signatures.recover(_hashTypedDataV4(structHash), signature);
        require(signer == key && signer != address(0), Device_BadSignature(key, signer));

        id = ++deviceCount;
        deviceOf[key] = id;
        _devices[id] = Device({
            owner: msg.sender,
            subnet: subnet,
            kind: kind,
            carrier: carrier,
            source: source,
            certified: false,
            retired: false,
            key: key,
            capacity: capacity
        });
        emit DeviceAdded(id, msg.sender, key, kind, carrier, source, subnet, capacity);
    }

    /// @inheritdoc IDeviceRegistry
    function certify(uint32 id) external {
        require(PARTICIPANTS.isAuditor(msg.sender), Device_NotAuditor(msg.sender));
        Device storage subject = _inService(id);
        require(!subject.certified, Device_AlreadyCertified(id));
        require(!_hasVoted[id][msg.sender], Device_AlreadyVoted(id, msg.sender));
        _hasVoted[id][msg.sender] = true;
        uint32 votes = ++_certifications[id].votes;
        emit CertificationVoted(id, msg.sender, votes);
        if (votes == PARTICIPANTS.threshold()) {
            subject.certified = true;
            _certifications[id].since = uint40(block.timestamp);
            emit DeviceCertified(id);
        }
    }

    /// @inheritdoc IDeviceRegistry
    function retire(uint32 id) external {
        Device storage subject = _inService(id);
        require(msg.sender == subject.owner, Device_NotOwner(id, subject.owner, msg.sender));
        subject.retired = true;
        emit DeviceRetired(id);
    }

    /// @inheritdoc IDeviceRegistry
    function device(uint32 id) external view returns (Device memory) {
        return _devices[id];
    }

    /// @inheritdoc IDeviceRegistry
    function keyOf(uint32 id) external view returns (address key, Wh capacity) {
        Device storage subject = _devices[id];
        return (subject.key, subject.capacity);
    }

    /// @inheritdoc IDeviceRegistry
    function sellerTermsOf(PackedOrder[] calldata orders) external view returns (SellerTerms[] memory terms) {
        terms = new SellerTerms[](orders.length);
        for (uint256 i = 0; i < orders.length; ++i) {
            uint32 id = deviceIn(orders[i].terms);
            if (id == 0) continue;
            terms[i] = _firstWordOf(_devices[id]);
        }
    }

    /// @inheritdoc IDeviceRegistry
    function certificationOf(uint32 id) external view returns (address owner, uint40 since) {
        return (_devices[id].owner, _certifications[id].since);
    }

    function _firstWordOf(Device storage subject) private view returns (SellerTerms word) {
        // Equivalent to packing owner, subnet, kind, carrier, source, certified and retired anew.
        assembly ("memory-safe") {
            word := sload(subject.slot)
        }
    }

    /// @dev The device, provided that it exists and is not retired.
    function _inService(uint32 id) private view returns (Device storage subject) {
        subject = _devices[id];
        require(subject.owner != address(0), Device_Unknown(id));
        require(!subject.retired, Device_Retired(id));
    }
}
