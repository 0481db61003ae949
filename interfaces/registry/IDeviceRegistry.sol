// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {SellerTerms} from "../../contracts/types/Attested.sol";
import {Carrier} from "../../contracts/types/Markets.sol";
import {MeterTerms} from "../../contracts/types/MeterTerms.sol";
import {PackedOrder, Side} from "../../contracts/types/Orders.sol";
import {Slot} from "../../contracts/types/Slots.sol";
import {Wh} from "../../contracts/types/Units.sol";
import {IDeviceChanges} from "./IDeviceChanges.sol";

/// @title Meters, routers, exchanges and interfaces, each with a key of its own
/// @notice A device is bound to its owner by a signature of the device's key, typed, placed in a subnet
/// and certified by k of n auditors, who can decertify it. Its owner can retire it. Either stops it permanently: a meter that
/// comes back is a new device with a new key. What can change meanwhile is in IDeviceChanges.
/// What a storage gives back earns no certificates: the energy was certified where it was made, or came from the grid.
/// @dev Trust assumptions.
/// Safety: certified devices measure honestly and keep their keys; auditors look at a device before
/// they certify it, also for a storage behind a meter of another source; `threshold` of them decertify one that lies.
/// Liveness: auditors certify. An owner can always retire a device.
interface IDeviceRegistry is IDeviceChanges {
    enum Kind {
        Meter,
        Router,
        Exchange,
        Interface
    }

    struct Device {
        /// The participant whose energy it measures.
        address owner;
        /// The local network that it is attached to.
        uint32 subnet;
        Kind kind;
        Carrier carrier;
        /// Code of the energy source behind it, never 0 (1 solar, 2 wind, 3 hydro, 4 biogas, 5 storage,
        /// 6 mixed; codes are the market's classes).
        uint8 source;
        /// Whether the auditors certified it as it is now, with a key that is trusted: it may sell.
        bool certified;
        /// Whether its owner took it out of service.
        bool retired;
        /// Whether the auditors took it out of service.
        bool decertified;
        /// The address of the key that signs the readings.
        address key;
        /// The most energy that it can feed or draw in one base interval, Wh.
        Wh capacity;
        /// When it was taken out of service, Unix seconds; 0 if it was not.
        uint40 stoppedAt;
        /// When its last change takes effect, Unix seconds; 0 if nothing changed.
        uint40 changedAt;
        /// From when on its key is not trusted, Unix seconds; 0 if it is.
        uint40 distrustedAt;
    }

    /// @notice A device is bound to its owner; `capacity` in Wh for one base interval.
    event DeviceAdded(
        uint32 indexed device,
        address indexed owner,
        address indexed key,
        Kind kind,
        Carrier carrier,
        uint8 source,
        uint32 subnet,
        Wh capacity
    );
    /// @notice An auditor voted to certify; `votes` so far.
    event CertificationVoted(uint32 indexed device, address indexed auditor, uint256 votes);
    /// @notice The device is certified from now on.
    event DeviceCertified(uint32 indexed device);
    /// @notice An order of the device for the slot is decided and sold or bought `energy` Wh; `total` with those before.
    event OrderDecided(uint32 indexed device, Side indexed side, Slot indexed slot, Wh energy, Wh total);
    /// @notice The device's owner took it out of service, permanently.
    event DeviceRetired(uint32 indexed device);
    /// @notice An auditor voted to decertify, for one reason; `votes` for this motion so far.
    event DecertificationVoted(uint32 indexed device, address indexed auditor, bytes32 indexed motion, uint256 votes);
    /// @notice The auditors took the device out of service, permanently.
    event DeviceDecertified(uint32 indexed device, string reason);

    /// @notice Thrown when the owner of a new device is no active participant.
    error Device_OwnerNotActive(address owner);
    /// @notice Thrown when there is no device with this id.
    error Device_Unknown(uint32 device);
    /// @notice Thrown when the key is that of another device.
    error Device_KeyTaken(address key, uint32 device);
    /// @notice Thrown when the device's key did not sign the binding; `recovered` is who signed, zero if nobody.
    error Device_BadSignature(address key, address recovered);
    /// @notice Thrown when the source is 0, or the capacity 0 Wh or 2^40 Wh or more.
    error Device_BadParameters(uint8 source, Wh capacity);
    /// @notice Thrown when the caller is no auditor.
    error Device_NotAuditor(address caller);
    /// @notice Thrown when the caller is not the device's owner.
    error Device_NotOwner(uint32 device, address owner, address caller);
    /// @notice Thrown when an auditor's vote names the content of another device than the one with this id.
    error Device_OtherContent(uint32 device, bytes32 have, bytes32 named);
    /// @notice Thrown when a device to decertify is not certified.
    error Device_NotCertified(uint32 device);
    /// @notice Thrown when there is no reason to decertify.
    error Device_EmptyReason(uint32 device);
    /// @notice Thrown when an auditor votes for a device a second time, or a second time to decertify it for the same reason.
    error Device_AlreadyVoted(uint32 device, address auditor);
    /// @notice Thrown when the device is certified.
    error Device_AlreadyCertified(uint32 device);
    /// @notice Thrown when the device is out of service.
    error Device_Retired(uint32 device);
    /// @notice Thrown when the caller is not the order book.
    error Device_NotOrderBook(address caller);
    /// @notice Thrown when the caller is not Deliveries.
    error Device_NotDeliveries(address caller);
    /// @notice Thrown when the device of the order at `index` has an undecided order of this side for the slot.
    error Device_Undecided(uint256 index, uint32 device, Side side, Slot slot);
    /// @notice Thrown when the caller is neither the order book nor the settlement.
    error Device_NotMarket(address caller);
    /// @notice Thrown when no order of the device for the slot that comes after `before` Wh is undecided.
    error Device_NotUndecided(uint32 device, Side side, Slot slot, Wh before);
    /// @notice Thrown when a device uses slots of another length, seconds, within the longest slot around this one.
    error Device_OtherLength(uint32 device, Slot slot, uint32 length);
    /// @notice Thrown when a slot does not have a length of the deployment, or does not start at a multiple of it.
    error Device_BadSlot(Slot slot);
    /// @notice Thrown when the longest slot at deployment is not 1 to 255 base intervals, seconds.
    error Device_BadIntervals(uint32 baseInterval, uint32 longestSlot);
    /// @notice Thrown when the device of the order at `index` would sell or buy more than its capacity in the slot, Wh.
    error Device_AboveCapacity(uint256 index, uint32 device, Wh promised, Wh capacity);

    /// @notice Bind a device to the sender. `signature` is the device key's EIP-712 signature over
    /// Device(address owner,uint8 kind,uint8 carrier,uint8 source,uint32 subnet,uint64 capacityWh).
    /// A key is bound once, for ever. Device ids start at 1.
    /// Reverts if: the sender is no active participant; the source is 0, or the capacity 0 Wh; the key is bound already, or did
    /// not sign.
    /// @param key The address of the key that signs the readings.
    /// @param kind What kind of device it is.
    /// @param carrier What it measures.
    /// @param source The energy source behind it, a code of 1 to 255.
    /// @param subnet Number of the local network that it is attached to.
    /// @param capacity The most energy that it can feed or draw in one base interval, Wh, 1 to 2^40 − 1.
    /// @param signature The device key's: 64 or 65 bytes of secp256k1, or 128 bytes of P-256, as IDeviceKeys takes them.
    /// @return id The device's id.
    function add(
        address key,
        Kind kind,
        Carrier carrier,
        uint8 source,
        uint32 subnet,
        Wh capacity,
        bytes calldata signature
    ) external returns (uint32 id);

    /// @notice An auditor's vote to certify; the vote that reaches the registry's threshold certifies.
    /// A vote names what the auditor saw, not a number alone: after a reorganisation of the chain another device may have the
    /// number. The content needs no chain and no contract, since the transaction that carries it names both.
    /// Reverts if: the caller is no auditor or has voted for it; there is no such device, it has another content, is certified, or
    /// is out of service; its key is not trusted; a change of it is pending, so that what is certified does not hold yet.
    /// @param id Id of the device.
    /// @param content `contentOf` the device that the auditor saw.
    function certify(uint32 id, bytes32 content) external;

    /// @notice An auditor's vote to take a certified device out of service, permanently; the vote that reaches the registry's
    /// threshold for the same reason, to the letter, does. It has the effect of `retire`: the device can no longer sell, its
    /// readings for energy already sold are still taken, and slots that start from then on earn no certificates.
    /// An owner can change the record between the votes, so that they begin anew and the device sells nothing meanwhile:
    /// `voteDistrust` needs no content.
    /// Reverts if: the caller is no auditor or has voted for this; there is no such device, it has another content, is not
    /// certified, or is out of service; there is no reason.
    /// @param id Id of the device.
    /// @param content `contentOf` the device that the auditor means.
    /// @param reason Why, in words; not empty.
    function decertify(uint32 id, bytes32 content, string calldata reason) external;

    /// @notice Takes the sender's device out of service, permanently. It can no longer sell; readings for energy
    /// already sold are still taken and paid, but slots that start from now on earn no certificates.
    /// Reverts if: there is no such device, it is out of service, or not the sender's.
    /// @param id Id of the device.
    function retire(uint32 id) external;

    /// @notice A device; all zero if there is none.
    /// @param id Id of the device.
    function device(uint32 id) external view returns (Device memory);

    /// @notice What decides whether a reading is taken, and whether it earns certificates, in one storage word; zero if there is
    /// no such device.
    /// @param id Id of the device.
    function meterTermsOf(uint32 id) external view returns (MeterTerms);

    /// @notice The device's present owner, and the times between which a slot must start to earn certificates, Unix seconds.
    /// @param id Id of the device.
    /// @return owner The participant whose energy it measures.
    /// @return since Its certification as it is now, also if its key is not trusted any more; 0 if there was none. Of slots before
    /// a change see `certificationAt`.
    /// @return until When it was retired or decertified, 2^40 − 1 while it is in service; always 0 for a storage.
    function certificationOf(uint32 id) external view returns (address owner, uint40 since, uint40 until);

    /// @notice What auditors vote for: keccak256(abi.encode(id, owner, key, kind, carrier, source, subnet, capacity,
    /// description)), the last as of `descriptionOf`.
    /// @param id Id of the device.
    function contentOf(uint32 id) external view returns (bytes32);

    /// @notice For the order book alone: reserves energy of a slot for the orders that name a device or meter. For a slot it has
    /// one undecided sell order and one undecided buy order at a time, over all markets, and neither sells nor buys more than its
    /// capacity in sum (DEV-1). Within one longest slot it uses slots of one length.
    /// Reverts if: the caller is not the order book; a device has an undecided order of the side for the slot, uses slots of
    /// another length, or would trade more than its capacity with what it traded before.
    /// @param slot The slot, length 32 | start 40.
    /// @param orders A batch of orders.
    /// @return What decides whether the device of each order may trade, which the caller checks, and what it sold or bought of
    /// the slot before; zero for an order without a device and for an unknown device.
    function reserve(Slot slot, PackedOrder[] calldata orders) external returns (SellerTerms[] memory);

    /// @notice For the order book and the settlement alone: the device's undecided order for the slot is decided. The next may
    /// be posted, and comes after what was traded.
    /// Reverts if: the caller is another; no order of the side that comes after `before` is undecided.
    /// @param id Id of the device.
    /// @param side Whether it sold or bought.
    /// @param slot The slot, length 32 | start 40.
    /// @param before What the device had traded of the slot before this order, Wh, as attested in it.
    /// @param energy What the order traded, Wh; 0: nothing.
    function decide(uint32 id, Side side, Slot slot, Wh before, Wh energy) external;

    /// @notice For Deliveries alone: the device uses slots of this length within the longest slot around it.
    /// Reverts if: the caller is another; the deployment has no such slot; the device uses slots of another length; none is fixed
    /// yet, there is a choice, and `by` is not the device's owner.
    /// @param id Id of the device.
    /// @param slot The slot, length 32 | start 40.
    /// @param by Who asks Deliveries.
    function fixLength(uint32 id, Slot slot, address by) external;

    /// @notice Whether an order of the device for the slot is undecided, and what its decided orders sold or bought, Wh.
    /// @param id Id of the device.
    /// @param side Whether sell orders or buy orders.
    /// @param slot The slot, length 32 | start 40.
    function promisedOf(uint32 id, Side side, Slot slot) external view returns (bool undecided, Wh decided);

    /// @notice Length of the slots that a device uses within a longest slot, seconds; 0: any.
    /// @param id Id of the device.
    /// @param time A time in that longest slot, Unix seconds.
    function lengthOf(uint32 id, uint40 time) external view returns (uint32);

    /// @notice Length of the interval of every reading of this deployment, seconds.
    function BASE_INTERVAL() external view returns (uint32);

    /// @notice The longest delivery slot of this deployment, seconds: a multiple of the base interval, at most 255 of them.
    function LONGEST_SLOT() external view returns (uint32);

    /// @notice Number of devices; the last id.
    function deviceCount() external view returns (uint32);

    /// @notice Id of the device that has or had this key, 0 if none.
    /// @param key The address of the key that signs its readings.
    function deviceOf(address key) external view returns (uint32);
}
