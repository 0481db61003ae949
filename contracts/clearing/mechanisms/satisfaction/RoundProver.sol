// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {IClearing} from "../../../../interfaces/clearing/IClearing.sol";
import {IOrderBook} from "../../../../interfaces/market/IOrderBook.sol";
import {IRoundProver} from "../../../../interfaces/clearing/IRoundProver.sol";
import {PackedOrder} from "../../../types/Orders.sol";
import {PackedTrade} from "../../../types/Trades.sol";
import {BookBatches} from "../../libraries/BookBatches.sol";
import {RoundProof} from "./RoundProof.sol";
import {Satisfaction} from "./Satisfaction.sol";

/// @title RoundProver
/// @notice What it promises stands in IRoundProver.
contract RoundProver is IRoundProver {
    IOrderBook public immutable ORDER_BOOK;

    constructor(address orderBook) {
        ORDER_BOOK = IOrderBook(orderBook);
    }

    /// @inheritdoc IRoundProver
    function checkPairs(Task calldata task, PackedOrder[][] calldata orders, PackedTrade[][] calldata trades)
        external
        view
        returns (uint256 to, uint256 count)
    {
        RoundProof.Round memory round = _load(task, orders, trades);
        count = round.filled;
        to = task.rows < count - task.from ? task.from + task.rows : count;
        Satisfaction.Schema memory schema =
            Satisfaction.Schema({count: task.attributeCount, incomeMask: task.incomeMask});
        RoundProof.checkPairs(round, task.from, to, schema);
    }

    /// @dev All orders of the market with their dual prices.
    function _load(Task calldata task, PackedOrder[][] calldata orders, PackedTrade[][] calldata trades)
        private
        view
        returns (RoundProof.Round memory round)
    {
        uint256 batches = ORDER_BOOK.batchCount(task.market);
        require(orders.length == batches, IClearing.Clearing_Incomplete(orders.length, batches));
        uint256 chunks = task.chunkRoots.length;
        require(trades.length == chunks, IClearing.Clearing_Incomplete(trades.length, chunks));
        round = RoundProof.make(orders);
        for (uint256 b = 0; b < batches; ++b) {
            uint256 closed = BookBatches.closedIn(ORDER_BOOK, task.market, b, orders[b]);
            RoundProof.addBatch(round, b, orders[b], closed);
        }
        for (uint32 c = 0; c < chunks; ++c) {
            RoundProof.addChunk(round, c, trades[c], task.chunkRoots[c]);
        }
    }
}
