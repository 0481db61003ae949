// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {IDeliveries} from "../../interfaces/metering/IDeliveries.sol";
import {IGreenCertificates} from "../../interfaces/tokens/IGreenCertificates.sol";
import {Deliveries} from "../../contracts/metering/Deliveries.sol";
import {DeliveryTerms} from "../../contracts/types/Markets.sol";
import {MeterWord} from "../../contracts/types/MeterWords.sol";
import {Side} from "../../contracts/types/Orders.sol";
import {Slot, slotOf} from "../../contracts/types/Slots.sol";
import {PackedTrade, TradeFields} from "../../contracts/types/Trades.sol";
import {Wh} from "../../contracts/types/Units.sol";

/// @dev Halmos's own cheatcodes.
interface Svm {
    function enableSymbolicStorage(address account) external;
}

/// @dev What is minted for a device and slot never exceeds its export E: `Deliveries.deliverLast` on one trade, from any
/// state of the contract and with any answers of the registries and of the metering, which this contract stands for.
///
/// An order that sold X behind the S of those before it shares D = min(max(E − S, 0), X) = min(E, S + X) − min(E, S).
/// With c(f) = min(f, D) first in first out, ⌊D · f / X⌋ in proportion, and f where D = X, its trade of e after f gets
/// c(f + e) − c(f), and what is minted besides is the surplus, once, of E beyond all that is sold. `SharesProof`: c(0) =
/// 0, c(X) = D, and c never falls. So the orders' shares sum to at most min(E, S') where S' is all that is sold, and with
/// the surplus to at most E.
///
/// Bounds: delivery at export, f + e ≤ X, which `Clearing` checks, and device 7, a key of mappings only. Of `deliver` and
/// `issue`, and of the buyer's share of an import, nothing is proven here.
contract CertificatesProof {
    using TradeFields for PackedTrade;

    /// @dev Everything that the contract is told.
    struct Case {
        PackedTrade trade;
        uint40 start;
        bool isFirstInFirstOut;
        uint64 sold;
        bool isSuspended;
        bool isUndecided;
        uint64 promised;
        uint256 word;
    }

    /// @dev What it knew before, and what it says was delivered.
    struct Seen {
        uint256 exported;
        bool isIssued;
        uint256 delivered;
    }

    Svm private constant SVM = Svm(address(uint160(uint256(keccak256("svm cheat code")))));

    uint32 public constant BASE_INTERVAL = 900;
    uint32 public constant LONGEST_SLOT = 3600;

    uint256 private constant DEVICE = 7;

    Deliveries private _deliveries;
    Case private _case;
    uint256 private _minted;

    function setUp() public {
        _deliveries = new Deliveries(address(this), address(this), address(this), address(this), address(this));
        SVM.enableSymbolicStorage(address(_deliveries));
    }

    function isSuspendedAt(address, uint40) external view returns (bool) {
        return _case.isSuspended;
    }

    function lastOf(PackedTrade[] calldata, bool) external view returns (MeterWord[] memory words) {
        words = new MeterWord[](1);
        words[0] = MeterWord.wrap(_case.word);
    }

    function promisedOf(uint32, Side, Slot) external view returns (bool, Wh) {
        return (_case.isUndecided, Wh.wrap(_case.promised));
    }

    function mint(IGreenCertificates.Share[] calldata shares) external {
        for (uint256 i = 0; i < shares.length; ++i) {
            _minted += Wh.unwrap(shares[i].energy);
        }
    }

    function check_inProportion(Case memory given) public {
        given.isFirstInFirstOut = false;
        _mintsAStepAndTheSurplus(given);
    }

    function check_firstInFirstOut(Case memory given) public {
        given.isFirstInFirstOut = true;
        _mintsAStepAndTheSurplus(given);
    }

    /// delivered = c(f + e) − c(f); minted ≤ delivered, or else minted = delivered + E − max(S + X, promised), the slot
    /// was not issued before, and is now.
    function _mintsAStepAndTheSurplus(Case memory given) private {
        PackedTrade memory trade = given.trade;
        _fixDevice(trade);
        (uint256 filled, uint256 energy) = (Wh.unwrap(trade.sellerFilledBefore()), Wh.unwrap(trade.energy()));
        if (filled + energy > given.sold) return;
        (_case.isSuspended, _case.isUndecided, _case.promised) = (given.isSuspended, given.isUndecided, given.promised);
        _case.word = given.word;
        (uint256 known, Seen memory seen) = _deliver(given);
        if (known == 0) {
            assert(seen.delivered == 0 && _minted == 0);
            return;
        }
        uint256 before = Wh.unwrap(trade.soldBefore());
        uint256 left = seen.exported > before ? seen.exported - before : 0;
        assert(seen.delivered == _upTo(given, left, filled + energy) - _upTo(given, left, filled));
        if (_minted <= seen.delivered) return;
        uint256 all = before + given.sold < given.promised ? given.promised : before + given.sold;
        assert(!seen.isIssued && _deliveries.isIssued(trade.device(), slotOf(given.start, BASE_INTERVAL)));
        assert(_minted - seen.delivered + all == seen.exported);
    }

    function _fixDevice(PackedTrade memory trade) private pure {
        trade.terms = (trade.terms & ~(uint256(type(uint32).max) << 120)) | (DEVICE << 120);
    }

    function _deliver(Case memory given) private returns (uint256 known, Seen memory seen) {
        Slot slot = slotOf(given.start, BASE_INTERVAL);
        uint32 device = given.trade.device();
        seen.exported = Wh.unwrap(MeterWord.wrap(given.word).exported());
        seen.isIssued = _deliveries.isIssued(device, slot);
        uint88 terms = given.isFirstInFirstOut ? uint88(1) << 80 : 0;
        IDeliveries.Shares memory shares;
        (known, shares) = _deliveries.deliverLast(
            DeliveryTerms.wrap(terms | Slot.unwrap(slot)), _one(given.trade), _totals(given), 1
        );
        seen.delivered = Wh.unwrap(shares.delivered[0]);
    }

    /// @dev c(part) of an order that shares `left`.
    function _upTo(Case memory given, uint256 left, uint256 part) private pure returns (uint256) {
        if (left >= given.sold) return part;
        if (given.isFirstInFirstOut) return part < left ? part : left;
        return Wh.unwrap(Wh.wrap(uint64(left)).proRataDown(Wh.wrap(uint64(part)), Wh.wrap(given.sold)));
    }

    function _one(PackedTrade memory trade) private pure returns (PackedTrade[] memory trades) {
        trades = new PackedTrade[](1);
        trades[0] = trade;
    }

    function _totals(Case memory given) private pure returns (IDeliveries.Totals memory totals) {
        totals.sold = new Wh[](1);
        totals.sold[0] = Wh.wrap(given.sold);
    }
}
