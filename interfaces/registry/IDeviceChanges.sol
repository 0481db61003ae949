// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {Wh} from "../../contracts/types/Units.sol";

/// @title Changes in the life of a device: another key, another owner, another description, a key that is not trusted
/// @notice A change takes effect at the start of the next longest slot, so that no slot has two owners or two keys. From the
/// transaction on the device sells nothing, until auditors certify it anew; there is one change at a time. Energy that was sold
/// before is measured and paid to who sold it.
/// - Key, with another meter or without: readings of intervals from the change on need the new key, and are taken once the device is certified with it. Slots
///   that begin before that earn no certificates.
/// - Owner, or description: slots that begin before the device is certified anew earn certificates for the buyers of energy that
///   was sold, and none for the owner. What a former owner sold is certified to its buyers; what they leave unused is nobody's, and
///   what nobody bought the new owner's.
/// - A key that is not trusted from a time on: readings of intervals that end later and that it signed are refused; those that
///   were taken before the statement stay. Only another key brings the device back.
/// Readings of intervals before a change are signed by the key of then, and taken until a week after the change, unless a later
/// one was taken. So energy that an owner sold before it handed the device over is paid if the new owner lets its key be trusted.
/// Where slots are shorter than the longest one, auditors certify a changed device once the change has taken effect: what it
/// sells of slots before that is measured by the key of then.
/// @dev Trust assumptions.
/// Safety: `threshold` auditors can have readings refused that are not yet taken, whose trades are then refunded. Who holds the owner's account can stop the device and give it away, and cannot make certificates with it: for that
/// `threshold` auditors look at the key that it has then. Who holds a key that nobody knows to be stolen can invent readings.
/// Liveness: auditors certify anew.
/// The compiler looks functions up by rising selector: names of what is called rarely have theirs behind that of `reserve`.
interface IDeviceChanges {
    /// @notice What is on record of a device beside what its orders and readings depend on. The contracts do not look at it.
    struct Description {
        /// Hash of the name that its owner and the auditors agreed on.
        bytes32 nameHash;
        /// Hash of its location, which is nobody else's concern.
        bytes32 locationHash;
        /// Its number with the operator of the grid.
        string gridId;
        /// As in the rules of markets.
        bytes24 zone;
        /// Greatest power, W.
        uint64 power;
        /// When it went into operation, Unix seconds.
        uint40 operationalFrom;
        /// Until when the certification is meant to hold, Unix seconds; 0: no end.
        uint40 certifiedUntil;
        /// Code of the technology, as certificates have it.
        uint16 technology;
        /// Code of the support that it received: 0 none, 1 for the investment, 2 for what it makes, 3 both.
        uint8 support;
    }

    /// @notice The device is measured by another meter, whose counters begin with this, Wh, from a time on, Unix seconds.
    event MeterExchanged(uint32 indexed device, address indexed key, Wh exported, Wh imported, uint40 from);
    /// @notice The device has another key, from a time on, Unix seconds.
    event KeyRotated(uint32 indexed device, address indexed replaced, address indexed key, uint40 from);
    /// @notice An auditor voted not to trust a key from a time on, Unix seconds; `votes` for that time so far.
    event DistrustVoted(
        uint32 indexed device, address indexed auditor, address indexed key, uint40 since, uint256 votes
    );
    /// @notice A key of the device is not trusted from a time on, Unix seconds.
    event KeyDistrusted(uint32 indexed device, address indexed key, uint40 since);
    /// @notice The owner offers the device to an account; zero: to nobody any more.
    event DeviceOffered(uint32 indexed device, address indexed owner, address indexed to);
    /// @notice The device has another owner, from a time on, Unix seconds.
    event DeviceHandedOver(uint32 indexed device, address indexed before, address indexed owner, uint40 from);
    /// @notice What is on record of a device, and its hash; from a time on, Unix seconds, 0 if it was not certified.
    event DeviceDescribed(uint32 indexed device, bytes32 hash, Description description, uint40 from);

    /// @notice Thrown when the device's last change takes effect only at `from`, Unix seconds.
    error Device_ChangePending(uint32 device, uint40 from);
    /// @notice Thrown when the device's key is not trusted from `since` on, Unix seconds.
    error Device_KeyDistrusted(uint32 device, address key, uint40 since);
    /// @notice Thrown when no device has or had this key.
    error Device_UnknownKey(address key);
    /// @notice Thrown when a time is 0 or in the future, Unix seconds.
    error Device_BadTime(uint32 device, uint40 time);
    /// @notice Thrown when the key is not trusted from `stated` on already, which is not later than `named`, Unix seconds.
    error Device_NotEarlier(uint32 device, address key, uint40 stated, uint40 named);
    /// @notice Thrown when the time is before the caller's time as the owner, which began at `ownedFrom`, Unix seconds.
    error Device_NotOwnerThen(uint32 device, uint40 time, uint40 ownedFrom);
    /// @notice Thrown when the device is offered to somebody else, or to nobody.
    error Device_NotOffered(uint32 device, address offeredTo, address caller);

    /// @notice Replaces the key of the sender's device. `signature` is the new key's EIP-712 signature over
    /// Rotation(uint32 device,address owner,address replaced). A key is bound once, for ever, the replaced one too.
    /// Reverts if: there is no such device, it is out of service, or not the sender's; a change of it is pending; the new key is
    /// bound already, or did not sign.
    /// @param id Id of the device.
    /// @param key The address of the key that signs the readings of intervals from the change on.
    /// @param signature The new key's: 64 or 65 bytes of secp256k1, or 128 bytes of P-256, as IDeviceKeys takes them.
    function rotate(uint32 id, address key, bytes calldata signature) external;

    /// @notice As `rotate`, of a meter that is exchanged for another, or whose counters begin again: the first reading of an interval
    /// from the change on is held against these counters, not against those of the last one. `signature` is the new key's EIP-712
    /// signature over MeterExchange(uint32 device,address owner,address replaced,uint64 exportCounterWh,uint64 importCounterWh).
    /// A key has one exchange: auditors who certify the device with it saw the counters that the event says.
    /// Reverts if: `rotate` does.
    /// @param id Id of the device.
    /// @param key The address of the key that signs the readings of intervals from the change on.
    /// @param exported Lifetime export that the new meter begins with, Wh.
    /// @param imported Lifetime import that the new meter begins with, Wh.
    /// @param signature The new key's: 64 or 65 bytes of secp256k1, or 128 bytes of P-256, as IDeviceKeys takes them.
    function exchangeMeterOf(uint32 id, address key, Wh exported, Wh imported, bytes calldata signature) external;

    /// @notice The owner states that a key of its device, the present or a former one, is not trusted from a time on. Readings
    /// that it signed of intervals that end later are refused from now on. Another statement can only name an earlier time.
    /// Reverts if: the key is of no device, or its device not the sender's; the time is 0 or in the future, not before the one
    /// that was stated, or before the sender's time as the owner.
    /// @param key The key.
    /// @param since From when on, Unix seconds.
    function distrust(address key, uint40 since) external;

    /// @notice An auditor's vote to state the same; the vote that reaches the threshold for the same time does.
    /// Reverts if: the caller is no auditor, or has voted for this; the key is of no device; the time is 0 or in the future, or
    /// not before the one that was stated.
    /// @param key The key.
    /// @param since From when on, Unix seconds.
    function voteDistrust(address key, uint40 since) external;

    /// @notice Offers the sender's device to another account, in place of whom it was offered to before.
    /// Reverts if: there is no such device, it is out of service, or not the sender's.
    /// @param id Id of the device.
    /// @param to Who can accept it; zero: nobody.
    function offer(uint32 id, address to) external;

    /// @notice Makes the sender the owner of a device that is offered to it. It measures what its former owner sold: look at
    /// what it promised before.
    /// Reverts if: there is no such device, it is out of service, not offered to the sender, or has another content; the sender is
    /// no active participant; a change of the device is pending.
    /// @param id Id of the device.
    /// @param content `IDeviceRegistry.contentOf` the device that the sender saw, with its former owner.
    function accept(uint32 id, bytes32 content) external;

    /// @notice Puts on record what the sender's device is; its hash is part of what auditors vote for. A certified device is
    /// certified anew.
    /// Reverts if: there is no such device, it is out of service, or not the sender's.
    /// @param id Id of the device.
    /// @param description What it is.
    function describe(uint32 id, Description calldata description) external;

    /// @notice To whom the device is offered; zero if to nobody.
    /// @param id Id of the device.
    function offeredTo(uint32 id) external view returns (address);

    /// @notice Hash of what is on record of the device, keccak256(abi.encode(description)); zero if nothing is.
    /// @param id Id of the device.
    function descriptionOf(uint32 id) external view returns (bytes32);

    /// @notice From when on a key is not trusted, Unix seconds; 0 if nobody said so.
    /// @param key The key of a device, present or former.
    function distrustedAt(address key) external view returns (uint40);

    /// @notice What held of a device when a slot began: its owner, and when it was certified, Unix seconds.
    /// @param id Id of the device.
    /// @param time Start of the slot, Unix seconds.
    /// @return owner The participant whose energy it measured.
    /// @return since Its certification for this owner; 0 if there was none.
    /// @return keySince Its first certification with its key of then; 0 if there was none.
    /// @return until As of `IDeviceRegistry.certificationOf`.
    function certificationAt(uint32 id, uint40 time)
        external
        view
        returns (address owner, uint40 since, uint40 keySince, uint40 until);

    /// @notice What the counters of a device began with at its last exchange between two intervals.
    /// @param id Id of the device.
    /// @param lastStart Start of the earlier interval, Unix seconds; 0: before all.
    /// @param startAt Start of the later one, Unix seconds.
    /// @return isExchanged Whether there was one that took effect after the first began, and by the start of the second.
    /// @return exported Lifetime export, Wh.
    /// @return imported Lifetime import, Wh.
    function lastOpening(uint32 id, uint40 lastStart, uint40 startAt)
        external
        view
        returns (bool isExchanged, Wh exported, Wh imported);

    /// @notice Which key signs the reading of an interval.
    /// @param id Id of the device.
    /// @param startAt Start of the interval, Unix seconds.
    /// @return key The address of the key that signs.
    /// @return since When the device was first certified with it, Unix seconds; 0 if it was not.
    /// @return distrusted From when on it is not trusted, Unix seconds; 0 if it is.
    /// @return past When what held then ended by a change, Unix seconds; 0 if it holds still.
    function signerAt(uint32 id, uint40 startAt)
        external
        view
        returns (address key, uint40 since, uint40 distrusted, uint40 past);
}
