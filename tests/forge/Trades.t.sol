// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {OrderId, PackedOrder} from "../../contracts/types/Orders.sol";
import {PackedTrade, TradeFields} from "../../contracts/types/Trades.sol";
import {Points, Ppm, Price, Wh} from "../../contracts/types/Units.sol";
import {packVerdict} from "../../contracts/types/Verdicts.sol";
import {Legs} from "../../contracts/clearing/libraries/Legs.sol";
import {ForgeTest} from "./Vm.sol";

/// @dev A trade in four words: no field reaches into another.
contract TradesTest is ForgeTest {
    using Legs for Legs.Pair;
    using TradeFields for PackedTrade;

    /// Each field is read from its own bits, whatever the others hold.
    function testFuzz_readsEachFieldFromItsBits(uint256 purchase, uint256 sale, uint256 terms, uint256 context)
        public
        pure
    {
        PackedTrade memory trade = PackedTrade(purchase, sale, terms, context);
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
        assertEq(uint256(Wh.unwrap(trade.soldBefore())), _bits(context, 208, 48), "sold before by the device");
        assertEq(uint256(Wh.unwrap(trade.sellerFilledBefore())), _bits(context, 160, 48), "sell order's fill before");
        assertEq(uint256(Wh.unwrap(trade.boughtBefore())), _bits(context, 128, 32), "bought before by the meter");
        assertEq(uint256(Wh.unwrap(trade.wanted())), _bits(context, 96, 32), "energy wanted");
        assertEq(uint256(Wh.unwrap(trade.buyerFilledBefore())), _bits(context, 32, 64), "buy order's fill before");
        assertEq(uint256(trade.meter()), _bits(context, 0, 32), "buyer's meter");
    }

    /// A trade holds what its orders say, up to the largest values of each, at any price between their limits.
    function testFuzz_aTradeHoldsWhatItsOrdersSay(uint256 seed, bool isDivisible) public pure {
        Legs.Pair memory pair = _pair(seed);
        (uint256 wanted, uint256 offered) = (_bits(pair.buy.head, 32, 64), _bits(pair.sell.head, 32, 64));
        uint256 smaller = wanted < offered ? wanted : offered;
        uint256 sold = isDivisible ? fold(seed >> 7, 1, smaller) : smaller;
        (uint256 bid, uint256 least) = (uint32(pair.buy.head), _bits(pair.sell.terms, 168, 32));
        uint256 price = fold(seed >> 71, least, bid);
        uint40 worth = uint40(seed >> 103);
        PackedTrade memory trade;
        pair.energy = Wh.wrap(uint64(sold));
        pair.join(packVerdict(Price.wrap(uint32(price)), worth), trade, !isDivisible);
        assertEq(trade.purchase >> 96, pair.buy.head >> 96, "buyer");
        assertEq(trade.sale >> 96, pair.sell.head >> 96, "seller");
        assertEq(uint256(Wh.unwrap(trade.offered())), offered, "energy offered");
        assertEq(uint256(Wh.unwrap(trade.energy())), sold, "energy sold");
        assertEq(uint256(Ppm.unwrap(trade.buyerDual())), Ppm.unwrap(pair.buyer.dual), "dual price of the buy order");
        assertEq(uint256(Ppm.unwrap(trade.sellerDual())), Ppm.unwrap(pair.seller.dual), "dual price of the sell order");
        assertEq(uint256(OrderId.unwrap(trade.buyId())), OrderId.unwrap(pair.buyer.id), "buy id");
        assertEq(uint256(OrderId.unwrap(trade.sellId())), OrderId.unwrap(pair.seller.id), "sell id");
        assertEq(uint256(trade.device()), _bits(pair.sell.terms, 72, 32), "device");
        assertEq(uint256(Price.unwrap(trade.price())), price, "price");
        uint256 held = sold * bid / 1000;
        assertEq(uint256(Points.unwrap(trade.reserved())), held, "reservation");
        assertEq(trade.terms >> 232, 0, "nothing above the fields");
        assertEq(uint256(Wh.unwrap(trade.soldBefore())), pair.sell.limits, "sold before by the device");
        assertEq(_bits(trade.context, 32, 64), 0, "a first trade of the buy order");
        assertEq(_bits(trade.context, 160, 48), 0, "a first trade of the sell order");
        uint256 meter = _bits(pair.buy.terms, 72, 32);
        assertEq(uint256(trade.meter()), meter, "buyer's meter");
        uint256 bought = meter == 0 ? 0 : _bits(pair.buy.terms, 168, 32);
        assertEq(uint256(Wh.unwrap(trade.boughtBefore())), bought, "bought before by the meter");
        assertEq(uint256(Wh.unwrap(trade.wanted())), meter == 0 ? 0 : wanted, "energy wanted");
        assertEq(pair.worth, isDivisible ? sold * worth : worth, "what it adds to the objective");
    }

    /// No price is taken above the bid or below the minimum (ORD-2).
    function testFuzz_takesNoPriceBeyondTheLimits(uint256 seed, uint32 price) public {
        Legs.Pair memory pair = _pair(seed);
        (uint256 bid, uint256 least) = (uint32(pair.buy.head), _bits(pair.sell.terms, 168, 32));
        if (seed % 4 < 2) price = uint32(seed % 4 == 0 ? bid + 1 : least - 1);
        uint64 energy = uint64(_bits(pair.buy.head, 32, 64));
        if (energy > _bits(pair.sell.head, 32, 64)) energy = uint64(_bits(pair.sell.head, 32, 64));
        try this.join(pair, energy, price) {
            assertTrue(price >= least && price <= bid, "a price beyond the limits");
        } catch {
            assertTrue(price < least || price > bid, "a price within the limits");
        }
    }

    function join(Legs.Pair memory pair, uint64 energy, uint32 price) external pure {
        PackedTrade memory trade;
        pair.energy = Wh.wrap(energy);
        pair.join(packVerdict(Price.wrap(price), 1), trade, true);
    }

    /// @dev A buyer who bids the minimum or more, with any dual prices.
    function _pair(uint256 seed) private pure returns (Legs.Pair memory pair) {
        uint256 least = fold(_draw(seed, "minimum"), 1, type(uint32).max - 1);
        uint256 bid = fold(_draw(seed, "bid"), least, type(uint32).max - 1);
        pair.buyer.id = OrderId.wrap(uint40(_draw(seed, "buy id")));
        pair.seller.id = OrderId.wrap(uint40(_draw(seed, "sell id")));
        pair.buyer.dual = Ppm.wrap(uint32(_draw(seed, "buy dual")));
        pair.seller.dual = Ppm.wrap(uint32(_draw(seed, "sell dual")));
        pair.buy = PackedOrder(_party(seed, "buyer", bid, type(uint64).max), 0, 0, 0, 0);
        if (seed % 2 == 0) {
            // With a meter, whose purchases have 32 bits.
            pair.buy.head = _party(seed, "buyer", bid, type(uint32).max);
            pair.buy.terms = uint256(uint32(_draw(seed, "bought before"))) << 168 | uint256(1 + seed % 9) << 72;
        }
        uint256 terms = (1 << 200) | (least << 168) | (uint256(uint32(_draw(seed, "device"))) << 72);
        pair.sell =
            PackedOrder(_party(seed, "seller", fold(seed, least, type(uint32).max), type(uint64).max), terms, 0, 0, 0);
        pair.sell.limits = uint48(_draw(seed, "sold before"));
    }

    /// @dev Head of an order with any trader and any energy.
    function _party(uint256 seed, string memory what, uint256 price, uint256 most) private pure returns (uint256) {
        uint256 random = _draw(seed, what);
        uint256 energy = random % 4 == 0 ? most : fold(random >> 2, 1, most);
        return ((random >> 96) << 96) | (energy << 32) | price;
    }

    function _draw(uint256 seed, string memory what) private pure returns (uint256) {
        return uint256(keccak256(abi.encode(seed, what)));
    }

    function _bits(uint256 word, uint256 from, uint256 width) private pure returns (uint256) {
        return (word >> from) % (1 << width);
    }
}
