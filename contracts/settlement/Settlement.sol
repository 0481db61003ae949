// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {IDeviceRegistry} from "../../interfaces/registry/IDeviceRegistry.sol";
import {IDeliveries} from "../../interfaces/metering/IDeliveries.sol";
import {IMetering} from "../../interfaces/metering/IMetering.sol";
import {ISettlement} from "../../interfaces/settlement/ISettlement.sol";
import {BatchRoot} from "../shared/BatchRoot.sol";
import {SigningDomain} from "../shared/SigningDomain.sol";
import {Signatures} from "../shared/Signatures.sol";
import {TradeHashing} from "../shared/TradeHashing.sol";
import {OrderId, Side} from "../types/Orders.sol";
import {PackedPayment, recordOf} from "../types/Payments.sol";
import {Slot} from "../types/Slots.sol";
import {PackedTrade, TradeFields, TradePosition} from "../types/Trades.sol";
import {Points, Wh, valueDown} from "../types/Units.sol";
import {FinalTrades} from "./FinalTrades.sol";
import {Vetoes} from "./Vetoes.sol";
import {Left} from "./libraries/Left.sol";
import {Payout} from "./libraries/Payout.sol";

/// @title Settlement
/// @notice See ISettlement for the specification.
contract Settlement is Vetoes, SigningDomain {
    using TradeFields for PackedTrade;

    bytes32 private constant AGREEMENT_TYPEHASH = keccak256("Agreement(bytes32 tradeId,uint128 toSeller)");

    IDeviceRegistry public immutable DEVICES;
    IDeliveries public immutable DELIVERIES;
    IMetering public immutable METERING;

    /// @dev Length of a reading's interval, seconds.
    uint32 private immutable BASE_INTERVAL;

    constructor(
        address accounts,
        address devices,
        address metering,
        address deliveries,
        address markets,
        address clearing,
        address motions
    ) FinalTrades(accounts, markets, clearing) Vetoes(motions) {
        DEVICES = IDeviceRegistry(devices);
        METERING = IMetering(metering);
        DELIVERIES = IDeliveries(deliveries);
        BASE_INTERVAL = METERING.BASE_INTERVAL();
    }

    // By the meter

    /// @inheritdoc ISettlement
    // Deliveries is part of the deployment and calls nobody but the certificates, which call no receiver.
    // slither-disable-next-line reentrancy-no-eth
    function settle(bytes32 market, uint32 chunk, PackedTrade[] calldata trades) external {
        Round memory round = _finalRound(market);
        PackedTrade[] memory copies = trades;
        _requireChunk(round, chunk, copies);

        uint256 ends = _ends[market][chunk];
        (uint256 known, IDeliveries.Shares memory shares) =
            DELIVERIES.deliverLast(round.terms, copies, _totalsOf(round, copies), ~ends);
        require(known != 0, Settlement_NothingToSettle(market, chunk));
        _ends[market][chunk] = ends | known | (known << CERTIFIED);

        PackedPayment[] memory payments = new PackedPayment[](copies.length);
        Wh[] memory used = _usedIn(shares);
        uint256 count = 0;
        for (uint256 k = 0; k < copies.length; ++k) {
            if ((known >> k) & 1 == 0) continue;
            _payDelivered(round, copies[k], shares.delivered[k], used[k], payments[count++]);
        }
        ACCOUNTS.pay(Left.first(count, payments));
    }

    /// @inheritdoc ISettlement
    // As `settle`; besides, each trade is marked before its delivery.
    // slither-disable-next-line reentrancy-no-eth
    function settleLate(bytes32 market, Delivery[] calldata deliveries) external {
        Round memory round = _finalRound(market);
        PackedTrade[] memory trades = new PackedTrade[](deliveries.length);
        IDeliveries.Measured[] memory measured = new IDeliveries.Measured[](deliveries.length);
        uint256 count = 0;
        for (uint256 i = 0; i < deliveries.length; ++i) {
            (bytes32 id, PackedTrade memory trade, bool isOpen) =
                _take(round, deliveries[i].traded, 1 | (1 << CERTIFIED));
            if (!isOpen) continue;
            trades[count] = trade;
            measured[count] = deliveries[i].measured;
            _requireBothSides(round, id, measured[count++]);
        }
        Left.requireSome(count, market);
        (trades, measured) = Left.first(count, trades, measured);

        IDeliveries.Shares memory shares =
            DELIVERIES.deliver(round.terms, measured, trades, _totalsOf(round, trades), false);

        PackedPayment[] memory payments = new PackedPayment[](trades.length);
        Wh[] memory used = _usedIn(shares);
        for (uint256 i = 0; i < trades.length; ++i) {
            Wh delivered = shares.delivered[i];
            // Silence never pays: what a missing meter did not use is paid like what was used.
            bool isMissing = measured[i].imported.length == 0;
            _payDelivered(round, trades[i], delivered, isMissing ? delivered : used[i], payments[i]);
        }
        ACCOUNTS.pay(payments);
    }

    /// @dev Reverts if: the readings of the buyer's meter are missing before one slot after the refund time, or there although they
    /// do not count.
    function _requireBothSides(Round memory round, bytes32 id, IDeliveries.Measured memory measured) private view {
        uint256 count = measured.imported.length;
        if (!round.terms.isBothSides()) {
            require(count == 0, Settlement_ImportNotCounted(id));
        } else {
            uint40 until = round.refundFrom + round.terms.deliverySlot().length();
            require(count != 0 || block.timestamp >= until, Settlement_ImportMissing(id, until));
        }
    }

    /// @dev What was used of each trade: all that was delivered where the buyers' meters do not count.
    function _usedIn(IDeliveries.Shares memory shares) private pure returns (Wh[] memory) {
        return shares.used.length == 0 ? shares.delivered : shares.used;
    }

    /// @dev What the orders of each trade traded in the round; nothing in one-to-one mode, where that is the trade's energy, and
    /// for the buyers where their meters do not count.
    function _totalsOf(Round memory round, PackedTrade[] memory trades)
        private
        view
        returns (IDeliveries.Totals memory totals)
    {
        if (!round.isDivisible) return totals;
        totals.sold = new Wh[](trades.length);
        if (round.terms.isBothSides()) totals.bought = new Wh[](trades.length);
        for (uint256 i = 0; i < trades.length; ++i) {
            totals.sold[i] = _soldOf(round, trades[i]);
            if (totals.bought.length != 0) totals.bought[i] = _boughtOf(round, trades[i]);
        }
    }

    /// @dev End a trade by what was delivered and used: write its payment.
    function _payDelivered(
        Round memory round,
        PackedTrade memory trade,
        Wh delivered,
        Wh used,
        PackedPayment memory payment
    ) private {
        Wh sold = trade.energy();
        (Points paid, Points penalty) = Payout.forDelivery(trade, delivered, used, round.payment);
        _fill(payment, trade, paid, recordOf(sold, delivered));
        emit TradeSettled(
            TradeHashing.id(round.market, round.agent, trade),
            trade.buyer(),
            trade.seller(),
            Outcome.Delivered,
            delivered,
            paid,
            penalty
        );
        if (round.terms.isBothSides()) emit EnergyUsed(TradeHashing.id(round.market, round.agent, trade), used);
    }

    // By agreement

    /// @inheritdoc ISettlement
    function settleAgreed(
        bytes32 market,
        TradeProof calldata traded,
        Points toSeller,
        address[2] calldata signers,
        bytes[2] calldata signatures
    ) external {
        Round memory round = _finalRound(market);
        (bytes32 id, PackedTrade memory trade, bool isOpen) = _take(round, traded, 1);
        require(isOpen, Settlement_AlreadySettled(id));
        Points most = valueDown(trade.energy(), trade.price());
        require(!(toSeller > most), Settlement_AboveValue(id, toSeller, most));
        require(
            signers[0] != signers[1] && _isParty(signers[0], trade, round.payment.arbiter())
                && _isParty(signers[1], trade, round.payment.arbiter()),
            Settlement_BadSigners(id, signers[0], signers[1])
        );
        bytes32 digest = _hashTypedDataV4(keccak256(abi.encode(AGREEMENT_TYPEHASH, id, toSeller)));
        for (uint256 i = 0; i < 2; ++i) {
            require(Signatures.isValid(signers[i], digest, signatures[i]), Settlement_BadSignature(id, signers[i]));
        }

        emit TradeSettled(id, trade.buyer(), trade.seller(), Outcome.Agreed, Wh.wrap(0), toSeller, Points.wrap(0));
        PackedPayment[] memory payments = new PackedPayment[](1);
        _fill(payments[0], trade, toSeller, 0);
        ACCOUNTS.pay(payments);
    }

    function _isParty(address signer, PackedTrade memory trade, address arbiter) private pure returns (bool) {
        return signer == trade.buyer() || signer == trade.seller() || signer == arbiter;
    }

    // By refund

    /// @inheritdoc ISettlement
    function refund(bytes32 market, TradeProof[] calldata traded) external {
        Round memory round = _finalRound(market);
        PackedPayment[] memory payments = new PackedPayment[](traded.length);
        uint256 count = 0;
        for (uint256 i = 0; i < traded.length; ++i) {
            (bytes32 id, PackedTrade memory trade, bool isOpen) = _take(round, traded[i], 1);
            if (!isOpen) continue;
            uint40 from = _refundFrom(round, trade);
            require(block.timestamp >= from, Settlement_TooEarly(id, from));
            _fill(payments[count++], trade, Points.wrap(0), recordOf(trade.energy(), Wh.wrap(0)));
            emit TradeSettled(
                id, trade.buyer(), trade.seller(), Outcome.Refunded, Wh.wrap(0), Points.wrap(0), Points.wrap(0)
            );
        }
        Left.requireSome(count, market);

        ACCOUNTS.pay(Left.first(count, payments));
    }

    /// @dev From when on a trade can be refunded, Unix seconds. Where the import counts, a seller who has reported the slot has one
    /// slot more in which the readings of the buyer's meter are waited for, and one in which they are not.
    function _refundFrom(Round memory round, PackedTrade memory trade) private view returns (uint40) {
        if (!round.terms.isBothSides()) return round.refundFrom;
        Slot slot = round.terms.deliverySlot();
        // What was measured does not matter.
        // slither-disable-next-line unused-return
        (uint40 startAt,,,,,) = METERING.last(trade.device());
        // Intervals only rise: with its last one reported, or a later one, all is reported that ever will be.
        bool isSilent = startAt + BASE_INTERVAL < slot.startAt() + slot.length();
        return isSilent ? round.refundFrom : round.refundFrom + 2 * uint40(slot.length());
    }

    // What a device sold

    /// @inheritdoc ISettlement
    function decide(bytes32 market, TradeProof[] calldata traded) external {
        Round memory round = _finalRound(market);
        uint256 decided = 0;
        for (uint256 i = 0; i < traded.length; ++i) {
            // The id of the trade is not needed.
            // slither-disable-next-line unused-return
            (, PackedTrade memory trade) = _verify(round, traded[i]);
            if (!_isUndecided(round, trade.device(), Side.Sell, trade.soldBefore())) continue;
            ++decided;
            DEVICES.decide(
                trade.device(), Side.Sell, round.terms.deliverySlot(), trade.soldBefore(), _soldOf(round, trade)
            );
        }
        Left.requireSome(decided, market);
    }

    /// @dev Whether the order of a device or meter before which it traded `before` is undecided.
    function _isUndecided(Round memory round, uint32 device, Side side, Wh before) private view returns (bool) {
        (bool undecided, Wh decided) = DEVICES.promisedOf(device, side, round.terms.deliverySlot());
        return undecided && Wh.unwrap(decided) == Wh.unwrap(before);
    }

    /// @inheritdoc ISettlement
    function decidePurchases(bytes32 market, TradeProof[] calldata traded) external {
        Round memory round = _finalRound(market);
        uint256 decided = 0;
        for (uint256 i = 0; i < traded.length; ++i) {
            (bytes32 id, PackedTrade memory trade) = _verify(round, traded[i]);
            require(trade.meter() != 0, Settlement_ImportNotCounted(id));
            if (!_isUndecided(round, trade.meter(), Side.Buy, trade.boughtBefore())) continue;
            ++decided;
            DEVICES.decide(
                trade.meter(), Side.Buy, round.terms.deliverySlot(), trade.boughtBefore(), _boughtOf(round, trade)
            );
        }
        Left.requireSome(decided, market);
    }

    // Certificates of what an agreement or a refund did not sell

    /// @inheritdoc ISettlement
    // Deliveries is part of the deployment and calls nobody but the certificates, which call no receiver.
    // slither-disable-next-line reentrancy-no-eth
    function certify(bytes32 market, Delivery[] calldata deliveries) external {
        Round memory round = _finalRound(market);
        PackedTrade[] memory trades = new PackedTrade[](deliveries.length);
        IDeliveries.Measured[] memory measured = new IDeliveries.Measured[](deliveries.length);
        uint256 count = 0;
        for (uint256 i = 0; i < deliveries.length; ++i) {
            TradeProof calldata traded = deliveries[i].traded;
            (bytes32 id, PackedTrade memory trade) = _verify(round, traded);
            uint256 bits = _ends[market][traded.position.chunk] >> traded.position.index;
            require(bits & 1 != 0, Settlement_NotEnded(id));
            if ((bits >> CERTIFIED) & 1 != 0) continue;
            _ends[market][traded.position.chunk] |= 1 << (CERTIFIED + traded.position.index);
            trades[count] = trade;
            // What was used does not matter.
            measured[count++].exported = deliveries[i].measured.exported;
        }
        Left.requireSome(count, market);
        (trades, measured) = Left.first(count, trades, measured);

        IDeliveries.Shares memory shares =
            DELIVERIES.deliver(round.terms, measured, trades, _totalsOf(round, trades), true);

        for (uint256 i = 0; i < trades.length; ++i) {
            bytes32 id = TradeHashing.id(market, round.agent, trades[i]);
            emit TradeCertified(id, trades[i].seller(), shares.delivered[i]);
        }
    }

    // Look

    /// @inheritdoc ISettlement
    function tradeId(bytes32 market, PackedTrade calldata trade) external view returns (bytes32) {
        // The id of a trade does not depend on the proposal's number.
        // slither-disable-next-line unused-return
        (, address agent) = CLEARING.finalRound(market);
        return TradeHashing.id(market, agent, trade);
    }

    /// @inheritdoc ISettlement
    function isSettled(bytes32 market, TradePosition calldata position) external view returns (bool) {
        return (_ends[market][position.chunk] >> position.index) & 1 != 0;
    }

    /// @inheritdoc ISettlement
    function isCertified(bytes32 market, TradePosition calldata position) external view returns (bool) {
        return _ends[market][position.chunk] >> (CERTIFIED + position.index) & 1 != 0;
    }

    // What the ways share

    /// @dev Reverts if: the trades are not exactly those of the chunk.
    function _requireChunk(Round memory round, uint32 chunk, PackedTrade[] memory trades) private view {
        bytes32[] memory leaves = new bytes32[](trades.length);
        for (uint256 k = 0; k < trades.length; ++k) {
            leaves[k] = TradeHashing.leaf(k, trades[k]);
        }
        require(
            BatchRoot.rootOf(leaves) == CLEARING.chunkRoot(round.proposal, chunk),
            Settlement_WrongChunk(round.market, chunk)
        );
    }

    /// @dev All energy that the trade's sell order sold in the round.
    function _soldOf(Round memory round, PackedTrade memory trade) private view returns (Wh) {
        return _tradedOf(round, trade, trade.sellId(), trade.offered());
    }

    /// @dev All energy that the trade's buy order, which has a meter, bought in the round.
    function _boughtOf(Round memory round, PackedTrade memory trade) private view returns (Wh) {
        return _tradedOf(round, trade, trade.buyId(), trade.wanted());
    }

    /// @dev All energy that an order of the trade, of `whole` Wh, traded in the round.
    function _tradedOf(Round memory round, PackedTrade memory trade, OrderId order, Wh whole)
        private
        view
        returns (Wh)
    {
        if (!round.isDivisible) return trade.energy();
        return CLEARING.filledOf(round.proposal, order, whole);
    }
}
