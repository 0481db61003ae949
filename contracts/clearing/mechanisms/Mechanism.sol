// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {MerkleProof} from "@openzeppelin/contracts/utils/cryptography/MerkleProof.sol";
import {IClearing} from "../../../interfaces/clearing/IClearing.sol";
import {IMechanism} from "../../../interfaces/clearing/IMechanism.sol";
import {IMarkets} from "../../../interfaces/market/IMarkets.sol";
import {IOrderBook} from "../../../interfaces/market/IOrderBook.sol";
import {BatchRoot} from "../../shared/BatchRoot.sol";
import {TradeHashing} from "../../shared/TradeHashing.sol";
import {ContestTerms, MatchRules, Mode} from "../../types/Markets.sol";
import {OrderFields, OrderId, PackedOrder} from "../../types/Orders.sol";
import {MAX_CHUNK, PackedTrade, TradeFields, TradePosition, linkOf} from "../../types/Trades.sol";
import {Ppm, Wh} from "../../types/Units.sol";
import {Verdict} from "../../types/Verdicts.sol";
import {Batches} from "../libraries/Batches.sol";
import {ChunkAnswer, ChunkAnswers, Entry} from "../libraries/ChunkAnswer.sol";
import {Legs} from "../libraries/Legs.sol";

/// @title What all mechanisms share: trades are made from orders of the book, by the orders' own terms
/// @notice See IMechanism for the specification. A mechanism adds its rule: what a pair trades for, and what proves a round.
abstract contract Mechanism is IMechanism {
    using Batches for Batches.Seen;
    using Legs for Legs.Leg;
    using Legs for Legs.Pair;
    using OrderFields for PackedOrder;
    using TradeFields for PackedTrade;

    /// @dev An order that is shown, with what a proposal says of it.
    struct Shown {
        OrderId id;
        PackedOrder order;
        /// Its dual price, in the unit of the mechanism; 0 if it does not trade.
        uint256 dual;
        /// Energy of its trades, Wh; 0 if it does not trade.
        Wh filled;
    }

    /// @dev What is to be proven of a round.
    struct Task {
        bytes32 market;
        ContestTerms terms;
        /// For each batch the bits of its cancelled orders.
        uint256[] closed;
        /// Rows [from, to): orders are numbered through all batches, in the order of their ids.
        uint256 from;
        uint256 to;
    }

    IMarkets public immutable MARKETS;
    IOrderBook public immutable ORDER_BOOK;

    constructor(address markets, address orderBook) {
        MARKETS = IMarkets(markets);
        ORDER_BOOK = IOrderBook(orderBook);
    }

    /// @inheritdoc IMechanism
    function judge(
        bytes32 market,
        IClearing.PricedOrder[] calldata orders,
        IClearing.Link[] calldata links,
        bytes calldata prices
    ) external view returns (Chunk memory) {
        Legs.Leg[] memory legs = new Legs.Leg[](orders.length);
        Batches.Seen memory seen = Batches.none();
        for (uint256 k = 0; k < legs.length; ++k) {
            IClearing.PricedOrder calldata priced = orders[k];
            seen.requireOpen(ORDER_BOOK, market, priced.placed);
            Legs.Leg memory leg = legs[k];
            leg.set(priced.placed.id, priced.dual, priced.placed.order);
            leg.continued = priced.continued;
            (leg.before, leg.filled) = (priced.before, priced.before);
        }
        _chunkOf(MARKETS.contestTermsOf(market), legs, links, prices, 0).send();
    }

    /// @inheritdoc IMechanism
    function judgeBatches(
        bytes32 market,
        PackedOrder[][] calldata orders,
        IClearing.PricedId[] calldata priced,
        IClearing.Link[] calldata links,
        bytes calldata prices
    ) external view returns (Chunk memory) {
        uint256[] memory closed = Batches.closedIn(ORDER_BOOK, market, orders);
        Legs.Leg[] memory legs = _legsAmong(orders, closed, priced);
        _chunkOf(MARKETS.contestTermsOf(market), legs, links, prices, 0).send();
    }

    /// @inheritdoc IMechanism
    function complete(
        bytes32 market,
        IClearing.Support calldata,
        IClearing.Exhibit[] calldata shown,
        bytes calldata prices
    ) external view {
        _complete(_shownOf(market, shown), prices);
    }

    /// @inheritdoc IMechanism
    function refute(bytes32 market, IClearing.Exhibit[] calldata shown, bytes calldata prices) external view {
        _refute(MARKETS.contestTermsOf(market).matching(), _shownOf(market, shown), prices);
    }

    /// @inheritdoc IMechanism
    function proveAtOnce(
        bytes32 market,
        PackedOrder[][] calldata orders,
        IClearing.PricedId[] calldata priced,
        IClearing.Link[] calldata links,
        bytes calldata prices
    ) external view returns (Chunk memory) {
        Task memory task = _taskOf(market, orders);
        task.to = _countOf(orders);
        Legs.Leg[] memory legs = _legsAmong(orders, task.closed, priced);
        ChunkAnswer answer = _chunkOf(task.terms, legs, links, prices, task.to);
        (uint256 objective, uint256 bound) = (answer.objective(), answer.bound());
        require(objective == bound, IClearing.Clearing_NotExact(0, uint128(objective), uint128(bound)));
        _proveChunk(task, orders, answer, prices);
        answer.send();
    }

    /// @inheritdoc IMechanism
    function prove(
        bytes32 market,
        PackedOrder[][] calldata orders,
        PackedTrade[][] calldata trades,
        IClearing.Part calldata part,
        bytes calldata prices
    ) external view returns (uint256 to, uint256 count) {
        bytes32 hash = _hashOf(trades);
        require(hash == part.trades, IClearing.Clearing_WrongTrades(hash, part.trades));
        count = _countOf(orders);
        to = part.rows < count - part.from ? part.from + part.rows : count;
        Task memory task = _taskOf(market, orders);
        (task.from, task.to) = (part.from, to);
        _prove(task, orders, trades, prices);
    }

    /// @dev Whether an order trades once, as a whole.
    function _isOnce(ContestTerms terms) internal pure virtual returns (bool) {
        return terms.matching().mode() == Mode.OneToOne;
    }

    /// @dev Price and worth of a trade; the sides are right.
    /// Reverts if: the rule does not allow it.
    function _verdict(Legs.Pair memory pair) internal view virtual returns (Verdict);

    /// Reverts if: the public prices are not what a proposal of this market can have.
    function _requirePrices(ContestTerms terms, uint256 trades, bytes calldata prices) internal view virtual;

    /// Reverts if: the orders do not complete the certificate.
    function _complete(Shown[] memory shown, bytes calldata prices) internal view virtual;

    /// Reverts if: the orders do not refute the proposal.
    function _refute(MatchRules rules, Shown[] memory shown, bytes calldata prices) internal view virtual;

    /// Reverts if: the orders of the task do not prove their part of a proposal with these trades.
    function _prove(
        Task memory task,
        PackedOrder[][] calldata orders,
        PackedTrade[][] calldata trades,
        bytes calldata prices
    ) internal view virtual;

    /// Reverts if: the orders do not prove a proposal with the trades of this chunk.
    function _proveChunk(Task memory task, PackedOrder[][] calldata orders, ChunkAnswer chunk, bytes calldata prices)
        internal
        view
        virtual;

    /// @dev Orders that are shown.
    /// Reverts if: one is not in the book, or cancelled; one has a fill, and the trade shown is not one of its trades, or not
    /// under its root.
    function _shownOf(bytes32 market, IClearing.Exhibit[] calldata exhibits)
        private
        view
        returns (Shown[] memory shown)
    {
        shown = new Shown[](exhibits.length);
        for (uint256 i = 0; i < shown.length; ++i) {
            IClearing.Exhibit calldata exhibit = exhibits[i];
            Batches.none().requireOpen(ORDER_BOOK, market, exhibit.placed);
            shown[i].id = exhibit.placed.id;
            shown[i].order = exhibit.placed.order;
            shown[i].filled = exhibit.filled;
            if (Wh.unwrap(exhibit.filled) != 0) shown[i].dual = _dualOf(exhibit, shown[i].order.isBuy());
        }
    }

    /// @dev The dual price of an order that trades.
    function _dualOf(IClearing.Exhibit calldata exhibit, bool isBuy) private pure returns (uint256) {
        PackedTrade memory trade = exhibit.trade;
        TradePosition memory at = exhibit.position;
        require(
            MerkleProof.processProofCalldata(exhibit.siblings, TradeHashing.leaf(at.index, trade)) == exhibit.root,
            IClearing.Clearing_UnknownTrade(at.chunk, at.index)
        );
        OrderId traded = isBuy ? trade.buyId() : trade.sellId();
        require(
            OrderId.unwrap(traded) == OrderId.unwrap(exhibit.placed.id),
            IClearing.Clearing_ForeignTrade(exhibit.placed.id)
        );
        return Ppm.unwrap(isBuy ? trade.buyerDual() : trade.sellerDual());
    }

    /// @dev Orders among whole batches that were compared with the book.
    /// Reverts if: there is no such order, or it is cancelled.
    function _legsAmong(PackedOrder[][] calldata orders, uint256[] memory closed, IClearing.PricedId[] calldata priced)
        private
        pure
        returns (Legs.Leg[] memory legs)
    {
        legs = new Legs.Leg[](priced.length);
        for (uint256 k = 0; k < legs.length; ++k) {
            IClearing.PricedId calldata entry = priced[k];
            legs[k].set(entry.id, entry.dual, Batches.find(orders, entry.id));
            require(closed[entry.id.batchOf()] & entry.id.bitOf() == 0, IClearing.Clearing_OrderClosed(entry.id));
        }
    }

    /// @dev The trades of a chunk, and what there is to remember of its orders.
    /// Reverts if: there are orders and no trades, or too many trades; a link names an order that is not there, or does not
    /// stand behind the one before; and what
    /// `Legs` and `_verdict` list.
    function _chunkOf(
        ContestTerms terms,
        Legs.Leg[] memory legs,
        IClearing.Link[] calldata links,
        bytes calldata prices,
        uint256 rows
    ) private view returns (ChunkAnswer answer) {
        require(links.length != 0 || legs.length == 0, IClearing.Clearing_EmptyChunk());
        require(links.length <= MAX_CHUNK, IClearing.Clearing_ChunkTooLarge(links.length, MAX_CHUNK));
        _requirePrices(terms, links.length, prices);
        answer = ChunkAnswers.make(legs.length, links.length, rows);
        // Zero until the trades are made.
        // slither-disable-next-line uninitialized-local
        Legs.Pair memory pair;
        (pair.terms, pair.legs) = (terms, legs);
        if (prices.length >= 32) pair.prices = bytes32(prices);
        _join(answer, pair, links, _isOnce(terms));
        answer.set(_rootOf(answer), pair.worth, _enter(answer, pair, _isOnce(terms)));
    }

    /// @dev Write down what there is to remember of each order; what they add to the dual bound.
    function _enter(ChunkAnswer answer, Legs.Pair memory pair, bool isOnce) private pure returns (uint256 bound) {
        for (uint256 k = 0; k < pair.legs.length; ++k) {
            (Entry entry, uint256 adds) = pair.legs[k].leave(isOnce);
            answer.setEntry(k, entry);
            bound += adds;
        }
    }

    /// @dev Make the trades; the pair sums up what they are worth.
    function _join(ChunkAnswer answer, Legs.Pair memory pair, IClearing.Link[] calldata links, bool isOnce)
        private
        view
    {
        uint80 last = 0;
        for (uint256 k = 0; k < links.length; ++k) {
            IClearing.Link calldata link = links[k];
            uint256 count = pair.legs.length;
            require(link.buy < count && link.sell < count, IClearing.Clearing_BadLink(k, count));
            pair.choose(link.buy, link.sell, link.energy);
            last = _requireRising(last, pair.buyer.id, pair.seller.id);
            pair.join(_verdict(pair), answer.tradeAt(k), isOnce);
        }
    }

    /// @dev Where the trade of a pair stands.
    /// Reverts if: it does not stand behind `last`.
    function _requireRising(uint80 last, OrderId buyId, OrderId sellId) private pure returns (uint80 link) {
        link = linkOf(buyId, sellId);
        // An order does not trade with itself: no link is 0.
        require(link > last, IClearing.Clearing_LinkNotRising(buyId, sellId));
    }

    /// @dev Merkle root of the trades; 0 if there are none.
    function _rootOf(ChunkAnswer answer) private pure returns (bytes32) {
        uint256 count = answer.tradeCount();
        if (count == 0) return 0;
        bytes32[] memory leaves = new bytes32[](count);
        for (uint256 k = 0; k < count; ++k) {
            leaves[k] = answer.leafAt(k);
        }
        return BatchRoot.rootOf(leaves);
    }

    /// @dev A task without rows.
    /// Reverts if: the orders are not exactly those of the market.
    function _taskOf(bytes32 market, PackedOrder[][] calldata orders) private view returns (Task memory task) {
        uint256 batches = MARKETS.batchCount(market);
        require(orders.length == batches, IClearing.Clearing_Incomplete(orders.length, batches));
        for (uint256 b = 0; b < batches; ++b) {
            require(orders[b].length != 0, IClearing.Clearing_WrongOrders(b));
        }
        task.market = market;
        task.terms = MARKETS.contestTermsOf(market);
        task.closed = Batches.closedIn(ORDER_BOOK, market, orders);
    }

    function _countOf(PackedOrder[][] calldata orders) private pure returns (uint256 count) {
        for (uint256 b = 0; b < orders.length; ++b) {
            count += orders[b].length;
        }
    }

    /// @dev The hash of the roots of all chunks, as IClearing.tradesHash.
    function _hashOf(PackedTrade[][] calldata trades) private pure returns (bytes32) {
        bytes32[] memory roots = new bytes32[](trades.length);
        for (uint256 c = 0; c < roots.length; ++c) {
            PackedTrade[] calldata chunk = trades[c];
            bytes32[] memory leaves = new bytes32[](chunk.length);
            for (uint256 k = 0; k < leaves.length; ++k) {
                leaves[k] = TradeHashing.leafOf(k, chunk[k]);
            }
            roots[c] = BatchRoot.rootOf(leaves);
        }
        return keccak256(abi.encodePacked(roots));
    }
}
