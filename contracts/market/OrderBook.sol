// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {IClearing} from "../../interfaces/IClearing.sol";
import {IDeviceRegistry} from "../../interfaces/IDeviceRegistry.sol";
import {IEscrowWallets} from "../../interfaces/IEscrowWallets.sol";
import {IMetering} from "../../interfaces/IMetering.sol";
import {IOrderBook} from "../../interfaces/IOrderBook.sol";
import {IParticipantRegistry} from "../../interfaces/IParticipantRegistry.sol";
import {BatchRoot} from "../types/BatchRoot.sol";
import {Carrier, Market} from "../types/Markets.sol";
import {MAX_BATCH, OrderFields, OrderId, PackedOrder, Side, orderIdAt} from "../types/Orders.sol";
import {Signatures} from "../types/Signatures.sol";
import {Points, Ppm, valueDown} from "../types/Units.sol";
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

    /// @dev Reservations gathered over a batch, for one call of the escrow.
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
    /// @dev Bits of used nonces, 256 a word.
    mapping(address trader => mapping(uint256 word => uint256)) private _nonces;
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
        return orderIdAt(_post(market, orders), 0);
    }

    /// @inheritdoc IOrderBook
    function placeSigned(bytes32 market, PackedOrder[] calldata orders, bytes[] calldata signatures)
        external
        returns (uint32 batch)
    {
        require(orders.length == signatures.length, Order_LengthMismatch(orders.length, signatures.length));
        PackedOrder[] memory copies = orders;
        for (uint256 i = 0; i < copies.length; ++i) {
            PackedOrder memory order = copies[i];
            bytes32 digest = _hashTypedDataV4(OrderHashing.structHash(market, order));
            require(
                Signatures.isValid(order.trader(), digest, signatures[i]), Order_BadSignature(i, order.trader())
            );
        }
        return _post(market, copies);
    }

    /// @inheritdoc IOrderBook
    function cancel(bytes32 market, Placed calldata placed) external {
        Market memory rules = rulesOf(market);
        PackedOrder memory order = placed.order;
        require(order.trader() == msg.sender, Order_NotTrader(order.trader(), msg.sender));
        require(block.timestamp < rules.closesAt, Market_GateClosed(market, rules.closesAt));
        Reservations memory freed = _newReservations(1);
        _close(market, placed, rules.slotStart, freed);
        emit OrderCancelled(market, placed.id, msg.sender);
        _send(freed, ESCROW.release);
    }

    /// @inheritdoc IOrderBook
    function cancelNonces(uint256 word, uint256 mask) external {
        _nonces[msg.sender][word] |= mask;
        emit NoncesCancelled(msg.sender, word, mask);
    }

    /// @inheritdoc IOrderBook
    function release(bytes32 market, Placed[] calldata placed) external {
        Market memory rules = rulesOf(market);
        bool isFinal = CLEARING.finalOf(market) != 0;
        Reservations memory freed = _newReservations(placed.length);
        for (uint256 i = 0; i < placed.length; ++i) {
            OrderId id = placed[i].id;
            require(
                isFinal ? !CLEARING.isTraded(market, id) : block.timestamp > rules.finalBy,
                Order_StillBound(market, id)
            );
            _close(market, placed[i], rules.slotStart, freed);
            emit OrderReleased(market, id, address(uint160(placed[i].order.head >> 96)));
        }
        _send(freed, ESCROW.release);
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
    function isNonceUsed(address trader, uint32 nonce) external view returns (bool) {
        return _nonces[trader][nonce >> 8] & (1 << (nonce & 0xff)) != 0;
    }

    /// @inheritdoc IOrderBook
    function isSelling(uint32 device, uint40 slotStart) external view returns (bool) {
        return _selling[slotStart][device >> 8] & (1 << (device & 0xff)) != 0;
    }

    /// @dev Check, attest, reserve for and record a batch whose signatures are good. Writes what is
    /// attested into `orders`.
    function _post(bytes32 market, PackedOrder[] memory orders) private returns (uint32 batch) {
        Market memory rules = rulesOf(market);
        require(block.timestamp < rules.closesAt, Market_GateClosed(market, rules.closesAt));
        require(orders.length != 0, Order_EmptyBatch());
        require(orders.length <= MAX_BATCH, Order_BatchTooLarge(orders.length, MAX_BATCH));

        bytes32[] memory leaves = new bytes32[](orders.length);
        Reservations memory reservations = _newReservations(orders.length);
        for (uint256 i = 0; i < orders.length; ++i) {
            PackedOrder memory order = orders[i];
            OrderRules.check(i, order, rules);
            require(block.timestamp <= order.expiry(), Order_Expired(i, order.expiry()));
            _useNonce(i, order.trader(), order.nonce());
            (bool active, Ppm credibility) = PARTICIPANTS.standingOf(order.trader());
            require(active, Order_TraderNotActive(i, order.trader()));
            if (order.side() == Side.Buy) {
                _add(reservations, order);
            } else {
                _admitSeller(i, order, rules, credibility);
            }
            leaves[i] = OrderHashing.leaf(i, order);
        }

        batch = uint32(_batches[market].length);
        _batches[market].push(Batch({root: BatchRoot.rootOf(leaves), closed: 0}));
        emit OrdersPlaced(market, batch, msg.sender, orders);
        _send(reservations, ESCROW.reserve);
    }

    /// @dev Check the seller's device and write what is attested into the order.
    function _admitSeller(uint256 index, PackedOrder memory order, Market memory rules, Ppm credibility) private {
        uint32 device = order.device();
        (address owner, uint32 subnet, Carrier carrier, uint8 source, bool fit) = DEVICES.sellerTerms(device);
        require(owner == order.trader(), Order_DeviceNotOwned(index, device, order.trader()));
        require(
            fit && carrier == rules.carrier && (rules.subnet == 0 || subnet == rules.subnet),
            Order_DeviceUnfit(index, device)
        );
        uint256 bit = 1 << (device & 0xff);
        uint256 bits = _selling[rules.slotStart][device >> 8];
        require(bits & bit == 0, Order_DeviceAlreadySelling(index, device, rules.slotStart));
        _selling[rules.slotStart][device >> 8] = bits | bit;
        (Ppm reliability, uint32 trades) = ESCROW.reliabilityOf(order.trader());
        OrderRules.attest(
            index, order, rules, source, Ppm.unwrap(credibility), Ppm.unwrap(reliability), trades
        );
    }

    function _useNonce(uint256 index, address trader, uint32 nonce) private {
        uint256 bit = 1 << (nonce & 0xff);
        uint256 bits = _nonces[trader][nonce >> 8];
        require(bits & bit == 0, Order_NonceUsed(index, trader, nonce));
        _nonces[trader][nonce >> 8] = bits | bit;
    }

    /// @dev Close an order that is in its batch and open; gather what it reserved, free what it sold.
    function _close(bytes32 market, Placed calldata placed, uint40 slotStart, Reservations memory freed) private {
        verify(market, placed);
        Batch storage batch = _batches[market][placed.id.batchOf()];
        uint256 closed = batch.closed;
        require(closed & placed.id.bitOf() == 0, Order_AlreadyClosed(market, placed.id));
        batch.closed = closed | placed.id.bitOf();
        PackedOrder memory order = placed.order;
        if (order.side() == Side.Buy) _add(freed, order);
        else _freeDevice(order.device(), slotStart);
    }

    function _freeDevice(uint32 device, uint40 slotStart) private {
        _selling[slotStart][device >> 8] &= ~(1 << (device & 0xff));
    }

    function _newReservations(uint256 most) private pure returns (Reservations memory) {
        return Reservations({traders: new address[](most), points: new Points[](most), count: 0});
    }

    /// @dev A buy order reserves the value of its energy at its bid: no trade can cost more.
    function _add(Reservations memory reservations, PackedOrder memory order) private pure {
        uint256 count = reservations.count++;
        reservations.traders[count] = order.trader();
        reservations.points[count] = valueDown(order.energy(), order.price());
    }

    /// @dev Hand the gathered reservations to the escrow, if there are any.
    function _send(
        Reservations memory gathered,
        function(address[] memory, Points[] memory) external escrowCall
    ) private {
        (address[] memory traders, Points[] memory points) = (gathered.traders, gathered.points);
        uint256 count = gathered.count;
        if (count == 0) return;
        // Equivalent to cutting both arrays to `count`: lengths only shrink.
        assembly ("memory-safe") {
            mstore(traders, count)
            mstore(points, count)
        }
        escrowCall(traders, points);
    }
}
