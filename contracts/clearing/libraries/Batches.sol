// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {IClearing} from "../../../interfaces/clearing/IClearing.sol";
import {IOrderBook} from "../../../interfaces/market/IOrderBook.sol";
import {BatchRoot} from "../../shared/BatchRoot.sol";
import {OrderHashing} from "../../shared/OrderHashing.sol";
import {OrderId, PackedOrder} from "../../types/Orders.sol";

/// @title Orders held against the book
library Batches {
    using OrderHashing for IOrderBook.Placed;

    /// @dev The state of the batch that was looked at last: orders often come batch by batch.
    struct Seen {
        uint256 batch;
        bytes32 root;
        uint256 closed;
    }

    /// @notice Nothing was looked at yet.
    function none() internal pure returns (Seen memory) {
        return Seen(type(uint256).max, 0, 0);
    }

    /// @notice Reverts if the order is not in the book, or cancelled.
    function requireOpen(Seen memory seen, IOrderBook book, bytes32 market, IOrderBook.Placed calldata placed)
        internal
        view
    {
        OrderId id = placed.id;
        if (seen.batch != id.batchOf()) {
            seen.batch = id.batchOf();
            (seen.root, seen.closed) = book.batchState(market, id.batchOf());
        }
        require(placed.rootOf() == seen.root, IOrderBook.Order_Unknown(market, id));
        require(seen.closed & id.bitOf() == 0, IClearing.Clearing_OrderClosed(id));
    }

    /// @notice The bits of the cancelled orders of each batch; nothing is said of a batch without orders.
    /// Reverts if: the orders of a batch are not exactly those of the market.
    function closedIn(IOrderBook book, bytes32 market, PackedOrder[][] calldata orders)
        internal
        view
        returns (uint256[] memory closed)
    {
        closed = new uint256[](orders.length);
        for (uint256 b = 0; b < closed.length; ++b) {
            PackedOrder[] calldata batch = orders[b];
            if (batch.length == 0) continue;
            bytes32[] memory leaves = new bytes32[](batch.length);
            for (uint256 i = 0; i < leaves.length; ++i) {
                leaves[i] = OrderHashing.leafOf(i, batch[i]);
            }
            bytes32 root;
            (root, closed[b]) = book.batchState(market, b);
            require(BatchRoot.rootOf(leaves) == root, IClearing.Clearing_WrongOrders(b));
        }
    }

    /// @notice The order with this id, among batches.
    /// Reverts if: there is none.
    function find(PackedOrder[][] calldata orders, OrderId id) internal pure returns (PackedOrder calldata) {
        (uint256 batch, uint256 index) = (id.batchOf(), id.indexOf());
        require(batch < orders.length && index < orders[batch].length, IClearing.Clearing_UnknownOrder(id));
        return orders[batch][index];
    }
}
