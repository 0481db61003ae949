// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {IClearing} from "../../../interfaces/clearing/IClearing.sol";
import {IOrderBook} from "../../../interfaces/market/IOrderBook.sol";
import {BatchRoot} from "../../shared/BatchRoot.sol";
import {PackedOrder} from "../../types/Orders.sol";
import {OrderHashing} from "../../shared/OrderHashing.sol";

/// @title Whole batches of orders, held against the book
library BookBatches {
    /// @notice The bits of the orders of a batch that are cancelled or released.
    /// Reverts if: `orders` are not exactly those of the batch.
    function closedIn(IOrderBook book, bytes32 market, uint256 batch, PackedOrder[] calldata orders)
        internal
        view
        returns (uint256 closed)
    {
        bytes32[] memory leaves = new bytes32[](orders.length);
        for (uint256 i = 0; i < leaves.length; ++i) {
            leaves[i] = OrderHashing.leafOf(i, orders[i]);
        }
        bytes32 root;
        (root, closed) = book.batchState(market, batch);
        require(BatchRoot.rootOf(leaves) == root, IClearing.Clearing_WrongOrders(batch));
    }
}
