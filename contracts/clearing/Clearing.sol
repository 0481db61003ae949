// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {MerkleProof} from "@openzeppelin/contracts/utils/cryptography/MerkleProof.sol";
import {IAccounts} from "../../interfaces/accounts/IAccounts.sol";
import {IClearing} from "../../interfaces/clearing/IClearing.sol";
import {IOrderBook} from "../../interfaces/market/IOrderBook.sol";
import {IRoundProver} from "../../interfaces/clearing/IRoundProver.sol";
import {BatchRoot} from "../shared/BatchRoot.sol";
import {Market, Mode} from "../types/Markets.sol";
import {OrderFields, OrderId, PackedOrder, Side} from "../types/Orders.sol";
import {MAX_CHUNK, PackedTrade, TradeFields} from "../types/Trades.sol";
import {Points, Ppm, Wh} from "../types/Units.sol";
import {BookBatches} from "./libraries/BookBatches.sol";
import {Endorsements} from "./libraries/Endorsements.sol";
import {OrderHashing} from "../shared/OrderHashing.sol";
import {Satisfaction} from "./mechanisms/satisfaction/Satisfaction.sol";
import {TradeChunk} from "./mechanisms/satisfaction/TradeChunk.sol";
import {TradeHashing} from "../shared/TradeHashing.sol";

/// @title Clearing
/// @notice What it promises stands in IClearing.
contract Clearing is IClearing, EIP712 {
    using OrderFields for PackedOrder;
    using OrderHashing for IOrderBook.Placed;
    using TradeFields for PackedTrade;

    /// @dev The state of the batch that was looked at last: orders often come batch by batch.
    struct BatchView {
        uint256 batch;
        bytes32 root;
        uint256 closed;
    }

    /// @dev An order of a divisible round that trades in several chunks, or in part. slot 0: 8 + 4 + 1 = 13
    struct Fill {
        /// Energy of its trades, Wh.
        Wh energy;
        /// ppm per Wh.
        Ppm dual;
        /// Whether a later chunk may add to it.
        bool open;
    }

    IOrderBook public immutable ORDER_BOOK;
    IRoundProver public immutable PROVER;
    IAccounts public immutable ACCOUNTS;

    /// @inheritdoc IClearing
    uint64 public proposalCount;
    mapping(uint64 id => Proposal) private _proposals;
    mapping(uint64 proposal => mapping(uint32 chunk => bytes32)) private _chunkRoots;
    /// @dev Bits of the orders that trade in a proposal, one word a batch.
    mapping(uint64 proposal => mapping(uint256 batch => uint256)) private _traded;
    mapping(uint64 proposal => mapping(OrderId order => Fill)) private _fills;
    /// @inheritdoc IClearing
    mapping(bytes32 market => uint64) public activeOf;
    /// @inheritdoc IClearing
    mapping(bytes32 market => uint64) public finalOf;

    constructor(address orderBook, address prover, address accounts) EIP712("PowerPact", "1") {
        ORDER_BOOK = IOrderBook(orderBook);
        PROVER = IRoundProver(prover);
        ACCOUNTS = IAccounts(accounts);
    }

    /// @inheritdoc IClearing
    function propose(bytes32 market, PricedOrder[] calldata orders, Link[] calldata links)
        external
        returns (uint64 id)
    {
        Market memory rules = _openRound(market);
        id = _begin(market, rules);
        if (orders.length + links.length != 0) _addChunk(id, rules, _legsOf(market, orders), links);
    }

    /// @inheritdoc IClearing
    function proposeBatches(
        bytes32 market,
        PackedOrder[][] calldata orders,
        PricedId[] calldata priced,
        Link[] calldata links
    ) external returns (uint64 id) {
        Market memory rules = _openRound(market);
        id = _begin(market, rules);
        TradeChunk.Leg[] memory legs = _legsAmong(market, orders, priced);
        _requireBatches(market, orders, legs);
        _addChunk(id, rules, legs, links);
    }

    /// @inheritdoc IClearing
    function extend(uint64 id, PricedOrder[] calldata orders, Link[] calldata links) external {
        (Proposal storage stored, Market memory rules) = _ownProposal(id);
        require(stored.status == Status.Draft, Clearing_WrongStatus(id, stored.status));
        require(stored.provenRows == 0, Clearing_ProofBegun(id, stored.provenRows));
        _addChunk(id, rules, _legsOf(stored.market, orders), links);
    }

    /// @inheritdoc IClearing
    function seal(uint64 id, address[] calldata endorsers, Endorsement[] calldata endorsements) external {
        (Proposal storage stored, Market memory rules) = _ownProposal(id);
        bytes32 market = stored.market;
        require(
            stored.status == Status.Draft || stored.status == Status.Outranked, Clearing_WrongStatus(id, stored.status)
        );
        require(rules.challengeWindow != 0, Clearing_ProofOnly(market));
        if (rules.endorsements != 0) {
            bytes32 digest = _hashTypedDataV4(Endorsements.structHash(stored, tradesHash(id)));
            Endorsements.check(market, rules, digest, endorsers, endorsements);
        }
        uint64 active = activeOf[market];
        if (active != 0) _requireBetter(id, active);
        uint256 from = block.timestamp + rules.challengeWindow;
        // Without a certificate a proposal waits for better ones as long as those may come.
        if (!_isExact(stored) && from <= rules.finalBy) from = uint256(rules.finalBy) + 1;
        stored.status = Status.Active;
        stored.finalFrom = uint40(from);
        activeOf[market] = id;
        emit ProposalSealed(market, id, msg.sender, stored.objective, stored.bound, uint40(from));
        if (active != 0) _unseat(active, id);
        ACCOUNTS.holdBond(msg.sender, Points.wrap(stored.bond));
    }

    /// @inheritdoc IClearing
    function challenge(uint64 id, Exhibit calldata buy, Exhibit calldata sell) external {
        Proposal storage stored = _proposals[id];
        require(stored.status == Status.Active, Clearing_WrongStatus(id, stored.status));
        uint256 duals = _dualShown(id, stored.market, buy, Side.Buy) + _dualShown(id, stored.market, sell, Side.Sell);
        (bool eligible, uint256 t, uint256 g) = Satisfaction.score(
            buy.placed.order, sell.placed.order, Satisfaction.Schema(stored.attributeCount, stored.incomeMask)
        );
        require(
            eligible && duals < t + g, Clearing_PairCovered(buy.placed.id, sell.placed.id, duals, eligible ? t + g : 0)
        );
        activeOf[stored.market] = 0;
        _refute(id);
    }

    /// @inheritdoc IClearing
    function finalize(uint64 id) external {
        Proposal storage stored = _proposals[id];
        require(stored.status == Status.Active, Clearing_WrongStatus(id, stored.status));
        require(block.timestamp >= stored.finalFrom, Clearing_WindowOpen(id, stored.finalFrom));
        _finalize(id);
    }

    /// @inheritdoc IClearing
    function prove(uint64 id, PackedOrder[][] calldata orders, PackedTrade[][] calldata trades, uint256 rows) external {
        (Proposal storage stored, Market memory rules) = _ownProposal(id);
        require(
            stored.status == Status.Active || (stored.status == Status.Draft && rules.endorsements == 0),
            Clearing_WrongStatus(id, stored.status)
        );
        _prove(id, rules, orders, trades, rows);
    }

    /// @inheritdoc IClearing
    function clear(bytes32 market, PackedOrder[][] calldata orders, PricedId[] calldata priced, Link[] calldata links)
        external
        returns (uint64 id)
    {
        Market memory rules = _openRound(market);
        require(rules.endorsements == 0, Clearing_TooFewEndorsements(market, 0, rules.endorsements));
        id = _begin(market, rules);
        PackedTrade[][] memory trades = new PackedTrade[][](0);
        if (priced.length + links.length != 0) {
            trades = new PackedTrade[][](1);
            trades[0] = _addChunk(id, rules, _legsAmong(market, orders, priced), links);
        }
        _prove(id, rules, orders, trades, type(uint256).max);
    }

    /// @inheritdoc IClearing
    function proposal(uint64 id) external view returns (Proposal memory) {
        return _proposals[id];
    }

    /// @inheritdoc IClearing
    function finalRound(bytes32 market) external view returns (uint64 id, address agent) {
        id = finalOf[market];
        require(id != 0, Clearing_NotFinal(market));
        agent = _proposals[id].agent;
    }

    /// @inheritdoc IClearing
    function boundEnergy(bytes32 market, OrderId order, Wh whole) external view returns (Wh) {
        uint64 id = finalOf[market];
        if (!isTraded(id, order)) return Wh.wrap(0);
        Wh filled = _fills[id][order].energy;
        return Wh.unwrap(filled) == 0 ? whole : filled;
    }

    /// @inheritdoc IClearing
    function chunkRoot(uint64 id, uint32 chunk) external view returns (bytes32) {
        return _chunkRoots[id][chunk];
    }

    /// @inheritdoc IClearing
    function isTraded(uint64 id, OrderId order) public view returns (bool) {
        return _traded[id][order.batchOf()] & order.bitOf() != 0;
    }

    /// @inheritdoc IClearing
    function tradesHash(uint64 id) public view returns (bytes32) {
        return keccak256(abi.encodePacked(_rootsOf(id)));
    }

    /// @dev The rules of a market whose gate is closed, whose time is not over and that is not final.
    function _openRound(bytes32 market) private view returns (Market memory rules) {
        rules = ORDER_BOOK.rulesOf(market);
        require(block.timestamp >= rules.closesAt, Clearing_GateOpen(market, rules.closesAt));
        require(block.timestamp <= rules.finalBy, Clearing_TooLate(market, rules.finalBy));
        require(finalOf[market] == 0, Clearing_AlreadyFinal(market, finalOf[market]));
    }

    function _ownProposal(uint64 id) private view returns (Proposal storage stored, Market memory rules) {
        stored = _proposals[id];
        require(stored.status != Status.None, Clearing_UnknownProposal(id));
        require(stored.agent == msg.sender, Clearing_NotAgent(id, stored.agent, msg.sender));
        rules = _openRound(stored.market);
    }

    function _begin(bytes32 market, Market memory rules) private returns (uint64 id) {
        id = ++proposalCount;
        Proposal storage stored = _proposals[id];
        stored.market = market;
        stored.agent = msg.sender;
        stored.status = Status.Draft;
        stored.bond = uint96(Points.unwrap(rules.bond));
        (stored.attributeCount, stored.incomeMask) = (rules.attributeCount, rules.incomeMask);
        emit Proposed(id, market, msg.sender);
    }

    /// @dev Orders with their proofs.
    /// Reverts if: one is not in the book, or cancelled.
    function _legsOf(bytes32 market, PricedOrder[] calldata orders)
        private
        view
        returns (TradeChunk.Leg[] memory legs)
    {
        legs = new TradeChunk.Leg[](orders.length);
        BatchView memory seen = BatchView(type(uint256).max, 0, 0);
        for (uint256 k = 0; k < legs.length; ++k) {
            PricedOrder calldata priced = orders[k];
            _requireOpen(market, priced.placed, seen);
            TradeChunk.Leg memory leg = legs[k];
            leg.id = priced.placed.id;
            leg.order = priced.placed.order;
            leg.dual = priced.dual;
            leg.continued = priced.continued;
        }
    }

    /// @dev The same from whole batches, which somebody else must compare with the book.
    /// Reverts if: there is no such order.
    function _legsAmong(bytes32 market, PackedOrder[][] calldata orders, PricedId[] calldata priced)
        private
        pure
        returns (TradeChunk.Leg[] memory legs)
    {
        legs = new TradeChunk.Leg[](priced.length);
        for (uint256 k = 0; k < legs.length; ++k) {
            TradeChunk.Leg memory leg = legs[k];
            OrderId id = priced[k].id;
            (uint256 batch, uint256 index) = (id.batchOf(), id.indexOf());
            require(batch < orders.length && index < orders[batch].length, IOrderBook.Order_Unknown(market, id));
            (leg.id, leg.dual, leg.order) = (id, priced[k].dual, orders[batch][index]);
        }
    }

    /// @dev Compare whole batches with the book.
    /// Reverts if: a batch that is given is not exactly that of the market; an order that trades is cancelled.
    function _requireBatches(bytes32 market, PackedOrder[][] calldata orders, TradeChunk.Leg[] memory legs)
        private
        view
    {
        uint256[] memory closed = new uint256[](orders.length);
        for (uint256 b = 0; b < orders.length; ++b) {
            if (orders[b].length != 0) closed[b] = BookBatches.closedIn(ORDER_BOOK, market, b, orders[b]);
        }
        for (uint256 k = 0; k < legs.length; ++k) {
            OrderId id = legs[k].id;
            require(closed[id.batchOf()] & id.bitOf() == 0, Clearing_OrderClosed(id));
        }
    }

    /// @dev Reverts if: the order is not in the book, or cancelled.
    function _requireOpen(bytes32 market, IOrderBook.Placed calldata placed, BatchView memory seen) private view {
        uint256 batch = placed.id.batchOf();
        if (seen.batch != batch) {
            seen.batch = batch;
            (seen.root, seen.closed) = ORDER_BOOK.batchState(market, batch);
        }
        require(placed.rootOf() == seen.root, IOrderBook.Order_Unknown(market, placed.id));
        require(seen.closed & placed.id.bitOf() == 0, Clearing_OrderClosed(placed.id));
    }

    /// @dev Make the trades of the next chunk and commit to them.
    function _addChunk(uint64 id, Market memory rules, TradeChunk.Leg[] memory legs, Link[] calldata links)
        private
        returns (PackedTrade[] memory trades)
    {
        uint256 count = links.length;
        require(count != 0, Clearing_EmptyChunk());
        require(count <= MAX_CHUNK, Clearing_ChunkTooLarge(count, MAX_CHUNK));
        Proposal storage stored = _proposals[id];
        stored.bound += uint128(_enter(id, rules, legs));
        trades = new PackedTrade[](count);
        bytes32[] memory leaves = new bytes32[](count);
        uint256 objective = 0;
        Points reserved = Points.wrap(stored.reserved);
        for (uint256 k = 0; k < count; ++k) {
            Link calldata link = links[k];
            require(link.buy < legs.length && link.sell < legs.length, Clearing_BadLink(k, legs.length));
            (PackedTrade memory trade, uint256 worth) =
                TradeChunk.join(rules, legs[link.buy], legs[link.sell], link.energy);
            objective += worth;
            reserved = reserved + trade.reserved();
            trades[k] = trade;
            leaves[k] = TradeHashing.leaf(k, trade);
        }
        _leave(id, rules, legs);
        uint32 chunk = stored.chunkCount;
        stored.chunkCount = chunk + 1;
        stored.tradeCount += uint32(count);
        stored.objective += uint128(objective);
        stored.reserved = uint96(Points.unwrap(reserved));
        _chunkRoots[id][chunk] = BatchRoot.rootOf(leaves);
        emit TradesProposed(id, chunk, trades);
    }

    /// @dev Mark the orders of a chunk as trading; what they add to the dual bound, u·c.
    /// Reverts if: one trades in an earlier chunk that did not say `continued`, or has another dual price there.
    function _enter(uint64 id, Market memory rules, TradeChunk.Leg[] memory legs) private returns (uint256 bound) {
        for (uint256 k = 0; k < legs.length; ++k) {
            TradeChunk.Leg memory leg = legs[k];
            uint256 bit = leg.id.bitOf();
            uint256 traded = _traded[id][leg.id.batchOf()];
            if (traded & bit == 0) {
                _traded[id][leg.id.batchOf()] = traded | bit;
                bound += Ppm.unwrap(leg.dual) * TradeChunk.capacityOf(rules, leg.order);
            } else {
                Fill storage fill = _fills[id][leg.id];
                require(fill.open, Clearing_OrderUsedTwice(leg.id));
                require(
                    Ppm.unwrap(fill.dual) == Ppm.unwrap(leg.dual), Clearing_DualChanged(leg.id, fill.dual, leg.dual)
                );
                fill.open = false;
                (leg.before, leg.filled) = (fill.energy, fill.energy);
            }
        }
    }

    /// @dev Remember the orders of a chunk that trade in several, or in part.
    /// Reverts if: one has no trade in the chunk. It would be marked without a trade that shows its dual price.
    function _leave(uint64 id, Market memory rules, TradeChunk.Leg[] memory legs) private {
        bool divisible = rules.mode == Mode.Divisible;
        for (uint256 k = 0; k < legs.length; ++k) {
            TradeChunk.Leg memory leg = legs[k];
            require(leg.filled > leg.before, Clearing_OrderUnused(leg.id));
            if (divisible && (leg.continued || Wh.unwrap(leg.before) != 0 || leg.order.energy() > leg.filled)) {
                _fills[id][leg.id] = Fill({energy: leg.filled, dual: leg.dual, open: leg.continued});
            }
        }
    }

    function _rootsOf(uint64 id) private view returns (bytes32[] memory roots) {
        roots = new bytes32[](_proposals[id].chunkCount);
        for (uint32 c = 0; c < roots.length; ++c) {
            roots[c] = _chunkRoots[id][c];
        }
    }

    /// @dev Whether the dual bound equals the objective.
    function _isExact(Proposal storage stored) private view returns (bool) {
        return stored.bound == stored.objective;
    }

    /// Reverts if: the proposal's objective is not above that of the active one; or equal to it while
    /// it alone is exact.
    function _requireBetter(uint64 id, uint64 active) private view {
        Proposal storage stored = _proposals[id];
        Proposal storage other = _proposals[active];
        bool better = stored.objective > other.objective
            || (stored.objective == other.objective && _isExact(stored) && !_isExact(other));
        require(better, Clearing_NotBetter(id, active, stored.objective, other.objective));
    }

    /// @dev Take an active proposal down for `by`, which is at least as good. A feasible matching with a higher
    /// objective refutes an exact claim: its bound is none.
    function _unseat(uint64 active, uint64 by) private {
        Proposal storage other = _proposals[active];
        if (_isExact(other) && _proposals[by].objective > other.objective) {
            _refute(active);
        } else {
            other.status = Status.Outranked;
            emit ProposalOutranked(other.market, active, by);
            ACCOUNTS.releaseBond(other.agent, Points.wrap(other.bond));
        }
    }

    function _refute(uint64 id) private {
        Proposal storage stored = _proposals[id];
        Points bond = Points.wrap(stored.bond);
        stored.status = Status.Refuted;
        emit ProposalRefuted(stored.market, id, msg.sender, bond);
        ACCOUNTS.burnBond(stored.agent, bond, msg.sender);
    }

    /// @dev The dual price of an order in a proposal.
    /// Reverts if: it is not in the book, cancelled, or on the other side; or it trades, and the trade shown is not one of its trades.
    function _dualShown(uint64 id, bytes32 market, Exhibit calldata shown, Side side) private view returns (uint256) {
        OrderId order = shown.placed.id;
        _requireOpen(market, shown.placed, BatchView(type(uint256).max, 0, 0));
        PackedOrder memory packed = shown.placed.order;
        require(packed.side() == side, Clearing_WrongSide(order));
        if (!isTraded(id, order)) return 0;
        PackedTrade memory trade = shown.trade;
        bytes32 leaf = TradeHashing.leaf(shown.position.index, trade);
        require(
            MerkleProof.processProofCalldata(shown.siblings, leaf) == _chunkRoots[id][shown.position.chunk],
            Clearing_UnknownTrade(id, shown.position.chunk, shown.position.index)
        );
        OrderId traded = side == Side.Buy ? trade.buyId() : trade.sellId();
        require(OrderId.unwrap(traded) == OrderId.unwrap(order), Clearing_ForeignTrade(order));
        return Ppm.unwrap(side == Side.Buy ? trade.buyerDual() : trade.sellerDual());
    }

    /// @dev Have the next rows proven; after the last one the round is final.
    /// Reverts if: the proposal is not exact; or the proof fails (IRoundProver).
    function _prove(
        uint64 id,
        Market memory rules,
        PackedOrder[][] calldata orders,
        PackedTrade[][] memory trades,
        uint256 rows
    ) private {
        Proposal storage stored = _proposals[id];
        require(_isExact(stored), Clearing_NotExact(id, stored.objective, stored.bound));
        (uint256 to, uint256 count) = PROVER.checkPairs(
            IRoundProver.Task({
                market: stored.market,
                chunkRoots: _rootsOf(id),
                attributeCount: rules.attributeCount,
                incomeMask: rules.incomeMask,
                from: stored.provenRows,
                rows: rows
            }),
            orders,
            trades
        );
        stored.provenRows = uint32(to);
        emit PairsProven(id, uint32(to), uint32(count));
        if (to == count) _finalize(id);
    }

    function _finalize(uint64 id) private {
        Proposal storage stored = _proposals[id];
        bytes32 market = stored.market;
        uint64 active = activeOf[market];
        stored.status = Status.Final;
        finalOf[market] = id;
        activeOf[market] = 0;
        emit RoundFinalized(market, id, stored.agent, stored.objective, stored.bound, stored.tradeCount);
        if (active == id) ACCOUNTS.releaseBond(stored.agent, Points.wrap(stored.bond));
        else if (active != 0) _unseat(active, id);
    }
}
