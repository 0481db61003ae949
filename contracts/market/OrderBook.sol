// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {MessageHashUtils} from "@openzeppelin/contracts/utils/cryptography/MessageHashUtils.sol";
import {IClearing} from "../../interfaces/IClearing.sol";
import {IDeviceRegistry} from "../../interfaces/IDeviceRegistry.sol";
import {IEscrowWallets} from "../../interfaces/IEscrowWallets.sol";
import {IMetering} from "../../interfaces/IMetering.sol";
import {IOrderBook} from "../../interfaces/IOrderBook.sol";
import {IParticipantRegistry} from "../../interfaces/IParticipantRegistry.sol";
import {BatchRoot} from "../types/BatchRoot.sol";
import {Market} from "../types/Markets.sol";
import {MAX_BATCH, OrderFields, OrderId, PackedOrder, Side, orderIdAt} from "../types/Orders.sol";
import {Signatures} from "../types/Signatures.sol";
import {Points, Wh, valueDown} from "../types/Units.sol";
import {MarketRules} from "./libraries/MarketRules.sol";
import {OrderHashing} from "./libraries/OrderHashing.sol";
import {OrderRules} from "./libraries/OrderRules.sol";

/// @title OrderBook
/// @notice What it promises stands in IOrderBook.
contract OrderBook is IOrderBook, EIP712 {
    using OrderFields for PackedOrder;
    using OrderHashing for Placed;

    /// @dev A batch: the root of its orders, and the bits of those that are cancelled or released.
    struct Batch {
        bytes32 root;
        uint256 closed;
    }

    /// @dev Reservations gathered over several orders, for one call of the escrow.
    struct Reservations {
        address[] traders;
        Points[] points;
        uint256 count;
    }

    /// @dev The orders of a batch by side, for one call to each contract that knows about them.
    struct Sides {
        /// Traders of all orders, as they stand in the batch.
        address[] traders;
        address[] buyers;
        Points[] points;
        uint32[] buyNonces;
        address[] sellers;
        uint32[] devices;
        uint32[] sellNonces;
    }

    IParticipantRegistry public immutable PARTICIPANTS;
    IDeviceRegistry public immutable DEVICES;
    IMetering public immutable METERING;
    IClearing public immutable CLEARING;
    IEscrowWallets public immutable ESCROW;

    mapping(bytes32 market => Market) private _markets;
    mapping(bytes32 market => Batch[]) private _batches;
    /// @dev Bits of devices whose export of a slot is for sale or sold, 256 a word.
    mapping(uint40 slotStart => mapping(uint256 word => uint256)) private _selling;

    constructor(address participants, address devices, address metering, address clearing, address escrow)
        EIP712("PowerPact", "1")
    {
        PARTICIPANTS = IParticipantRegistry(participants);
        DEVICES = IDeviceRegistry(devices);
        METERING = IMetering(metering);
        CLEARING = IClearing(clearing);
        ESCROW = IEscrowWallets(escrow);
    }

    /// @inheritdoc IOrderBook
    function openMarket(Market calldata rules, string[] calldata attributes, string[] calldata classes)
        external
        returns (bytes32 market)
    {
        require(PARTICIPANTS.isActive(msg.sender), Market_OpenerNotActive(msg.sender));
        market = marketId(rules, attributes, classes);
        require(_markets[market].closesAt == 0, Market_AlreadyOpen(market));
        MarketRules.check(rules, attributes.length, classes.length, METERING.SLOT_LENGTH());
        _markets[market] = rules;
        emit MarketOpened(market, msg.sender, rules, attributes, classes);
    }

    /// @inheritdoc IOrderBook
    function place(bytes32 market, PackedOrder calldata order) external returns (OrderId id) {
        PackedOrder[] memory orders = new PackedOrder[](1);
        orders[0] = order;
        require(orders[0].trader() == msg.sender, Order_NotTrader(orders[0].trader(), msg.sender));
        return orderIdAt(_post(market, _openRules(market), orders), 0);
    }

    /// @inheritdoc IOrderBook
    function placeSigned(bytes32 market, PackedOrder[] calldata orders, bytes[] calldata signatures)
        external
        returns (uint32 batch)
    {
        uint256 count = orders.length;
        require(count == signatures.length, Order_LengthMismatch(count, signatures.length));
        Market memory rules = _openRules(market);
        bytes32 domain = _domainSeparatorV4();
        PackedOrder[] memory copies = orders;
        for (uint256 i = 0; i < count; ++i) {
            bytes32 digest = MessageHashUtils.toTypedDataHash(domain, OrderHashing.structHash(market, copies[i]));
            address trader = copies[i].trader();
            require(Signatures.isValid(trader, digest, signatures[i]), Order_BadSignature(i, trader));
        }
        return _post(market, rules, copies);
    }

    /// @inheritdoc IOrderBook
    function cancel(bytes32 market, Placed calldata placed) external {
        Market memory rules = rulesOf(market);
        PackedOrder memory order = placed.order;
        require(order.trader() == msg.sender, Order_NotTrader(order.trader(), msg.sender));
        require(block.timestamp < rules.closesAt, Market_GateClosed(market, rules.closesAt));
        Reservations memory freed = _newReservations(1);
        _close(market, placed, rules.slotStart, Wh.wrap(0), freed);
        emit OrderCancelled(market, placed.id, msg.sender);
        _send(freed);
    }

    /// @inheritdoc IOrderBook
    function cancelNonces(Side side, uint32 page, uint32 mask) external {
        ESCROW.cancelNonces(msg.sender, side, page, mask);
    }

    /// @inheritdoc IOrderBook
    function release(bytes32 market, Placed[] calldata placed) external {
        Market memory rules = rulesOf(market);
        bool isFinal = CLEARING.finalOf(market) != 0;
        bool isOver = block.timestamp > rules.finalBy && CLEARING.standingOf(market) == 0;
        Reservations memory freed = _newReservations(placed.length);
        for (uint256 i = 0; i < placed.length; ++i) {
            PackedOrder memory order = placed[i].order;
            require(isFinal || isOver, Order_StillBound(market, placed[i].id));
            Wh bound = isFinal ? CLEARING.boundEnergy(market, placed[i].id, order.energy()) : Wh.wrap(0);
            require(order.energy() > bound, Order_StillBound(market, placed[i].id));
            _close(market, placed[i], rules.slotStart, bound, freed);
            emit OrderReleased(market, placed[i].id, order.trader());
        }
        _send(freed);
    }

    /// @inheritdoc IOrderBook
    function freeDevice(uint32 device, uint40 slotStart) external {
        require(msg.sender == address(ESCROW), Order_NotSettlement(msg.sender));
        _freeDevice(device, slotStart);
    }

    /// @inheritdoc IOrderBook
    function verify(bytes32 market, Placed calldata placed) public view {
        uint256 batch = placed.id.batchOf();
        require(
            batch < _batches[market].length && placed.rootOf() == _batches[market][batch].root,
            Order_Unknown(market, placed.id)
        );
    }

    /// @inheritdoc IOrderBook
    function rulesOf(bytes32 market) public view returns (Market memory rules) {
        rules = _markets[market];
        require(rules.closesAt != 0, Market_Unknown(market));
    }

    /// @inheritdoc IOrderBook
    function marketId(Market calldata rules, string[] calldata attributes, string[] calldata classes)
        public
        view
        returns (bytes32)
    {
        return keccak256(abi.encode(block.chainid, address(this), rules, attributes, classes));
    }

    /// @inheritdoc IOrderBook
    function batchCount(bytes32 market) external view returns (uint256) {
        return _batches[market].length;
    }

    /// @inheritdoc IOrderBook
    function batchState(bytes32 market, uint256 batch) external view returns (bytes32 root, uint256 closed) {
        if (batch >= _batches[market].length) return (0, 0);
        Batch storage stored = _batches[market][batch];
        return (stored.root, stored.closed);
    }

    /// @inheritdoc IOrderBook
    function isSelling(uint32 device, uint40 slotStart) external view returns (bool) {
        return _selling[slotStart][device >> 8] & (1 << (device & 0xff)) != 0;
    }

    /// @dev The rules of a market whose gate is open.
    function _openRules(bytes32 market) private view returns (Market memory rules) {
        rules = rulesOf(market);
        require(block.timestamp < rules.closesAt, Market_GateClosed(market, rules.closesAt));
    }

    /// @dev Check, attest, reserve for and record a batch whose signatures are good. Writes what is
    /// attested into `orders`.
    function _post(bytes32 market, Market memory rules, PackedOrder[] memory orders) private returns (uint32 batch) {
        uint256 count = orders.length;
        require(count != 0, Order_EmptyBatch());
        require(count <= MAX_BATCH, Order_BatchTooLarge(count, MAX_BATCH));
        Sides memory sides = _sort(orders, rules);
        IParticipantRegistry.Standing[] memory standings = PARTICIPANTS.standingsOf(sides.traders);
        if (sides.sellers.length != 0) _admitSellers(orders, rules, sides, standings);
        bytes32[] memory leaves = new bytes32[](count);
        for (uint256 i = 0; i < count; ++i) {
            require(standings[i].active, Order_TraderNotActive(i, sides.traders[i]));
            leaves[i] = OrderHashing.leaf(i, orders[i]);
        }
        batch = uint32(_batches[market].length);
        _batches[market].push(Batch({root: BatchRoot.rootOf(leaves), closed: 0}));
        emit OrdersPlaced(market, batch, msg.sender, orders);
        if (sides.buyers.length != 0) ESCROW.reserve(sides.buyers, sides.points, sides.buyNonces);
    }

    /// @dev Check the fields of each order, and gather what other contracts must know of it.
    function _sort(PackedOrder[] memory orders, Market memory rules) private view returns (Sides memory sides) {
        uint256 count = orders.length;
        (sides.traders, sides.buyers, sides.sellers) =
            (new address[](count), new address[](count), new address[](count));
        (sides.points, sides.devices) = (new Points[](count), new uint32[](count));
        (sides.buyNonces, sides.sellNonces) = (new uint32[](count), new uint32[](count));
        uint256 buys = 0;
        for (uint256 i = 0; i < count; ++i) {
            PackedOrder memory order = orders[i];
            OrderRules.check(i, order, rules);
            require(block.timestamp <= order.expiry(), Order_Expired(i, order.expiry()));
            address trader = order.trader();
            sides.traders[i] = trader;
            if (order.side() == Side.Buy) {
                (sides.buyers[buys], sides.buyNonces[buys]) = (trader, order.nonce());
                // No trade can cost more than the energy at the bid.
                sides.points[buys++] = valueDown(order.energy(), order.price());
            } else {
                uint256 sells = i - buys;
                (sides.sellers[sells], sides.sellNonces[sells]) = (trader, order.nonce());
                sides.devices[sells] = order.device();
            }
        }
        _shorten(sides, buys, count - buys);
    }

    /// @dev Cut the lists of a side to its orders.
    function _shorten(Sides memory sides, uint256 buys, uint256 sells) private pure {
        (address[] memory buyers, Points[] memory points) = (sides.buyers, sides.points);
        (address[] memory sellers, uint32[] memory devices) = (sides.sellers, sides.devices);
        (uint32[] memory buyNonces, uint32[] memory sellNonces) = (sides.buyNonces, sides.sellNonces);
        // Equivalent to copying the first elements: lengths only shrink.
        assembly ("memory-safe") {
            mstore(buyers, buys)
            mstore(points, buys)
            mstore(buyNonces, buys)
            mstore(sellers, sells)
            mstore(devices, sells)
            mstore(sellNonces, sells)
        }
    }

    /// @dev Check the sellers' devices and write what is attested into their orders.
    function _admitSellers(
        PackedOrder[] memory orders,
        Market memory rules,
        Sides memory sides,
        IParticipantRegistry.Standing[] memory standings
    ) private {
        IDeviceRegistry.SellerTerms[] memory terms = DEVICES.sellerTermsOf(sides.devices);
        IEscrowWallets.Reliability[] memory past = ESCROW.enlist(sides.sellers, sides.sellNonces);
        uint256 sells = 0;
        for (uint256 i = 0; i < orders.length; ++i) {
            PackedOrder memory order = orders[i];
            if (order.side() == Side.Buy) continue;
            IDeviceRegistry.SellerTerms memory device = terms[sells];
            require(device.owner == sides.traders[i], Order_DeviceNotOwned(i, order.device(), sides.traders[i]));
            require(
                device.fit && device.carrier == rules.carrier && (rules.subnet == 0 || device.subnet == rules.subnet),
                Order_DeviceUnfit(i, order.device())
            );
            _sell(i, order.device(), rules.slotStart);
            OrderRules.attest(i, order, rules, device.source, standings[i].credibility, past[sells]);
            ++sells;
        }
    }

    /// @dev Mark a device as selling in a slot.
    function _sell(uint256 index, uint32 device, uint40 slotStart) private {
        uint256 bit = 1 << (device & 0xff);
        uint256 bits = _selling[slotStart][device >> 8];
        require(bits & bit == 0, Order_DeviceAlreadySelling(index, device, slotStart));
        _selling[slotStart][device >> 8] = bits | bit;
    }

    /// @dev Close an order that is in its batch and open and of which `traded` Wh stay bound; gather what the
    /// rest of it reserved, free what it sold.
    function _close(
        bytes32 market,
        Placed calldata placed,
        uint40 slotStart,
        Wh traded,
        Reservations memory freed
    ) private {
        verify(market, placed);
        Batch storage batch = _batches[market][placed.id.batchOf()];
        uint256 closed = batch.closed;
        require(closed & placed.id.bitOf() == 0, Order_AlreadyClosed(market, placed.id));
        batch.closed = closed | placed.id.bitOf();
        PackedOrder memory order = placed.order;
        if (order.side() == Side.Buy) {
            uint256 count = freed.count++;
            freed.traders[count] = order.trader();
            freed.points[count] = valueDown(order.energy(), order.price()) - valueDown(traded, order.price());
        } else if (Wh.unwrap(traded) == 0) {
            _freeDevice(order.device(), slotStart);
        }
    }

    function _freeDevice(uint32 device, uint40 slotStart) private {
        _selling[slotStart][device >> 8] &= ~(1 << (device & 0xff));
    }

    function _newReservations(uint256 most) private pure returns (Reservations memory) {
        return Reservations({traders: new address[](most), points: new Points[](most), count: 0});
    }

    /// @dev Have the escrow free what was gathered, if there is anything.
    function _send(Reservations memory gathered) private {
        (address[] memory traders, Points[] memory points) = (gathered.traders, gathered.points);
        uint256 count = gathered.count;
        if (count == 0) return;
        // Equivalent to cutting both arrays to `count`: lengths only shrink.
        assembly ("memory-safe") {
            mstore(traders, count)
            mstore(points, count)
        }
        ESCROW.release(traders, points);
    }
}
