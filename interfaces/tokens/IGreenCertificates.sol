// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {IERC1155} from "@openzeppelin/contracts/token/ERC1155/IERC1155.sol";
import {Slot} from "../../contracts/types/Slots.sol";
import {Wh} from "../../contracts/types/Units.sol";

/// @title Green certificates: one id for each device and slot, amounts in Wh
/// @notice Minted by Deliveries alone, moved by their holder, retired for a beneficiary and then immovable.
/// A lot can be held by Subnets, once: until then it is neither moved nor retired, by nobody; it is minted all the same.
/// @dev id = device 32 | slot length 32 | slot start 40, from the most significant bit down: device << 72 | slot. Balances count what can still move; retired energy is kept apart.
/// Minting does not call the receiver: a contract that refuses certificates cannot stop a settlement.
/// @dev Trust assumptions. Safety: Deliveries mints no more than a certified device exported. Liveness: Subnets holds a lot only
/// for a time that it fixes with the hold.
/// The compiler looks functions up by rising selector: names of what is called rarely have theirs behind that of `mint`.
interface IGreenCertificates is IERC1155 {
    /// @dev Certificates for one holder.
    struct Share {
        address holder;
        /// device << 72 | slot.
        uint256 id;
        /// Wh.
        Wh energy;
    }

    /// @notice `energy` Wh of `id` are retired for `beneficiary` and will never move again.
    event Retired(address indexed holder, uint256 indexed id, address indexed beneficiary, Wh energy, string purpose);

    /// @notice The lot `id` is neither moved nor retired until then, Unix seconds.
    event LotHeld(uint256 indexed id, uint40 until);
    /// @notice The lot `id` is not held any more.
    event LotReleased(uint256 indexed id);

    /// @notice Thrown when the caller is not Deliveries.
    error Certificates_NotDeliveries(address caller);
    /// @notice Thrown when the caller is not Subnets.
    error Certificates_NotSubnets(address caller);
    /// @notice Thrown when a lot is held until a time, Unix seconds.
    error Certificates_Held(uint256 id, uint40 until);
    /// @notice Thrown when a lot is held already or was held before, until a time, Unix seconds.
    error Certificates_HeldBefore(uint256 id, uint40 until);
    /// @notice Thrown when 0 Wh are to be retired.
    error Certificates_NothingToRetire(uint256 id);
    /// @notice Thrown when certificates are to be retired for the zero address.
    error Certificates_NoBeneficiary(uint256 id);

    /// @notice Mints certificates. Deliveries only.
    /// Reverts if: a holder is the zero address.
    /// @param shares Certificates and their holders; one holder may have several.
    function mint(Share[] calldata shares) external;

    /// @notice Retires certificates of the sender on behalf of a beneficiary, permanently.
    /// Reverts if: the lot is held; the energy is zero, or above the sender's balance; there is no beneficiary.
    /// @param id Id of the lot.
    /// @param energy Wh, at least 1.
    /// @param beneficiary For whom.
    /// @param purpose What it is for, in words.
    function retire(uint256 id, Wh energy, address beneficiary, string calldata purpose) external;

    /// @notice Holds lots, for Subnets alone: from now on `safeTransferFrom`, `safeBatchTransferFrom` and `retire` refuse them.
    /// Reverts if: the caller is another; a lot is held already, or was before.
    /// @param until When the holds end by themselves, Unix seconds.
    /// @param ids Ids of the lots, of certificates or of some that may yet be minted.
    function hold(uint40 until, uint256[] calldata ids) external;

    /// @notice Ends holds, for Subnets alone.
    /// Reverts if: the caller is another.
    /// @param ids Ids of lots that are held.
    function endHolds(uint256[] calldata ids) external;

    /// @notice Until when a lot is or was held, Unix seconds; 0 if it never was.
    /// @param id Id of the lot.
    function heldUntil(uint256 id) external view returns (uint40);

    /// @notice Energy of a lot retired for a beneficiary, Wh.
    /// @param id Id of the lot.
    /// @param beneficiary For whom.
    function retiredFor(uint256 id, address beneficiary) external view returns (Wh);

    /// @notice The id of a device's slot.
    /// @param device Id of the device.
    /// @param slot The slot, length 32 | start 40.
    function idOf(uint32 device, Slot slot) external pure returns (uint256);

    /// @notice The device and the slot of an id. Reverts if it has more than 104 bits.
    /// @param id Id of a lot.
    function lotOf(uint256 id) external pure returns (uint32 device, Slot slot);

    /// @notice The only minter.
    function DELIVERIES() external view returns (address);

    /// @notice The only one who holds lots.
    function SUBNETS() external view returns (address);
}
