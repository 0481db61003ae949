// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {IDeviceRegistry} from "../../interfaces/registry/IDeviceRegistry.sol";
import {IParticipantRegistry} from "../../interfaces/registry/IParticipantRegistry.sol";
import {IGreenCertificates} from "../../interfaces/tokens/IGreenCertificates.sol";
import {IDeliveries} from "../../interfaces/metering/IDeliveries.sol";
import {IMetering} from "../../interfaces/metering/IMetering.sol";
import {lotId} from "../tokens/Lots.sol";
import {BY_PROOF, MeterWord, WHOLE} from "../types/MeterWords.sol";
import {PackedReading, ProvenReading, ReadingFields} from "../types/Readings.sol";
import {DeliveryTerms} from "../types/Markets.sol";
import {MeterTerms} from "../types/MeterTerms.sol";
import {Side} from "../types/Orders.sol";
import {Slot} from "../types/Slots.sol";
import {PackedTrade, TradeFields} from "../types/Trades.sol";
import {Wh} from "../types/Units.sol";
import {Issues} from "./libraries/Issues.sol";

/// @title What was delivered, and the certificates that follow from it
/// @dev What is kept: one bit for each device and slot.
contract Deliveries is IDeliveries {
    using ReadingFields for PackedReading;
    using Issues for Issues.Issue;
    using TradeFields for PackedTrade;

    /// @dev For whom a slot earns certificates.
    enum Yield {
        Everyone,
        /// What was sold and used, for its buyer: the device changed its owner, or what was certified of it.
        Buyers,
        Nobody
    }

    /// @dev A trade with what was measured of its slot.
    struct Deal {
        Slot slot;
        bool isBothSides;
        bool isFirstInFirstOut;
        PackedTrade trade;
        /// What its sell order sold, and its buy order bought, Wh.
        Wh sold;
        Wh bought;
        /// Export of the device and import of the buyer's meter, Wh.
        Wh exported;
        Wh imported;
        /// Whether all certificates are the seller's.
        bool toSeller;
        /// Whether a reading of the export was corrected: then the surplus is issued by itself, by what was measured last.
        bool isCorrected;
        Yield yield;
    }

    IParticipantRegistry private immutable PARTICIPANTS;
    IDeviceRegistry private immutable DEVICES;
    IMetering private immutable METERING;
    IGreenCertificates private immutable CERTIFICATES;
    address private immutable SETTLEMENT;
    uint32 private immutable BASE_INTERVAL;

    /// @dev Bit d of word w: the certificates of device 256 · w + d are issued.
    mapping(Slot => mapping(uint256 word => uint256)) private _issued;

    modifier onlySettlement() {
        require(msg.sender == SETTLEMENT, Delivery_NotSettlement(msg.sender));
        _;
    }

    /// @param participants Who knows when an owner was suspended.
    /// @param devices Who knows whom a slot earns certificates.
    /// @param metering What devices reported; it is there already.
    /// @param certificates What is minted.
    /// @param settlement Who ends trades.
    constructor(address participants, address devices, address metering, address certificates, address settlement) {
        PARTICIPANTS = IParticipantRegistry(participants);
        DEVICES = IDeviceRegistry(devices);
        METERING = IMetering(metering);
        CERTIFICATES = IGreenCertificates(certificates);
        SETTLEMENT = settlement;
        BASE_INTERVAL = IMetering(metering).BASE_INTERVAL();
    }

    /// @inheritdoc IDeliveries
    function issue(Slot slot, ProvenReading[] calldata measured) external {
        require(measured.length != 0, Delivery_NoReading(slot));
        uint32 device = measured[0].reading.device();
        // Whether it was corrected does not matter.
        // slither-disable-next-line unused-return
        (Wh exported,,) = METERING.energyOf(device, slot, Side.Sell, true, measured);
        address owner = _ownerOf(device, slot.startAt());
        require(!isIssued(device, slot), Delivery_AlreadyIssued(device, slot));
        (bool undecided, Wh sold) = DEVICES.promisedOf(device, Side.Sell, slot);
        require(!undecided, Delivery_Undecided(device, slot));
        _markIssued(device, slot);
        DEVICES.fixLength(device, slot, msg.sender);
        if (!(exported > sold)) return;
        IGreenCertificates.Share[] memory shares = new IGreenCertificates.Share[](1);
        shares[0] = IGreenCertificates.Share(owner, lotId(device, slot), exported - sold);
        CERTIFICATES.mint(shares);
    }

    /// @inheritdoc IDeliveries
    function deliverLast(DeliveryTerms terms, PackedTrade[] calldata trades, Totals calldata totals, uint256 wanted)
        external
        onlySettlement
        returns (uint256 known, Shares memory shares)
    {
        shares = _newShares(terms, trades.length);
        if (terms.deliverySlot().length() != BASE_INTERVAL) return (0, shares);
        Issues.Issue memory gathered = Issues.make(trades.length);
        Deal memory deal = _newDeal(terms);
        MeterWord[] memory words = _lastOf(trades, deal.isBothSides);
        Wh[] calldata sold = totals.sold;
        for (uint256 i = 0; i < trades.length; ++i) {
            if ((wanted >> i) & 1 == 0) continue;
            _take(deal, trades, i);
            if (!_readLast(deal, words, i, trades.length)) continue;
            known |= 1 << i;
            deal.sold = sold.length == 0 ? deal.trade.energy() : sold[i];
            if (deal.isBothSides) _setBought(deal, totals, i);
            _deliver(deal, gathered, shares, i);
        }
        gathered.mint(CERTIFICATES);
    }

    /// @inheritdoc IDeliveries
    function deliver(
        DeliveryTerms terms,
        Measured[] calldata measured,
        PackedTrade[] calldata trades,
        Totals calldata totals,
        bool toSellers
    ) external onlySettlement returns (Shares memory shares) {
        shares = _newShares(terms, trades.length);
        Issues.Issue memory gathered = Issues.make(trades.length);
        Deal memory deal = _newDeal(terms);
        deal.toSeller = toSellers;
        for (uint256 i = 0; i < trades.length; ++i) {
            _take(deal, trades, i);
            _readProven(deal, measured[i]);
            deal.sold = totals.sold.length == 0 ? deal.trade.energy() : totals.sold[i];
            if (deal.isBothSides) _setBought(deal, totals, i);
            _deliver(deal, gathered, shares, i);
        }
        gathered.mint(CERTIFICATES);
    }

    /// @inheritdoc IDeliveries
    function isIssued(uint32 device, Slot slot) public view returns (bool) {
        return (_issued[slot][device >> 8] >> (device & 0xff)) & 1 == 1;
    }

    /// @dev The last words of the trades' devices, and behind them those of the buyers' meters where they count.
    function _lastOf(PackedTrade[] calldata trades, bool isBothSides) private view returns (MeterWord[] memory words) {
        (address metering, bytes4 selector) = (address(METERING), IMetering.lastOf.selector);
        // Equivalent to words = METERING.lastOf(trades, isBothSides): the trades go as they came, and the answer, which is an
        // offset, a length and the words, is an array as it stands.
        assembly ("memory-safe") {
            let start := mload(0x40)
            mstore(start, selector)
            mstore(add(start, 4), 64)
            mstore(add(start, 36), isBothSides)
            mstore(add(start, 68), trades.length)
            let size := shl(7, trades.length)
            calldatacopy(add(start, 100), trades.offset, size)
            if iszero(staticcall(gas(), metering, start, add(size, 100), 0, 0)) {
                returndatacopy(start, 0, returndatasize())
                revert(start, returndatasize())
            }
            returndatacopy(start, 0, returndatasize())
            words := add(start, 32)
            mstore(0x40, add(start, returndatasize()))
        }
    }

    /// @dev Let a deal be about the trade at `index`.
    function _take(Deal memory deal, PackedTrade[] calldata trades, uint256 index) private pure {
        PackedTrade calldata from = trades[index];
        PackedTrade memory to = deal.trade;
        // Equivalent to deal.trade = trades[index], in the memory that it has.
        assembly ("memory-safe") {
            calldatacopy(to, from, 128)
        }
    }

    /// @dev Set what was measured from the last words at `index`; whether they are of the slot and settle it.
    function _readLast(Deal memory deal, MeterWord[] memory words, uint256 index, uint256 count)
        private
        view
        returns (bool)
    {
        uint40 startAt = deal.slot.startAt();
        MeterWord word = words[index];
        if (word.startAt() != startAt) return false;
        uint8 use = word.use();
        if (use == BY_PROOF) return false;
        (deal.exported, deal.yield) = (word.exported(), use == WHOLE ? Yield.Everyone : _yieldOf(deal));
        if (!deal.isBothSides) return true;
        word = words[count + index];
        deal.imported = word.imported();
        return word.startAt() == startAt && word.use() != BY_PROOF;
    }

    /// @dev Set what was measured from readings. Without any of the buyer's meter, it counts as no import.
    function _readProven(Deal memory deal, Measured calldata measured) private view {
        Slot slot = deal.slot;
        // An interval of the seller that is not measured counts as nothing.
        // slither-disable-next-line unused-return
        (deal.exported,, deal.isCorrected) =
            METERING.energyOf(deal.trade.device(), slot, Side.Sell, false, measured.exported);
        deal.yield = _yieldOf(deal);
        deal.imported = Wh.wrap(0);
        if (measured.imported.length == 0) return;
        // Whether it was corrected does not matter.
        // slither-disable-next-line unused-return
        (Wh imported, bool isWhole,) = METERING.energyOf(deal.trade.meter(), slot, Side.Buy, false, measured.imported);
        require(isWhole, Delivery_ImportNotMeasured(deal.trade.meter(), slot));
        deal.imported = imported;
    }

    function _setBought(Deal memory deal, Totals calldata totals, uint256 index) private pure {
        deal.bought = totals.bought.length == 0 ? deal.trade.energy() : totals.bought[index];
    }

    /// @dev Issue the certificates of a trade, and once for the slot those of the export beyond all that was sold.
    function _deliver(Deal memory deal, Issues.Issue memory gathered, Shares memory shares, uint256 index) private {
        PackedTrade memory trade = deal.trade;
        Wh left = _beyond(deal.exported, trade.soldBefore());
        Wh delivered = _shareOf(deal, left, trade.sellerFilledBefore(), deal.sold);
        Wh used = delivered;
        if (deal.isBothSides) shares.used[index] = used = _usedOf(deal, delivered);
        if (deal.toSeller) used = Wh.wrap(0);
        else shares.delivered[index] = delivered;
        if (deal.yield == Yield.Nobody) return;

        uint256 id = lotId(trade.device(), deal.slot);
        gathered.sell(trade.buyer(), id, used);
        bool exceeds = left > deal.sold;
        if (!(delivered > used || exceeds) || deal.yield == Yield.Buyers) return;
        if (PARTICIPANTS.isSuspendedAt(trade.seller(), deal.slot.startAt())) return;
        if (deal.toSeller) shares.delivered[index] = delivered;
        gathered.keep(trade.seller(), id, delivered - used);
        if (exceeds) gathered.keep(trade.seller(), id, _takeSurplus(deal));
    }

    /// @dev The owner of a device, who gets the certificates of a slot.
    /// Reverts if: a slot that starts then earns none, or not for this owner.
    function _ownerOf(uint32 device, uint40 startAt) private view returns (address owner) {
        (uint40 since, uint40 until) = (0, 0);
        // slither-disable-next-line unused-return
        (owner, since,, until) = DEVICES.certificationAt(device, startAt);
        require(since != 0 && since <= startAt, Delivery_NotCertified(device));
        require(until != 0, Delivery_Storage(device));
        require(startAt < until, Delivery_Stopped(device, startAt, until));
        require(!PARTICIPANTS.isSuspendedAt(owner, startAt), Delivery_OwnerSuspended(device, startAt, owner));
    }

    /// @dev For whom the slot of a trade earns certificates. The device was certified when its order was posted; what
    /// happens after the slot began changes nothing of it.
    function _yieldOf(Deal memory deal) private view returns (Yield) {
        (uint32 device, uint40 startAt) = (deal.trade.device(), deal.slot.startAt());
        MeterTerms terms = DEVICES.meterTermsOf(device);
        if (startAt >= terms.mintsUntil()) return Yield.Nobody;
        if (!terms.hasChanged()) return Yield.Everyone;
        // slither-disable-next-line unused-return
        (address owner, uint40 since, uint40 keySince,) = DEVICES.certificationAt(device, startAt);
        if (keySince == 0 || keySince > startAt) return Yield.Nobody;
        return owner == deal.trade.seller() && since != 0 && since <= startAt ? Yield.Everyone : Yield.Buyers;
    }

    /// @dev What was used of what was delivered in a trade: the buyer's share of the import, at most all of it.
    function _usedOf(Deal memory deal, Wh delivered) private pure returns (Wh) {
        PackedTrade memory trade = deal.trade;
        Wh left = _beyond(deal.imported, trade.boughtBefore());
        return delivered.minWh(_shareOf(deal, left, trade.buyerFilledBefore(), deal.bought));
    }

    /// @dev What was measured beyond what was traded before.
    function _beyond(Wh measured, Wh before) private pure returns (Wh) {
        return measured > before ? measured - before : Wh.wrap(0);
    }

    /// @dev A trade's share of what is left for its order, which traded `total`, in the order of the round.
    function _shareOf(Deal memory deal, Wh left, Wh filled, Wh total) private pure returns (Wh) {
        Wh energy = deal.trade.energy();
        if (!(left < total)) return energy;
        return
            deal.isFirstInFirstOut ? left.consecutiveShare(filled, energy) : left.cumulativeShare(filled, energy, total);
    }

    /// @dev What a device exported beyond all that it sold, if that is not issued and no order but this trade's, whose round is
    /// final, may be undecided; else 0.
    function _takeSurplus(Deal memory deal) private returns (Wh) {
        (uint32 device, Slot slot) = (deal.trade.device(), deal.slot);
        if (deal.isCorrected || isIssued(device, slot)) return Wh.wrap(0);
        Wh before = deal.trade.soldBefore();
        (bool undecided, Wh sold) = DEVICES.promisedOf(device, Side.Sell, slot);
        // Once an order that sold something is decided, more is sold than before it: then another is undecided.
        if (undecided && sold > before) return Wh.wrap(0);
        if (sold < before + deal.sold) sold = before + deal.sold;
        if (!(deal.exported > sold)) return Wh.wrap(0);
        _markIssued(device, slot);
        return deal.exported - sold;
    }

    function _newShares(DeliveryTerms terms, uint256 trades) private pure returns (Shares memory shares) {
        shares.delivered = new Wh[](trades);
        if (terms.isBothSides()) shares.used = new Wh[](trades);
    }

    function _newDeal(DeliveryTerms terms) private pure returns (Deal memory deal) {
        (deal.slot, deal.isBothSides) = (terms.deliverySlot(), terms.isBothSides());
        deal.isFirstInFirstOut = terms.isFirstInFirstOut();
    }

    function _markIssued(uint32 device, Slot slot) private {
        _issued[slot][device >> 8] |= 1 << (device & 0xff);
    }
}
