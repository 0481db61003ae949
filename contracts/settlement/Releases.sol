// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {MerkleProof} from "@openzeppelin/contracts/utils/cryptography/MerkleProof.sol";
import {IClearing} from "../../interfaces/clearing/IClearing.sol";
import {IMarkets} from "../../interfaces/market/IMarkets.sol";
import {IOrderBook} from "../../interfaces/market/IOrderBook.sol";
import {IReleases} from "../../interfaces/settlement/IReleases.sol";
import {ISettlement} from "../../interfaces/settlement/ISettlement.sol";
import {TradeHashing} from "../shared/TradeHashing.sol";
import {Mode} from "../types/Markets.sol";
import {OrderId, Side, energyOf, sideOf} from "../types/Orders.sol";
import {PackedTrade, TradeFields, TradePosition} from "../types/Trades.sol";
import {Wh} from "../types/Units.sol";

/// @title Releases
/// @notice See IReleases for the specification.
contract Releases is IReleases {
    using TradeFields for PackedTrade;

    IMarkets public immutable MARKETS;
    IOrderBook public immutable ORDER_BOOK;
    IClearing public immutable CLEARING;

    constructor(address markets, address orderBook, address clearing) {
        MARKETS = IMarkets(markets);
        ORDER_BOOK = IOrderBook(orderBook);
        CLEARING = IClearing(clearing);
    }

    /// @inheritdoc IReleases
    function release(bytes32 market, IOrderBook.Placed[] calldata placed, ISettlement.TradeProof[] calldata traded)
        external
    {
        require(placed.length == traded.length, Releases_LengthMismatch(placed.length, traded.length));
        uint64 last = CLEARING.finalOf(market);
        bool isOver = last != 0 || (CLEARING.activeOf(market) == 0 && block.timestamp > CLEARING.finalByOf(market));
        bool isWhole = MARKETS.contestTermsOf(market).matching().mode() == Mode.OneToOne;
        Wh[] memory bound = new Wh[](placed.length);
        for (uint256 i = 0; i < placed.length; ++i) {
            OrderId order = placed[i].id;
            Wh whole = energyOf(placed[i].order.head);
            // Nothing trades in proposal 0.
            bound[i] = CLEARING.filledOf(last, order, whole);
            if (isWhole && Wh.unwrap(bound[i]) != 0) bound[i] = _tradedOf(market, last, placed[i], traded[i]);
            require(isOver && whole > bound[i], IOrderBook.Order_StillBound(market, order));
        }
        ORDER_BOOK.release(market, placed, bound);
    }

    /// @dev The energy that a one-to-one order trades.
    /// Reverts if: the trade is not the order's in the final proposal.
    function _tradedOf(
        bytes32 market,
        uint64 last,
        IOrderBook.Placed calldata placed,
        ISettlement.TradeProof calldata traded
    ) private view returns (Wh) {
        (TradePosition memory at, PackedTrade memory trade) = (traded.position, traded.trade);
        bytes32 root = MerkleProof.processProofCalldata(traded.siblings, TradeHashing.leaf(at.index, trade));
        OrderId own = sideOf(placed.order.terms) == Side.Buy ? trade.buyId() : trade.sellId();
        require(
            root == CLEARING.chunkRoot(last, at.chunk) && OrderId.unwrap(own) == OrderId.unwrap(placed.id),
            Releases_UnknownTrade(market, at.chunk, at.index)
        );
        return trade.energy();
    }
}
