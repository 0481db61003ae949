// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {MessageHashUtils} from "@openzeppelin/contracts/utils/cryptography/MessageHashUtils.sol";
import {Address} from "@openzeppelin/contracts/utils/Address.sol";
import {IClearing} from "../../interfaces/IClearing.sol";
import {IDeviceRegistry} from "../../interfaces/IDeviceRegistry.sol";
import {IEscrowWallets} from "../../interfaces/IEscrowWallets.sol";
import {IMetering} from "../../interfaces/IMetering.sol";
import {IOrderBook} from "../../interfaces/IOrderBook.sol";
import {IParticipantRegistry} from "../../interfaces/IParticipantRegistry.sol";
import {Reliability, SellerTerms, Standing} from "../types/Attested.sol";
import {BatchRoot} from "../types/BatchRoot.sol";
import {Market} from "../types/Markets.sol";
import {MAX_BATCH, OrderFields, OrderId, PackedOrder, Side, orderIdAt} from "../types/Orders.sol";
import {Signatures} from "../types/Signatures.sol";
import {Points, Wh, valueDown} from "../types/Units.sol";
import {MarketRules} from "./libraries/MarketRules.sol";
import {OrderHashing} from "./libraries/OrderHashing.sol";
import {OrderList, OrderLists} from "./libraries/OrderList.sol";
import {OrderRules} from "./libraries/OrderRules.sol";

/// @title OrderBook
/// @notice What it promises stands in IOrderBook.
contract OrderBook is IOrderBook, EIP712 {
    using Address for address;
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
        OrderList orders = OrderLists.copyOne(order);
        address trader = orders.at(0).trader();
        require(trader == msg.sender, Order_NotTrader(trader, msg.sender));
        return orderIdAt(_post(market, _openRules(market), orders), 0);
    }

    /// @inheritdoc IOrderBook
    function placeSigned(bytes32 market, PackedOrder[] calldata orders, bytes[] calldata signatures)
        external
        returns (uint32 batch)
    {
        uint256 count = orders.length;
        require(count == signatures.length, Order_LengthMismatch(count, signatures.length));
        require(count != 0, Order_EmptyBatch());
        require(count <= MAX_BATCH, Order_BatchTooLarge(count, MAX_BATCH));
        Market memory rules = _openRules(market);
        OrderList list = OrderLists.copy(orders);
        bytes32 domain = _domainSeparatorV4();
        for (uint256 i = 0; i < count; ++i) {
            PackedOrder memory order = list.at(i);
            bytes32 digest = MessageHashUtils.toTypedDataHash(domain, OrderHashing.structHash(market, order));
            require(Signatures.isValid(order.trader(), digest, signatures[i]), Order_BadSignature(i, order.trader()));
        }
        return _post(market, rules, list);
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

    /// @dev Check, attest, reserve for and record a batch whose signatures are good. Writes what is attested into
    /// `orders`.
    function _post(bytes32 market, Market memory rules, OrderList orders) private returns (uint32 batch) {
        uint256 count = orders.length();
        OrderRules.Form memory form = OrderRules.formOf(rules);
        address[] memory traders = new address[](count);
        uint32[] memory devices = new uint32[](count);
        uint256 sells = 0;
        for (uint256 i = 0; i < count; ++i) {
            PackedOrder memory order = orders.at(i);
            OrderRules.check(i, order, form);
            require(block.timestamp <= order.expiry(), Order_Expired(i, order.expiry()));
            traders[i] = order.trader();
            if (order.side() == Side.Sell) devices[sells++] = order.device();
        }
        Standing[] memory standings = PARTICIPANTS.standingsOf(traders);
        for (uint256 i = 0; i < count; ++i) {
            require(standings[i].isActive(), Order_TraderNotActive(i, traders[i]));
        }
        bytes memory answer = address(ESCROW).functionCall(orders.toCall(IEscrowWallets.admit.selector));
        if (sells != 0) {
            // Equivalent to copying the first elements: the length only shrinks.
            assembly ("memory-safe") {
                mstore(devices, sells)
            }
            _attest(orders, rules, form, devices, standings, abi.decode(answer, (Reliability[])));
        }
        batch = uint32(_batches[market].length);
        _batches[market].push(Batch({root: _rootOf(orders), closed: 0}));
        orders.log(OrdersPlaced.selector, market, batch, msg.sender);
    }

    /// @dev Check the sellers' devices and write what is attested into their orders.
    function _attest(
        OrderList orders,
        Market memory rules,
        OrderRules.Form memory form,
        uint32[] memory devices,
        Standing[] memory standings,
        Reliability[] memory past
    ) private {
        SellerTerms[] memory terms = DEVICES.sellerTermsOf(devices);
        uint256 sells = 0;
        for (uint256 i = 0; i < standings.length; ++i) {
            PackedOrder memory order = orders.at(i);
            if (order.side() == Side.Buy) continue;
            SellerTerms device = terms[sells];
            require(device.owner() == order.trader(), Order_DeviceNotOwned(i, order.device(), order.trader()));
            require(
                device.isFit() && device.carrier() == rules.carrier
                    && (rules.subnet == 0 || device.subnet() == rules.subnet),
                Order_DeviceUnfit(i, order.device())
            );
            _sell(i, order.device(), rules.slotStart);
            OrderRules.attest(order, form, device.source(), standings[i].credibility(), past[sells]);
            ++sells;
        }
    }

    /// @dev Merkle root of a batch.
    function _rootOf(OrderList orders) private pure returns (bytes32) {
        bytes32[] memory leaves = new bytes32[](orders.length());
        for (uint256 i = 0; i < leaves.length; ++i) {
            leaves[i] = OrderHashing.leaf(i, orders.at(i));
        }
        return BatchRoot.rootOf(leaves);
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
