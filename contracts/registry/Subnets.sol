// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {IAuditors} from "../../interfaces/registry/IAuditors.sol";
import {IDeviceRegistry} from "../../interfaces/registry/IDeviceRegistry.sol";
import {ISubnets} from "../../interfaces/registry/ISubnets.sol";
import {IGreenCertificates} from "../../interfaces/tokens/IGreenCertificates.sol";
import {Ballots} from "../shared/Ballots.sol";
import {Votes} from "../shared/Committee.sol";
import {lotOfId} from "../tokens/Lots.sol";
import {Carrier} from "../types/Markets.sol";
import {Slot} from "../types/Slots.sol";
import {ONE_PPM, Ppm} from "../types/Units.sol";

/// @title Subnets
/// @notice See ISubnets for the specification.
contract Subnets is ISubnets {
    using Ballots for mapping(bytes32 motion => Votes);

    /// @inheritdoc ISubnets
    uint256 public constant MAX_LOTS = 100;

    /// @inheritdoc ISubnets
    uint256 public constant MAX_LEVEL = 8;

    /// @dev The longest time for which a lot can be held, seconds.
    uint40 private constant MOST_HOLD_TIME = 90 days;

    IDeviceRegistry public immutable DEVICES;
    IAuditors public immutable MOTIONS;
    IGreenCertificates public immutable CERTIFICATES;

    /// @inheritdoc ISubnets
    uint40 public immutable HOLD_TIME;

    /// @inheritdoc ISubnets
    mapping(bytes32 flagHash => uint40) public heldUntil;

    mapping(uint32 subnet => Subnet) private _subnets;

    /// @dev A motion is the hash of all that it says, and of the committee whose votes they are.
    mapping(bytes32 motion => Votes) private _motions;

    /// @param devices The registry of devices.
    /// @param motions Whose auditors vote.
    /// @param certificates What is held.
    /// @param holdTime How long lots are held unless the flag is cleared before, seconds: at most 90 days.
    constructor(address devices, address motions, address certificates, uint40 holdTime) {
        require(holdTime != 0 && holdTime <= MOST_HOLD_TIME, Subnet_BadHoldTime(holdTime, MOST_HOLD_TIME));
        DEVICES = IDeviceRegistry(devices);
        MOTIONS = IAuditors(motions);
        CERTIFICATES = IGreenCertificates(certificates);
        HOLD_TIME = holdTime;
    }

    /// @inheritdoc ISubnets
    function form(uint32 subnet, uint32 revision, Terms calldata terms) external {
        uint256 seat = _seat();
        Subnet memory known = _subnets[subnet];
        require(revision == known.revision, Subnet_OtherRevision(subnet, known.revision, revision));
        require(Ppm.unwrap(terms.tolerance) <= ONE_PPM, Subnet_BadTolerance(subnet, terms.tolerance));
        Carrier carrier = _requireExchange(subnet, terms.exchange);
        if (revision != 0) _requireCarrier(subnet, carrier, known.exchange);
        uint256 level = _levelUnder(subnet, known, terms.parent, carrier);
        (bytes32 motion, uint256 count, bool decided) = _vote(seat, abi.encode(subnet, revision, terms));

        emit FormingVoted(subnet, msg.sender, motion, count);
        if (!decided) return;
        if (terms.parent != known.parent) {
            // The root's number of children is nobody's concern.
            if (known.parent != 0) --_subnets[known.parent].children;
            if (terms.parent != 0) ++_subnets[terms.parent].children;
        }
        _subnets[subnet] = Subnet({
            parent: terms.parent,
            exchange: terms.exchange,
            tolerance: terms.tolerance,
            floor: terms.floor,
            revision: revision + 1,
            children: known.children,
            level: uint8(level)
        });
        emit SubnetFormed(
            subnet, terms.parent, terms.exchange, terms.tolerance, terms.floor, revision + 1, uint8(level)
        );
    }

    /// @inheritdoc ISubnets
    function flag(Flag calldata flagged) external {
        uint256 seat = _seat();
        bytes32 flagHash = hashOf(flagged);
        require(heldUntil[flagHash] == 0, Subnet_AlreadyFlagged(flagHash, heldUntil[flagHash]));
        _requireDoubt(flagged);
        // The flag's own hash names it; the motion's has the committee in it, too.
        // slither-disable-next-line unused-return
        (, uint256 count, bool decided) = _vote(seat, abi.encode(flagHash));

        emit FlagVoted(flagHash, msg.sender, count);
        if (!decided) return;
        uint40 until = uint40(block.timestamp) + HOLD_TIME;
        heldUntil[flagHash] = until;
        emit SlotFlagged(flagHash, flagged.subnet, flagged.slot, flagged.lots, flagged.evidence, until);
        CERTIFICATES.hold(until, flagged.lots);
    }

    /// @inheritdoc ISubnets
    function clear(Flag calldata flagged, bytes32 finding) external {
        uint256 seat = _seat();
        bytes32 flagHash = hashOf(flagged);
        uint40 until = heldUntil[flagHash];
        require(until != 0, Subnet_NotFlagged(flagHash));
        require(block.timestamp < until, Subnet_HoldOver(flagHash, until));
        require(finding != 0, Subnet_NoEvidence(flagged.subnet));
        // slither-disable-next-line unused-return
        (, uint256 count, bool decided) = _vote(seat, abi.encode(flagHash, finding));

        emit ClearingVoted(flagHash, msg.sender, finding, count);
        if (!decided) return;
        heldUntil[flagHash] = uint40(block.timestamp);
        emit FlagCleared(flagHash, finding);
        CERTIFICATES.endHolds(flagged.lots);
    }

    /// @inheritdoc ISubnets
    function subnetOf(uint32 subnet) external view returns (Subnet memory) {
        return _subnets[subnet];
    }

    /// @inheritdoc ISubnets
    function hashOf(Flag calldata flagged) public pure returns (bytes32) {
        return keccak256(abi.encode(flagged));
    }

    /// @dev Count an auditor's vote for what this function was called with.
    /// Reverts if: it has voted for this.
    function _vote(uint256 seat, bytes memory content) private returns (bytes32 motion, uint256 count, bool decided) {
        (uint32 committee, uint256 threshold) = MOTIONS.voting();
        motion = keccak256(abi.encode(committee, msg.sig, content));
        bool isNew;
        (isNew, count) = _motions.vote(motion, seat);
        require(isNew, Subnet_AlreadyVoted(motion, msg.sender));
        decided = count == threshold;
    }

    /// @dev The auditor's seat, from 0.
    function _seat() private view returns (uint256 seat) {
        seat = MOTIONS.seatOf(msg.sender);
        require(seat != 0, Subnet_NotAuditor(msg.sender));
        --seat;
    }

    /// @dev The carrier that an exchange measures for a subnet.
    /// Reverts if: it is no exchange; it is not certified, or out of service; it is not the subnet's.
    function _requireExchange(uint32 subnet, uint32 id) private view returns (Carrier) {
        IDeviceRegistry.Device memory device = DEVICES.device(id);
        require(device.kind == IDeviceRegistry.Kind.Exchange, Subnet_NotExchange(subnet, id, device.kind));
        require(device.certified && device.stoppedAt == 0, Subnet_ExchangeNotCertified(subnet, id));
        require(device.subnet == subnet && subnet != 0, Subnet_NotInside(subnet, id, device.subnet));
        return device.carrier;
    }

    /// Reverts if: the other exchange measures another carrier.
    function _requireCarrier(uint32 subnet, Carrier carrier, uint32 other) private view {
        Carrier needed = DEVICES.device(other).carrier;
        require(carrier == needed, Subnet_OtherCarrier(subnet, carrier, needed));
    }

    /// @dev The level of a subnet under this parent. Since what has others under it stays where it is, there are no cycles, and no
    /// level changes but the subnet's own.
    /// Reverts if: the parent was not formed, has another carrier, is the subnet itself, or on the last level; others hang under
    /// the subnet, which had another parent.
    function _levelUnder(uint32 subnet, Subnet memory known, uint32 parent, Carrier carrier)
        private
        view
        returns (uint256 level)
    {
        require(parent != subnet, Subnet_UnderItself(subnet));
        require(parent == known.parent || known.children == 0, Subnet_HasChildren(subnet, known.children));
        if (parent == 0) return 1;
        Subnet memory above = _subnets[parent];
        require(above.revision != 0, Subnet_Unknown(parent));
        _requireCarrier(subnet, carrier, above.exchange);
        level = uint256(above.level) + 1;
        require(level <= MAX_LEVEL, Subnet_TooDeep(subnet, level, MAX_LEVEL));
    }

    /// Reverts if: the subnet was not formed; the slot is not over; there is no evidence; there are no lots, or too many, or they do
    /// not ascend; one is of a device outside the subnet, or of a slot that does not overlap the flagged one.
    function _requireDoubt(Flag calldata flagged) private view {
        (uint32 subnet, Slot slot, uint256[] calldata lots) = (flagged.subnet, flagged.slot, flagged.lots);
        require(_subnets[subnet].revision != 0, Subnet_Unknown(subnet));
        require(flagged.evidence != 0, Subnet_NoEvidence(subnet));
        uint256 end = _endOf(slot);
        require(slot.length() != 0 && end <= block.timestamp, Subnet_SlotNotOver(subnet, slot, end));
        require(lots.length != 0 && lots.length <= MAX_LOTS, Subnet_BadCount(subnet, lots.length, MAX_LOTS));
        uint256 before = 0;
        for (uint256 i = 0; i < lots.length; ++i) {
            uint256 lot = lots[i];
            require(lot > before, Subnet_NotAscending(i, lot));
            before = lot;
            (uint32 device, Slot other) = lotOfId(lot);
            require(other.startAt() < end && slot.startAt() < _endOf(other), Subnet_OtherSlot(lot, slot));
            uint32 inside = DEVICES.device(device).subnet;
            require(_isUnder(inside, subnet), Subnet_NotInside(subnet, device, inside));
        }
    }

    /// @dev Whether a subnet is another one, or under it.
    function _isUnder(uint32 subnet, uint32 above) private view returns (bool) {
        while (subnet != above && subnet != 0) {
            subnet = _subnets[subnet].parent;
        }
        return subnet != 0;
    }

    function _endOf(Slot slot) private pure returns (uint256) {
        return uint256(slot.startAt()) + slot.length();
    }
}
