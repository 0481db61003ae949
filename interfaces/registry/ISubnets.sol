// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {Carrier} from "../../contracts/types/Markets.sol";
import {Slot} from "../../contracts/types/Slots.sol";
import {Ppm, Wh} from "../../contracts/types/Units.sol";
import {IDeviceRegistry} from "./IDeviceRegistry.sol";

/// @title Subnets, the exchanges that measure them, and holds of certificates where the two do not agree
/// @notice A subnet is a local network of one carrier. Its devices name it by its number. It hangs under another one, or under the
/// root, and its exchange measures what flows in and out. In every interval the exchange's import less its export is that of all that
/// is inside, the subnet's meters and the exchanges of the subnets under it, within a tolerance. Who looks at the readings
/// finds where this is not so; k of n auditors flag the slot, with the lots of certificates that are in doubt. These lots are held:
/// they are neither moved nor retired until k of n auditors clear the flag, or for `HOLD_TIME`. A lot is held once, whoever flags it
/// again, so that nobody can hold it longer than that. Money and orders do not notice, and what is minted of a lot goes on.
/// @dev Trust assumptions.
/// Safety: `threshold` auditors can hold any lot of a subnet that they formed, once, for `HOLD_TIME` at most. They move nothing.
/// Liveness: none; a hold ends by itself.
/// The contracts do not look at readings of exchanges: that a flag is right is the auditors' word, and its evidence a hash.
interface ISubnets {
    /// @notice What auditors state of a subnet.
    struct Terms {
        /// The subnet that it hangs under; 0: the root.
        uint32 parent;
        /// The device that measures its exchange with it.
        uint32 exchange;
        /// What may be missing: this share of all that is measured, ppm,
        Ppm tolerance;
        /// but at least so much, Wh.
        Wh floor;
    }

    /// @dev slot 0: 4 + 4 + 4 + 8 + 4 + 4 + 1 = 29
    struct Subnet {
        uint32 parent;
        uint32 exchange;
        Ppm tolerance;
        Wh floor;
        /// How often it was formed or changed; 0: never.
        uint32 revision;
        /// Number of subnets that hang under it.
        uint32 children;
        /// 1 directly under the root.
        uint8 level;
    }

    /// @notice What auditors doubt.
    struct Flag {
        uint32 subnet;
        /// The slot whose readings do not agree, length 32 | start 40.
        Slot slot;
        /// Ids of the lots that are in doubt, ascending.
        uint256[] lots;
        /// Hash of what shows it.
        bytes32 evidence;
    }

    /// @notice An auditor voted to form or change a subnet; `votes` for this motion so far.
    event FormingVoted(uint32 indexed subnet, address indexed auditor, bytes32 indexed motion, uint256 votes);
    /// @notice The subnet is this from now on; tolerance in ppm, floor in Wh.
    event SubnetFormed(
        uint32 indexed subnet,
        uint32 indexed parent,
        uint32 indexed exchange,
        Ppm tolerance,
        Wh floor,
        uint32 revision,
        uint8 level
    );
    /// @notice An auditor voted to flag a slot; `votes` for this flag so far.
    event FlagVoted(bytes32 indexed flag, address indexed auditor, uint256 votes);
    /// @notice A slot of a subnet is flagged, and these lots are held until then, Unix seconds.
    event SlotFlagged(
        bytes32 indexed flag, uint32 indexed subnet, Slot indexed slot, uint256[] lots, bytes32 evidence, uint40 until
    );
    /// @notice An auditor voted to clear a flag, for one finding; `votes` for it so far.
    event ClearingVoted(bytes32 indexed flag, address indexed auditor, bytes32 finding, uint256 votes);
    /// @notice The flag is cleared, and its lots are free.
    event FlagCleared(bytes32 indexed flag, bytes32 finding);

    /// @notice Thrown when the time of holds at deployment is 0, or above `most`, seconds.
    error Subnet_BadHoldTime(uint40 holdTime, uint40 most);
    /// @notice Thrown when the caller is no auditor.
    error Subnet_NotAuditor(address caller);
    /// @notice Thrown when an auditor votes for a motion a second time.
    error Subnet_AlreadyVoted(bytes32 motion, address auditor);
    /// @notice Thrown when nobody formed the subnet.
    error Subnet_Unknown(uint32 subnet);
    /// @notice Thrown when a vote is of another revision of the subnet than the one that it has.
    error Subnet_OtherRevision(uint32 subnet, uint32 have, uint32 named);
    /// @notice Thrown when the device that would measure a subnet is no exchange.
    error Subnet_NotExchange(uint32 subnet, uint32 device, IDeviceRegistry.Kind kind);
    /// @notice Thrown when the exchange of a subnet, or the device of a lot, is in another subnet, `have`, which is not under it.
    error Subnet_NotInside(uint32 subnet, uint32 device, uint32 have);
    /// @notice Thrown when the exchange of a subnet is not certified as it is now, or out of service.
    error Subnet_ExchangeNotCertified(uint32 subnet, uint32 device);
    /// @notice Thrown when a tolerance is above one, ppm.
    error Subnet_BadTolerance(uint32 subnet, Ppm tolerance);
    /// @notice Thrown when the exchange measures another carrier than that of the subnet above it, or than the one before it.
    error Subnet_OtherCarrier(uint32 subnet, Carrier have, Carrier needed);
    /// @notice Thrown when a subnet would hang under itself.
    error Subnet_UnderItself(uint32 subnet);
    /// @notice Thrown when a subnet with others under it would hang elsewhere.
    error Subnet_HasChildren(uint32 subnet, uint32 children);
    /// @notice Thrown when a subnet would be on a level below the last one.
    error Subnet_TooDeep(uint32 subnet, uint256 level, uint256 most);
    /// @notice Thrown when a flag or a finding refers to nothing.
    error Subnet_NoEvidence(uint32 subnet);
    /// @notice Thrown when a flagged slot is none, or is not over until then, Unix seconds.
    error Subnet_SlotNotOver(uint32 subnet, Slot slot, uint256 until);
    /// @notice Thrown when a flag names no lots, or more than `most`.
    error Subnet_BadCount(uint32 subnet, uint256 lots, uint256 most);
    /// @notice Thrown when the lot at `index` does not come after the one before it.
    error Subnet_NotAscending(uint256 index, uint256 lot);
    /// @notice Thrown when a lot is of a slot that does not overlap the flagged one.
    error Subnet_OtherSlot(uint256 lot, Slot slot);
    /// @notice Thrown when this was flagged before; its holds end or ended then, Unix seconds.
    error Subnet_AlreadyFlagged(bytes32 flag, uint40 until);
    /// @notice Thrown when nobody flagged this.
    error Subnet_NotFlagged(bytes32 flag);
    /// @notice Thrown when the holds of a flag ended, by time or because it was cleared, Unix seconds.
    error Subnet_HoldOver(bytes32 flag, uint40 until);

    /// @notice An auditor's vote to form a subnet, or to change it; the vote that reaches the threshold for the same content does.
    /// Votes are for one revision: what was not decided before a change is voted on again. A subnet with others under it stays where
    /// it is.
    /// Reverts if: the caller is no auditor, or has voted for this; the subnet has another revision; the exchange is no exchange, not
    /// certified, out of service, in another subnet, or of another carrier than the parent or the exchange before; the tolerance is
    /// above one; the parent was not formed, is the subnet itself, or on the last level; it is another than before, and
    /// subnets hang under this one.
    /// @param subnet Its number, as its devices name it; the root, 0, has no exchange.
    /// @param revision `revision` of the subnet that the auditor saw; 0: it is new.
    /// @param terms What it is to be.
    function form(uint32 subnet, uint32 revision, Terms calldata terms) external;

    /// @notice An auditor's vote to flag a slot and hold lots; the vote that reaches the threshold for the same content does. Lots of
    /// which nothing is minted yet can be held, too.
    /// Reverts if: the caller is no auditor, or has voted for this; it was flagged before; the subnet was not formed; there is no
    /// evidence; the slot is not over; there are no lots, or more than `MAX_LOTS`; they do not ascend; one is of a device that is
    /// neither in the subnet nor in one under it, or of a slot that does not overlap; with the last vote, one was held before.
    /// @param flagged What is in doubt.
    function flag(Flag calldata flagged) external;

    /// @notice An auditor's vote to clear a flag and free its lots; the vote that reaches the threshold for the same finding does.
    /// Reverts if: the caller is no auditor, or has voted for this; nobody flagged it; its holds are over; there is no finding.
    /// @param flagged What was in doubt.
    /// @param finding Hash of what settles it.
    function clear(Flag calldata flagged, bytes32 finding) external;

    /// @notice A subnet; all zero if nobody formed it.
    /// @param subnet Its number.
    function subnetOf(uint32 subnet) external view returns (Subnet memory);

    /// @notice Until when the lots of a flag are or were held, Unix seconds; 0 if nobody flagged it.
    /// @param flagHash `hashOf` it.
    function heldUntil(bytes32 flagHash) external view returns (uint40);

    /// @notice What names a flag: keccak256(abi.encode(flagged)).
    /// @param flagged What is in doubt.
    function hashOf(Flag calldata flagged) external pure returns (bytes32);

    /// @notice How long lots are held unless the flag is cleared before, seconds.
    function HOLD_TIME() external view returns (uint40);

    /// @notice The most lots of a flag.
    function MAX_LOTS() external view returns (uint256);

    /// @notice The lowest level that a subnet can be on; those under the root are on the first.
    function MAX_LEVEL() external view returns (uint256);
}
