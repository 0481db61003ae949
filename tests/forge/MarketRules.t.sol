// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {MarketRules} from "../../contracts/market/libraries/MarketRules.sol";
import {Delivery, Market, Mode, PriceRule} from "../../contracts/types/Markets.sol";
import {Ppm, Wh} from "../../contracts/types/Units.sol";
import {ForgeTest} from "./Vm.sol";

contract MarketRulesTest is ForgeTest {
    uint40 private constant SLOT = 1 hours;
    uint32 private constant BASE = 15 minutes;
    uint32 private constant ONE = 1_000_000;

    /// Times at and around every edge are taken exactly when they are in order.
    function testFuzz_takesTimesInOrder(uint40 now_, uint8[4] calldata steps) public {
        vm.warp(fold(now_, SLOT, type(uint40).max / 2));
        Market memory rules = _valid();
        rules.slotStart = uint40((block.timestamp / SLOT + 2) * SLOT) + (steps[3] % 4 == 0 ? 1 : 0);
        uint256 end = uint256(rules.slotStart) + SLOT;
        rules.closesAt = _near(steps[0] % 2 == 0 ? block.timestamp : rules.slotStart, steps[0]);
        rules.finalBy = _near(steps[1] % 2 == 0 ? rules.closesAt : end, steps[1]);
        if (steps[0] % 4 < 2) (rules.challengeWindow, rules.bond, rules.challengeCost) = (1 + uint32(steps[1]), 16, 1);
        uint256 lastFinal = uint256(rules.finalBy) + 5 * uint256(rules.challengeWindow);
        uint256 settled = (steps[2] % 2 == 0 ? end + SLOT : lastFinal) + SLOT;
        rules.refundFrom = _near(steps[3] % 8 < 4 ? settled : settled + 30 days, steps[2]);
        settled = (lastFinal > end ? lastFinal : end) + SLOT;
        // Readings are final a correction window after the slot, and one longest slot is left then.
        if (settled < end + 2 * SLOT) settled = end + 2 * SLOT;
        bool expected = rules.slotStart % SLOT == 0 && rules.closesAt > block.timestamp
            && rules.closesAt <= rules.slotStart && rules.finalBy > rules.closesAt && rules.refundFrom >= settled
            && rules.refundFrom <= settled + 30 days;
        assertTrue(_isTaken(rules, 8, 8) == expected, "times must be in order, the slot aligned");
    }

    /// Counts, mask, sources, source class, arbiter and rates are taken exactly within their bounds: each is
    /// just beyond them in one of eight draws.
    function testFuzz_takesSchemasWithinBounds(uint256 attributes, uint256 categories, uint256 random) public {
        vm.warp(1_700_000_000);
        (attributes, categories) = (fold(attributes, 0, 8), fold(categories, 0, 8));
        Market memory rules = _valid();
        rules.attributeCount = uint8(attributes);
        rules.categoryCount = uint8(categories);
        rules.sourceCategory = uint8(fold(random >> 8, 0, categories));
        rules.incomeMask = uint8((random >> 16) & ((1 << attributes) - 1));
        for (uint256 f = 0; f < attributes; ++f) {
            rules.sources |= bytes8(bytes1(uint8((random >> (24 + 8 * f)) % 5))) >> (8 * f);
        }
        (rules.tolerance, rules.penalty) = (Ppm.wrap(ONE), Ppm.wrap(ONE));
        assertTrue(_isTaken(rules, attributes, categories), "a schema within its bounds must be taken");

        uint256 field = random % 8;
        if (field == 0) rules.attributeCount += 1;
        if (field == 1) rules.categoryCount += 1;
        if (field == 2) rules.sourceCategory = uint8(categories + 1);
        if (field == 3) rules.incomeMask = uint8(fold(random >> 128, attributes == 8 ? 0 : 1 << attributes, 255));
        if (field == 4) rules.sources = bytes8(bytes1(0x05));
        if (field == 5) rules.arbiter = address(0);
        if (field == 6) rules.tolerance = Ppm.wrap(ONE + 1);
        if (field == 7) rules.penalty = Ppm.wrap(ONE + 1);
        bool isHarmless = field == 3 && attributes == 8;
        assertTrue(_isTaken(rules, attributes, categories) == isHarmless, "a schema beyond its bounds must be refused");
    }

    /// Window, bond and endorsements at and around their bounds are taken exactly when they fit each other.
    function testFuzz_takesContestsThatFit(uint256 random) public {
        vm.warp(1_700_000_000);
        Market memory rules = _valid();
        uint32[4] memory windows = [uint32(0), 1, 7 days, 7 days + 1];
        uint64[4] memory bonds = [uint64(0), 15, 16, type(uint64).max];
        uint8[4] memory counts = [0, 1, 32, 33];
        (rules.challengeWindow, rules.bond) = (windows[random % 4], bonds[(random >> 8) % 4]);
        rules.endorsements = (random >> 16) % 2 == 0 ? 0 : counts[(random >> 24) % 4];
        rules.endorsers = (random >> 32) % 2 == 0 ? bytes32(0) : bytes32(random);
        rules.refundFrom += 5 * rules.challengeWindow;
        if ((random >> 40) % 4 != 0) rules.challengeCost = rules.bond / 16 + uint64((random >> 48) % 2);
        bool hasWindow = rules.challengeWindow != 0;
        bool expected = rules.challengeWindow <= 7 days && hasWindow == (rules.bond != 0) && rules.endorsements <= 32
            && (rules.endorsements == 0) == (rules.endorsers == 0) && (hasWindow || rules.endorsements == 0)
            && hasWindow == (rules.challengeCost != 0) && rules.bond >= 16 * uint256(rules.challengeCost);
        assertTrue(_isTaken(rules, 8, 8) == expected, "window, bond and endorsements must fit each other");
    }

    /// A mechanism's rules are taken exactly when they are what it needs.
    function testFuzz_takesWhatTheMechanismNeeds(uint8 mechanism, uint32 k, uint8 random) public {
        vm.warp(1_700_000_000);
        Market memory rules = _valid();
        (uint8 attributes, uint8 categories) = (random % 2, (random >> 1) % 2);
        (rules.attributeCount, rules.categoryCount) = (attributes, categories);
        rules.mechanism = mechanism % 3;
        rules.mode = (random >> 2) % 4 == 0 ? Mode.OneToOne : Mode.Divisible;
        rules.priceRule = (random >> 4) % 4 == 0 ? PriceRule.Midpoint : PriceRule.PayAsBid;
        k = (random >> 6) % 2 == 0 ? 0 : uint32(fold(k, ONE - 3, ONE + 3));
        rules.k = Ppm.wrap(k);
        bool expected = rules.mechanism == 0 && k == 0;
        if (rules.mechanism == 1) {
            expected = k <= ONE && rules.mode == Mode.Divisible && rules.priceRule == PriceRule.PayAsBid
                && attributes + categories == 0;
        }
        assertTrue(_isTaken(rules, attributes, categories) == expected, "the rules must be what the mechanism needs");
    }

    /// Any length and start are taken exactly when the length is of whole intervals, divides the hour, and divides the start.
    function testFuzz_takesSlotsOfTheDeployment(uint256 length, uint256 offset) public {
        vm.warp(1_700_000_000);
        Market memory rules = _valid();
        length = length % 2 == 0 ? fold(length, 0, 8) * BASE : fold(length, 0, 2 * SLOT);
        offset = offset % 2 == 0 ? fold(offset, 0, 8) * BASE : fold(offset, 0, SLOT);
        (rules.slotLength, rules.slotStart) = (uint32(length), rules.slotStart + uint40(offset));
        rules.refundFrom += uint40(2 * SLOT);
        bool expected = (length == BASE || length == 2 * BASE || length == 4 * BASE) && rules.slotStart % length == 0;
        assertTrue(_isTaken(rules, 8, 8) == expected, "a slot must be one of the deployment's");
    }

    /// What an under-use costs is a rate where the import counts, and all where it does not.
    function testFuzz_takesRatesOfUnderUse(uint32 underuse, bool isExport) public {
        vm.warp(1_700_000_000);
        Market memory rules = _valid();
        rules.delivery = isExport ? Delivery.Export : Delivery.BothSides;
        uint256 rate = fold(underuse, 0, 2 * ONE);
        if (underuse % 4 == 0) rate = ONE + underuse / 4 % 2;
        rules.underuse = Ppm.wrap(uint32(rate));
        assertTrue(_isTaken(rules, 8, 8) == (isExport ? rate == ONE : rate <= ONE), "the rate must fit the delivery");
    }

    /// A round is over at most thirty days after its gate, and no order is worth nothing.
    function test_refusesEndlessRoundsAndDust() public {
        vm.warp(1_700_000_000);
        Market memory rules = _valid();
        rules.finalBy = rules.closesAt + 30 days;
        rules.refundFrom = rules.finalBy + SLOT;
        assertTrue(_isTaken(rules, 8, 8), "thirty days are taken");
        (rules.finalBy, rules.refundFrom) = (rules.finalBy + 1, rules.refundFrom + 1);
        assertTrue(!_isTaken(rules, 8, 8), "a second more is refused");
        rules = _valid();
        rules.leastEnergy = Wh.wrap(0);
        assertTrue(!_isTaken(rules, 8, 8), "orders have energy");
        rules = _valid();
        rules.leastReservation = 0;
        assertTrue(!_isTaken(rules, 8, 8), "buy orders reserve something");
    }

    /// A name is 1 to 32 printable characters without a backslash, and the only one of its kind.
    function testFuzz_takesPrintableNames(bytes1 odd, uint8 length, uint8 place, bool isCategory) public view {
        bytes memory text = new bytes(length % 36);
        for (uint256 i = 0; i < text.length; ++i) {
            text[i] = "a";
        }
        if (text.length != 0) text[place % text.length] = odd;
        bool isPrintable = odd >= 0x20 && odd <= 0x7e && odd != "\\";
        bool expected = text.length != 0 && text.length <= 32 && isPrintable;
        string[] memory names = new string[](2);
        (names[0], names[1]) = ("price", string(text));
        string[] memory none = new string[](0);
        assertTrue(_areTaken(0, isCategory ? none : names, isCategory ? names : none) == expected, "a printable name");
        names[0] = names[1];
        assertTrue(!_areTaken(0, names, none), "a name only once");
    }

    /// A zone is printable characters, then zeros.
    function testFuzz_takesPrintableZones(bytes24 zone, uint8 length, uint8 odd) public view {
        bytes24 text = 0;
        for (uint256 i = 0; i < length % 25; ++i) {
            text |= bytes24(bytes1(uint8(fold(uint8(zone[i]), 0x20, 0x5b)))) >> (8 * i);
        }
        string[] memory none = new string[](0);
        assertTrue(_areTaken(text, none, none), "a printable zone");
        bytes24 strange = text | (bytes24(bytes1(0x80)) >> (8 * (odd % 24)));
        assertTrue(!_areTaken(strange, none, none), "no byte beyond ASCII");
        if (length % 25 > 1) {
            bytes24 hole = text & ~(bytes24(bytes1(0xff)) >> (8 * (odd % (length % 25 - 1))));
            assertTrue(!_areTaken(hole, none, none), "no zero before the end");
        }
    }

    function checkNames(bytes24 zone, string[] calldata attributes, string[] calldata categories) external pure {
        MarketRules.checkNames(zone, attributes, categories);
    }

    function _areTaken(bytes24 zone, string[] memory attributes, string[] memory categories)
        private
        view
        returns (bool)
    {
        try this.checkNames(zone, attributes, categories) {
            return true;
        } catch {
            return false;
        }
    }

    /// Nine attributes or categories are too many, even if the rules say so themselves, and so is a source
    /// without an attribute.
    function test_refusesNine() public {
        vm.warp(1_700_000_000);
        Market memory rules = _valid();
        (rules.attributeCount, rules.categoryCount) = (9, 8);
        assertTrue(!_isTaken(rules, 9, 8), "nine attributes are too many");
        (rules.attributeCount, rules.categoryCount) = (8, 9);
        assertTrue(!_isTaken(rules, 8, 9), "nine categories are too many");
        (rules.attributeCount, rules.categoryCount) = (1, 0);
        rules.sources = 0x0001000000000000;
        assertTrue(!_isTaken(rules, 1, 0), "a source needs its attribute");
    }

    function check(Market calldata rules, uint256 attributes, uint256 categories) external view {
        MarketRules.check(rules, attributes, categories, MarketRules.Lengths(BASE, uint32(SLOT), uint32(SLOT)));
    }

    function _isTaken(Market memory rules, uint256 attributes, uint256 categories) private view returns (bool) {
        try this.check(rules, attributes, categories) {
            return true;
        } catch {
            return false;
        }
    }

    function _valid() private view returns (Market memory rules) {
        rules.arbiter = address(1);
        (rules.slotLength, rules.underuse) = (uint32(SLOT), Ppm.wrap(ONE));
        rules.slotStart = uint40((block.timestamp / SLOT + 1) * SLOT);
        rules.closesAt = rules.slotStart;
        rules.finalBy = rules.slotStart + SLOT;
        rules.refundFrom = rules.finalBy + 2 * SLOT;
        (rules.leastEnergy, rules.leastReservation) = (Wh.wrap(1), 1);
        (rules.attributeCount, rules.categoryCount) = (8, 8);
    }

    /// @dev A time at most one second before or after another.
    function _near(uint256 time, uint256 step) private pure returns (uint40) {
        return uint40(time + (step / 2) % 3 - 1);
    }
}
