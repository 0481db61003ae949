// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {IPaymentChannels} from "../../interfaces/settlement/IPaymentChannels.sol";
import {ChannelFunds} from "./ChannelFunds.sol";
import {MeteredChannels} from "./MeteredChannels.sol";
import {MutualChannels} from "./MutualChannels.sol";

/// @title PaymentChannels
/// @notice See IPaymentChannels for the specification.
contract PaymentChannels is IPaymentChannels, MeteredChannels, MutualChannels {
    constructor(address accounts) ChannelFunds(accounts) {}
}
