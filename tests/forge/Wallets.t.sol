// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {Nonces} from "../../contracts/types/Nonces.sol";
import {PackedWallet} from "../../contracts/types/Wallets.sol";
import {ForgeTest} from "./Vm.sol";

/// @dev A wallet in one word against three numbers.
contract WalletsTest is ForgeTest {
    uint256 private constant STEPS = 24;

    /// Any steps that a wallet may take: each changes what it says, and nothing else.
    function testFuzz_aWordIsThreeNumbers(uint256 seed) public pure {
        PackedWallet wallet = PackedWallet.wrap(0);
        (uint256 free, uint256 held, uint64 nonces) = (0, 0, 0);
        for (uint256 i = 0; i < STEPS; ++i) {
            uint256 random = uint256(keccak256(abi.encode(seed, i)));
            uint256 step = random % 5;
            random >>= 8;
            if (step == 0) {
                uint96 points = uint96(_part(random, type(uint96).max - free - held));
                (wallet, free) = (wallet.give(points), free + points);
            } else if (step == 1) {
                uint96 points = uint96(_part(random, free));
                (wallet, free) = (wallet.take(points), free - points);
            } else if (step == 2) {
                uint96 points = uint96(_part(random, free));
                (wallet, free, held) = (wallet.hold(points), free - points, held + points);
            } else if (step == 3) {
                uint96 points = uint96(_part(random, held));
                uint96 back = uint96(_part(random >> 128, points));
                (wallet, free, held) = (wallet.unhold(points, back), free + back, held - points);
            } else {
                nonces = uint64(random);
                wallet = wallet.withNonces(Nonces.wrap(nonces));
            }
            assertEq(wallet.free(), free, "free");
            assertEq(wallet.held(), held, "held");
            assertEq(Nonces.unwrap(wallet.nonces()), nonces, "nonces");
            assertEq(PackedWallet.unwrap(wallet), (uint256(nonces) << 192) | (held << 96) | free, "nothing beside them");
        }
    }

    function testFuzz_noMoreIsTakenThanIsHeld(uint96 free, uint96 held, uint64 nonces, uint96 points) public {
        held = uint96(fold(held, 0, type(uint96).max - 1));
        points = uint96(fold(points, uint256(held) + 1, type(uint96).max));
        uint256 word = (uint256(nonces) << 192) | (uint256(held) << 96) | free;
        vm.expectRevert(abi.encodeWithSignature("Panic(uint256)", 0x11));
        this.unhold(PackedWallet.wrap(word), points);
    }

    function unhold(PackedWallet wallet, uint96 points) external pure returns (PackedWallet) {
        return wallet.unhold(points, 0);
    }

    /// @dev Nothing, all, or some of it.
    function _part(uint256 random, uint256 all) private pure returns (uint256) {
        if (random % 8 == 0) return all;
        return random % 8 == 1 ? 0 : fold(random >> 3, 0, all);
    }
}
