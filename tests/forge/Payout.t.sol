// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {Payout} from "../../contracts/settlement/libraries/Payout.sol";
import {PayTerms} from "../../contracts/types/Markets.sol";
import {PackedTrade} from "../../contracts/types/Trades.sol";
import {Points, Ppm, Price, Wh, valueDown} from "../../contracts/types/Units.sol";
import {ForgeTest} from "./Vm.sol";

contract PayoutTest is ForgeTest {
    uint256 private constant ONE = 1_000_000;

    /// paid + penalty is the value of what was delivered, and no more than the value of what was sold.
    function testFuzz_paysNoMoreThanWasDelivered(
        uint64 sold,
        uint64 delivered,
        uint32 price,
        uint32 tolerance,
        uint32 rate
    ) public pure {
        delivered = uint64(fold(delivered, 0, sold));
        (uint256 paid, uint256 penalty) = _pay(sold, delivered, price, tolerance, rate);
        assertEq(paid + penalty, _value(delivered, price), "paid and penalty must make up the value delivered");
        assertTrue(paid <= _value(sold, price), "no more is paid than the trade is worth");
    }

    /// One more Wh delivered never pays less.
    function testFuzz_paysMoreForMore(uint64 sold, uint64 delivered, uint32 price, uint32 tolerance, uint32 rate)
        public
        pure
    {
        sold = uint64(fold(sold, 1, type(uint64).max));
        delivered = uint64(fold(delivered, 0, sold - 1));
        (uint256 less,) = _pay(sold, delivered, price, tolerance, rate);
        (uint256 more,) = _pay(sold, delivered + 1, price, tolerance, rate);
        assertTrue(more >= less, "one more Wh must not pay less");
    }

    /// The penalty is the formula's, and zero up to the tolerance.
    function testFuzz_penaltyFollowsTheFormula(
        uint64 sold,
        uint64 delivered,
        uint32 price,
        uint32 tolerance,
        uint32 rate
    ) public pure {
        delivered = uint64(fold(delivered, 0, sold));
        (tolerance, rate) = (uint32(fold(tolerance, 0, ONE)), uint32(fold(rate, 0, ONE)));
        (, uint256 penalty) = _pay(sold, delivered, price, tolerance, rate);
        uint256 tolerated = uint256(sold) * tolerance / ONE;
        uint256 shortfall = sold - delivered;
        if (shortfall <= tolerated) {
            assertEq(penalty, 0, "no penalty up to the tolerance");
        } else {
            uint256 full = uint256(price) * (shortfall - tolerated) / 1000 * rate / ONE;
            uint256 worth = _value(delivered, price);
            assertEq(penalty, full < worth ? full : worth, "the penalty must follow the formula");
        }
    }

    /// What was used is paid whole, and of the rest the rate: between the two, and never less for more use.
    function testFuzz_underUsePaysTheRate(uint64 sold, uint64 delivered, uint64 used, uint32 price, uint32 rate)
        public
        pure
    {
        delivered = uint64(fold(delivered, 0, sold));
        used = uint64(fold(used, 0, delivered));
        PayTerms rules = _rules(0, 0, fold(rate, 0, ONE));
        PackedTrade memory trade = _trade(sold, price);
        (Points paid, Points penalty) = Payout.forDelivery(trade, Wh.wrap(delivered), Wh.wrap(used), rules);
        assertEq(Points.unwrap(penalty), 0, "under-use is no shortfall");
        (uint256 least, uint256 most) = (_value(used, price), _value(delivered, price));
        uint256 rest = (most - least) * Ppm.unwrap(rules.underuse()) / ONE;
        assertEq(Points.unwrap(paid), least + rest, "the formula");
        if (used == delivered) return;
        (Points more,) = Payout.forDelivery(trade, Wh.wrap(delivered), Wh.wrap(used + 1), rules);
        assertTrue(Points.unwrap(more) >= Points.unwrap(paid), "one more Wh used must not pay less");
    }

    /// Value is rounded down: the parts of an energy never cost more than the whole, and at most 1 less.
    function testFuzz_valueRoundsDown(uint64 energy, uint64 part, uint32 price) public pure {
        part = uint64(fold(part, 0, energy));
        uint256 whole = _value(energy, price);
        uint256 parts = _value(part, price) + _value(energy - part, price);
        assertTrue(parts <= whole && whole <= parts + 1, "parts may cost at most one micro-point less");
        assertTrue(whole * 1000 <= uint256(energy) * price, "value is rounded down");
        assertTrue((whole + 1) * 1000 > uint256(energy) * price, "by less than one micro-point");
    }

    function _pay(uint64 sold, uint64 delivered, uint32 price, uint32 tolerance, uint32 rate)
        private
        pure
        returns (uint256, uint256)
    {
        PayTerms rules = _rules(fold(tolerance, 0, ONE), fold(rate, 0, ONE), ONE);
        (Points paid, Points penalty) =
            Payout.forDelivery(_trade(sold, price), Wh.wrap(delivered), Wh.wrap(delivered), rules);
        return (Points.unwrap(paid), Points.unwrap(penalty));
    }

    function _rules(uint256 tolerance, uint256 penalty, uint256 underuse) private pure returns (PayTerms) {
        return PayTerms.wrap((underuse << 224) | (penalty << 192) | (tolerance << 160));
    }

    function _trade(uint64 sold, uint32 price) private pure returns (PackedTrade memory trade) {
        (trade.sale, trade.terms) = (uint256(sold) << 32, uint256(price) << 88);
    }

    function _value(uint64 energy, uint32 price) private pure returns (uint256) {
        return Points.unwrap(valueDown(Wh.wrap(energy), Price.wrap(price)));
    }
}
