// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";

/// @notice A token and nothing else, for measurements.
contract PlainToken is ERC20("Plain token", "PLAIN") {
    /// @notice Anybody makes tokens for anybody.
    function mint(address to, uint256 amount) external {
        _mint(to, amount);
    }
}
