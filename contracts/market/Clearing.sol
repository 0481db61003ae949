// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {IClearing} from "../../interfaces/IClearing.sol";
import {IEscrowWallets} from "../../interfaces/IEscrowWallets.sol";
import {IOrderBook} from "../../interfaces/IOrderBook.sol";
import {BatchRoot} from "../types/BatchRoot.sol";
import {Market, PriceRule} from "../types/Markets.sol";
import {OrderFields, OrderId, PackedOrder, Side} from "../types/Orders.sol";
import {MAX_CHUNK, Trade} from "../types/Trades.sol";
import {Points, Ppm, Price, valueDown} from "../types/Units.sol";
import {OrderHashing} from "./libraries/OrderHashing.sol";
import {RoundProof} from "./libraries/RoundProof.sol";
import {Satisfaction} from "./libraries/Satisfaction.sol";
import {TradeHashing} from "./libraries/TradeHashing.sol";

/// @title Clearing
/// @notice What it promises stands in IClearing.
contract Clearing is IClearing {
    using OrderFields for PackedOrder;
    using OrderHashing for IOrderBook.Placed;

    /// @dev The state of the batch that was looked at last: claims often stay within one batch.
    struct BatchView {
        uint256 batch;
        bytes32 root;
        uint256 closed;
    }

    IOrderBook public immutable ORDER_BOOK;
    IEscrowWallets public immutable ESCROW;

    /// @inheritdoc IClearing
    uint64 public proposalCount;
    mapping(uint64 id => Proposal) private _proposals;
    mapping(uint64 proposal => mapping(uint32 chunk => bytes32)) private _chunkRoots;
    /// @dev Bits of the orders that trade in a proposal, one word a batch.
    mapping(uint64 proposal => mapping(uint256 batch => uint256)) private _traded;
    mapping(bytes32 market => uint64) private _final;

    constructor(address orderBook, address escrow) {
        ORDER_BOOK = IOrderBook(orderBook);
        ESCROW = IEscrowWallets(escrow);
    }

    /// @inheritdoc IClearing
    function propose(bytes32 market, Claim[] calldata claims) external returns (uint64 id) {
        Market memory rules = _openRound(market);
        Proposal storage stored;
        (id, stored) = _begin(market);
        if (claims.length != 0) _addChunk(id, stored, rules, claims);
    }

    /// @inheritdoc IClearing
    function extend(uint64 id, Claim[] calldata claims) external {
        (Proposal storage stored, Market memory rules) = _ownProposal(id);
        require(stored.provenRows == 0, Clearing_ProofBegun(id, stored.provenRows));
        _addChunk(id, stored, rules, claims);
    }

    /// @inheritdoc IClearing
    function prove(uint64 id, PackedOrder[][] calldata orders, Trade[][] calldata trades, uint256 rows) external {
        (Proposal storage stored, Market memory rules) = _ownProposal(id);
        RoundProof.Round memory round = _loadRound(id, stored, orders, trades);
        uint256 count = round.filled;
        uint256 from = stored.provenRows;
        uint256 to = rows < count - from ? from + rows : count;
        RoundProof.checkPairs(round, from, to, _schemaOf(rules));
        stored.provenRows = uint32(to);
        emit PairsProven(id, uint32(to), uint32(count));
        if (to == count) _finalize(id, stored);
    }

    /// @inheritdoc IClearing
    function clear(bytes32 market, PackedOrder[][] calldata orders, Pair[] calldata pairs)
        external
        returns (uint64 id)
    {
        Market memory rules = _openRound(market);
        Proposal storage stored;
        (id, stored) = _begin(market);
        RoundProof.Round memory round = _loadOrders(market, orders);
        if (pairs.length != 0) _addPairs(id, stored, rules, round, pairs);
        RoundProof.checkPairs(round, 0, round.filled, _schemaOf(rules));
        stored.provenRows = uint32(round.filled);
        emit PairsProven(id, uint32(round.filled), uint32(round.filled));
        _finalize(id, stored);
    }

    /// @inheritdoc IClearing
    function proposal(uint64 id) external view returns (Proposal memory) {
        return _proposals[id];
    }

    /// @inheritdoc IClearing
    function finalOf(bytes32 market) external view returns (uint64) {
        return _final[market];
    }

    /// @inheritdoc IClearing
    function finalRound(bytes32 market) external view returns (uint64 id, address agent) {
        id = _final[market];
        require(id != 0, Clearing_NotFinal(market));
        agent = _proposals[id].agent;
    }

    /// @inheritdoc IClearing
    function isTraded(bytes32 market, OrderId id) external view returns (bool) {
        return _traded[_final[market]][id.batchOf()] & id.bitOf() != 0;
    }

    /// @inheritdoc IClearing
    function chunkRoot(uint64 id, uint32 chunk) external view returns (bytes32) {
        return _chunkRoots[id][chunk];
    }

    /// @dev The rules of a market whose gate is closed, whose time is not over and that is not final.
    function _openRound(bytes32 market) private view returns (Market memory rules) {
        rules = ORDER_BOOK.rulesOf(market);
        require(block.timestamp >= rules.closesAt, Clearing_GateOpen(market, rules.closesAt));
        require(block.timestamp <= rules.finalBy, Clearing_TooLate(market, rules.finalBy));
        require(_final[market] == 0, Clearing_AlreadyFinal(market, _final[market]));
    }

    function _ownProposal(uint64 id) private view returns (Proposal storage stored, Market memory rules) {
        stored = _proposals[id];
        require(stored.status != Status.None, Clearing_UnknownProposal(id));
        require(stored.agent == msg.sender, Clearing_NotAgent(id, stored.agent, msg.sender));
        rules = _openRound(stored.market);
    }

    function _begin(bytes32 market) private returns (uint64 id, Proposal storage stored) {
        id = ++proposalCount;
        stored = _proposals[id];
        stored.market = market;
        stored.agent = msg.sender;
        stored.status = Status.Proposed;
        emit Proposed(id, market, msg.sender);
    }

    /// @dev Check each claim, commit to the trades.
    function _addChunk(uint64 id, Proposal storage stored, Market memory rules, Claim[] calldata claims) private {
        Trade[] memory trades = _newTrades(claims.length);
        BatchView memory buys = BatchView(type(uint256).max, 0, 0);
        BatchView memory sells = BatchView(type(uint256).max, 0, 0);
        for (uint256 k = 0; k < claims.length; ++k) {
            Claim calldata claim = claims[k];
            _use(id, stored.market, claim.buy, buys);
            _use(id, stored.market, claim.sell, sells);
            trades[k] = _tradeOf(claim.buy.id, claim.sell.id, claim.buy.order, claim.sell.order, claim.buyerDual, rules);
        }
        _commit(id, stored, trades);
    }

    /// @dev `_addChunk` with the orders of the whole round at hand: they need no proofs, and the dual
    /// prices go where `checkPairs` reads them.
    function _addPairs(
        uint64 id,
        Proposal storage stored,
        Market memory rules,
        RoundProof.Round memory round,
        Pair[] calldata pairs
    ) private {
        Trade[] memory trades = _newTrades(pairs.length);
        for (uint256 k = 0; k < pairs.length; ++k) {
            Pair calldata pair = pairs[k];
            PackedOrder memory buy = RoundProof.openOrder(round, stored.market, pair.buyId);
            PackedOrder memory sell = RoundProof.openOrder(round, stored.market, pair.sellId);
            _mark(id, pair.buyId);
            _mark(id, pair.sellId);
            Trade memory trade = _tradeOf(pair.buyId, pair.sellId, buy, sell, pair.buyerDual, rules);
            RoundProof.setDual(round, pair.buyId, trade.buyerDual);
            RoundProof.setDual(round, pair.sellId, trade.sellerDual);
            trades[k] = trade;
        }
        _commit(id, stored, trades);
    }

    function _newTrades(uint256 count) private pure returns (Trade[] memory) {
        require(count <= MAX_CHUNK, Clearing_ChunkTooLarge(count, MAX_CHUNK));
        return new Trade[](count);
    }

    /// @dev Commit to the next chunk of trades. For each trade u + v = w holds by construction (v is what
    /// the score leaves), so the dual bound Σu + Σv equals the objective Σw.
    function _commit(uint64 id, Proposal storage stored, Trade[] memory trades) private {
        bytes32[] memory leaves = new bytes32[](trades.length);
        uint256 objective = stored.objective;
        Points reserved = stored.reserved;
        for (uint256 k = 0; k < trades.length; ++k) {
            Trade memory trade = trades[k];
            objective += uint256(Ppm.unwrap(trade.buyerDual)) + Ppm.unwrap(trade.sellerDual);
            reserved = reserved + trade.reserved;
            leaves[k] = TradeHashing.leaf(k, trade);
        }
        uint32 chunk = stored.chunkCount;
        stored.chunkCount = chunk + 1;
        stored.tradeCount += uint32(trades.length);
        stored.objective = uint64(objective);
        stored.reserved = reserved;
        _chunkRoots[id][chunk] = BatchRoot.rootOf(leaves);
        emit TradesProposed(id, chunk, trades);
    }

    /// @dev Mark an order as trading in the proposal.
    /// Reverts if: it is not in the book, cancelled, or trades in the proposal already.
    function _use(uint64 id, bytes32 market, IOrderBook.Placed calldata placed, BatchView memory seen) private {
        uint256 batch = placed.id.batchOf();
        if (seen.batch != batch) {
            seen.batch = batch;
            (seen.root, seen.closed) = ORDER_BOOK.batchState(market, batch);
        }
        require(placed.rootOf() == seen.root, IOrderBook.Order_Unknown(market, placed.id));
        require(seen.closed & placed.id.bitOf() == 0, Clearing_OrderClosed(placed.id));
        _mark(id, placed.id);
    }

    /// Reverts if: the order trades in the proposal already.
    function _mark(uint64 id, OrderId order) private {
        uint256 bit = order.bitOf();
        uint256 traded = _traded[id][order.batchOf()];
        require(traded & bit == 0, Clearing_OrderUsedTwice(order));
        _traded[id][order.batchOf()] = traded | bit;
    }

    /// @dev The trade of two orders, from their own terms.
    /// Reverts if: a side is wrong, the pair is not eligible, or the buyer's dual price exceeds w.
    function _tradeOf(
        OrderId buyId,
        OrderId sellId,
        PackedOrder memory buy,
        PackedOrder memory sell,
        Ppm dual,
        Market memory rules
    ) private pure returns (Trade memory trade) {
        require(buy.side() == Side.Buy, Clearing_WrongSide(buyId));
        require(sell.side() == Side.Sell, Clearing_WrongSide(sellId));
        (bool eligible, uint256 t, uint256 g) = Satisfaction.score(buy, sell, _schemaOf(rules));
        require(eligible, Clearing_NotEligible(buyId, sellId));
        Ppm score = Ppm.wrap(uint32(t + g));
        require(
            Ppm.unwrap(dual) <= Ppm.unwrap(score), Clearing_DualAboveScore(buyId, sellId, dual, score)
        );
        trade.buyId = buyId;
        trade.sellId = sellId;
        trade.buyer = buy.trader();
        trade.seller = sell.trader();
        trade.device = sell.device();
        trade.energy = buy.energy().minWh(sell.energy());
        trade.price = _priceOf(rules.priceRule, buy, sell);
        trade.reserved = valueDown(buy.energy(), buy.price());
        trade.buyerDual = dual;
        trade.sellerDual = Ppm.wrap(Ppm.unwrap(score) - Ppm.unwrap(dual));
    }

    /// @dev Between the seller's minimum and the buyer's bid, since the pair is eligible (ORD-2).
    function _priceOf(PriceRule rule, PackedOrder memory buy, PackedOrder memory sell) private pure returns (Price) {
        return rule == PriceRule.PayAsBid ? buy.price() : buy.price().midpointDown(sell.minPrice());
    }

    /// @dev All orders of the market with their dual prices.
    /// Reverts if: `orders` or `trades` are not exactly those of the market and the proposal.
    function _loadRound(
        uint64 id,
        Proposal storage stored,
        PackedOrder[][] calldata orders,
        Trade[][] calldata trades
    ) private view returns (RoundProof.Round memory round) {
        round = _loadOrders(stored.market, orders);
        require(trades.length == stored.chunkCount, Clearing_Incomplete(trades.length, stored.chunkCount));
        for (uint32 c = 0; c < trades.length; ++c) {
            RoundProof.addChunk(round, c, trades[c], _chunkRoots[id][c]);
        }
    }

    function _loadOrders(bytes32 market, PackedOrder[][] calldata orders)
        private
        view
        returns (RoundProof.Round memory round)
    {
        uint256 batches = ORDER_BOOK.batchCount(market);
        require(orders.length == batches, Clearing_Incomplete(orders.length, batches));
        round = RoundProof.make(orders);
        for (uint256 b = 0; b < batches; ++b) {
            (bytes32 root, uint256 closed) = ORDER_BOOK.batchState(market, b);
            RoundProof.addBatch(round, b, orders[b], root, closed);
        }
    }

    function _finalize(uint64 id, Proposal storage stored) private {
        bytes32 market = stored.market;
        stored.status = Status.Final;
        _final[market] = id;
        emit RoundFinalized(market, id, stored.agent, stored.objective, stored.tradeCount);
        ESCROW.lock(market, stored.reserved);
    }

    function _schemaOf(Market memory rules) private pure returns (Satisfaction.Schema memory) {
        return Satisfaction.Schema({count: rules.attributeCount, incomeMask: rules.incomeMask});
    }
}
