// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {ChannelFunds} from "./ChannelFunds.sol";
import {MeteredChannels} from "./MeteredChannels.sol";
import {MutualChannels} from "./MutualChannels.sol";

/// @title PaymentChannels
/// @notice Thousands of payments for two transactions. See IMeteredChannels and IMutualChannels for the specification.
contract PaymentChannels is MeteredChannels, MutualChannels {
    constructor(address accounts) ChannelFunds(accounts) {}
}
