// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {Wh} from "../../contracts/types/Units.sol";
import {Arithmetic} from "./Arithmetic.sol";

/// @dev c(p) = ⌊D · p / X⌋ for 0 ≤ p ≤ X, 0 < X, all below 2^64, shares D without a rest: c(0) = 0, c(X) = D, c never
/// falls, and an order's trade of e after f gets c(f + e) − c(f). Hence the shares of its trades sum to c of what they
/// sold, to D once the order is filled, and never to more.
contract SharesProof {
    /// c(p) ≤ D, so it is not cut to 64 bits.
    function check_proRataIsWithin(uint64 energy, uint64 part, uint64 whole) public pure {
        if (part > whole || whole == 0) return;
        uint256 share = _upTo(energy, part, whole);
        unchecked {
            uint256 q = (uint256(energy) * part) / whole;
            require(Arithmetic.divides(uint256(energy) * part, whole));
            require(Arithmetic.distributes(energy, part, whole - part));
            require(Arithmetic.fits(energy, whole - part) && Arithmetic.fits(energy, part));
            // Were q = D + 1 + k, then q · X = D · X + X + k · X > D · X ≥ D · p.
            _expand(q, energy, whole);
            assert(share == q && q <= energy);
        }
    }

    /// c(0) = 0 and c(X) = D.
    function check_proRataOfNothingAndOfAll(uint64 energy, uint64 whole) public pure {
        if (whole == 0) return;
        uint256 all = _upTo(energy, whole, whole);
        unchecked {
            uint256 q = (uint256(energy) * whole) / whole;
            require(Arithmetic.divides(uint256(energy) * whole, whole));
            require(all == q); // check_proRataIsWithin
            // Were D = q + 1 + k, then D · X = q · X + X + k · X ≥ (q + 1) · X.
            _expand(energy, q, whole);
            _expand(q, energy, whole);
            assert(all == energy);
        }
        assert(_upTo(energy, 0, whole) == 0);
    }

    /// c(f) ≤ c(f + e): no share is negative, and none reverts.
    function check_proRataNeverFalls(uint64 energy, uint64 before, uint64 part, uint64 whole) public pure {
        if (uint256(before) + part > whole || whole == 0) return;
        (uint256 one, uint256 two) = (_upTo(energy, before, whole), _upTo(energy, before + part, whole));
        unchecked {
            (uint256 a, uint256 b) = (uint256(energy) * before, uint256(energy) * (uint256(before) + part));
            require(one == a / whole && two == b / whole); // check_proRataIsWithin
            require(Arithmetic.divides(a, whole) && Arithmetic.divides(b, whole));
            require(Arithmetic.distributes(energy, before, part));
            require(Arithmetic.fits(energy, before) && Arithmetic.fits(energy, part));
        }
        // Were c(f) = c(f + e) + 1 + k, then D · f ≥ c(f) · X ≥ (c(f + e) + 1) · X > D · (f + e).
        _expand(one, two, whole);
        assert(one <= two);
    }

    /// The trade of e after f gets c(f + e) − c(f), whatever D, f, e and X are, unless it reverts.
    function check_cumulativeShareIsAStep(uint64 energy, uint64 before, uint64 part, uint64 whole) public pure {
        if (uint256(before) + part > whole || whole == 0) return;
        Wh share = Wh.wrap(energy).cumulativeShare(Wh.wrap(before), Wh.wrap(part), Wh.wrap(whole));
        assert(Wh.unwrap(share) == _upTo(energy, before + part, whole) - _upTo(energy, before, whole));
    }

    /// @dev What is known of a · X beside b · X where a > b: a · X = b · X + (a − b) · X, and (a − b) · X =
    /// X + (a − b − 1) · X.
    function _expand(uint256 a, uint256 b, uint256 whole) private pure {
        unchecked {
            uint256 k = a - b - 1;
            require(Arithmetic.commutes(a, whole) && Arithmetic.commutes(b, whole) && Arithmetic.commutes(k, whole));
            require(Arithmetic.distributes(whole, b, a - b) && Arithmetic.distributes(whole, 1, k));
            require(Arithmetic.fits(a, whole) && Arithmetic.fits(b, whole) && Arithmetic.fits(k, whole));
        }
    }

    function _upTo(uint64 energy, uint64 part, uint64 whole) private pure returns (uint256) {
        return Wh.unwrap(Wh.wrap(energy).proRataDown(Wh.wrap(part), Wh.wrap(whole)));
    }
}
