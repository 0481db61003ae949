// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {PackedOrder} from "../../contracts/types/Orders.sol";
import {PackedTrade} from "../../contracts/types/Trades.sol";

/// @title The exhaustive proof of a round: every pair of a buyer and a seller is checked
/// @notice A module without state: Clearing asks it, and anyone may.
/// @dev Trust assumptions: none.
interface IRoundProver {
    /// @dev What of a round is to be proven.
    struct Task {
        bytes32 market;
        /// Merkle roots of the chunks of trades.
        bytes32[] chunkRoots;
        /// Number of soft attributes.
        uint8 attributeCount;
        /// Bit f: attribute f is an income, else a cost.
        uint8 incomeMask;
        /// First row: orders are numbered through all batches, in the order of their ids.
        uint256 from;
        /// Rows to check, at most; as many as there are if fewer.
        uint256 rows;
    }

    /// @notice Check u + v ≥ w for each eligible pair of a buyer in the rows [from, to) and any seller.
    /// Reverts if: the orders are not exactly those of the market, batch by batch, the trades not exactly those under
    /// the chunks' roots; a trade names a closed order; a pair has u + v < w (the error names it).
    /// @return to The row after the last one checked.
    /// @return count Number of rows, cancelled orders included.
    function checkPairs(Task calldata task, PackedOrder[][] calldata orders, PackedTrade[][] calldata trades)
        external
        view
        returns (uint256 to, uint256 count);
}
