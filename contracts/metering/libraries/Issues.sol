// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {IGreenCertificates} from "../../../interfaces/tokens/IGreenCertificates.sol";
import {Wh} from "../../types/Units.sol";

/// @title Certificates gathered over several trades, minted with two calls
library Issues {
    struct Issue {
        /// Of the buyers, at most one a trade.
        IGreenCertificates.Share[] sold;
        uint256 soldCount;
        /// What sellers keep, at most two a trade.
        IGreenCertificates.Share[] kept;
        uint256 keptCount;
    }

    /// @notice Room for the certificates of so many trades.
    function make(uint256 trades) internal pure returns (Issue memory issue) {
        issue.sold = _room(trades);
    }

    /// @notice Certificates for a buyer, if there are any.
    function sell(Issue memory issue, address buyer, uint256 id, Wh energy) internal pure {
        if (Wh.unwrap(energy) == 0) return;
        issue.sold[issue.soldCount++] = IGreenCertificates.Share(buyer, id, energy);
    }

    /// @notice Certificates for a seller, if there are any.
    function keep(Issue memory issue, address seller, uint256 id, Wh energy) internal pure {
        if (Wh.unwrap(energy) == 0) return;
        if (issue.kept.length == 0) issue.kept = _room(2 * issue.sold.length);
        issue.kept[issue.keptCount++] = IGreenCertificates.Share(seller, id, energy);
    }

    /// @notice Have the certificates that were gathered minted.
    function mint(Issue memory issue, IGreenCertificates certificates) internal {
        _mintFirst(certificates, issue.sold, issue.soldCount);
        _mintFirst(certificates, issue.kept, issue.keptCount);
    }

    /// @dev Warning: what is in it before it is set, is no share; `mint` looks at those that were set alone.
    function _room(uint256 count) private pure returns (IGreenCertificates.Share[] memory shares) {
        // Equivalent to new IGreenCertificates.Share[](count), without a share of zeros for each place.
        assembly ("memory-safe") {
            shares := mload(0x40)
            mstore(shares, count)
            mstore(0x40, add(shares, shl(5, add(count, 1))))
        }
    }

    function _mintFirst(IGreenCertificates certificates, IGreenCertificates.Share[] memory shares, uint256 count)
        private
    {
        if (count == 0) return;
        // Equivalent to cutting the array to `count`: its length only shrinks.
        assembly ("memory-safe") {
            mstore(shares, count)
        }
        certificates.mint(shares);
    }
}
