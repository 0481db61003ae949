// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

/// @dev The nonces that an account has used on one side of the market: page 32 | used 32, from the top down. Nonces
/// come in pages of 32. Within a page they are used in any order; a nonce of a later page closes all earlier pages.
/// Bit b of `used` stands for nonce 32 · page + b.
type Nonces is uint64;

/// @dev The most pages that the nonces of an account move on at once: no single order or cancellation uses up its future.
uint32 constant MOST_PAGES = 1024;

using {isUsed, isFar, mark, use} for Nonces global;

/// @notice The page of a nonce, and its bit within the page.
function pageOf(uint32 nonce) pure returns (uint32 page, uint32 mask) {
    return (nonce >> 5, uint32(1) << (nonce & 31));
}

/// @notice The first nonce of a page. Cut if there is no such page.
function firstOf(uint32 page) pure returns (uint32) {
    return uint32(uint256(page) << 5);
}

/// @notice The last nonce that is not far.
function lastOf(Nonces nonces) pure returns (uint32) {
    uint256 last = (((Nonces.unwrap(nonces) >> 32) + MOST_PAGES) << 5) + 31;
    return last > type(uint32).max ? type(uint32).max : uint32(last);
}

/// @notice Whether any nonce of `page` whose bit is set in `mask` is used, or the page is closed.
function isUsed(Nonces nonces, uint32 page, uint32 mask) pure returns (bool) {
    uint64 raw = Nonces.unwrap(nonces);
    uint32 open = uint32(raw >> 32);
    return page < open || (page == open && uint32(raw) & mask != 0);
}

/// @notice Whether `page` lies further ahead than the nonces move on at once.
function isFar(Nonces nonces, uint32 page) pure returns (bool) {
    return page > (Nonces.unwrap(nonces) >> 32) + MOST_PAGES;
}

/// @notice Whether `nonce` is new and not far, and the nonces with it used.
function use(Nonces nonces, uint32 nonce) pure returns (bool isNew, Nonces) {
    uint256 raw = Nonces.unwrap(nonces);
    (uint256 page, uint256 bit) = (nonce >> 5, 1 << (nonce & 31));
    uint256 open = raw >> 32;
    if (page == open) return (raw & bit == 0, Nonces.wrap(uint64(raw | bit)));
    return (page > open && page <= open + MOST_PAGES, Nonces.wrap(uint64((page << 32) | bit)));
}

/// @notice Use the nonces of `page` whose bits are set in `mask`. A page that is closed stays as it is.
/// @dev Warning: does not check that the page is not far.
function mark(Nonces nonces, uint32 page, uint32 mask) pure returns (Nonces) {
    uint64 raw = Nonces.unwrap(nonces);
    uint32 open = uint32(raw >> 32);
    if (page < open) return nonces;
    uint32 used = page == open ? uint32(raw) | mask : mask;
    return Nonces.wrap((uint64(page) << 32) | used);
}
