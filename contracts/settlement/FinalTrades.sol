// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {MerkleProof} from "@openzeppelin/contracts/utils/cryptography/MerkleProof.sol";
import {IAccounts} from "../../interfaces/accounts/IAccounts.sol";
import {IClearing} from "../../interfaces/clearing/IClearing.sol";
import {IMarkets} from "../../interfaces/market/IMarkets.sol";
import {ISettlement} from "../../interfaces/settlement/ISettlement.sol";
import {TradeHashing} from "../shared/TradeHashing.sol";
import {ContestTerms, DeliveryTerms, Mode, OrderTerms, PayTerms} from "../types/Markets.sol";
import {PackedPayment, entryOf} from "../types/Payments.sol";
import {PackedTrade, TradeFields, TradePosition} from "../types/Trades.sol";
import {Points} from "../types/Units.sol";

/// @title The trades of final rounds, and which of them have ended
/// @dev What all ways in which a trade ends share.
abstract contract FinalTrades is ISettlement {
    using TradeFields for PackedTrade;

    /// @dev The final round of a market, loaded once for a call.
    struct Round {
        bytes32 market;
        uint64 proposal;
        address agent;
        /// Whether an order can have several trades.
        bool isDivisible;
        uint40 refundFrom;
        PayTerms payment;
        /// How its trades are measured.
        DeliveryTerms terms;
    }

    /// @dev Where the second bits begin in the state of a chunk.
    uint256 internal constant CERTIFIED = 128;

    IAccounts public immutable ACCOUNTS;
    IMarkets public immutable MARKETS;
    IClearing public immutable CLEARING;

    /// @dev Of the trades of a market's final proposal, one word a chunk: bit i, trade i has ended; bit 128 + i, its share of
    /// the export is certified.
    mapping(bytes32 market => mapping(uint32 chunk => uint256)) internal _ends;

    constructor(address accounts, address markets, address clearing) {
        ACCOUNTS = IAccounts(accounts);
        MARKETS = IMarkets(markets);
        CLEARING = IClearing(clearing);
    }

    function _finalRound(bytes32 market) internal view returns (Round memory round) {
        round.market = market;
        (round.proposal, round.agent) = CLEARING.finalRound(market);
        (ContestTerms contest, OrderTerms orders, PayTerms payment) = MARKETS.settlementTermsOf(market);
        round.isDivisible = contest.matching().mode() == Mode.Divisible;
        (round.refundFrom, round.payment, round.terms) = (orders.refundFrom(), payment, orders.measuring());
    }

    /// @dev End a trade unless it has ended: set `mark` at its place in the state of its chunk.
    /// Reverts if: it is not in the market's final proposal.
    function _take(Round memory round, TradeProof calldata traded, uint256 mark)
        internal
        returns (bytes32 id, PackedTrade memory trade, bool isOpen)
    {
        (id, trade) = _verify(round, traded);
        uint256 ends = _ends[round.market][traded.position.chunk];
        isOpen = (ends >> traded.position.index) & 1 == 0;
        if (isOpen) _ends[round.market][traded.position.chunk] = ends | (mark << traded.position.index);
    }

    /// @dev The id of a trade, and the trade in memory.
    /// Reverts if: it is not in the market's final proposal.
    function _verify(Round memory round, TradeProof calldata traded)
        internal
        view
        returns (bytes32, PackedTrade memory trade)
    {
        TradePosition memory position = traded.position;
        trade = traded.trade;
        require(
            MerkleProof.processProofCalldata(traded.siblings, TradeHashing.leaf(position.index, trade))
                == CLEARING.chunkRoot(round.proposal, position.chunk),
            Settlement_UnknownTrade(round.market, position.chunk, position.index)
        );
        return (TradeHashing.id(round.market, round.agent, trade), trade);
    }

    /// @dev Write a payment: `toSeller` to the seller, the rest of the reservation back to the buyer.
    function _fill(PackedPayment memory payment, PackedTrade memory trade, Points toSeller, uint256 record)
        internal
        pure
    {
        payment.debit = entryOf(trade.buyer(), trade.reserved());
        payment.credit = entryOf(trade.seller(), toSeller);
        payment.record = record;
    }
}
