// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {IMeteredChannels} from "./IMeteredChannels.sol";
import {IMutualChannels} from "./IMutualChannels.sol";

/// @title Payment channels: thousands of payments for two transactions
/// @notice Points of an account are locked in a channel, change hands by signatures off chain, and come back to accounts when the
/// channel ends. Never more is paid than was locked. Of both kinds there is: metered channels, in which one pays another for
/// readings, and mutual ones, in which two pay each other.
/// A flow of so much a second is not built: energy is paid for by readings, not by the clock.
/// @dev Trust assumptions: those of both kinds. Points that are locked cannot expire (IAccounts).
interface IPaymentChannels is IMeteredChannels, IMutualChannels {}
