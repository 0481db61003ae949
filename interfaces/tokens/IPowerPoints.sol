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
    event Issued(address indexed to, bytes32 indexed depositRef, uint256 points);
    event Burnt(address indexed from, uint256 points);
    event Redeemed(address indexed from, bytes32 indexed billRef, uint256 points);

    error Points_NotUtility(address caller);
    error Points_DepositAlreadyUsed(bytes32 depositRef);
    error Points_EmptyReference();

    /// @notice Issue micro-points to `to` against the deposit `depositRef`. Utility only; a deposit counts once.
    function mint(address to, uint256 points, bytes32 depositRef) external;

    /// @notice Burn the sender's micro-points to pay the electricity charge `billRef`.
    function redeem(uint256 points, bytes32 billRef) external;

    /// @notice Burn the sender's micro-points for nothing: what backs them falls to those who hold the rest.
    function burn(uint256 points) external;

    /// @notice The account that issues points.
    function UTILITY() external view returns (address);

    function isDepositUsed(bytes32 depositRef) external view returns (bool);
}
