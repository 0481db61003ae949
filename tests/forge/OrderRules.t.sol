// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {IEscrowWallets} from "../../interfaces/IEscrowWallets.sol";
import {OrderRules} from "../../contracts/market/libraries/OrderRules.sol";
import {AttributeSource, Market} from "../../contracts/types/Markets.sol";
import {PackedOrder} from "../../contracts/types/Orders.sol";
import {Ppm} from "../../contracts/types/Units.sol";
import {ForgeTest} from "./Vm.sol";

contract OrderRulesTest is ForgeTest {
    uint256 private constant ONE = 1_000_000;
    uint256 private constant SELL = 1 << 200;

    /// A well-formed order with up to two bits flipped is taken exactly when the rules, written down once
    /// more field by field, take it.
    function testFuzz_takesWhatTheRulesTake(
        uint256 random,
        uint8 attributes,
        uint8 classes,
        uint8 incomeMask,
        bool isSell,
        uint16[2] calldata flips
    ) public view {
        Market memory rules;
        rules.attributeCount = uint8(fold(attributes, 0, 8));
        rules.classCount = uint8(fold(classes, 0, 8));
        rules.incomeMask = incomeMask;
        PackedOrder memory order = isSell ? _sell(random, rules) : _buy(random, rules);
        for (uint256 i = 0; i < 2; ++i) {
            if (flips[i] < 1280) _flip(order, flips[i]);
        }
        try this.check(order, rules) {
            assertTrue(_isWellFormed(order, rules), "the rules refuse this order");
        } catch {
            assertTrue(!_isWellFormed(order, rules), "the rules take this order");
        }
    }

    /// What is attested is written where the market says; everything else stays as it was signed.
    function testFuzz_attestsExactlyWhatTheMarketSays(
        uint256 random,
        bytes8 sources,
        uint8 sourceClass,
        uint8 source,
        uint32[3] calldata attested
    ) public pure {
        Market memory rules;
        (rules.attributeCount, rules.classCount) = (8, 8);
        rules.sourceClass = uint8(fold(sourceClass, 0, 8));
        source = uint8(fold(source, 1, 255));
        PackedOrder memory order = _sell(random, rules);
        for (uint256 f = 0; f < 8; ++f) {
            uint256 origin = uint8(sources[f]) % (uint256(type(AttributeSource).max) + 1);
            rules.sources |= bytes8(bytes1(uint8(origin))) >> (8 * f);
            if (origin != uint256(AttributeSource.Declared)) order.levels &= ~(uint256(type(uint32).max) << (32 * f));
        }
        if (rules.sourceClass != 0) order.terms &= ~(uint256(0xff) << (104 + 8 * (8 - rules.sourceClass)));
        PackedOrder memory before = PackedOrder(order.head, order.terms, order.levels, order.limits, order.weights);

        OrderRules.attest(
            0,
            order,
            rules,
            source,
            Ppm.wrap(attested[0]),
            IEscrowWallets.Reliability({rate: Ppm.wrap(attested[1]), trades: attested[2]})
        );

        uint256[5] memory values = [0, uint32(order.head), attested[0], attested[1], uint256(attested[2])];
        for (uint256 f = 0; f < 8; ++f) {
            uint256 origin = uint8(rules.sources[f]);
            uint256 expected = origin == 0 ? uint32(before.levels >> (32 * f)) : values[origin];
            assertEq(uint32(order.levels >> (32 * f)), expected, "each level must be declared or attested");
        }
        uint256 withSource = before.terms;
        if (rules.sourceClass != 0) withSource |= uint256(source) << (104 + 8 * (8 - rules.sourceClass));
        assertEq(order.terms, withSource, "only the source's class may change");
        assertTrue(
            order.head == before.head && order.limits == before.limits && order.weights == before.weights,
            "nothing else may change"
        );
    }

    function check(PackedOrder memory order, Market memory rules) external pure {
        OrderRules.check(0, order, rules);
    }

    function _isWellFormed(PackedOrder memory order, Market memory rules) private pure returns (bool) {
        bool isSell = (order.terms >> 200) & 1 == 1;
        if (order.terms >> 201 != 0) return false;
        if (uint64(order.head >> 32) == 0 || uint32(order.head) == 0) return false;
        for (uint256 c = rules.classCount; c < 8; ++c) {
            if (uint8(order.terms >> (104 + 8 * (7 - c))) != 0) return false;
        }
        uint256 sum = 0;
        for (uint256 f = 0; f < 8; ++f) {
            (uint32 e, uint32 l) = (uint32(order.levels >> (32 * f)), uint32(order.limits >> (32 * f)));
            uint32 weight = uint32(order.weights >> (32 * f));
            sum += weight;
            if (f >= rules.attributeCount && (e != 0 || l != 0 || weight != 0)) return false;
            if (isSell && (l != 0 || weight != 0)) return false;
            if (!isSell && ((rules.incomeMask >> f) & 1 == 1 ? l > e : l < e)) return false;
        }
        if (isSell) return uint32(order.terms >> 168) <= uint32(order.head);
        return uint32(order.terms >> 168) == 0 && uint32(order.terms >> 72) == 0
            && sum == (rules.attributeCount == 0 ? 0 : ONE);
    }

    function _buy(uint256 random, Market memory rules) private pure returns (PackedOrder memory order) {
        order.head = (random << 96) | (fold(random, 1, 1e6) << 32) | fold(random >> 8, 1, 1e6);
        order.terms = _classes(random, rules) | (uint256(uint32(random >> 16)) << 40) | 2e9;
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
        order.terms = SELL | (fold(random >> 24, 0, ask) << 168) | _classes(random, rules) | (1 << 72) | 2e9;
        for (uint256 f = 0; f < rules.attributeCount; ++f) {
            order.levels |= uint256(uint32(random >> (8 * f))) << (32 * f);
        }
    }

    /// @dev A code above 0 for each class of the market.
    function _classes(uint256 random, Market memory rules) private pure returns (uint256 terms) {
        for (uint256 c = 0; c < rules.classCount; ++c) {
            terms |= fold(random >> c, 1, 255) << (104 + 8 * (7 - c));
        }
    }

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
