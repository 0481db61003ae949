// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {Points} from "../types/Units.sol";

/// @title What the registries ask of the accounts, for their unit tests
contract AccountsStub {
    /// @dev As IAccounts.heldOf.
    mapping(address trader => Points) public heldOf;

    function setHeld(address trader, Points points) external {
        heldOf[trader] = points;
    }
}
