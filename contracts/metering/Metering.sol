// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {MerkleProof} from "@openzeppelin/contracts/utils/cryptography/MerkleProof.sol";
import {IDeviceRegistry} from "../../interfaces/registry/IDeviceRegistry.sol";
import {IGreenCertificates} from "../../interfaces/tokens/IGreenCertificates.sol";
import {IMetering} from "../../interfaces/metering/IMetering.sol";
import {lotId} from "../tokens/Lots.sol";
import {BatchRoot} from "../shared/BatchRoot.sol";
import {ReadingHashing} from "../shared/ReadingHashing.sol";
import {INTERVAL_MASK, MEASURED, PackedReading, ReadingFields, neutralHead} from "../types/Readings.sol";
import {Signatures} from "../shared/Signatures.sol";
import {PackedTrade, TradeFields} from "../types/Trades.sol";
import {Wh} from "../types/Units.sol";

/// @title Signed readings, and the certificates that follow from them
/// @dev What is kept: one word for each device, one root for each batch, one bit for each device and slot.
contract Metering is IMetering, EIP712 {
    using ReadingFields for PackedReading;
    using TradeFields for PackedTrade;

    /// @dev slot 0: 5 + 8 + 8 + 8 = 29
    struct Meter {
        /// Start of the last slot, Unix seconds.
        uint40 slotStart;
        /// Export in it, Wh.
        Wh exported;
        /// Lifetime export at the end of it, Wh.
        Wh exportCounter;
        /// Lifetime import at the end of it, Wh.
        Wh importCounter;
    }

    /// @dev Certificates gathered over several trades: of the buyers, and of sellers with a surplus.
    struct Issue {
        IGreenCertificates.Share[] sold;
        uint256 soldCount;
        IGreenCertificates.Share[] surplus;
        uint256 surplusCount;
    }

    /// @inheritdoc IMetering
    uint256 public constant MAX_READINGS = 256;

    /// @inheritdoc IMetering
    uint40 public immutable SLOT_LENGTH;

    IDeviceRegistry private immutable DEVICES;
    IGreenCertificates private immutable CERTIFICATES;
    address private immutable SETTLEMENT;

    /// @inheritdoc IMetering
    mapping(uint32 device => Meter) public last;

    bytes32[] private _roots;

    /// @dev Bit d of word w: the certificates of device 256 · w + d are issued.
    mapping(uint40 slotStart => mapping(uint256 word => uint256)) private _issued;

    modifier onlySettlement() {
        require(msg.sender == SETTLEMENT, Metering_NotSettlement(msg.sender));
        _;
    }

    /// @dev Reverts if: the slot length is zero, or does not fit into a reading.
    constructor(address devices, address certificates, address settlement, uint40 slotLength) EIP712("PowerPact", "1") {
        require(slotLength != 0, Metering_ZeroSlotLength());
        require(slotLength <= type(uint32).max, Metering_SlotLengthTooLong(slotLength, type(uint32).max));
        DEVICES = IDeviceRegistry(devices);
        CERTIFICATES = IGreenCertificates(certificates);
        SETTLEMENT = settlement;
        SLOT_LENGTH = slotLength;
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
    function issue(PackedReading calldata reading, ReadingProof calldata proof) external {
        verify(reading, proof);
        uint32 device = reading.device();
        uint40 slotStart = reading.startAt();
        (address owner, uint40 since) = DEVICES.certificationOf(device);
        require(since != 0 && since <= slotStart, Metering_NotCertified(device));
        require(!isIssued(device, slotStart), Metering_AlreadyIssued(device, slotStart));
        (bool undecided, Wh sold) = DEVICES.saleOf(device, slotStart);
        require(!undecided, Metering_Undecided(device, slotStart));
        _markIssued(device, slotStart);
        if (!(reading.exported() > sold)) return;
        IGreenCertificates.Share[] memory shares = new IGreenCertificates.Share[](1);
        shares[0] = IGreenCertificates.Share(owner, lotId(device, slotStart), reading.exported() - sold);
        CERTIFICATES.mint(shares);
    }

    /// @inheritdoc IMetering
    function deliverLast(uint40 slotStart, PackedTrade[] calldata trades, Wh[] calldata totals, uint256 wanted)
        external
        onlySettlement
        returns (uint256 known, Wh[] memory delivered)
    {
        delivered = new Wh[](trades.length);
        Issue memory issue_ = _newIssue(trades.length);
        for (uint256 i = 0; i < delivered.length; ++i) {
            if ((wanted >> i) & 1 == 0) continue;
            PackedTrade memory trade = trades[i];
            Meter storage meter = last[trade.device()];
            (uint40 lastSlot, Wh exported) = (meter.slotStart, meter.exported);
            if (lastSlot != slotStart) continue;
            known |= 1 << i;
            Wh total = _totalAt(totals, i, trade);
            delivered[i] = _deliver(slotStart, exported, trade, total, trade.buyer(), issue_);
        }
        _mint(issue_);
    }

    /// @inheritdoc IMetering
    function deliver(
        ProvenReading[] calldata measured,
        PackedTrade[] calldata trades,
        Wh[] calldata totals,
        bool toSellers
    ) external onlySettlement returns (Wh[] memory delivered) {
        delivered = new Wh[](trades.length);
        Issue memory issue_ = _newIssue(trades.length);
        for (uint256 i = 0; i < delivered.length; ++i) {
            verify(measured[i].reading, measured[i].proof);
            PackedReading memory reading = measured[i].reading;
            PackedTrade memory trade = trades[i];
            Wh total = _totalAt(totals, i, trade);
            address holder = toSellers ? trade.seller() : trade.buyer();
            delivered[i] = _deliver(reading.startAt(), reading.exported(), trade, total, holder, issue_);
        }
        _mint(issue_);
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
    function isIssued(uint32 device, uint40 slotStart) public view returns (bool) {
        return (_issued[slotStart][device >> 8] >> (device & 0xff)) & 1 == 1;
    }

    /// @dev Take the reading at `index` of its batch: check it, then move the device's counters.
    ///   start ≡ 0 mod slot length, end ≤ now, start > start of the last reading
    ///   everything else of the head is neutral (see `_checkHead`)
    ///   energy ≤ capacity, and counter − energy ≥ last counter, for export and for import
    function _record(uint256 index, PackedReading memory reading, bytes calldata signature) private {
        (uint32 device, uint40 startAt) = (reading.device(), reading.startAt());
        Meter memory meter = last[device];
        if (startAt % SLOT_LENGTH != 0) revert Metering_SlotMisaligned(index, device, startAt, SLOT_LENGTH);
        uint256 end = uint256(startAt) + SLOT_LENGTH;
        if (end > block.timestamp) revert Metering_SlotNotOver(index, device, startAt, end);
        if (startAt <= meter.slotStart) revert Metering_SlotNotAfterLast(index, device, startAt, meter.slotStart);
        _checkHead(index, reading, startAt);

        (address key, Wh capacity) = DEVICES.keyOf(device);
        address signer = Signatures.recover(_hashTypedDataV4(ReadingHashing.structHash(reading)), signature);
        if (signer != key || signer == address(0)) revert Metering_BadSignature(index, device, signer);

        last[device] = _moved(index, reading, meter, capacity);
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
        Wh importCounter = reading.importCounter();
        _checkFlow(index, device, exported, exportCounter, meter.exportCounter, capacity);
        _checkFlow(index, device, reading.imported(), importCounter, meter.importCounter, capacity);
        return Meter(reading.startAt(), exported, exportCounter, importCounter);
    }

    /// @dev Fields whose rules are not built yet hold their neutral value. `startAt` is a multiple of the slot length
    /// and not 0, so that an interval precedes it.
    /// Reverts if: a bit above the fields is set; the length is not the slot length; the predecessor is not the interval
    /// directly before; the quality is not "measured"; it is not the first version.
    function _checkHead(uint256 index, PackedReading memory reading, uint40 startAt) private view {
        if (reading.head & ~INTERVAL_MASK == neutralHead(startAt, SLOT_LENGTH)) return;
        uint32 device = reading.device();
        if (reading.head >> 168 != 0) revert Metering_UnusedBitsSet(index, device, reading.head);
        if (reading.length() != SLOT_LENGTH) {
            revert Metering_LengthNotBase(index, device, reading.length(), SLOT_LENGTH);
        }
        uint40 preceding = startAt - SLOT_LENGTH;
        if (reading.previousStartAt() != preceding) {
            revert Metering_PredecessorNotAdjacent(index, device, reading.previousStartAt(), preceding);
        }
        if (reading.quality() != MEASURED) revert Metering_QualityNotMeasured(index, device, reading.quality());
        revert Metering_VersionNotFirst(index, device, reading.version());
    }

    /// @dev energy ≤ capacity and counter − energy ≥ last counter.
    function _checkFlow(uint256 index, uint32 device, Wh energy, Wh counter, Wh lastCounter, Wh capacity) private pure {
        if (energy > capacity) revert Metering_AboveCapacity(index, device, energy, capacity);
        if (energy > counter) revert Metering_CounterBelowEnergy(index, device, counter, energy);
        if (lastCounter > counter - energy) {
            revert Metering_CounterFell(index, device, counter - energy, lastCounter);
        }
    }

    /// @dev All energy that the sell order of the trade at `index` sold.
    function _totalAt(Wh[] calldata totals, uint256 index, PackedTrade memory trade) private pure returns (Wh) {
        return totals.length == 0 ? trade.energy() : totals[index];
    }

    /// @dev Issue the certificates of a trade, and once for the slot those of the export beyond all that was sold.
    function _deliver(
        uint40 slotStart,
        Wh exported,
        PackedTrade memory trade,
        Wh total,
        address holder,
        Issue memory issue_
    ) private returns (Wh delivered) {
        uint256 id = lotId(trade.device(), slotStart);
        Wh before = trade.soldBefore();
        Wh left = exported > before ? exported - before : Wh.wrap(0);
        delivered =
            left < total ? left.cumulativeShare(trade.sellerFilledBefore(), trade.energy(), total) : trade.energy();
        if (Wh.unwrap(delivered) != 0) _put(issue_.sold[issue_.soldCount++], holder, id, delivered);
        if (left > total) {
            Wh surplus = _takeSurplus(trade.device(), slotStart, exported, before, total);
            if (Wh.unwrap(surplus) == 0) return delivered;
            if (issue_.surplus.length == 0) issue_.surplus = new IGreenCertificates.Share[](issue_.sold.length);
            _put(issue_.surplus[issue_.surplusCount++], trade.seller(), id, surplus);
        }
    }

    /// @dev What a device exported beyond all that it sold, if that is not issued and no order but this one, which sold
    /// `total` after `before`, may be undecided: this one's round is final.
    function _takeSurplus(uint32 device, uint40 slotStart, Wh exported, Wh before, Wh total)
        private
        returns (Wh surplus)
    {
        if (isIssued(device, slotStart)) return surplus;
        (bool undecided, Wh sold) = DEVICES.saleOf(device, slotStart);
        // Once an order that sold something is decided, more is sold than before it: then another is undecided.
        if (undecided && sold > before) return surplus;
        if (sold < before + total) sold = before + total;
        if (!(exported > sold)) return surplus;
        _markIssued(device, slotStart);
        return exported - sold;
    }

    function _markIssued(uint32 device, uint40 slotStart) private {
        _issued[slotStart][device >> 8] |= 1 << (device & 0xff);
    }

    function _newIssue(uint256 trades) private pure returns (Issue memory issue_) {
        issue_.sold = new IGreenCertificates.Share[](trades);
    }

    function _put(IGreenCertificates.Share memory share, address holder, uint256 id, Wh energy) private pure {
        (share.holder, share.id, share.energy) = (holder, id, energy);
    }

    /// @dev Have the certificates that were gathered minted.
    function _mint(Issue memory issue_) private {
        _mintFirst(issue_.sold, issue_.soldCount);
        _mintFirst(issue_.surplus, issue_.surplusCount);
    }

    function _mintFirst(IGreenCertificates.Share[] memory shares, uint256 count) private {
        if (count == 0) return;
        // Equivalent to cutting the array to `count`: its length only shrinks.
        assembly ("memory-safe") {
            mstore(shares, count)
        }
        CERTIFICATES.mint(shares);
    }
}
