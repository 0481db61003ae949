// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {MessageHashUtils} from "@openzeppelin/contracts/utils/cryptography/MessageHashUtils.sol";
import {IAccounts} from "../../interfaces/accounts/IAccounts.sol";
import {IDeviceRegistry} from "../../interfaces/registry/IDeviceRegistry.sol";
import {IMandates} from "../../interfaces/market/IMandates.sol";
import {IMarkets} from "../../interfaces/market/IMarkets.sol";
import {IOrderBook} from "../../interfaces/market/IOrderBook.sol";
import {IParticipantRegistry} from "../../interfaces/registry/IParticipantRegistry.sol";
import {Reliability, SellerTerms, Admission} from "../types/Attested.sol";
import {PackedMandate} from "../types/Mandates.sol";
import {BatchRoot} from "../shared/BatchRoot.sol";
import {ContestTerms, LeastTerms, OrderTerms} from "../types/Markets.sol";
import {Slot} from "../types/Slots.sol";
import {pageOf} from "../types/Nonces.sol";
import {MANDATED, MAX_BATCH, OrderFields, OrderId, PackedOrder, Side, orderIdAt} from "../types/Orders.sol";
import {Signatures} from "../shared/Signatures.sol";
import {CompactSignature} from "../types/CompactSignature.sol";
import {Points, Wh, valueDown} from "../types/Units.sol";
import {OrderHashing} from "../shared/OrderHashing.sol";
import {Answers, NO_ANSWERS, OrderList, OrderLists} from "./libraries/OrderList.sol";
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

    /// @dev Reservations gathered over several orders, for one call.
    struct Reservations {
        address[] traders;
        Points[] points;
        uint256 count;
    }

    IParticipantRegistry public immutable PARTICIPANTS;
    IDeviceRegistry public immutable DEVICES;
    IMarkets public immutable MARKETS;
    address public immutable RELEASES;
    IAccounts public immutable ACCOUNTS;
    IMandates public immutable MANDATES;

    mapping(bytes32 market => mapping(uint256 batch => Batch)) private _batches;

    /// @param participants Who may trade.
    /// @param devices What sells, and measures.
    /// @param markets The rules.
    /// @param releases Who releases what did not trade.
    /// @param accounts Where money is reserved.
    /// @param mandates What delegates may order.
    constructor(
        address participants,
        address devices,
        address markets,
        address releases,
        address accounts,
        address mandates
    ) EIP712("PowerPact", "1") {
        PARTICIPANTS = IParticipantRegistry(participants);
        DEVICES = IDeviceRegistry(devices);
        MARKETS = IMarkets(markets);
        RELEASES = releases;
        ACCOUNTS = IAccounts(accounts);
        MANDATES = IMandates(mandates);
    }

    /// @inheritdoc IOrderBook
    function place(bytes32 market, PackedOrder calldata order) external returns (OrderId id) {
        OrderList orders = OrderLists.copyOne(order);
        address trader = orders.at(0).trader();
        require(trader == msg.sender, Order_NotTrader(trader, msg.sender));
        (OrderRules.Form memory form, uint32 batch) = _openBatch(market);
        OrderRules.check(0, orders.at(0), form);
        _post(market, batch, form, orders);
        return orderIdAt(batch, 0);
    }

    /// @inheritdoc IOrderBook
    function placeSigned(
        bytes32 market,
        PackedOrder[] calldata orders,
        CompactSignature[] calldata signatures,
        bytes[] calldata ofContracts
    ) external returns (uint32 batch) {
        require(orders.length == signatures.length, Order_LengthMismatch(orders.length, signatures.length));
        _requireFits(orders.length);
        OrderRules.Form memory form;
        (form, batch) = _openBatch(market);
        OrderList list = OrderLists.copy(orders);
        _checkSigned(market, form, list, signatures, ofContracts);
        _post(market, batch, form, list);
    }

    /// @inheritdoc IOrderBook
    function placeMandated(
        bytes32 market,
        PackedOrder[] calldata orders,
        PackedMandate[] calldata mandates,
        CompactSignature[] calldata signatures
    ) external returns (uint32 batch) {
        _requireFits(orders.length);
        OrderRules.Form memory form;
        (form, batch) = _openBatch(market);
        OrderList list = OrderLists.copy(orders);
        for (uint256 i = 0; i < orders.length; ++i) {
            PackedOrder memory order = list.at(i);
            require(order.isMandated(), Order_NotMandated(i));
            // No other order has this bit.
            order.terms ^= MANDATED;
            OrderRules.check(i, order, form);
            order.terms ^= MANDATED;
        }
        MANDATES.admit(market, orders, mandates, signatures);
        _post(market, batch, form, list);
    }

    /// @inheritdoc IOrderBook
    function cancel(bytes32 market, Placed calldata placed) external {
        (ContestTerms contest, OrderTerms terms) = MARKETS.orderTermsOf(market);
        _requireOpen(market, contest);
        PackedOrder memory order = placed.order;
        require(
            order.trader() == msg.sender || (order.isMandated() && MANDATES.delegateOf(order.nonce()) == msg.sender),
            Order_NotTrader(order.trader(), msg.sender)
        );
        Reservations memory returned = _newReservations(1);
        require(_close(market, placed, terms.slot(), Wh.wrap(0), returned), Order_AlreadyClosed(market, placed.id));
        if (!order.isBuy() && !order.isMandated()) {
            (uint32 page, uint32 mask) = pageOf(order.nonce());
            ACCOUNTS.cancelNonces(msg.sender, Side.Sell, page, mask);
        }
        emit OrderCancelled(market, placed.id, order.trader());
        _send(returned);
    }

    /// @inheritdoc IOrderBook
    function cancelNonces(Side side, uint32 page, uint32 mask) external {
        ACCOUNTS.cancelNonces(msg.sender, side, page, mask);
    }

    /// @inheritdoc IOrderBook
    function release(bytes32 market, Placed[] calldata placed, Wh[] calldata bound) external {
        require(msg.sender == RELEASES, Order_NotReleaser(msg.sender));
        // What the contest asks is known to it.
        // slither-disable-next-line unused-return
        (, OrderTerms terms) = MARKETS.orderTermsOf(market);
        Reservations memory returned = _newReservations(placed.length);
        uint256 released = 0;
        for (uint256 i = 0; i < placed.length; ++i) {
            if (!_close(market, placed[i], terms.slot(), bound[i], returned)) continue;
            ++released;
            PackedOrder memory order = placed[i].order;
            emit OrderReleased(market, placed[i].id, order.trader());
        }
        if (released == 0 && placed.length != 0) {
            revert Order_AlreadyClosed(market, placed[placed.length - 1].id);
        }
        _send(returned);
    }

    /// @inheritdoc IOrderBook
    function verify(bytes32 market, Placed calldata placed) public view {
        require(placed.rootOf() == _batches[market][placed.id.batchOf()].root, Order_Unknown(market, placed.id));
    }

    /// @inheritdoc IOrderBook
    function batchState(bytes32 market, uint256 batch) external view returns (bytes32 root, uint256 closed) {
        Batch storage stored = _batches[market][batch];
        return (stored.root, stored.closed);
    }

    /// @dev The form of the orders of a market whose gate is open, and the number of its next batch.
    function _openBatch(bytes32 market) private returns (OrderRules.Form memory form, uint32 batch) {
        ContestTerms contest;
        OrderTerms terms;
        LeastTerms least;
        (contest, terms, least, batch) = MARKETS.takeBatch(market);
        _requireOpen(market, contest);
        form = OrderRules.formOf(contest, terms, least);
    }

    /// Reverts if: there are no orders, or more than a batch takes.
    function _requireFits(uint256 count) private pure {
        require(count != 0, Order_EmptyBatch());
        require(count <= MAX_BATCH, Order_BatchTooLarge(count, MAX_BATCH));
    }

    /// Reverts if: the gate is closed.
    function _requireOpen(bytes32 market, ContestTerms contest) private view {
        uint40 closesAt = contest.closesAt();
        require(block.timestamp < closesAt, IMarkets.Market_GateClosed(market, closesAt));
    }

    /// @dev Check the fields and the signature of each order.
    function _checkSigned(
        bytes32 market,
        OrderRules.Form memory form,
        OrderList orders,
        CompactSignature[] calldata signatures,
        bytes[] calldata ofContracts
    ) private view {
        bytes32 domain = _domainSeparatorV4();
        for (uint256 i = 0; i < signatures.length; ++i) {
            PackedOrder memory order = orders.at(i);
            OrderRules.check(i, order, form);
            bytes32 digest = MessageHashUtils.toTypedDataHash(domain, OrderHashing.structHash(market, order));
            require(
                Signatures.isValid(order.trader(), digest, signatures[i], ofContracts),
                Order_BadSignature(i, order.trader())
            );
        }
    }

    /// @dev Admit, attest and record a batch of orders that are well formed and signed. Writes what is attested into
    /// `orders`.
    // Who is asked is part of the deployment and calls nobody.
    // slither-disable-next-line reentrancy-no-eth
    function _post(bytes32 market, uint32 batch, OrderRules.Form memory form, OrderList orders) private {
        Answers admissions =
            orders.askWith(address(PARTICIPANTS), IParticipantRegistry.admissionOf.selector, form.carrier);
        Answers past = orders.ask(address(ACCOUNTS), IAccounts.admit.selector);
        Answers terms = NO_ANSWERS;
        bytes32[] memory leaves = new bytes32[](orders.length());
        for (uint256 i = 0; i < leaves.length; ++i) {
            PackedOrder memory order = orders.at(i);
            Admission admission = Admission.wrap(uint64(admissions.answerTo(i)));
            require(admission.isActive(), Order_TraderNotActive(i, order.trader()));
            order.terms |= admission.personInTerms();
            if (form.metered || !order.isBuy()) {
                if (terms.isNone()) {
                    terms = orders.askWith(address(DEVICES), IDeviceRegistry.reserve.selector, Slot.unwrap(form.slot));
                }
                SellerTerms device = SellerTerms.wrap(terms.answerTo(i));
                OrderRules.checkDevice(i, order, form, device);
                if (order.isBuy()) {
                    OrderRules.attestMeter(order, device);
                } else {
                    Reliability reliability = Reliability.wrap(uint64(past.answerTo(i)));
                    OrderRules.attest(order, form, device, admission.credibility(), reliability);
                }
            }
            leaves[i] = orders.leafAt(i);
        }
        _batches[market][batch].root = BatchRoot.rootOf(leaves);
        orders.log(OrdersPlaced.selector, market, batch, msg.sender);
    }

    /// @dev Close an order that is in its batch and of which `traded` Wh stay bound, unless it is closed; gather what the
    /// rest of it reserved. An order that trades nothing is decided thereby.
    function _close(bytes32 market, Placed calldata placed, Slot slot, Wh traded, Reservations memory returned)
        private
        returns (bool isClosed)
    {
        verify(market, placed);
        Batch storage batch = _batches[market][placed.id.batchOf()];
        uint256 closed = batch.closed;
        if (closed & placed.id.bitOf() != 0) return false;
        batch.closed = closed | placed.id.bitOf();
        PackedOrder memory order = placed.order;
        if (order.isBuy()) {
            uint256 count = returned.count++;
            returned.traders[count] = order.trader();
            returned.points[count] = valueDown(order.energy(), order.price()) - valueDown(traded, order.price());
        }
        if (order.isMandated()) {
            MANDATES.giveBack(market, slot, order.nonce(), order.side(), order.energy() - traded);
        }
        if (Wh.unwrap(traded) != 0 || order.device() == 0) return true;
        Wh before = order.isBuy() ? order.boughtBefore() : order.soldBefore();
        DEVICES.decide(order.device(), order.side(), slot, before, traded);
        return true;
    }

    function _newReservations(uint256 most) private pure returns (Reservations memory) {
        return Reservations({traders: new address[](most), points: new Points[](most), count: 0});
    }

    /// @dev Have what was gathered released, if there is anything.
    function _send(Reservations memory gathered) private {
        (address[] memory traders, Points[] memory points) = (gathered.traders, gathered.points);
        uint256 count = gathered.count;
        if (count == 0) return;
        // Equivalent to cutting both arrays to `count`: lengths only shrink.
        assembly ("memory-safe") {
            mstore(traders, count)
            mstore(points, count)
        }
        ACCOUNTS.release(traders, points);
    }
}
