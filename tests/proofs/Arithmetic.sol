// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

/// @dev What is known of products and quotients. To the solver a product of two unknowns is any number at all; a lemma
/// that needs more of it says `require(Arithmetic…)`. All but `divides` are lemmas of `ArithmeticProof`, so that such a
/// line excludes nothing.
library Arithmetic {
    /// @notice a · (b + c) = a · b + a · c, modulo 2^256.
    function distributes(uint256 a, uint256 b, uint256 c) internal pure returns (bool) {
        unchecked {
            return a * (b + c) == a * b + a * c;
        }
    }

    /// @notice a · b = b · a, modulo 2^256.
    function commutes(uint256 a, uint256 b) internal pure returns (bool) {
        unchecked {
            return a * b == b * a;
        }
    }

    /// @notice a · b < 2^192 if a < 2^128 and b < 2^64.
    function fits(uint256 a, uint256 b) internal pure returns (bool) {
        unchecked {
            return a >> 128 != 0 || b >> 64 != 0 || (a * b) >> 192 == 0;
        }
    }

    /// @notice q · b ≤ a < (q + 1) · b with q = ⌊a / b⌋, b > 0.
    /// @dev Not proven: it is what the machine's DIV is defined to be. The fuzz tests of `Units` try it.
    function divides(uint256 a, uint256 b) internal pure returns (bool) {
        unchecked {
            uint256 q = a / b;
            return q * b <= a && a - q * b < b;
        }
    }
}

contract ArithmeticProof {
    function check_distributes(uint256 a, uint256 b, uint256 c) public pure {
        assert(Arithmetic.distributes(a, b, c));
    }

    function check_commutes(uint256 a, uint256 b) public pure {
        assert(Arithmetic.commutes(a, b));
    }

    function check_fits(uint256 a, uint256 b) public pure {
        assert(Arithmetic.fits(a, b));
    }
}
