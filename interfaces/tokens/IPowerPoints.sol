// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Permit.sol";

/// @title Power points: the currency of the market
/// @notice ERC-20 with 6 decimals and ERC-2612. The utility issues points against money deposited with
/// it, once for each deposit, and redeems them against electricity charges.
/// @dev Trust assumptions.
/// Safety: the utility holds the deposits that it issues points for. It cannot move or freeze anybody's
/// points.
/// Liveness: the utility honours redemptions.
interface IPowerPoints is IERC20, IERC20Permit {
    // Events

    /// @notice The utility issued `points` micro-points to `to` against the deposit `depositRef`.
    event Issued(address indexed to, bytes32 indexed depositRef, uint256 points);

    /// @notice `points` micro-points of `from` were burnt for nothing.
    event Burnt(address indexed from, uint256 points);

    /// @notice `points` micro-points of `from` were burnt to pay the bill `billRef`.
    event Redeemed(address indexed from, bytes32 indexed billRef, uint256 points);

    // Errors

    /// @notice Thrown when the caller is not the utility.
    error Points_NotUtility(address caller);

    /// @notice Thrown when points were issued against this deposit already.
    error Points_DepositAlreadyUsed(bytes32 depositRef);

    /// @notice Thrown when the reference of a deposit or a bill is zero.
    error Points_EmptyReference();

    // Issue: the utility only

    /// @notice Issues points against a deposit; each deposit counts once.
    /// Reverts if: the caller is not the utility; the reference is zero or was used before.
    /// @param to Who gets them.
    /// @param points Micro-points.
    /// @param depositRef What names the deposit; not zero.
    function mint(address to, uint256 points, bytes32 depositRef) external;

    // Spend: any holder

    /// @notice Burns points of the sender to pay an electricity charge.
    /// Reverts if: the reference is zero; the sender has less.
    /// @param points Micro-points.
    /// @param billRef What names the bill; not zero.
    function redeem(uint256 points, bytes32 billRef) external;

    /// @notice Burns points of the sender for nothing: what backs them falls to the other holders.
    /// Reverts if: the sender has less.
    /// @param points Micro-points.
    function burn(uint256 points) external;

    // Look

    /// @notice The account that issues points.
    function UTILITY() external view returns (address);

    /// @notice Whether points were issued against a deposit.
    /// @param depositRef What names the deposit.
    function isDepositUsed(bytes32 depositRef) external view returns (bool);
}
