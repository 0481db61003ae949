// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {IOrderBook} from "../../interfaces/market/IOrderBook.sol";
import {OrderRules} from "../../contracts/market/libraries/OrderRules.sol";
import {SellerTerms, packReliability} from "../../contracts/types/Attested.sol";
import {
    AttributeSource,
    Carrier,
    ContestTerms,
    Delivery,
    LeastTerms,
    Market,
    Mode,
    OrderTerms
} from "../../contracts/types/Markets.sol";
import {OrderFields, PackedOrder} from "../../contracts/types/Orders.sol";
import {Ppm, Wh} from "../../contracts/types/Units.sol";
import {ForgeTest} from "./Vm.sol";

contract OrderRulesTest is ForgeTest {
    using OrderFields for PackedOrder;

    uint256 private constant ONE = 1_000_000;
    uint256 private constant SELL = 1 << 200;
    uint256 private constant EXPIRY = 2e9;
    uint256 private constant INDEX = 17;

    Market private _stored;

    /// A well-formed order with up to two bits flipped, or one class left out, is taken exactly when the rules, written
    /// down once more field by field, take it. The gate closes about when it expires.
    function testFuzz_takesWhatTheRulesTake(
        uint256 random,
        uint8[3] calldata counts,
        bytes8 sources,
        bool isSell,
        uint16[2] calldata flips,
        uint8 dropped,
        uint8 time
    ) public {
        Market memory rules = _rules(counts[0], counts[1], counts[2], sources);
        rules.closesAt = uint40(EXPIRY - 6 + time % 8);
        if (time % 16 < 8) rules.mode = Mode.Divisible;
        if (time % 32 < 16) (rules.leastEnergy, rules.leastReservation) = (Wh.wrap(1e5), 1e5);
        PackedOrder memory order = isSell ? _sell(random, rules) : _buy(random, rules);
        _flip(order, flips[0] % 1_700);
        _flip(order, flips[1] % 2_560);
        if (dropped % 16 < 8) order.terms &= ~_class(dropped % 16, 0xff);
        try this.check(order, rules) {
            assertTrue(_isWellFormed(order, rules), "the rules refuse this order");
        } catch {
            assertTrue(!_isWellFormed(order, rules), "the rules take this order");
        }
    }

    /// An order may expire in the second in which the gate closes, and not one earlier.
    function testFuzz_expiresAfterTheGate(uint256 random, uint40 expiry, bool isSell) public {
        expiry = uint40(fold(expiry, 1, type(uint40).max - 1));
        Market memory rules = _rules(3, 2, 0, 0);
        rules.closesAt = expiry;
        PackedOrder memory order = isSell ? _sell(random, rules) : _buy(random, rules);
        order.terms = (order.terms & ~uint256(type(uint40).max)) | expiry;
        this.check(order, rules);
        ++rules.closesAt;
        vm.expectRevert(abi.encodeWithSelector(IOrderBook.Order_ExpiresEarly.selector, INDEX, expiry, rules.closesAt));
        this.check(order, rules);
    }

    /// The error names the first of the classes that are missing; the attested one may not be there.
    function testFuzz_namesTheFirstClassThatIsMissing(uint256 random, uint8[2] calldata counts, uint8 missing) public {
        Market memory rules = _rules(0, counts[0], counts[1], 0);
        PackedOrder memory order = _sell(random, rules);
        uint256 first = 8;
        for (uint256 c = rules.categoryCount; c > 0; --c) {
            if (c == rules.sourceCategory || (missing >> (c - 1)) & 1 == 0) continue;
            order.terms &= ~_class(c - 1, 0xff);
            first = c - 1;
        }
        if (first < 8) vm.expectRevert(abi.encodeWithSelector(IOrderBook.Order_ClassMissing.selector, INDEX, first));
        this.check(order, rules);
    }

    /// The error names the first attribute whose limit is on the wrong side of its expectation.
    function testFuzz_namesTheFirstLimitBeyondItsExpectation(uint256 random, uint8 attributes, bytes8 beyond) public {
        Market memory rules = _rules(attributes, 0, uint8(random >> 64), 0);
        PackedOrder memory order = _buy(random, rules);
        uint256 first = 8;
        for (uint256 f = rules.attributeCount; f > 0; --f) {
            uint256 excess = uint8(beyond[f - 1]) % 3;
            if (excess == 0) continue;
            uint256 e = 1e6;
            uint256 l = (rules.incomeMask >> (f - 1)) & 1 == 1 ? e + excess : e - excess;
            order.levels = _replaced(order.levels, f - 1, e);
            order.limits = _replaced(order.limits, f - 1, l);
            first = f - 1;
        }
        if (first < 8) {
            vm.expectRevert(abi.encodeWithSelector(IOrderBook.Order_LimitBeyondExpectation.selector, INDEX, first));
        }
        this.check(order, rules);
    }

    /// A device sells if it is the trader's, certified, not retired, and of the market's carrier and subnet: up to one of
    /// these is wrong.
    function testFuzz_takesTheDevicesThatFit(uint256 random, uint8 fault, uint32 subnet, uint8 carrier, bool anySubnet)
        public
    {
        fault = uint8(fold(fault, 0, 6));
        Market memory rules = _rules(0, 0, 0, 0);
        rules.carrier = Carrier(carrier % (uint8(type(Carrier).max) + 1));
        rules.subnet = anySubnet ? 0 : subnet;
        PackedOrder memory order = _sell(random, rules);
        uint256 owner = order.head >> 96;
        uint256[7] memory fields = [owner, subnet, random % 4, uint256(rules.carrier), random % 256, 1, 0];
        if (fault == 1) fields[0] ^= 1 << (random % 160);
        if (fault == 2) fields[1] ^= 1 << (random % 32);
        if (fault == 3) fields[3] ^= 1 << (random % 3);
        if (fault == 4) fields[5] = 0;
        if (fault == 5) fields[6] = 1;
        if (fault == 6) (fields[5], fields[6]) = (0, 1);
        if (fault == 1) {
            vm.expectRevert(
                abi.encodeWithSelector(IOrderBook.Order_DeviceNotOwned.selector, INDEX, order.device(), order.trader())
            );
        } else if (fault > 1 && !(fault == 2 && rules.subnet == 0)) {
            vm.expectRevert(abi.encodeWithSelector(IOrderBook.Order_DeviceUnfit.selector, INDEX, order.device()));
        }
        this.checkDevice(order, rules, _terms(fields));
    }

    /// What is attested is written where the market says; everything else stays as it was signed.
    function testFuzz_attestsExactlyWhatTheMarketSays(
        uint256 random,
        uint8[3] calldata counts,
        bytes8 sources,
        uint8 source,
        uint32[3] calldata attested
    ) public {
        Market memory rules = _rules(counts[0], counts[1], counts[2], sources);
        source = uint8(fold(source, 1, 255));
        PackedOrder memory order = _sell(random, rules);
        PackedOrder memory before = PackedOrder(order.head, order.terms, order.levels, order.limits, order.weights);

        uint256 sold = uint48(random >> 200);
        SellerTerms device = SellerTerms.wrap((sold << 208) | (uint256(source) << 192));
        OrderRules.attest(
            order, _formOf(rules), device, Ppm.wrap(attested[0]), packReliability(attested[2], Ppm.wrap(attested[1]))
        );
        assertEq(order.limits, sold, "what the device sold before must be attested");

        uint256[5] memory values = [0, uint32(order.head), attested[0], attested[1], uint256(attested[2])];
        for (uint256 f = 0; f < 8; ++f) {
            uint256 origin = uint8(rules.sources[f]);
            uint256 expected = origin == 0 ? uint32(before.levels >> (32 * f)) : values[origin];
            assertEq(uint32(order.levels >> (32 * f)), expected, "each level must be declared or attested");
        }
        uint256 withSource = before.terms;
        if (rules.sourceCategory != 0) withSource |= _class(rules.sourceCategory - 1, source);
        assertEq(order.terms, withSource, "only the source's class may change");
        assertTrue(order.head == before.head && order.weights == before.weights, "nothing else may change");
    }

    function check(PackedOrder memory order, Market memory rules) external {
        OrderRules.check(INDEX, order, _formOf(rules));
    }

    function checkDevice(PackedOrder memory order, Market memory rules, SellerTerms device) external {
        OrderRules.checkDevice(INDEX, order, _formOf(rules), device);
    }

    function _formOf(Market memory rules) private returns (OrderRules.Form memory) {
        _stored = rules;
        uint256 contest;
        uint256 orders;
        uint256 least;
        assembly ("memory-safe") {
            least := sload(add(_stored.slot, 5))
            contest := sload(_stored.slot)
            orders := sload(add(_stored.slot, 1))
        }
        return OrderRules.formOf(ContestTerms.wrap(contest), OrderTerms.wrap(orders), LeastTerms.wrap(least));
    }

    function _isWellFormed(PackedOrder memory order, Market memory rules) private pure returns (bool) {
        bool isSell = (order.terms >> 200) & 1 == 1;
        if ((order.terms >> 201) & 0x7f != 0 || order.terms >> 208 > (rules.mode == Mode.OneToOne ? ONE : 0)) {
            return false;
        }
        if (uint64(order.head >> 32) < Wh.unwrap(rules.leastEnergy) || uint32(order.head) == 0) return false;
        if (!isSell && uint256(uint64(order.head >> 32)) * uint32(order.head) / 1000 < rules.leastReservation) {
            return false;
        }
        if (rules.closesAt > uint40(order.terms)) return false;
        for (uint256 c = 0; c < 8; ++c) {
            bool isGiven = uint8(order.terms >> (104 + 8 * (7 - c))) != 0;
            if (c >= rules.categoryCount && isGiven) return false;
            if (isSell && c < rules.categoryCount && isGiven == (c + 1 == rules.sourceCategory)) return false;
        }
        uint256 sum = 0;
        for (uint256 f = 0; f < 8; ++f) {
            (uint32 e, uint32 l) = (uint32(order.levels >> (32 * f)), uint32(order.limits >> (32 * f)));
            uint32 weight = uint32(order.weights >> (32 * f));
            sum += weight;
            if (f >= rules.attributeCount && (e != 0 || l != 0 || weight != 0)) return false;
            if (isSell && (l != 0 || weight != 0)) return false;
            if (isSell && e != 0 && rules.sources[f] != 0) return false;
            if (!isSell && ((rules.incomeMask >> f) & 1 == 1 ? l > e : l < e)) return false;
        }
        if (isSell) return uint32(order.terms >> 168) <= uint32(order.head);
        bool isMetered = rules.delivery == Delivery.BothSides;
        return uint32(order.terms >> 168) == 0 && (uint32(order.terms >> 72) != 0) == isMetered
            && sum == (rules.attributeCount == 0 ? 0 : ONE);
    }

    function _buy(uint256 random, Market memory rules) private pure returns (PackedOrder memory order) {
        order.head = (random << 96) | (fold(random, 1, 1e6) << 32) | fold(random >> 8, 1, 1e6);
        order.terms = _classes(random, rules) | (uint256(uint32(random >> 16)) << 40) | EXPIRY | _fill(random, rules);
        if (rules.delivery == Delivery.BothSides) order.terms |= (1 + random % 7) << 72;
        uint256 count = rules.attributeCount;
        for (uint256 f = 0; f < count; ++f) {
            uint256 e = 1e6 + f;
            uint256 l = (random >> f) & 1 == 0 ? e : (rules.incomeMask >> f) & 1 == 1 ? e - 7 : e + 7;
            uint256 weight = f + 1 == count ? ONE - (count - 1) * (ONE / count) : ONE / count;
            order.levels |= e << (32 * f);
            order.limits |= l << (32 * f);
            order.weights |= weight << (32 * f);
        }
    }

    function _sell(uint256 random, Market memory rules) private pure returns (PackedOrder memory order) {
        uint256 ask = fold(random >> 8, 1, 1e6);
        order.head = (random << 96) | (fold(random, 1, 1e6) << 32) | ask;
        order.terms = SELL | (fold(random >> 24, 0, ask) << 168) | _classes(random, rules) | (1 << 72) | EXPIRY
            | _fill(random, rules);
        if (rules.sourceCategory != 0) order.terms &= ~_class(rules.sourceCategory - 1, 0xff);
        for (uint256 f = 0; f < rules.attributeCount; ++f) {
            if (rules.sources[f] == 0) order.levels |= uint256(uint32(random >> (8 * f))) << (32 * f);
        }
    }

    /// @dev A least fill, where there may be one.
    function _fill(uint256 random, Market memory rules) private pure returns (uint256 terms) {
        return rules.mode == Mode.Divisible ? 0 : fold(random >> 96, 0, ONE) << 208;
    }

    /// @dev A code above 0 for each class of the market.
    function _classes(uint256 random, Market memory rules) private pure returns (uint256 terms) {
        for (uint256 c = 0; c < rules.categoryCount; ++c) {
            terms |= _class(c, fold(random >> c, 1, 255));
        }
    }

    /// @dev A device's word: owner 160, subnet 32, source 8, carrier 3, kind 3, certified 1, retired 1, from the lowest bit up.
    function _terms(uint256[7] memory fields) private pure returns (SellerTerms) {
        return SellerTerms.wrap(
            fields[0] | (fields[1] << 160) | (fields[4] << 192) | (fields[3] << 200) | (fields[2] << 203)
                | (fields[5] << 206) | (fields[6] << 207)
        );
    }

    /// @dev A class code in its place.
    function _class(uint256 class, uint256 code) private pure returns (uint256 terms) {
        return code << (104 + 8 * (7 - class));
    }

    /// @dev A word with another value in one of its lanes.
    function _replaced(uint256 word, uint256 lane, uint256 value) private pure returns (uint256) {
        return (word & ~(uint256(type(uint32).max) << (32 * lane))) | (value << (32 * lane));
    }

    /// @dev Rules that a market may have: sources of its attributes alone, the source's class one of its own.
    function _rules(uint8 attributes, uint8 classes, uint8 other, bytes8 sources)
        private
        pure
        returns (Market memory rules)
    {
        if (other >= 128) rules.delivery = Delivery.BothSides;
        rules.leastEnergy = Wh.wrap(1);
        rules.attributeCount = uint8(fold(attributes, 0, 8));
        rules.categoryCount = uint8(fold(classes, 0, 8));
        rules.sourceCategory = uint8(fold(other, 0, rules.categoryCount));
        rules.incomeMask = other & uint8((1 << rules.attributeCount) - 1);
        for (uint256 f = 0; f < rules.attributeCount; ++f) {
            uint256 origin = uint8(sources[f]) % (uint256(type(AttributeSource).max) + 1);
            rules.sources |= bytes8(bytes1(uint8(origin))) >> (8 * f);
        }
    }

    /// @dev Flip one of the 1280 bits of an order; a larger number flips none.
    function _flip(PackedOrder memory order, uint256 bit) private pure {
        uint256 mask = 1 << (bit % 256);
        uint256 word = bit / 256;
        if (word == 0) order.head ^= mask;
        if (word == 1) order.terms ^= mask;
        if (word == 2) order.levels ^= mask;
        if (word == 3) order.limits ^= mask;
        if (word == 4) order.weights ^= mask;
    }
}
