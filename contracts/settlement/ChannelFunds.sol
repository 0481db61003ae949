// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {IAccounts} from "../../interfaces/accounts/IAccounts.sol";
import {IMeteredChannels} from "../../interfaces/settlement/IMeteredChannels.sol";
import {SigningDomain} from "../shared/SigningDomain.sol";
import {Points} from "../types/Units.sol";

/// @title What both kinds of channels share: their parties and the points that accounts hold for them
abstract contract ChannelFunds is SigningDomain {
    /// @notice The shortest and the longest time to answer, seconds.
    uint32 public constant LEAST_WINDOW = 10 minutes;
    uint32 public constant MOST_WINDOW = 30 days;

    IAccounts public immutable ACCOUNTS;

    constructor(address accounts) {
        ACCOUNTS = IAccounts(accounts);
    }

    /// Reverts if: the parties are one, or nobody; the time to answer is too short or too long.
    function _checkParties(address one, address other, uint32 window) internal pure {
        require(
            one != other && one != address(0) && other != address(0), IMeteredChannels.Channel_BadParties(one, other)
        );
        require(
            window >= LEAST_WINDOW && window <= MOST_WINDOW,
            IMeteredChannels.Channel_BadWindow(window, LEAST_WINDOW, MOST_WINDOW)
        );
    }

    /// @dev Points as a channel keeps them.
    /// Reverts if: there are none, or too many.
    function _narrow(bytes32 id, Points points) internal pure returns (uint96) {
        uint128 many = Points.unwrap(points);
        require(many != 0 && many <= type(uint96).max, IMeteredChannels.Channel_BadPoints(id, points));
        return uint96(many);
    }

    /// @dev What becomes of points that an account holds for a channel.
    function _move(address trader, uint96 taken, uint96 held, uint96 free)
        internal
        pure
        returns (IAccounts.Move memory)
    {
        return IAccounts.Move(trader, Points.wrap(taken), Points.wrap(held), Points.wrap(free));
    }
}
