// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

/// @dev Bit 32 of each lane of 64 bits.
uint256 constant GUARDS = 0x0000000100000000000000010000000000000001000000000000000100000000;

/// @title Eight values of 32 bits in one word, all at a time
/// @dev Four of them stand in lanes of 64 bits, the even ones and then the odd ones: what a lane carries over
/// lands in its own upper half.
library Lanes {
    /// @dev The lower half of each lane of 64 bits.
    uint256 private constant VALUES = 0x00000000ffffffff00000000ffffffff00000000ffffffff00000000ffffffff;

    /// @notice Whether no value of `a` is below the one of `b` in the same place.
    /// @dev 2^32 + a − b keeps bit 32 exactly if a ≥ b.
    function noneBelow(uint256 a, uint256 b) internal pure returns (bool) {
        // Cannot overflow: each lane of the minuend is at least 2^32, and of the subtrahend less.
        unchecked {
            uint256 even = ((a & VALUES) | GUARDS) - (b & VALUES);
            uint256 odd = (((a >> 32) & VALUES) | GUARDS) - ((b >> 32) & VALUES);
            return even & odd & GUARDS == GUARDS;
        }
    }

    /// @notice The sum of the eight values.
    function sum(uint256 word) internal pure returns (uint256) {
        // Cannot overflow a lane: the sum is below 2^35. The product has the sum of all lanes in the highest.
        unchecked {
            uint256 pairs = (word & VALUES) + ((word >> 32) & VALUES);
            return (pairs * 0x0000000000000001000000000000000100000000000000010000000000000001) >> 192;
        }
    }

    /// @notice The four values in the lower half of a word, each in a lane of 64 bits.
    function spread(uint256 word) internal pure returns (uint256) {
        return uint32(word) | (word & (uint256(type(uint32).max) << 32)) << 32
            | (word & (uint256(type(uint32).max) << 64)) << 64 | (word & (uint256(type(uint32).max) << 96)) << 96;
    }
}
