// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {Nonces} from "../../contracts/types/Nonces.sol";
import {PackedWallet} from "../../contracts/types/Wallets.sol";

/// @dev Points move within a wallet, and no field of the word reaches into another.
contract WalletsProof {
    function check_give(uint256 word, uint96 points) public pure {
        PackedWallet wallet = PackedWallet.wrap(word);
        // All wallets together hold less than 2^96 (IAccounts.deposit).
        if (uint256(wallet.free()) + points > type(uint96).max) return;
        PackedWallet after_ = wallet.give(points);
        assert(after_.free() == wallet.free() + points);
        _keepsTheRest(wallet, after_, wallet.held());
    }

    function check_take(uint256 word, uint96 points) public pure {
        PackedWallet wallet = PackedWallet.wrap(word);
        if (wallet.free() < points) return;
        PackedWallet after_ = wallet.take(points);
        assert(after_.free() == wallet.free() - points);
        _keepsTheRest(wallet, after_, wallet.held());
    }

    /// What is held was free: the sum stays.
    function check_hold(uint256 word, uint96 points) public pure {
        PackedWallet wallet = PackedWallet.wrap(word);
        if (wallet.free() < points || uint256(wallet.free()) + wallet.held() > type(uint96).max) return;
        PackedWallet after_ = wallet.hold(points);
        assert(after_.free() == wallet.free() - points);
        assert(uint256(after_.free()) + after_.held() == uint256(wallet.free()) + wallet.held());
        _keepsTheRest(wallet, after_, wallet.held() + points);
    }

    /// What is not given back has left the wallet, and nothing else has.
    function check_unhold(uint256 word, uint96 points, uint96 back) public pure {
        PackedWallet wallet = PackedWallet.wrap(word);
        if (wallet.held() < points || back > points) return;
        if (uint256(wallet.free()) + wallet.held() > type(uint96).max) return;
        PackedWallet after_ = wallet.unhold(points, back);
        assert(after_.free() == wallet.free() + back);
        _keepsTheRest(wallet, after_, wallet.held() - points);
    }

    function check_withNonces(uint256 word, uint64 next) public pure {
        PackedWallet wallet = PackedWallet.wrap(word);
        PackedWallet after_ = wallet.withNonces(Nonces.wrap(next));
        assert(Nonces.unwrap(after_.nonces()) == next);
        assert(after_.free() == wallet.free() && after_.held() == wallet.held());
    }

    function _keepsTheRest(PackedWallet before, PackedWallet after_, uint96 held) private pure {
        assert(after_.held() == held);
        assert(Nonces.unwrap(after_.nonces()) == Nonces.unwrap(before.nonces()));
    }
}
