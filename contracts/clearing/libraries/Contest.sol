// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {IAccounts} from "../../../interfaces/accounts/IAccounts.sol";
import {IClearing} from "../../../interfaces/clearing/IClearing.sol";
import {IRefutations} from "../../../interfaces/clearing/IRefutations.sol";
import {ContestTerms, MOST_EXTENSIONS} from "../../types/Markets.sol";
import {OrderId} from "../../types/Orders.sol";
import {Points, Ppm, Wh} from "../../types/Units.sol";
import {PackedTrade, TradeFields, linkOf} from "../../types/Trades.sol";
import {ChunkAnswer, Entry} from "./ChunkAnswer.sol";

/// @title Proposals, and which of them stands
library Contest {
    using TradeFields for PackedTrade;

    /// @dev An order of a divisible round that trades in several chunks, or in part. slot 0: 8 + 4 + 1 = 13
    struct Fill {
        /// Energy of its trades, Wh.
        Wh energy;
        /// In the unit of the mechanism.
        Ppm dual;
        /// Whether a later chunk may add to it.
        bool open;
    }

    /// @dev The proposals of a market that count, 0 for none. slot 0: 8 + 8 + 5 + 1 = 22
    struct Latest {
        uint64 active;
        uint64 last;
        /// The last moment for proposals where a refutation put it off, Unix seconds; else 0.
        uint40 finalBy;
        /// How often refutations put it off.
        uint8 extensions;
    }

    struct State {
        uint64 count;
        mapping(uint64 id => IClearing.Proposal) proposals;
        mapping(uint64 proposal => mapping(uint32 chunk => bytes32)) chunkRoots;
        /// Hashes of the public prices, of proposals that have some.
        mapping(uint64 proposal => bytes32) prices;
        /// Bits of the orders that trade in a proposal, one word a batch.
        mapping(uint64 proposal => mapping(uint256 batch => uint256)) traded;
        mapping(uint64 proposal => mapping(OrderId order => Fill)) fills;
        mapping(bytes32 market => Latest) latest;
    }

    // Proposing

    /// @notice Begin a proposal of the sender.
    function begin(State storage self, bytes32 market, ContestTerms terms, bytes calldata prices)
        internal
        returns (uint64 id)
    {
        id = ++self.count;
        IClearing.Proposal storage stored = self.proposals[id];
        stored.market = market;
        stored.agent = msg.sender;
        stored.bond = terms.bond();
        stored.mechanism = terms.matching().mechanism();
        stored.status = IClearing.Status.Draft;
        emit IClearing.Proposed(id, market, msg.sender);

        if (prices.length != 0) {
            stored.hasPrices = true;
            self.prices[id] = keccak256(prices);
            emit IClearing.PricesProposed(id, prices);
        }
    }

    /// @notice Add a chunk as the mechanism made it.
    /// Reverts if: its first trade does not stand behind the last one of the chunk before; an order trades in an earlier chunk that did not say `continued`, or in which it has another dual price
    /// or fill than the chunk says.
    function addChunk(State storage self, uint64 id, ChunkAnswer answer) internal {
        uint256 count = answer.tradeCount();
        if (count == 0) return;
        _enter(self, id, answer);

        IClearing.Proposal storage stored = self.proposals[id];
        uint32 chunk = stored.chunkCount;
        stored.chunkCount = chunk + 1;
        stored.tradeCount += uint32(count);
        stored.objective += uint128(answer.objective());
        stored.bound += uint128(answer.bound());
        _requireRising(stored, answer, count);
        self.chunkRoots[id][chunk] = answer.root();
        answer.log(IClearing.TradesProposed.selector, id, chunk);
    }

    // Sealing

    /// @notice Put a proposal up as the result of the round.
    /// Reverts if: an active proposal is as good; the bond is not there.
    function stand(State storage self, uint64 id, ContestTerms terms, IAccounts accounts, IRefutations refutations)
        internal
    {
        IClearing.Proposal storage stored = self.proposals[id];
        bytes32 market = stored.market;
        uint64 active = self.latest[market].active;
        if (active != 0) _requireBetter(self, id, active);
        uint256 from = block.timestamp + terms.challengeWindow();
        uint256 finalBy = lastMoment(self, market, terms);
        // Without a certificate a proposal waits for better ones as long as those may come.
        if (!isExact(stored) && from <= finalBy) from = finalBy + 1;

        stored.status = IClearing.Status.Active;
        stored.finalFrom = uint40(from);
        stored.sealedIn = uint40(block.number);
        self.latest[market].active = id;
        emit IClearing.ProposalSealed(market, id, msg.sender, stored.objective, stored.bound, uint40(from));
        if (active != 0) _unseat(self, active, id, accounts, refutations);

        accounts.holdBond(msg.sender, Points.wrap(stored.bond));
    }

    /// @notice The last moment for proposals of a market, Unix seconds.
    function lastMoment(State storage self, bytes32 market, ContestTerms terms) internal view returns (uint256) {
        uint40 extended = self.latest[market].finalBy;
        return extended != 0 ? extended : terms.finalBy();
    }

    /// @notice Take proposals again after a refutation, with time for one more: a challenge window, at most twice in a round, and
    /// not later than the market's rules leave time for (MarketRules). Nobody can void a round by a lie in its last minute.
    function reopen(State storage self, bytes32 market, ContestTerms terms) internal {
        Latest storage latest = self.latest[market];
        latest.active = 0;
        uint256 window = terms.challengeWindow();
        uint256 until = block.timestamp + window;
        if (latest.extensions == MOST_EXTENSIONS || until <= lastMoment(self, market, terms)) return;
        if (until > terms.finalBy() + 2 * MOST_EXTENSIONS * window) return;
        (latest.finalBy, latest.extensions) = (uint40(until), latest.extensions + 1);
        emit IClearing.ProposalsExtended(market, uint40(until));
    }

    /// @notice Take down a proposal that was shown to be false; its bond is lost.
    function refute(State storage self, uint64 id, IAccounts accounts, IRefutations refutations) internal {
        IClearing.Proposal storage stored = self.proposals[id];
        Points bond = Points.wrap(stored.bond);
        stored.status = IClearing.Status.Refuted;
        emit IClearing.ProposalRefuted(stored.market, id, msg.sender, bond);
        bool isOpen = refutations.open(id, stored.sealedIn, msg.sender);
        accounts.burnBond(stored.agent, bond, msg.sender, isOpen);
    }

    // The end of a round

    /// @notice Make a proposal the result of its round.
    function finish(State storage self, uint64 id, IAccounts accounts, IRefutations refutations) internal {
        IClearing.Proposal storage stored = self.proposals[id];
        bytes32 market = stored.market;
        uint64 active = self.latest[market].active;
        stored.status = IClearing.Status.Final;
        (self.latest[market].active, self.latest[market].last) = (0, id);
        emit IClearing.RoundFinalized(market, id, stored.agent, stored.objective, stored.bound, stored.tradeCount);

        if (active == id) accounts.releaseBond(stored.agent, Points.wrap(stored.bond));
        else if (active != 0) _unseat(self, active, id, accounts, refutations);
    }

    // What a proposal says

    /// @notice Whether the dual bound equals the objective.
    function isExact(IClearing.Proposal storage stored) internal view returns (bool) {
        return stored.bound == stored.objective;
    }

    /// @notice Whether an order trades in a proposal.
    function isTraded(State storage self, uint64 id, OrderId order) internal view returns (bool) {
        return self.traded[id][order.batchOf()] & order.bitOf() != 0;
    }

    /// @notice How much of an order's energy trades in a proposal, Wh: 0, `whole` or a part.
    function filledOf(State storage self, uint64 id, OrderId order, Wh whole) internal view returns (Wh) {
        if (!isTraded(self, id, order)) return Wh.wrap(0);
        Wh filled = self.fills[id][order].energy;
        return Wh.unwrap(filled) == 0 ? whole : filled;
    }

    /// @notice The roots of a proposal's chunks.
    function rootsOf(State storage self, uint64 id) internal view returns (bytes32[] memory roots) {
        roots = new bytes32[](self.proposals[id].chunkCount);
        for (uint32 c = 0; c < roots.length; ++c) {
            roots[c] = self.chunkRoots[id][c];
        }
    }

    /// @dev Remember where the last of `count` trades of a chunk stands: links rise over the whole proposal.
    /// Reverts if: the first one does not stand behind the last one of the chunk before.
    function _requireRising(IClearing.Proposal storage stored, ChunkAnswer answer, uint256 count) private {
        (OrderId buyId, OrderId sellId) = answer.tradeAt(0).ids();
        require(linkOf(buyId, sellId) > stored.lastLink, IClearing.Clearing_LinkNotRising(buyId, sellId));
        (buyId, sellId) = answer.tradeAt(count - 1).ids();
        stored.lastLink = linkOf(buyId, sellId);
    }

    /// @dev Mark the orders of a chunk as trading; remember those that trade in several chunks, or in part.
    function _enter(State storage self, uint64 id, ChunkAnswer answer) private {
        mapping(uint256 batch => uint256) storage traded = self.traded[id];
        uint256 batch = type(uint256).max;
        uint256 bits = 0;
        uint256 count = answer.entryCount();
        for (uint256 k = 0; k < count; ++k) {
            Entry entry = answer.entryAt(k);
            OrderId order = entry.id();
            if (order.batchOf() != batch) {
                if (batch != type(uint256).max) traded[batch] = bits;
                batch = order.batchOf();
                bits = traded[batch];
            }
            bool isNew = bits & order.bitOf() == 0;
            bits |= order.bitOf();
            _remember(self.fills[id], order, entry, isNew);
        }
        traded[batch] = bits;
    }

    /// @dev What is remembered of an order beside its bit. An order that trades once, as a whole, needs nothing.
    /// Reverts if: a new one is said to trade already; another one is not open, or not as the entry says.
    function _remember(mapping(OrderId order => Fill) storage fills, OrderId order, Entry entry, bool isNew) private {
        Wh before = entry.before();
        if (isNew) {
            require(Wh.unwrap(before) == 0, IClearing.Clearing_WrongFill(order, Wh.wrap(0), before));
            if (!entry.isContinued() && !entry.isPartial()) return;
        } else {
            Fill memory fill = fills[order];
            require(fill.open, IClearing.Clearing_OrderUsedTwice(order));
            require(
                Ppm.unwrap(fill.dual) == Ppm.unwrap(entry.dual()),
                IClearing.Clearing_DualChanged(order, fill.dual, entry.dual())
            );
            require(
                Wh.unwrap(fill.energy) == Wh.unwrap(before), IClearing.Clearing_WrongFill(order, fill.energy, before)
            );
        }
        fills[order] = Fill({energy: entry.filled(), dual: entry.dual(), open: entry.isContinued()});
    }

    /// Reverts if: the proposal's objective is not above that of the active one; or equal to it while
    /// it alone is exact.
    function _requireBetter(State storage self, uint64 id, uint64 active) private view {
        IClearing.Proposal storage stored = self.proposals[id];
        IClearing.Proposal storage other = self.proposals[active];
        bool better = stored.objective > other.objective
            || (stored.objective == other.objective && isExact(stored) && !isExact(other));
        require(better, IClearing.Clearing_NotBetter(id, active, stored.objective, other.objective));
    }

    /// @dev Take an active proposal down for `by`, which is at least as good. A feasible matching with a higher
    /// objective refutes an exact claim: its bound is none.
    function _unseat(State storage self, uint64 active, uint64 by, IAccounts accounts, IRefutations refutations)
        private
    {
        IClearing.Proposal storage other = self.proposals[active];
        if (isExact(other) && self.proposals[by].objective > other.objective) {
            refute(self, active, accounts, refutations);
        } else {
            other.status = IClearing.Status.Outranked;
            emit IClearing.ProposalOutranked(other.market, active, by);
            accounts.releaseBond(other.agent, Points.wrap(other.bond));
        }
    }
}
