// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {ERC1155} from "@openzeppelin/contracts/token/ERC1155/ERC1155.sol";
import {Base64} from "@openzeppelin/contracts/utils/Base64.sol";
import {Strings} from "@openzeppelin/contracts/utils/Strings.sol";
import {IERC1155} from "@openzeppelin/contracts/token/ERC1155/IERC1155.sol";
import {IERC165} from "@openzeppelin/contracts/utils/introspection/IERC165.sol";
import {IGreenCertificates} from "../../interfaces/tokens/IGreenCertificates.sol";
import {Slot} from "../types/Slots.sol";
import {Wh} from "../types/Units.sol";
import {lotId, lotOfId} from "./Lots.sol";

/// @title Green certificates: one id for each device and slot, amounts in Wh
contract GreenCertificates is ERC1155, IGreenCertificates {
    using Strings for uint256;

    /// @inheritdoc IGreenCertificates
    address public immutable DELIVERIES;

    /// @inheritdoc IGreenCertificates
    address public immutable SUBNETS;

    /// @inheritdoc IGreenCertificates
    mapping(uint256 id => mapping(address beneficiary => Wh)) public retiredFor;

    /// @inheritdoc IGreenCertificates
    mapping(uint256 id => uint40) public heldUntil;

    modifier onlySubnets() {
        require(msg.sender == SUBNETS, Certificates_NotSubnets(msg.sender));
        _;
    }

    /// @param deliveries Who mints.
    /// @param subnets Who holds lots.
    constructor(address deliveries, address subnets) ERC1155("") {
        DELIVERIES = deliveries;
        SUBNETS = subnets;
    }

    /// @inheritdoc IGreenCertificates
    /// @dev `_update` moves balances without the acceptance call of ERC-1155: a deliberate exception for
    /// minting. Transfers between holders make the call.
    function mint(Share[] calldata shares) external {
        require(msg.sender == DELIVERIES, Certificates_NotDeliveries(msg.sender));
        uint256[] memory ids = new uint256[](1);
        uint256[] memory values = new uint256[](1);
        for (uint256 i = 0; i < shares.length; ++i) {
            address holder = shares[i].holder;
            require(holder != address(0), ERC1155InvalidReceiver(holder));
            (ids[0], values[0]) = (shares[i].id, Wh.unwrap(shares[i].energy));
            _update(address(0), holder, ids, values);
        }
    }

    /// @inheritdoc IGreenCertificates
    function retire(uint256 id, Wh energy, address beneficiary, string calldata purpose) external {
        _requireFree(id);
        require(Wh.unwrap(energy) != 0, Certificates_NothingToRetire(id));
        require(beneficiary != address(0), Certificates_NoBeneficiary(id));
        retiredFor[id][beneficiary] = retiredFor[id][beneficiary] + energy;
        _burn(msg.sender, id, Wh.unwrap(energy));
        emit Retired(msg.sender, id, beneficiary, energy, purpose);
    }

    /// @inheritdoc IGreenCertificates
    function hold(uint40 until, uint256[] calldata ids) external onlySubnets {
        for (uint256 i = 0; i < ids.length; ++i) {
            uint256 id = ids[i];
            require(heldUntil[id] == 0, Certificates_HeldBefore(id, heldUntil[id]));
            heldUntil[id] = until;
            emit LotHeld(id, until);
        }
    }

    /// @inheritdoc IGreenCertificates
    function endHolds(uint256[] calldata ids) external onlySubnets {
        for (uint256 i = 0; i < ids.length; ++i) {
            heldUntil[ids[i]] = uint40(block.timestamp);
            emit LotReleased(ids[i]);
        }
    }

    /// @inheritdoc IGreenCertificates
    function idOf(uint32 device, Slot slot) external pure returns (uint256) {
        return lotId(device, slot);
    }

    /// @inheritdoc IGreenCertificates
    function lotOf(uint256 id) external pure returns (uint32 device, Slot slot) {
        return lotOfId(id);
    }

    /// @inheritdoc IERC1155
    function safeTransferFrom(address from, address to, uint256 id, uint256 value, bytes memory data)
        public
        override(ERC1155, IERC1155)
    {
        _requireFree(id);
        super.safeTransferFrom(from, to, id, value, data);
    }

    /// @inheritdoc IERC1155
    function safeBatchTransferFrom(
        address from,
        address to,
        uint256[] memory ids,
        uint256[] memory values,
        bytes memory data
    ) public override(ERC1155, IERC1155) {
        for (uint256 i = 0; i < ids.length; ++i) {
            _requireFree(ids[i]);
        }
        super.safeBatchTransferFrom(from, to, ids, values, data);
    }

    /// @notice The metadata of `id` itself, as a data URI: the device, the slot and the unit.
    function uri(uint256 id) public pure override returns (string memory) {
        (uint32 device, Slot slot) = lotOfId(id);
        string memory deviceText = uint256(device).toString();
        string memory slotText = uint256(slot.startAt()).toString();
        bytes memory json = abi.encodePacked(
            '{"name":"Green energy of device ',
            deviceText,
            " in slot ",
            slotText,
            '","description":"Energy in Wh that a certified device fed into the network in one delivery slot.",',
            '"decimals":0,"properties":{"device":',
            deviceText,
            ',"slotStart":',
            slotText,
            ',"slotLengthSeconds":',
            uint256(slot.length()).toString(),
            ',"unit":"Wh"}}'
        );
        return string.concat("data:application/json;base64,", Base64.encode(json));
    }

    /// @inheritdoc IERC165
    function supportsInterface(bytes4 interfaceId) public view override(ERC1155, IERC165) returns (bool) {
        return interfaceId == type(IGreenCertificates).interfaceId || super.supportsInterface(interfaceId);
    }

    /// Reverts if: the lot is held.
    function _requireFree(uint256 id) private view {
        uint40 until = heldUntil[id];
        require(until <= block.timestamp, Certificates_Held(id, until));
    }
}
