// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {MerkleProof} from "@openzeppelin/contracts/utils/cryptography/MerkleProof.sol";
import {IDeviceRegistry} from "../../interfaces/registry/IDeviceRegistry.sol";
import {IParticipantRegistry} from "../../interfaces/registry/IParticipantRegistry.sol";
import {IGreenCertificates} from "../../interfaces/tokens/IGreenCertificates.sol";
import {IMetering} from "../../interfaces/metering/IMetering.sol";
import {lotId} from "../tokens/Lots.sol";
import {BatchRoot} from "../shared/BatchRoot.sol";
import {ReadingHashing} from "../shared/ReadingHashing.sol";
import {PackedReading, ReadingFields} from "../types/Readings.sol";
import {Signatures} from "../shared/Signatures.sol";
import {DeliveryTerms} from "../types/Markets.sol";
import {MeterTerms} from "../types/MeterTerms.sol";
import {Side} from "../types/Orders.sol";
import {Slot} from "../types/Slots.sol";
import {PackedTrade, TradeFields} from "../types/Trades.sol";
import {Wh} from "../types/Units.sol";
import {Issues} from "./libraries/Issues.sol";
import {ReadingRules} from "./libraries/ReadingRules.sol";

/// @title Signed readings, and the certificates that follow from them
/// @dev What is kept: one word for each device, one root for each batch, one bit for each device and slot.
contract Metering is IMetering, EIP712 {
    using ReadingFields for PackedReading;
    using Issues for Issues.Issue;
    using TradeFields for PackedTrade;

    /// @dev slot 0: 5 + 5 + 5 + 8 + 8 + 1 = 32
    struct Meter {
        /// Start of the last interval, Unix seconds.
        uint40 startAt;
        /// Export in it, Wh.
        uint40 exported;
        /// Import in it, Wh.
        uint40 imported;
        /// Lifetime export at the end of it, Wh.
        Wh exportCounter;
        /// Lifetime import at the end of it, Wh.
        Wh importCounter;
        /// Whether the registry says what the interval earns: the device is a storage, was stopped before, or has changed.
        bool isSpecial;
    }

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
        Yield yield;
    }

    /// @inheritdoc IMetering
    uint256 public constant MAX_READINGS = 256;

    /// @inheritdoc IMetering
    uint32 public immutable BASE_INTERVAL;

    /// @inheritdoc IMetering
    uint32 public immutable LONGEST_SLOT;

    IParticipantRegistry private immutable PARTICIPANTS;
    IDeviceRegistry private immutable DEVICES;
    IGreenCertificates private immutable CERTIFICATES;
    address private immutable SETTLEMENT;

    /// @inheritdoc IMetering
    mapping(uint32 device => Meter) public last;

    bytes32[] private _roots;

    /// @dev Bit d of word w: the certificates of device 256 · w + d are issued.
    mapping(Slot => mapping(uint256 word => uint256)) private _issued;

    modifier onlySettlement() {
        require(msg.sender == SETTLEMENT, Metering_NotSettlement(msg.sender));
        _;
    }

    /// @param participants Who knows when an owner was suspended.
    /// @param devices The registry of devices, which is there already: it says how long intervals and slots are.
    /// @param certificates What is minted.
    /// @param settlement Who ends trades.
    constructor(address participants, address devices, address certificates, address settlement)
        EIP712("PowerPact", "1")
    {
        BASE_INTERVAL = IDeviceRegistry(devices).BASE_INTERVAL();
        LONGEST_SLOT = IDeviceRegistry(devices).LONGEST_SLOT();
        PARTICIPANTS = IParticipantRegistry(participants);
        DEVICES = IDeviceRegistry(devices);
        CERTIFICATES = IGreenCertificates(certificates);
        SETTLEMENT = settlement;
    }

    /// @inheritdoc IMetering
    function report(PackedReading[] calldata readings, bytes[] calldata signatures) external returns (uint64 batch) {
        uint256 count = readings.length;
        require(count != 0, Metering_EmptyBatch());
        require(count <= MAX_READINGS, Metering_BatchTooLarge(count, MAX_READINGS));
        require(count == signatures.length, Metering_LengthMismatch(count, signatures.length));
        bytes32[] memory leaves = new bytes32[](count);
        for (uint256 i = 0; i < count; ++i) {
            PackedReading memory reading = readings[i];
            _record(i, reading, signatures[i]);
            leaves[i] = ReadingHashing.leafOf(i, reading);
        }
        batch = uint64(_roots.length);
        _roots.push(BatchRoot.rootOf(leaves));
        emit ReadingsReported(batch, msg.sender, readings);
    }

    /// @inheritdoc IMetering
    function issue(Slot slot, ProvenReading[] calldata measured) external {
        require(measured.length != 0, Metering_WrongCount(0, slot, 0, slot.length() / BASE_INTERVAL));
        uint32 device = measured[0].reading.device();
        Wh exported = _sumOf(device, slot, Side.Sell, measured);
        address owner = _ownerOf(device, slot.startAt());
        require(!isIssued(device, slot), Metering_AlreadyIssued(device, slot));
        (bool undecided, Wh sold) = DEVICES.promisedOf(device, Side.Sell, slot);
        require(!undecided, Metering_Undecided(device, slot));
        _markIssued(device, slot);
        DEVICES.fixLength(device, slot, msg.sender);
        if (!(exported > sold)) return;
        IGreenCertificates.Share[] memory shares = new IGreenCertificates.Share[](1);
        shares[0] = IGreenCertificates.Share(owner, lotId(device, slot), exported - sold);
        CERTIFICATES.mint(shares);
    }

    /// @inheritdoc IMetering
    function deliverLast(DeliveryTerms terms, PackedTrade[] calldata trades, Totals calldata totals, uint256 wanted)
        external
        onlySettlement
        returns (uint256 known, Shares memory shares)
    {
        shares = _newShares(terms, trades.length);
        if (terms.deliverySlot().length() != BASE_INTERVAL) return (0, shares);
        Issues.Issue memory gathered = Issues.make(trades.length);
        Deal memory deal = _newDeal(terms);
        Wh[] calldata sold = totals.sold;
        for (uint256 i = 0; i < trades.length; ++i) {
            if ((wanted >> i) & 1 == 0) continue;
            deal.trade = trades[i];
            if (!_readLast(deal)) continue;
            known |= 1 << i;
            deal.sold = sold.length == 0 ? deal.trade.energy() : sold[i];
            if (deal.isBothSides) _setBought(deal, totals, i);
            _deliver(deal, gathered, shares, i);
        }
        gathered.mint(CERTIFICATES);
    }

    /// @inheritdoc IMetering
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
            deal.trade = trades[i];
            _readProven(deal, measured[i]);
            deal.sold = totals.sold.length == 0 ? deal.trade.energy() : totals.sold[i];
            if (deal.isBothSides) _setBought(deal, totals, i);
            _deliver(deal, gathered, shares, i);
        }
        gathered.mint(CERTIFICATES);
    }

    /// @inheritdoc IMetering
    function batchCount() external view returns (uint64) {
        return uint64(_roots.length);
    }

    /// @inheritdoc IMetering
    function verify(PackedReading calldata reading, ReadingProof calldata proof) public view {
        bytes32 root = MerkleProof.processProofCalldata(proof.siblings, ReadingHashing.leafOf(proof.index, reading));
        require(root == rootOf(proof.batch), Metering_UnknownReading(proof.batch, proof.index));
    }

    /// @inheritdoc IMetering
    function rootOf(uint64 batch) public view returns (bytes32) {
        return batch < _roots.length ? _roots[batch] : bytes32(0);
    }

    /// @inheritdoc IMetering
    function isIssued(uint32 device, Slot slot) public view returns (bool) {
        return (_issued[slot][device >> 8] >> (device & 0xff)) & 1 == 1;
    }

    /// @dev Take the reading at `index` of its batch: check it, then move the device's counters.
    ///   start ≡ 0 mod base interval, end ≤ now, start > start of the last reading
    ///   everything else of the head is neutral (see ReadingRules)
    ///   energy ≤ capacity, and counter − energy ≥ last counter, for export and for import
    function _record(uint256 index, PackedReading memory reading, bytes calldata signature) private {
        (uint32 device, uint40 startAt) = (reading.device(), reading.startAt());
        Meter memory meter = last[device];
        if (startAt % BASE_INTERVAL != 0) revert Metering_SlotMisaligned(index, device, startAt, BASE_INTERVAL);
        uint256 end = uint256(startAt) + BASE_INTERVAL;
        if (end > block.timestamp) revert Metering_SlotNotOver(index, device, startAt, end);
        if (startAt <= meter.startAt) revert Metering_SlotNotAfterLast(index, device, startAt, meter.startAt);
        ReadingRules.checkHead(index, reading, startAt, BASE_INTERVAL);

        MeterTerms terms = DEVICES.meterTermsOf(device);
        address signer = Signatures.recover(_hashTypedDataV4(ReadingHashing.structHash(reading)), signature);
        if (!terms.isAlwaysKey(signer)) ReadingRules.checkSigner(index, reading, BASE_INTERVAL, signer, DEVICES);

        meter = _moved(index, reading, meter, terms.capacity());
        // It stays so: whoever stops or changes the device later does it after the interval began.
        meter.isSpecial = startAt >= terms.mintsUntil() || terms.hasChanged();
        last[device] = meter;
    }

    /// @dev The meter after a reading.
    /// Reverts if: a flow is above the capacity, or its counter fell.
    function _moved(uint256 index, PackedReading memory reading, Meter memory meter, Wh capacity)
        private
        pure
        returns (Meter memory)
    {
        uint32 device = reading.device();
        (Wh exported, Wh exportCounter) = (reading.exported(), reading.exportCounter());
        (Wh imported, Wh importCounter) = (reading.imported(), reading.importCounter());
        ReadingRules.checkFlow(index, device, exported, exportCounter, meter.exportCounter, capacity);
        ReadingRules.checkFlow(index, device, imported, importCounter, meter.importCounter, capacity);
        return Meter(reading.startAt(), _narrow(exported), _narrow(imported), exportCounter, importCounter, false);
    }

    /// @dev Cannot be cut: it is at most a capacity.
    function _narrow(Wh energy) private pure returns (uint40) {
        return uint40(Wh.unwrap(energy));
    }

    /// @dev The energy that a device exported or a meter imported in a slot.
    /// Reverts if: the readings are not those of the slot's intervals, in their order; one is unknown.
    function _sumOf(uint32 device, Slot slot, Side side, ProvenReading[] calldata measured)
        private
        view
        returns (Wh energy)
    {
        uint256 needed = slot.length() / BASE_INTERVAL;
        require(measured.length == needed, Metering_WrongCount(device, slot, measured.length, needed));
        for (uint256 k = 0; k < needed; ++k) {
            verify(measured[k].reading, measured[k].proof);
            PackedReading memory reading = measured[k].reading;
            require(
                reading.device() == device && reading.startAt() == slot.startAt() + k * BASE_INTERVAL,
                Metering_WrongReading(device, slot, reading.device(), reading.startAt())
            );
            energy = energy + (side == Side.Sell ? reading.exported() : reading.imported());
        }
    }

    /// @dev Set what was measured from the last readings; whether they are of the slot.
    function _readLast(Deal memory deal) private view returns (bool) {
        uint40 startAt = deal.slot.startAt();
        Meter storage seller = last[deal.trade.device()];
        (uint40 start, uint40 exported, bool isSpecial) = (seller.startAt, seller.exported, seller.isSpecial);
        if (start != startAt) return false;
        (deal.exported, deal.yield) = (Wh.wrap(exported), isSpecial ? _yieldOf(deal) : Yield.Everyone);
        if (!deal.isBothSides) return true;
        Meter storage buyer = last[deal.trade.meter()];
        uint40 imported;
        (start, imported) = (buyer.startAt, buyer.imported);
        deal.imported = Wh.wrap(imported);
        return start == startAt;
    }

    /// @dev Set what was measured from readings. Without any of the buyer's meter, it counts as no import.
    function _readProven(Deal memory deal, Measured calldata measured) private view {
        Slot slot = deal.slot;
        uint32 device = deal.trade.device();
        deal.exported = _sumOf(device, slot, Side.Sell, measured.exported);
        deal.yield = _yieldOf(deal);
        deal.imported =
            measured.imported.length == 0 ? Wh.wrap(0) : _sumOf(deal.trade.meter(), slot, Side.Buy, measured.imported);
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
        require(since != 0 && since <= startAt, Metering_NotCertified(device));
        require(until != 0, Metering_Storage(device));
        require(startAt < until, Metering_Stopped(device, startAt, until));
        require(!PARTICIPANTS.isSuspendedAt(owner, startAt), Metering_OwnerSuspended(device, startAt, owner));
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
        if (isIssued(device, slot)) return Wh.wrap(0);
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
