// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {IDeviceRegistry} from "../../interfaces/registry/IDeviceRegistry.sol";
import {IParticipantRegistry} from "../../interfaces/registry/IParticipantRegistry.sol";
import {SellerTerms} from "../types/Attested.sol";
import {Carrier} from "../types/Markets.sol";
import {PackedOrder, deviceOf as deviceIn} from "../types/Orders.sol";
import {Committee, Votes} from "../shared/Committee.sol";
import {Signatures} from "../shared/Signatures.sol";
import {Wh} from "../types/Units.sol";

/// @title Meters, routers, exchanges and interfaces, each with a key of its own
contract DeviceRegistry is IDeviceRegistry, EIP712 {
    /// @dev slot 0: 5 + 4 = 9
    struct Certification {
        /// Time of certification, Unix seconds; 0 before.
        uint40 since;
        /// Votes for it so far, one bit for each of at most 32 auditors.
        uint32 votes;
    }

    bytes32 private constant DEVICE_TYPEHASH =
        keccak256("Device(address owner,uint8 kind,uint8 carrier,uint8 source,uint32 subnet,uint64 capacityWh)");

    IParticipantRegistry private immutable PARTICIPANTS;
    address private immutable ORDER_BOOK;
    address private immutable SETTLEMENT;

    /// @inheritdoc IDeviceRegistry
    uint32 public deviceCount;

    /// @inheritdoc IDeviceRegistry
    mapping(address key => uint32) public deviceOf;

    mapping(uint32 id => Device) private _devices;

    mapping(uint32 id => Certification) private _certifications;

    /// @dev Bits of devices whose export of a slot is for sale or sold, 256 a word.
    mapping(uint40 slotStart => mapping(uint256 word => uint256)) private _selling;

    /// @param participants Whose auditors certify, and who may own devices.
    /// @param orderBook Who offers devices for sale and releases them.
    /// @param settlement Who releases devices, too.
    constructor(address participants, address orderBook, address settlement) EIP712("PowerPact", "1") {
        PARTICIPANTS = IParticipantRegistry(participants);
        ORDER_BOOK = orderBook;
        SETTLEMENT = settlement;
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
        uint256 seat = PARTICIPANTS.seatOf(msg.sender);
        require(seat != 0, Device_NotAuditor(msg.sender));
        Device storage subject = _inService(id);
        require(!subject.certified, Device_AlreadyCertified(id));
        (bool isNew, Votes votes) = Votes.wrap(_certifications[id].votes).cast(seat - 1);
        require(isNew, Device_AlreadyVoted(id, msg.sender));

        // Cannot be cut: the committee has at most 32 seats.
        _certifications[id].votes = uint32(Votes.unwrap(votes));
        uint256 count = votes.count();
        emit CertificationVoted(id, msg.sender, count);
        if (count == PARTICIPANTS.threshold()) {
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
    function offer(uint40 slotStart, PackedOrder[] calldata orders) external returns (SellerTerms[] memory terms) {
        require(msg.sender == ORDER_BOOK, Device_NotOrderBook(msg.sender));
        mapping(uint256 word => uint256) storage selling = _selling[slotStart];
        terms = new SellerTerms[](orders.length);
        for (uint256 i = 0; i < orders.length; ++i) {
            uint32 id = deviceIn(orders[i].terms);
            if (id == 0) continue;
            (uint256 bits, uint256 bit) = (selling[id >> 8], 1 << (id & 0xff));
            require(bits & bit == 0, Device_AlreadySelling(i, id, slotStart));
            selling[id >> 8] = bits | bit;
            terms[i] = _firstWordOf(_devices[id]);
        }
    }

    /// @inheritdoc IDeviceRegistry
    function release(uint32 id, uint40 slotStart) external {
        require(msg.sender == ORDER_BOOK || msg.sender == SETTLEMENT, Device_NotMarket(msg.sender));
        _selling[slotStart][id >> 8] &= ~(1 << (id & 0xff));
    }

    /// @inheritdoc IDeviceRegistry
    function isSelling(uint32 id, uint40 slotStart) external view returns (bool) {
        return _selling[slotStart][id >> 8] & (1 << (id & 0xff)) != 0;
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
