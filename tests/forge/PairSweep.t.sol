// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {PairSweep} from "../../contracts/clearing/mechanisms/satisfaction/PairSweep.sol";
import {Satisfaction} from "../../contracts/clearing/mechanisms/satisfaction/Satisfaction.sol";
import {PackedOrder} from "../../contracts/types/Orders.sol";
import {ForgeTest} from "./Vm.sol";

/// @dev The sweep against the rules: it may stop too often, it must never pass over a pair that is not covered.
contract PairSweepTest is ForgeTest {
    using PairSweep for PairSweep.Sellers;

    uint256 private constant ONE = 1_000_000;

    /// What the sweep passes over is covered: at the score, one below, and anywhere around it.
    function testFuzz_passesOverCoveredPairsOnly(bytes32 seed, uint256 anyDuals) public pure {
        (PackedOrder memory buy, PackedOrder memory sell, Satisfaction.Schema memory schema) = _pair(seed);
        (bool eligible, uint256 t, uint256 g) = Satisfaction.score(buy, sell, schema);
        uint256 w = t + g;
        uint256[6] memory duals = [0, w == 0 ? 0 : w - 1, w, w / 2, g, fold(anyDuals, 0, 2 * ONE)];
        for (uint256 i = 0; i < duals.length; ++i) {
            uint256 u = fold(anyDuals >> 128, 0, duals[i]);
            bool doubtful = _isDoubtful(buy, sell, schema, u, duals[i] - u);
            assertTrue(doubtful || !eligible || duals[i] >= w, "an uncovered pair must be looked at");
        }
    }

    /// An eligible pair whose dual prices exceed the score by more than the bound is loose needs no look.
    function testFuzz_passesOverAWideMargin(bytes32 seed) public pure {
        (PackedOrder memory buy, PackedOrder memory sell, Satisfaction.Schema memory schema) = _pair(seed);
        (bool eligible, uint256 t, uint256 g) = Satisfaction.score(buy, sell, schema);
        if (!eligible || schema.count == 0 || _isWide(seed)) return;
        // Each attribute's weight is rounded by at most weight / 10^6 ppm and each slope by one unit in 2^16
        // times x < 2^11; spans of 64 and more keep every slope below its cap.
        uint256 looseness = 1 + schema.count + ((schema.count << 11) >> 16) + 1;
        assertTrue(!_isDoubtful(buy, sell, schema, t + g + looseness, 0), "a wide margin needs no closer look");
    }

    /// Sellers are visited in turn, each once, from the cursor on, and named by their rows.
    function test_visitsDoubtfulSellersInTurn() public pure {
        Satisfaction.Schema memory schema = Satisfaction.Schema({count: 0, incomeMask: 0});
        PackedOrder memory buy = PackedOrder({head: 100, terms: uint256(7) << 160, levels: 0, limits: 0, weights: 0});
        PackedOrder memory fits = PackedOrder({head: 90, terms: uint256(7) << 160, levels: 0, limits: 0, weights: 0});
        PackedOrder memory other = PackedOrder({head: 90, terms: uint256(8) << 160, levels: 0, limits: 0, weights: 0});
        PairSweep.Sellers memory sellers = PairSweep.make(4, schema);
        sellers.add(10, 0, other);
        sellers.add(11, 0, fits);
        sellers.add(12, 2 * ONE, fits);
        sellers.add(13, 0, fits);
        uint256[10] memory buyer;
        sellers.layOut(buyer, 0, buy);
        (uint256 cursor, uint256 row) = sellers.nextDoubtful(buyer, 0);
        assertEq(cursor, 1, "the first that fits");
        assertEq(row, 11, "its row");
        (cursor, row) = sellers.nextDoubtful(buyer, 2);
        assertEq(cursor, 3, "one whose dual price covers everything is passed over");
        assertEq(row, 13, "its row");
        (cursor,) = sellers.nextDoubtful(buyer, 4);
        assertEq(cursor, PairSweep.NONE, "none is left");
    }

    function _isDoubtful(
        PackedOrder memory buy,
        PackedOrder memory sell,
        Satisfaction.Schema memory schema,
        uint256 u,
        uint256 v
    ) private pure returns (bool) {
        PairSweep.Sellers memory sellers = PairSweep.make(1, schema);
        sellers.add(0, v, sell);
        uint256[10] memory buyer;
        sellers.layOut(buyer, u, buy);
        (uint256 cursor,) = sellers.nextDoubtful(buyer, 0);
        return cursor == 0;
    }

    /// @dev A pair with each field drawn so that every case is common: few classes, close prices, values on
    /// both sides of expectation and limit. One seed in four has wide spans.
    function _pair(bytes32 seed)
        private
        pure
        returns (PackedOrder memory buy, PackedOrder memory sell, Satisfaction.Schema memory schema)
    {
        schema.count = _draw(seed, "count", 0, 8);
        schema.incomeMask = _draw(seed, "income", 0, (1 << schema.count) - 1);
        uint256 bid = _draw(seed, "bid", 80, 120);
        uint256 ask = _draw(seed, "ask", 80, 120);
        buy.head = bid;
        sell.head = ask;
        buy.terms = _draw(seed, "required", 0, 1) << 160;
        sell.terms = 1 << 200 | _draw(seed, "minimum", 70, ask) << 168 | _draw(seed, "class", 1, 8) / 8 + 1 << 160;
        uint256 left = ONE;
        for (uint256 f = 0; f < schema.count; ++f) {
            bytes32 s = keccak256(abi.encode(seed, f));
            uint256 weight = f + 1 == schema.count ? left : _draw(s, "weight", 0, left);
            left -= weight;
            buy.weights |= weight << (32 * f);
            uint256 span = _isWide(seed) ? _draw(s, "span", 0, 1 << 31) : _draw(s, "span", 64, 2_000);
            uint256 limit = _draw(s, "limit", span, type(uint32).max - span);
            bool income = (schema.incomeMask >> f) & 1 == 1;
            buy.limits |= limit << (32 * f);
            buy.levels |= (income ? limit + span : limit - span) << (32 * f);
            uint256 beyond = _draw(s, "beyond", 0, 20) == 0 ? 1 : 0;
            uint256 value = income
                ? (limit < beyond ? 0 : limit - beyond) + _draw(s, "value", 0, span + span / 4)
                : limit + beyond - _draw(s, "value", 0, span);
            if (value > type(uint32).max) value = type(uint32).max;
            sell.levels |= value << (32 * f);
        }
    }

    /// @dev Whether the pair's spans are drawn from the whole range.
    function _isWide(bytes32 seed) private pure returns (bool) {
        return uint256(seed) % 4 == 0;
    }

    function _draw(bytes32 seed, string memory what, uint256 low, uint256 high) private pure returns (uint256) {
        return fold(uint256(keccak256(abi.encode(seed, what))), low, high);
    }
}
