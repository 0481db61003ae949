// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {IClearing} from "../../../interfaces/IClearing.sol";
import {BatchRoot} from "../../types/BatchRoot.sol";
import {OrderFields, OrderId, PackedOrder, Side, orderIdAt} from "../../types/Orders.sol";
import {Trade} from "../../types/Trades.sol";
import {Ppm} from "../../types/Units.sol";
import {OrderHashing} from "./OrderHashing.sol";
import {Satisfaction} from "./Satisfaction.sol";
import {TradeHashing} from "./TradeHashing.sol";

/// @title The exhaustive proof of a round, held in memory
/// @dev Orders are numbered through all batches, in the order of their ids: row r is the r-th order.
library RoundProof {
    using OrderFields for PackedOrder;

    /// @dev An order with its dual price.
    struct Row {
        OrderId id;
        /// Cancelled before the gate closed: as if it were not there.
        bool closed;
        /// ppm; 0 if it does not trade.
        uint256 dual;
        PackedOrder order;
    }

    /// @dev All orders of a market.
    struct Round {
        Row[] rows;
        /// Row of the first order of each batch.
        uint256[] firsts;
        /// Rows filled so far.
        uint256 filled;
    }

    /// @notice An empty round with room for `orders`.
    function make(PackedOrder[][] calldata orders) internal pure returns (Round memory round) {
        uint256 rows = 0;
        for (uint256 b = 0; b < orders.length; ++b) {
            rows += orders[b].length;
        }
        round.rows = new Row[](rows);
        round.firsts = new uint256[](orders.length);
    }

    /// @notice Add the orders of the next batch.
    /// Reverts if: they are not exactly those under `root`.
    function addBatch(Round memory round, uint256 batch, PackedOrder[] calldata orders, bytes32 root, uint256 closed)
        internal
        pure
    {
        bytes32[] memory leaves = new bytes32[](orders.length);
        uint256 first = round.filled;
        for (uint256 i = 0; i < orders.length; ++i) {
            Row memory row = round.rows[first + i];
            row.order = orders[i];
            row.id = orderIdAt(batch, i);
            row.closed = (closed >> i) & 1 != 0;
            leaves[i] = OrderHashing.leaf(i, row.order);
        }
        require(BatchRoot.rootOf(leaves) == root, IClearing.Clearing_WrongOrders(batch));
        round.firsts[batch] = first;
        round.filled = first + orders.length;
    }

    /// @notice Write the dual prices of a chunk's trades into the rows.
    /// Reverts if: its trades are not exactly those under `root`.
    function addChunk(Round memory round, uint32 chunk, Trade[] calldata trades, bytes32 root) internal pure {
        bytes32[] memory leaves = new bytes32[](trades.length);
        for (uint256 k = 0; k < trades.length; ++k) {
            Trade memory trade = trades[k];
            leaves[k] = TradeHashing.leaf(k, trade);
            _rowOf(round, trade.buyId).dual = Ppm.unwrap(trade.buyerDual);
            _rowOf(round, trade.sellId).dual = Ppm.unwrap(trade.sellerDual);
        }
        require(BatchRoot.rootOf(leaves) == root, IClearing.Clearing_WrongTrades(chunk));
    }

    /// @notice Check u + v ≥ w for each pair of a buyer in rows [from, to) and any seller.
    /// Reverts if: an eligible pair has u + v < w, naming it.
    function checkPairs(Row[] memory rows, uint256 from, uint256 to, Satisfaction.Schema memory schema)
        internal
        pure
    {
        Row[] memory sellers = _sellersOf(rows);
        for (uint256 r = from; r < to; ++r) {
            Row memory buyer = rows[r];
            if (buyer.closed || buyer.order.side() == Side.Sell) continue;
            for (uint256 s = 0; s < sellers.length; ++s) {
                Row memory seller = sellers[s];
                uint256 duals = buyer.dual + seller.dual;
                if (!Satisfaction.covers(buyer.order, seller.order, schema, duals)) {
                    (, uint256 t, uint256 g) = Satisfaction.score(buyer.order, seller.order, schema);
                    revert IClearing.Clearing_BetterPair(buyer.id, seller.id, duals, t + g);
                }
            }
        }
    }

    function _sellersOf(Row[] memory rows) private pure returns (Row[] memory sellers) {
        uint256 found = 0;
        for (uint256 r = 0; r < rows.length; ++r) {
            if (!rows[r].closed && rows[r].order.side() == Side.Sell) ++found;
        }
        sellers = new Row[](found);
        for (uint256 r = rows.length; r > 0; --r) {
            Row memory row = rows[r - 1];
            if (!row.closed && row.order.side() == Side.Sell) sellers[--found] = row;
        }
    }

    function _rowOf(Round memory round, OrderId id) private pure returns (Row memory) {
        return round.rows[round.firsts[id.batchOf()] + id.indexOf()];
    }
}
