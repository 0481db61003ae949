// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {IDeviceRegistry} from "../../interfaces/registry/IDeviceRegistry.sol";
import {SellerTerms} from "../types/Attested.sol";
import {PackedOrder, Side, deviceOf as deviceIn, energyOf, sideOf} from "../types/Orders.sol";
import {Slot} from "../types/Slots.sol";
import {Wh} from "../types/Units.sol";
import {DeviceChanges} from "./DeviceChanges.sol";

/// @title Meters, routers, exchanges and interfaces, each with a key of its own
contract DeviceRegistry is DeviceChanges {
    /// @dev The two bits of a device and slot.
    uint256 private constant UNDECIDED = 1;
    uint256 private constant DECIDED = 2;

    /// @dev The most energy of a slot that a meter's buy orders want, Wh: they have 32 bits for what it bought before.
    uint256 private constant MOST_BOUGHT = type(uint32).max;

    /// @dev The most base intervals in the longest slot: a lane of `_lengths` has 8 bits.
    uint256 private constant MOST_INTERVALS = 255;

    address private immutable ORDER_BOOK;
    address private immutable SETTLEMENT;
    address private immutable DELIVERIES;

    /// @inheritdoc IDeviceRegistry
    uint32 public immutable BASE_INTERVAL;

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
    /// @param deliveries Who issues certificates.
    /// @param keys Who knows signatures of P-256 keys.
    /// @param baseInterval Length of a reading's interval, seconds.
    /// @param longestSlot The longest delivery slot, seconds: 1 to 255 base intervals.
    constructor(
        address participants,
        address motions,
        address orderBook,
        address settlement,
        address deliveries,
        address keys,
        uint32 baseInterval,
        uint32 longestSlot
    ) DeviceChanges(participants, motions, keys, longestSlot) {
        require(
            baseInterval != 0 && longestSlot != 0 && longestSlot % baseInterval == 0
                && longestSlot / baseInterval <= MOST_INTERVALS,
            Device_BadIntervals(baseInterval, longestSlot)
        );
        ORDER_BOOK = orderBook;
        SETTLEMENT = settlement;
        DELIVERIES = deliveries;
        BASE_INTERVAL = baseInterval;
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
        require(msg.sender == DELIVERIES, Device_NotDeliveries(msg.sender));
        uint32 length = slot.length();
        require(
            length != 0 && length % BASE_INTERVAL == 0 && LONGEST_SLOT % length == 0 && slot.startAt() % length == 0,
            Device_BadSlot(slot)
        );
        (address holder,,,) = certificationAt(id, slot.startAt());
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
}
