// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {MOST_PAGES, Nonces, pageOf} from "../../contracts/types/Nonces.sol";

/// @dev A nonce is used once, and no use closes more than it may.
contract NoncesProof {
    /// Once used, a nonce is used; whatever was used before, too.
    function check_useIsForGood(uint64 word, uint32 nonce, uint32 other) public pure {
        Nonces nonces = Nonces.wrap(word);
        (bool isNew, Nonces next) = nonces.use(nonce);
        if (!isNew) return;
        (uint32 page, uint32 mask) = pageOf(nonce);
        assert(next.isUsed(page, mask));
        (bool isNewAgain,) = next.use(nonce);
        assert(!isNewAgain);
        (uint32 otherPage, uint32 otherMask) = pageOf(other);
        if (nonces.isUsed(otherPage, otherMask)) assert(next.isUsed(otherPage, otherMask));
    }

    /// A nonce is new exactly if it is neither used nor far.
    function check_newIsNeitherUsedNorFar(uint64 word, uint32 nonce) public pure {
        Nonces nonces = Nonces.wrap(word);
        (uint32 page, uint32 mask) = pageOf(nonce);
        (bool isNew,) = nonces.use(nonce);
        assert(isNew == (!nonces.isUsed(page, mask) && !nonces.isFar(page)));
    }

    /// Nothing moves on by more pages than it may, and none goes back.
    function check_useMovesOnALittle(uint64 word, uint32 nonce) public pure {
        (bool isNew, Nonces next) = Nonces.wrap(word).use(nonce);
        if (!isNew) return;
        uint256 from = word >> 32;
        uint256 to = Nonces.unwrap(next) >> 32;
        assert(from <= to && to <= from + MOST_PAGES);
    }

    /// A cancelled nonce is used, and whatever was used before, too.
    function check_markIsForGood(uint64 word, uint32 page, uint32 mask, uint32 other) public pure {
        Nonces nonces = Nonces.wrap(word);
        Nonces next = nonces.mark(page, mask);
        if (mask != 0) assert(next.isUsed(page, mask));
        (uint32 otherPage, uint32 otherMask) = pageOf(other);
        if (nonces.isUsed(otherPage, otherMask)) assert(next.isUsed(otherPage, otherMask));
    }
}
