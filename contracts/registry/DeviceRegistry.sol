// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {IDeviceRegistry} from "../../interfaces/registry/IDeviceRegistry.sol";
import {IParticipantRegistry} from "../../interfaces/registry/IParticipantRegistry.sol";
import {SellerTerms, packSellerTerms} from "../types/Attested.sol";
import {Carrier} from "../types/Markets.sol";
import {PackedOrder, deviceOf as deviceIn, energyOf} from "../types/Orders.sol";
import {Committee, Votes} from "../shared/Committee.sol";
import {Signatures} from "../shared/Signatures.sol";
import {Wh} from "../types/Units.sol";

/// @title Meters, routers, exchanges and interfaces, each with a key of its own
contract DeviceRegistry is IDeviceRegistry, EIP712 {
    /// @dev slot 0: 32; slot 1: 20 + 8 = 28
    struct Entry {
        /// What decides whether the device may sell, with its capacity.
        SellerTerms terms;
        /// The account whose key signs the readings.
        address key;
        /// The most energy that it can feed or draw in one slot, Wh, once more beside the key.
        Wh capacity;
    }

    /// @dev slot 0: 5 + 4 = 9
    struct Certification {
        /// Time of certification, Unix seconds; 0 before.
        uint40 since;
        /// Votes for it so far, one bit for each of at most 32 auditors.
        uint32 votes;
    }

    /// @dev The two bits of a device and slot.
    uint256 private constant UNDECIDED = 1;
    uint256 private constant SOLD = 2;

    bytes32 private constant DEVICE_TYPEHASH =
        keccak256("Device(address owner,uint8 kind,uint8 carrier,uint8 source,uint32 subnet,uint64 capacityWh)");

    IParticipantRegistry private immutable PARTICIPANTS;
    address private immutable ORDER_BOOK;
    address private immutable SETTLEMENT;

    /// @inheritdoc IDeviceRegistry
    uint32 public deviceCount;

    /// @inheritdoc IDeviceRegistry
    mapping(address key => uint32) public deviceOf;

    mapping(uint32 id => Entry) private _devices;

    mapping(uint32 id => Certification) private _certifications;

    /// @dev Two bits for each device and slot, 128 devices a word: an order is undecided; something was sold before.
    mapping(uint40 slotStart => mapping(uint256 word => uint256)) private _marks;

    /// @dev What the decided orders of a device sold of a slot, Wh.
    mapping(uint40 slotStart => mapping(uint32 id => Wh)) private _sold;

    /// @param participants Whose auditors certify, and who may own devices.
    /// @param orderBook Who offers devices for sale, and decides orders that sold nothing.
    /// @param settlement Who decides orders that sold something.
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
        require(
            source != 0 && Wh.unwrap(capacity) != 0 && Wh.unwrap(capacity) <= type(uint48).max,
            Device_BadParameters(source, capacity)
        );
        require(deviceOf[key] == 0, Device_KeyTaken(key, deviceOf[key]));
        {
            bytes memory message = abi.encode(DEVICE_TYPEHASH, msg.sender, kind, carrier, source, subnet, capacity);
            address signer = Signatures.recover(_hashTypedDataV4(keccak256(message)), signature);
            require(signer == key && signer != address(0), Device_BadSignature(key, signer));
        }

        id = ++deviceCount;
        deviceOf[key] = id;
        SellerTerms terms = packSellerTerms(msg.sender, subnet, source, uint8(carrier), uint8(kind), capacity);
        _devices[id] = Entry(terms, key, capacity);
        emit DeviceAdded(id, msg.sender, key, kind, carrier, source, subnet, capacity);
    }

    /// @inheritdoc IDeviceRegistry
    function certify(uint32 id) external {
        uint256 seat = PARTICIPANTS.seatOf(msg.sender);
        require(seat != 0, Device_NotAuditor(msg.sender));
        SellerTerms terms = _inService(id);
        require(!terms.isCertified(), Device_AlreadyCertified(id));
        (bool isNew, Votes votes) = Votes.wrap(_certifications[id].votes).cast(seat - 1);
        require(isNew, Device_AlreadyVoted(id, msg.sender));

        // Cannot be cut: the committee has at most 32 seats.
        _certifications[id].votes = uint32(Votes.unwrap(votes));
        uint256 count = votes.count();
        emit CertificationVoted(id, msg.sender, count);
        if (count == PARTICIPANTS.threshold()) {
            _devices[id].terms = terms.asCertified();
            _certifications[id].since = uint40(block.timestamp);
            emit DeviceCertified(id);
        }
    }

    /// @inheritdoc IDeviceRegistry
    function retire(uint32 id) external {
        SellerTerms terms = _inService(id);
        require(msg.sender == terms.owner(), Device_NotOwner(id, terms.owner(), msg.sender));
        _devices[id].terms = terms.asRetired();
        emit DeviceRetired(id);
    }

    /// @inheritdoc IDeviceRegistry
    function device(uint32 id) external view returns (Device memory) {
        Entry storage entry = _devices[id];
        SellerTerms terms = entry.terms;
        return Device({
            owner: terms.owner(),
            subnet: terms.subnet(),
            kind: Kind(terms.kind()),
            carrier: Carrier(terms.carrier()),
            source: terms.source(),
            certified: terms.isCertified(),
            retired: terms.isRetired(),
            key: entry.key,
            capacity: entry.capacity
        });
    }

    /// @inheritdoc IDeviceRegistry
    function keyOf(uint32 id) external view returns (address key, Wh capacity) {
        Entry storage entry = _devices[id];
        return (entry.key, entry.capacity);
    }

    /// @inheritdoc IDeviceRegistry
    function offer(uint40 slotStart, PackedOrder[] calldata orders) external returns (SellerTerms[] memory terms) {
        require(msg.sender == ORDER_BOOK, Device_NotOrderBook(msg.sender));
        mapping(uint256 word => uint256) storage marks = _marks[slotStart];
        terms = new SellerTerms[](orders.length);
        for (uint256 i = 0; i < orders.length; ++i) {
            uint32 id = deviceIn(orders[i].terms);
            if (id == 0) continue;
            SellerTerms entry = _devices[id].terms;
            if (SellerTerms.unwrap(entry) == 0) continue;
            (uint256 word, uint256 shift) = (marks[id >> 7], (id & 0x7f) << 1);
            uint256 mark = (word >> shift) & 3;
            require(mark & UNDECIDED == 0, Device_Undecided(i, id, slotStart));
            marks[id >> 7] = word | (UNDECIDED << shift);

            Wh before = mark == 0 ? Wh.wrap(0) : _sold[slotStart][id];
            Wh promised = before.addCapped(energyOf(orders[i].head));
            require(!(promised > entry.energy()), Device_AboveCapacity(i, id, promised, entry.energy()));
            terms[i] = entry.withEnergy(before);
        }
    }

    /// @inheritdoc IDeviceRegistry
    function decide(uint32 id, uint40 slotStart, Wh before, Wh sold) external {
        require(msg.sender == ORDER_BOOK || msg.sender == SETTLEMENT, Device_NotMarket(msg.sender));
        (bool undecided, Wh have) = saleOf(id, slotStart);
        require(undecided && Wh.unwrap(have) == Wh.unwrap(before), Device_NotUndecided(id, slotStart, before));

        uint256 shift = (id & 0x7f) << 1;
        uint256 word = _marks[slotStart][id >> 7] ^ (UNDECIDED << shift);
        if (Wh.unwrap(sold) != 0) {
            word |= SOLD << shift;
            _sold[slotStart][id] = have + sold;
            emit SlotSold(id, slotStart, sold, have + sold);
        }
        _marks[slotStart][id >> 7] = word;
    }

    /// @inheritdoc IDeviceRegistry
    function saleOf(uint32 id, uint40 slotStart) public view returns (bool undecided, Wh sold) {
        uint256 mark = (_marks[slotStart][id >> 7] >> ((id & 0x7f) << 1)) & 3;
        undecided = mark & UNDECIDED != 0;
        if (mark & SOLD != 0) sold = _sold[slotStart][id];
    }

    /// @inheritdoc IDeviceRegistry
    function certificationOf(uint32 id) external view returns (address owner, uint40 since) {
        return (_devices[id].terms.owner(), _certifications[id].since);
    }

    /// @dev The device, provided that it exists and is not retired.
    function _inService(uint32 id) private view returns (SellerTerms terms) {
        terms = _devices[id].terms;
        require(terms.owner() != address(0), Device_Unknown(id));
        require(!terms.isRetired(), Device_Retired(id));
    }
}
