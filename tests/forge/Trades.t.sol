// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {Market, Mode, PriceRule} from "../../contracts/types/Markets.sol";
import {OrderId, PackedOrder} from "../../contracts/types/Orders.sol";
import {PackedTrade, TradeFields} from "../../contracts/types/Trades.sol";
import {Points, Ppm, Price, Wh} from "../../contracts/types/Units.sol";
import {TradeChunk} from "../../contracts/clearing/mechanisms/satisfaction/TradeChunk.sol";
import {ForgeTest} from "./Vm.sol";

/// @dev A trade in three words: no field reaches into another.
contract TradesTest is ForgeTest {
    using TradeFields for PackedTrade;

    /// Each field is read from its own bits, whatever the others hold.
    function testFuzz_readsEachFieldFromItsBits(uint256 purchase, uint256 sale, uint256 terms) public pure {
        PackedTrade memory trade = PackedTrade(purchase, sale, terms);
        assertEq(uint256(uint160(trade.buyer())), _bits(purchase, 96, 160), "buyer");
        assertEq(uint256(Wh.unwrap(trade.offered())), _bits(purchase, 32, 64), "energy offered");
        assertEq(uint256(Ppm.unwrap(trade.buyerDual())), _bits(purchase, 0, 32), "dual price of the buy order");
        assertEq(uint256(uint160(trade.seller())), _bits(sale, 96, 160), "seller");
        assertEq(uint256(Wh.unwrap(trade.energy())), _bits(sale, 32, 64), "energy sold");
        assertEq(uint256(Ppm.unwrap(trade.sellerDual())), _bits(sale, 0, 32), "dual price of the sell order");
        assertEq(uint256(OrderId.unwrap(trade.buyId())), _bits(terms, 192, 40), "buy id");
        assertEq(uint256(OrderId.unwrap(trade.sellId())), _bits(terms, 152, 40), "sell id");
        assertEq(uint256(trade.device()), _bits(terms, 120, 32), "device");
        assertEq(uint256(Price.unwrap(trade.price())), _bits(terms, 88, 32), "price");
        assertEq(uint256(Points.unwrap(trade.reserved())), _bits(terms, 0, 88), "reservation");
    }

    /// A trade holds what its orders say, up to the largest values of each.
    function testFuzz_aTradeHoldsWhatItsOrdersSay(uint256 seed, bool isDivisible, bool isMidpoint) public pure {
        (TradeChunk.Leg memory buy, TradeChunk.Leg memory sell) = _legs(seed);
        Market memory rules;
        rules.mode = isDivisible ? Mode.Divisible : Mode.OneToOne;
        rules.priceRule = isMidpoint ? PriceRule.Midpoint : PriceRule.PayAsBid;
        (uint256 wanted, uint256 offered) = (_bits(buy.order.head, 32, 64), _bits(sell.order.head, 32, 64));
        uint256 smaller = wanted < offered ? wanted : offered;
        uint256 sold = isDivisible ? fold(seed >> 7, 1, smaller) : smaller;
        uint256 bid = uint32(buy.order.head);
        (PackedTrade memory trade, uint256 worth) = TradeChunk.join(rules, buy, sell, Wh.wrap(uint64(sold)));
        assertEq(trade.purchase >> 96, buy.order.head >> 96, "buyer");
        assertEq(trade.sale >> 96, sell.order.head >> 96, "seller");
        assertEq(uint256(Wh.unwrap(trade.offered())), offered, "energy offered");
        assertEq(uint256(Wh.unwrap(trade.energy())), sold, "energy sold");
        assertEq(uint256(Ppm.unwrap(trade.buyerDual())), Ppm.unwrap(buy.dual), "dual price of the buy order");
        assertEq(uint256(Ppm.unwrap(trade.sellerDual())), Ppm.unwrap(sell.dual), "dual price of the sell order");
        assertEq(uint256(OrderId.unwrap(trade.buyId())), OrderId.unwrap(buy.id), "buy id");
        assertEq(uint256(OrderId.unwrap(trade.sellId())), OrderId.unwrap(sell.id), "sell id");
        assertEq(uint256(trade.device()), _bits(sell.order.terms, 72, 32), "device");
        uint256 least = _bits(sell.order.terms, 168, 32);
        assertEq(uint256(Price.unwrap(trade.price())), isMidpoint ? (bid + least) / 2 : bid, "price");
        uint256 held = (isDivisible ? sold : wanted) * bid / 1000;
        assertEq(uint256(Points.unwrap(trade.reserved())), held, "reservation");
        assertEq(trade.terms >> 232, 0, "nothing above the fields");
        assertEq(worth, isDivisible ? 1_000_000 * sold : 1_000_000, "what it adds to the objective");
    }

    /// @dev A buyer who bids the ask or more, so that the pair is eligible and scores 1, with any dual prices that
    /// reach the score.
    function _legs(uint256 seed) private pure returns (TradeChunk.Leg memory buy, TradeChunk.Leg memory sell) {
        uint256 ask = fold(_draw(seed, "ask"), 1, type(uint32).max);
        uint256 bid = fold(_draw(seed, "bid"), ask, type(uint32).max);
        buy.id = OrderId.wrap(uint40(_draw(seed, "buy id")));
        sell.id = OrderId.wrap(uint40(_draw(seed, "sell id")));
        buy.dual = Ppm.wrap(uint32(_draw(seed, "buy dual")));
        uint256 needed = Ppm.unwrap(buy.dual) < 1_000_000 ? 1_000_000 - Ppm.unwrap(buy.dual) : 0;
        sell.dual = Ppm.wrap(uint32(fold(_draw(seed, "sell dual"), needed, type(uint32).max)));
        buy.order = PackedOrder(_party(seed, "buyer", bid), 0, 0, 0, 0);
        uint256 terms = (1 << 200) | (fold(_draw(seed, "minimum"), 0, ask) << 168);
        terms |= uint256(uint32(_draw(seed, "device"))) << 72;
        sell.order = PackedOrder(_party(seed, "seller", ask), terms, 0, 0, 0);
    }

    /// @dev Head of an order with any trader and any energy.
    function _party(uint256 seed, string memory what, uint256 price) private pure returns (uint256) {
        uint256 random = _draw(seed, what);
        uint256 energy = random % 4 == 0 ? type(uint64).max : fold(random >> 2, 1, type(uint64).max);
        return ((random >> 96) << 96) | (energy << 32) | price;
    }

    function _draw(uint256 seed, string memory what) private pure returns (uint256) {
        return uint256(keccak256(abi.encode(seed, what)));
    }

    function _bits(uint256 word, uint256 from, uint256 width) private pure returns (uint256) {
        return (word >> from) % (1 << width);
    }
}
