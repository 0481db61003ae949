// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {IClearing} from "../../../../interfaces/clearing/IClearing.sol";
import {ISatisfactionMatching} from "../../../../interfaces/clearing/mechanisms/ISatisfactionMatching.sol";
import {OrderFields, OrderId, PackedOrder, Side, orderIdAt} from "../../../types/Orders.sol";
import {Ppm} from "../../../types/Units.sol";
import {PairSweep} from "./PairSweep.sol";
import {Satisfaction} from "./Satisfaction.sol";

/// @title The exhaustive proof of a round, held in memory
/// @dev Orders are numbered through all batches, in the order of their ids: row r is the r-th order.
library RoundProof {
    using OrderFields for PackedOrder;
    using PairSweep for PairSweep.Sellers;

    /// @dev All orders of a market.
    struct Round {
        /// Rows one after the other, ROW_WORDS each: the dual price, then the five words of the order.
        uint256[] table;
        /// Row of the first order of each batch.
        uint256[] firsts;
        /// Rows filled so far.
        uint256 filled;
    }

    uint256 private constant ROW_WORDS = 6;

    /// @dev In place of the dual price of an order that was cancelled before the gate closed: as if it
    /// were not there.
    uint256 private constant CLOSED = type(uint256).max;

    /// @notice All orders of a market, with the bits of those that are cancelled; every dual price is 0.
    function make(PackedOrder[][] calldata orders, uint256[] memory closed) internal pure returns (Round memory round) {
        uint256 count = 0;
        for (uint256 b = 0; b < orders.length; ++b) {
            count += orders[b].length;
        }
        round.table = new uint256[](count * ROW_WORDS);
        round.firsts = new uint256[](orders.length);
        for (uint256 b = 0; b < orders.length; ++b) {
            _addBatch(round, b, orders[b], closed[b]);
        }
    }

    /// @notice Write an order's dual price into its row.
    /// Reverts if: the order does not exist, or was cancelled.
    function setDual(Round memory round, OrderId id, Ppm dual) internal pure {
        uint256 batch = id.batchOf();
        require(batch < round.firsts.length, IClearing.Clearing_UnknownOrder(id));
        uint256 row = round.firsts[batch] + id.indexOf();
        require(row < round.filled, IClearing.Clearing_UnknownOrder(id));
        uint256 place = row * ROW_WORDS;
        require(round.table[place] != CLOSED, IClearing.Clearing_OrderClosed(id));
        round.table[place] = Ppm.unwrap(dual);
    }

    /// @notice Check u + v ≥ w for each pair of a buyer in rows [from, to) and any seller.
    /// Reverts if: an eligible pair has u + v < w, naming it.
    function checkPairs(Round memory round, uint256 from, uint256 to, Satisfaction.Schema memory schema) internal pure {
        PairSweep.Sellers memory sellers = _sellersOf(round, schema);
        // Zero until `layOut` fills it for each buyer in turn.
        // slither-disable-next-line uninitialized-local
        uint256[10] memory buyer;
        for (uint256 r = from; r < to; ++r) {
            PackedOrder memory order = _order(round, r);
            uint256 dual = _dualOf(order);
            if (dual == CLOSED || order.side() == Side.Sell) continue;
            sellers.layOut(buyer, dual, order);
            (uint256 cursor, uint256 s) = sellers.nextDoubtful(buyer, 0);
            while (cursor != PairSweep.NONE) {
                _checkPair(round, r, s, schema);
                (cursor, s) = sellers.nextDoubtful(buyer, cursor + 1);
            }
        }
    }

    function _sellersOf(Round memory round, Satisfaction.Schema memory schema)
        private
        pure
        returns (PairSweep.Sellers memory sellers)
    {
        uint256 count = round.filled;
        sellers = PairSweep.make(count, schema);
        for (uint256 r = 0; r < count; ++r) {
            PackedOrder memory order = _order(round, r);
            uint256 dual = _dualOf(order);
            if (dual != CLOSED && order.side() == Side.Sell) sellers.add(r, dual, order);
        }
    }

    /// Reverts if: the pair is eligible and u + v < w.
    function _checkPair(Round memory round, uint256 buyer, uint256 seller, Satisfaction.Schema memory schema)
        private
        pure
    {
        (PackedOrder memory buy, PackedOrder memory sell) = (_order(round, buyer), _order(round, seller));
        uint256 duals = _dualOf(buy) + _dualOf(sell);
        if (Satisfaction.covers(buy, sell, schema, duals)) return;
        // A pair that is not covered is eligible.
        // slither-disable-next-line unused-return
        (, uint256 t, uint256 g) = Satisfaction.score(buy, sell, schema);
        revert ISatisfactionMatching.Satisfaction_BetterPair(_idOf(round, buyer), _idOf(round, seller), duals, t + g);
    }

    /// @dev Add the orders of the next batch.
    function _addBatch(Round memory round, uint256 batch, PackedOrder[] calldata orders, uint256 closed) private pure {
        uint256 first = round.filled;
        round.firsts[batch] = first;
        round.filled = first + orders.length;
        uint256[] memory table = round.table;
        for (uint256 i = 0; i < orders.length; ++i) {
            PackedOrder calldata order = orders[i];
            uint256 start = (first + i) * ROW_WORDS;
            // Equivalent to copying the five words of the order into table[start + 1] to table[start + 5]. The place is
            // within the table, see `make`.
            assembly ("memory-safe") {
                calldatacopy(add(add(table, 64), mul(start, 32)), order, 160)
            }
            if ((closed >> i) & 1 != 0) table[start] = CLOSED;
        }
    }

    function _idOf(Round memory round, uint256 row) private pure returns (OrderId) {
        uint256 batch = round.firsts.length - 1;
        while (round.firsts[batch] > row) --batch;
        return orderIdAt(batch, row - round.firsts[batch]);
    }

    /// @dev The order in a row, not a copy.
    function _order(Round memory round, uint256 row) private pure returns (PackedOrder memory order) {
        uint256[] memory table = round.table;
        // Equivalent to a PackedOrder of table[6 · row + 1] to table[6 · row + 5]. Warning: `row` is not
        // checked against the table.
        assembly ("memory-safe") {
            order := add(add(table, 64), mul(row, 192))
        }
    }

    /// @dev The dual price that stands before an order of the table.
    function _dualOf(PackedOrder memory order) private pure returns (uint256 dual) {
        // Equivalent to table[6 · row].
        assembly ("memory-safe") {
            dual := mload(sub(order, 32))
        }
    }
}
