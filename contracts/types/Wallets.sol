// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {Nonces} from "./Nonces.sol";

/// @dev A trader's wallet in one word: nonces of buy orders 64 | held 96 | free 96, micro-points, from the most
/// significant bit down. All wallets together hold less than 2^96 micro-points (`IAccounts.deposit`).
type PackedWallet is uint256;

using {free, held, nonces, withNonces, give, take, hold, unhold} for PackedWallet global;

/// @notice Micro-points that can be withdrawn or reserved.
function free(PackedWallet wallet) pure returns (uint96) {
    return uint96(PackedWallet.unwrap(wallet));
}

/// @notice Micro-points reserved for orders, locked in trades or channels, or held as a bond.
function held(PackedWallet wallet) pure returns (uint96) {
    return uint96(PackedWallet.unwrap(wallet) >> 96);
}

/// @notice Of the trader's buy orders.
function nonces(PackedWallet wallet) pure returns (Nonces) {
    return Nonces.wrap(uint64(PackedWallet.unwrap(wallet) >> 192));
}

function withNonces(PackedWallet wallet, Nonces next) pure returns (PackedWallet) {
    uint256 money = PackedWallet.unwrap(wallet) & type(uint192).max;
    return PackedWallet.wrap((uint256(Nonces.unwrap(next)) << 192) | money);
}

/// @notice The wallet with `points` more that are free.
/// @dev Cannot overflow: see the bound on all wallets.
function give(PackedWallet wallet, uint96 points) pure returns (PackedWallet) {
    unchecked {
        return PackedWallet.wrap(PackedWallet.unwrap(wallet) + points);
    }
}

/// @notice The wallet with `points` less that are free.
/// @dev Warning: needs points ≤ free.
function take(PackedWallet wallet, uint96 points) pure returns (PackedWallet) {
    unchecked {
        return PackedWallet.wrap(PackedWallet.unwrap(wallet) - points);
    }
}

/// @notice The wallet with `points` moved from free to held.
/// @dev Warning: needs points ≤ free.
function hold(PackedWallet wallet, uint96 points) pure returns (PackedWallet) {
    unchecked {
        return PackedWallet.wrap(PackedWallet.unwrap(wallet) + (uint256(points) << 96) - points);
    }
}

/// @notice The wallet with `points` taken from what is held, and `back` of it free again.
/// Reverts if: less is held.
function unhold(PackedWallet wallet, uint96 points, uint96 back) pure returns (PackedWallet) {
    uint256 word = PackedWallet.unwrap(wallet);
    uint256 left = uint96(word >> 96) - points;
    unchecked {
        return PackedWallet.wrap(((word >> 192) << 192) | (left << 96) | (uint96(word) + back));
    }
}
