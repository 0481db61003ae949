// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {Points} from "../types/Units.sol";

/// @title What the registries and the metering ask of the order book and the escrow, for their unit tests
contract MarketStub {
    /// @dev As IEscrowWallets.heldOf.
    mapping(address trader => Points) public heldOf;

    /// @dev As IOrderBook.isSelling.
    mapping(uint32 device => mapping(uint40 slotStart => bool)) public isSelling;

    function setHeld(address trader, Points points) external {
        heldOf[trader] = points;
    }

    function setSelling(uint32 device, uint40 slotStart, bool selling) external {
        isSelling[device][slotStart] = selling;
    }
}
