// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

/// @dev Votes of a committee: bit i is set once the member in seat i has voted. At most 256 seats.
type Votes is uint256;

using {Committee.cast, Committee.castAbove, Committee.count} for Votes global;

/// @title k of n, counted in one place
/// @notice Members of a committee have seats from 0. Votes are one bit for each seat, so that no member counts twice.
library Committee {
    /// @notice Cast the vote of the member in `seat`, below 256.
    /// @return isNew Whether the member had not voted before.
    /// @return The votes with this one.
    function cast(Votes votes, uint256 seat) internal pure returns (bool isNew, Votes) {
        (uint256 word, uint256 bit) = (Votes.unwrap(votes), 1 << seat);
        return (word & bit == 0, Votes.wrap(word | bit));
    }

    /// @notice `cast` for votes that come by rising seat: as if not new, too, after the vote of a higher seat.
    function castAbove(Votes votes, uint256 seat) internal pure returns (bool isNew, Votes) {
        uint256 word = Votes.unwrap(votes);
        return (word >> seat == 0, Votes.wrap(word | (1 << seat)));
    }

    /// @notice The number of members who voted.
    /// @dev Each step clears the lowest bit that is set.
    function count(Votes votes) internal pure returns (uint256 members) {
        for (uint256 word = Votes.unwrap(votes); word != 0; ++members) {
            word &= word - 1;
        }
    }
}
