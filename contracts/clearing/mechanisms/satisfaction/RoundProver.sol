// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {IClearing} from "../../../../interfaces/clearing/IClearing.sol";
import {IRoundProver} from "../../../../interfaces/clearing/mechanisms/IRoundProver.sol";
import {IMarkets} from "../../../../interfaces/market/IMarkets.sol";
import {IOrderBook} from "../../../../interfaces/market/IOrderBook.sol";
import {MatchRules} from "../../../types/Markets.sol";
import {PackedOrder} from "../../../types/Orders.sol";
import {PackedTrade, TradeFields} from "../../../types/Trades.sol";
import {RoundProof} from "./RoundProof.sol";
import {Satisfaction} from "./Satisfaction.sol";

/// @title RoundProver
/// @notice See IRoundProver for the specification.
contract RoundProver is IRoundProver {
    using TradeFields for PackedTrade;

    IMarkets public immutable MARKETS;
    IOrderBook public immutable ORDER_BOOK;

    constructor(address markets, address orderBook) {
        MARKETS = IMarkets(markets);
        ORDER_BOOK = IOrderBook(orderBook);
    }

    /// @inheritdoc IRoundProver
    function checkPart(
        bytes32 market,
        PackedOrder[][] calldata orders,
        PackedTrade[][] calldata trades,
        IClearing.Part calldata part,
        bytes calldata
    ) external view {
        RoundProof.Round memory round = RoundProof.make(orders, _closedIn(market, orders.length));
        for (uint256 c = 0; c < trades.length; ++c) {
            _setDuals(round, trades[c]);
        }
        uint256 to = part.rows < round.filled - part.from ? part.from + part.rows : round.filled;
        RoundProof.checkPairs(round, part.from, to, _schemaOf(market));
    }

    /// @inheritdoc IRoundProver
    function checkRound(
        bytes32 market,
        PackedOrder[][] calldata orders,
        IClearing.PricedId[] calldata priced,
        IClearing.Link[] calldata,
        bytes calldata
    ) external view {
        RoundProof.Round memory round = RoundProof.make(orders, _closedIn(market, orders.length));
        for (uint256 k = 0; k < priced.length; ++k) {
            RoundProof.setDual(round, priced[k].id, priced[k].dual);
        }
        RoundProof.checkPairs(round, 0, round.filled, _schemaOf(market));
    }

    /// @dev Write the dual prices of a chunk's trades into the rows.
    function _setDuals(RoundProof.Round memory round, PackedTrade[] calldata trades) private pure {
        for (uint256 k = 0; k < trades.length; ++k) {
            PackedTrade memory trade = trades[k];
            RoundProof.setDual(round, trade.buyId(), trade.buyerDual());
            RoundProof.setDual(round, trade.sellId(), trade.sellerDual());
        }
    }

    /// @dev For each batch the bits of its cancelled orders.
    function _closedIn(bytes32 market, uint256 batches) private view returns (uint256[] memory closed) {
        closed = new uint256[](batches);
        for (uint256 b = 0; b < batches; ++b) {
            // Whoever asks has compared the roots.
            // slither-disable-next-line unused-return
            (, closed[b]) = ORDER_BOOK.batchState(market, b);
        }
    }

    function _schemaOf(bytes32 market) private view returns (Satisfaction.Schema memory) {
        MatchRules rules = MARKETS.contestTermsOf(market).matching();
        return Satisfaction.Schema({count: rules.attributeCount(), incomeMask: rules.incomeMask()});
    }
}
