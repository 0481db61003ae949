// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {IDeviceChanges} from "../../interfaces/registry/IDeviceChanges.sol";
import {IDeviceRegistry} from "../../interfaces/registry/IDeviceRegistry.sol";
import {SellerTerms} from "../types/Attested.sol";
import {Wh} from "../types/Units.sol";
import {Ballots} from "../shared/Ballots.sol";
import {Votes} from "../shared/Committee.sol";
import {DeviceRecords} from "./DeviceRecords.sol";

/// @title Changes in the life of a device: another key, another owner, another description, a key that is not trusted
abstract contract DeviceChanges is DeviceRecords {
    using Ballots for mapping(bytes32 motion => Votes);

    bytes32 private constant ROTATION_TYPEHASH = keccak256("Rotation(uint32 device,address owner,address replaced)");

    bytes32 private constant EXCHANGE_TYPEHASH = keccak256(
        "MeterExchange(uint32 device,address owner,address replaced,uint64 exportCounterWh,uint64 importCounterWh)"
    );

    /// @inheritdoc IDeviceRegistry
    uint32 public immutable LONGEST_SLOT;

    /// @inheritdoc IDeviceChanges
    mapping(uint32 id => address) public offeredTo;

    /// @dev What the counters of a device began with at each exchange of its meter, in their order.
    mapping(uint32 id => Opening[]) private _openings;

    constructor(address participants, address motions, address keys, uint32 longestSlot)
        DeviceRecords(participants, motions, keys)
    {
        LONGEST_SLOT = longestSlot;
    }

    /// @inheritdoc IDeviceChanges
    function rotate(uint32 id, address key, bytes calldata signature) external {
        address replaced = _devices[id].meter.key();
        _rotate(id, key, keccak256(abi.encode(ROTATION_TYPEHASH, id, msg.sender, replaced)), signature);
    }

    /// @inheritdoc IDeviceChanges
    function exchangeMeterOf(uint32 id, address key, Wh exported, Wh imported, bytes calldata signature) external {
        address replaced = _devices[id].meter.key();
        bytes32 hash = keccak256(abi.encode(EXCHANGE_TYPEHASH, id, msg.sender, replaced, exported, imported));
        uint40 from = _rotate(id, key, hash, signature);
        _openings[id].push(Opening(from, exported, imported));
        emit MeterExchanged(id, key, exported, imported, from);
    }

    /// @inheritdoc IDeviceChanges
    function distrust(address key, uint40 since) external {
        uint32 id = _deviceWith(key);
        address holder = _devices[id].terms.owner();
        require(msg.sender == holder, Device_NotOwner(id, holder, msg.sender));
        uint40 ownedFrom = _certifications[id].ownedFrom;
        require(since >= ownedFrom, Device_NotOwnerThen(id, since, ownedFrom));
        _distrust(id, key, since);
    }

    /// @inheritdoc IDeviceChanges
    function voteDistrust(address key, uint40 since) external {
        uint256 seat = _seat();
        uint32 id = _deviceWith(key);
        _requireEarlier(id, key, since);
        (uint32 committee, uint256 threshold) = MOTIONS.voting();
        bytes32 motion = keccak256(abi.encode(committee, key, since));
        (bool isNew, uint256 count) = _motions.vote(motion, seat);
        require(isNew, Device_AlreadyVoted(id, msg.sender));

        emit DistrustVoted(id, msg.sender, key, since, count);
        if (count == threshold) _distrust(id, key, since);
    }

    /// @inheritdoc IDeviceChanges
    function offer(uint32 id, address to) external {
        _ownInService(id);
        offeredTo[id] = to;
        emit DeviceOffered(id, msg.sender, to);
    }

    /// @inheritdoc IDeviceChanges
    function accept(uint32 id, bytes32 content) external {
        SellerTerms terms = _inService(id);
        require(msg.sender == offeredTo[id], Device_NotOffered(id, offeredTo[id], msg.sender));
        require(PARTICIPANTS.isActive(msg.sender), Device_OwnerNotActive(msg.sender));
        _requireContent(id, content);

        delete offeredTo[id];
        uint40 from = _change(id, terms, msg.sender, _devices[id].meter.key());
        _certifications[id].ownedFrom = from;
        emit DeviceHandedOver(id, terms.owner(), msg.sender, from);
    }

    /// @inheritdoc IDeviceChanges
    function describe(uint32 id, Description calldata description) external {
        SellerTerms terms = _ownInService(id);
        bytes32 hash = keccak256(abi.encode(description));
        uint40 from = 0;
        // What the auditors never certified needs no history, but votes for what they saw count no more.
        if (terms.isCertified()) from = _change(id, terms, msg.sender, _devices[id].meter.key());
        else _certifications[id].votes = 0;
        descriptionOf[id] = hash;
        emit DeviceDescribed(id, hash, description, from);
    }

    /// @inheritdoc IDeviceChanges
    function lastOpening(uint32 id, uint40 lastStart, uint40 startAt)
        external
        view
        returns (bool isExchanged, Wh exported, Wh imported)
    {
        Opening[] storage openings = _openings[id];
        for (uint256 i = openings.length; i > 0; --i) {
            Opening memory opening = openings[i - 1];
            if (opening.from > startAt) continue;
            if (opening.from <= lastStart) break;
            return (true, opening.exported, opening.imported);
        }
    }

    /// @dev The sender's device has another key, which signed the struct of this hash.
    /// Reverts if: the key is bound already, or did not sign; the device is not the sender's, or out of service; a change is
    /// pending.
    function _rotate(uint32 id, address key, bytes32 structHash, bytes calldata signature)
        private
        returns (uint40 from)
    {
        SellerTerms terms = _ownInService(id);
        require(deviceOf[key] == 0, Device_KeyTaken(key, deviceOf[key]));
        _requireSigned(key, structHash, signature);

        deviceOf[key] = id;
        address replaced = _devices[id].meter.key();
        from = _change(id, terms, msg.sender, key);
        emit KeyRotated(id, replaced, key, from);
    }

    /// @dev From the next longest slot on the device has this owner and key. It sells nothing until it is certified anew.
    /// Reverts if: the change before has not taken effect.
    function _change(uint32 id, SellerTerms terms, address owner, address key) private returns (uint40 from) {
        Certification storage certification = _certifications[id];
        from = certification.from;
        require(from <= block.timestamp, Device_ChangePending(id, from));
        from = uint40((block.timestamp / LONGEST_SLOT + 1) * LONGEST_SLOT);
        address replaced = _devices[id].meter.key();
        _tenures[id].push(Tenure(terms.owner(), from, certification.since, replaced, certification.keySince));
        (certification.since, certification.votes, certification.from) = (0, 0, from);
        if (key != replaced) certification.keySince = 0;
        _devices[id].terms = terms.asUncertifiedOf(owner);
        _devices[id].meter = _devices[id].meter.asChangedTo(key);
    }

    /// @dev The key is not trusted from `since` on. If it is the device's present one, the device sells nothing more with it.
    function _distrust(uint32 id, address key, uint40 since) private {
        _requireEarlier(id, key, since);
        distrustedAt[key] = since;
        Entry storage entry = _devices[id];
        address present = entry.meter.key();
        entry.meter = entry.meter.asChangedTo(present);
        if (key == present) entry.terms = entry.terms.asUncertifiedOf(entry.terms.owner());
        emit KeyDistrusted(id, key, since);
    }

    /// Reverts if: the time is 0 or in the future, or not before the one that was stated already.
    function _requireEarlier(uint32 id, address key, uint40 since) private view {
        require(since != 0 && since <= block.timestamp, Device_BadTime(id, since));
        uint40 stated = distrustedAt[key];
        require(stated == 0 || since < stated, Device_NotEarlier(id, key, stated, since));
    }

    function _deviceWith(address key) private view returns (uint32 id) {
        id = deviceOf[key];
        require(id != 0, Device_UnknownKey(key));
    }
}
