// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {IClearing} from "../../../../interfaces/clearing/IClearing.sol";
import {ICallAuction} from "../../../../interfaces/clearing/mechanisms/ICallAuction.sol";
import {ContestTerms, MatchRules} from "../../../types/Markets.sol";
import {OrderFields, OrderId, PackedOrder, orderIdAt} from "../../../types/Orders.sol";
import {PackedTrade, TradeFields} from "../../../types/Trades.sol";
import {Ppm, Price, Wh} from "../../../types/Units.sol";
import {Verdict, packVerdict} from "../../../types/Verdicts.sol";
import {ChunkAnswer} from "../../libraries/ChunkAnswer.sol";
import {Legs} from "../../libraries/Legs.sol";
import {Mechanism} from "../Mechanism.sol";
import {PriceWord, UniformPrice} from "./UniformPrice.sol";

/// @title CallAuction
/// @notice See ICallAuction for the specification.
contract CallAuction is ICallAuction, Mechanism {
    using OrderFields for PackedOrder;
    using TradeFields for PackedTrade;
    using UniformPrice for PriceWord;

    /// @dev The fills of all orders of a round, by row.
    struct Fills {
        uint256[] energies;
        /// Row of the first order of each batch.
        uint256[] firsts;
    }

    uint256 private constant WORD = 32;

    constructor(address markets, address orderBook) Mechanism(markets, orderBook) {}

    /// @dev Never: the market is divisible.
    function _isOnce(ContestTerms) internal pure override returns (bool) {
        return false;
    }

    /// @dev Two orders that attain the ends of the interval, the upper one first; none if nothing trades.
    function _complete(Shown[] memory shown, bytes calldata prices) internal pure override {
        PriceWord word = _wordOf(prices);
        uint256 needed = word.isThreshold() ? 0 : 2;
        require(shown.length == needed, Mechanism_WrongExhibits(shown.length, needed));
        if (needed == 0) return;
        require(word.attainsHigh(shown[0].order, shown[0].filled), Call_NotAttained(shown[0].id, word.high()));
        require(word.attainsLow(shown[1].order, shown[1].filled), Call_NotAttained(shown[1].id, word.low()));
    }

    /// @dev An order whose fill is wrong, or narrows the interval.
    function _refute(MatchRules, Shown[] memory shown, bytes calldata prices) internal pure override {
        require(shown.length == 1, Mechanism_WrongExhibits(shown.length, 1));
        Shown memory only = shown[0];
        bool isRight = _isRight(_wordOf(prices), only.id, only.order, only.filled);
        require(!isRight, Call_OrderFits(only.id, only.filled));
    }

    /// @dev Reverts if: the price is beyond an order's limit; a dual price is not the order's gain, |limit − price|.
    function _verdict(Legs.Pair memory pair) internal pure override returns (Verdict) {
        Price price = PriceWord.wrap(uint256(pair.prices)).price();
        (Price bid, Price least) = (pair.buy.price(), pair.sell.minPrice());
        require(
            !(price > bid) && !(least > price),
            IClearing.Clearing_PriceBeyondLimits(pair.buyer.id, pair.seller.id, price)
        );
        _requireDual(pair.buyer, Price.unwrap(bid) - Price.unwrap(price));
        _requireDual(pair.seller, Price.unwrap(price) - Price.unwrap(least));
        return packVerdict(price, uint40(Price.unwrap(bid) - Price.unwrap(least)));
    }

    /// @dev One word: a threshold if nothing trades, else a price that is where k says.
    function _requirePrices(ContestTerms terms, uint256 trades, bytes calldata prices) internal pure override {
        require(prices.length == WORD, Mechanism_BadPrices(prices.length, WORD));
        PriceWord word = _wordOf(prices);
        bool isFit = trades == 0 ? word.isThreshold() : word.isFit(terms.k());
        require(isFit, Call_BadPrices(PriceWord.unwrap(word)));
    }

    /// @dev Each order of these rows has what the price says; with the last one, the ends of the interval are attained.
    function _prove(
        Task memory task,
        PackedOrder[][] calldata orders,
        PackedTrade[][] calldata trades,
        bytes calldata prices
    ) internal pure override {
        Fills memory fills = _fillsOf(orders);
        for (uint256 c = 0; c < trades.length; ++c) {
            for (uint256 k = 0; k < trades[c].length; ++k) {
                _fill(fills, trades[c][k]);
            }
        }
        _requireRight(task, orders, fills, prices);
    }

    /// @dev Each order has what the price says, and the ends of the interval are attained.
    function _proveChunk(Task memory task, PackedOrder[][] calldata orders, ChunkAnswer chunk, bytes calldata prices)
        internal
        pure
        override
    {
        Fills memory fills = _fillsOf(orders);
        uint256 count = chunk.tradeCount();
        for (uint256 k = 0; k < count; ++k) {
            _fill(fills, chunk.tradeAt(k));
        }
        _requireRight(task, orders, fills, prices);
    }

    /// Reverts if: an order of the task's rows is not right; with the last row, an end of the interval is not attained.
    function _requireRight(Task memory task, PackedOrder[][] calldata orders, Fills memory fills, bytes calldata prices)
        private
        pure
    {
        PriceWord word = _wordOf(prices);
        bool isLast = !word.isThreshold() && task.to == fills.energies.length;
        bool attainsHigh = !isLast;
        bool attainsLow = !isLast;
        for (uint256 b = 0; b < orders.length; ++b) {
            for (uint256 i = 0; i < orders[b].length; ++i) {
                if ((task.closed[b] >> i) & 1 != 0) continue;
                PackedOrder memory order = orders[b][i];
                uint256 row = fills.firsts[b] + i;
                Wh filled = Wh.wrap(uint64(fills.energies[row]));
                if (row >= task.from && row < task.to) {
                    OrderId id = orderIdAt(b, i);
                    require(_isRight(word, id, order, filled), Call_WrongFill(id, filled));
                }
                attainsHigh = attainsHigh || word.attainsHigh(order, filled);
                attainsLow = attainsLow || word.attainsLow(order, filled);
            }
        }
        require(attainsHigh, Call_NotAttained(OrderId.wrap(0), word.high()));
        require(attainsLow, Call_NotAttained(OrderId.wrap(0), word.low()));
    }

    /// @dev Room for the fills of all orders.
    function _fillsOf(PackedOrder[][] calldata orders) private pure returns (Fills memory fills) {
        fills.firsts = new uint256[](orders.length);
        uint256 count = 0;
        for (uint256 b = 0; b < orders.length; ++b) {
            fills.firsts[b] = count;
            count += orders[b].length;
        }
        fills.energies = new uint256[](count);
    }

    /// @dev Count a trade.
    /// Reverts if: an order does not exist.
    function _fill(Fills memory fills, PackedTrade memory trade) private pure {
        uint256 energy = Wh.unwrap(trade.energy());
        fills.energies[_rowOf(fills, trade.buyId())] += energy;
        fills.energies[_rowOf(fills, trade.sellId())] += energy;
    }

    function _rowOf(Fills memory fills, OrderId id) private pure returns (uint256 row) {
        uint256 batch = id.batchOf();
        require(batch < fills.firsts.length, IClearing.Clearing_UnknownOrder(id));
        row = fills.firsts[batch] + id.indexOf();
        require(row < fills.energies.length, IClearing.Clearing_UnknownOrder(id));
    }

    /// @dev Whether nothing is wrong with an order's fill.
    function _isRight(PriceWord word, OrderId id, PackedOrder memory order, Wh filled) private pure returns (bool) {
        if (word.isThreshold()) return !word.crosses(order);
        return Wh.unwrap(word.fillOf(id, order)) == Wh.unwrap(filled) && !word.narrows(order, filled);
    }

    function _requireDual(Legs.Leg memory leg, uint32 needed) private pure {
        require(Ppm.unwrap(leg.dual) == needed, Call_WrongDual(leg.id, leg.dual, Ppm.wrap(needed)));
    }

    /// @dev Public prices, which are one word.
    function _wordOf(bytes calldata prices) private pure returns (PriceWord) {
        return PriceWord.wrap(uint256(bytes32(prices)));
    }
}
