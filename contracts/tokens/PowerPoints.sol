// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {ERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Permit.sol";
import {IERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Permit.sol";
import {IPowerPoints} from "../../interfaces/tokens/IPowerPoints.sol";

/// @title Power points: the currency of the market
/// @dev The token bears the name of the EIP-712 domain, so that permits can be built from `name()` alone.
contract PowerPoints is ERC20, ERC20Permit, IPowerPoints {
    /// @inheritdoc IPowerPoints
    address public immutable UTILITY;

    /// @inheritdoc IPowerPoints
    mapping(bytes32 depositRef => bool) public isDepositUsed;

    constructor(address utility) ERC20("PowerPact", "PP") ERC20Permit("PowerPact") {
        require(utility != address(0), Points_NotUtility(utility));
        UTILITY = utility;
    }

    /// @inheritdoc IPowerPoints
    function mint(address to, uint256 points, bytes32 depositRef) external {
        require(msg.sender == UTILITY, Points_NotUtility(msg.sender));
        require(depositRef != 0, Points_EmptyReference());
        require(!isDepositUsed[depositRef], Points_DepositAlreadyUsed(depositRef));
        isDepositUsed[depositRef] = true;
        _mint(to, points);
        emit Issued(to, depositRef, points);
    }

    /// @inheritdoc IPowerPoints
    function redeem(uint256 points, bytes32 billRef) external {
        require(billRef != 0, Points_EmptyReference());
        _burn(msg.sender, points);
        emit Redeemed(msg.sender, billRef, points);
    }

    /// @inheritdoc IPowerPoints
    function burn(uint256 points) external {
        _burn(msg.sender, points);
        emit Burnt(msg.sender, points);
    }

    /// @notice Points have 6 decimals: the smallest unit is a micro-point.
    function decimals() public pure override returns (uint8) {
        return 6;
    }

    /// @inheritdoc IERC20Permit
    function nonces(address owner) public view override(ERC20Permit, IERC20Permit) returns (uint256) {
        return super.nonces(owner);
    }
}
