// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {DeliveryTerms} from "../../contracts/types/Markets.sol";
import {ProvenReading} from "../../contracts/types/Readings.sol";
import {Slot} from "../../contracts/types/Slots.sol";
import {PackedTrade} from "../../contracts/types/Trades.sol";
import {Wh} from "../../contracts/types/Units.sol";

/// @title What was delivered, and the certificates that follow from it
/// @notice Export of a certified device becomes green certificates, once: unless it is a storage, or the slot
/// starts after the device was retired or decertified, in which case it is settled in money alone. What the owner would keep is
/// not certified either while the owner is suspended; energy that was sold before is certified to its buyer.
/// @dev Trust assumptions.
/// Safety: what devices reported is what was measured (see IMetering). The settlement contract names the buyer's share.
/// Liveness: none; anyone may have the surplus issued.
interface IDeliveries {
    /// @dev The readings of a trade's slot, one for each of its base intervals that has one, in their order, as they were first
    /// reported. Where some are missing at its end, the reading after them shows that there are none.
    struct Measured {
        /// Of the seller's device.
        ProvenReading[] exported;
        /// Of the buyer's meter; none where it does not count, or is missing.
        ProvenReading[] imported;
    }

    /// @dev What the orders of trades traded in their round, Wh, one for each trade; none where a trade is all of it.
    struct Totals {
        Wh[] sold;
        /// None either where the buyers' meters do not count.
        Wh[] bought;
    }

    /// @dev What was delivered of trades, Wh, one for each trade.
    struct Shares {
        /// The share of the export.
        Wh[] delivered;
        /// The least of that and the share of the import; none where the buyers' meters do not count.
        Wh[] used;
    }

    /// @notice Thrown when the caller is not the settlement.
    error Delivery_NotSettlement(address caller);
    /// @notice Thrown when the surplus of the device and slot is issued.
    error Delivery_AlreadyIssued(uint32 device, Slot slot);
    /// @notice Thrown when an order of the device for the slot is undecided.
    error Delivery_Undecided(uint32 device, Slot slot);
    /// @notice Thrown when no reading is given: it names the device.
    error Delivery_NoReading(Slot slot);
    /// @notice Thrown when an interval of the buyer's meter has no reading, or none that is measured: the meter counts as missing, so
    /// that it pays nobody to lose a reading.
    error Delivery_ImportNotMeasured(uint32 meter, Slot slot);
    /// @notice Thrown when the device was not certified when the slot began.
    error Delivery_NotCertified(uint32 device);
    /// @notice Thrown when the device is a storage, whose energy earns no certificates.
    error Delivery_Storage(uint32 device);
    /// @notice Thrown when the device was retired or decertified, at `stoppedAt`, before the slot began; both Unix seconds.
    error Delivery_Stopped(uint32 device, uint40 slotStart, uint40 stoppedAt);
    /// @notice Thrown when the auditors had suspended the device's owner when the slot began, Unix seconds.
    error Delivery_OwnerSuspended(uint32 device, uint40 slotStart, address owner);

    /// @notice Turns what a device exported beyond all that it sold in a slot into certificates of its owner. Anyone may call;
    /// where the device could use slots of several lengths and none is fixed yet, its owner alone.
    /// What was measured last counts, where readings were corrected.
    /// Reverts if: the deployment has no such slot, or the device uses another length; the readings are not those of the slot
    /// (`Measured`), or unknown; the device was not certified when the slot began, was retired or decertified before, or is a
    /// storage; its owner was suspended then; the slot's surplus is issued; a sell order of the device for the slot is undecided
    /// (IOrderBook.release or ISettlement.decide decides it).
    /// @param slot The slot, length 32 | start 40.
    /// @param measured The readings of the slot, as of `Measured`.
    function issue(Slot slot, ProvenReading[] calldata measured) external;

    /// @notice For the settlement alone: `deliver` for those trades that are asked for and whose devices' last readings are of
    /// this slot; nothing for the others, and nothing where a slot is longer than a base interval.
    /// Reverts if: the caller is not the settlement.
    /// @param terms How the market's trades are measured: sharing 8 | delivery 8 | slot 72.
    /// @param trades At most 128.
    /// @param totals As of `deliver`.
    /// @param wanted A mask: bit i is set if trade i is asked for.
    /// @return known Bit i: trade i is asked for, and its delivery is known.
    /// @return shares As of `deliver`; 0 where it is not known.
    function deliverLast(DeliveryTerms terms, PackedTrade[] calldata trades, Totals calldata totals, uint256 wanted)
        external
        returns (uint256 known, Shares memory shares);

    /// @notice For the settlement alone: issues the certificates of what was delivered and used in trades to their buyers, and of
    /// the rest of what was delivered to the sellers; and once for each slot, what was exported beyond all that was sold, to the
    /// seller, when no order of the device for the slot is undecided. A device that sells is certified before the gate closes
    /// (IOrderBook), so before the slot begins. There are no certificates where the device is a storage, or was retired,
    /// decertified or given another key before the slot began, and not certified with it by then; and none for a seller who was
    /// suspended then, or whose device had another owner or was not certified anew after a change (IDeviceChanges). Shares are the
    /// same.
    /// A trade's share: with S sold by the device before, the order that sold X gets D' = min(max(export − S, 0), X). A trade of
    /// e after b of the order's trades gets ⌊D' · (b + e) / X⌋ − ⌊D' · b / X⌋, or min(max(D' − b, 0), e) where trades are served
    /// one after the other: any subset of trades gets the same, and all of them D'. The buyer's side likewise, with its meter's
    /// import.
    /// Reverts if: the caller is not the settlement; the readings are not those of the slot, or unknown; an interval of a buyer's
    /// meter that is shown is not measured.
    /// @param terms How the market's trades are measured: sharing 8 | delivery 8 | slot 72.
    /// @param measured The readings of each trade; without any of the buyer's meter, its import counts as 0.
    /// @param trades As many trades.
    /// @param totals What the orders of each trade traded in the round, Wh, at least the trade's energy.
    /// @param toSellers Whether all certificates are the sellers'; shares of the export are then those that were certified.
    function deliver(
        DeliveryTerms terms,
        Measured[] calldata measured,
        PackedTrade[] calldata trades,
        Totals calldata totals,
        bool toSellers
    ) external returns (Shares memory shares);

    /// @notice Whether the surplus of the device and slot is issued.
    /// @param device Id of the device.
    /// @param slot The slot, length 32 | start 40.
    function isIssued(uint32 device, Slot slot) external view returns (bool);
}
