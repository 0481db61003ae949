// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {Committee, Votes} from "./Committee.sol";

/// @title The votes of a committee on motions
/// @notice A motion is the hash of all that it says, and of the committee whose votes they are: after a change of the committee
/// they begin anew. Who may vote, and how many votes decide, the caller knows.
library Ballots {
    /// @notice Cast the vote of the member in `seat`, below 256, for a motion.
    /// @dev Warning: written although it is not new; the caller then reverts, with an error of its own.
    /// @return isNew Whether the member had not voted for it before.
    /// @return count The votes for it, with this one.
    function vote(mapping(bytes32 motion => Votes) storage motions, bytes32 motion, uint256 seat)
        internal
        returns (bool isNew, uint256 count)
    {
        Votes votes;
        (isNew, votes) = motions[motion].cast(seat);
        motions[motion] = votes;
        count = votes.count();
    }
}
