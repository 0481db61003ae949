// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {MOST_PAGES, Nonces, firstOf, lastOf, pageOf} from "../../contracts/types/Nonces.sol";
import {ForgeTest} from "./Vm.sol";

/// @dev Nonces against a list of those that were used and the highest page: a nonce is used if it is in the list, or its
/// page is below the highest.
contract NoncesTest is ForgeTest {
    uint256 private constant STEPS = 24;

    function testFuzz_pageAndBitMakeUpTheNonce(uint32 nonce) public pure {
        (uint32 page, uint32 mask) = pageOf(nonce);
        assertEq(uint256(page), nonce / 32, "32 nonces make a page");
        assertEq(uint256(mask), uint256(1) << (nonce % 32), "each has a bit of it");
    }

    /// Orders in any order, mostly of a few pages: what was used stays used, later pages close earlier ones, the rest is free.
    function testFuzz_usedIsWhatWasUsedOrPassedBy(uint256 seed) public pure {
        Nonces nonces = Nonces.wrap(0);
        uint32[] memory taken = new uint32[](STEPS);
        uint256 count = 0;
        uint32 highest = 0;
        for (uint256 i = 0; i < STEPS; ++i) {
            uint32 nonce = _draw(seed, i);
            (uint32 page, uint32 mask) = pageOf(nonce);
            bool expected = page < highest || _holds(taken, count, nonce);
            assertTrue(nonces.isUsed(page, mask) == expected, "used is what was used, or is of an earlier page");
            nonces = nonces.mark(page, mask);
            assertTrue(nonces.isUsed(page, mask), "a nonce is used once it is marked");
            taken[count++] = nonce;
            if (page > highest) highest = page;
        }
        for (uint256 i = 0; i < STEPS; ++i) {
            (uint32 page, uint32 mask) = pageOf(taken[i]);
            assertTrue(nonces.isUsed(page, mask), "a used nonce must stay used");
        }
    }

    /// Using a nonce at once is to look whether it is used or far ahead, and to mark it.
    function testFuzz_useLooksAndMarks(uint256 seed) public pure {
        Nonces nonces = Nonces.wrap(0);
        for (uint256 i = 0; i < STEPS; ++i) {
            uint32 nonce = _draw(seed, i);
            (uint32 page, uint32 mask) = pageOf(nonce);
            (bool isNew, Nonces next) = nonces.use(nonce);
            bool isOpen = !nonces.isUsed(page, mask) && !nonces.isFar(page);
            assertTrue(isNew == isOpen, "new is what is neither used nor far");
            if (!isNew) continue;
            assertEq(uint256(Nonces.unwrap(next)), Nonces.unwrap(nonces.mark(page, mask)), "a new nonce is marked");
            nonces = next;
        }
    }

    /// A mask uses all of its nonces and no other of the page.
    function testFuzz_aMaskUsesItsNonces(uint32 page, uint32 first, uint32 second) public pure {
        Nonces nonces = Nonces.wrap(0).mark(page, first).mark(page, second);
        for (uint256 b = 0; b < 32; ++b) {
            uint32 mask = uint32(1) << uint32(b);
            assertTrue(
                nonces.isUsed(page, mask) == ((first | second) & mask != 0), "exactly the mask's nonces are used"
            );
        }
        assertTrue(nonces.isUsed(page, type(uint32).max) == (first | second != 0), "any used nonce counts");
        assertTrue(!nonces.isUsed(page, 0), "no nonce is not used");
        if (page != type(uint32).max) assertTrue(!nonces.isUsed(page + 1, type(uint32).max), "later pages stay open");
    }

    /// Marking a closed page changes nothing: else an old nonce could open a page again.
    function testFuzz_aClosedPageStaysClosed(uint32 page, uint32 earlier, uint32 mask, uint32 old) public pure {
        page = uint32(fold(page, 1, type(uint32).max));
        earlier = uint32(fold(earlier, 0, page - 1));
        Nonces nonces = Nonces.wrap(0).mark(page, mask);
        assertEq(
            uint256(Nonces.unwrap(nonces.mark(earlier, old))), Nonces.unwrap(nonces), "a closed page must stay as it is"
        );
        assertTrue(nonces.isUsed(earlier, 1), "every nonce of a closed page counts as used");
    }

    /// The last nonce of the page that is just near is taken, the next one is not, wherever the nonces stand.
    function testFuzz_movesOnByLimitedSteps(uint32 page, uint32 mask) public pure {
        page = uint32(fold(page, 0, (1 << 27) - 2 - MOST_PAGES));
        Nonces nonces = Nonces.wrap(0).mark(page, mask);
        uint32 last = lastOf(nonces);
        assertEq(uint256(last), firstOf(page + MOST_PAGES) + 31, "the last nonce of the last near page");
        (bool isNew,) = nonces.use(last);
        assertTrue(isNew, "near");
        (isNew,) = nonces.use(last + 1);
        assertTrue(!isNew && nonces.isFar(page + MOST_PAGES + 1), "far");
    }

    /// Near the end of all nonces, the last one is the last.
    function test_theLastNonceIsTheLast() public pure {
        Nonces nonces = Nonces.wrap(0).mark((1 << 27) - 1, 0);
        assertEq(uint256(lastOf(nonces)), type(uint32).max, "no nonce is beyond the last");
        (bool isNew,) = nonces.use(type(uint32).max);
        assertTrue(isNew, "the last nonce can be used");
    }

    function _holds(uint32[] memory taken, uint256 count, uint32 nonce) private pure returns (bool) {
        for (uint256 i = 0; i < count; ++i) {
            if (taken[i] == nonce) return true;
        }
        return false;
    }

    /// @dev A nonce of the first few pages, of the last one, or any.
    function _draw(uint256 seed, uint256 step) private pure returns (uint32) {
        uint256 random = uint256(keccak256(abi.encode(seed, step)));
        if (random % 8 == 0) return uint32(random >> 8);
        if (random % 32 == 1) return type(uint32).max - uint32((random >> 8) % 32);
        return uint32((random >> 8) % 128);
    }
}
