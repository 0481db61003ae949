// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {IERC1155} from "@openzeppelin/contracts/token/ERC1155/IERC1155.sol";
import {Wh} from "../../contracts/types/Units.sol";

/// @title Green certificates: one id for each device and slot, amounts in Wh
/// @notice Minted by Metering alone, moved by their holder, retired for a beneficiary and then immovable.
/// @dev id = device << 40 | slotStart. Balances count what can still move; retired energy is kept apart.
/// Minting does not call the receiver: a contract that refuses certificates cannot stop a settlement.
/// @dev Trust assumptions. Safety: Metering mints no more than a certified device exported. No liveness
/// assumption.
interface IGreenCertificates is IERC1155 {
    event Retired(address indexed holder, uint256 indexed id, address indexed beneficiary, Wh energy, string purpose);

    error Certificates_NotMetering(address caller);
    error Certificates_NothingToRetire(uint256 id);
    error Certificates_NoBeneficiary(uint256 id);

    /// @notice Mint `energy` Wh of `id` to `to`. Metering only.
    function mint(address to, uint256 id, Wh energy) external;

    /// @notice Retire `energy` Wh of the sender's `id` on behalf of `beneficiary`, for good.
    function retire(uint256 id, Wh energy, address beneficiary, string calldata purpose) external;

    /// @notice Energy of `id` retired for `beneficiary`, Wh.
    function retiredFor(uint256 id, address beneficiary) external view returns (Wh);

    /// @notice The id of a device's slot.
    function idOf(uint32 device, uint40 slotStart) external pure returns (uint256);

    /// @notice The device and the slot of an id.
    function lotOf(uint256 id) external pure returns (uint32 device, uint40 slotStart);

    /// @notice The only minter.
    function METERING() external view returns (address);
}
