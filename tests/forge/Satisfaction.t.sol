// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {Satisfaction} from "../../contracts/clearing/mechanisms/satisfaction/Satisfaction.sol";
import {PackedOrder} from "../../contracts/types/Orders.sol";
import {ForgeTest} from "./Vm.sol";

/// @dev The library against the rules written down once more: one term at a time, with checked arithmetic.
contract SatisfactionTest is ForgeTest {
    uint256 private constant ONE = 1_000_000;
    /// @dev The buyer's person.
    uint256 private constant PERSON = 0x2b57a31;

    /// @dev Random words from which a pair of orders is drawn.
    struct Draw {
        uint256 count;
        uint256 incomeMask;
        uint256 prices;
        uint256 values;
        uint256 expectations;
        uint256 spreads;
        uint256 weights;
        uint256 classes;
    }

    /// t, g and eligibility equal the naive rules, and stay within their bounds.
    function testFuzz_scoreFollowsTheRules(Draw calldata draw) public pure {
        (PackedOrder memory buy, PackedOrder memory sell, Satisfaction.Schema memory schema) = _pair(draw);
        (bool eligible, uint256 t, uint256 g) = Satisfaction.score(buy, sell, schema);
        (bool expected, uint256 expectedT, uint256 expectedG) = _naive(buy, sell, schema);
        assertTrue(eligible == expected, "eligibility must follow the rules");
        assertEq(t, expectedT, "t must follow the rules");
        assertEq(g, expectedG, "g must follow the rules");
        assertTrue(t <= ONE && g <= ONE, "t and g are at most 1");
    }

    /// covers(duals) exactly when the pair is not eligible or duals reach w, at every edge and in between.
    function testFuzz_coversExactlyWhenTheDualsReachTheScore(Draw calldata draw, uint256 anyDuals) public pure {
        (PackedOrder memory buy, PackedOrder memory sell, Satisfaction.Schema memory schema) = _pair(draw);
        (bool eligible, uint256 t, uint256 g) = Satisfaction.score(buy, sell, schema);
        uint256 w = t + g;
        uint256[9] memory duals =
            [0, w == 0 ? 0 : w - 1, w, w + 1, g, g + ONE - 1, g + ONE, 2 * ONE, fold(anyDuals, 0, 2 * ONE)];
        for (uint256 i = 0; i < duals.length; ++i) {
            bool covered = Satisfaction.covers(buy, sell, schema, duals[i]);
            assertTrue(covered == (!eligible || duals[i] >= w), "covers must be: not eligible, or duals >= w");
        }
    }

    /// A higher bid never lowers the seller's satisfaction and never makes a pair ineligible.
    function testFuzz_sellerSatisfactionGrowsWithTheBid(uint32 ask, uint32 min, uint32 bid, uint32 rise) public pure {
        min = uint32(fold(min, 0, ask));
        uint256 higher = fold(rise, bid, type(uint32).max);
        (bool eligible, uint256 g) = Satisfaction.ofAttribute(true, bid, ask, min);
        (bool stillEligible, uint256 raised) = Satisfaction.ofAttribute(true, higher, ask, min);
        assertTrue(!eligible || stillEligible, "a higher bid must stay eligible");
        assertTrue(raised >= g, "g must not fall with the bid");
    }

    /// The bit trick over eight classes equals a look at each byte.
    function testFuzz_meetsLooksAtEachClass(bytes8 requires, bytes8 classes, uint8 agreeing) public pure {
        bytes8 mixed;
        bool expected = true;
        for (uint256 c = 0; c < 8; ++c) {
            bytes1 code = (agreeing >> c) & 1 == 1 ? requires[c] : classes[c];
            mixed |= bytes8(code) >> (8 * c);
            if (requires[c] != 0 && requires[c] != code) expected = false;
        }
        assertTrue(Satisfaction.meets(requires, mixed) == expected, "each required class must equal the seller's");
    }

    function _naive(PackedOrder memory buy, PackedOrder memory sell, Satisfaction.Schema memory schema)
        private
        pure
        returns (bool, uint256 t, uint256 g)
    {
        if (!_suit(buy, sell)) return (false, 0, 0);
        for (uint256 c = 0; c < 8; ++c) {
            uint256 shift = 104 + 8 * c;
            uint8 required = uint8(buy.terms >> shift);
            if (required != 0 && required != uint8(sell.terms >> shift)) return (false, 0, 0);
        }
        (uint256 bid, uint256 ask, uint256 min) = (uint32(buy.head), uint32(sell.head), uint32(sell.terms >> 168));
        if (bid < min) return (false, 0, 0);
        g = bid >= ask ? ONE : (bid - min) * ONE / (ask - min);
        for (uint256 f = 0; f < schema.count; ++f) {
            uint256 h = uint32(sell.levels >> (32 * f));
            uint256 e = uint32(buy.levels >> (32 * f));
            uint256 l = uint32(buy.limits >> (32 * f));
            uint256 a = ONE;
            if ((schema.incomeMask >> f) & 1 == 1) {
                if (h < l) return (false, 0, 0);
                if (h < e) a = (h - l) * ONE / (e - l);
            } else {
                if (h > l) return (false, 0, 0);
                if (h > e) a = (l - h) * ONE / (l - e);
            }
            t += uint256(uint32(buy.weights >> (32 * f))) * a;
        }
        t /= ONE;
        return (true, t, g);
    }

    /// @dev Whether the persons differ, and the smaller energy is the least share of each.
    function _suit(PackedOrder memory buy, PackedOrder memory sell) private pure returns (bool) {
        (uint256 wanted, uint256 offered) = (uint64(buy.head >> 32), uint64(sell.head >> 32));
        (uint256 ofBuyer, uint256 ofSeller) =
            (wanted * ((buy.terms >> 208) & 0xfffff), offered * ((sell.terms >> 208) & 0xfffff));
        uint256 traded = wanted < offered ? wanted : offered;
        return buy.terms >> 230 != sell.terms >> 230 && traded * ONE >= ofBuyer && traded * ONE >= ofSeller;
    }

    /// @dev Persons, mostly two, whatever their accounts, energies, and least fills that are mostly met.
    function _fill(PackedOrder memory buy, PackedOrder memory sell, uint256 random) private pure {
        uint256 offered = fold(random, 1, type(uint64).max);
        uint256 wanted = (random >> 64) % 4 == 0 ? offered : offered / (1 + (random >> 66) % 4) + 1;
        buy.head |= (uint256(7) << 96) | (wanted << 32);
        sell.head |= (uint256((random >> 72) % 2 == 0 ? 7 : 8) << 96) | (offered << 32);
        (buy.terms, sell.terms) = (buy.terms | (PERSON << 230), sell.terms | (_person(random >> 130) << 230));
        buy.terms |= fold(random >> 80, 0, ONE) << 208;
        sell.terms |= ((random >> 100) % 2 == 0 ? 0 : fold(random >> 104, 0, ONE / 2)) << 208;
    }

    /// @dev Mostly another person, of whose number all but one bit may be the same.
    function _person(uint256 random) private pure returns (uint256) {
        return random % 8 == 0 ? PERSON : PERSON ^ (1 << fold(random >> 3, 0, 25));
    }

    /// @dev A pair of well-formed orders, close enough to each other that most draws are eligible.
    function _pair(Draw calldata draw)
        private
        pure
        returns (PackedOrder memory buy, PackedOrder memory sell, Satisfaction.Schema memory schema)
    {
        schema.count = fold(draw.count, 0, 8);
        schema.incomeMask = draw.incomeMask & ((1 << schema.count) - 1);
        (buy.head, sell.head, sell.terms) = _prices(draw.prices);
        (buy.terms, sell.terms) = (_requires(draw.classes) << 104, sell.terms | (uint256(uint64(draw.classes)) << 104));
        uint256 left = ONE;
        for (uint256 f = 0; f < schema.count; ++f) {
            uint256 shift = 32 * f;
            uint256 e = uint32(draw.expectations >> shift);
            uint256 spread = uint32(draw.spreads >> shift) >> (draw.count >> 8) % 32;
            bool income = (schema.incomeMask >> f) & 1 == 1;
            uint256 l = income
                ? (spread > e ? 0 : e - spread)
                : (e + spread > type(uint32).max ? type(uint32).max : e + spread);
            uint256 weight = f + 1 == schema.count ? left : fold(uint32(draw.weights >> shift), 0, left);
            left -= weight;
            buy.levels |= e << shift;
            buy.limits |= l << shift;
            buy.weights |= weight << shift;
            sell.levels |= _near(uint32(draw.values >> shift), e, l, income) << shift;
        }
        _fill(buy, sell, uint256(keccak256(abi.encode(draw.count, draw.classes, draw.prices))));
    }

    /// @dev Bid, ask and minimum: the minimum at most the ask, the bid mostly between the two.
    function _prices(uint256 random) private pure returns (uint256 bid, uint256 ask, uint256 minTerm) {
        ask = uint32(random);
        uint256 min = fold(uint32(random >> 32), 0, ask);
        bid = (random >> 64) % 4 == 0 ? uint32(random >> 96) : fold(uint32(random >> 96), min, ask);
        minTerm = min << 168;
    }

    /// @dev Mostly between limit and expectation, sometimes anywhere, or at either of the two.
    function _near(uint256 random, uint256 e, uint256 l, bool income) private pure returns (uint256) {
        (uint256 low, uint256 high) = income ? (l, e) : (e, l);
        uint256 kind = random % 8;
        if (kind == 0) return random;
        if (kind == 1) return low;
        if (kind == 2) return high;
        return fold(random, low, high);
    }

    /// @dev The seller's own classes, required or not, with now and then a wrong one.
    function _requires(uint256 random) private pure returns (uint256 requires) {
        for (uint256 c = 0; c < 8; ++c) {
            if ((random >> (64 + c)) & 1 == 1) requires |= ((random >> (8 * c)) & 0xff) << (8 * c);
        }
        if ((random >> 80) % 8 == 0) requires ^= 1 << ((random >> 96) % 64);
    }
}
