// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {IAuditors} from "../../interfaces/registry/IAuditors.sol";
import {IDeviceRegistry} from "../../interfaces/registry/IDeviceRegistry.sol";
import {IParticipantRegistry} from "../../interfaces/registry/IParticipantRegistry.sol";
import {SellerTerms, packSellerTerms} from "../types/Attested.sol";
import {Carrier} from "../types/Markets.sol";
import {MeterTerms, packMeterTerms} from "../types/MeterTerms.sol";
import {PackedOrder, Side, deviceOf as deviceIn, energyOf, sideOf} from "../types/Orders.sol";
import {Slot} from "../types/Slots.sol";
import {Committee, Votes} from "../shared/Committee.sol";
import {Signatures} from "../shared/Signatures.sol";
import {Wh} from "../types/Units.sol";

/// @title Meters, routers, exchanges and interfaces, each with a key of its own
contract DeviceRegistry is IDeviceRegistry, EIP712 {
    /// @dev slot 0: 32; slot 1: 32
    struct Entry {
        /// What decides whether the device may sell, with its capacity.
        SellerTerms terms;
        /// What decides what becomes of its readings: capacity and source once more, beside the key.
        MeterTerms meter;
    }

    /// @dev slot 0: 5 + 4 + 1 + 4 = 14
    struct Certification {
        /// Time of certification, Unix seconds; 0 before.
        uint40 since;
        /// Votes for it so far, one bit for each of at most 32 auditors.
        uint32 votes;
        /// Whether the auditors took it back.
        bool withdrawn;
        /// Number of the committee whose votes these are.
        uint32 committee;
    }

    /// @dev The two bits of a device and slot.
    uint256 private constant UNDECIDED = 1;
    uint256 private constant DECIDED = 2;

    /// @dev The largest capacity, Wh: a meter's word has 40 bits for what was fed, and as many for what was drawn.
    uint256 private constant MOST_CAPACITY = type(uint40).max;

    /// @dev The most energy of a slot that a meter's buy orders want, Wh: they have 32 bits for what it bought before.
    uint256 private constant MOST_BOUGHT = type(uint32).max;

    /// @dev The most base intervals in the longest slot: a lane of `_lengths` has 8 bits.
    uint256 private constant MOST_INTERVALS = 255;

    bytes32 private constant DEVICE_TYPEHASH =
        keccak256("Device(address owner,uint8 kind,uint8 carrier,uint8 source,uint32 subnet,uint64 capacityWh)");

    IParticipantRegistry private immutable PARTICIPANTS;
    IAuditors private immutable MOTIONS;
    address private immutable ORDER_BOOK;
    address private immutable SETTLEMENT;
    address private immutable METERING;

    /// @inheritdoc IDeviceRegistry
    uint32 public immutable BASE_INTERVAL;

    /// @inheritdoc IDeviceRegistry
    uint32 public immutable LONGEST_SLOT;

    /// @inheritdoc IDeviceRegistry
    uint32 public deviceCount;

    /// @inheritdoc IDeviceRegistry
    mapping(address key => uint32) public deviceOf;

    mapping(uint32 id => Entry) private _devices;

    mapping(uint32 id => Certification) private _certifications;

    /// @dev Votes to decertify. A motion is the hash of device, content and reason: a device is decertified once, for one reason.
    mapping(bytes32 motion => Votes) private _motions;

    /// @dev Two bits for each device and slot, 128 devices a word, for sales and purchases apart: an order is undecided; energy
    /// was sold or bought in decided ones.
    mapping(Side => mapping(Slot => mapping(uint256 word => uint256))) private _marks;

    /// @dev What the decided orders of a device sold or bought of a slot, Wh.
    mapping(Side => mapping(Slot => mapping(uint32 id => Wh))) private _decided;

    /// @dev The length of the slots of a device within one longest slot, in base intervals, 8 bits for each of 32 devices; 0: any.
    mapping(uint40 longestSlot => mapping(uint256 word => uint256)) private _lengths;

    /// @param participants Who may own devices.
    /// @param motions Whose auditors certify.
    /// @param orderBook Who reserves energy of devices, and decides orders that trade nothing.
    /// @param settlement Who decides orders that trade.
    /// @param metering Who issues certificates.
    /// @param baseInterval Length of a reading's interval, seconds.
    /// @param longestSlot The longest delivery slot, seconds: 1 to 255 base intervals.
    constructor(
        address participants,
        address motions,
        address orderBook,
        address settlement,
        address metering,
        uint32 baseInterval,
        uint32 longestSlot
    ) EIP712("PowerPact", "1") {
        require(
            baseInterval != 0 && longestSlot != 0 && longestSlot % baseInterval == 0
                && longestSlot / baseInterval <= MOST_INTERVALS,
            Device_BadIntervals(baseInterval, longestSlot)
        );
        PARTICIPANTS = IParticipantRegistry(participants);
        MOTIONS = IAuditors(motions);
        ORDER_BOOK = orderBook;
        SETTLEMENT = settlement;
        METERING = metering;
        BASE_INTERVAL = baseInterval;
        LONGEST_SLOT = longestSlot;
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
            address signer = Signatures.recover(_hashTypedDataV4(keccak256(message)), signature);
            require(signer == key && signer != address(0), Device_BadSignature(key, signer));
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
        Certification storage certification = _certifications[id];
        uint32 committee = MOTIONS.committee();
        // Votes of another committee count no more: its seats were others'.
        uint32 before = certification.committee == committee ? certification.votes : 0;
        (bool isNew, Votes votes) = Votes.wrap(before).cast(seat);
        require(isNew, Device_AlreadyVoted(id, msg.sender));

        // Cannot be cut: the committee has at most 32 seats.
        (certification.votes, certification.committee) = (uint32(Votes.unwrap(votes)), committee);
        uint256 count = votes.count();
        emit CertificationVoted(id, msg.sender, count);
        if (count == MOTIONS.threshold()) {
            _devices[id].terms = terms.asCertified();
            certification.since = uint40(block.timestamp);
            emit DeviceCertified(id);
        }
    }

    /// @inheritdoc IDeviceRegistry
    function decertify(uint32 id, bytes32 content, string calldata reason) external {
        require(bytes(reason).length != 0, Device_EmptyReason(id));
        (uint256 seat, SellerTerms terms) = _seenByAuditor(id, content);
        require(terms.isCertified(), Device_NotCertified(id));
        bytes32 motion = keccak256(abi.encode(MOTIONS.committee(), id, content, reason));
        (bool isNew, Votes votes) = _motions[motion].cast(seat);
        require(isNew, Device_AlreadyVoted(id, msg.sender));

        _motions[motion] = votes;
        uint256 count = votes.count();
        emit DecertificationVoted(id, msg.sender, motion, count);
        if (count == MOTIONS.threshold()) {
            _certifications[id].withdrawn = true;
            _stop(id, terms);
            emit DeviceDecertified(id, reason);
        }
    }

    /// @inheritdoc IDeviceRegistry
    function retire(uint32 id) external {
        SellerTerms terms = _inService(id);
        require(msg.sender == terms.owner(), Device_NotOwner(id, terms.owner(), msg.sender));
        _stop(id, terms);
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
            stoppedAt: entry.meter.stoppedAt()
        });
    }

    /// @inheritdoc IDeviceRegistry
    function meterTermsOf(uint32 id) external view returns (MeterTerms) {
        return _devices[id].meter;
    }

    /// @inheritdoc IDeviceRegistry
    // A slot is a whole number of intervals.
    // slither-disable-next-line divide-before-multiply
    function reserve(Slot slot, PackedOrder[] calldata orders) external returns (SellerTerms[] memory terms) {
        require(msg.sender == ORDER_BOOK, Device_NotOrderBook(msg.sender));
        mapping(uint256 word => uint256) storage sales = _marks[Side.Sell][slot];
        mapping(uint256 word => uint256) storage purchases = _marks[Side.Buy][slot];
        uint256 intervals = slot.length() / BASE_INTERVAL;
        terms = new SellerTerms[](orders.length);
        for (uint256 i = 0; i < orders.length; ++i) {
            uint256 words = orders[i].terms;
            uint32 id = deviceIn(words);
            if (id == 0) continue;
            Side side = sideOf(words);
            Wh before = _mark(i, id, side, slot, side == Side.Sell ? sales : purchases);
            SellerTerms entry = _devices[id].terms;
            terms[i] = entry.withEnergy(before);
            // The caller refuses an unknown device.
            if (entry.owner() == address(0)) continue;
            Wh promised = before.addCapped(energyOf(orders[i].head));
            _requireWithin(i, id, side, promised, Wh.unwrap(entry.energy()) * intervals);
            if (LONGEST_SLOT != BASE_INTERVAL) _fixLength(id, slot);
        }
    }

    /// @inheritdoc IDeviceRegistry
    function decide(uint32 id, Side side, Slot slot, Wh before, Wh energy) external {
        require(msg.sender == ORDER_BOOK || msg.sender == SETTLEMENT, Device_NotMarket(msg.sender));
        (bool undecided, Wh have) = promisedOf(id, side, slot);
        require(undecided && Wh.unwrap(have) == Wh.unwrap(before), Device_NotUndecided(id, side, slot, before));

        uint256 shift = (id & 0x7f) << 1;
        uint256 word = _marks[side][slot][id >> 7] ^ (UNDECIDED << shift);
        if (Wh.unwrap(energy) != 0) {
            word |= DECIDED << shift;
            _decided[side][slot][id] = have + energy;
            emit OrderDecided(id, side, slot, energy, have + energy);
        }
        _marks[side][slot][id >> 7] = word;
    }

    /// @inheritdoc IDeviceRegistry
    function fixLength(uint32 id, Slot slot, address by) external {
        require(msg.sender == METERING, Device_NotMetering(msg.sender));
        uint32 length = slot.length();
        require(
            length != 0 && length % BASE_INTERVAL == 0 && LONGEST_SLOT % length == 0 && slot.startAt() % length == 0,
            Device_BadSlot(slot)
        );
        address holder = _devices[id].terms.owner();
        require(
            by == holder || LONGEST_SLOT == BASE_INTERVAL || lengthOf(id, slot.startAt()) != 0,
            Device_NotOwner(id, holder, by)
        );
        if (LONGEST_SLOT != BASE_INTERVAL) _fixLength(id, slot);
    }

    /// @inheritdoc IDeviceRegistry
    function promisedOf(uint32 id, Side side, Slot slot) public view returns (bool undecided, Wh decided) {
        uint256 mark = (_marks[side][slot][id >> 7] >> ((id & 0x7f) << 1)) & 3;
        undecided = mark & UNDECIDED != 0;
        if (mark & DECIDED != 0) decided = _decided[side][slot][id];
    }

    /// @inheritdoc IDeviceRegistry
    function lengthOf(uint32 id, uint40 time) public view returns (uint32) {
        if (LONGEST_SLOT == BASE_INTERVAL) return BASE_INTERVAL;
        return uint32((_lengths[time / LONGEST_SLOT][id >> 5] >> ((id & 0x1f) << 3)) & 0xff) * BASE_INTERVAL;
    }

    /// @inheritdoc IDeviceRegistry
    function certificationOf(uint32 id) external view returns (address owner, uint40 since, uint40 until) {
        return (_devices[id].terms.owner(), _certifications[id].since, _devices[id].meter.mintsUntil());
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
                terms.energy()
            )
        );
    }

    /// Reverts if: more is promised of a slot than `capacity`, Wh, or than a buy order can say.
    function _requireWithin(uint256 index, uint32 id, Side side, Wh promised, uint256 capacity) private pure {
        uint256 most = side == Side.Buy && capacity > MOST_BOUGHT ? MOST_BOUGHT : capacity;
        require(Wh.unwrap(promised) <= most, Device_AboveCapacity(index, id, promised, Wh.wrap(uint64(most))));
    }

    /// @dev Mark that an order of the device is undecided; what those before it sold or bought, Wh.
    /// Reverts if: another is.
    function _mark(uint256 index, uint32 id, Side side, Slot slot, mapping(uint256 word => uint256) storage marks)
        private
        returns (Wh before)
    {
        (uint256 word, uint256 shift) = (marks[id >> 7], (id & 0x7f) << 1);
        uint256 mark = (word >> shift) & 3;
        require(mark & UNDECIDED == 0, Device_Undecided(index, id, side, slot));
        marks[id >> 7] = word | (UNDECIDED << shift);
        if (mark != 0) before = _decided[side][slot][id];
    }

    /// @dev The device uses slots of this length within the longest slot.
    /// Reverts if: it uses another already.
    function _fixLength(uint32 id, Slot slot) private {
        uint32 have = lengthOf(id, slot.startAt());
        require(have == 0 || have == slot.length(), Device_OtherLength(id, slot, have));
        if (have != 0) return;
        uint256 units = slot.length() / BASE_INTERVAL;
        _lengths[slot.startAt() / LONGEST_SLOT][id >> 5] |= units << ((id & 0x1f) << 3);
    }

    /// @dev The seat of the auditor who calls, from 0, and the device of which the auditor saw this content.
    function _seenByAuditor(uint32 id, bytes32 content) private view returns (uint256 seat, SellerTerms terms) {
        seat = MOTIONS.seatOf(msg.sender);
        require(seat != 0, Device_NotAuditor(msg.sender));
        terms = _inService(id);
        bytes32 have = contentOf(id);
        require(content == have, Device_OtherContent(id, have, content));
        --seat;
    }

    /// @dev Out of service from now on, permanently.
    function _stop(uint32 id, SellerTerms terms) private {
        _devices[id].terms = terms.asRetired();
        _devices[id].meter = _devices[id].meter.asStopped(uint40(block.timestamp));
    }

    /// @dev The device, provided that it exists and is neither retired nor decertified.
    function _inService(uint32 id) private view returns (SellerTerms terms) {
        terms = _devices[id].terms;
        require(terms.owner() != address(0), Device_Unknown(id));
        require(!terms.isRetired(), Device_Retired(id));
    }
}
